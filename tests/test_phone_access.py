"""The screens that only a phone has are as open to everybody as the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from on_a_phone import a_phone
from open_to_everybody import check_axe, check_nothing_overlaps, check_nothing_sticks_out, check_targets
from own_voice import EVERYWHERE, VOICES
from phone_screens import BESIDE, ON_A_PHONE, ON_THE_WAY, WITHOUT_SCRIPTS, phone_shown
from playwright.sync_api import Browser, expect
from real_browser import PHONE, TABLET
from screens import swept
from test_browser_access import check_every_size

from survey.languages import direction, tag
from survey.words import load as load_words

pytestmark = pytest.mark.browser
REFUSED = ("400", "403", "502", "504")
"""What the centre answers, or a network in its place, on the way to some of these screens; the browser notes it."""


@pytest.mark.parametrize("language", swept(["en", "ar", "en-easy"], {"en"}))
@pytest.mark.parametrize("name", [*ON_A_PHONE, *BESIDE, *ON_THE_WAY])
def test_the_screens_of_a_phone_are_open_to_everybody(
    tmp_path: Path, browser: Browser, name: str, language: str
) -> None:
    with phone_shown(tmp_path / "centre", language) as served, a_phone(browser, served) as person:
        person.context.add_init_script(VOICES % json.dumps(EVERYWHERE))
        {**ON_A_PHONE, **BESIDE, **ON_THE_WAY}[name](person, served)
        expect(person.page.locator("main .aloud button")).to_be_visible()
        html = person.page.locator("html")
        assert (html.get_attribute("lang"), html.get_attribute("dir")) == (tag(language), direction(language))
        assert person.page.locator("h1").count() == 1
        words = load_words()[language]
        assert person.page.title().removeprefix(f"{words['title.error']} ") == words["title"]
        check_every_size(person)
        person.wrong = [line for line in person.wrong if not any(status in line for status in REFUSED)]


def test_a_mistyped_code_is_in_sight_whole_where_letters_are_largest(tmp_path: Path, browser: Browser) -> None:
    with phone_shown(tmp_path / "centre", "en-easy") as served, a_phone(browser, served) as person:
        ON_A_PHONE["card-code"](person, served)
        written, room = person.page.locator("#code").evaluate("box => [box.scrollWidth, box.clientWidth]")
        assert written <= room


def test_easy_read_keeps_its_drawings_on_every_page_of_a_phone(tmp_path: Path, browser: Browser) -> None:
    with phone_shown(tmp_path / "centre", "en-easy") as served, a_phone(browser, served) as person:
        ON_A_PHONE["question"](person, served)
        for button in (".bar .help", ".bar .leave", ".go .continue", ".go .skip"):
            expect(person.page.locator(f"{button} svg.symbol")).to_have_count(1)
        ON_A_PHONE["thanks"](person, served)
        expect(person.page.locator(".bar .leave svg.symbol")).to_have_count(1)


def test_easy_read_is_drawn_without_a_network_too(tmp_path: Path, browser: Browser) -> None:
    with phone_shown(tmp_path / "centre", "en-easy") as served, a_phone(browser, served) as person:
        ON_A_PHONE["question"](person, served)
        person.page.evaluate("async () => { await navigator.serviceWorker.ready; }")
        person.context.set_offline(True)
        person.page.reload()
        drawing = person.page.locator(".row svg.symbol").first
        with_it = drawing.screenshot()
        person.page.evaluate("document.querySelector('.row use').remove()")
        assert drawing.screenshot() != with_it
        person.wrong = [
            line for line in person.wrong if "ERR_INTERNET_DISCONNECTED" not in line and "ERR_FAILED" not in line
        ]


@pytest.mark.parametrize("language", swept(["en", "ar", "en-easy"], {"ar"}))
@pytest.mark.parametrize("name", WITHOUT_SCRIPTS)
def test_what_a_phone_shows_without_scripts_is_open_to_everybody(
    tmp_path: Path, browser: Browser, name: str, language: str
) -> None:
    with (
        phone_shown(tmp_path / "centre", language) as served,
        a_phone(browser, served) as person,
    ):
        # Axe needs scripts: the same pages come to a phone that is too old to seal.
        person.page.add_init_script("delete AbortSignal.timeout")
        WITHOUT_SCRIPTS[name](person, served)
        html = person.page.locator("html")
        assert (html.get_attribute("lang"), html.get_attribute("dir")) == (tag(language), direction(language))
        assert person.page.locator("h1").count() == 1
        for size in (TABLET, PHONE):  # the way past the bar stays in the address there: no script takes it out
            person.page.set_viewport_size(size)
            check_axe(person)
            check_nothing_sticks_out(person)
            check_targets(person)
            check_nothing_overlaps(person)
        person.wrong = [line for line in person.wrong if not any(status in line for status in REFUSED)]
