"""Every character of every language has a letter in a font that we serve, and what is served is no more than that."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from io import BytesIO

import pytest
import uharfbuzz
from babel.numbers import format_decimal
from fontTools.ttLib import TTFont
from screens import MADE_UP_LINES, NOTICES, victim_voice
from served_fonts import FONTS, OF_THE_DEVICE, SERVED, SHEET, Served, families
from subsetting import table

from survey.languages import Foreign, direction, in_language, in_order, own_name, tag
from survey.letters import TABLE, undrawn
from survey.reference import read_support_lines
from survey.words import load as load_words

SHIPPED = victim_voice()
LANGUAGES = SHIPPED.languages
HEARD = (FONTS.parent / "heard.css").read_text()
IN_A_SCRIPT = ("ar", "ur", "bn", "gu", "pa", "ta")
LINE_OF_HEADINGS = 1.45  # source/scripts.scss; running text has more
LARGEST_IN_A_BUTTON, LEAST_BUTTON = 19, 60  # CSS pixels


def texts(language: str) -> Iterator[str]:
    """Every message in this language."""
    for item in SHIPPED.items():
        yield from (in_language(each, language, "en") for each in (item.labels, item.hints))
        yield from (in_language(option.labels, language, "en") for option in item.options)
    yield from (in_language(page.labels, language, "en") for page in SHIPPED.pages)
    yield from load_words()[language].values()


def written_beside(language: str) -> Iterator[str]:
    """What stands on pages and in forms in this language beside the messages."""
    yield from (format_decimal(1_234_567.8, locale=tag(language)), "0123456789", "27 03 2026", "1.5")
    yield from (figure.label for figure in NOTICES.figures)
    for line in (*read_support_lines(), *MADE_UP_LINES):
        yield from (line.name, line.number, line.hours)


def drawn(text: str) -> Iterator[str]:
    """Its characters but spaces and marks of direction, where there is nothing to draw."""
    yield from (letter for letter in text if unicodedata.category(letter) not in {"Cf", "Zs"})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("weight", [400, 700])
def test_every_character_of_every_message_is_drawn_by_a_served_font(language: str, weight: int) -> None:
    chain = families(language)
    faces = [face for face in SERVED if face.family in chain and face.weights[0] <= weight <= face.weights[1]]
    assert faces
    seen = {letter for text in (*texts(language), *written_beside(language)) for letter in drawn(text)}
    assert len(seen) > 40
    missing = {letter for letter in seen if not any(face.draws(letter) for face in faces)}
    assert missing == set(), [f"U+{ord(letter):04X}" for letter in missing]


def test_a_translation_is_judged_by_the_letters_of_the_fonts_that_are_there() -> None:
    assert TABLE.read_text() == table(), "run: make fonts"
    for language in LANGUAGES:
        assert list(undrawn(" ".join(texts(language)), language)) == []


def test_only_languages_that_every_device_can_write_leave_the_device_its_own_font() -> None:
    assert {language for language in LANGUAGES if families(language)[0] == "system-ui"} == OF_THE_DEVICE


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_name_of_every_language_is_drawn_where_it_is_offered(language: str) -> None:
    """By the one font of any page; on a page that keeps the device's letters, by a font of names in other scripts."""
    faces = {face.family: face for face in SERVED}
    for other in LANGUAGES:
        if other not in OF_THE_DEVICE:
            assert all(map(faces[families(other)[0]].draws, drawn(own_name(language)))), other
    assert language not in IN_A_SCRIPT or all(map(faces["Names"].draws, own_name(language)))
    assert "form.languages button{font-family:var(--names)}" in SHEET


@dataclass(frozen=True)
class Shaped:
    """One word as it is drawn: its glyphs, and how far it reaches above and below its line, in ems."""

    word: str
    glyphs: list[int]
    above: float
    below: float


def shaped(font: uharfbuzz.Font, word: str) -> Shaped:
    buffer = uharfbuzz.Buffer()
    buffer.add_str(word)
    buffer.guess_segment_properties()
    uharfbuzz.shape(font, buffer)
    glyphs = [info.codepoint for info in buffer.glyph_infos]
    tops, ends = [0], [0]
    for glyph, place in zip(glyphs, buffer.glyph_positions, strict=True):
        ink = font.get_glyph_extents(glyph)
        if ink is not None:
            tops.append(place.y_offset + ink.y_bearing)
            ends.append(place.y_offset + ink.y_bearing + ink.height)
    return Shaped(word, glyphs, max(tops) / font.face.upem, -min(ends) / font.face.upem)


@cache
def words_in_script(language: str) -> tuple[tuple[uharfbuzz.Font, list[Shaped]], ...]:
    """The font of the language, lightest and boldest, with every word of its messages, shaped."""
    words = {word for text in texts(language) for word in re.findall(r"[^\W\d_a-zA-Z][\w\u0900-\u0dff]*", text)}
    assert len(words) > 300
    (face,) = [face for face in SERVED if face.family == families(language)[0]]
    own = [word for word in words if all(map(face.draws, drawn(word)))]
    assert len(own) > len(words) * 0.9
    fonts = [uharfbuzz.Font(uharfbuzz.Face(unpacked(face.file))) for _ in face.weights]
    for font, weight in zip(fonts, face.weights, strict=True):
        font.set_variations({"wght": weight})
    return tuple((font, [shaped(font, word) for word in own]) for font in fonts)


