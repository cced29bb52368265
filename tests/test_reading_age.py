"""Every text on a respondent's screen can be read by somebody who reads like a child of nine.

One adult in six in England reads very poorly, and fear makes everybody read worse. What cannot be made plainer is
listed here by name, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from player import raw
from reading_age import age, long_words, longest_sentence, sentences, syllables, words
from screens import DIGITS, at_a_hub

from forms.xlsform import load
from survey.catalogues import Catalogues, Entry
from survey.languages import EASY_READ
from survey.words import load as load_words

FILE = Path(__file__).parent.parent / "forms" / "questionnaires" / "victim-voice.md"

HARMONISED = {"gender", "orient", "ethnic", "health", "limits"}
"""Items whose wording is the Government Statistical Service's, to the letter, so that figures can be compared."""

NEEDED = {
    "experience": "the word of the police surveys' headline question",
    "dissatisfied": "a step of the scale that all police surveys share",
    "interpreter": "explained straight after",
    "interested": "what the police's own study found to matter most; said in three syllables",
}
"""Long words that stay."""


def questions() -> dict[str, str]:
    """What is read before the answers, by item."""
    checked = load(FILE)
    assert checked.instrument is not None
    return {item.name: " ".join((item.labels["en"], item.hints.get("en", ""))) for item in checked.instrument.items()}


def options() -> Iterator[tuple[str, str]]:
    checked = load(FILE)
    assert checked.instrument is not None
    for item in checked.instrument.items():
        for option in item.options:
            yield item.name, option.labels["en"]


def own_questions() -> dict[str, str]:
    return {name: text for name, text in questions().items() if name not in HARMONISED}


# --- the measure can tell hard from easy ---


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("the", 1), ("police", 2), ("case", 1), ("crime", 1), ("people", 2), ("asked", 1), ("ended", 2), ("charged", 1),
        ("service", 2), ("services", 3), ("answers", 2), ("satisfied", 3), ("dissatisfied", 4), ("experience", 4),
        ("interpreter", 4), ("statement", 2), ("personal", 3), ("offender", 3), ("treated", 2), ("borough", 2),
        ("complain", 2), ("language", 2), ("emergency", 4), ("Victim’s", 2), ("going", 2), ("closed", 1),
        ("completely", 3), ("friend", 1), ("able", 2), ("somebody", 3), ("question", 2),
    ],
)  # fmt: skip
def test_syllables_are_counted_well_enough(word: str, count: int) -> None:
    assert syllables(word) == count


def test_a_childs_sentence_is_easy_and_an_officials_is_not() -> None:
    assert age(["The cat sat on the mat. The dog ran to the cat."]) < 6
    remembered = (
        "Taking the whole experience into account, are you satisfied, dissatisfied or neither with the service "
        "provided by the police in this case?"
    )
    assert age([remembered]) > 15


def test_sentences_are_counted_as_people_read_them() -> None:
    assert sentences("Stop. Go! Why? A line without a stop") == ["Stop", "Go", "Why", "A line without a stop"]
    assert longest_sentence("One two three. One two.") == 3


# --- the questionnaire ---


def test_the_questions_together_can_be_read_at_nine() -> None:
    assert age(own_questions().values()) <= 9


@pytest.mark.parametrize("name", sorted(own_questions()))
def test_no_question_has_a_long_sentence_or_a_hard_word(name: str) -> None:
    text = own_questions()[name]
    assert longest_sentence(text) <= 16
    assert len(words(text)) <= 30
    assert long_words(text) <= set(NEEDED)


def test_no_question_by_itself_is_much_harder_than_the_rest() -> None:
    hard = {name: round(age([text]), 1) for name, text in own_questions().items() if age([text]) > 12}
    assert hard == {}


def test_options_are_short_and_plain() -> None:
    for name, label in options():
        assert len(words(label)) <= 11, label
        if name not in HARMONISED:
            assert long_words(label) <= set(NEEDED), label


def test_only_harmonised_questions_are_let_off() -> None:
    asked = questions()
    assert set(asked) >= HARMONISED
    assert all(age([asked[name]]) > 9 or long_words(asked[name]) for name in HARMONISED), (
        "one of these needs no exception"
    )


# --- the words around the questions ---


def test_the_words_around_the_questions_can_be_read_at_nine() -> None:
    assert age(load_words()["en"].values()) <= 9


@pytest.mark.parametrize("place", sorted(load_words()["en"]))
def test_no_words_around_the_questions_make_a_long_sentence(place: str) -> None:
    assert longest_sentence(load_words()["en"][place]) <= 20


# --- Easy Read ---

EASY = tuple(entry for entry in Catalogues.shipped().entries(EASY_READ) if not entry.place.startswith("borough/"))
NEEDED_IN_EASY_READ = {
    "Think about all of it. How do you feel about the service from the police?": "another word asks something else",
    "Did anyone offer you an interpreter?": "explained straight after",
    "Yes, an interpreter": "the same person, and somebody who has one knows the word",
    "Did the police offer you a Victim Personal Statement?": "its name; explained straight after",
    "Bisexual": "a word for oneself has no plainer one",
}
"""Texts of Easy Read that are harder than seven, and why they stay."""


def harder_than_seven(entry: Entry) -> bool:
    """A grade means something from eight words on; an answer, which is a list's line, is held to short and plain."""
    graded = len(words(entry.text)) >= 8 and "/" not in entry.place
    return bool(graded and age([entry.text]) > 7) or longest_sentence(entry.text) > 12 or bool(long_words(entry.text))


@pytest.mark.parametrize("catalogue", ["questions", "words"])
def test_easy_read_together_can_be_read_at_seven(catalogue: str) -> None:
    assert age([entry.text for entry in EASY if entry.catalogue == catalogue]) <= 7


@pytest.mark.parametrize("entry", EASY, ids=lambda entry: f"{entry.place}-{entry.english[:20]}")
def test_every_message_of_easy_read_can_be_read_at_seven(entry: Entry) -> None:
    assert harder_than_seven(entry) == (entry.text in NEEDED_IN_EASY_READ), entry.text


def test_plain_english_is_not_easy_read_yet() -> None:
    plain = [replace(entry, text=entry.english) for entry in EASY]
    assert sum(map(harder_than_seven, plain)) > 60


# --- what only staff read ---


@pytest.mark.parametrize("path", ["/staff", "/corner", "/assisted", "the open corner"])
def test_what_staff_read_between_two_people_needs_no_practice(tmp_path: Path, path: str) -> None:
    """A little harder than a respondent's page, for words such as 'software'; never more than eleven."""
    with at_a_hub(tmp_path) as hub:
        page = (
            raw(hub.address, "/corner", "POST", [("pin", DIGITS)])
            if path == "the open corner"
            else raw(hub.address, path)
        )
        assert page.status == 200
        main = page.data.decode().partition("<main")[2].partition("</main>")[0].partition(">")[2]
        lines = [line.strip() for line in re.sub(r"<[^>]*>", "\n", main).splitlines() if line.strip()]
        assert len(lines) >= 3
        assert age(lines) <= 11
        assert max(longest_sentence(line) for line in lines) <= 20
