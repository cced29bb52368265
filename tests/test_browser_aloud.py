"""Read aloud in a real browser: only on a press, stopped by leaving, waited for by the cover, gone where it fails."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from at_the_tablet import SIGNED_ON, SMALL, Tablet, a_tablet, one_of, page
from on_a_phone import Linked, a_phone, expect_heading, linked
from own_voice import EVERYWHERE, HIDDEN, VOICES
from phone_screens import phone_shown
from playwright.sync_api import Browser, ConsoleMessage, Locator, Route, expect
from real_browser import OUTSIDE, Window, window
from screens import CORE, MADE_UP_LINES, shown, victim_voice
from test_browser_idling import COVER, covered, idle
from test_browser_within_reach import read_in

from forms.logic import parse
from survey.aloud import LINES, NO_LINES, SPOKEN, as_spoken, line_texts
from survey.clips import FOLDER, Clip, load, name_of
from survey.places import SupportLine
from survey.reference import read_support_lines
from survey.speaking import Speakable
from survey.words import load as load_words

pytestmark = pytest.mark.browser

BYTES_A_SECOND = 2_000
# The page's own sounds, so that a test can ask whether one of them still runs.
_KEEP_SOUNDS = """
    window.sounds = [];
    const play = HTMLMediaElement.prototype.play;
    HTMLMediaElement.prototype.play = function () { window.sounds.push(this); return play.call(this); };
"""
# Seconds, the root of the mean square, the share at full scale, and the loudness of the last tenth of a second.
_DECODED = """async names => {
    const loudness = part => Math.sqrt(part.reduce((sum, each) => sum + each * each, 0) / part.length);
    const decoded = async name => {
        const answer = await fetch(`/sound/${name}.mp3`);
        const sound = await new OfflineAudioContext(1, 1, 16000).decodeAudioData(await answer.arrayBuffer());
        const wave = sound.getChannelData(0);
        return [name, {
            seconds: sound.duration,
            loudness: loudness(wave),
            overdriven: wave.filter(each => Math.abs(each) >= 1).length / wave.length,
            last: loudness(wave.slice(-1600)),
        }];
    };
    return Object.fromEntries(await Promise.all(names.map(decoded)));
}"""
# Every AudioContext, and the SHA-256 of what it was given to decode.
_KEEP_DECODED = """
    window.contexts = [];
    const decode = AudioContext.prototype.decodeAudioData;
    AudioContext.prototype.decodeAudioData = async function (sound) {
        const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", sound));
        const decoded = await decode.call(this, sound);
        this.heard = [...hash].map(each => each.toString(16).padStart(2, "0")).join("");
        window.contexts.push(this);
        return decoded;
    };
"""


def sounds(seconds: float) -> dict[str, Clip]:
    """Clips for the small questionnaire's first page, so many seconds in all."""
    item = SMALL.pages[0].items[0]
    texts = [load_words()["en"]["promise"], item.labels["en"], *(option.labels["en"] for option in item.options)]
    real = b"".join(clip.sound for clip in load().values())
    length = int(seconds * BYTES_A_SECOND / len(texts)) // 72 * 72
    return {name_of(text, "en"): Clip(real[at * length :][:length], by_computer=True) for at, text in enumerate(texts)}


@pytest.fixture
def tablet(tmp_path: Path) -> Iterator[Tablet]:
    with a_tablet(tmp_path, clips=sounds(60)) as tablet:
        yield tablet


@pytest.fixture
def person(tablet: Tablet, browser: Browser) -> Iterator[Window]:
    with window(browser, tablet.address) as person:
        person.page.add_init_script(_KEEP_SOUNDS)
        person.page.clock.install()
        person.look()
        yield person


def button(person: Window) -> Locator:
    return person.page.locator(".aloud button")


def press(person: Window) -> None:
    button(person).click()
    expect(person.page.locator(".aloud .stop")).to_be_visible()
    person.until(lambda: runs(person))


