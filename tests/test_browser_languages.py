"""Every language in a real browser: drawn by its own font, mirrored where it runs from right to left, nothing cut."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from at_the_tablet import KEYS, SMALL, Tablet, a_tablet, page
from on_a_phone import START, Linked, a_phone
from open_to_everybody import check_axe, check_nothing_sticks_out
from phone_screens import phone_shown
from player import Player, raw
from playwright.sync_api import Browser, Page, Request, expect
from real_browser import NARROW, PHONE, TABLET, Window, window
from screens import CORE, ON_A_TABLET, at_a_hub, in_their_language, screen, shown, swept, victim_voice
from served_fonts import OF_THE_DEVICE, SERVED, families

from forms.instrument import Item
from survey.languages import direction, tag
from survey.words import load as load_words

pytestmark = pytest.mark.browser

LANGUAGES = victim_voice().languages
FROM_THE_RIGHT = tuple(code for code in LANGUAGES if direction(code) == "rtl")
WHOLE = ("ar", "en-easy")
"""Looked at on every screen; English is in test_browser_access.py."""
OLDER_TABLET = {"width": 768, "height": 1024}
ON_ITS_SIDE = {"width": 1280, "height": 800}
SMALLER = {"width": 360, "height": 640}
MOST_BYTES = 60 * 1024
"""Of a phone's first load, headers included, fonts apart."""


@pytest.fixture(scope="module")
def tablet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tablet]:
    with shown(tmp_path_factory.mktemp("tablet")) as tablet:
        yield tablet


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Linked]:
    with phone_shown(tmp_path_factory.mktemp("link") / "centre") as link:
        yield link


def somebody(tablet: Tablet, language: str) -> Player:
    """A person who has chosen a language."""
    person = Player(tablet.address)
    person.look()
    token = person.browser.get("/language").form_to("/language").hidden["csrf_token"]
    person.screen = person.browser.post("/language", [("csrf_token", token), ("language", language)])
    return person


def at_the_typed_question(tablet: Tablet, language: str) -> Player:
    person = somebody(tablet, language)
    while "better" not in (offered := person.question().offered):
        person.say(more="yes") if "more" in offered else person.skip()
    return person


def finished(tablet: Tablet, language: str) -> Player:
    person = somebody(tablet, language)
    for item, code in (*CORE.items(), ("more", "finish")):
        person.say(**{item: code})
    return person


def hand_over(person: Player, to: Window) -> None:
    """The same visit, where it stands, in a real browser."""
    to.context.clear_cookies()
    to.context.add_cookies([{"name": "visit", "value": person.cookie or "", "url": to.address}])
    to.page.goto(person.screen.address)
    to.page.evaluate("document.fonts.ready.then(() => null)")


def resize(person: Window, size: dict[str, int]) -> None:
    person.page.set_viewport_size({"width": size["width"], "height": size["height"]})


def check_both_sizes(person: Window) -> None:
    for size in (TABLET, PHONE):
        resize(person, size)
        check_axe(person)
        check_nothing_sticks_out(person)
    resize(person, NARROW)
    check_nothing_sticks_out(person)
    resize(person, TABLET)


# --- every language ---


