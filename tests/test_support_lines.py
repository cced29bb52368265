"""Numbers to call: nobody is given one that nobody has checked, in no language, on no page, wherever it stood."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from at_the_tablet import KEYS, SIGNED_ON, Tablet, a_tablet
from centre_world import ask
from on_a_phone import START, linked
from player import Player, raw
from screens import victim_voice

from survey.briefing import SupportLine
from survey.reference import read_support_lines
from survey.words import load as load_words

WITH_LINES = {"help", "thanks", "ended"}
SHIPPED = read_support_lines()
LANGUAGES = victim_voice().languages
OF_EVERYBODY = {"999", "101", "55"}
"""The police's own, the same everywhere; whatever else can be called is a line with the day on which it was checked."""
A_DAY, AGES = "27 03 2026", "1824"
A_NUMBER = re.compile(r"[+\d](?:[\s().-]*\d){2,}")


@pytest.fixture
def tablet(tmp_path: Path) -> Iterator[Tablet]:
    with a_tablet(tmp_path) as tablet:
        tablet.keys = replace(KEYS, instruments=(victim_voice(),), support_lines=SHIPPED)
        yield tablet


def digits(text: str) -> str:
    return "".join(re.findall(r"\d", text))


def callable_in(text: str) -> set[str]:
    """What somebody could dial of what they read."""
    plain = re.sub("[\u2066-\u2069]", "", text).replace(A_DAY, "")
    found = [each for each in A_NUMBER.findall(plain) if each.isdigit() or len(digits(each)) > len(AGES)]
    return {digits(each) for each in found} - OF_EVERYBODY


def texts_of_the_questionnaire(language: str) -> Iterator[str]:
    for page in victim_voice().pages:
        yield page.labels.get(language, "")
        for item in page.items:
            each = (item.labels, item.hints, item.required_messages, item.constraint_messages)
            for texts in (*each, *(option.labels for option in item.options)):
                yield texts.get(language, "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_around_or_in_the_questions_names_a_number_to_call(language: str) -> None:
    figures = {place for place in load_words()[language] if place.startswith("figure.")}
    words = [text for place, text in load_words()[language].items() if place not in figures]
    named = {number for text in (*words, *texts_of_the_questionnaire(language)) for number in callable_in(text)}
    assert named == set()


def one_checked(line: SupportLine) -> tuple[SupportLine, ...]:
    """All that ship, this one alone checked."""
    return tuple(replace(each, verified_on=SIGNED_ON if each == line else None) for each in SHIPPED)


def shown_of(page: str) -> frozenset[str]:
    """The names and the numbers of those shipped lines that stand on a page."""
    text = html.unescape(re.sub("<[^>]*>", "|", page))
    numbers = callable_in(text)
    names = {line.name for line in SHIPPED if line.name in text}
    return frozenset(names | {line.number for line in SHIPPED if digits(line.number) in numbers})


@pytest.mark.parametrize("language", LANGUAGES)
def test_on_a_tablet_only_the_line_that_was_checked_is_shown(tablet: Tablet, language: str) -> None:
    person = Player(tablet.address)
    person.look()
    token = person.browser.get("/language").form_to("/language").hidden["csrf_token"]
    person.browser.post("/language", [("csrf_token", token), ("language", language)])

    def help_page() -> str:
        return raw(tablet.address, "/help", cookie=person.cookie).data.decode()

    assert f'lang="{language.partition("-")[0]}"' in help_page()
    assert shown_of(help_page()) == set()
    for line in SHIPPED:
        tablet.keys = replace(KEYS, instruments=(victim_voice(),), support_lines=one_checked(line))
        assert shown_of(help_page()) == {line.name, line.number}


def test_a_phones_screens_hold_only_the_line_that_was_checked(tmp_path: Path) -> None:
    with linked(tmp_path / "centre", instruments=(victim_voice(),), support_lines=SHIPPED) as served:

        def screens(language: str) -> dict[str, str]:
            found: dict[str, str] = json.loads(ask("GET", f"{served.address}{START}phone/{language}").body)["screens"]
            return found

        for language in LANGUAGES:
            assert {shown_of(page) for page in screens(language).values()} == {frozenset()}, language
        for serial, line in enumerate(SHIPPED, start=2):
            served.tell(serial, instruments=(victim_voice(),), support_lines=one_checked(line))
            for language in LANGUAGES:
                for name, page in screens(language).items():
                    expected = {line.name, line.number} if name in WITH_LINES else set()
                    assert shown_of(page) == expected, (language, name)
