"""The language that somebody chose on a phone: it goes with them to a card's code and back, and outlives a reload."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from at_the_tablet import SMALL
from on_a_phone import (
    OTHER,
    THANKS,
    Linked,
    a_code,
    a_phone,
    chooses,
    cut_off,
    expect_heading,
    finish,
    linked,
    reads_in,
    send_the_core,
    sent_by,
    without_network_noise,
)
from playwright.sync_api import Browser, expect
from real_browser import OUTSIDE, Window

from survey.words import load

pytestmark = pytest.mark.browser

POLISH = load()["pl"]
# Each of them is one more dated line in the phone's history.
_COUNT_LINES = """
    window.lines = 0;
    const replaced = history.replaceState;
    history.replaceState = function (...entry) { window.lines += 1; return replaced.apply(this, entry); };
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Linked]:
    with linked(tmp_path / "centre") as served:
        yield served


def type_code(person: Window, code: str) -> None:
    person.page.locator("#code").fill(code)
    person.press()


@pytest.mark.parametrize("at", ["", "#t"], ids=["a phone of one's own", "a device that people share"])
def test_the_language_chosen_while_a_code_is_typed_leads_back_to_the_code_and_on_to_the_questions(
    served: Linked, browser: Browser, at: str
) -> None:
    code = a_code(served)
    with a_phone(browser, served) as person:
        person.look(at)
        person.page.locator("footer a[href$='/code']").click()
        expect_heading(person, load()["en"]["code.heading"])
        reads_in(person, "pl")
        expect_heading(person, POLISH["code.heading"])
        type_code(person, "AB12-CD34-EF56-GH78")
        expect(person.page.locator("[role=alert] a")).to_have_text(POLISH["code.mistyped"])
        person.page.locator(".bar .language").click()
        expect_heading(person, POLISH["language.choose"])
        person.page.locator(".back a").click()
        expect_heading(person, POLISH["code.heading"])
        type_code(person, code)
        expect_heading(person, "Co z experience?")
        expect(person.page.locator(".hint")).to_have_text(POLISH["code.taken"])
        send_the_core(person, served)
        assert (served.only().language, served.centre.store.spent(1)) == ("pl", 1)
        # The next person on this device, or whoever opens it on this phone again, begins as everybody does.
        assert "/language" not in str(sent_by(served))
        person.page = person.context.new_page()
        person.look(at)
        expect_heading(person, "What about experience?")


def test_whoever_reads_another_language_is_asked_for_the_code_in_it(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        reads_in(person, "pl")
        person.page.locator("footer a[href$='/code']").click()
        expect_heading(person, POLISH["code.heading"])
        person.page.locator("main .skip").click()
        expect_heading(person, "Co z experience?")


def test_where_another_language_does_not_come_the_code_can_still_be_typed(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        person.page.locator("footer a[href$='/code']").click()
        expect(person.page.locator("#code")).to_be_visible()
        served.broken = frozenset({"/phone/pl"})
        person.page.locator(".bar .language").click()
        person.page.locator("main button[value=pl]").click()
        expect(person.page.locator("[role=alert]")).to_be_visible()
        expect_heading(person, load()["en"]["code.heading"])
        without_network_noise(person)


def test_a_reload_keeps_the_language_and_its_choice_is_no_line_in_the_phones_history(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.page.add_init_script(_COUNT_LINES)
        person.look()
        person.page.locator(".bar .language").click()
        expect_heading(person, load()["en"]["language.choose"])
        lines = person.page.evaluate("window.lines")
        reads_in(person, "pl")
        assert person.page.evaluate("window.lines") == lines
        person.page.reload()
        expect_heading(person, "Co z experience?")
        person.say("experience", "good")
        person.page.reload()
        expect_heading(person, "Co z experience?")
        send_the_core(person, served)
        person.page.reload()
        expect_heading(person, "Co z experience?")
        person.the_core()
        person.say("more", "finish")
        finish(person)
        expect_heading(person, POLISH["thanks.heading"])
        person.page.reload()
        expect_heading(person, "What about experience?")
    assert served.only().language == "pl"


def test_a_browser_that_knows_no_navigation_keeps_the_language_over_a_reload_too(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.page.add_init_script("Object.defineProperty(window, 'navigation', { value: undefined })")
        person.look()
        reads_in(person, "pl")
        person.page.reload()
        expect_heading(person, "Co z experience?")
        send_the_core(person, served)
        person.page.reload()
        expect_heading(person, "Co z experience?")
        person.the_core()
        person.say("more", "finish")
        finish(person)
        expect_heading(person, POLISH["thanks.heading"])
        person.page.reload()
        expect_heading(person, "What about experience?")
        reads_in(person, "pl")
        person.page.locator(".bar .leave").click()
        person.page.wait_for_url(OUTSIDE)
        person.look()
        expect_heading(person, "What about experience?")
    assert served.only().language == "pl"


def test_after_leave_and_in_another_tab_the_language_is_the_first_one_again(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        reads_in(person, "pl")
        person.page.locator(".bar .leave").click()
        person.page.wait_for_url(OUTSIDE)
        person.look()
        expect_heading(person, "What about experience?")
        assert person.page.evaluate("navigation.entries().map(each => each.getState())")[-1]["read"].endswith("/en")


def test_a_reload_where_the_language_does_not_come_asks_in_the_first_one(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        reads_in(person, "pl")
        served.broken = frozenset({"/phone/pl"})
        with person.page.expect_response("**/phone/pl"):
            person.page.reload()
        expect_heading(person, "What about experience?")
        person.the_core()
        person.say("more", "finish")
        finish(person)
        expect_heading(person, THANKS)
        without_network_noise(person)
    assert served.only().language == "en"


def test_where_the_survey_has_changed_meanwhile_whoever_has_begun_reads_that_and_not_that_the_language_is_late(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.look()
        person.say("experience", "good")
        served.tell(2, instruments=(OTHER, SMALL))
        chooses(person, "pl")
        expect(person.page.get_by_role("alert")).to_have_text(load()["en"]["phone.changed"])
        expect_heading(person, "What about contact?")
        person.say("contact", "easy")
        person.say("crime", "theft")
        person.say("more", "finish")
        finish(person)
        expect_heading(person, THANKS)
    assert (served.only().digest, served.only().language) == (SMALL.digest(), "en")


def test_without_a_network_a_reload_asks_in_the_language_that_was_read(served: Linked, browser: Browser) -> None:
    """Chosen before there was anything to keep the pages for, so that no worker saw it come."""
    with a_phone(browser, served) as person:
        person.look()
        reads_in(person, "pl")
        send_the_core(person, served)
        person.until(lambda: keeps(person, "/phone/pl"))
        cut_off(person)
        person.page.reload()
        expect_heading(person, "Co z experience?")
        without_network_noise(person)


def test_on_a_shared_device_a_language_that_was_read_once_is_there_without_a_network(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.look("#t")
        reads_in(person, "pl")
        person.until(lambda: keeps(person, "/phone/pl"))
        person.page.locator(".bar .leave").click()
        expect_heading(person, "What about experience?")
        cut_off(person)
        person.page.reload()
        expect_heading(person, "What about experience?")
        reads_in(person, "pl")
        expect_heading(person, "Co z experience?")
        without_network_noise(person)


def keeps(person: Window, address: str) -> bool:
    looked = "end => caches.match(document.body.dataset.start.replace(/[/]$/, '') + end).then(Boolean)"
    kept: bool = person.page.evaluate(looked, address)
    return kept
