"""Every screen for everybody: axe without an exception, small screens, large text, forced colours, big targets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from at_the_tablet import Tablet
from open_to_everybody import BOXES, check_axe, check_every_size
from playwright.sync_api import Browser
from real_browser import PHONE, TABLET
from screens import FOR_STAFF, ON_A_TABLET, ON_BOTH, at_a_hub, screen, shown

pytestmark = pytest.mark.browser


@pytest.fixture
def tablet(tmp_path: Path) -> Iterator[Tablet]:
    with shown(tmp_path) as tablet:
        yield tablet


@pytest.fixture
def link(tmp_path: Path) -> Iterator[Tablet]:
    with shown(tmp_path, "link") as link:
        yield link


@pytest.mark.parametrize("name", ON_A_TABLET)
def test_every_screen_of_the_tablet_is_open_to_everybody(tablet: Tablet, browser: Browser, name: str) -> None:
    with screen(browser, tablet, name, TABLET) as person:
        assert person.page.locator("h1").count() == 1
        assert person.page.title().removeprefix("Error: ") == "Survey"
        assert person.page.locator(".bar .help").count() == 1, "Help stands in the same place on every page"
        check_every_size(person)


@pytest.mark.parametrize("name", ["start", "help", "safety", "unavailable"])
def test_the_screens_that_differ_on_a_phone_are_open_to_everybody(link: Tablet, browser: Browser, name: str) -> None:
    assert name in ON_BOTH
    with screen(browser, link, name, PHONE) as person:
        check_every_size(person)


@pytest.mark.parametrize("name", FOR_STAFF)
def test_what_staff_and_advocates_see_is_open_to_everybody_too(tmp_path: Path, browser: Browser, name: str) -> None:
    with at_a_hub(tmp_path) as hub, screen(browser, hub, name, TABLET) as person:
        assert person.page.locator("h1").count() == 1
        check_every_size(person)
        person.page.locator("h1").click()
        focused = set()
        for _ in range(30):
            person.page.keyboard.press("Tab")
            focused.add(person.page.evaluate("document.activeElement.outerHTML"))
        buttons = person.page.locator("main button").evaluate_all("all => all.map(each => each.outerHTML)")
        assert set(buttons) <= focused, "by keyboard alone"


def test_with_forced_colours_rows_buttons_and_the_chosen_answer_can_still_be_told_apart(
    tablet: Tablet, browser: Browser
) -> None:
    with screen(browser, tablet, "question", TABLET, forced_colors="active") as person:
        check_axe(person)
        styles = person.page.evaluate(
            """() => [...document.querySelectorAll(".row, .continue, .leave, .skip")].map(each => {
                const {borderTopStyle, borderTopColor, backgroundColor, outlineStyle} = getComputedStyle(each);
                return {border: borderTopStyle, visible: borderTopColor !== backgroundColor,
                        chosen: !!each.querySelector("input:checked"), outline: outlineStyle};
            })"""
        )
        assert len(styles) > 8
        assert all(each["border"] == "solid" and each["visible"] for each in styles)
        assert {each["outline"] for each in styles if each["chosen"]} == {"solid"}
        person.page.keyboard.press("Tab")
        focused = person.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert focused == "solid"


def test_answer_rows_are_at_least_56_pixels_high_and_fill_the_line(tablet: Tablet, browser: Browser) -> None:
    with screen(browser, tablet, "start", TABLET) as person:
        main = person.page.locator("#question").bounding_box()
        assert main is not None
        for row in person.page.locator(".row").all():
            box = row.bounding_box()
            assert box is not None
            assert box["height"] >= 56
            assert box["width"] == main["width"]


@pytest.mark.parametrize("name", ["start", "question", "long-list"])
def test_every_question_can_be_skipped_and_says_honestly_how_long_it_takes(
    tablet: Tablet, browser: Browser, name: str
) -> None:
    with screen(browser, tablet, name, TABLET) as person:
        assert person.page.locator(".skip").count() == 1
        assert "minute" in person.page.locator(".remaining").inner_text()
        assert person.page.locator("progress, [role=progressbar]").count() == 0


def test_choosing_an_answer_reveals_nothing_and_moves_nothing(tablet: Tablet, browser: Browser) -> None:
    """What appears on a choice is missed by people who hear the page; a question more is a page more."""
    with screen(browser, tablet, "start", TABLET) as person:
        before = person.page.evaluate(BOXES)
        for row in person.page.locator(".row").all():
            row.click()
            assert person.page.evaluate(BOXES) == before


def test_what_an_advocate_reads_out_is_larger_than_what_others_read_for_themselves(
    tmp_path: Path, browser: Browser
) -> None:
    sizes = "all => all.map(each => parseFloat(getComputedStyle(each).fontSize))"
    with at_a_hub(tmp_path) as hub:
        with screen(browser, hub, "start", TABLET) as person:
            alone = person.page.locator("h1, .row").evaluate_all(sizes)
        with screen(browser, hub, "assisted", TABLET) as person:
            read_out = person.page.locator("h1, .row").evaluate_all(sizes)
    assert len(read_out) == len(alone) > 7
    assert all(out >= 1.25 * own for out, own in zip(read_out, alone, strict=True)), (read_out, alone)
