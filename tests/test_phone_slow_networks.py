"""A network that swallows what a phone asks: within five seconds the page says what it waits for, one can go on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from on_a_phone import (
    DELETED,
    NOT_YET,
    NOTHING,
    START,
    THANKS,
    WAITING,
    Linked,
    a_phone,
    chooses,
    counted,
    expect_heading,
    finish,
    kept_on,
    linked,
    queue_of,
    send_the_core,
    sent_by,
    the_rest,
    to_the_end,
    without_network_noise,
)
from playwright.sync_api import Browser, expect
from real_browser import Window
from test_phone_deleting import DELETING, FORGET, UNDELETED, deletes, waits_with_the_rest
from test_phone_stopped import a_cards

pytestmark = pytest.mark.browser

ROWS = f"/{START}rows"
SECONDS = 5_000
READ = """
  globalThis.read = [];
  new MutationObserver(() => {
    const said = document.querySelector("h1")?.innerText;
    if (said && read.at(-1) !== said) { read.push(said); }
  }).observe(document.documentElement, { childList: true });
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Linked]:
    with linked(tmp_path / "centre") as served:
        yield served
        served.let_go.set()


@contextmanager
def in_a_hurry(browser: Browser, served: Linked) -> Iterator[Window]:
    """A phone whose clock the test winds on."""
    with a_phone(browser, served) as person:
        person.page.clock.install()
        yield person
        without_network_noise(person)


def goes_on(person: Window) -> None:
    """Look at Help and come back, as nobody can while the page is busy."""
    heading = person.heading()
    person.page.locator(".bar .help").click()
    expect(person.page.locator("h1")).not_to_have_text(heading)
    person.page.locator(".back a").first.click()
    expect_heading(person, heading)


def test_send_now_says_soon_that_the_answers_still_wait_and_they_are_sent_once(
    served: Linked, browser: Browser
) -> None:
    with in_a_hurry(browser, served) as person:
        person.look()
        served.broken = frozenset({"/rows"})
        to_the_end(person)
        finish(person)
        expect_heading(person, WAITING)
        served.broken, served.held = frozenset(), ROWS
        before = len(sent_by(served))
        person.page.locator("#send-now button").click()
        person.until(lambda: len(sent_by(served)) > before)  # Only then does the page wait for the clock.
        person.page.clock.run_for(SECONDS)
        expect(person.page.locator("h1")).to_be_focused()
        goes_on(person)
        person.page.locator("#send-now button").click()
        person.until(lambda: person.page.evaluate("async () => (await navigator.locks.query()).pending.length") == 1)
        person.page.clock.run_for(SECONDS)
        goes_on(person)
        served.let_go.set()
        expect_heading(person, THANKS)
        person.until(lambda: kept_on(person) == NOTHING)
    assert [response.status for response in counted(served)] == ["complete"]


def test_delete_says_soon_that_the_centre_has_not_heard_of_it_and_later_that_it_has(
    served: Linked, browser: Browser
) -> None:
    with in_a_hurry(browser, served) as person:
        waits_with_the_rest(person, served)
        served.held = FORGET
        deletes(person)
        person.until(lambda: queue_of(person) == [])
        person.page.clock.run_for(SECONDS)
        expect_heading(person, UNDELETED)
        goes_on(person)
        assert len(served.rows()) == 1
        served.let_go.set()
        expect_heading(person, DELETED)
        person.until(lambda: kept_on(person) == NOTHING)
    assert served.rows() == []


def test_who_finishes_with_too_little_reads_soon_that_the_centre_has_not_heard_of_it(
    served: Linked, browser: Browser
) -> None:
    with in_a_hurry(browser, served) as person:
        person.look()
        send_the_core(person, served)
        served.held = FORGET
        for heading in ("What about crime?", "What about contact?", "What about experience?"):
            person.page.locator(".back a").click()
            expect_heading(person, heading)
        for heading in ("What about contact?", "What about crime?", "What about more?"):
            person.press(".skip")
            expect_heading(person, heading)
        person.choose("more", "finish")
        person.press()
        person.page.clock.run_for(SECONDS)
        expect_heading(person, UNDELETED)
        goes_on(person)
        served.let_go.set()
        expect_heading(person, DELETED)
        person.until(lambda: kept_on(person) == NOTHING)
    assert served.rows() == []


