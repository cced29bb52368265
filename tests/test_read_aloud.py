"""What is read aloud: every clip speaks a text of today, says whose voice it is, and tells the server nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import wave
from collections.abc import Iterator, Mapping
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from at_the_tablet import KEYS, RESET, SIGNED_ON, WARN, Tablet, a_tablet
from click.testing import CliRunner
from player import Player, raw
from screens import MADE_UP_LINES, OTHER_DIGITS, at_a_hub, victim_voice

from forms.instrument import Instrument
from survey import clips
from survey.aloud import LINES, NO_LINES, SPOKEN, Aloud, as_spoken, line_texts
from survey.clips import COMPUTER, FOLDER, MOST_AT_ONCE, RECORDED, Clip, load, name_of
from survey.languages import Foreign, tag
from survey.places import SupportLine
from survey.reference import read_support_lines
from survey.speaking import CannotSpeak, Speakable, clips_verb, spoken, taken, takes, written
from survey.words import load as load_words

ROOT = Path(__file__).resolve().parents[1]
KNOWN = Speakable(FOLDER)
LANGUAGES = sorted(KNOWN.texts)
BYTES_A_SECOND = 2_000
FRAME = 72
A_COMPUTERS = Clip(bytes(FRAME), by_computer=True)
FINISH = name_of("Finish now", "en")


@pytest.fixture
def tablet(tmp_path: Path) -> Iterator[Tablet]:
    with a_tablet(tmp_path) as tablet:
        ask(tablet, victim_voice())
        yield tablet


def ask(tablet: Tablet, instrument: Instrument) -> None:
    tablet.keys = replace(KEYS, instruments=(instrument,))


def somebody(tablet: Tablet, language: str = "en") -> Player:
    person = Player(tablet.address)
    person.look()
    if language != "en":
        token = person.browser.get("/language").form_to("/language").hidden["csrf_token"]
        person.browser.post("/language", [("csrf_token", token), ("language", language)])
    return person


def seen(tablet: Tablet, person: Player, path: str = "/") -> str:
    return raw(tablet.address, path, cookie=person.cookie).data.decode()


def clip_on(page: str) -> str | None:
    """The address of the page's sound, for a browser without scripts."""
    found = re.search(r'<audio[^>]* src="([^"]+)"', page)
    return found[1] if found else None


def names_in(address: str) -> list[str]:
    return address.removeprefix("/sound/").removesuffix(".mp3").split(".")


# --- what there is ---


