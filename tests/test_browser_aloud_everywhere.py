"""On a phone with a voice of its own every screen is read as it stands, on a press; without one no button is there."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from at_the_tablet import SMALL, one_of, page
from on_a_phone import START, Linked, a_phone, linked
from own_voice import ELSEWHERE, EVERYWHERE, OTHERS, VOICES
from phone_screens import BESIDE, ON_A_PHONE, Walk, phone_shown
from player import raw
from playwright.sync_api import Browser, Locator, expect
from real_browser import Window, window
from screens import CORE, shown, swept
from test_browser_within_reach import read_in

from survey.aloud import LINES, NO_LINES, SPOKEN, as_spoken
from survey.words import load as load_words

pytestmark = pytest.mark.browser

# Whatever can be read in this screen's main part, but for what is not its text: the way back, the loudspeaker, what was
# typed, and the four words, which whoever sits near must not hear.
_STANDS = """unread => {
    const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
        const { parentElement, data } = walker.currentNode;
        if (parentElement.checkVisibility() && !parentElement.closest(unread)) {
            found.push(data);
        }
    }
    return found.join(" ");
}"""
TEMPLATES_FOLDER = Path(__file__).resolve().parents[1] / "survey" / "templates"
NEVER_READ = ".back, .aloud, .four, textarea, template, script, noscript"
# Beside what has clips: the buttons below a question, the figures and the way on are left to the eye.
BESIDE_CLIPS = (
    ".go, .remaining, .promise .more, .onward, .alone, .afresh, .figures, h2:has(+ .figures),"
    " main:not(:has(.urgent)) .lines, main:not(:has(.urgent)) h2:has(+ .lines)"
)


def stopped(person: Window, served: Linked) -> None:
    """The survey has been stopped, and something waits."""
    ON_A_PHONE["waiting"](person, served)
    served.tell(2, stop=True)
    person.look()
    person.page.locator("#delete-now").wait_for()


def not_available(person: Window, _served: Linked) -> None:
    """The card is of another authority."""
    person.look(f"#k={'0' * 26}")
    person.page.locator("h1", has_text=unavailable(person)).wait_for()


def unavailable(person: Window) -> str:
    code = (person.page.locator("body").get_attribute("data-bundle") or "en").rpartition("/")[2]
    return load_words()[code]["unavailable.heading"]


def missing(person: Window, served: Linked) -> None:
    """A page that does not exist."""
    ON_A_PHONE["start"](person, served)
    person.look("nowhere")


def typed(person: Window, served: Linked) -> None:
    """A question that has no clip, answered in one's own words."""
    ON_A_PHONE["start"](person, served)
    for item, code in [*CORE.items(), ("more", "yes")]:
        person.say(item, code)
    while person.page.locator("#better").count() == 0:
        person.go_on(".skip")
    person.page.locator("#better").fill("Zanzibar")


def wrong(person: Window, served: Linked) -> None:
    """Something has to be looked at again: that text is too long."""
    typed(person, served)
    person.page.locator("#better").evaluate("box => { box.removeAttribute('maxlength'); box.value = 'x'.repeat(2000) }")
    person.press()
    person.page.locator(".problems").wait_for()


SCREENS: Mapping[str, Walk] = {
    **ON_A_PHONE, **BESIDE,
    "stopped": stopped, "not-available": not_available, "missing": missing, "typed": typed, "wrong": wrong,
}  # fmt: skip
TEMPLATES: Mapping[str, str] = {
    "card_code": "card-code", "on_phone": "waiting", "plain": "missing", "question": "question",
    "refused_card": "refused", "not-loaded": "unloaded", "words": "words-wait",
}  # fmt: skip
"""The screens here that show a template of another name."""
DOCUMENTS = ("about", "code", "help", "language", "nowhere", "safety")
"""What comes from a server as a page of its own where no script walks the questions."""
REFUSED = ("400", "403", "404", "502", "503", "504")


def letters(text: str) -> str:
    """Without spaces, and without the commas that part the groups of a number where it is said."""
    return re.sub(r"[\s,\u2066-\u2069]+", "", text)


def loudspeaker(person: Window) -> Locator:
    return person.page.locator("main .aloud button")


def spoken(person: Window) -> list[str]:
    return [text for text, _ in person.page.evaluate("window.said.filter(each => each !== 'quiet')")]


def is_quiet(person: Window) -> bool:
    return bool(person.page.evaluate("window.said.at(-1) === 'quiet'"))


