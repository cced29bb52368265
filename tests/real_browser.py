"""A real Chromium for tests: Debian's own, no other host within reach, and every complaint of the page a failure.

Playwright switches the back-forward cache off unless told otherwise, and with it what 'Leave' has to hold against; here
it is on. Where there is no Chromium the tests say so: skipped on a desk, a failure where CI runs.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Route, expect, sync_playwright

TABLET = {"width": 800, "height": 1280}
PHONE = {"width": 390, "height": 844}
NARROW = {"width": 320, "height": 640}
OUTSIDE = "https://weather.example/"

ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"]
_PATIENCE_MS = 10_000
# Twice as long as a page waits for the network before it says so: on a busy machine it may come to that.
expect.set_options(timeout=_PATIENCE_MS)
_MISSING = "Chromium is not installed, so nothing was tried in a real browser: sudo apt-get install chromium"


def chromium_path() -> str:
    """Where Debian's Chromium is. Skips the test where there is none, fails it in CI."""
    found = shutil.which("chromium")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail(_MISSING)
        pytest.skip(_MISSING)
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium with its back-forward cache on."""
    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=ARGUMENTS, ignore_default_args=["--disable-back-forward-cache"]
        )
        yield browser
        browser.close()


@dataclass
class Window:
    """One person's browser: a profile of its own, one page, and everything that went wrong in it."""

    page: Page
    context: BrowserContext
    address: str
    wrong: list[str] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list, repr=False)
    outside: list[str] = field(default_factory=list)

    def look(self, path: str = "") -> Page:
        """Open a page of the interview."""
        self.page.goto(self.address + path)
        return self.page

    def choose(self, item: str, code: str) -> None:
        """Tap an answer row."""
        self.page.locator(f'label:has(input[name="{item}"][value="{code}"])').click()

    def say(self, item: str, code: str) -> None:
        """Tap an answer row, press Continue and wait until another heading stands there."""
        self.choose(item, code)
        self.go_on()

    def press(self, button: str = ".continue") -> None:
        """Press a button of what is asked."""
        self.page.locator(f"main {button}").first.click()

    def go_on(self, button: str = ".continue") -> None:
        """Press Continue, or another button of what is asked, and wait for the next page."""
        before = self.heading()
        self.press(button)
        expect(self.page.locator("h1")).not_to_have_text(before)

    def heading(self) -> str:
        """The one heading of the page."""
        return self.page.locator("h1").inner_text().strip()

    def until(self, true: Callable[[], bool]) -> None:
        """Wait for something that happens behind the page."""
        for _ in range(_PATIENCE_MS // 20):
            if true():
                return
            self.page.wait_for_timeout(20)
        pytest.fail("It did not happen.")

    def words(self) -> str:
        """Everything that can be read on the screen, typed text included."""
        said = self.page.evaluate("[...document.querySelectorAll('input,textarea')].map(each => each.value).join(' ')")
        return f"{self.page.locator('body').inner_text()} {said}"

    def the_core(self) -> None:
        """Answer the small instrument's core."""
        self.say("experience", "good")
        self.say("contact", "easy")
        self.say("crime", "theft")


@contextmanager
def window(browser: Browser, address: str, size: dict[str, int] = TABLET, **more: Any) -> Iterator[Window]:
    """A new profile. At the end: no console error, no CSP violation, no failed page, no request to another host."""
    context = browser.new_context(viewport={"width": size["width"], "height": size["height"]}, **more)
    context.set_default_timeout(_PATIENCE_MS)
    page = context.new_page()
    mine = Window(page, context, address)
    host = urlsplit(address).netloc

    def routed(route: Route) -> None:
        url = urlsplit(route.request.url)
        if url.netloc == host or url.scheme in {"data", "about"}:
            route.continue_()
        elif route.request.url == OUTSIDE:
            mine.outside.append(route.request.url)
            route.fulfill(body="<!doctype html><title>Weather</title><h1>Weather</h1>", content_type="text/html")
        else:
            mine.wrong.append(f"asked another host: {route.request.url}")
            route.abort()

    def complained(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            mine.wrong.append(f"console: {message.text}")

    def sent(request: Request) -> None:
        mine.asked.append(request)

    context.route("**/*", routed)
    page.on("console", complained)
    page.on("pageerror", lambda error: mine.wrong.append(f"script: {error}"))
    page.on("request", sent)
    try:
        yield mine
        assert mine.wrong == [], mine.wrong
    finally:
        context.close()
