"""What every screen is for everybody, measured in the browser: axe without an exception, nothing cut, big targets."""

from __future__ import annotations

from itertools import combinations

from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from real_browser import NARROW, PHONE, TABLET, Window

AXE = Axe().axe_script
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LEAST_TARGET = 48

_SHOWN = """[...document.querySelectorAll("a[href], button, input:not([type=hidden]), textarea, select")]
    .filter(each => each.checkVisibility({visibilityProperty: true}) && !each.matches(".to-main"))
    .filter(each => !document.querySelector("dialog[open]") || each.closest("dialog"))
    .map(each => [each.outerHTML.slice(0, 90), (each.closest("label") ?? each).getBoundingClientRect()])"""
_TARGETS = f"() => {_SHOWN}.map(([what, {{width, height}}]) => [what, width, height])"
BOXES = f"() => {_SHOWN}.map(([what, {{left, top, right, bottom}}]) => [what, [left, top, right, bottom]])"


def check_axe(person: Window) -> None:
    if person.page.evaluate("typeof axe === 'undefined'"):
        person.page.evaluate(AXE)
    found = person.page.evaluate("options => axe.run(options)", {"runOnly": TAGS, "resultTypes": ["violations"]})
    results = AxeResults(found)
    assert results.violations_count == 0, results.generate_report()


def check_nothing_sticks_out(person: Window) -> None:
    wide, room = person.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= room
    cut = person.page.evaluate(
        """() => [...document.querySelectorAll("body *:not(.to-main, .said, input)")].filter(each =>
            each.checkVisibility() && each.clientWidth > 1 && each.scrollWidth > each.clientWidth + 1
            && getComputedStyle(each).overflowX !== "visible").map(each => each.outerHTML)"""
    )
    assert cut == []


def check_targets(person: Window) -> None:
    for what, width, height in person.page.evaluate(_TARGETS):
        assert width >= LEAST_TARGET, what
        assert height >= LEAST_TARGET, what


def check_nothing_overlaps(person: Window) -> None:
    """A finger between two targets must not be able to reach both."""
    person.page.evaluate("scrollTo(0, 0)")
    boxes = person.page.evaluate(BOXES)
    for (one, (left, top, right, bottom)), (other, (start, above, end, below)) in combinations(boxes, 2):
        assert right <= start or end <= left or bottom <= above or below <= top, (one, other)


def check_skipping(person: Window) -> None:
    """Whoever goes by keyboard gets past the bar at one press, and nothing of that stays in the address or history."""
    page, before = person.page, person.page.evaluate("[location.href, history.length]")
    if page.locator("dialog[open]").count():
        return
    skip = page.locator("a[href], button, input, textarea").first
    assert skip.get_attribute("class") == "to-main"
    skip.focus()
    box = skip.bounding_box()
    assert box is not None
    assert box["height"] >= LEAST_TARGET, "in sight once it is reached"
    assert skip.evaluate(
        "(each, {x, y, width, height}) => document.elementFromPoint(x + width / 2, y + height / 2) === each", box
    )
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.tagName") == "MAIN"
    assert page.evaluate("[location.href, history.length]") == before
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.bar') === null")
    assert page.evaluate("document.getAnimations().length") == 0, (
        "where somebody is shows at once: colours half way to it cannot be read"
    )


def check_every_size(person: Window) -> None:
    for size in (TABLET, PHONE):
        person.page.set_viewport_size({"width": size["width"], "height": size["height"]})
        check_axe(person)
        check_nothing_sticks_out(person)
        check_targets(person)
        check_nothing_overlaps(person)
        check_skipping(person)
    person.page.set_viewport_size({"width": NARROW["width"], "height": NARROW["height"]})
    check_nothing_sticks_out(person)
    for size in (TABLET, PHONE):
        person.page.set_viewport_size({"width": size["width"], "height": size["height"]})
        person.page.evaluate("void (document.documentElement.style.fontSize = '200%')")
        check_nothing_sticks_out(person)
        person.page.evaluate("void (document.documentElement.style.fontSize = '')")