def test_who_deletes_while_the_answers_are_on_their_way_never_reads_that_they_were_kept(
    served: Linked, browser: Browser
) -> None:
    with in_a_hurry(browser, served) as person:
        person.look()
        send_the_core(person, served)
        served.held = ROWS
        the_rest(person)
        finish(person)
        person.until(lambda: [path for path, _ in sent_by(served)] == [ROWS, ROWS])
        person.page.clock.run_for(SECONDS)
        expect_heading(person, WAITING)
        person.page.evaluate(READ)
        deletes(person)
        served.let_go.set()
        expect_heading(person, DELETED)
        assert THANKS not in person.page.evaluate("read")
        person.until(lambda: kept_on(person) == NOTHING)
    assert served.rows() == []


_WOUND_ON_TOO = """
  AbortSignal.timeout = (ms) => {
    const patience = new AbortController();
    setTimeout(() => patience.abort(new DOMException("", "TimeoutError")), ms);
    return patience.signal;
  };
"""
GIVEN_UP = 20_000
UNTIL_NONE_CAN_COME = 120_000


def sends_in_vain(person: Window, served: Linked) -> None:
    """The core set out, the centre has it and takes its time, the phone has given up."""
    person.page.add_init_script(_WOUND_ON_TOO)
    person.look()
    served.held = ROWS
    person.the_core()
    person.until(lambda: [path for path, _ in sent_by(served)] == [ROWS])
    person.page.clock.run_for(GIVEN_UP)


def comes_late_and_goes(person: Window, served: Linked) -> None:
    expect_heading(person, DELETING)
    assert FORGET in [path for path, _ in sent_by(served)], "the centre was asked, and had nothing to delete yet"
    assert "connection" not in person.words()
    assert "Something may still be on its way to us." in person.words()
    served.let_go.set()
    person.until(lambda: len(served.rows()) == 1)
    assert person.heading() == DELETING
    person.page.clock.run_for(UNTIL_NONE_CAN_COME)
    expect_heading(person, DELETED)
    assert served.rows() == []


def test_answers_that_may_still_come_in_are_not_called_deleted_and_are_deleted_once_they_came(
    served: Linked, browser: Browser
) -> None:
    with in_a_hurry(browser, served) as person:
        sends_in_vain(person, served)
        served.broken = frozenset({"/rows"})
        person.say("more", "finish")
        finish(person)
        expect_heading(person, WAITING)
        deletes(person)
        comes_late_and_goes(person, served)


def test_after_a_reload_too_and_the_page_says_that_they_may_still_come_and_not_that_the_network_is_bad(
    served: Linked, browser: Browser
) -> None:
    with in_a_hurry(browser, served) as person:
        sends_in_vain(person, served)
        served.held, served.broken = "", frozenset({"/rows"})
        person.page.reload()
        expect(person.page.locator(".before")).to_contain_text("They are not sent yet.")
        deletes(person)
        comes_late_and_goes(person, served)


def test_also_after_a_reload_at_the_end_what_may_still_come_is_not_called_deleted(
    served: Linked, browser: Browser
) -> None:
    with in_a_hurry(browser, served) as person:
        sends_in_vain(person, served)
        served.held, served.broken = "", frozenset({"/rows"})
        person.page.route("**/rows", lambda route: route.fulfill(status=504, body="Gateway Timeout"))
        person.say("more", "finish")
        finish(person)
        expect_heading(person, WAITING)
        person.page.reload()
        expect(person.page.locator(".before")).to_contain_text("They are not sent yet.")
        deletes(person)
        comes_late_and_goes(person, served)


def test_without_a_network_the_page_says_so_and_with_it_that_something_may_still_come(
    served: Linked, browser: Browser
) -> None:
    with in_a_hurry(browser, served) as person:
        sends_in_vain(person, served)
        served.broken = frozenset({"/rows", "/rows/forget"})
        person.say("more", "finish")
        finish(person)
        expect_heading(person, WAITING)
        deletes(person)
        expect_heading(person, UNDELETED)
        served.broken = frozenset({"/rows"})
        deletes(person)
        expect_heading(person, DELETING)
        person.page.evaluate("dispatchEvent(new Event('online'))")
        comes_late_and_goes(person, served)


def test_a_core_taken_back_that_may_still_come_in_is_not_called_deleted(served: Linked, browser: Browser) -> None:
    with in_a_hurry(browser, served) as person:
        sends_in_vain(person, served)
        for heading in ("What about crime?", "What about contact?", "What about experience?"):
            person.page.locator(".back a").click()
            expect_heading(person, heading)
        for heading in ("What about contact?", "What about crime?", "What about more?"):
            person.press(".skip")
            expect_heading(person, heading)
        person.choose("more", "finish")
        person.press()
        comes_late_and_goes(person, served)