def press_on_a_phone(person: Window) -> None:
    """The first press says who may hear it, before anybody does; the next one speaks."""
    warning = person.page.locator(".aloud p")
    box = warning.bounding_box()
    assert box is not None
    assert box["width"] <= 1, "it had no room until now"
    button(person).click()
    expect(person.page.locator(".aloud .start")).to_be_visible()
    words = load_words()[person.page.locator("html").get_attribute("lang") or ""]
    expect(warning).to_have_text(f"{words['aloud.computer']} {words['aloud.heard']}")
    assert (warning.bounding_box() or {})["width"] > 100
    assert asked_for_sound(person) == []
    assert person.page.evaluate("window.said") == []
    button(person).click()


def runs(person: Window) -> bool:
    return person.page.evaluate("window.sounds.some(each => !each.paused && each.currentTime > 0)")


def asked_for_sound(person: Window) -> list[str]:
    return [request.url for request in person.asked if "/sound/" in request.url]


def test_nothing_is_fetched_or_played_until_somebody_presses(tmp_path: Path, browser: Browser) -> None:
    with shown(tmp_path) as tablet, window(browser, tablet.address) as person:
        person.page.add_init_script(_KEEP_SOUNDS)
        for path in ("", "help", ""):
            person.look(path)
            expect(button(person)).to_be_visible()
            person.page.wait_for_load_state("networkidle")
        person.say("experience", "sat1")
        person.page.wait_for_load_state("networkidle")
        expect(button(person)).to_be_visible()
        assert asked_for_sound(person) == []
        assert person.page.evaluate("window.sounds.length") == 0
        press(person)
        assert len(asked_for_sound(person)) >= 1
        assert (
            person.page.locator(".aloud")
            .inner_text()
            .endswith("It is a computer’s voice. People near you may hear it.")
        )


@pytest.mark.parametrize("language", sorted(Speakable(FOLDER).voices))
def test_a_browser_plays_every_clip_to_its_end_loud_enough_and_not_cut_off(
    tmp_path: Path, browser: Browser, language: str
) -> None:
    spoken = {name: clip.sound for name, clip in Speakable(FOLDER).there(language).items()}
    with shown(tmp_path) as tablet, window(browser, tablet.address) as person:
        person.look()
        heard = person.page.evaluate(_DECODED, sorted(spoken))
    assert set(heard) == set(spoken)
    for name, sound in heard.items():
        assert sound["seconds"] == pytest.approx(len(spoken[name]) / BYTES_A_SECOND, abs=0.1), name
        assert 0.04 < sound["loudness"] < 0.15, name
        assert sound["overdriven"] < 0.001, name
        assert sound["last"] < 0.005, f"{name} ends in the middle of a word"


def test_a_press_plays_a_second_press_stops(person: Window) -> None:
    press(person)
    button(person).click()
    expect(person.page.locator(".aloud .start")).to_be_visible()
    assert not runs(person)


def test_at_its_end_it_can_be_played_again(tmp_path: Path, browser: Browser) -> None:
    with a_tablet(tmp_path, clips=sounds(1.2)) as tablet, window(browser, tablet.address) as person:
        person.look()
        for _ in range(2):
            button(person).click()
            expect(person.page.locator(".aloud .stop")).to_be_visible()
            expect(person.page.locator(".aloud .start")).to_be_visible()
        assert len(asked_for_sound(person)) >= 2


def test_the_cover_waits_while_it_reads_and_comes_back_afterwards(person: Window) -> None:
    person.choose("experience", "good")
    press(person)
    idle(person, COVER * 2)
    assert runs(person)
    assert not covered(person)
    button(person).click()
    idle(person, COVER - 2)
    assert not covered(person)
    idle(person, 3)
    assert covered(person)


def test_the_server_hears_that_somebody_listens(tablet: Tablet, person: Window) -> None:
    person.choose("experience", "good")
    press(person)
    for _ in range(4):
        tablet.wait(40)
        with person.page.expect_response("**/still-here") as told:
            idle(person, 11)
        assert told.value.status == 204


def test_a_voice_that_never_ends_does_not_hold_the_cover_off_for_ever(person: Window) -> None:
    person.choose("experience", "good")
    press(person)
    person.page.evaluate("window.sounds.forEach(each => each.pause())")
    idle(person, 181)
    expect(person.page.locator(".aloud .start")).to_be_visible()
    assert not runs(person)
    idle(person, COVER + 1)
    assert covered(person)