@pytest.mark.parametrize("language", swept([each for each in LANGUAGES if each not in {"en", *WHOLE}], {"ur"}))
def test_question_error_typed_answer_and_thanks_are_open_to_everybody(
    tablet: Tablet, browser: Browser, language: str
) -> None:
    with window(browser, tablet.address) as person:
        hand_over(somebody(tablet, language), person)
        html = person.page.locator("html")
        assert (html.get_attribute("lang"), html.get_attribute("dir")) == (tag(language), direction(language))
        check_both_sizes(person)
        hand_over(at_the_typed_question(tablet, language), person)
        check_both_sizes(person)
        person.page.locator("#better").evaluate(
            "box => { box.removeAttribute('maxlength'); box.value = 'x'.repeat(2000) }"
        )
        person.press()
        person.page.locator(".problems").wait_for()
        check_both_sizes(person)
        hand_over(finished(tablet, language), person)
        assert person.page.locator(".lines").count() == 1
        check_both_sizes(person)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_question_is_wholly_on_the_first_screen_of_a_tablet(
    tablet: Tablet, browser: Browser, language: str
) -> None:
    with window(browser, tablet.address, TABLET) as person:
        hand_over(somebody(tablet, language), person)
        bottoms = person.page.locator("h1, .row, .go button").evaluate_all(
            "all => all.map(each => each.getBoundingClientRect().bottom)"
        )
        assert len(bottoms) == 10
        assert max(bottoms) <= TABLET["height"]
        resize(person, OLDER_TABLET)
        rows = person.page.locator(".row").evaluate_all("all => all.map(each => each.getBoundingClientRect().bottom)")
        assert len(rows) == 7
        assert max(rows) <= OLDER_TABLET["height"], "what can be answered; the buttons follow"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_tablet_on_its_side_shows_question_and_most_answers_at_once(
    tablet: Tablet, browser: Browser, language: str
) -> None:
    with window(browser, tablet.address, ON_ITS_SIDE) as person:
        hand_over(somebody(tablet, language), person)
        person.page.evaluate("document.fonts.ready.then(() => null)")
        rows = [row.bounding_box() for row in person.page.locator(".row").all()]
        seen = [row for row in rows if row and row["y"] + row["height"] <= ON_ITS_SIDE["height"]]
        assert len(seen) >= (4 if language == "ur" else 5), "Nastaliq stands high"
        assert all(row["height"] >= 56 for row in seen)
        check_nothing_sticks_out(person)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phone_shows_question_and_first_answers_and_loads_little_and_one_font(
    link: Linked, browser: Browser, language: str
) -> None:
    serial = 2 + LANGUAGES.index(language)
    link.tell(serial, instruments=(replace(victim_voice(), default_language=language),), made_up=True)
    with a_phone(browser, link) as person:
        sizes: dict[str, int] = {}

        def came(done: Request) -> None:
            size = done.sizes()
            sizes[done.url] = size["responseBodySize"] + size["responseHeadersSize"]

        person.page.on("requestfinished", came)
        person.look()
        person.page.evaluate("document.fonts.ready.then(() => null)")
        person.page.wait_for_load_state("networkidle")
        html = person.page.locator("html")
        assert (html.get_attribute("lang"), html.get_attribute("dir")) == (tag(language), direction(language))
        bottoms = person.page.locator("h1, .row").evaluate_all(
            "all => all.map(each => each.getBoundingClientRect().bottom)"
        )
        assert len(bottoms) == 8
        assert max(bottoms[:3]) <= PHONE["height"]
        expect(person.page.locator(".languages button")).to_have_count(len(LANGUAGES))
        fonts = {url.rpartition("/")[2] for url in sizes if url.endswith(".woff2")}
        own = "Names" if language in OF_THE_DEVICE else families(language)[0]
        assert fonts == {face.file for face in SERVED if face.family == own}
        assert {person.address, f"{person.address}phone/{language}"} <= set(sizes)
        assert sum(size for url, size in sizes.items() if not url.endswith(".woff2")) < MOST_BYTES, sizes


@pytest.mark.parametrize("language", swept(LANGUAGES, {"en", "en-easy", "ta", "ur"}))
def test_a_small_phone_shows_the_whole_question_and_an_answer_first_also_without_scripts_and_in_a_demonstration(
    link: Linked, browser: Browser, language: str
) -> None:
    for made_up in (False, True):
        serial = 102 + 2 * LANGUAGES.index(language) + made_up
        link.tell(serial, instruments=(replace(victim_voice(), default_language=language),), made_up=made_up)
        for scripts in (False, True):
            with a_phone(browser, link, java_script_enabled=scripts) as person:
                for size in (NARROW, SMALLER, PHONE):
                    resize(person, size)
                    person.look()
                    person.page.evaluate("document.fonts.ready.then(() => null)")
                    banners = person.page.locator(".made-up")
                    expect(banners).to_have_count((not scripts) + made_up)
                    for part in (*banners.all(), person.page.locator("h1"), person.page.locator(".row").first):
                        box = part.bounding_box()
                        assert box is not None
                        where = (part, size, scripts, made_up)
                        assert 0 <= box["y"] <= size["height"] - box["height"], where


