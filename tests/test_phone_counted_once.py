"""Back, Forward, two tabs, many flushes: what somebody said on a phone is counted once, and waits there unmarked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from on_a_phone import (
    THANKS,
    WAITING,
    Linked,
    a_code,
    a_phone,
    counted,
    cut_off,
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
from playwright.sync_api import Browser, Error, Route
from real_browser import OUTSIDE, Window

from survey.sealing import row_id
from survey.words import load

pytestmark = pytest.mark.browser

FIRST = "What about experience?"
_KEYS = """
  () => new Promise((resolve, reject) => {
    const asked = indexedDB.open("heard " + document.body.dataset.start, 1);
    asked.onerror = () => reject(asked.error);
    asked.onsuccess = () => {
      const rows = asked.result.transaction("rows").objectStore("rows");
      const { keyPath, autoIncrement } = rows;
      const all = rows.getAllKeys();
      all.onsuccess = () => {
        asked.result.close();
        resolve({ keys: all.result, keyPath, autoIncrement, indexes: rows.indexNames.length,
                  stores: asked.result.objectStoreNames.length });
      };
    };
  })
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Linked]:
    with linked(tmp_path / "centre") as served:
        yield served


def goes(person: Window, *steps: str) -> None:
    """Press the browser's own buttons, and wait until the first question stands there."""
    for step in steps:
        try:
            getattr(person.page, step)(wait_until="commit", timeout=1500)
        except Error:
            continue  # Chromium never reports the arrival of a page out of its cache.
    expect_heading(person, FIRST)
    person.page.wait_for_load_state()


@pytest.mark.parametrize("storable", [False, True], ids=["fetched anew", "out of the browser's cache"])
def test_back_and_forward_at_any_moment_end_in_one_counted_response(
    served: Linked, browser: Browser, *, storable: bool
) -> None:
    served.storable = storable
    with a_phone(browser, served) as person:
        person.page.goto(OUTSIDE)
        person.look()
        person.say("experience", "bad")
        goes(person, "go_back", "go_forward")
        send_the_core(person, served)
        goes(person, "go_back", "go_forward")
        to_the_end(person)
        goes(person, "go_back", "go_forward")
        to_the_end(person)
        finish(person)
        expect_heading(person, THANKS)
        before = served.rows()
        goes(person, "go_back", "go_forward", "reload")
        assert served.rows() == before
    (response,) = counted(served)
    assert (response.status, response.answers["experience"]) == ("complete", "good")