def heard(person: Window) -> float:
    """Seconds of the clip that have been heard."""
    return float(person.page.evaluate("window.sounds[0].currentTime"))


def test_a_clip_that_plays_on_is_heard_to_its_end_however_long_it_is(person: Window) -> None:
    press(person)
    for _ in range(3):
        idle(person, 170)
        person.page.wait_for_function("from => window.sounds[0].currentTime > from + 0.6", arg=heard(person))
    expect(person.page.locator(".aloud .stop")).to_be_visible()
    assert runs(person)


def leaves(person: Window, what: str) -> Any:
    """Press Leave; what holds on the page as soon as that was heard, before the next one comes.

    Told as a line that nobody answers: whoever asks a page that is going may wait for an answer for ever.
    """
    told: list[Any] = []
    held: list[Route] = []

    def heard(line: ConsoleMessage) -> None:
        begins, _, said = line.text.partition("LEFT ")
        if said and not begins:
            told.append(json.loads(said))

    def hold(route: Route) -> None:
        if route.request.is_navigation_request():
            held.append(route)
        else:
            route.fallback()

    person.page.on("console", heard)
    # What a page said last is lost where the next one comes too soon.
    person.page.route("**/*", hold)
    # After the page's own, at the same place.
    person.page.evaluate(
        f"document.addEventListener('click', () => console.info('LEFT ' + JSON.stringify({what})), true)"
    )
    person.page.locator(".bar .leave").click(no_wait_after=True)
    person.until(lambda: bool(told and held))
    held[0].fallback()
    return told[0]


def test_leaving_stops_the_sound_at_once(tablet: Tablet, person: Window) -> None:
    press(person)
    assert leaves(person, "[sounds.some(each => !each.paused), document.body.innerText]") == [False, ""]
    expect(person.page.locator("h1")).to_be_visible()
    assert tablet.resets > 0
    assert tablet.responses() == []


def test_a_page_out_of_sight_is_silent(person: Window) -> None:
    press(person)
    person.page.evaluate(HIDDEN)
    expect(person.page.locator(".aloud .start")).to_be_visible()
    assert not runs(person)


def test_the_next_page_is_silent(person: Window) -> None:
    press(person)
    person.say("experience", "good")
    assert not runs(person)


def test_a_clip_that_cannot_be_had_takes_its_button_away_and_nothing_else(tmp_path: Path, browser: Browser) -> None:
    with shown(tmp_path) as tablet, window(browser, tablet.address) as person:
        person.look()

        def gone(route: Route) -> None:
            route.fulfill(status=404, body="")

        person.page.route("**/sound/*", gone)
        button(person).click()
        expect(person.page.locator(".aloud")).to_be_hidden()
        person.say("experience", "sat1")
        expect(button(person)).to_be_visible()
        person.wrong = [line for line in person.wrong if "404" not in line]


def test_without_scripts_the_browsers_own_control_is_there_and_fetches_nothing_by_itself(
    tablet: Tablet, browser: Browser
) -> None:
    with window(browser, tablet.address, java_script_enabled=False) as person:
        person.look()
        expect(person.page.locator(".aloud audio[controls]")).to_be_visible()
        expect(button(person)).to_be_hidden()
        assert "It is a computer’s voice." in person.page.locator(".aloud").inner_text()
        assert asked_for_sound(person) == []


def test_without_scripts_a_phones_first_page_says_beside_its_player_who_speaks_and_who_may_hear_it(
    tmp_path: Path, browser: Browser
) -> None:
    with (
        phone_shown(tmp_path / "centre") as served,
        a_phone(browser, served, java_script_enabled=False) as person,
    ):
        person.look()
        player = person.page.locator("audio[controls]")
        warning = player.locator("xpath=following-sibling::p")
        expect(warning).to_have_text("It is a computer’s voice. People near you may hear it.")
        asked, box, below = (each.bounding_box() for each in (person.page.locator("#question"), warning, player))
        assert asked
        assert box
        assert below
        assert min(box["y"], below["y"]) >= asked["y"] + asked["height"], "nothing pushes the question down"
        assert box["width"] > 100
        assert abs(box["y"] - below["y"]) < 100
        assert person.words().count("People near you may hear it.") == 1


