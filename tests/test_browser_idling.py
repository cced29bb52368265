"""Between people: the cover, the warning that can be put off, the clean slate. The page's clock is the test's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from at_the_tablet import RESET, WARN, Tablet, a_tablet
from on_a_phone import a_phone, linked
from playwright.sync_api import Browser, expect
from real_browser import Window, window

pytestmark = pytest.mark.browser

COVER = 45


@pytest.fixture
def tablet(tmp_path: Path) -> Iterator[Tablet]:
    with a_tablet(tmp_path) as tablet:
        yield tablet


@pytest.fixture
def person(tablet: Tablet, browser: Browser) -> Iterator[Window]:
    with window(browser, tablet.address) as person:
        person.page.clock.install()
        person.look()
        yield person


def idle(person: Window, seconds: float) -> None:
    person.page.clock.run_for(seconds * 1000)


def covered(person: Window) -> bool:
    return person.page.locator("#idle[open]").count() == 1


def at_the_choice(person: Window) -> None:
    person.the_core()


def left_behind(person: Window) -> dict[str, int]:
    """What the browser still holds that a page can ask for."""
    return person.page.evaluate(
        """async () => ({
            local: localStorage.length,
            session: sessionStorage.length,
            caches: (await caches.keys()).length,
            databases: (await indexedDB.databases()).length,
            workers: (await navigator.serviceWorker.getRegistrations()).length,
            cookies: document.cookie.length,
        })"""
    )


def test_after_45_seconds_untouched_the_answers_are_covered_and_a_touch_brings_them_back(person: Window) -> None:
    person.say("experience", "good")
    person.choose("contact", "hard")
    idle(person, COVER - 2)
    assert not covered(person)
    idle(person, 3)
    expect(person.page.locator("#idle")).to_be_visible()
    assert person.page.evaluate("document.elementFromPoint(400, 640).closest('#idle') !== null")
    box = person.page.locator("#idle").bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (800, 1280), "nothing beside it can be read"
    assert "closes by itself" not in person.page.locator("#idle").inner_text()
    person.page.mouse.click(400, 200)
    assert not covered(person)
    assert person.page.locator('input[value="hard"]').is_checked()
    idle(person, COVER - 2)
    assert not covered(person)


@pytest.mark.parametrize("extend", ["tap", "key", "button"])
def test_the_warning_counts_down_and_can_be_put_off_as_often_as_somebody_likes(
    tablet: Tablet, person: Window, extend: str
) -> None:
    person.say("experience", "good")
    for _ in range(11):
        idle(person, WARN + 2)
        said = person.page.locator("#idle").inner_text()
        assert re.search(r"This closes by itself in 2\d seconds\.", said)
        if extend == "tap":
            person.page.mouse.click(20, 20)
        elif extend == "key":
            person.page.keyboard.press("Enter")
        else:
            person.page.locator("#idle .continue").click()
        assert not covered(person)
    assert person.heading() == "What about contact?"
    assert "timed_out" not in tablet.counts()


def test_at_the_end_of_the_countdown_too_little_is_deleted_and_the_start_stands_there(
    tablet: Tablet, person: Window
) -> None:
    person.say("experience", "good")
    idle(person, WARN + RESET + 1)
    person.page.locator('input[name="experience"]').first.wait_for()
    assert person.page.locator("input:checked").count() == 0
    assert tablet.responses() == []
    assert tablet.counts() == {"offered": 1, "started": 1, "timed_out": 1}


def test_at_the_end_of_the_countdown_a_core_is_filed_and_the_browser_is_empty(tablet: Tablet, person: Window) -> None:
    at_the_choice(person)
    before = person.context.cookies()[0]["value"]
    person.page.evaluate("localStorage.setItem('x', 'y')")
    idle(person, WARN + RESET + 1)
    person.page.locator('input[name="experience"]').first.wait_for()
    assert tablet.only_response().status == "core"
    assert tablet.partial() is None
    assert set(left_behind(person).values()) == {0}
    (cookie,) = person.context.cookies()
    assert cookie["value"] != before
    person.page.go_back(wait_until="commit")
    assert "What about" not in person.words()


def test_shift_three_times_leaves_from_under_the_cover_too(tablet: Tablet, person: Window) -> None:
    at_the_choice(person)
    idle(person, WARN + 5)
    assert covered(person)
    for _ in range(3):
        person.page.keyboard.press("Shift")
    person.page.locator('input[name="experience"]').first.wait_for()
    assert tablet.counts()["left"] == 1
    assert tablet.responses() == []


def test_leave_can_be_pressed_on_the_cover(tablet: Tablet, person: Window) -> None:
    at_the_choice(person)
    idle(person, WARN + 5)
    person.page.locator("#idle .leave").click()
    person.page.locator('input[name="experience"]').first.wait_for()
    assert tablet.counts()["left"] == 1


def test_the_start_waits_for_the_next_person_without_a_cover_until_somebody_touches_it(person: Window) -> None:
    idle(person, 3600)
    assert not covered(person)
    person.choose("experience", "bad")
    idle(person, COVER + 1)
    assert covered(person)
    idle(person, WARN + RESET - COVER)
    person.page.locator('input[type="radio"]:not(:checked)').first.wait_for()
    expect(person.page.locator("input:checked")).to_have_count(0)


def test_what_is_ticked_and_not_sent_is_covered_too_after_a_look_at_help(person: Window) -> None:
    person.choose("experience", "bad")
    person.page.locator(".bar a[href$='/help']").click()
    person.page.locator(".back a").first.click()
    expect(person.page.locator("input:checked")).to_have_count(1)
    idle(person, COVER + 1)
    assert covered(person)
    idle(person, WARN + RESET - COVER)
    person.page.locator('input[type="radio"]:not(:checked)').first.wait_for()
    expect(person.page.locator("input:checked")).to_have_count(0)


@pytest.mark.parametrize("path", ["help", "about", "safety", "staff"])
def test_every_other_page_goes_back_to_the_start_by_itself(person: Window, path: str) -> None:
    person.page.goto(person.address + path)
    idle(person, WARN + RESET + 1)
    person.page.locator('input[name="experience"]').first.wait_for()


def test_whoever_writes_for_long_is_not_thrown_out_by_the_server(tablet: Tablet, person: Window) -> None:
    at_the_choice(person)
    person.say("more", "yes")
    person.choose("helped", "friend")
    person.go_on()
    for _ in range(6):
        tablet.wait(40)
        with person.page.expect_response("**/still-here") as told:
            person.page.locator("#better").press_sequentially("slowly ")
            idle(person, 12)
        assert told.value.status == 204
    person.go_on()
    assert tablet.only_response().answers["better"].startswith("slowly")  # type: ignore[union-attr]


def test_the_servers_own_reset_needs_no_page_and_the_page_finds_out(tablet: Tablet, person: Window) -> None:
    at_the_choice(person)
    tablet.wait(WARN + RESET + 1)
    assert tablet.only_response().status == "core"
    idle(person, 12)
    person.choose("more", "yes")
    idle(person, 2)
    person.page.locator('input[name="experience"]').first.wait_for()


def test_where_the_survey_is_not_available_the_page_looks_again_by_itself(tablet: Tablet, person: Window) -> None:
    tablet.keys, kept = None, tablet.keys
    person.look()
    assert person.heading() == "The survey is not available now"
    tablet.keys = kept
    idle(person, 62)
    person.page.locator('input[name="experience"]').first.wait_for()
    person.wrong = [line for line in person.wrong if "503" not in line]


def test_on_a_phone_of_ones_own_nothing_is_covered(tmp_path: Path, browser: Browser) -> None:
    with linked(tmp_path / "centre") as served, a_phone(browser, served) as person:
        person.page.clock.install()
        person.look()
        at_the_choice(person)
        idle(person, 3600)
        expect(person.page.locator("#idle")).to_be_hidden()
        assert person.heading() == "What about more?"
