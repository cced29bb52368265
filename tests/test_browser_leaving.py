"""Leaving in a real browser whose back-forward cache is on: nothing that anybody typed or chose can be had back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from at_the_tablet import Tablet, a_tablet
from playwright.sync_api import Browser, Error, expect
from real_browser import ARGUMENTS, OUTSIDE, PHONE, Window, chromium_path, window

from survey.parts import Mode

pytestmark = pytest.mark.browser

TYPED = "Zanzibar"
QUESTIONS = ("What about", "Who helped", "should be better")
AT_ONCE_MS = 100
MOST_DOCUMENTS = 5
Leave = Callable[[Window], None]


def let_the_browser_keep_pages(served: Tablet) -> None:
    """The worst case: Chromium was measured to keep a no-store page for Back, though not always, so here it may."""
    inner = served.app.wsgi_app

    def kept(environ: Any, start_response: Any) -> Any:
        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start_response(status, [pair for pair in headers if pair[0] != "Cache-Control"], *rest)

        return inner(environ, start)

    served.app.wsgi_app = kept  # type: ignore[method-assign]


@pytest.fixture
def tablet(tmp_path: Path) -> Iterator[Tablet]:
    with a_tablet(tmp_path) as tablet:
        let_the_browser_keep_pages(tablet)
        yield tablet


@pytest.fixture
def phone(tmp_path: Path) -> Iterator[Tablet]:
    with a_tablet(tmp_path, mode="link") as served:
        let_the_browser_keep_pages(served)
        yield served


def far_in(person: Window) -> None:
    """In the middle of typing, with the core answered."""
    person.look()
    person.the_core()
    person.say("more", "yes")
    person.choose("helped", "friend")
    person.go_on()
    person.page.locator("#better").fill(TYPED)


def press_leave(person: Window) -> None:
    person.page.locator(".bar .leave").click()


def press_shift_three_times(person: Window) -> None:
    person.page.locator("#better").focus()
    for _ in range(3):
        person.page.keyboard.press("Shift")


WAYS = pytest.mark.parametrize("leave", [press_leave, press_shift_three_times], ids=["one tap", "Shift three times"])


def look_everywhere(person: Window) -> list[str]:
    """What Back, Forward and reload bring up, one after the other."""
    seen = []
    for step in ("go_back", "go_back", "go_forward", "go_forward", "go_forward", "reload"):
        try:
            getattr(person.page, step)(wait_until="commit", timeout=1500)
            person.page.wait_for_timeout(100)
        except Error:
            continue  # Chromium never reports the arrival of a page out of its cache: what it shows is read below.
        finally:
            seen.append(shown(person))
    return seen


def shown(person: Window) -> str:
    """The words on the screen; of the next document where this one is being taken away, as one out of the cache is."""
    for _ in range(MOST_DOCUMENTS):
        try:
            return person.words()
        except Error:
            person.page.wait_for_load_state()
    return person.words()


@WAYS
def test_on_a_tablet_leaving_leads_to_a_clean_start_and_nothing_leads_back(
    tablet: Tablet, browser: Browser, leave: Leave
) -> None:
    with window(browser, tablet.address) as person:
        person.look()
        entries = person.page.evaluate("history.length")
        far_in(person)
        assert tablet.partial() is not None
        leave(person)
        person.page.locator('input[name="experience"]').first.wait_for()
        assert person.page.evaluate("history.length") == entries
        assert tablet.partial() is None
        assert tablet.responses() == []
        assert tablet.counts() == {"offered": 1, "started": 1, "left": 1}
        for words in look_everywhere(person):
            assert TYPED not in words
            assert "should be better" not in words
        assert person.page.locator("input:checked").count() == 0


def test_nothing_is_on_the_screen_any_more_within_a_tenth_of_a_second(tablet: Tablet, browser: Browser) -> None:
    with window(browser, tablet.address) as person:
        far_in(person)
        blank = person.page.evaluate(
            """() => {
                const before = performance.now();
                document.querySelector(".bar .leave").click();
                return {took: performance.now() - before, words: document.body.innerText.trim()};
            }"""
        )
        assert blank["words"] == ""
        assert blank["took"] < AT_ONCE_MS


def test_two_shifts_or_capital_letters_are_no_reason_to_leave(tablet: Tablet, browser: Browser) -> None:
    with window(browser, tablet.address) as person:
        far_in(person)
        for key in ("Shift", "Shift", "a", "Shift", "Shift"):
            person.page.keyboard.press(key)
        person.page.locator("#better").press_sequentially("ABCD")
        assert "ABCD" in person.words()
        assert tablet.counts()["started"] == 1
        assert "left" not in tablet.counts()


@pytest.mark.parametrize("path", ["", "help", "about", "safety", "staff", "nowhere"])
def test_leaving_stands_on_every_page_from_the_first(tablet: Tablet, browser: Browser, path: str) -> None:
    with window(browser, tablet.address) as person:
        person.look()
        person.say("experience", "good")
        if path:
            person.page.goto(tablet.address + path)
        press_leave(person)
        person.page.locator('input[name="experience"]').first.wait_for()
        assert tablet.counts()["left"] == 1
        # A page that does not exist is said to be one, in the console too.
        person.wrong = [line for line in person.wrong if "404" not in line]


def test_without_scripts_leaving_is_a_plain_form_or_link(tmp_path: Path, tablet: Tablet, browser: Browser) -> None:
    with window(browser, tablet.address, java_script_enabled=False) as person:
        person.look()
        person.choose("experience", "good")
        person.press()
        person.page.locator('input[name="contact"]').first.wait_for()
        press_leave(person)
        person.page.locator('input[name="experience"]').first.wait_for()
        assert person.page.locator("input:checked").count() == 0
        assert tablet.counts()["left"] == 1
    (tmp_path / "phone").mkdir()
    with (
        a_tablet(tmp_path / "phone", mode="link") as phone,
        window(browser, phone.address, PHONE, java_script_enabled=False) as person,
    ):
        person.look()
        assert "close this tab as well" in person.words()
        press_leave(person)
        person.page.wait_for_url(OUTSIDE)


@pytest.mark.parametrize("mode", ["kiosk", "link"])
def test_without_scripts_nothing_leads_back_either_where_the_browser_keeps_no_pages(
    tmp_path: Path, browser: Browser, mode: Mode
) -> None:
    """Without our flag Playwright switches the back-forward cache off, as a tablet's own flags do."""
    with (
        browser.browser_type.launch(executable_path=chromium_path(), args=ARGUMENTS) as keeps_nothing,
        a_tablet(tmp_path, mode=mode) as served,
        window(keeps_nothing, served.address, java_script_enabled=False) as person,
    ):
        person.look()
        for item, code in (("experience", "good"), ("contact", "easy"), ("crime", "theft"), ("more", "yes")):
            person.choose(item, code)
            person.press()
            person.page.locator(f'input[name="{item}"]').first.wait_for(state="detached")
        person.press(".skip")
        person.page.locator("#better").fill(TYPED)
        press_leave(person)
        expect(person.page.locator("h1")).to_have_text("What about experience?" if mode == "kiosk" else "Weather")
        while person.page.url != "about:blank":
            said = person.page.content()
            assert TYPED not in said
            assert not any(asked in said for asked in ("What about contact", "Who helped", "should be better"))
            assert person.page.locator("input:checked").count() == 0
            person.page.go_back()
        assert served.counts()["left"] == 1


