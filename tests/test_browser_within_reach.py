"""What is within reach without scrolling: the first question whole, and Help and Leave wherever the page stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from at_the_tablet import Tablet
from on_a_phone import Linked, a_phone, linked
from open_to_everybody import check_targets
from playwright.sync_api import Browser, expect
from real_browser import NARROW, PHONE, TABLET, Window, window
from screens import long_list, shown, victim_voice

from survey.languages import own_name
from survey.words import load as load_words

pytestmark = pytest.mark.browser

_END_OF = "what => [...document.querySelectorAll(what)].at(-1).getBoundingClientRect().bottom + scrollY"
# Whether a press in the middle of what has the focus would reach something else.
_OBSCURED = """() => {
    const at = document.activeElement, {x, y, width, height} = (at.closest(".row") ?? at).getBoundingClientRect();
    const there = document.elementFromPoint(x + width / 2, y + height / 2);
    return !there || !(there.contains(at) || at.contains(there) || there.closest(".row")?.contains(at));
}"""


@pytest.fixture
def tablet(tmp_path: Path) -> Iterator[Tablet]:
    with shown(tmp_path) as tablet:
        yield as_it_really_is(tablet)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Linked]:
    with linked(tmp_path / "centre", instruments=(victim_voice(),), made_up=False) as served:
        yield served


def as_it_really_is(tablet: Tablet) -> Tablet:
    """Without the banner of a demonstration."""
    assert tablet.keys is not None
    tablet.keys = replace(tablet.keys, made_up=False)
    return tablet


def read_in(person: Window, language: str) -> None:
    """Press the name of a language and wait until the page stands there in it."""
    button = f'.languages button[value="{language}"]'
    # The page that stands there now may be in this language already, and takes no other press until the next has come.
    person.page.locator(button).evaluate("each => { each.dataset.before = 'yes'; }")
    person.page.locator(button).click()
    person.page.locator(f"{button}[aria-pressed]:not([data-before])").wait_for()


def end_of(person: Window, what: str) -> float:
    return float(person.page.evaluate(_END_OF, what))


def test_on_a_tablet_the_first_question_is_on_the_first_screen_with_its_answers_in_every_language(
    tablet: Tablet, browser: Browser
) -> None:
    with window(browser, tablet.address, TABLET) as person:
        person.look()
        for language in victim_voice().languages:
            read_in(person, language)
            assert person.page.locator("#question .row").count() == 7
            assert end_of(person, "#question .continue") <= TABLET["height"], language


def test_on_a_phone_no_answer_of_the_first_question_hides_below_the_screen(served: Linked, browser: Browser) -> None:
    """Half a scale that can be seen is chosen from more often than the half that cannot. Easy Read is too large."""
    with a_phone(browser, served) as person:
        person.look()
        assert end_of(person, "#question .row") <= PHONE["height"]


@pytest.mark.parametrize("size", [TABLET, PHONE], ids=["tablet", "phone"])
def test_help_and_leave_stay_within_reach_at_the_end_of_the_longest_list(
    tablet: Tablet, browser: Browser, size: dict[str, int]
) -> None:
    with window(browser, tablet.address, size) as person:
        long_list(person, tablet)
        person.page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        for button in (".bar .help", ".bar .leave"):
            expect(person.page.locator(button)).to_be_in_viewport(ratio=1)
        person.page.locator(".bar .leave").click()
        person.page.locator('input[name="experience"]').first.wait_for()
        assert tablet.counts()["left"] == 1


@pytest.mark.parametrize("size", [TABLET, PHONE], ids=["tablet", "phone"])
def test_whoever_walks_up_a_long_list_by_keyboard_sees_where_they_are(
    tablet: Tablet, browser: Browser, size: dict[str, int]
) -> None:
    with window(browser, tablet.address, size) as person:
        long_list(person, tablet)
        person.choose("borough", "prefer")
        person.page.locator('input[value="prefer"]').focus()
        for _ in range(35):
            person.page.keyboard.press("ArrowUp")
            assert not person.page.evaluate(_OBSCURED), person.page.evaluate("document.activeElement.value")
        assert person.page.locator('input[value="barking"]').is_checked()


def test_an_answer_that_a_finger_took_back_looks_like_any_other(tmp_path: Path, browser: Browser) -> None:
    touch = {"has_touch": True, "is_mobile": True, "reduced_motion": "reduce"}
    with linked(tmp_path / "centre") as served, a_phone(browser, served, **touch) as person:
        person.look()
        person.the_core()
        person.say("more", "yes")
        rows = person.page.locator(".row")
        rows.first.tap()
        assert len(backgrounds(person)) == 2
        rows.first.tap()
        expect(person.page.locator("input:checked")).to_have_count(0)
        assert len(backgrounds(person)) == 1


def backgrounds(person: Window) -> set[str]:
    colours = "all => all.map(each => getComputedStyle(each).backgroundColor)"
    return set(person.page.locator(".row").evaluate_all(colours))


SMALL_PHONES = [{"width": 360, "height": 640}, NARROW, {"width": 640, "height": 360}]


@pytest.mark.parametrize("size", SMALL_PHONES, ids=["upright", "the smallest", "on its side"])
def test_whoever_reads_none_of_it_finds_the_globe_on_the_first_screen_and_the_question_stays_there(
    served: Linked, browser: Browser, size: dict[str, int]
) -> None:
    with a_phone(browser, served) as person:
        person.page.set_viewport_size({"width": size["width"], "height": size["height"]})
        person.look()
        for language in victim_voice().languages:
            read_in(person, language)
            person.page.evaluate("scrollTo(0, 0)")
            link = person.page.locator(".bar a.language")
            expect(link).to_be_in_viewport(ratio=1)
            expect(link).to_have_text(load_words()[language]["bar.language"])
            globe = link.locator("svg.globe").bounding_box()
            assert globe is not None
            assert min(globe["width"], globe["height"]) >= 24, language
            assert 0 <= globe["x"] <= size["width"] - globe["width"], language
            # Easy Read's drawing and larger letters leave its button room for one word a line.
            assert end_of(person, ".bar") <= (84 if language == "en-easy" else 70), language
            # In Easy Read's large letters on a phone on its side, the heading only begins there.
            if language != "en-easy" or size["width"] < size["height"]:
                assert end_of(person, "#question h1") <= size["height"], language
            if size["width"] < size["height"]:
                expect(person.page.locator("#question .row").first).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("where", ["tablet", "phone"])
def test_every_link_and_button_is_large_enough_for_a_finger_in_every_language_on_the_smallest_phone(
    tablet: Tablet, served: Linked, browser: Browser, where: str
) -> None:
    opened = window(browser, tablet.address) if where == "tablet" else a_phone(browser, served)
    with opened as person:
        person.page.set_viewport_size({"width": NARROW["width"], "height": NARROW["height"]})
        person.look()
        for language in victim_voice().languages:
            read_in(person, language)
            check_targets(person)
            person.page.locator(".bar .help").click()
            person.page.locator("#question").wait_for(state="detached")
            check_targets(person)
            person.page.locator(".back a").click()
            person.page.locator("#question").wait_for()


def test_the_globe_leads_to_every_language_by_its_own_name_and_back_to_the_same_question(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.look()
        person.say("experience", "dis2")
        person.page.locator(".bar a.language").click()
        expect(person.page.locator("h1")).to_have_text(load_words()["en"]["language.choose"])
        names = person.page.locator(".languages button").all_inner_texts()
        assert names == [own_name(language) for language in victim_voice().languages]
        person.page.locator('.languages button[value="so"]').click()
        expect(person.page.locator("html")).to_have_attribute("lang", "so")
        assert person.page.locator("input[name=contact]").count() == 7
