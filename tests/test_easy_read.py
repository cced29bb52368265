"""Easy Read: a sentence a line, and beside each answer a drawing of our own or a reason why there is none."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from at_the_tablet import KEYS, SMALL, Tablet, a_tablet
from axe_playwright_python.sync_playwright import Axe
from markupsafe import escape
from player import Player, raw
from playwright.sync_api import Browser, expect
from real_browser import PHONE, TABLET, Window, window
from screens import shown, victim_voice

from survey.easy_read import SYMBOLS, a_sentence_a_line, symbol_of
from survey.languages import EASY_READ
from survey.words import load

STATIC = Path(__file__).resolve().parents[1] / "survey" / "static"
SPRITE = STATIC / "symbols.svg"
TEMPLATES = STATIC.parent / "templates"
SVG = "{http://www.w3.org/2000/svg}"
TOLD = tomllib.loads(SYMBOLS.read_text())
WORDS = load()[EASY_READ]
ALLOWED = {"d", "cx", "cy", "r", "x", "y", "width", "height", "rx", "fill"}
OPTIONS = [(item.name, option.code) for item in victim_voice().items() for option in item.options]


def symbols() -> dict[str, ElementTree.Element]:
    root = ElementTree.parse(SPRITE).getroot()  # noqa: S314 - our own file
    return {symbol.attrib["id"]: symbol for symbol in root}


# --- the drawings ---


@pytest.mark.parametrize(("item", "code"), OPTIONS, ids=str)
def test_every_answer_has_a_drawing_or_its_question_says_why_not(item: str, code: str) -> None:
    drawn = symbol_of(item, code)
    assert (drawn == "") == (item in TOLD["without"])
    assert not drawn or drawn in symbols()


def test_no_two_answers_of_one_question_look_alike() -> None:
    for item in victim_voice().items():
        drawn = [name for name in (symbol_of(item.name, option.code) for option in item.options) if name]
        assert len(set(drawn)) == len(drawn), item.name


def test_every_drawing_is_used_and_everything_that_is_told_is_asked() -> None:
    pages = "".join(path.read_text() for path in TEMPLATES.glob("*.html"))
    in_templates = set(re.findall(r'symbol\("(\w+)"', pages))
    told = [*TOLD["anywhere"].values(), *(name for of in TOLD["item"].values() for name in of.values())]
    assert set(symbols()) == in_templates | set(told)
    assert {code for _, code in OPTIONS} >= set(TOLD["anywhere"])
    for item, of in TOLD["item"].items():
        assert set(of) <= {code for name, code in OPTIONS if name == item}
    assert set(TOLD["without"]) <= {name for name, _ in OPTIONS}


def test_the_drawings_are_one_hand_small_and_fetch_nothing() -> None:
    assert SPRITE.stat().st_size < 16_000
    style = {
        "viewBox": "0 0 48 48", "fill": "none", "stroke": "currentColor", "stroke-width": "3",
        "stroke-linecap": "round", "stroke-linejoin": "round",
    }  # fmt: skip
    for name, symbol in symbols().items():
        assert {key: value for key, value in symbol.attrib.items() if key != "id"} == style, name
        assert 1 <= len(symbol) <= 8
        for part in symbol.iter():
            assert part.tag in {f"{SVG}{kind}" for kind in ("symbol", "path", "circle", "rect")}, name
            assert part is symbol or set(part.attrib) <= ALLOWED
            assert part.attrib.get("fill", "none") in {"none", "currentColor"}


# --- the same questions and answers ---

DECIDING = {
    "written": "in writing",
    "updates": "when you need to know",
    "services": "offer to put you in touch",
    "sex/female": "Female",
    "sex/male": "Male",
    "crime/robbery": "force or threat",
    "crime/domestic": "Abuse",
    "crime/stalking": "harassment",
    "ethnic/mixed": "more than one ethnic group",
    "ethnic/asian": "British",
    "ethnic/black": "British",
}
"""What an answer turns on: an easier word asks something else, and then the answers cannot be put together."""


@pytest.mark.parametrize("place", DECIDING)
def test_what_an_answer_turns_on_is_said_in_easy_read_too(place: str) -> None:
    item, _, code = place.partition("/")
    asked = victim_voice().item(item)
    labels = next(option.labels for option in asked.options if option.code == code) if code else asked.labels
    assert DECIDING[place] in labels[EASY_READ]


def test_who_keeps_no_cookie_reads_in_easy_read_the_same_two_ways_on_and_what_is_kept() -> None:
    said = WORDS["problem.forgets.text"]
    assert "another phone" not in said, "another browser on the same one does"
    for part in ("cookies for this page", "another browser", "one cookie", "when you leave"):
        assert part in said
        assert part in load()["en"]["problem.forgets.text"]


def test_an_easy_question_with_one_answer_asks_one_thing() -> None:
    """After a condition or before another way, a second question mark asks nothing more."""
    for item in victim_voice().items():
        _, *others = re.findall(r"[^?.]+\?", item.labels[EASY_READ]) or [""]
        assert all(re.match(" (If|Or) ", other) for other in others), item.name


# --- a sentence a line ---


def test_a_text_of_several_sentences_is_shown_in_lines_and_escaped() -> None:
    shown_as = a_sentence_a_line("Is <b>it</b> you? Call 0800 1111. Press “Leave”.")
    assert shown_as.__html__() == (  # type: ignore[attr-defined]
        '<span class="line">Is &lt;b&gt;it&lt;/b&gt; you?</span> <span class="line">Call 0800 1111.</span> '
        '<span class="line">Press “Leave”.</span>'
    )
    assert type(a_sentence_a_line("One line.")) is str


@pytest.mark.parametrize("place", sorted(WORDS))
def test_what_is_said_around_the_questions_is_the_same_text_in_lines(place: str) -> None:
    text = WORDS[place]
    lines = re.findall(r'<span class="line">(.*?)</span>', escape(text)) or [str(text)]
    assert " ".join(lines) == str(text).replace("&", "&amp;")
    assert all(len(re.findall(r"[.?!](?:\s|$)", line)) <= 1 for line in lines)


@pytest.fixture
def tablet(tmp_path: Path) -> Iterator[Tablet]:
    with a_tablet(tmp_path) as tablet:
        tablet.keys = replace(KEYS, instruments=(victim_voice(),))
        yield tablet


def page_in(tablet: Tablet, language: str) -> str:
    person = Player(tablet.address)
    person.look()
    token = person.browser.get("/language").form_to("/language").hidden["csrf_token"]
    person.browser.post("/language", [("csrf_token", token), ("language", language)])
    return raw(tablet.address, "/", cookie=person.cookie).data.decode()


def test_only_easy_read_has_lines_and_drawings_and_whoever_hears_the_page_hears_words_only(tablet: Tablet) -> None:
    easy = page_in(tablet, EASY_READ)
    assert '<body class="easy"' in easy
    assert '<span class="line">Think about all of it.</span>' in easy
    answers, buttons = 7, ("next", "skip", "help", "leave")
    assert easy.count('aria-hidden="true" focusable="false"><use href="/static/symbols.svg#') == answers + len(buttons)
    for language in ("en", "pl"):
        page = page_in(tablet, language)
        assert "symbols.svg" not in page
        assert 'class="line"' not in page
        assert 'class="easy"' not in page


def test_a_questionnaire_of_ones_own_gets_the_drawings_of_the_answers_that_are_called_alike(tablet: Tablet) -> None:
    pages = tuple(page for page in SMALL.pages if page.name == "more")
    tablet.keys = replace(KEYS, instruments=(replace(SMALL, languages=("en", EASY_READ), pages=pages),))
    assert 'symbols.svg#finish"' in page_in(tablet, EASY_READ)


# --- in a real browser ---


def choose_easy_read(person: Window) -> None:
    person.look()
    person.page.locator(f'.languages button[value="{EASY_READ}"]').click()
    person.page.locator("body.easy").wait_for()


def size_of_type(person: Window) -> float:
    size: float = person.page.evaluate("parseFloat(getComputedStyle(document.querySelector('.row')).fontSize)")
    return size


@pytest.mark.browser
def test_easy_read_is_larger_a_sentence_a_line_and_open_to_everybody(tmp_path: Path, browser: Browser) -> None:
    with shown(tmp_path) as tablet, window(browser, tablet.address, TABLET) as person:
        person.look()
        plain = size_of_type(person)
        choose_easy_read(person)
        assert size_of_type(person) >= plain + 3
        tops = person.page.locator("h1 .line").evaluate_all("all => all.map(each => each.getBoundingClientRect().top)")
        assert len(tops) == 2
        assert tops[1] - tops[0] > 20
        for size in (TABLET, PHONE):
            person.page.set_viewport_size({"width": size["width"], "height": size["height"]})
            assert Axe().run(person.page).violations_count == 0
            wide, room = person.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
            assert wide <= room


@pytest.mark.browser
def test_each_drawing_is_really_drawn_in_the_colour_of_its_text(tmp_path: Path, browser: Browser) -> None:
    with shown(tmp_path) as tablet, window(browser, tablet.address, TABLET) as person:
        choose_easy_read(person)
        row = person.page.locator(".row").first
        expect(row.locator("svg")).to_be_visible()
        drawn = row.locator("svg")
        with_it = drawn.screenshot()
        assert person.page.evaluate(
            """() => { const [drawn, said] = [".row use", ".row span"].map(each => document.querySelector(each));
                return getComputedStyle(drawn).color === getComputedStyle(said).color; }"""
        )
        person.page.evaluate("document.querySelector('.row use').remove()")
        assert drawn.screenshot() != with_it