# --- the browser's own voice ---


def in_somali(person: Window, voices: str) -> None:
    person.page.add_init_script(VOICES % voices)
    person.look()
    person.page.locator('.languages button[value="so"]').click()
    person.page.locator('html[lang="so"]').wait_for(state="attached")


@pytest.mark.parametrize(
    "voices",
    ["[]", "[{localService: false, lang: 'so-SO'}]", "[{localService: true, lang: 'en-GB'}]"],
    ids=["none", "elsewhere", "another language"],
)
def test_without_a_clip_or_a_voice_on_this_very_device_there_is_no_button(
    tmp_path: Path, browser: Browser, voices: str
) -> None:
    with phone_shown(tmp_path / "centre") as served, a_phone(browser, served) as person:
        in_somali(person, voices)
        expect(person.page.locator(".aloud")).to_be_hidden()


def test_a_voice_on_the_device_reads_what_has_no_clip_and_leaving_silences_it(tmp_path: Path, browser: Browser) -> None:
    with phone_shown(tmp_path / "centre") as served, a_phone(browser, served) as person:
        in_somali(person, "[{localService: true, lang: 'so-SO'}]")
        press_on_a_phone(person)
        said = person.page.evaluate("window.said")
        rows = person.page.locator(".row").all_inner_texts()
        assert [text for text, _ in said][-len(rows) :] == [row.strip() for row in rows]
        assert person.heading() in [text for text, _ in said]
        assert {language for _, language in said} == {"so-SO"}
        person.page.evaluate("window.last.dispatchEvent(new Event('end'))")
        expect(person.page.locator(".aloud .start")).to_be_visible()
        button(person).click()
        assert leaves(person, "said.at(-1)") == "quiet"
        person.page.wait_for_url(OUTSIDE)


@pytest.mark.parametrize("width", [320, 360, 390])
def test_on_a_phones_first_page_every_press_at_the_same_spot_meets_the_loudspeaker(
    tmp_path: Path, browser: Browser, width: int
) -> None:
    """Somebody who taps twice, or whose hand shakes, is led to no other page and hears it stop where it began."""
    with phone_shown(tmp_path / "centre") as served, a_phone(browser, served) as person:
        person.page.set_viewport_size({"width": width, "height": 640})
        person.page.add_init_script(VOICES % json.dumps(EVERYWHERE))
        person.look()
        for language in victim_voice().languages:
            read_in(person, language)
            expect(button(person)).to_be_visible()
            person.page.evaluate("document.fonts.ready.then(() => null)")
            asked = person.heading()
            box = button(person).bounding_box()
            assert box is not None, language
            assert min(box["width"], box["height"]) >= 48, language
            spot = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            person.page.mouse.click(*spot)
            expect(person.page.locator(".aloud.told p")).to_be_in_viewport(ratio=1)
            person.page.mouse.click(*spot)
            expect(person.page.locator(".aloud .stop")).to_be_visible()
            person.page.mouse.click(*spot)
            expect(person.page.locator(".aloud .start")).to_be_visible()
            assert (person.heading(), button(person).bounding_box()) == (asked, box), language


OFF_LINE = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "502")