def test_a_server_in_front_that_waited_in_vain_has_no_word_on_whether_the_answers_come(
    served: Linked, browser: Browser
) -> None:
    with in_a_hurry(browser, served) as person:
        person.page.route("**/rows", lambda route: route.fulfill(status=504, body="Gateway Timeout"))
        person.look()
        person.the_core()
        person.say("more", "finish")
        finish(person)
        expect_heading(person, WAITING)
        deletes(person)
        expect_heading(person, DELETING)
        person.page.clock.run_for(UNTIL_NONE_CAN_COME)
        expect_heading(person, DELETED)


def test_a_language_that_is_slow_to_come_is_told_soon_stops_nobody_and_comes_all_the_same(
    served: Linked, browser: Browser
) -> None:
    with in_a_hurry(browser, served) as person:
        person.look()
        person.say("experience", "good")
        person.choose("contact", "hard")
        served.held = f"/{START}phone/pl"
        chooses(person, "pl")
        person.page.locator(".bar .help").click()
        expect_heading(person, "Help")
        person.page.locator(".back a").click()
        expect_heading(person, "What about contact?")
        person.page.clock.run_for(SECONDS)
        expect(person.page.get_by_role("alert")).to_have_text(NOT_YET)
        person.go_on()
        served.let_go.set()
        expect_heading(person, "Co z why?")


def test_who_chooses_a_second_language_while_the_first_is_slow_gets_the_second(
    served: Linked, browser: Browser
) -> None:
    with in_a_hurry(browser, served) as person:
        person.look()
        person.say("experience", "good")
        served.held = f"/{START}phone/pl"
        chooses(person, "pl")
        person.page.locator('main button[value="en"]').click()
        expect_heading(person, "What about contact?")
        with person.page.expect_response("**/phone/pl"):
            served.let_go.set()
        person.page.clock.run_for(SECONDS)
        person.page.locator(".bar .help").click()
        expect_heading(person, "Help")
        expect(person.page.locator("html")).to_have_attribute("lang", "en")


def test_of_what_waits_from_before_somebody_reads_soon_though_the_network_swallows_what_is_sent(
    served: Linked, browser: Browser
) -> None:
    with in_a_hurry(browser, served) as person:
        waits_with_the_rest(person, served)
        served.broken, served.held = frozenset(), ROWS
        served.bodies.clear()
        person.look()
        person.until(lambda: [path for path, _ in sent_by(served)] == [ROWS])
        person.page.clock.run_for(SECONDS)
        expect(person.page.locator(".before")).to_contain_text("They are not sent yet.")
        served.let_go.set()
        expect(person.page.locator(".before")).to_contain_text("Your answers from before are now sent.")
        person.until(lambda: kept_on(person) == NOTHING)


LOADING = "The questions are still on their way. Please wait."


@pytest.mark.parametrize("how", ["a card", "an answer"])
def test_who_waits_for_the_questions_reads_soon_that_they_are_on_their_way(
    served: Linked, browser: Browser, how: str
) -> None:
    with in_a_hurry(browser, served) as person:
        served.held = f"/{START}phone/en"
        person.page.goto(person.address + (a_cards(served) if how == "a card" else ""), wait_until="commit")
        if how == "an answer":
            person.choose("experience", "good")
            person.press()
        person.until(lambda: any(line.startswith(f"GET {served.held}") for line, _ in served.bodies))
        person.page.clock.run_for(SECONDS)
        told = person.page.get_by_role("alert")
        expect(told).to_have_text(LOADING)
        expect(told).to_be_visible()
        assert person.page.locator("#question").is_visible() == (how == "an answer")
        served.let_go.set()
        expect_heading(person, "What about contact?" if how == "an answer" else "What about experience?")
        expect(told).to_have_count(0)
        expect(person.page.locator("#question")).to_be_visible()


def test_answers_that_the_centre_has_are_not_called_unsent_where_only_the_four_words_wait(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.look()
        to_the_end(person)
        person.until(lambda: [response.status for response in counted(served)] == ["complete"])
        served.broken = frozenset({"/rows"})
        person.page.locator("#again-give button").click()
        person.page.locator("#again-done button").click()
        for _ in range(2):
            expect_heading(person, THANKS)
            expect(person.page.locator("main")).to_contain_text("Your four words are still on this phone, sealed.")
            person.page.locator("#send-now button").click()
        served.broken = frozenset()
        person.page.evaluate("dispatchEvent(new Event('online'))")
        expect(person.page.locator("#send-now")).to_have_count(0)
        expect_heading(person, THANKS)
        assert served.only().again is not None
        without_network_noise(person)