KEPT_FONTS = """async () => {
  await document.fonts.ready;
  const came = performance.getEntriesByType("resource").map(({ name }) => name).filter((name) => /woff2$/.test(name));
  const how = { cache: "only-if-cached", mode: "same-origin" };
  const kept = await Promise.all(came.map((name) => fetch(name, how).then(({ ok }) => ok, () => false)));
  return [came.length, kept.filter(Boolean).length];
}"""


PARSED = """() => new Promise((done) =>
  document.readyState === "loading" ? addEventListener("DOMContentLoaded", () => done(null)) : done(null))"""


@contextmanager
def keeping(browser: Browser, **more: Any) -> Iterator[Page]:
    """A phone that may keep what it fetched: where a test looks on at every request, Chromium keeps nothing."""
    context = browser.new_context(viewport=PHONE, **more)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("at", ["", "#t"], ids=["a phone of one's own", "a device that people share"])
def test_no_font_stays_behind_that_tells_which_language_was_read(link: Linked, browser: Browser, at: str) -> None:
    link.tell(201 + len(at), instruments=(replace(victim_voice(), default_language="ur"),), made_up=False)
    with keeping(browser) as tab:
        tab.goto(link.address + START + at)
        came, kept = tab.evaluate(KEPT_FONTS)
    assert (came > 0, kept) == (True, 0)


@pytest.mark.parametrize("scripts", [False, True], ids=["no scripts", "too old to seal"])
def test_where_every_page_is_a_document_of_its_own_each_font_is_fetched_once(
    link: Linked, browser: Browser, *, scripts: bool
) -> None:
    link.tell(211 + scripts, instruments=(replace(victim_voice(), default_language="ur"),), made_up=False)
    link.bodies.clear()
    with keeping(browser, java_script_enabled=scripts) as tab:
        tab.add_init_script("delete AbortSignal.timeout;")
        for path in ("", "help", "about"):
            tab.goto(link.address + START + path)
            tab.wait_for_load_state("networkidle")
    assert_each_once(link)


def assert_each_once(link: Linked) -> None:
    fetched = [line.rpartition("/")[2] for line, _ in link.bodies if ".woff2" in line]
    assert (fetched != [], len(fetched)) == (True, len(set(fetched))), fetched


def test_the_voice_of_a_phone_too_old_to_seal_waits_for_its_letters_address(link: Linked, browser: Browser) -> None:
    link.tell(213, instruments=(replace(victim_voice(), default_language="ur"),), made_up=False)
    link.bodies.clear()
    link.held, link.let_go = f"/{START}letters/fonts.css", Event()
    with keeping(browser) as tab:
        tab.add_init_script("delete AbortSignal.timeout;")
        tab.goto(link.address + START + "about", wait_until="commit")
        tab.evaluate(PARSED)
        for again in "abc":
            tab.evaluate("again => import(`${document.body.dataset.voice}#${again}`).then(() => null)", again)
        link.held = ""
        link.let_go.set()
        tab.wait_for_load_state("networkidle")
    assert_each_once(link)


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each not in OF_THE_DEVICE])
def test_what_stands_on_the_screen_is_drawn_by_fonts_of_ours(tablet: Tablet, browser: Browser, language: str) -> None:
    with window(browser, tablet.address) as person:
        for at in (somebody, at_the_typed_question, finished):
            hand_over(at(tablet, language), person)
            used = drawn_by(person, "header *, main *")
            assert families(language)[0] in {family for family, _ in used}
            assert all(ours for _, ours in used), used