@pytest.mark.parametrize("how", ["cut", "unreachable"])
@pytest.mark.parametrize("own_voice", [True, False], ids=["a voice of its own", "no voice"])
def test_without_a_network_a_phone_reads_with_its_own_voice_or_has_no_button_and_goes_on(
    tmp_path: Path, browser: Browser, how: str, *, own_voice: bool
) -> None:
    """``unreachable``: the phone believes that it has a network, as beside a router without one."""
    with phone_shown(tmp_path / "centre") as served, a_phone(browser, served) as person:
        person.page.add_init_script(VOICES % ("[{localService: true, lang: 'en-GB'}]" if own_voice else "[]"))
        person.look()
        if how == "cut":
            person.say("experience", "sat1")
            person.page.evaluate("async () => { await navigator.serviceWorker.ready; }")
            person.context.set_offline(True)
            person.page.reload()
        else:
            person.page.route("**/sound/*", lambda route: route.fulfill(status=502, body=""))
        if how == "cut" and not own_voice:
            # What cannot be had is not offered; with a network it is there again, and gone again without.
            expect(button(person)).to_be_hidden()
            person.context.set_offline(False)
            expect(button(person)).to_be_visible()
            person.context.set_offline(True)
        else:
            expect(button(person)).to_be_visible()
            press_on_a_phone(person)
        if own_voice:
            expect(person.page.locator(".aloud .stop")).to_be_visible()
            person.until(lambda: person.page.evaluate("window.said.filter(each => each !== 'quiet').length") == 9)
            said = [text for text, _ in person.page.evaluate("window.said.filter(each => each !== 'quiet')")]
            assert said[1] == person.heading()
            assert said[2:] == [row.strip() for row in person.page.locator(".row").all_inner_texts()]
            assert "It is a computer’s voice." in person.page.locator(".aloud").inner_text()
            person.page.evaluate("window.last.dispatchEvent(new Event('end'))")
            expect(person.page.locator(".aloud .start")).to_be_visible()
        else:
            expect(person.page.locator(".aloud")).to_be_hidden()
        person.say("experience", "sat1")
        person.wrong = [line for line in person.wrong if not any(each in line for each in OFF_LINE)]


# --- what a phone shows of itself ---


@contextmanager
def help_on(folder: Path, lines: tuple[SupportLine, ...]) -> Iterator[Linked]:
    """A link with the real questionnaire and these lines."""
    with linked(folder / "centre", instruments=(victim_voice(),), support_lines=lines) as served:
        yield served


def lines_shown(person: Window, lines: Sequence[SupportLine], crime: str) -> list[SupportLine]:
    """Open Help after this crime was answered; its lines, in the order in which they stand there."""
    person.look()
    for item, code in CORE.items():
        person.say(item, crime if item == "crime" else code)
    person.page.locator(".bar .help").click()
    expect_heading(person, load_words()["en"]["help.heading"])
    names = person.page.locator(".lines .who").all_inner_texts()
    assert (len(names) < len(lines)) == any(crime in line.crimes for line in lines)
    return [next(line for line in lines if line.name == name) for name in names]


def expected_of_help(lines: Sequence[SupportLine]) -> list[str]:
    """All of Help, with these lines."""
    words = load_words()["en"]
    spoken = [text for line in lines for text in line_texts(line)]
    return [
        text
        for place in SPOKEN["help.html"]
        if place != NO_LINES
        for text in (as_spoken(words[place], "en").words, *(spoken if place == LINES else ()))
    ]


CHECKED = tuple(replace(line, verified_on=SIGNED_ON) for line in read_support_lines())


@pytest.mark.parametrize("crime", ["domestic", "theft"])
def test_a_phones_own_voice_reads_help_with_the_lines_that_it_shows_in_their_order(
    tmp_path: Path, browser: Browser, crime: str
) -> None:
    lines = (MADE_UP_LINES[0], *CHECKED)
    with help_on(tmp_path, lines) as served, a_phone(browser, served) as person:
        person.page.add_init_script(VOICES % "[{localService: true, lang: 'en-GB'}]")
        shown_there = lines_shown(person, lines, crime)
        button(person).click()
        said = [text for text, _ in person.page.evaluate("window.said.filter(each => each !== 'quiet')")]
        assert said == expected_of_help(shown_there)


def test_help_plays_the_lines_that_it_shows_and_asks_for_the_same_whatever_was_answered(
    tmp_path: Path, browser: Browser
) -> None:
    """Which lines somebody hears tells the crime, and an answer leaves a phone sealed or not at all."""
    asked = dict[str, list[str]]()
    with help_on(tmp_path, CHECKED) as served:
        for crime in ("domestic", "theft", "prefer"):
            with a_phone(browser, served) as person:
                person.page.add_init_script(_KEEP_DECODED)
                shown_there = lines_shown(person, CHECKED, crime)
                button(person).click()
                person.until(lambda person=person: bool(person.page.evaluate("window.contexts[0]?.heard")))
                expect(person.page.locator(".aloud .stop")).to_be_visible()
                clips = [load()[as_spoken(text, "en").name].sound for text in expected_of_help(shown_there)]
                heard = person.page.evaluate("window.contexts[0].heard")
                assert heard == hashlib.sha256(b"".join(clips)).hexdigest()
                assert person.page.evaluate("window.contexts[0].state") == "running"
                button(person).click()
                person.until(lambda person=person: person.page.evaluate("window.contexts[0].state") == "closed")
                expect(person.page.locator(".aloud .start")).to_be_visible()
                asked[crime] = sorted(asked_for_sound(person))
    assert asked["domestic"] == asked["theft"] == asked["prefer"] != []


