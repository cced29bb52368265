"""What stands after the last question, and how long the questions are said to take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from at_the_tablet import SIGNED_ON, SMALL, Tablet, a_tablet
from player import Player

from survey.briefing import Notices
from survey.notices import LABELS, Figure
from survey.pages import figures, time_left
from survey.visits import Visit, new_token
from survey.words import load

WORDS = load()["en"]


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Tablet]:
    notices = Notices(SIGNED_ON, (Figure("people have answered", 12034), Figure("places take part", 3)))
    with a_tablet(tmp_path, notices=lambda: notices) as tablet:
        yield tablet


def finished(tablet: Tablet) -> str:
    person = Player(tablet.address)
    person.look()
    person.say(experience="good")
    person.say(contact="easy")
    person.say(crime="theft")
    return " ".join(person.say(more="finish").words.split())


def test_thanks_tell_what_came_of_it_from_the_signed_notices(told: Tablet) -> None:
    said = finished(told)
    assert all(line in said for line in ("The survey so far", "12,034 people have answered", "3 places take part"))


@pytest.mark.parametrize(
    ("language", "number"), [("en-easy", "12,034"), ("pl", "12\u00a0034"), ("ar", "12,034"), ("bn", "12,034")]
)
def test_figures_are_grouped_as_the_language_does_and_in_the_digits_of_the_page(
    told: Tablet, language: str, number: str
) -> None:
    assert figures(told.parts, language)[0].value == number


def test_without_notices_nothing_is_said_to_have_come_of_it(tmp_path: Path) -> None:
    with a_tablet(tmp_path) as tablet:
        assert "The survey so far" not in finished(tablet)


def test_every_line_that_a_notice_can_carry_has_words_of_its_own() -> None:
    assert all(f"figure.{label}" in WORDS for label in LABELS)


def test_thanks_tell_what_happens_next_and_all_twelve_rights(told: Tablet) -> None:
    said = finished(told)
    for heading in ("People you can talk to", "What happens next in a case", "What you can ask for"):
        assert heading in said
    assert all(WORDS[f"rights.{right}"] in said for right in range(1, 13))
    assert "rights.13" not in WORDS


def test_the_time_left_shrinks_to_the_choice_and_starts_anew_after_it() -> None:
    visit = Visit(new_token(), SMALL, "en", answers={"experience": "bad", "contact": "hard", "more": "yes"})
    said = [time_left(visit, SMALL.page(name), WORDS) for name in visit.way]
    assert visit.way == ["experience", "contact", "why", "crime", "more", "helped", "last"]
    assert said == [
        "About a minute left", "About a minute left", "Less than a minute left", "Less than a minute left", "",
        "Less than a minute left", "Less than a minute left",
    ]  # fmt: skip