def test_every_language_is_spoken_or_the_reason_is_told() -> None:
    assert {*KNOWN.voices, *KNOWN.without} == {tag(language) for language in victim_voice().languages}
    assert not KNOWN.voices.keys() & KNOWN.without.keys()
    assert all(len(reason) > 20 for reason in KNOWN.without.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_today_has_its_clip_and_no_other_text_has_one(language: str) -> None:
    made = {path.stem for path in (FOLDER / COMPUTER / language).glob("*.mp3")}
    today = {name_of(text, language) for text in KNOWN.texts[language].values()}
    assert made == (today if language in KNOWN.voices else set()), "run: make clips"


def test_no_page_is_longer_than_the_cover_waits() -> None:
    """Three minutes; the longest page is a list of answers, the boroughs."""
    for language in LANGUAGES:
        closing = [as_spoken(load_words()[language][place], language).name for place in SPOKEN["thanks.html"]]
        assert sum(len(load()[name].sound) for name in closing if name in load()) < 150 * BYTES_A_SECOND
        for item in victim_voice().items():
            spoken_there = [
                item.labels.get(language, ""),
                *(option.labels.get(language, "") for option in item.options),
            ]
            names = [name_of(text, language) for text in spoken_there]
            assert sum(len(load()[name].sound) for name in names if name in load()) < 150 * BYTES_A_SECOND
        lines = [text for line in read_support_lines() for text in line_texts(line)]
        helping = [as_spoken(text, language).name for text in (*help_words(language), *lines)]
        assert sum(len(load()[name].sound) for name in helping if name in load()) < 170 * BYTES_A_SECOND


def help_words(language: str) -> list[str]:
    """What Help says beside its lines, where it has some."""
    places = (place for place in SPOKEN["help.html"] if place != NO_LINES)
    return [as_spoken(load_words()[language][place], language).words for place in places]


def test_no_clip_is_left_over_and_all_of_them_stay_small() -> None:
    assert KNOWN.left_over() == []
    assert sum(len(clip.sound) for clip in load().values()) < 10_800_000


@pytest.mark.parametrize("language", sorted(KNOWN.voices))
def test_every_clip_is_whole_frames_of_sound_as_long_as_its_text_takes(language: str) -> None:
    for name, clip in KNOWN.there(language).items():
        text = KNOWN.texts[language][name]
        frames = [clip.sound[at : at + FRAME] for at in range(0, len(clip.sound), FRAME)]
        assert {(frame[:2], len(frame)) for frame in frames} == {(b"\xff\xf3", FRAME)}, text
        least, most = takes(text)
        assert least < len(clip.sound) / BYTES_A_SECOND < most, text


SHORT = {"999": "9 9 9", "101": "1 0 1", "55": "5 5"}
_TOLD_BY_DIGITS = {"help.999", "help.101"}


@pytest.mark.parametrize("language", victim_voice().languages)
def test_a_number_to_call_is_read_digit_by_digit_and_every_other_number_as_it_stands(language: str) -> None:
    """'Nine hundred and ninety nine' is not what somebody in danger has to press."""
    ages = {"18–24", "55–64"}
    items = victim_voice().items()
    texts = [each.get(language, "") for item in items for each in (item.labels, item.hints)]
    texts += [option.labels.get(language, "") for item in items for option in item.options]
    for place, text in (*load_words()[language].items(), *(("", text) for text in texts)):
        plain, said = str(text).translate(_ISOLATES), as_spoken(text, language).words
        to_call = set(SHORT) & set(re.findall(r"\d+", plain)) if re.search("999|101", plain) else set()
        runs = re.split(r"(\d+)", plain)
        assert said == "".join(SHORT[run] if run in to_call else run for run in runs)
        assert bool(to_call) == (said != plain), place
        assert place not in _TOLD_BY_DIGITS or to_call, place
    for other in (
        *ages,
        "16",
        "45 seconds",
        "under 18",
        "10:55",
        "55:10",
        "1.55",
        "555",
        "55 to 64",
        "Call 999.5",
        "1,101",
        "101%",
        "27 03 2026",
        "0800 1010",
    ):
        assert as_spoken(other, language).words == other


def test_a_phones_own_voice_is_given_the_same_digits(tablet: Tablet) -> None:
    page = seen(tablet, somebody(tablet, "pl"), "/help")
    said = [unescape(text) for text in re.findall(r'data-said="([^"]*)"', page)]
    assert [text for text in said if "9 9 9" in text] == [as_spoken(load_words()["pl"]["help.999"], "pl").words]
    assert load_words()["pl"]["help.heading"] not in said, "what stands there as it is said is not sent twice"


_ISOLATES = dict.fromkeys(range(0x2066, 0x206A))

# --- on the page ---


@pytest.mark.parametrize("path", ["/", "/help"])
def test_the_first_question_and_help_can_be_heard_in_every_language_that_is_spoken(tablet: Tablet, path: str) -> None:
    for language in victim_voice().languages:
        page = seen(tablet, somebody(tablet, language), path)
        assert f'<html lang="{tag(language)}"' in page
        address = clip_on(page)
        assert (address is not None) == (tag(language) in KNOWN.voices), language
        if address is not None:
            check_sound(tablet, address, page, {**KNOWN.texts["en"], **KNOWN.texts[tag(language)]})


def check_sound(tablet: Tablet, address: str, page: str, texts: Mapping[str, str]) -> None:
    """The sound is that of the clips, in order, and each of them speaks what stands on the page."""
    names = names_in(address)
    assert re.findall(r'data-clip="([^"]+)"', page) == names, "a script takes them from the page, in its order"
    answer = raw(tablet.address, address)
    assert answer.headers["Content-Type"] == "audio/mpeg"
    assert answer.data == b"".join(load()[name].sound for name in names)
    stands_there = letters(unescape(re.sub(r"<[^>]*>", " ", page)))
    assert all(letters(texts[name]) in stands_there for name in names)


def letters(text: str) -> str:
    return re.sub(r"\W+", "", text)


def test_a_core_question_is_read_with_its_answers_in_their_order(tablet: Tablet) -> None:
    person = somebody(tablet, "pl")
    names = names_in(clip_on(seen(tablet, person)) or "")
    item = victim_voice().item("experience")
    expected = [item.labels["pl"], *(option.labels["pl"] for option in item.options)]
    assert [KNOWN.texts["pl"][name] for name in names][1:] == expected


def test_every_core_page_the_choice_and_thanks_can_be_heard(tablet: Tablet) -> None:
    with_lines(tablet)
    person = somebody(tablet)
    for item, code in (
        ("experience", "sat1"), ("contact", "sat1"), ("actions", "sat1"), ("informed", "sat1"), ("treated", "sat1"),
        ("crime", "theft"), ("borough", "barnet"), ("more", "finish"),
    ):  # fmt: skip
        assert clip_on(seen(tablet, person, f"/page/{item}")), item
        person.say(**{item: code})
    assert person.page == "thanks"
    page = seen(tablet, person, "/thanks")
    check_sound(tablet, clip_on(page) or "", page, KNOWN.texts["en"])
    assert said_on(page) == [as_spoken(load_words()["en"][place], "en").words for place in SPOKEN["thanks.html"]]
    assert {"Start for the next person", "What happens next in a case"} < set(said_on(page))


def said_on(page: str) -> list[str]:
    """What is read of an English page, in its order."""
    return [KNOWN.texts["en"][name] for name in names_in(clip_on(page) or "")]


def test_a_page_that_asks_to_look_again_says_so_before_its_question(tablet: Tablet) -> None:
    first, *others = victim_voice().pages
    pages = (replace(first, items=(replace(first.items[0], required=True),)), *others)
    ask(tablet, replace(victim_voice(), pages=pages))
    person = somebody(tablet)
    form = person.question()
    nothing = [("csrf_token", form.hidden["csrf_token"]), ("go", "continue")]
    page = raw(tablet.address, form.action, "POST", nothing, cookie=person.cookie).data.decode()
    promise, again, question, *_ = said_on(page)
    assert [promise, again, question] == [
        load_words()["en"]["promise"], "Please look at this again", first.items[0].labels["en"],
    ]  # fmt: skip
    check_sound(tablet, clip_on(page) or "", page, KNOWN.texts["en"])


def test_who_has_no_line_to_read_sends_to_the_staff_on_a_tablet_only(tablet: Tablet) -> None:
    no_lines = load_words()["en"][NO_LINES]
    with_lines(tablet)
    assert no_lines in said_on(seen(tablet, somebody(tablet), "/help"))
    with_lines(tablet, *(replace(line, verified_on=SIGNED_ON) for line in read_support_lines()))
    assert no_lines not in said_on(seen(tablet, somebody(tablet), "/help"))


def test_a_name_in_another_language_is_spoken_in_that_language(tablet: Tablet) -> None:
    english = {name: text for name, text in KNOWN.texts["en"].items() if text == "Lewisham"}
    assert english
    person = somebody(tablet, "pl")
    for item in ("experience", "contact", "actions", "informed", "treated"):
        person.say(**{item: "sat1"})
    person.say(crime="theft")
    assert set(english) < set(names_in(clip_on(seen(tablet, person, "/page/borough")) or ""))


def with_lines(tablet: Tablet, *lines: SupportLine) -> None:
    tablet.keys = replace(KEYS, instruments=(victim_voice(),), support_lines=lines)


@pytest.mark.parametrize("language", ["en", "pl", "ur", "en-easy"])
def test_help_reads_its_support_lines_the_number_digit_by_digit(tablet: Tablet, language: str) -> None:
    lines = [replace(line, verified_on=SIGNED_ON) for line in read_support_lines()]
    with_lines(tablet, *lines)
    page = seen(tablet, somebody(tablet, language), "/help")
    address = clip_on(page)
    assert address is not None
    known = {**KNOWN.texts["en"], **KNOWN.texts[tag(language)]}
    check_sound(tablet, address, page, known)
    said = [known[name] for name in names_in(address)]
    (at,) = (place for place, text in enumerate(said) if text == "Samaritans")
    assert said[at + 1] == "1 1 6, 1 2 3"
    assert sum(text in {line.name for line in lines} for text in said) == len(lines)


def test_where_one_line_has_no_clip_the_rest_of_help_is_read_and_no_line_is(tablet: Tablet) -> None:
    """Somebody who hears one of two lines would think that there is one."""
    shipped, own = replace(read_support_lines()[1], verified_on=SIGNED_ON), MADE_UP_LINES[0]
    with_lines(tablet, shipped, own)
    page = seen(tablet, somebody(tablet), "/help")
    assert own.name in page
    said = [KNOWN.texts["en"][name] for name in names_in(clip_on(page) or "")]
    assert said == [text for text in help_words("en") if text != load_words()["en"][LINES]]


def test_marks_that_order_a_number_from_right_to_left_change_no_clip() -> None:
    assert as_spoken("\u206808 08 16\u2069 پر کال کریں۔", "ur") == as_spoken("08 08 16 پر کال کریں۔", "ur")


def test_where_the_text_changed_the_button_is_gone_and_the_page_stays(tablet: Tablet) -> None:
    assert clip_on(seen(tablet, somebody(tablet)))
    first, *others = victim_voice().pages
    item = replace(first.items[0], labels={**first.items[0].labels, "en": "How was it, all in all?"})
    ask(tablet, replace(victim_voice(), pages=(replace(first, items=(item,)), *others)))
    page = seen(tablet, Player(tablet.address))
    assert "How was it, all in all?" in page
    assert clip_on(page) is None
    assert "<audio" not in page
    assert 'class="aloud"' not in page


def test_where_one_question_has_no_clip_the_other_on_its_page_is_read_and_no_half_of_it(tablet: Tablet) -> None:
    """Somebody who hears four of five answers would choose among four."""
    first, second, *others = victim_voice().pages
    (item,) = second.items
    (answer, *answers) = item.options
    changed = replace(item, options=(replace(answer, labels={**answer.labels, "en": "As easy as can be"}), *answers))
    ask(tablet, replace(victim_voice(), pages=(replace(first, items=(*first.items, changed)), *others)))
    page = seen(tablet, somebody(tablet))
    assert "As easy as can be" in page
    own = [first.items[0].labels["en"], *(option.labels["en"] for option in first.items[0].options)]
    assert said_on(page) == [load_words()["en"]["promise"], *own]


@pytest.mark.parametrize("place", ["help.heading", "help.who"])
def test_where_one_text_of_help_has_no_clip_the_rest_of_it_is_read(tmp_path: Path, place: str) -> None:
    without = as_spoken(load_words()["en"][place], "en")
    ours = {name: clip for name, clip in load().items() if name != without.name}
    with a_tablet(tmp_path, clips=ours) as tablet:
        with_lines(tablet, *(replace(line, verified_on=SIGNED_ON) for line in read_support_lines()))
        said = said_on(seen(tablet, somebody(tablet), "/help"))
    spoken_lines = {text for line in read_support_lines() for text in line_texts(line)}
    assert [text for text in said if text not in spoken_lines] == [
        text for text in help_words("en") if text != without.words
    ]
    assert spoken_lines < set(said)


def test_a_page_of_which_only_what_is_left_in_english_has_a_clip_is_not_read() -> None:
    """Whoever presses for Arabic and hears one English sentence would think that this is all there is."""
    left = as_spoken(Foreign(load_words()["en"]["help.101"], "en"), "ar")
    ours = as_spoken(load_words()["ar"]["help.who"], "ar")
    both = Aloud("ar", ((ours,), (left,)), frozenset(), dict.fromkeys((ours.name, left.name), A_COMPUTERS))
    assert both.heard == [ours, left]
    assert replace(both, clips={left.name: A_COMPUTERS}).names == ""


def test_an_advocate_reads_the_questions_out_so_there_is_no_voice(tmp_path: Path) -> None:
    with at_a_hub(tmp_path) as hub:
        opened = raw(hub.address, "/assisted", "POST", [("pin", OTHER_DIGITS)])
        assert opened.status == 303
        page = raw(hub.address, "/assisted/").data.decode()
        assert "Read this out, with all the answers." in page
        assert "data-clip" not in page
        assert 'class="aloud"' not in page


# --- whose voice ---


def with_a_recording(folder: Path) -> Mapping[str, Clip]:
    """Everything of the first page in a computer's voice, and one text of it as a person said it."""
    shutil.copytree(FOLDER / COMPUTER / "en", folder / COMPUTER / "en")
    (folder / RECORDED / "en").mkdir(parents=True)
    for place in KNOWN.texts["en"]:
        (folder / RECORDED / "en" / f"{place}.mp3").write_bytes(b"\xff\xf3" + bytes(FRAME - 2))
    return load(folder)


def test_a_persons_recording_wins_and_the_page_says_whose_voice_it_is(tmp_path: Path) -> None:
    ours = with_a_recording(tmp_path / "clips")
    assert ours[FINISH] == Clip(b"\xff\xf3" + bytes(FRAME - 2), by_computer=False)
    with a_tablet(tmp_path, clips=ours) as tablet:
        ask(tablet, victim_voice())
        assert "computer’s voice" not in seen(tablet, Player(tablet.address))
    with a_tablet(tmp_path) as tablet:
        ask(tablet, victim_voice())
        assert "It is a computer’s voice." in seen(tablet, Player(tablet.address))


def test_a_page_that_is_partly_in_a_computers_voice_says_so(tmp_path: Path) -> None:
    ours = {**with_a_recording(tmp_path / "clips"), name_of("Completely satisfied", "en"): A_COMPUTERS}
    with a_tablet(tmp_path, clips=ours) as tablet:
        ask(tablet, victim_voice())
        assert "It is a computer’s voice." in seen(tablet, Player(tablet.address))


# --- what a request tells ---


def test_a_clip_is_read_at_the_start_and_never_again(tmp_path: Path) -> None:
    """The time when a file was last read would tell when somebody listened, and in which language."""
    ours = with_a_recording(tmp_path / "clips")
    shutil.rmtree(tmp_path / "clips")
    with a_tablet(tmp_path, clips=ours) as tablet:
        assert raw(tablet.address, f"/sound/{FINISH}.mp3").data == ours[FINISH].sound


def test_listening_is_no_answer_gives_no_cookie_and_keeps_no_visit_alive(tablet: Tablet) -> None:
    person = somebody(tablet)
    person.say(experience="sat1")
    tablet.wait(WARN + RESET - 1)
    answer = raw(tablet.address, f"/sound/{FINISH}.mp3", cookie=person.cookie)
    assert "Set-Cookie" not in answer.headers
    counts = tablet.counts()
    tablet.wait(2)
    assert counts == {"started": 1, "offered": 1}
    assert tablet.counts()["timed_out"] == 1


def test_a_player_that_asks_for_parts_gets_them(tablet: Tablet) -> None:
    whole = raw(tablet.address, f"/sound/{FINISH}.mp3").data
    part = raw(tablet.address, f"/sound/{FINISH}.mp3", headers={"Range": "bytes=0-71"})
    assert (part.status, part.data) == (206, whole[:72])


@pytest.mark.parametrize(
    "untrusted",
    [
        "0" * 16,
        "",
        "x",
        f"{FINISH}.{'0' * 16}",
        ".".join([FINISH] * (MOST_AT_ONCE + 1)),
        "..%2f..%2fetc%2fpasswd",
        f"{FINISH}..",
    ],
)
def test_what_names_no_clips_is_a_page_that_does_not_exist(tablet: Tablet, untrusted: str) -> None:
    answer = raw(tablet.address, f"/sound/{untrusted}.mp3")
    assert answer.status == 404
    assert b"There is no such page" in answer.data


# --- the maintainers' and the recorders' verb ---


def test_the_verb_says_how_much_of_each_language_is_spoken_and_why_one_is_not() -> None:
    told = CliRunner().invoke(clips_verb)
    assert told.exit_code == 0
    assert re.search(r"^pl +83 of 83 texts, 0 by a person$", told.output, re.MULTILINE)
    assert "so   0 of 83 texts, 0 by a person  espeak-ng has no voice for Somali." in told.output
    assert CliRunner().invoke(clips_verb, ["--write", "nowhere"]).exit_code == 2


def test_a_missing_clip_is_noticed(tmp_path: Path) -> None:
    shutil.copytree(FOLDER / COMPUTER / "pl", tmp_path / COMPUTER / "pl")
    first = sorted((tmp_path / COMPUTER / "pl").iterdir())[0]
    first.rename(first.with_stem("0" * 16))
    known = Speakable(tmp_path)
    assert len(known.there("pl")) == len(known.texts["pl"]) - 1
    assert [path.stem for path in known.left_over()] == ["0" * 16]


def test_whoever_records_gets_each_text_with_the_name_of_its_file(tmp_path: Path) -> None:
    lines = written(KNOWN, "so", tmp_path).read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "file,text"
    assert len(lines) == 1 + len(KNOWN.texts["so"])
    for name, text in KNOWN.texts["so"].items():
        assert any(line.startswith(f"{name}.wav,") and text.replace('"', '""') in line for line in lines)


def test_a_recording_of_a_text_that_changed_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / f"{'0' * 16}.wav").write_bytes(b"RIFF")
    (tmp_path / "notes.txt").write_text("not a sound")
    fit, refused = taken(Speakable(tmp_path / "clips"), "pl", tmp_path)
    assert fit == 0
    assert len(refused) == 1
    assert "is the name of no text of today" in refused[0]