@pytest.mark.parametrize("language", IN_A_SCRIPT)
def test_letters_join_as_the_script_asks_and_no_word_is_misspelt_into_a_dotted_circle(language: str) -> None:
    """A font cut too short loses its joined forms; a sign without its letter is drawn on a circle."""
    for font, words in words_in_script(language):
        circle = font.get_nominal_glyph(0x25CC)
        for each in words:
            assert 0 not in each.glyphs, each.word
            assert circle is None or circle not in each.glyphs, each.word
        joined = [each for each in words if each.glyphs != [font.get_nominal_glyph(ord(at)) for at in each.word]]
        assert len(joined) > len(words) / 4


@pytest.mark.parametrize("language", IN_A_SCRIPT)
def test_lines_and_buttons_have_room_for_what_reaches_high_and_low(language: str) -> None:
    rule = re.search(rf":root:lang\({language}\) \*\{{line-height:([\d.]+)", HEARD)
    line = float(rule[1]) if rule else LINE_OF_HEADINGS
    for _, words in words_in_script(language):
        above, below = (sorted(ems) for ems in zip(*((each.above, each.below) for each in words), strict=True))
        usual = int(len(words) * 0.95)
        assert above[usual] + below[usual] <= line
        assert (above[-1] + below[-1]) * LARGEST_IN_A_BUTTON <= LEAST_BUTTON


def unpacked(file: str) -> bytes:
    """The font as a shaping engine reads it."""
    font = TTFont(FONTS / file)
    font.flavor = None
    plain = BytesIO()
    font.save(plain)
    return plain.getvalue()


# --- what lies there ---


def hashes() -> dict[str, str]:
    lines = (FONTS / "hashes.txt").read_text().splitlines()
    return {path: digest for digest, _, path in (line.partition("  ") for line in lines)}


@pytest.mark.parametrize("path", sorted(hashes()))
def test_every_font_is_the_one_that_was_cut_last(path: str) -> None:
    assert hashlib.sha256((FONTS / path).read_bytes()).hexdigest() == hashes()[path], "run: make fonts"


def test_every_font_has_its_hash_its_rule_and_its_licence() -> None:
    there = {path.relative_to(FONTS).as_posix() for path in FONTS.rglob("*") if path.is_file()}
    assert there == {*hashes(), "hashes.txt", "source/.npmrc"}
    assert {path for path in hashes() if path.endswith(".woff2")} == {face.file for face in SERVED}
    licence = (FONTS / "OFL.txt").read_text()
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence


def test_the_sheet_of_the_fonts_asks_for_files_beside_it_and_for_nothing_else() -> None:
    assert set(re.findall(r"url\(([^)]*)\)", SHEET)) == {face.file for face in SERVED}
    assert not re.search(r"https?:|//|@import|\\|local\(|\b(left|right)\b", SHEET)


MOST_BYTES = {"ur": 145_000, "bn": 95_000, "gu": 85_000}
"""Of the one font of a page; of any other language less than the least of these."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_has_one_font_of_ours_and_it_is_not_heavy(language: str) -> None:
    """Nastaliq, of which one weight alone is 119 KB, is the heaviest."""
    own = "Names" if language in OF_THE_DEVICE else families(language)[0]
    (face,) = [face for face in SERVED if face.family == own]
    size = (FONTS / face.file).stat().st_size
    assert size < MOST_BYTES.get(language, 10_000 if language in OF_THE_DEVICE else 50_000), size


@pytest.mark.parametrize("face", SERVED, ids=lambda face: face.family)
def test_headings_are_bold_by_the_font_itself_and_no_browser_smears_them(face: Served) -> None:
    """A browser thickens what says that it has one weight; Nastaliq would run together, so it says that it has all."""
    assert face.weights == (400, 700)
    font = TTFont(FONTS / face.file)
    if face.family == "Names":
        assert "fvar" not in font
        return
    (axis,) = font["fvar"].axes
    assert (axis.axisTag, axis.minValue, axis.defaultValue, axis.maxValue) == ("wght", 400, 400, 700)
    heavier = {letter for letter, glyph in font.getBestCmap().items() if font["gvar"].variations[glyph]}
    assert set(map(ord, "Az0129")) <= heavier
    in_its_script = any(0x600 <= letter < 0xE00 for letter in heavier)
    assert in_its_script == (face.family not in {"Noto Sans", "Noto Nastaliq Urdu"})


# --- numbers in a text from right to left ---


@pytest.mark.parametrize("language", [each for each in LANGUAGES if direction(each) == "rtl"])
def test_telephone_numbers_and_dates_keep_the_order_of_their_groups(language: str) -> None:
    words = load_words()[language]
    assert "\u206627 03 2026\u2069" in words["question.date"]
    for text in texts(language):
        if not isinstance(text, Foreign):
            assert not re.search(r"\d[ /.-]\d", re.sub("\u2066[^\u2069]*\u2069", "", text)), text


def test_a_text_from_left_to_right_stays_as_it_is() -> None:
    assert in_order("Call 0800 1111", "pl") == "Call 0800 1111"
    assert in_order("0800 1111", "ar") == "\u20660800 1111\u2069"
    assert in_order("16", "ar") == "16"