def away_and_back(person: Window) -> None:
    person.page.goto(OUTSIDE)
    with suppress(Error):
        person.page.go_back(wait_until="commit", timeout=1500)
    person.page.locator("#better").wait_for()


def test_a_page_that_was_left_for_another_comes_back_without_what_was_typed(tablet: Tablet, browser: Browser) -> None:
    with window(browser, tablet.address) as person:
        far_in(person)
        away_and_back(person)
        assert TYPED not in person.words(), "what was never sent is gone, and the page is asked for anew"


def test_without_our_script_the_browser_does_give_back_what_was_typed(tablet: Tablet, browser: Browser) -> None:
    """The proof that the tests here can fail; and the known limit where scripts are off (the page says so)."""
    with window(browser, tablet.address) as person:
        far_in(person)
        person.page.route("**/*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
        person.page.goto(tablet.address + "page/last")
        person.page.locator("#better").fill(TYPED)
        away_and_back(person)
        assert TYPED in person.words()


def test_the_safety_page_says_what_cannot_be_erased(phone: Tablet, browser: Browser) -> None:
    with window(browser, phone.address, PHONE) as person:
        person.look()
        person.page.locator(".promise a").last.click()
        expect(person.page.locator("h1")).to_have_text("What leaving can and cannot do")
        said = person.words()
        for honest in ("stay in the list of pages", "network", "put a program on this phone"):
            assert honest in said
