"""Who has left sees nothing of the survey again, whatever its page still waited for, however slow the one outside."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from on_a_phone import START, Linked, a_code, a_phone, expect_heading, linked, to_the_end
from playwright.sync_api import Browser, ConsoleMessage, Error, Route, expect
from real_browser import OUTSIDE, Window
from test_browser_leaving import far_in

from survey.fingerprint import authority_pin

pytestmark = pytest.mark.browser

# What is written on the page once it was empty; told to the console, since a page on its way out answers nobody.
_WATCH = """
  let empty = false;
  new MutationObserver(() => {
    const words = (document.title + (document.body?.innerText ?? "")).trim();
    empty ||= !words;
    if (empty) { console.info(`seen:${words}`); }
  }).observe(document, { childList: true, subtree: true, attributes: true, characterData: true });"""
# Outside, or on a device that people share to the next person.
WAY_OUT = re.compile(rf"{re.escape(OUTSIDE)}|/[?]next")
# What came is checked, put together and drawn long before this is over.
_DRAWN_MS = 1500


@dataclass
class Held:
    """Requests that wait until the test lets them go on."""

    person: Window
    pattern: str | re.Pattern[str]

    def __post_init__(self) -> None:
        self.waiting: list[Route] = []
        self.person.context.route(self.pattern, self.hold)

    def hold(self, route: Route) -> None:
        self.waiting.append(route)

    def came(self) -> None:
        self.person.until(lambda: bool(self.waiting))


def watch(person: Window) -> list[str]:
    """What stands on the screen from when it was first empty; each once it stands there."""
    seen: list[str] = []

    def told(message: ConsoleMessage) -> None:
        if message.text.startswith("seen:"):
            seen.append(message.text.removeprefix("seen:"))

    person.page.on("console", told)
    person.page.add_init_script(_WATCH)
    return seen


Waited = tuple[Held, Callable[[Route], None]]
"""What the page waits for, and how that comes at last."""


def arrive(route: Route) -> None:
    route.continue_()


def another_language(person: Window, _served: Linked) -> Waited:
    far_in(person)
    person.page.locator("footer a").first.click()
    expect_heading(person, "Change the language")
    held = Held(person, "**/phone/pl")
    person.page.locator("button[value=pl]").click()
    return held, arrive


def the_words(person: Window, _served: Linked) -> Waited:
    person.look()
    held = Held(person, "**/phone-words")
    person.the_core()
    person.choose("more", "finish")
    person.press()
    return held, arrive


def a_row_that_is_not_taken(person: Window, _served: Linked) -> Waited:
    person.look()
    to_the_end(person)
    person.page.locator("#again-give button").click()
    held = Held(person, "**/rows")
    person.page.locator("#again-done button").click()
    return held, lambda route: route.fulfill(status=400, body="row")


def the_questions(person: Window, served: Linked) -> Waited:
    held = Held(person, "**/phone/en")
    pin = authority_pin(served.world.authority.public)
    person.page.goto(f"{person.address}#k={pin}&c={a_code(served)}", wait_until="commit")
    return held, arrive


def the_questions_and_none_come(person: Window, served: Linked) -> Waited:
    held, _ = the_questions(person, served)
    return held, lambda route: route.abort()


def the_word_on_a_code(person: Window, served: Linked) -> Waited:
    person.look()
    person.page.locator("footer a[href$='/code']").click()
    person.page.locator("#code").fill(a_code(served))
    held = Held(person, "**/phone-code")
    person.press()
    return held, arrive


def the_next_person_on_a_shared_device(person: Window, served: Linked) -> Waited:
    person.page.goto("about:blank")
    person.look("#t")
    person.say("experience", "good")
    person.page.locator("footer a").first.click()
    expect_heading(person, "Change the language")
    held = Held(person, "**/phone/pl")
    person.page.locator("button[value=pl]").click()
    return held, arrive


WAITS = [
    another_language, the_words, a_row_that_is_not_taken, the_questions, the_questions_and_none_come,
    the_word_on_a_code, the_next_person_on_a_shared_device,
]  # fmt: skip


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Linked]:
    with linked(tmp_path / "centre") as served:
        served.storable = True
        yield served


@pytest.mark.parametrize("wait", WAITS, ids=lambda wait: wait.__name__)
def test_what_comes_after_leave_is_not_shown(
    served: Linked, browser: Browser, wait: Callable[[Window, Linked], Waited]
) -> None:
    with a_phone(browser, served) as person:
        seen = watch(person)
        out = Held(person, WAY_OUT)
        try:
            held, comes = wait(person, served)
            held.came()
            for _ in range(3):
                person.page.keyboard.press("Shift")
            person.until(lambda: bool(seen))
            for route in held.waiting:
                comes(route)
            person.page.wait_for_timeout(_DRAWN_MS)
            shown = "".join(seen)
        finally:
            settle(person, out)
        assert shown == ""


def settle(person: Window, out: Held) -> None:
    """End on a page that has come; what the browser says of a network that was held up is no fault of the page."""
    out.came()
    for route in out.waiting:
        if route.request.url == OUTSIDE:
            route.fulfill(body="<h1>Weather</h1>", content_type="text/html")
        else:
            route.continue_()
    person.page.locator("h1").wait_for()
    person.page.goto(f"{person.address}static/icon.svg")
    person.wrong = [line for line in person.wrong if "ERR_FAILED" not in line and "400" not in line]


def test_what_comes_after_back_and_forward_is_not_shown_before_the_survey_has_begun_anew(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        seen = watch(person)
        person.page.goto(f"{person.address}static/icon.svg")
        held, _ = another_language(person, served)
        held.came()
        anew = Held(person, f"**/{START}")
        for step in (person.page.go_back, person.page.go_forward):
            with suppress(Error):  # Chromium never reports the arrival of a page out of its cache.
                step(wait_until="commit", timeout=1500)
        anew.came()
        held.waiting[0].continue_()
        person.page.wait_for_timeout(_DRAWN_MS)
        assert seen, "the page came out of the browser's cache, empty"
        shown = "".join(seen)
        anew.waiting[0].continue_()
        expect_heading(person, "What about experience?")
        expect(person.page.locator("input:checked")).to_have_count(0)
        assert shown == ""
