"""Leaving on a phone: what was said is gone here and at the centre, Back brings nothing up, and little stays behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from centre_world import LINKED
from on_a_phone import (
    NOTHING,
    START,
    THANKS,
    TYPED,
    Linked,
    a_phone,
    cookies_on,
    expect_heading,
    finish,
    kept_on,
    linked,
    queue_of,
    send_the_core,
    sent_by,
    to_the_end,
    without_network_noise,
)
from playwright.sync_api import Browser, expect
from real_browser import OUTSIDE, Window
from test_browser_leaving import (
    QUESTIONS,
    WAYS,
    Leave,
    far_in,
    look_everywhere,
    press_leave,
)

from export.centre.codes import codes_in, issue

pytestmark = pytest.mark.browser


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Linked]:
    with linked(tmp_path / "centre") as served:
        # The worst case: the browser may keep every page for Back.
        served.storable = True
        yield served


def left(person: Window) -> None:
    person.page.wait_for_url(OUTSIDE)
    expect(person.page.locator("h1")).to_have_text("Weather")


def back_at_the_survey(person: Window) -> Window:
    """The same phone, later: only what it kept can show."""
    person.page.goto(person.address + "static/icon.svg")
    return person


@WAYS
def test_leaving_takes_back_what_was_sent_leads_outside_and_nothing_leads_back(
    served: Linked, browser: Browser, leave: Leave
) -> None:
    with a_phone(browser, served) as person:
        signed_in_beside = {"name": "another-service", "value": "1", "domain": "127.0.0.1", "path": "/"}
        person.context.add_cookies([signed_in_beside])
        person.look()
        entries = person.page.evaluate("history.length")
        far_in(person)
        person.until(lambda: len(served.rows()) == 1)
        leave(person)
        left(person)
        assert person.page.evaluate("history.length") == entries
        person.until(lambda: served.rows() == [])
        for words in look_everywhere(person):
            assert TYPED not in words
            assert not any(question in words for question in QUESTIONS[1:])
        names = [cookie["name"] for cookie in person.context.cookies(person.address)]
        assert names == ["another-service"], "the visit's is gone, and what the force's other services gave stays"


def test_who_left_before_the_core_was_in_comes_back_with_a_card_that_works(served: Linked, browser: Browser) -> None:
    code = next(codes_in(issue(served.centre, LINKED, "card", 1)))
    with a_phone(browser, served) as person:
        person.look(f"#c={code.replace('-', '')}")
        person.say("experience", "good")
        press_leave(person)
        left(person)
        person.look(f"#c={code.replace('-', '')}")
        to_the_end(person)
        finish(person)
        expect_heading(person, THANKS)
    assert [door for door, _ in served.centre.store.rows("arrivals")] == ["code"]


def test_who_left_later_finds_the_card_used_is_told_so_kindly_and_sends_without_it(
    served: Linked, browser: Browser
) -> None:
    code = next(codes_in(issue(served.centre, LINKED, "card", 1)))
    with a_phone(browser, served) as person:
        person.look(f"#c={code.replace('-', '')}")
        send_the_core(person, served)
        press_leave(person)
        left(person)
        person.until(lambda: served.rows() == [])
        assert served.centre.store.spent(1) == 1
        person.look(f"#c={code.replace('-', '')}")
        to_the_end(person)
        finish(person)
        expect_heading(person, "We could not take your answers with this card")
        person.page.locator("#open-door button").click()
        expect_heading(person, THANKS)
        person.wrong = [line for line in person.wrong if "403" not in line]
    assert [door for door, _ in served.centre.store.rows("arrivals")] == ["open"]
    assert served.only().status == "complete"


def test_leaving_leaves_nothing_on_the_phone(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        far_in(person)
        person.page.evaluate("async () => { await navigator.serviceWorker.ready; }")
        assert kept_on(person)["caches"] != []
        assert cookies_on(person) == ["visit"]
        press_leave(person)
        left(person)
        back_at_the_survey(person)
        assert (kept_on(person), cookies_on(person)) == (NOTHING, [])


# The browser's own arithmetic, held up until the test lets it go on.
_HELD_UP = """
  const real = SubtleCrypto.prototype.%s;
  SubtleCrypto.prototype.%s = function (...given) {
    const done = real.apply(this, given);
    return %s ? new Promise((over) => { window.goOn = () => over(done); }) : done;
  };"""


def at_its_id(person: Window) -> None:
    """The core is sealed and about to be given its id."""
    person.page.add_init_script(_HELD_UP % ("digest", "digest", "given[1].byteLength === 5250"))
    person.look()
    person.the_core()


def at_its_words(person: Window) -> None:
    """Four words to come back with are being hashed, a million rounds."""
    person.page.add_init_script(_HELD_UP % ("deriveBits", "deriveBits", "true"))
    person.look()
    to_the_end(person)
    person.page.locator("#again-give button").click()
    person.page.locator("#again-done button").click()


# The phone's storage, which reads as slowly as the test likes.
_READ_SLOWLY = """
  const real = IDBObjectStore.prototype.get;
  IDBObjectStore.prototype.get = function (...given) {
    const asked = real.apply(this, given);
    const spin = () => { if (!window.goesOn) { this.count().onsuccess = spin; } };
    window.reads = true;
    spin();
    return asked;
  };
  null;"""

_LEAVE_AND_READ = "document.querySelector('.bar .leave').click(); setTimeout(() => (goesOn = true), 100); null"


def test_what_waits_and_is_being_read_when_somebody_leaves_does_not_set_out(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        served.broken = frozenset({"/rows"})
        person.look()
        person.the_core()
        person.until(lambda: len(queue_of(person)) == 1)
        person.page.reload()
        expect_heading(person, "What about experience?")
        person.page.locator("#delete-now").wait_for()
        person.page.evaluate(_READ_SLOWLY)
        person.page.evaluate("dispatchEvent(new Event('online'))")
        person.until(lambda: person.page.evaluate("window.reads") is True)
        served.broken = frozenset()  # Not before: a sending that was begun with the page may land.
        served.bodies.clear()
        person.page.evaluate(_LEAVE_AND_READ)
        left(person)
        back_at_the_survey(person)
        assert f"/{START}rows" not in [path for path, _ in sent_by(served)]
        without_network_noise(person)
    assert served.rows() == []


@pytest.mark.parametrize("until", [at_its_id, at_its_words])
def test_who_leaves_while_a_copy_is_being_sealed_has_none_put_by_and_none_sent(
    served: Linked, browser: Browser, until: Callable[[Window], None]
) -> None:
    with a_phone(browser, served) as person:
        until(person)
        person.until(lambda: person.page.evaluate("Boolean(window.goOn)"))
        person.until(lambda: len(served.rows()) == len(sent_by(served)))
        before = len(sent_by(served))
        person.page.evaluate("document.querySelector('.bar .leave').click(); goOn()")
        left(person)
        person.until(lambda: served.rows() == [])
        back_at_the_survey(person)
        assert f"/{START}rows" not in [path for path, _ in sent_by(served)[before:]]
        assert kept_on(person) == NOTHING


def test_on_a_slow_network_what_is_on_the_phone_goes_first(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        send_the_core(person, served)
        person.page.evaluate("async () => { await navigator.serviceWorker.ready; }")
        served.held = f"/{START}rows/forget"
        press_leave(person)
        left(person)
        back_at_the_survey(person)
        assert (kept_on(person), cookies_on(person)) == (NOTHING, [])
        assert len(served.rows()) == 1
        served.let_go.set()
        person.until(lambda: served.rows() == [])


@pytest.mark.parametrize("slow", ["worker.js", "phone/en/page", "static/sealing.js"])
def test_what_is_still_being_fetched_to_be_kept_is_not_kept_for_who_has_left(
    served: Linked, browser: Browser, slow: str
) -> None:
    with a_phone(browser, served) as person:
        person.look()
        person.until(lambda: person.page.evaluate("performance.getEntriesByType('resource').length") > 4)
        served.bodies.clear()
        served.held = f"/{START}{slow}"
        person.say("experience", "good")
        person.until(lambda: (f"GET {served.held}?", b"") in served.bodies)
        press_leave(person)
        left(person)
        back_at_the_survey(person)
        served.let_go.set()
        everything = (f"GET /{START}phone/en?", b"")  # asked for by nobody but what keeps the pages
        person.until(lambda: everything in served.bodies and kept_on(person) == NOTHING)


def test_pages_that_could_not_be_fetched_are_fetched_at_the_next_answer(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        served.broken = frozenset({"/phone/en/page"})
        person.say("experience", "good")
        person.until(lambda: any("phone/en/page" in line for line, _ in served.bodies))
        person.until(lambda: kept_on(person)["workers"] == 0)
        served.broken = frozenset()
        person.say("contact", "easy")
        person.until(lambda: kept_on(person)["workers"] == 1)
        without_network_noise(person)


def test_leaving_without_a_network_takes_the_waiting_core_along(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        served.broken = frozenset({"/rows"})
        person.look()
        far_in(person)
        person.until(lambda: len(queue_of(person)) == 1)
        press_leave(person)
        left(person)
        back_at_the_survey(person)
        assert kept_on(person) == NOTHING
        person.wrong = [line for line in person.wrong if "502" not in line]


def test_after_finishing_leave_deletes_nothing_and_does_not_say_so(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        served.broken = frozenset({"/rows"})
        person.look()
        to_the_end(person)
        finish(person)
        expect(person.page.locator("h1")).to_have_text("Kept sealed on this phone, not sent yet")
        expect(person.page.locator(".bar .leave")).to_have_text("Leave")
        press_leave(person)
        left(person)
        person.page.goto(person.address)
        (row,) = queue_of(person)
        served.broken = frozenset()
        person.page.evaluate("dispatchEvent(new Event('online'))")
        person.until(lambda: served.rows() == [row])
        person.wrong = [line for line in person.wrong if "502" not in line]


def test_the_page_says_what_stays(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        person.page.locator(".promise a").nth(1).click()
        expect(person.page.locator("h1")).to_have_text("What leaving can and cannot do")
        assert "this phone keeps the pages of the survey and your sealed answers" in person.words()


def test_back_and_forward_in_the_browser_show_no_answer(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.page.goto(OUTSIDE)
        person.look()
        far_in(person)
        for words in look_everywhere(person):
            assert TYPED not in words
        expect(person.page.locator("input:checked")).to_have_count(0)
