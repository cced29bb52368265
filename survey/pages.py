"""What stands on a page: the items of a page as plain rows of text for the templates, and the furniture around them.

Text of a questionnaire is text: templates escape it, always. Titles say 'Survey' and nothing more, because they stay in
a phone's history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal
from flask import render_template

from forms.fields import STEPS_AS_CHOICES
from forms.fitting import steps
from forms.instrument import Item, Page
from forms.logic import Answer
from forms.reading import TICKED
from forms.routing import asked, options, seen
from survey.aloud import read_out
from survey.briefing import SupportLine
from survey.csrf import csrf_token
from survey.easy_read import symbol_of
from survey.languages import EASY_READ, direction, in_language, offered, tag
from survey.parts import Parts, Ready
from survey.visits import Visit
from survey.words import ENGLISH, Words

CRIME_ITEM = "crime"
"""The item whose answer says which support lines fit best, where a questionnaire has one so named."""

_SECONDS_A_PAGE = 15
"""A careful reader's pace, rounded up (our judgement): the words promise too much time rather than too little."""


@dataclass(frozen=True)
class Choice:
    """One answer row."""

    code: str
    label: str
    id: str
    checked: bool
    symbol: str = ""


@dataclass(frozen=True)
class Problem:
    """One line of the error summary: what to do, and the control that it leads to."""

    control: str
    message: str


@dataclass(frozen=True)
class Told:
    """One published figure, ready to read."""

    value: str
    label: str


@dataclass(frozen=True)
class Question:
    """One item as it stands on the page."""

    name: str
    control: str
    label: str
    hints: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    input_type: str = "text"
    input_mode: str = ""
    value: str = ""
    longest: int | None = None

    @property
    def first_control(self) -> str:
        """Where a link from the error summary leads."""
        return self.choices[0].id if self.choices else self.name

    @property
    def texts(self) -> tuple[str, ...]:
        """What is read out of it: the question, what explains it, the answers."""
        return (self.label, *self.hints, *(choice.label for choice in self.choices))

    @property
    def described_by(self) -> str:
        """The ids of hints and errors, for people who hear the page."""
        hints = [f"{self.name}-hint-{place}" for place in range(1, len(self.hints) + 1)]
        return " ".join(hints + [f"{self.name}-error-{place}" for place in range(1, len(self.errors) + 1)])


def question(visit: Visit, item: Item, words: Words, said: Mapping[str, Any], errors: Sequence[str] = ()) -> Question:
    """One item with what was said so far (``said``: answers, or after an error the characters that came)."""
    label, hint = (_text(visit, texts) for texts in (item.labels, item.hints))
    common: dict[str, Any] = {"name": item.name, "label": label, "errors": tuple(errors)}
    value = said.get(item.name, None if errors else item.default)
    hints = [hint] if hint else []
    if item.kind in {"select_one", "select_multiple", "acknowledge"} or _as_rows(item):
        several = item.kind == "select_multiple"
        hints += [words["question.several"]] if several else []
        kind = "checkbox" if several or item.kind == "acknowledge" else "radio"
        choices = _choices(visit, item, value)
        return Question(control="choices", hints=tuple(hints), choices=choices, input_type=kind, **common)
    if item.kind == "note":
        return Question(control="note", hints=tuple(hints), **common)
    if item.kind == "text":
        longest = item.bytes_allowed
        return Question(control="textarea", hints=tuple(hints), value=_shown(value), longest=longest, **common)
    own_hint = words["question.date" if item.kind == "date" else "question.number"]
    mode = {"integer": "numeric", "decimal": "decimal", "range": "decimal"}.get(item.kind, "")
    return Question(control="input", hints=(*hints, own_hint), input_mode=mode, value=_shown(value), **common)


def _shown(value: Any) -> str:
    return "" if value is None else str(value)


def _text(visit: Visit, texts: Mapping[str, str]) -> str:
    return in_language(texts, visit.language, visit.instrument.default_language)


def _as_rows(item: Item) -> bool:
    return 0 < len(steps(item)) <= STEPS_AS_CHOICES