def test_the_names_of_languages_in_other_scripts_are_drawn_by_fonts_of_ours(tablet: Tablet, browser: Browser) -> None:
    with window(browser, tablet.address) as person:
        hand_over(somebody(tablet, "en"), person)
        for language in ("ar", "bn", "gu", "pa", "ta", "ur"):
            assert all(ours for _, ours in drawn_by(person, f".languages :lang({language})")), language


TYPED = {"ar": "arabic", "ur": "arabic", "bn": "bengali", "gu": "gujarati", "pa": "gurmukhi", "ta": "tamil"}


@pytest.mark.parametrize("language", ["en", "pl", "bn"])
def test_what_somebody_types_in_another_script_is_drawn_on_a_tablet_by_the_one_font_that_it_needs(
    tablet: Tablet, browser: Browser, language: str
) -> None:
    for typed, font in TYPED.items():
        if typed == language:
            continue
        said = load_words()[typed]["help.who"].split()
        word = max((each for each in said if all(map(in_a_word, each))), key=len)
        with window(browser, tablet.address) as person:
            hand_over(at_the_typed_question(tablet, language), person)
            assert f"noto-sans-{font}.woff2" not in fonts_asked_for(person), "nothing has been typed"
            with person.page.expect_response(f"**/noto-sans-{font}.woff2"):
                person.page.locator("#better").fill(word)
            person.page.evaluate(_BESIDE)
            used = drawn_by(person, "#beside")
            assert [ours for _, ours in used] == [True], (typed, used)
            assert fonts_asked_for(person) & OTHER_SCRIPTS <= {f"noto-sans-{font}.woff2"} | OF_THE_PAGE[language]


# A browser does not tell what a box is drawn with: the same characters, in the same fonts, where it does.
_BESIDE = """() => {
    const box = document.querySelector("#better"), beside = document.createElement("p");
    beside.id = "beside";
    beside.textContent = box.value;
    beside.style.fontFamily = getComputedStyle(box).fontFamily;
    document.querySelector("main").append(beside);
    return document.fonts.ready.then(() => null);
}"""


