"""A phone's own voice as phones have it: stopped by others, late, of many kinds, or gone; and quiet out of sight."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from on_a_phone import Linked, a_phone, linked
from own_voice import EVERYWHERE, HIDDEN, VOICES
from playwright.sync_api import Browser, Locator, expect
from real_browser import Window
from test_browser_idling import idle

pytestmark = pytest.mark.browser

LONGEST = 180
"""Seconds after which what says nothing of itself is over."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Linked]:
    with linked(tmp_path / "centre") as served:
        yield served


@contextmanager
def a_phone_that_speaks(
    browser: Browser, served: Linked, voices: Sequence[Mapping[str, Any]] = EVERYWHERE
) -> Iterator[Window]:
    """On a question that has no clips."""
    with a_phone(browser, served) as person:
        person.page.add_init_script(VOICES % json.dumps(voices))
        person.page.clock.install()
        person.look()
        person.say("experience", "good")
        yield person


def loudspeaker(person: Window) -> Locator:
    return person.page.locator("main .aloud button")


def press(person: Window) -> None:
    loudspeaker(person).click()
    reads(person)


def reads(person: Window) -> None:
    expect(person.page.locator("main .aloud .stop")).to_be_visible()


def is_over(person: Window) -> None:
    """It is silent, and can be pressed again."""
    expect(person.page.locator("main .aloud .start")).to_be_visible()


def last_said(person: Window) -> Any:
    return person.page.evaluate("window.said.at(-1)")


def test_the_phones_own_voice_falls_silent_once_the_page_is_out_of_sight(served: Linked, browser: Browser) -> None:
    with a_phone_that_speaks(browser, served) as person:
        press(person)
        person.page.evaluate(HIDDEN)
        is_over(person)
        assert last_said(person) == "quiet"


def test_what_a_stopped_voice_still_tells_takes_no_button_away(served: Linked, browser: Browser) -> None:
    """Firefox tells of an error, and not which, where it was stopped before it began."""
    with a_phone_that_speaks(browser, served) as person:
        press(person)
        loudspeaker(person).click()
        is_over(person)
        person.page.evaluate("window.last.dispatchEvent(new Event('error'))")
        is_over(person)


@pytest.mark.parametrize("event", ["end", "error"])
def test_the_voice_of_the_last_screen_does_not_silence_the_next(served: Linked, browser: Browser, event: str) -> None:
    with a_phone_that_speaks(browser, served) as person:
        press(person)
        person.page.evaluate("window.before = window.last")
        person.say("contact", "easy")
        press(person)
        person.page.evaluate("event => window.before.dispatchEvent(new Event(event))", event)
        reads(person)
        assert last_said(person) != "quiet"


@pytest.mark.parametrize("error", ["interrupted", "canceled"])
def test_where_the_phone_takes_its_voice_the_button_says_listen_again(
    served: Linked, browser: Browser, error: str
) -> None:
    """As for a call."""
    with a_phone_that_speaks(browser, served) as person:
        press(person)
        person.page.evaluate("error => window.last.dispatchEvent(Object.assign(new Event('error'), { error }))", error)
        is_over(person)
        press(person)


@pytest.mark.parametrize(
    ("language", "there", "heard"),
    [
        ("en", ["en-US", "en-AU", "en-GB"], "en-GB"),
        ("en", ["en_US", "en_GB"], "en_GB"),
        ("en", ["en-US", "en-AU default", "en-GB"], "en-GB"),
        ("en", ["en-US", "en-AU default"], "en-AU"),
        ("pt", ["pt-BR default", "pt-PT"], "pt-PT"),
        ("pt", ["pt-BR"], "pt-BR"),
    ],
)
def test_the_voice_nearest_to_the_page_reads_it(
    served: Linked, browser: Browser, language: str, there: list[str], heard: str
) -> None:
    """That of here, else the one that the phone's owner chose, else whichever there is."""
    voices = [
        {"localService": True, "lang": lang, "default": bool(chosen)}
        for lang, _, chosen in (each.partition(" ") for each in there)
    ]
    with a_phone_that_speaks(browser, served, voices) as person:
        person.page.evaluate("language => { document.documentElement.lang = language }", language)
        person.page.evaluate("window.dispatchEvent(new Event('online'))")
        press(person)
        assert {lang for _, lang in person.page.evaluate("window.said")} == {heard}


@pytest.mark.parametrize("event", ["start", "end"])
def test_a_long_screen_is_read_to_its_end_as_long_as_the_voice_goes_on(
    served: Linked, browser: Browser, event: str
) -> None:
    with a_phone_that_speaks(browser, served) as person:
        press(person)
        for _ in range(3):
            idle(person, LONGEST - 20)
            person.page.evaluate("event => window.first.dispatchEvent(new Event(event))", event)
        reads(person)
        idle(person, LONGEST + 1)
        is_over(person)


def voice_asked_for(person: Window) -> int:
    return len([request for request in person.asked if "voice.js" in request.url])


@contextmanager
def a_phone_without_its_voice(browser: Browser, served: Linked) -> Iterator[Window]:
    """What makes it speak did not come."""
    served.broken = frozenset({"/voice.js"})
    with a_phone(browser, served) as person:
        person.page.add_init_script(VOICES % json.dumps(EVERYWHERE))
        with person.page.expect_response("**/voice.js*"):
            person.look()
        yield person
        person.wrong = [line for line in person.wrong if "502" not in line]


def test_a_voice_that_did_not_come_at_first_is_there_on_the_next_screen(served: Linked, browser: Browser) -> None:
    with a_phone_without_its_voice(browser, served) as person:
        served.broken = frozenset()
        person.say("experience", "good")
        expect(loudspeaker(person)).to_be_visible()
        assert voice_asked_for(person) == 2


def test_a_voice_that_does_not_come_tells_nobody_how_many_screens_were_seen(served: Linked, browser: Browser) -> None:
    with a_phone_without_its_voice(browser, served) as person:
        with person.page.expect_response("**/voice.js*"):
            person.say("experience", "good")
        person.say("contact", "easy")
        person.say("crime", "theft")
        assert voice_asked_for(person) == 2
        served.broken = frozenset()
        person.page.evaluate("window.dispatchEvent(new Event('online'))")
        expect(loudspeaker(person)).to_be_visible()


def test_where_the_voice_went_without_a_word_a_press_takes_its_button_away_and_asks_nobody(
    served: Linked, browser: Browser
) -> None:
    with a_phone_that_speaks(browser, served) as person:
        expect(loudspeaker(person)).to_be_visible()
        person.page.evaluate("window.voices = []")
        loudspeaker(person).click()
        expect(person.page.locator("main .aloud")).to_be_hidden()
        assert [request.url for request in person.asked if "/sound/" in request.url] == []
