"""Whatever can be pressed stays where it was shown: while voices come late, while it says who may hear it, at a stop.

A finger that is on its way to one answer must not meet another.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from on_a_phone import a_phone
from own_voice import EVERYWHERE, OTHERS, VOICES
from phone_screens import phone_shown
from playwright.sync_api import Browser, ViewportSize, expect
from real_browser import NARROW, Window, window
from screens import shown, victim_voice
from test_browser_aloud_everywhere import REFUSED, SCREENS, loudspeaker, without_clips
from test_browser_within_reach import read_in

pytestmark = pytest.mark.browser

SIZES = ((NARROW["width"], NARROW["height"]), (768, 1024), (1280, 800))
ON_ITS_SIDE: ViewportSize = {"width": 1280, "height": 800}
# Where everything stands that can be pressed; the loudspeaker too, once it can be.
_BOXES = """() => [...document.querySelectorAll("a[href], button, .row, input, textarea")]
    .filter((each) => each.checkVisibility({ visibilityProperty: true }) && !each.closest(".to-main"))
    .map((each) => {
        const { x, y, width, height } = each.getBoundingClientRect();
        const rounded = [x, y + scrollY, width, height].map(Math.round);
        const whose = each.closest(".aloud") ? "the loudspeaker" : "the page";
        return [`${each.textContent.trim() || each.value} of ${whose}`, ...rounded];
    })"""


def boxes(person: Window) -> list[list[Any]]:
    person.page.evaluate("document.fonts.ready.then(() => null)")
    return list(person.page.evaluate(_BOXES))


def besides(person: Window) -> list[list[Any]]:
    """But for the loudspeaker."""
    return [each for each in boxes(person) if not each[0].endswith("the loudspeaker")]


def size_of(person: Window, width: int, height: int) -> None:
    person.page.set_viewport_size({"width": width, "height": height})


def check_nothing_moves(person: Window) -> None:
    """While a voice comes, at each press, and once it has gone."""
    person.page.evaluate(OTHERS, [])
    expect(loudspeaker(person).filter(visible=True)).to_have_count(0)
    before = boxes(person)
    assert person.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
        "nothing stands beside the screen"
    )
    person.page.evaluate(OTHERS, EVERYWHERE)
    expect(loudspeaker(person)).to_be_visible()
    assert besides(person) == before, "a voice has come"
    with_it = loudspeaker(person).bounding_box()
    first_page = person.page.locator(".promise .aloud:not(.heard)").count()
    for press in ("to be told who may hear it", "to hear it", "to stop")[not first_page :]:
        loudspeaker(person).click()
        assert besides(person) == before, press
        assert loudspeaker(person).bounding_box() == with_it, press
    person.page.evaluate(OTHERS, [])
    expect(loudspeaker(person).filter(visible=True)).to_have_count(0)
    assert boxes(person) == before, "the voice has gone"


@pytest.mark.parametrize("name", SCREENS)
def test_nothing_that_can_be_pressed_moves_on_any_screen_of_a_phone_when_its_voice_comes_or_speaks(
    tmp_path: Path, browser: Browser, name: str
) -> None:
    with phone_shown(tmp_path / "centre") as served, a_phone(browser, served) as person:
        person.context.add_init_script(VOICES % json.dumps([]))
        without_clips(person)
        SCREENS[name](person, served)
        # No clips: what is asked here is what a voice that comes late moves.
        person.page.evaluate("document.querySelectorAll('[data-clips]').forEach((each) => delete each.dataset.clips)")
        for width, height in SIZES:
            size_of(person, width, height)
            check_nothing_moves(person)
        person.wrong = [line for line in person.wrong if not any(status in line for status in REFUSED)]


@pytest.mark.parametrize("size", SIZES, ids=["phone", "tablet", "on its side"])
def test_on_the_first_page_who_may_hear_it_is_told_in_the_place_of_the_promise_in_every_language(
    tmp_path: Path, browser: Browser, size: tuple[int, int]
) -> None:
    with phone_shown(tmp_path / "centre") as served, a_phone(browser, served) as person:
        person.page.add_init_script(VOICES % json.dumps(EVERYWHERE))
        size_of(person, *size)
        person.look()
        for language in victim_voice().languages:
            read_in(person, language)
            expect(loudspeaker(person)).to_be_visible()
            before = boxes(person)
            promise, links = (person.page.locator(each) for each in (".promise > p", ".promise .more a"))
            loudspeaker(person).click()
            told = person.page.locator(".promise .aloud p").bounding_box()
            first_link = links.first.bounding_box()
            assert told is not None
            assert first_link is not None
            assert told["width"] > 100, language
            assert told["y"] + told["height"] <= first_link["y"] + 1, f"{language}: it covers no link"
            expect(promise).to_be_hidden()
            assert boxes(person) == before, language
            loudspeaker(person).click()
            expect(promise).to_be_visible()
            loudspeaker(person).click()
            assert [each[1:] for each in boxes(person)] == [each[1:] for each in before], language


def edges(person: Window, what: str) -> tuple[float, float]:
    box = person.page.locator(what).first.bounding_box()
    assert box is not None
    return box["x"], box["x"] + box["width"]


def check_the_bar(person: Window) -> None:
    person.page.set_viewport_size(ON_ITS_SIDE)
    person.look()
    person.page.locator(".languages").wait_for()
    leave = edges(person, ".bar .leave")
    assert edges(person, "footer") == edges(person, "main")
    for link in ("", ".bar .help", ".back a", ".bar .language"):
        if link:
            person.page.locator(link).click()
            person.page.locator("#question").wait_for(state="attached" if link == ".back a" else "detached")
        assert edges(person, ".bar-in") == edges(person, "main"), link
        assert edges(person, ".bar .leave") == leave, link


def test_on_a_wide_screen_the_bar_is_as_wide_as_what_stands_below_it_and_leave_stays_on_every_page(
    tmp_path: Path, browser: Browser
) -> None:
    with shown(tmp_path) as tablet, window(browser, tablet.address) as person:
        check_the_bar(person)
    with phone_shown(tmp_path / "centre") as served, a_phone(browser, served) as person:
        check_the_bar(person)
