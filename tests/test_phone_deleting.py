"""Deleting on a phone: gone there at once, gone at the centre as soon as it hears, and until then the page says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from on_a_phone import (
    NOTHING,
    START,
    THANKS,
    WAITING,
    Linked,
    a_phone,
    cookies_on,
    cut_off,
    expect_heading,
    finish,
    kept_on,
    linked,
    queue_of,
    reads_in,
    send_the_core,
    sent_by,
    the_rest,
    to_the_end,
    without_network_noise,
)
from playwright.sync_api import Browser, Route, expect
from real_browser import OUTSIDE, Window

from survey.words import load as load_words

pytestmark = pytest.mark.browser

DELETED = "Your answers are deleted"
UNDELETED = "Deleted from this phone"
DELETING = "We are deleting your answers"
POLISH = load_words()["pl"]
ENDED = load_words()["en"]["ended.heading"]
FORGET = f"/{START}rows/forget"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Linked]:
    with linked(tmp_path / "centre") as served:
        yield served


def waits_with_the_rest(person: Window, served: Linked) -> None:
    """The core is at the centre; the fuller copy waits on the phone."""
    person.look()
    send_the_core(person, served)
    served.broken = frozenset({"/rows"})
    the_rest(person)
    finish(person)
    expect_heading(person, WAITING)


def takes_everything_back_after_a_reload(person: Window, served: Linked) -> None:
    """The core is at the centre; after a reload it is said once more, and then nothing of it any more."""
    person.look()
    send_the_core(person, served)
    before = served.rows()
    person.page.reload()
    person.the_core()
    person.until(lambda: len(served.rows()) == 1 and served.rows() != before)
    for heading in ("What about crime?", "What about contact?", "What about experience?"):
        person.page.locator(".back a").click()
        expect_heading(person, heading)
    for heading in ("What about contact?", "What about crime?", "What about more?"):
        person.press(".skip")
        expect_heading(person, heading)
    person.say("more", "finish")


def deletes(person: Window) -> None:
    person.page.locator("#delete-now button").click()


def deletes_off_line(person: Window, served: Linked) -> None:
    waits_with_the_rest(person, served)
    cut_off(person)
    deletes(person)
    expect_heading(person, UNDELETED)


def test_what_waits_is_deleted_with_what_was_sent_before(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        waits_with_the_rest(person, served)
        deletes(person)
        expect_heading(person, DELETED)
        assert served.rows() == []
        person.until(lambda: kept_on(person) == NOTHING)
        without_network_noise(person)


def test_what_waits_from_before_can_be_deleted_when_the_page_is_opened_again(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        waits_with_the_rest(person, served)
        person.page.close()
        person.page = person.context.new_page()
        person.look()
        deletes(person)
        expect_heading(person, DELETED)
        assert served.rows() == []
        person.until(lambda: kept_on(person) == NOTHING)
        without_network_noise(person)


def test_what_one_tab_deletes_ends_the_visit_of_another_that_still_answers(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        served.broken = frozenset({"/rows"})
        person.look()
        person.the_core()
        person.until(lambda: len(queue_of(person)) == 1)
        answering = person.page
        person.page = person.context.new_page()
        person.look()
        deletes(person)
        expect_heading(person, DELETED)
        person.page = answering
        expect_heading(person, DELETED)
        person.until(lambda: kept_on(person) == NOTHING)
        without_network_noise(person)
    assert served.rows() == []


def test_deleted_off_line_nothing_stays_on_the_phone_and_the_centre_hears_of_it_with_the_network(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        deletes_off_line(person, served)
        assert "What you sent before may still be with us, sealed." in person.words()
        assert "may be counted" in person.words()
        person.until(lambda: kept_on(person) == NOTHING)
        assert len(served.rows()) == 1
        person.context.set_offline(False)
        expect_heading(person, DELETED)
        assert served.rows() == []
        assert kept_on(person) == NOTHING
        without_network_noise(person)


@pytest.mark.parametrize(
    "again", ["window.dispatchEvent(new Event('online'))", "window.dispatchEvent(new Event('pageshow'))",
              "document.dispatchEvent(new Event('visibilitychange'))",
              "document.querySelector('#delete-now button').click()"],
)  # fmt: skip
def test_the_centre_is_asked_again_whenever_the_page_is_looked_at_or_the_button_pressed(
    served: Linked, browser: Browser, again: str
) -> None:
    with a_phone(browser, served) as person:
        waits_with_the_rest(person, served)
        served.broken = frozenset({"/rows", "/rows/forget"})
        deletes(person)
        expect_heading(person, UNDELETED)
        served.broken = frozenset()
        person.page.evaluate(again)
        expect_heading(person, DELETED)
        assert served.rows() == []
        without_network_noise(person)


def test_a_reload_still_knows_what_is_to_be_deleted_and_goes_on_saying_so(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        waits_with_the_rest(person, served)
        served.broken = frozenset({"/rows", "/rows/forget"})
        deletes(person)
        expect_heading(person, UNDELETED)
        for _ in range(2):
            person.page.reload()
            expect_heading(person, UNDELETED)
            person.page.wait_for_load_state("networkidle")  # else the centre could still be asked once it answers again
        assert len(served.rows()) == 1
        served.broken = frozenset()
        person.page.reload()
        expect_heading(person, DELETED)
        assert served.rows() == []
        person.page.get_by_role("button", name="Go to the questions").click()
        expect_heading(person, "What about experience?")
        person.page.reload()
        expect_heading(person, "What about experience?")
        without_network_noise(person)


@pytest.mark.parametrize("held", ["rows/forget", "phone/en"])
def test_a_reload_before_anything_was_said_of_a_deletion_says_what_becomes_of_it(
    served: Linked, browser: Browser, held: str
) -> None:
    with a_phone(browser, served) as person:
        waits_with_the_rest(person, served)
        served.held = f"/{START}rows/forget"
        deletes(person)
        person.until(lambda: FORGET in [path for path, _ in sent_by(served)])
        expect_heading(person, WAITING)
        served.held = f"/{START}{held}"
        person.page.reload()
        expect(person.page.get_by_role("heading", name="What about experience?")).to_be_hidden()
        served.let_go.set()
        expect_heading(person, DELETED)
        assert served.rows() == []
        without_network_noise(person)


def test_a_reload_while_something_may_still_come_to_us_goes_on_saying_so_in_the_same_language(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.page.clock.install()
        waits_with_the_rest(person, served)
        reads_in(person, "pl")
        person.page.route("**/rows", lambda route: route.abort())
        person.page.locator("#send-now button").click()
        person.page.wait_for_event("requestfailed")
        person.page.unroute("**/rows")
        deletes(person)
        for _ in range(2):
            expect_heading(person, POLISH["phone.late.heading"])
            person.page.reload()
        expect_heading(person, POLISH["phone.late.heading"])
        person.page.clock.run_for(121_000)
        expect_heading(person, POLISH["phone.deleted.heading"])
        without_network_noise(person)


def test_who_took_back_a_core_and_goes_on_is_not_told_of_deleting_after_a_reload(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        takes_back_a_core_that_is_on_its_way(person, served)
        person.page.unroute(f"**/{START}rows")
        person.page.reload()
        expect_heading(person, "What about experience?")
        person.until(lambda: FORGET in [path for path, _ in sent_by(served)])
        expect_heading(person, "What about experience?")
        without_network_noise(person)


def test_after_a_reload_what_the_centre_has_answered_for_is_called_deleted_as_soon_as_it_is(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        waits_with_the_rest(person, served)
        person.page.reload()
        deletes(person)
        expect_heading(person, DELETED)
        assert served.rows() == []
        person.until(lambda: kept_on(person) == NOTHING)
        assert person.page.evaluate("navigation.currentEntry.getState()") == {"read": None, "underWay": []}
        without_network_noise(person)


def test_after_a_reload_of_a_browser_that_kept_no_word_of_the_centre_the_page_says_that_something_may_still_come(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.page.add_init_script("Object.defineProperty(window, 'navigation', { value: undefined })")
        takes_everything_back_after_a_reload(person, served)
        expect_heading(person, DELETING)
        assert "keep this page open for two minutes" in person.words().lower()
        assert served.rows() == []


def test_after_a_reload_who_takes_everything_back_is_not_told_of_a_bad_connection(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        takes_everything_back_after_a_reload(person, served)
        expect_heading(person, ENDED)
        assert served.rows() == []


def test_a_page_that_is_closed_before_takes_the_wish_along_as_it_said(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        deletes_off_line(person, served)
        assert "If you close the page, it stays with us" in person.words()
        person.until(lambda: kept_on(person) == NOTHING)
        person.page.close()
        person.context.set_offline(False)
        person.page = person.context.new_page()
        asked = len(sent_by(served))
        person.look()
        person.page.evaluate("async () => { await navigator.locks.request('heard rows', () => {}); }")
        assert sent_by(served)[asked:] == []
        assert len(served.rows()) == 1
        without_network_noise(person)


def test_a_core_taken_back_off_line_is_not_called_deleted_before_it_is(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        send_the_core(person, served)
        for _ in range(3):
            person.page.locator(".back a").click()
        cut_off(person)
        for heading in ("What about contact?", "What about crime?", "What about more?"):
            person.press(".skip")
            expect_heading(person, heading)
        person.say("more", "finish")
        expect_heading(person, UNDELETED)
        person.context.set_offline(False)
        expect_heading(person, DELETED)
        assert served.rows() == []
        without_network_noise(person)


def test_leaving_without_the_centre_keeps_no_wish_on_the_phone_and_the_page_said_so_before(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.look()
        person.page.locator(".promise a").nth(1).click()
        expect_heading(person, "What leaving can and cannot do")
        assert "Without it, what you have already sent stays sealed and may be kept." in person.words()
        person.page.locator(".back a").click()
        expect_heading(person, "What about experience?")
        send_the_core(person, served)
        served.broken = frozenset({"/rows", "/rows/forget", "/leave"})
        person.page.locator(".bar .leave").click()
        person.page.wait_for_url(OUTSIDE)
        person.page.goto(person.address + "static/icon.svg")
        assert kept_on(person) == NOTHING
        assert cookies_on(person) == ["visit"], "as docs/threat-model.md says"
        assert person.page.evaluate("history.state") is None
        without_network_noise(person)
    assert len(served.rows()) == 1


def test_a_row_that_is_on_its_way_arrives_before_its_deletion(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        on_its_way = takes_back_a_core_that_is_on_its_way(person, served)
        on_its_way.continue_()
        person.until(lambda: len(sent_by(served)) == 2)
        assert [path for path, _ in sent_by(served)] == [f"/{START}rows", FORGET]
        person.until(lambda: served.rows() == [])


def test_somebody_elses_answer_does_not_pass_for_a_deletion(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.page.route("**/rows/forget", lambda route: route.fulfill(status=200, body="<h1>Back soon</h1>"))
        person.look()
        send_the_core(person, served)
        for _ in range(3):
            before = person.heading()
            person.page.locator(".back a").click()
            expect(person.page.locator("h1")).not_to_have_text(before)
        for heading in ("What about contact?", "What about crime?", "What about more?"):
            person.press(".skip")
            expect_heading(person, heading)
        person.say("more", "finish")
        expect_heading(person, UNDELETED)
        assert len(served.rows()) == 1
        person.page.unroute("**/rows/forget")
        person.page.reload()
        person.until(lambda: served.rows() == [])


def test_who_leaves_waits_for_no_row_that_is_on_its_way(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        takes_back_a_core_that_is_on_its_way(person, served)
        person.page.locator(".bar .leave").click()
        person.page.wait_for_url(OUTSIDE)
        person.until(lambda: FORGET in [path for path, _ in sent_by(served)])
        without_network_noise(person)


def takes_back_a_core_that_is_on_its_way(person: Window, served: Linked) -> Route:
    """The row, held up between the phone and the centre."""
    held: list[Route] = []
    person.page.route(f"**/{START}rows", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks what it is given
    person.look()
    person.the_core()
    person.until(lambda: bool(held))
    for heading in ("What about crime?", "What about contact?", "What about experience?"):
        person.page.locator(".back a").click()
        expect_heading(person, heading)
    person.press(".skip")
    expect_heading(person, "What about contact?")
    assert sent_by(served) == []
    return held[0]


def test_who_deletes_what_waited_before_answering_can_still_answer(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        waits_with_the_rest(person, served)
        person.page.close()
        person.page = person.context.new_page()
        person.look()
        deletes(person)
        expect_heading(person, DELETED)
        served.broken = frozenset()
        person.page.locator(".bar .help").click()
        expect_heading(person, "Help")
        person.page.locator(".back a").click()
        person.page.get_by_role("button", name="Go to the questions").click()
        to_the_end(person)
        finish(person)
        expect_heading(person, THANKS)
        without_network_noise(person)
    assert served.only().status == "complete"


def test_who_deletes_at_the_end_is_not_asked_to_begin_again(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        waits_with_the_rest(person, served)
        deletes(person)
        expect_heading(person, DELETED)
        expect(person.page.get_by_role("button", name="Go to the questions")).to_have_count(0)
        without_network_noise(person)