def test_however_many_flushes_meet_each_row_is_sent_once(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        send_the_core(person, served)
        served.broken = frozenset({"/rows"})
        the_rest(person)
        finish(person)
        expect_heading(person, WAITING)
        sent = len(sent_by(served))
        served.broken = frozenset()
        person.page.evaluate("for (const kind of ['online', 'pageshow', 'online']) dispatchEvent(new Event(kind))")
        expect_heading(person, THANKS)
        person.until(lambda: kept_on(person)["databases"] == [])
        assert len(sent_by(served)) == sent + 1
        without_network_noise(person)
    (response,) = counted(served)
    assert response.status == "complete"


_PUT = """
  ([key, row]) => new Promise((resolve) => {
    const asked = indexedDB.open("heard " + document.body.dataset.start, 1);
    asked.onsuccess = () => {
      const turn = asked.result.transaction("rows", "readwrite");
      turn.objectStore("rows").put(new Uint8Array(row), key);
      turn.oncomplete = () => { asked.result.close(); resolve(); };
    };
  })
"""


def test_a_copy_that_waits_beside_the_one_in_its_place_is_not_sent(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        served.broken = frozenset({"/rows"})
        person.look(f"#c={a_code(served)}")
        person.the_core()
        person.until(lambda: len(queue_of(person)) == 1)
        core = person.page.evaluate(_KEYS)["keys"][0], list(queue_of(person)[0])
        the_rest(person)
        finish(person)
        expect_heading(person, WAITING)
        # A tab that was closed between two steps could leave both.
        person.page.evaluate(_PUT, core)
        assert len(queue_of(person)) == 2
        before = len(sent_by(served))
        person.page.close()
        served.broken = frozenset()
        person.page = person.context.new_page()
        person.look()
        person.until(lambda: kept_on(person)["databases"] == [])
        assert len(sent_by(served)) == before + 1
        without_network_noise(person)
    assert [response.status for response in counted(served)] == ["complete"]


def test_two_tabs_of_one_visit_are_one_response_as_full_as_it_came(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        send_the_core(person, served)
        tab = person.page
        # What 'Duplicate tab' does: the other tab has this one's history entry.
        entry = tab.evaluate("history.state")
        person.page = person.context.new_page()
        person.look()
        person.page.evaluate("entry => history.replaceState(entry, '')", entry)
        person.page.reload()
        to_the_end(person)
        finish(person)
        expect_heading(person, THANKS)
        person.page = tab
        person.say("more", "finish")
        finish(person)
        expect_heading(person, THANKS)
    (response,) = counted(served)
    assert response.status == "complete"


def test_two_tabs_of_two_visits_are_two_responses_each_once(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        served.broken = frozenset({"/rows"})
        for said in ("good", "bad"):
            person.page = person.context.new_page()
            person.look()
            person.say("experience", said)
            person.say("contact", "easy")
            person.say("crime", "theft")
            the_rest(person)
            finish(person)
            expect_heading(person, WAITING)
        served.broken = frozenset()
        for tab in person.context.pages[1:]:
            tab.evaluate("dispatchEvent(new Event('online'))")
        for tab in person.context.pages[1:]:
            person.page = tab
            expect_heading(person, THANKS)
        without_network_noise(person)
    assert sorted(str(response.answers["experience"]) for response in counted(served)) == ["bad", "good"]


def what_waits(person: Window) -> Any:
    return person.page.evaluate(_KEYS)


def test_what_waits_is_marked_by_nothing_but_ids_in_their_own_order(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        served.broken = frozenset({"/rows"})
        came: set[str] = set()
        for _ in range(4):
            person.look()
            to_the_end(person)
            finish(person)
            expect_heading(person, WAITING)
            came |= {row_id(row).hex() for row in queue_of(person)}
        kept = what_waits(person)
        without_network_noise(person)
    assert (kept["keyPath"], kept["autoIncrement"], kept["indexes"], kept["stores"]) == (None, False, 0, 1)
    assert [key[0] for key in kept["keys"]] == sorted(came)
    for _, replaces, code in kept["keys"]:
        named = replaces.split(",")
        assert all(re.fullmatch("[0-9a-f]{32}", one) for one in named)
        assert named == sorted(named)
        assert came.isdisjoint(named)
        assert code == ""


def sends_a_core_and_takes_it_back(person: Window, served: Linked) -> None:
    """With a card: on to the choice page, back to the first question, and on without an answer to it."""
    code = a_code(served)
    person.look(f"#c={code}")
    person.the_core()
    person.until(lambda: len(counted(served)) == 1)
    for heading in ("What about crime?", "What about contact?", FIRST):
        person.page.locator(".back a").click()
        expect_heading(person, heading)
    person.press(".skip")
    expect_heading(person, "What about contact?")
    person.until(lambda: counted(served) == [])


def test_a_card_is_still_good_for_who_takes_an_answer_back_and_gives_another(served: Linked, browser: Browser) -> None:
    served.tell(2, places=[replace(place, open_door=False) for place in served.world.places])
    with a_phone(browser, served) as person:
        sends_a_core_and_takes_it_back(person, served)
        person.page.locator(".back a").click()
        expect_heading(person, FIRST)
        to_the_end(person)
        finish(person)
        expect_heading(person, THANKS)
    assert [response.status for response in counted(served)] == ["complete"]
    assert [door for shelf in served.centre.store.shelves for door, _ in served.centre.store.rows(shelf)] == ["code"]


@pytest.mark.parametrize("open_door", [True, False], ids=["open door", "cards only"])
def test_a_card_is_still_good_where_one_copy_came_the_next_was_lost_and_a_third_is_sent(
    served: Linked, browser: Browser, *, open_door: bool
) -> None:
    served.tell(2, places=[replace(place, open_door=open_door) for place in served.world.places])
    with a_phone(browser, served) as person:
        person.look(f"#c={a_code(served)}")
        send_the_core(person, served)
        cut_off(person)
        for heading in ("What about crime?", "What about contact?", FIRST):
            person.page.locator(".back a").click()
            expect_heading(person, heading)
        person.say("experience", "bad")
        person.until(lambda: len(queue_of(person)) == 1)
        for _ in range(2):
            person.go_on()
        person.say("more", "finish")
        finish(person)
        expect_heading(person, WAITING)
        person.context.set_offline(False)
        expect_heading(person, THANKS)
        without_network_noise(person)
    assert [response.answers["experience"] for response in counted(served)] == ["bad"]
    assert [door for shelf in served.centre.store.shelves for door, _ in served.centre.store.rows(shelf)] == ["code"]


def test_who_took_back_all_that_they_said_with_a_card_leaves_no_row(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        sends_a_core_and_takes_it_back(person, served)
        for heading in ("What about crime?", "What about more?"):
            person.press(".skip")
            expect_heading(person, heading)
        person.say("more", "finish")
        expect_heading(person, "Thank you. Nothing was kept.")
    assert served.rows() == []


@pytest.mark.parametrize("open_door", [True, False], ids=["open door", "cards only"])
def test_a_card_is_still_good_where_the_core_came_and_the_fuller_copy_was_not_taken(
    served: Linked, browser: Browser, *, open_door: bool
) -> None:
    served.tell(2, places=[replace(place, open_door=open_door) for place in served.world.places])
    with a_phone(browser, served) as person:
        person.look(f"#c={a_code(served)}")
        send_the_core(person, served)
        refusals = ["row"]

        def answered(route: Route) -> None:
            if refusals:
                route.fulfill(status=400, body=refusals.pop())
            else:
                route.fallback()

        person.page.route("**/rows", answered)
        the_rest(person)
        finish(person)
        expect_heading(person, "Sorry: your answers were not kept")
        person.until(lambda: counted(served) == [])
        person.page.locator(".bar .help").click()
        person.page.locator("main .back a").click()
        expect_heading(person, "Sorry: your answers were not kept")
        person.page.locator(".bar .language").click()
        person.page.locator("main button[value=pl]").click()
        expect_heading(person, load()["pl"]["phone.lost.heading"])
        person.page.locator(".bar .language").click()
        person.page.locator("main button[value=en]").click()
        person.page.locator("#again button").click()
        expect_heading(person, THANKS)
        person.wrong = [line for line in person.wrong if "400" not in line]
    assert [response.status for response in counted(served)] == ["complete"]
    assert [door for shelf in served.centre.store.shelves for door, _ in served.centre.store.rows(shelf)] == ["code"]