_ENCODER_THAT_READS_AS_LAME_DOES = """#!{python}
import sys
sound = sys.stdin.buffer.read()
if sound[:1] != b"\\xff" if "--mp3input" in sys.argv else sound[:4] != b"RIFF" or len(sound) < 44:
    sys.exit("Can't init infile '-'")
sys.stdout.buffer.write(b"\\xff" * (len(sound) // (1 if "--mp3input" in sys.argv else 16)))
"""


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """lame; where it is not installed, a program that takes and refuses the same files."""
    if shutil.which("lame") is None:
        lame = tmp_path / "bin" / "lame"
        lame.parent.mkdir()
        lame.write_text(_ENCODER_THAT_READS_AS_LAME_DOES.format(python=sys.executable))
        lame.chmod(0o755)
        monkeypatch.setenv("PATH", f"{lame.parent}{os.pathsep}{os.environ['PATH']}")


def record(path: Path, seconds: float) -> None:
    """What a recorder leaves behind that ran for so long."""
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 16_000, 0, "NONE", ""))
        sound.writeframes(bytes(2 * round(16_000 * seconds)))


@pytest.mark.usefixtures("encoder")
def test_wav_and_mp3_are_taken_and_a_file_that_is_no_sound_stops_neither(tmp_path: Path) -> None:
    first, second, third, fourth = sorted(KNOWN.texts["pl"])[:4]
    recorded = tmp_path / "recorded by Ola"
    recorded.mkdir()
    (recorded / f"{first}.mp3").write_bytes(b"no sound at all " * 500)
    shutil.copy(KNOWN.path(COMPUTER, "pl", second), recorded / f"{second}.MP3")
    (recorded / f"{third}.wav").write_bytes(b"no sound either " * 500)
    record(recorded / f"{fourth}.wav", sum(takes(KNOWN.texts["pl"][fourth])) / 2)
    fit, refused = taken(Speakable(tmp_path / "clips"), "pl", recorded)
    assert fit == 2
    assert [line.split()[0] for line in refused] == [f"{first}.mp3", f"{third}.wav"]
    assert all("Save it again as .wav or .mp3" in line for line in refused)
    there = clips.load(tmp_path / "clips")
    assert there.keys() == {second, fourth}
    assert all(clip.sound[0] == 0xFF and not clip.by_computer for clip in there.values())