def in_a_word(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LM"


OTHER_SCRIPTS = {f"noto-sans-{font}.woff2" for font in TYPED.values()} | {"noto-nastaliq-urdu.woff2"}
OF_THE_PAGE = {"en": set[str](), "pl": set[str](), "bn": {"noto-sans-bengali.woff2"}}


def fonts_asked_for(person: Window) -> set[str]:
    return {request.url.rpartition("/")[2] for request in person.asked if request.url.endswith(".woff2")}


def test_a_phone_loads_nothing_for_scripts_that_nobody_reads_there(link: Linked) -> None:
    page = raw(link.address, f"{START}").data.decode()
    assert "fonts.css" in page
    assert "typed.css" not in page


def drawn_by(person: Window, selector: str) -> set[tuple[str, bool]]:
    """(family, whether it was served by us) of every font that was used for these elements."""
    devtools = person.context.new_cdp_session(person.page)
    devtools.send("DOM.enable")
    devtools.send("CSS.enable")
    root = devtools.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    nodes = devtools.send("DOM.querySelectorAll", {"nodeId": root, "selector": selector})["nodeIds"]
    used = [devtools.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"] for node in nodes]
    devtools.detach()
    return {(font["familyName"], font["isCustomFont"]) for fonts in used for font in fonts}


# --- every screen, in Arabic and in Easy Read ---


@pytest.mark.parametrize("language", swept(WHOLE, {"ar"}))
@pytest.mark.parametrize("name", ON_A_TABLET)
def test_every_screen_of_the_tablet_is_open_to_everybody_in(
    tmp_path: Path, browser: Browser, name: str, language: str
) -> None:
    with shown(tmp_path) as tablet:
        assert tablet.keys is not None
        instrument = replace(victim_voice(), default_language=language)
        tablet.keys = replace(tablet.keys, instruments=(instrument,))
        with screen(browser, tablet, name, TABLET) as person:
            spoken = "en" if name == "unavailable" else tag(language)
            assert person.page.locator("html").get_attribute("lang") == spoken
            check_both_sizes(person)


# --- from right to left ---


def box(person: Window, selector: str) -> dict[str, float]:
    """Where the first of these stands: left and right edge, width of the window."""
    return person.page.evaluate(
        """selector => {
            const {left, right} = document.querySelector(selector).getBoundingClientRect();
            return {left, right, middle: innerWidth / 2};
        }""",
        selector,
    )


@pytest.mark.parametrize("language", FROM_THE_RIGHT)
def test_a_page_from_right_to_left_is_mirrored_in_every_part(tablet: Tablet, browser: Browser, language: str) -> None:
    with window(browser, tablet.address) as person:
        hand_over(at_the_typed_question(tablet, language), person)
        assert box(person, ".help")["left"] > box(person, ".help")["middle"]
        assert box(person, ".leave")["right"] < box(person, ".leave")["middle"]
        assert box(person, ".back a")["left"] > box(person, ".back a")["middle"]
        arrow = person.page.evaluate("getComputedStyle(document.querySelector('.back a'), '::before').transform")
        assert arrow.startswith("matrix(0.707107, -0.707107"), "it points to the right"
        person.page.locator("#better").evaluate(
            "box => { box.removeAttribute('maxlength'); box.value = 'x'.repeat(2000) }"
        )
        person.press()
        person.page.locator(".problems").wait_for()
        widths = person.page.evaluate(
            "(({borderRightWidth, borderLeftWidth}) => [borderRightWidth, borderLeftWidth])"
            "(getComputedStyle(document.querySelector('.wrong')))"
        )
        assert widths == ["5px", "0px"]
        hand_over(somebody(tablet, language), person)
        assert box(person, ".row input")["left"] >= box(person, ".row span")["right"]
        person.page.goto(tablet.address + "page/experience")
        first, last = (box(person, f".languages button:nth-of-type({place})")["left"] for place in (1, 2))
        assert first > last


_PLACES = """number => {
    const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    const groups = number.split(" ");
    while (walker.nextNode()) {
        const at = walker.currentNode.data.indexOf(number);
        if (at < 0) continue;
        let from = at;
        return groups.map(group => {
            const range = document.createRange();
            range.setStart(walker.currentNode, from);
            range.setEnd(walker.currentNode, from + group.length);
            from += group.length + 1;
            return range.getBoundingClientRect().left;
        });
    }
}"""


@pytest.mark.parametrize("language", FROM_THE_RIGHT)
@pytest.mark.parametrize("size", [TABLET, NARROW], ids=["tablet", "narrow"])
def test_telephone_numbers_are_read_in_the_order_in_which_they_are_dialled(
    tablet: Tablet, browser: Browser, language: str, size: dict[str, int]
) -> None:
    with window(browser, tablet.address, size) as person:
        hand_over(somebody(tablet, language), person)
        person.look("help")
        for number in ("0800 000 0000", "0800 000 0001"):
            places = person.page.evaluate(_PLACES, number)
            assert places == sorted(places), number
            assert len(set(places)) == len(number.split())


# Every space beside a Latin letter or a digit, as wide as it is drawn, in ems; one at the end of a line has no width.
_SPACES = """() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
    const ends = node => node?.textContent ?? "";
    while (walker.nextNode()) {
        const text = walker.currentNode, around = text.parentElement;
        if (!around.checkVisibility()) continue;
        const before = ends(text.previousSibling).slice(-1), size = parseFloat(getComputedStyle(around).fontSize);
        const whole = before + text.data + ends(text.nextSibling).slice(0, 1);
        for (const {index} of whole.matchAll(/(?<=[0-9A-Za-z]\\u2069?) (?=\\S)|(?<=\\S) (?=\\u2066?[0-9A-Za-z])/g)) {
            const range = document.createRange(), at = index - before.length;
            if (at < 0 || at >= text.data.length) continue;
            range.setStart(text, at);
            range.setEnd(text, at + 1);
            const {width} = range.getBoundingClientRect();
            if (width) found.push([width / size, whole.slice(Math.max(0, index - 9), index + 10)]);
        }
    }
    return found;
}"""
_MANY_SPACES = {"help": 20, "thanks": 20}


@pytest.mark.parametrize("language", FROM_THE_RIGHT)
@pytest.mark.parametrize("name", ["start", "question", "typed", "wrong", "choice", "thanks", "help", "about", "staff"])
def test_words_in_latin_letters_and_numbers_stand_apart_from_what_is_around_them(
    tmp_path: Path, browser: Browser, name: str, language: str
) -> None:
    """A space of Nastaliq is too narrow beside them."""
    with shown(tmp_path) as tablet:
        assert tablet.keys is not None
        tablet.keys = replace(tablet.keys, instruments=(replace(victim_voice(), default_language=language),))
        with screen(browser, tablet, name, TABLET) as person:
            person.page.evaluate("document.fonts.ready.then(() => null)")
            spaces = person.page.evaluate(_SPACES)
            assert len(spaces) >= _MANY_SPACES.get(name, 0)
            assert [space for space in spaces if space[0] < 0.2] == []


_IN_ANOTHER_SCRIPT = """language => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
    while (walker.nextNode()) {
        const around = walker.currentNode.parentElement;
        if (/[A-Za-z]{3}/.test(walker.currentNode.data) && around.closest("[lang]").lang === language) {
            found.push(walker.currentNode.data.trim());
        }
    }
    return found;
}"""


@pytest.mark.parametrize("name", ["staff at a hub", "staff in assisted entry", "digits", "corner"])
def test_what_staff_read_in_english_says_so_where_the_questionnaire_is_in_another_language(
    tmp_path: Path, browser: Browser, name: str
) -> None:
    with at_a_hub(tmp_path) as tablet:
        assert tablet.keys is not None
        tablet.keys = replace(tablet.keys, instruments=(replace(victim_voice(), default_language="ar"),))
        assisted = name == "staff in assisted entry"
        with screen(browser, tablet, "assisted" if assisted else name, TABLET) as person:
            if assisted:
                person.page.goto(f"{tablet.address}assisted/staff")
            assert person.page.locator("html").get_attribute("lang") == "ar"
            assert person.page.evaluate(_IN_ANOTHER_SCRIPT, "ar") == []


DATED = replace(
    SMALL,
    languages=("en", *FROM_THE_RIGHT),
    pages=(
        page(Item("day", "date", {"en": "When?", "ar": "متى؟", "ur": "کب؟"}, core=True)),
        page(Item("times", "integer", {"en": "How often?", "ar": "كم مرة؟", "ur": "کتنی بار؟"}, core=True)),
        *SMALL.pages[:1],
    ),
)


@pytest.mark.parametrize(("language", "day", "times"), [("ar", "٢٧ ٠٣ ٢٠٢٦", "١٢"), ("ur", "۲۷/۰۳/۲۰۲۶", "۱۲")])
def test_digits_of_the_persons_own_keyboard_are_taken_and_stand_in_the_order_of_typing(
    tmp_path: Path, browser: Browser, language: str, day: str, times: str
) -> None:
    with a_tablet(tmp_path) as tablet:
        tablet.keys = replace(KEYS, instruments=(DATED,))
        with window(browser, tablet.address) as person:
            person.look()
            in_their_language(person, language)
            places = person.page.evaluate(_PLACES, "27 03 2026")
            assert places == sorted(places)
            field = person.page.locator("#day")
            field.press_sequentially(day)
            assert field.evaluate("box => getComputedStyle(box).direction") == "ltr"
            person.go_on()
            person.page.locator("#times").press_sequentially(times)
            person.go_on()
            person.say("experience", "good")
        answers = tablet.only_response().answers
        assert (answers["day"], answers["times"]) == ("2026-03-27", 12)


def test_what_somebody_types_runs_the_way_of_its_own_first_letter(tablet: Tablet, browser: Browser) -> None:
    with window(browser, tablet.address) as person:
        hand_over(at_the_typed_question(tablet, "ar"), person)
        assert person.page.locator("#better").evaluate("box => getComputedStyle(box).unicodeBidi") == "plaintext"