def without_clips(person: Window) -> None:
    """Every clip fails, so that the phone's own voice reads what has one too."""
    person.context.route("**/sound/*", lambda route: route.fulfill(status=502, body=""))


def check_everything_is_read(person: Window) -> tuple[float, float]:
    """On presses at one spot: what stands there, then silence. The spot."""
    expect(loudspeaker(person)).to_have_count(1)
    expect(loudspeaker(person)).to_be_visible()
    assert person.page.evaluate("window.said") == [], "nothing sounds unpressed"
    loudspeaker(person).scroll_into_view_if_needed()
    person.page.evaluate("document.fonts.ready.then(() => null)")
    box = loudspeaker(person).bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 48
    spot = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    if person.page.locator(".promise .more .aloud").count():
        person.page.mouse.click(*spot)
    assert (person.page.locator("main .aloud p").bounding_box() or {})["width"] > 100
    assert spoken(person) == [], "who may hear it is told before anybody hears it"
    has_clips = person.page.locator("main [data-clip]").count() > 0
    stands_there = person.page.evaluate(_STANDS, f"{NEVER_READ}, {BESIDE_CLIPS}" if has_clips else NEVER_READ)
    person.page.mouse.click(*spot)
    person.until(lambda: spoken(person) != [])
    expect(person.page.locator("main .aloud .stop")).to_be_visible()
    assert letters("".join(spoken(person))) == letters(stands_there)
    assert not re.search("999|101", " ".join(spoken(person))), "what has to be called is said digit by digit"
    person.page.mouse.click(*spot)
    expect(person.page.locator("main .aloud .start")).to_be_visible()
    assert is_quiet(person)
    return spot


def check_without_a_voice(person: Window) -> None:
    """The button goes with the voice, unless there are clips, and comes back with it."""
    clips = person.page.locator("main .aloud[data-clips]").count()
    for voices in ([], EVERYWHERE, ELSEWHERE, EVERYWHERE):
        person.page.evaluate(OTHERS, voices)
        expect(loudspeaker(person).filter(visible=True)).to_have_count(1 if voices is EVERYWHERE or clips else 0)


@pytest.mark.parametrize("language", swept(["en", "ar"], {"en"}))
@pytest.mark.parametrize("name", SCREENS)
def test_every_screen_of_a_phone_is_read_as_it_stands_by_its_own_voice_and_silent_once_it_changes(
    tmp_path: Path, browser: Browser, name: str, language: str
) -> None:
    with phone_shown(tmp_path / "centre", language) as served, a_phone(browser, served) as person:
        person.context.add_init_script(VOICES % json.dumps(EVERYWHERE))
        without_clips(person)
        SCREENS[name](person, served)
        spot = check_everything_is_read(person)
        check_without_a_voice(person)
        person.page.mouse.click(*spot)
        person.until(lambda: not is_quiet(person))
        person.page.locator(".bar .help").click()
        person.until(lambda: is_quiet(person))
        person.wrong = [line for line in person.wrong if not any(status in line for status in REFUSED)]


def test_no_screen_is_forgotten_here(tmp_path: Path) -> None:
    """What a phone can show is what it is handed: the bundle's screens, and the templates of its first page."""
    with phone_shown(tmp_path / "centre") as served:
        bundle = json.loads(raw(served.address, f"/{START}phone/en").data)
        first = raw(served.address, f"/{START}").data.decode()
    own = {path.stem for path in TEMPLATES_FOLDER.glob("*.html") if "extends" in path.read_text(encoding="utf-8")}
    pages = set(re.findall(r'<template id="([^"]+)"', first))
    handed = {*bundle["screens"], *own, *pages}
    assert len(handed) > 20
    assert {TEMPLATES.get(name, name) for name in handed} <= set(SCREENS)


def test_four_words_are_not_said_where_somebody_may_hear_them(tmp_path: Path, browser: Browser) -> None:
    with phone_shown(tmp_path / "centre") as served, a_phone(browser, served) as person:
        person.page.add_init_script(VOICES % json.dumps(EVERYWHERE))
        SCREENS["again"](person, served)
        loudspeaker(person).click()
        person.page.locator("#again-give button").click()
        expect(person.page.locator(".four")).to_be_focused()
        assert is_quiet(person), "the offer is read no further"
        before = len(spoken(person))
        words = person.page.locator(".four").inner_text().split()
        loudspeaker(person).click()
        person.until(lambda: len(spoken(person)) > before)
        assert len(words) == 4
        assert not [word for word in words if any(word in text.split() for text in spoken(person)[before:])]


