"""A page that comes back after the end, reloaded or thrown away by a phone: it says what is kept; the fuller stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from on_a_phone import (
    THANKS,
    TYPED,
    Linked,
    a_code,
    a_phone,
    counted,
    expect_heading,
    finish,
    linked,
    queue_of,
    send_the_core,
    to_the_end,
    without_network_noise,
)
from playwright.sync_api import Browser, expect
from real_browser import Window
from test_phone_from_before import FIRST, expect_told

pytestmark = pytest.mark.browser

NOTHING_STORED = """Object.defineProperty(IDBFactory.prototype, "open", {
    value: () => { throw new DOMException("no storage here", "SecurityError"); } })"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Linked]:
    with linked(tmp_path / "centre") as served:
        yield served


def is_complete(served: Linked) -> bool:
    return [response.status for response in counted(served)] == ["complete"]


def comes_back(person: Window) -> None:
    person.page.reload()
    expect_heading(person, FIRST)


def answers_the_core_again(person: Window) -> None:
    person.the_core()
    person.page.evaluate("async () => { await navigator.locks.request('heard rows', () => {}); }")


@pytest.mark.parametrize("how", ["by the open door", "with a card", "where nothing can be stored"])
def test_who_reloads_after_the_last_answer_is_told_and_a_core_takes_nothing_fuller_away(
    served: Linked, browser: Browser, how: str
) -> None:
    with a_phone(browser, served) as person:
        if how == "where nothing can be stored":
            person.page.add_init_script(NOTHING_STORED)
        person.look(f"#c={a_code(served)}" if how == "with a card" else "")
        to_the_end(person)
        person.until(lambda: is_complete(served))
        if how == "where nothing can be stored":
            person.until(lambda: person.page.evaluate("history.state.visit.over"))
        before = served.rows()
        comes_back(person)
        expect_told(person)
        answers_the_core_again(person)
        assert served.rows() == before
        person.say("more", "finish")
        expect_heading(person, THANKS)
        assert served.rows() == before
    assert served.only().answers["better"] == TYPED


def test_who_reloads_and_skips_everything_has_not_taken_back_what_is_kept(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        to_the_end(person)
        person.until(lambda: is_complete(served))
        comes_back(person)
        for _ in range(3):
            person.go_on(".skip")
        person.say("more", "finish")
        expect_heading(person, THANKS)
    assert is_complete(served)


def test_words_that_were_written_down_stay_good(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        to_the_end(person)
        person.page.locator("#again-give button").click()
        person.until(lambda: is_complete(served) and served.only().again is not None)
        before = served.rows()
        comes_back(person)
        expect_told(person)
        to_the_end(person)
        expect_heading(person, THANKS)
    assert served.rows() == before


def test_who_answers_all_of_it_once_more_has_changed_their_answers_and_counts_once(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.look()
        to_the_end(person)
        person.until(lambda: is_complete(served))
        comes_back(person)
        person.say("experience", "bad")
        person.say("contact", "easy")
        person.say("crime", "theft")
        person.say("more", "yes")
        person.choose("helped", "friend")
        person.go_on()
        person.page.locator("#better").fill(TYPED)
        person.go_on()
        finish(person)
        expect_heading(person, THANKS)
    assert [(each.status, each.answers["experience"]) for each in counted(served)] == [("complete", "bad")]


def test_a_shorter_core_after_a_reload_does_not_take_the_place_of_a_longer_one(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.look()
        send_the_core(person, served)
        before = served.rows()
        comes_back(person)
        person.say("experience", "good")
        person.go_on(".skip")
        person.say("crime", "theft")
        person.page.evaluate("async () => { await navigator.locks.request('heard rows', () => {}); }")
        assert served.rows() == before
        person.page.locator(".back a").click()
        expect_heading(person, "What about crime?")
        person.go_on(".skip")
        person.say("more", "finish")
        expect_heading(person, THANKS)
    assert served.rows() == before


def test_what_is_finished_off_line_is_called_waiting_after_a_reload_and_then_sent(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.look()
        send_the_core(person, served)
        served.broken = frozenset({"/rows"})
        person.say("more", "finish")
        person.until(lambda: len(queue_of(person)) == 1)
        comes_back(person)
        expect(person.page.locator("main .before")).to_contain_text("They are not sent yet.")
        served.broken = frozenset()
        person.page.evaluate("dispatchEvent(new Event('online'))")
        expect_told(person)
        without_network_noise(person)
    assert len(counted(served)) == 1


@pytest.mark.parametrize("how", ["by the open door", "with a card"])
def test_who_reloads_the_thanks_is_not_asked_again_without_a_word(served: Linked, browser: Browser, how: str) -> None:
    with a_phone(browser, served) as person:
        address = f"#c={a_code(served)}" if how == "with a card" else ""
        person.look(address)
        to_the_end(person)
        finish(person)
        expect_heading(person, THANKS)
        for _ in range(2):
            comes_back(person)
            expect_told(person)
        if address:
            person.page.evaluate("address => { location.hash = address; }", address)
            expect_told(person)
    assert is_complete(served)


def test_on_a_device_that_people_share_the_next_answers_are_somebody_elses(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look("#t")
        to_the_end(person)
        person.until(lambda: is_complete(served))
        comes_back(person)
        answers_the_core_again(person)
        person.until(lambda: len(served.rows()) == 2)
        expect(person.page.locator("main .before")).to_have_count(0)
    assert sorted(each.status for each in counted(served)) == ["complete", "core"]
