"""What waited on a phone from before and goes out now: whoever opens the page again is told, and not asked anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from on_a_phone import (
    WAITING,
    Linked,
    a_phone,
    expect_heading,
    finish,
    linked,
    reads_in,
    to_the_end,
    without_network_noise,
)
from playwright.sync_api import Browser, expect
from real_browser import Window
from test_phone_stopped import NOT_NOW, a_cards, in_a_new_tab, stops, waits_and_the_survey_is_stopped, without_noise

from survey.words import load as load_words

pytestmark = pytest.mark.browser

FIRST = "What about experience?"
SENT = "Your answers from before are now sent. You need not answer again."


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Linked]:
    with linked(tmp_path / "centre") as served:
        yield served


def finishes_off_line(person: Window, served: Linked, how: str) -> None:
    person.look(how)
    served.broken = frozenset({"/rows"})
    to_the_end(person)
    finish(person)
    expect_heading(person, WAITING)


def expect_told(person: Window, words: str = SENT) -> None:
    expect(person.page.locator("main .before")).to_have_text(words)
    expect(person.page.locator("#delete-now")).to_have_count(0)


@pytest.mark.parametrize("how", ["an address", "a card"])
def test_who_opens_the_page_again_as_it_said_is_told_that_the_answers_are_sent(
    served: Linked, browser: Browser, how: str
) -> None:
    with a_phone(browser, served) as person:
        address = a_cards(served) if how == "a card" else ""
        finishes_off_line(person, served, address)
        served.broken = frozenset()
        in_a_new_tab(person)
        person.look(address)
        expect_heading(person, FIRST)
        expect_told(person)
        assert len(served.rows()) == 1
        reads_in(person, "pl")
        expect_told(person, load_words()["pl"]["phone.before.sent"])
        person.choose("experience", "good")
        person.press()
        expect(person.page.locator("main .before")).to_have_count(0)
        without_network_noise(person)


def test_what_is_sent_while_the_page_says_that_it_waits_is_called_sent(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        finishes_off_line(person, served, "")
        in_a_new_tab(person)
        person.look()
        expect(person.page.locator("main .before")).to_contain_text("They are not sent yet.")
        served.broken = frozenset()
        person.page.evaluate("dispatchEvent(new Event('online'))")
        expect_told(person)
        person.page.evaluate("dispatchEvent(new Event('online'))")
        person.page.evaluate("async () => { await navigator.locks.request('heard rows', () => {}); }")
        expect_told(person)
        without_network_noise(person)


def test_who_reloads_while_answering_is_asked_again_since_that_is_not_finished(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.look()
        served.broken = frozenset({"/rows"})
        person.the_core()
        served.broken = frozenset()
        person.page.reload()
        expect_heading(person, FIRST)
        person.until(lambda: len(served.rows()) == 1)
        person.page.evaluate("async () => { await navigator.locks.request('heard rows', () => {}); }")
        expect(person.page.locator("main .before")).to_have_count(0)
        without_network_noise(person)


def test_where_a_stop_is_lifted_meanwhile_the_page_says_that_they_are_sent_and_stays(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        waits_and_the_survey_is_stopped(person, served)
        served.tell(3)
        person.page.evaluate("dispatchEvent(new Event('online'))")
        expect_told(person)
        expect(person.page.locator("body")).not_to_have_attribute("data-retry", "here")
        without_noise(person)


def test_a_page_on_which_something_waits_opens_the_survey_by_itself_once_the_stop_is_lifted(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        finishes_off_line(person, served, "")
        stops(served)
        in_a_new_tab(person)
        person.page.clock.install()
        person.look()
        expect_heading(person, NOT_NOW)
        expect(person.page.locator("main .before")).to_contain_text("They are not sent yet.")
        served.tell(3)
        person.page.clock.run_for(62_000)
        expect_heading(person, FIRST)
        expect_told(person)
        without_noise(person)