def test_help_of_a_phone_is_heard_to_its_end_however_long_it_is(tmp_path: Path, browser: Browser) -> None:
    with help_on(tmp_path, CHECKED) as served, a_phone(browser, served) as person:
        person.page.add_init_script(_KEEP_DECODED)
        lines_shown(person, CHECKED, "theft")
        person.page.clock.install()
        button(person).click()
        person.until(lambda: bool(person.page.evaluate("window.contexts[0]?.heard")))
        expect(person.page.locator(".aloud .stop")).to_be_visible()
        person.page.wait_for_timeout(300)
        idle(person, 190)
        assert person.page.evaluate("window.contexts[0].state") == "running"
        idle(person, 360)
        person.until(lambda: person.page.evaluate("window.contexts[0].state") == "closed")


def test_where_a_line_has_no_clip_and_the_phone_no_voice_the_rest_of_help_is_read(
    tmp_path: Path, browser: Browser
) -> None:
    with help_on(tmp_path, (*CHECKED, *MADE_UP_LINES)) as served, a_phone(browser, served) as person:
        person.page.add_init_script(_KEEP_DECODED)
        lines_shown(person, (*CHECKED, *MADE_UP_LINES), "theft")
        button(person).click()
        person.until(lambda: bool(person.page.evaluate("window.contexts[0]?.heard")))
        heading = load_words()["en"][LINES]
        rest = [text for text in expected_of_help(()) if text != heading]
        clips = [load()[as_spoken(text, "en").name].sound for text in rest]
        assert person.page.evaluate("window.contexts[0].heard") == hashlib.sha256(b"".join(clips)).hexdigest()


def test_where_one_clip_of_help_cannot_be_had_its_button_goes(tmp_path: Path, browser: Browser) -> None:
    with help_on(tmp_path, CHECKED) as served, a_phone(browser, served) as person:
        lines_shown(person, CHECKED, "theft")
        name = as_spoken("Samaritans", "en").name
        person.page.route(f"**/sound/{name}.mp3", lambda route: route.fulfill(status=502, body=""))
        button(person).click()
        expect(person.page.locator(".aloud")).to_be_hidden()
        person.wrong = [line for line in person.wrong if "502" not in line]


def test_a_phones_own_voice_reads_only_what_is_asked(tmp_path: Path, browser: Browser) -> None:
    """A page has every item that it can have until the phone takes out what is not asked, and one order of answers."""
    always, never = one_of("told", "yes"), replace(one_of("because", "no"), relevant=parse("${experience} = 'bad'"))
    several = replace(SMALL, pages=(SMALL.pages[0], page(never, always), *SMALL.pages[1:]))
    with linked(tmp_path / "centre", instruments=(several,)) as served, a_phone(browser, served) as person:
        person.page.add_init_script(VOICES % "[{localService: true, lang: 'en-GB'}]")
        person.look()
        person.say("experience", "good")
        button(person).click()
        said = [text for text, _ in person.page.evaluate("window.said.filter(each => each !== 'quiet')")]
        assert said == [person.heading(), *person.page.locator(".row").all_inner_texts()]
        assert len(said) == 2


def test_a_tablet_has_clips_only_since_its_own_voice_would_write_a_log(tmp_path: Path, browser: Browser) -> None:
    with shown(tmp_path) as tablet, window(browser, tablet.address) as person:
        in_somali(person, "[{localService: true, lang: 'so-SO'}]")
        assert person.page.locator(".aloud").count() == 0