@pytest.mark.usefixtures("encoder")
def test_a_recording_far_shorter_or_longer_than_its_text_takes_is_named_and_not_taken(tmp_path: Path) -> None:
    texts = KNOWN.texts["pl"]
    names = sorted(texts)[:4]
    far = (0.01, 60, takes(texts[names[2]])[0] - 0.4, takes(texts[names[3]])[1] + 0.4)
    for name, seconds in zip(names, far, strict=True):
        record(tmp_path / f"{name}.wav", seconds)
    fit, refused = taken(Speakable(tmp_path / "clips"), "pl", tmp_path)
    assert fit == 0
    assert [line.split()[0] for line in refused] == [f"{name}.wav" for name in names]
    for name, line in zip(names, refused, strict=True):
        least, most = takes(texts[name])
        assert f"its text takes {least:.1f} to {most:.1f}" in line
    assert clips.load(tmp_path / "clips") == {}


def test_a_sound_of_a_kind_that_is_not_taken_is_named(tmp_path: Path) -> None:
    name, other = sorted(KNOWN.texts["pl"])[:2]
    for file in (f"{name}.m4a", f"{other}.OGG", "Recording 4.opus", f"{name}.what", "pl.csv", "notes.txt"):
        (tmp_path / file).write_bytes(b"sound")
    fit, refused = taken(Speakable(tmp_path / "clips"), "pl", tmp_path)
    assert fit == 0
    assert sorted(line.split(" is ")[0] for line in refused) == sorted(
        [f"{name}.m4a", f"{other}.OGG", "Recording 4.opus", f"{name}.what"]
    )
    assert all("Save it as .wav or .mp3" in line for line in refused)


