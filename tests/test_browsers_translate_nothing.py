"""A browser that offers to translate a page would send all that stands on it to its maker: no page of ours lets it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from at_the_tablet import Tablet
from on_a_phone import START, Linked, a_phone, linked, reads_in
from player import cookies_of, raw
from playwright.sync_api import Browser, expect

PAGES = ("", "help", "about", "safety", "language", "nowhere")
ASKS_FOR_NONE = b'<meta name="google" content="notranslate">'


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Linked]:
    with linked(tmp_path / "centre") as served:
        yield served


def check(page: bytes) -> None:
    assert b' translate="no">' in page[: page.index(b"<head>")]
    assert ASKS_FOR_NONE in page


def seen(start: str, path: str) -> bytes:
    """One page as somebody sees it who has opened the first."""
    cookie = cookies_of(raw(start, ""))["visit"]["visit"].value
    return raw(start, path, cookie=cookie).data


@pytest.mark.parametrize("path", PAGES)
def test_no_page_of_the_link_is_handed_to_a_translator(served: Linked, path: str) -> None:
    check(seen(served.address + START, path))


def test_no_page_of_a_tablet_is_nor_of_the_analysts(tablet: Tablet, served: Linked) -> None:
    for path in PAGES:
        check(seen(tablet.address, path))
    check(raw(served.address, "releases/sign-in").data)


@pytest.mark.browser
def test_nor_is_any_question_that_a_phone_shows_by_itself(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        reads_in(person, "pl")
        expect(person.page.locator("html")).to_have_attribute("translate", "no")
        person.say("experience", "good")
        expect(person.page.locator("html")).to_have_attribute("translate", "no")
        expect(person.page.locator('meta[content="notranslate"]')).to_have_count(1)
