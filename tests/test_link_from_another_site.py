"""A link that is pressed on another site's page, in the middle of a visit without scripts: the draft is still there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from on_a_phone import START, THANKS, Linked, a_phone, counted, expect_heading, linked, send_the_core
from player import raw
from playwright.sync_api import Browser
from real_browser import OUTSIDE, Window

from export.centre.link import Link
from survey.fingerprint import authority_pin

pytestmark = pytest.mark.browser

REFRESH = b'http-equiv="refresh"'


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Linked]:
    with linked(tmp_path / "centre") as served:
        yield served


def pressed_elsewhere(person: Window, address: str) -> None:
    """Follow a link to this address from a page of another site, as from a mail that is read in the browser."""
    person.page.goto(OUTSIDE)
    person.page.evaluate("address => { document.body.innerHTML = `<a href='${address}'>Survey</a>`; }", address)
    person.page.locator("a").click()
    person.page.wait_for_url(f"{person.address}**")


def answers(person: Window, item: str, code: str) -> None:
    person.choose(item, code)
    person.press()


def test_without_scripts_a_link_from_another_site_leads_back_into_the_visit(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served, java_script_enabled=False) as person:
        person.look()
        for item, code in (("experience", "good"), ("contact", "easy"), ("crime", "theft")):
            answers(person, item, code)
        pressed_elsewhere(person, person.address)
        expect_heading(person, "What about more?")
        answers(person, "more", "finish")
        expect_heading(person, THANKS)
    served.links.each(Link.nightly)
    assert len(counted(served)) == 1


def test_without_scripts_who_comes_from_another_site_for_the_first_time_begins_and_is_counted_once(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served, java_script_enabled=False) as person:
        pressed_elsewhere(person, person.address)
        expect_heading(person, "What about experience?")
        person.until(lambda: len(person.context.cookies(person.address)) == 1)
        for item, code in (("experience", "good"), ("contact", "easy"), ("crime", "theft"), ("more", "finish")):
            answers(person, item, code)
        expect_heading(person, THANKS)
        assert person.page.url.startswith(person.address)
    served.links.each(Link.nightly)
    assert len(counted(served)) == 1


def test_with_scripts_the_address_of_a_card_survives_and_the_page_is_fetched_once(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        pressed_elsewhere(person, f"{person.address}#k={authority_pin(served.world.authority.public)}")
        send_the_core(person, served)
        assert person.page.evaluate("history.state.card").startswith("k=")
    assert [line for line, _ in served.bodies].count(f"GET /{START}?") == 1
    assert served.only().status == "core"


def test_a_page_that_leads_here_from_elsewhere_is_sent_once_more_and_never_in_a_ring(served: Linked) -> None:
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    first = raw(served.address, START, headers=elsewhere)
    again = raw(served.address, f"{START}?here=", headers=elsewhere)
    held = raw(served.address, START, headers=elsewhere, cookie="0" * 32)
    assert [REFRESH in answer.data for answer in (first, again, held)] == [True, False, False]
    assert ["Set-Cookie" in answer.headers for answer in (first, again, held)] == [False, True, True]
    assert REFRESH not in raw(served.address, f"{START}phone/en", headers=elsewhere).data, "that is kept for everybody"