def test_the_verb_names_a_recording_of_a_text_that_is_gone(tmp_path: Path) -> None:
    for package in ("forms", "survey"):
        ignored = shutil.ignore_patterns("clips", "static", "__pycache__")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    recorded = tmp_path / "survey" / "clips" / RECORDED / "so"
    recorded.mkdir(parents=True)
    gone, today = "0" * 16, sorted(KNOWN.texts["so"])[0]
    for name in (gone, today):
        (recorded / f"{name}.mp3").write_bytes(bytes(FRAME))
    command = [sys.executable, "-m", "survey", "clips"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert re.search(rf"^{RECORDED}/so/{gone}\.mp3 speaks a text that is gone\. .*delete", done.stdout, re.MULTILINE)
    assert today not in done.stdout
    assert re.search(r"^so +1 of \d+ texts, 1 by a person", done.stdout, re.MULTILINE)


def test_without_lame_no_recording_is_taken_and_the_maintainer_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    shutil.copy(KNOWN.path(COMPUTER, "pl", sorted(KNOWN.texts["pl"])[0]), tmp_path)
    with pytest.raises(CannotSpeak, match="apt-get install espeak-ng lame"):
        taken(Speakable(tmp_path / "clips"), "pl", tmp_path)


def test_without_espeak_nothing_is_made_and_the_maintainer_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotSpeak, match="apt-get install espeak-ng lame"):
        spoken("Yes", "en-gb")


def test_clips_are_loaded_once() -> None:
    assert clips.load() is clips.load()