def _choices(visit: Visit, item: Item, value: Any) -> tuple[Choice, ...]:
    if item.kind == "acknowledge":
        label = _text(visit, item.labels)
        return (Choice(TICKED, label, f"{item.name}-1", checked=bool(value)),)
    chosen = {str(each) for each in value} if isinstance(value, tuple | list) else {_shown(value)}
    if item.kind == "range":
        rows = [(str(step), str(step)) for step in steps(item)]
    else:
        offered = options(item, seen(visit.instrument, visit.answers), visit.seed)
        rows = [(option.code, _text(visit, option.labels)) for option in offered]
    easy = visit.language == EASY_READ
    return tuple(
        Choice(code, label, f"{item.name}-{place}", code in chosen, symbol_of(item.name, code) if easy else "")
        for place, (code, label) in enumerate(rows, start=1)
    )


def page_questions(
    visit: Visit, page: Page, words: Words, said: Mapping[str, Any], errors: Mapping[str, Sequence[str]]
) -> tuple[Question, ...]:
    """The items of a page that are asked now."""
    items = asked(visit.instrument, page, visit.answers)
    return tuple(question(visit, item, words, said, errors.get(item.name, ())) for item in items)


def fitting(lines: Sequence[SupportLine], answers: Mapping[str, Answer]) -> tuple[SupportLine, ...]:
    """The support lines that somebody has checked: those for this kind of crime first, then those for everyone.

    Before the kind of crime is known, all of them.
    """
    checked = [line for line in lines if line.verified_on is not None]
    crime = answers.get(CRIME_ITEM)
    said = set(crime) if isinstance(crime, tuple) else {crime}
    close = [line for line in checked if said.intersection(line.crimes)]
    if not close:
        return tuple(checked)
    return (*close, *(line for line in checked if not line.crimes))


def time_left(visit: Visit, page: Page, words: Words) -> str:
    """An honest word on how long it takes: up to the choice page within the core, else to the end. Never a bar."""
    names = visit.way
    here, choice = names.index(page.name), visit.instrument.choice_page
    end = names.index(choice.name) if choice is not None and choice.name in names else len(names)
    pages_left = (end if here < end else len(names)) - here
    return "" if here == end else time_for(pages_left, words)


def time_for(pages_left: int, words: Words) -> str:
    """In words, how long so many pages take; nothing for none."""
    if not pages_left:
        return ""
    minutes = round(pages_left * _SECONDS_A_PAGE / 60)
    if minutes > 1:
        return words["left.minutes"].replace("{minutes}", str(minutes))
    return words["left.minute" if minutes else "left.less"]


def figures(parts: Parts, language: str) -> tuple[Told, ...]:
    """What came of it so far, from the signed notices; nothing where none have come."""
    notices, words = parts.notices(), words_of(parts, language)
    if notices is None:
        return ()
    return tuple(
        Told(_whole_number(figure.value, language), words.get(f"figure.{figure.label}", figure.label))
        for figure in notices.figures
    )


def _whole_number(value: int, language: str) -> str:
    try:
        return str(format_decimal(value, locale=Locale.parse(tag(language), sep="-")))
    except (ValueError, UnknownLocaleError):
        return str(value)


def words_of(parts: Parts, language: str) -> Words:
    """The words around the questions in this language; English where there are none."""
    return parts.words.get(language, parts.words[ENGLISH])


def render(
    parts: Parts, template: str, ready: Ready | None, visit: Visit | None = None, language: str = "", **more: Any
) -> str:
    """One page, with the furniture that every page has; in the visit's language where no other was asked for."""
    keys = parts.keys()
    language = language or (visit.language if visit else ready.instrument.default_language if ready else ENGLISH)
    return render_template(
        template,
        language=language,
        tag=tag(language),
        direction=direction(language),
        words=words_of(parts, language),
        mode=parts.mode,
        place=ready.place if ready else None,
        outside=keys.neutral_address if keys and not parts.on_tablet else "",
        made_up=keys is not None and keys.made_up,
        csrf_token=csrf_token(visit.token) if visit and visit.token else "",
        takes_codes=parts.codes is not None,
        code=visit.code if visit else "",
        # What is filed cannot be found again, so a finished visit's button must not promise to delete it.
        deletes=visit is None or visit.outcome is None,
        # Where nothing can be asked, no language can be chosen.
        several=ready is not None and visit is not None and len(offered(visit.instrument, parts.words)) > 1,
        easy=language == EASY_READ,
        read=read_out(parts, template, words_of(parts, language), language, more),
        **more,
    )


def page_heading(visit: Visit, page: Page, questions: Sequence[Question]) -> str:
    """The heading of a page with several items; a single question is its own heading."""
    return _text(visit, page.labels) if len(questions) != 1 else ""
