"""A phone-type tablet that people share: the same page with #t, covered, reset and handed on like any tablet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from centre_world import LINKED
from on_a_phone import (
    START,
    WAITING,
    Linked,
    a_phone,
    cut_off,
    expect_heading,
    finish,
    linked,
    queue_of,
    send_the_core,
    sent_by,
    the_rest,
    to_the_end,
    waits_on_a_shared_device,
    without_network_noise,
)
from playwright.sync_api import Browser, expect
from real_browser import Window
from test_phone_deleting import UNDELETED, deletes

from export.centre.codes import cancel, codes_in, issue

pytestmark = pytest.mark.browser


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Linked]:
    with linked(tmp_path / "centre") as served:
        yield served


def test_an_untouched_page_is_covered_then_reset_and_the_core_is_kept(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.page.clock.install()
        person.look("#t")
        send_the_core(person, served)
        person.page.clock.run_for(50_000)
        expect(person.page.locator("#idle")).to_be_visible()
        person.page.clock.run_for(45_000)
        expect(person.page.locator("h1")).to_have_text("What about experience?")
        expect(person.page.locator("input:checked")).to_have_count(0)
        expect(person.page).to_have_url(person.address)
        assert [response.status for response in served.responses()] == ["core"]
        person.the_core()
        person.until(lambda: len(served.rows()) == 2)


def test_the_next_person_gets_a_clean_page_and_a_response_of_their_own(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look("#t")
        to_the_end(person)
        finish(person)
        expect(person.page.locator("h1")).to_contain_text("Thank you")
        assert "You can close this page now" not in person.words()
        person.page.locator(".shared button").click()
        expect(person.page.locator("h1")).to_have_text("What about experience?")
        expect(person.page).to_have_url(person.address)
        person.the_core()
        person.until(lambda: len(served.rows()) == 2)
        assert len({response.response for response in served.responses()}) == 2


def test_without_a_network_each_persons_answers_wait_apart_and_come_by_the_open_door(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        served.broken = frozenset({"/rows"})
        person.look("#t")
        to_the_end(person)
        person.context.set_offline(True)
        finish(person)
        expect(person.page.locator("h1")).to_have_text("Kept sealed on this phone, not sent yet")
        assert len(queue_of(person)) == 1
        served.broken = frozenset()  # Not before: a sending that was begun at the end may land.
        person.context.set_offline(False)
        expect(person.page.locator("h1")).to_contain_text("Thank you")
        person.page.locator(".shared button").click()
        person.the_core()
        person.until(lambda: len(served.rows()) == 2)
        person.wrong = [line for line in person.wrong if "ERR_" not in line and "502" not in line]
    assert {response.mode for response in served.responses()} == {"link"}
    store = served.centre.store
    assert {door for shelf in store.shelves for door, _ in store.rows(shelf)} == {"open"}


def test_leaving_on_a_shared_device_leads_to_a_clean_start(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look("#t")
        send_the_core(person, served)
        person.page.locator(".bar .leave").click()
        expect(person.page.locator("h1")).to_have_text("What about experience?")
        person.until(lambda: served.rows() == [])
        assert person.outside == []


def test_who_types_a_cards_code_on_a_shared_device_still_answers_on_one_and_the_next_person_without_it(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.look("#t")
        person.page.locator("footer a[href$='/code']").click()
        person.page.locator("#code").fill(next(codes_in(issue(served.centre, LINKED, "card", 1))))
        person.press()
        send_the_core(person, served)
        person.page.locator(".bar .leave").click()
        expect(person.page.locator("h1")).to_have_text("What about experience?")
        person.until(lambda: served.rows() == [])
        send_the_core(person, served)
        assert person.outside == []
    store = served.centre.store
    assert [door for shelf in store.shelves for door, _ in store.rows(shelf)] == ["open"]


def test_back_goes_no_further_than_the_choice_on_a_shared_device(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look("#t")
        person.say("experience", "good")
        expect(person.page.locator(".back a")).to_have_count(1)
        person.say("contact", "easy")
        person.say("crime", "theft")
        expect(person.page.locator(".back a")).to_have_count(0)


def test_on_a_phone_of_ones_own_nothing_is_covered_and_nobody_is_handed_on(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.page.clock.install()
        person.look()
        person.say("experience", "good")
        person.page.clock.run_for(300_000)
        expect(person.page.locator("h1")).to_have_text("What about contact?")
        expect(person.page.locator("#idle")).to_be_hidden()
        person.say("contact", "easy")
        person.say("crime", "theft")
        person.say("more", "finish")
        finish(person)
        expect(person.page.locator("h1")).to_contain_text("Thank you")
        expect(person.page.locator(".shared")).to_be_hidden()
    assert not served.only().quick


FIRST = "What about experience?"
NOT_SENT = "Not sent yet"


def has_its_pages(person: Window) -> None:
    """Wait until the device could open the survey without a network."""
    person.page.evaluate("async () => { await navigator.serviceWorker.ready; }")


def leaves(person: Window) -> None:
    person.page.locator(".bar .leave").click()


def finishes(person: Window) -> None:
    to_the_end(person)
    expect_heading(person, WAITING)
    person.page.locator(".shared button").click()


def stays_untouched(person: Window) -> None:
    person.page.clock.run_for(100_000)


@pytest.mark.parametrize("goes", [leaves, finishes, stays_untouched])
def test_without_a_network_the_next_person_gets_the_first_question_all_the_same(
    served: Linked, browser: Browser, goes: Callable[[Window], None]
) -> None:
    with a_phone(browser, served) as person:
        if goes is stays_untouched:
            person.page.clock.install()
        person.look("#t")
        has_its_pages(person)
        cut_off(person)
        for _ in range(2):
            if goes is not finishes:
                person.say("experience", "good")
            goes(person)
            expect_heading(person, FIRST)
            expect(person.page.locator("input:checked")).to_have_count(0)
        without_network_noise(person)


def test_the_next_person_is_not_told_that_somebodys_answers_wait_and_cannot_delete_them(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        waits_on_a_shared_device(person, served)
        person.page.locator(".shared button").click()
        expect_heading(person, FIRST)
        person.page.evaluate("dispatchEvent(new Event('online'))")
        expect(person.page.locator("main .before")).to_have_count(0)
        to_the_end(person)
        finish(person)
        expect_heading(person, WAITING)
        assert len(queue_of(person)) == 2
        person.page.locator("#delete-now button").click()
        person.until(lambda: len(queue_of(person)) == 1)
        served.broken = frozenset()
        person.page.evaluate("dispatchEvent(new Event('online'))")
        person.until(lambda: len(served.rows()) == 1)
        without_network_noise(person)
    assert served.only().status == "complete"


def goes_on_off_line_with_a_card_that_is_then_cancelled(person: Window, served: Linked) -> None:
    batch = issue(served.centre, LINKED, "card", 1)
    person.look("#t")
    person.page.locator("footer a[href$='/code']").click()
    person.page.locator("#code").fill(next(codes_in(batch)))
    person.press()
    served.broken = frozenset({"/rows"})
    to_the_end(person)
    finish(person)
    expect_heading(person, WAITING)
    assert len(queue_of(person)) == 1
    cancel(served.centre, batch.number)
    served.broken = frozenset()


def without_the_refusal(person: Window) -> None:
    person.wrong = [line for line in person.wrong if "403" not in line]


def test_answers_whose_card_is_no_good_do_not_stay_on_the_device_once_whoever_gave_them_has_gone(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        goes_on_off_line_with_a_card_that_is_then_cancelled(person, served)
        person.page.locator(".shared button").click()
        expect_heading(person, FIRST)
        person.until(lambda: queue_of(person) == [])
        tried = len(sent_by(served))
        person.page.evaluate("dispatchEvent(new Event('online'))")
        person.the_core()
        person.until(lambda: len(served.rows()) == 1)
        assert [path for path, _ in sent_by(served)[tried:]] == [f"/{START}rows"], "it is tried no more"
        expect(person.page.locator("main .before")).to_have_count(0)
        without_network_noise(person)
        without_the_refusal(person)


def test_whoever_is_still_there_reads_that_their_card_is_no_good_and_can_choose(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        goes_on_off_line_with_a_card_that_is_then_cancelled(person, served)
        person.page.locator("#send-now button").click()
        expect_heading(person, "We could not take your answers with this card")
        assert len(queue_of(person)) == 1
        person.page.locator("#open-door button").click()
        expect(person.page.locator("h1")).to_contain_text("Thank you")
        without_network_noise(person)
        without_the_refusal(person)
    assert served.only().status == "complete"


def stays_untouched_until_the_next(person: Window) -> None:
    stays_untouched(person)
    expect_heading(person, FIRST)
    expect(person.page).to_have_url(person.address)


def presses_for_the_next(person: Window) -> None:
    person.page.locator(".shared button").click()
    expect_heading(person, FIRST)


def leaves_after_that(person: Window) -> None:
    leaves(person)
    expect_heading(person, FIRST)


@pytest.mark.parametrize("ends", [stays_untouched_until_the_next, presses_for_the_next, leaves_after_that])
def test_what_somebody_deleted_off_line_is_deleted_in_the_next_persons_page_who_is_not_told(
    served: Linked, browser: Browser, ends: Callable[[Window], None]
) -> None:
    with a_phone(browser, served) as person:
        person.page.clock.install()
        person.look("#t")
        send_the_core(person, served)
        served.broken = frozenset({"/rows", "/rows/forget"})
        the_rest(person)
        finish(person)
        expect_heading(person, WAITING)
        deletes(person)
        expect_heading(person, UNDELETED)
        ends(person)
        expect(person.page.locator("input:checked, main .before")).to_have_count(0)
        assert len(served.rows()) == 1
        to_the_end(person)
        finish(person)
        expect_heading(person, WAITING)
        served.broken = frozenset({"/rows/forget"})
        person.page.evaluate("dispatchEvent(new Event('online'))")
        expect(person.page.locator("h1")).to_contain_text("Thank you")
        served.broken = frozenset()
        person.page.evaluate("dispatchEvent(new Event('online'))")
        person.until(lambda: [response.status for response in served.responses()] == ["complete"])
        expect(person.page.locator("h1")).to_contain_text("Thank you")
        without_network_noise(person)


@pytest.mark.parametrize("walk", ["core", "complete"])
def test_what_lies_in_the_page_alone_is_not_lost_where_nobody_is_there(
    served: Linked, browser: Browser, walk: str
) -> None:
    with a_phone(browser, served) as person:
        person.context.add_init_script("IDBFactory.prototype.open = () => { throw new Error('no'); }")
        person.page.clock.install()
        served.broken = frozenset({"/rows"})
        person.look("#t")
        person.the_core()
        if walk == "complete":
            the_rest(person)
            finish(person)
            expect_heading(person, "Not sent yet")
        for _ in range(3):
            stays_untouched(person)
            expect_heading(person, "Not sent yet")
            expect(person.page.locator("#idle")).to_be_hidden()
        served.broken = frozenset()
        person.page.evaluate("dispatchEvent(new Event('online'))")
        expect(person.page.locator("h1")).to_contain_text("Thank you")
        assert [response.status for response in served.responses()] == [walk]
        stays_untouched(person)
        expect_heading(person, FIRST)
        without_network_noise(person)


@pytest.mark.parametrize("storage", ["throw new Error('no')", "return new EventTarget()"], ids=["refused", "silent"])
def test_who_hands_on_a_device_that_keeps_nothing_sends_first_or_reads_that_it_is_not_sent(
    served: Linked, browser: Browser, storage: str
) -> None:
    with a_phone(browser, served) as person:
        person.context.add_init_script(f"IDBFactory.prototype.open = () => {{ {storage}; }}")
        served.broken = frozenset({"/rows"})
        person.look("#t")
        to_the_end(person)
        finish(person)
        expect_heading(person, NOT_SENT)
        for _ in range(2):
            tried = len(sent_by(served))
            person.page.locator(".shared button").click()
            person.until(lambda seen=tried: len(sent_by(served)) > seen)
            expect_heading(person, NOT_SENT)
        served.broken = frozenset()
        person.page.locator(".shared button").click()
        expect_heading(person, FIRST)
        assert [response.status for response in served.responses()] == ["complete"]
        expect(person.page).to_have_url(person.address)
        without_network_noise(person)


def test_after_the_thanks_the_cover_does_not_promise_to_delete(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.page.clock.install()
        person.look("#t")
        to_the_end(person)
        finish(person)
        expect(person.page.locator("h1")).to_contain_text("Thank you")
        person.page.clock.run_for(50_000)
        expect(person.page.locator("#idle .leave")).to_have_text("Leave")