def test_the_languages_are_read_in_their_own_voices_and_passed_over_where_there_is_none(
    tmp_path: Path, browser: Browser
) -> None:
    voices = [voice for voice in EVERYWHERE if voice["lang"] in {"en", "pl"}]
    with phone_shown(tmp_path / "centre") as served, a_phone(browser, served) as person:
        person.page.add_init_script(VOICES % json.dumps(voices))
        SCREENS["languages"](person, served)
        loudspeaker(person).click()
        said = person.page.evaluate("window.said")
        assert ["polski", "pl"] in said
        assert {language for _, language in said} == {"en", "pl"}
        assert said[0] == [person.heading(), "en"]


def only(*languages: str) -> str:
    """Voices of these languages and no others."""
    return VOICES % json.dumps([voice for voice in EVERYWHERE if voice["lang"] in languages])


def test_help_is_read_without_its_english_lines_where_the_phone_has_no_english_voice(
    tmp_path: Path, browser: Browser
) -> None:
    """A number without the name of who answers would help nobody."""
    with phone_shown(tmp_path / "centre", "ar") as served, a_phone(browser, served) as person:
        person.page.add_init_script(only("ar"))
        SCREENS["help"](person, served)
        loudspeaker(person).click()
        words = load_words()["ar"]
        places = (place for place in SPOKEN["help.html"] if place not in {LINES, NO_LINES})
        assert spoken(person) == [as_spoken(words[place], "ar").words for place in places]


def test_a_question_that_nobody_translated_is_passed_over_as_a_whole_and_the_rest_of_its_page_is_read(
    tmp_path: Path, browser: Browser
) -> None:
    translated, not_yet = (
        one_of("told", "yes", "no"),
        replace(one_of("because", "slow"), labels={"en": "Why was that?"}),
    )
    several = replace(SMALL, pages=(SMALL.pages[0], page(translated, not_yet), *SMALL.pages[1:]))
    with linked(tmp_path / "centre", instruments=(several,)) as served, a_phone(browser, served) as person:
        person.page.add_init_script(only("pl"))
        person.look()
        read_in(person, "pl")
        person.say("experience", "good")
        assert "Why was that?" in person.words()
        loudspeaker(person).click()
        assert spoken(person) == [translated.labels["pl"], *(each.labels["pl"] for each in translated.options)]


def test_where_no_question_of_a_page_can_be_read_there_is_no_button(tmp_path: Path, browser: Browser) -> None:
    not_yet = replace(one_of("told", "yes", "no"), labels={"en": "Were you told?"})
    several = replace(SMALL, pages=(replace(SMALL.pages[0], items=(not_yet,)), *SMALL.pages[1:]))
    with linked(tmp_path / "centre", instruments=(several,)) as served, a_phone(browser, served) as person:
        person.page.add_init_script(only("pl"))
        person.look()
        read_in(person, "pl")
        expect(loudspeaker(person)).to_be_hidden()
        person.page.evaluate(OTHERS, EVERYWHERE)
        expect(loudspeaker(person)).to_be_visible()


@pytest.mark.parametrize("path", DOCUMENTS)
def test_a_page_of_the_servers_own_is_read_the_same_way_where_the_phone_cannot_seal(
    tmp_path: Path, browser: Browser, path: str
) -> None:
    with phone_shown(tmp_path / "centre") as served, a_phone(browser, served) as person:
        person.page.add_init_script("delete AbortSignal.timeout;" + VOICES % json.dumps(EVERYWHERE))
        without_clips(person)
        person.look()
        person.look(path)
        check_everything_is_read(person)
        check_without_a_voice(person)
        person.wrong = [line for line in person.wrong if not any(status in line for status in REFUSED)]


def test_a_tablet_reads_what_has_clips_and_offers_nothing_elsewhere(tmp_path: Path, browser: Browser) -> None:
    """Its own voice would write a log."""
    with shown(tmp_path) as tablet, window(browser, tablet.address) as person:
        person.page.add_init_script(VOICES % json.dumps(EVERYWHERE))
        person.look()
        for path in (each for each in DOCUMENTS if each != "code"):
            person.look(path)
            expect(loudspeaker(person).filter(visible=True)).to_have_count(int(path == "help"))
        person.wrong = [line for line in person.wrong if "404" not in line]
