"""Reading a page aloud: which of its texts are spoken, and the sound of them.

Only ever on a press. The request for a sound names texts that stood on the page, carries nothing else, and touches no
visit: it tells the server nothing that the page did not.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, Protocol

from flask import Response, abort, send_file
from markupsafe import Markup

from forms.instrument import Instrument, Item
from survey.clips import Clips, joined, name_of
from survey.languages import Foreign, in_language, tag
from survey.parts import Parts
from survey.places import SupportLine
from survey.words import ENGLISH, Words

_SEPARATOR = "."
_FOR_THE_EYE = dict.fromkeys(range(0x2066, 0x206A))
"""Marks that keep a number's groups in order from right to left (Unicode, isolates): they are not spoken."""

# What has to be pressed is said digit by digit. 55 is an age too: a number to press only beside the one to call.
_TO_CALL = re.compile(r"(?<![\d.,:/])(?:999|101)(?![\d%]|[.,:/]\d)")
_TO_PRESS = re.compile(r"(?<![\d.,:/])55(?![\d%]|[.,:/]\d)")

BEFORE_THE_FIRST = ("promise",)
PROBLEMS = "error.heading"
LINES, NO_LINES = "help.lines", "help.lines.none"
_ON_A_TABLET = frozenset({"thanks.next", NO_LINES})
_AFTER = (
    "thanks.next", NO_LINES, "help.101", "next.heading", *(f"next.{step}" for step in range(1, 6)),
    "rights.heading", "rights.intro", *(f"rights.{right}" for right in range(1, 13)), "rights.ask",
)  # fmt: skip
SPOKEN: Mapping[str, Sequence[str]] = {
    "help.html": (
        "help.heading", "help.now", "help.999", "help.101", LINES, NO_LINES, "help.survey", "help.who", "help.skip",
        "help.age",
    ),
    "thanks.html": ("thanks.heading", "thanks.sealed", *_AFTER),
    "ended.html": ("ended.heading", "ended.text", *_AFTER),
}  # fmt: skip
"""Template -> the places of the words that are read out there, in the order in which they stand; ``LINES`` is the
heading of the support lines, and they follow it. On a page of questions, the questions are read."""


@dataclass(frozen=True)
class Text:
    """One text to be spoken, and what ``lang`` says of it."""

    words: str
    tag: str

    @property
    def name(self) -> str:
        """The name of its clip."""
        return name_of(self.words, self.tag)


@dataclass(frozen=True)
class Aloud:
    """What a page says in this language.

    ``parts``: each is heard whole or not at all: a question with its answers, the support lines, any other text by
    itself. Somebody who hears four of five answers would choose among four. ``asked``: what a page of questions is for.
    """

    language: str
    parts: tuple[tuple[Text, ...], ...]
    asked: frozenset[Text]
    clips: Clips

    @cached_property
    def heard_parts(self) -> Sequence[tuple[Text, ...]]:
        """What clips can say; nothing of a page of questions that says none of its questions, nor only of what is left
        in English on another page."""
        heard = [part for part in self.parts if all(each.name in self.clips for each in part)]
        own = {each for part in self.parts for each in part if each.tag == tag(self.language)}
        return heard if any(map((self.asked or own).intersection, heard)) else ()

    @cached_property
    def heard(self) -> Sequence[Text]:
        """The same, text by text."""
        return [*chain.from_iterable(self.heard_parts)]

    @property
    def names(self) -> str:
        """The names of their clips, joined."""
        return _SEPARATOR.join(each.name for each in self.heard)

    @property
    def by_computer(self) -> bool:
        """Whether any of it is in a computer's voice, as all of it is where there is no clip."""
        return not self.heard or any(self.clips[each.name].by_computer for each in self.heard)


class Spoken(Protocol):
    """A question as it stands on a page."""

    @property
    def texts(self) -> Sequence[str]:
        """What is read out of it, in order."""


def read_out(parts: Parts, template: str, words: Words, language: str, shown: Mapping[str, Any]) -> Aloud | None:
    """How a page can be heard; None where nothing of it is read out. ``shown``: what its template is given."""
    if parts.mode == "assisted":
        return None  # an advocate reads the questions out
    lines = _all_lines(shown.get("lines", ()), words)
    questions: Sequence[Spoken] = shown.get("questions", ())
    said: list[Sequence[str]] = [[words[place]] for place in BEFORE_THE_FIRST if shown.get("first")]
    said += [[words[PROBLEMS]]] if questions and shown.get("problems") else []
    said += [lines if place == LINES else [words[place]] for place in spoken_on(parts, template, shown)]
    asked = [[shown.get("heading", "")], *(question.texts for question in questions)] if questions else []

    def spoken(some: Sequence[Sequence[str]]) -> Iterator[tuple[Text, ...]]:
        return (tuple(as_spoken(text, language) for text in part if text) for part in some if any(part))

    asks = frozenset(chain.from_iterable(spoken(asked)))
    read = Aloud(language, (*spoken(said), *spoken(asked)), asks, parts.clips)
    # A tablet's browser could only speak through a program that writes a log of what it said, and when.
    return None if not read.parts or (parts.on_tablet and not read.names) else read


def spoken_on(parts: Parts, template: str, shown: Mapping[str, Any]) -> Sequence[str]:
    """The places of the words that stand on this page here and are read out."""
    absent = {NO_LINES} if shown.get("lines") else set[str]()
    absent |= set() if parts.on_tablet else _ON_A_TABLET
    return [place for place in SPOKEN.get(template, ()) if place not in absent]


def mark(text: str, read: Aloud | None, question: str = "") -> Markup:
    """The attribute by which a page's script finds a text that is read out, with its clip's name where it is heard.

    A second one says how it is spoken, where that is not as it stands there. ``question``: whose answer it is, where
    another question of the page may have the same.
    """
    if read is None:
        return Markup()
    said, begins = as_spoken(text, read.language), as_spoken(question, read.language) if question else None

    def stands_in(parts: Iterable[Sequence[Text]]) -> bool:
        return any(said in part and begins in {None, part[0]} for part in parts)

    if not stands_in(read.parts):
        return Markup()
    return Markup(' data-clip="{}"').format(said.name if stands_in(read.heard_parts) else "") + mark_said(text)


def mark_said(text: str) -> Markup:
    """The attribute that says how a text is spoken, where that is not as it stands there; also where it has no clip."""
    said = _digits_apart(_for_the_ear(text))
    return Markup(' data-said="{}"').format(said) if said != _for_the_ear(text) else Markup()


def _all_lines(lines: Sequence[SupportLine], words: Words) -> Sequence[str]:
    return [words[LINES], *(text for line in lines for text in line_texts(line))] if lines else []


def line_texts(line: SupportLine) -> Sequence[str]:
    """A support line as it is read out: name and hours in English, as they were checked, the number digit by digit."""
    digits = ", ".join(" ".join(group) for group in line.number.split())
    hours = [Foreign(line.hours, ENGLISH)] if line.hours else []
    return (Foreign(line.name, ENGLISH), digits, *hours)


def as_spoken(text: str, language: str) -> Text:
    """A text with the language that it is in, which need not be its page's."""
    return Text(_digits_apart(_for_the_ear(text)), tag(text.language if isinstance(text, Foreign) else language))


def _for_the_ear(text: str) -> str:
    return str(text).translate(_FOR_THE_EYE)


def _digits_apart(text: str) -> str:
    called = _TO_CALL.sub(_apart, text)
    return text if called == text else _TO_PRESS.sub(_apart, called)


def _apart(number: re.Match[str]) -> str:
    return " ".join(number[0])


def every_text(instrument: Instrument, words: Words, language: str, lines: Sequence[SupportLine]) -> Iterator[Text]:
    """Whatever has a clip in this language: the core and the choice after it, Help with its lines, closing pages."""
    choice = instrument.choice_page
    for item in (each for each in instrument.items() if each.core or (choice and each in choice.items)):
        for text in _texts_of(item, language, instrument.default_language):
            yield as_spoken(text, language)
    for place in (*BEFORE_THE_FIRST, PROBLEMS, *(place for places in SPOKEN.values() for place in places)):
        yield as_spoken(words[place], language)
    for text in _all_lines(lines, words):
        yield as_spoken(text, language)


def _texts_of(item: Item, language: str, default: str) -> Iterator[str]:
    for texts in (item.labels, item.hints, *(option.labels for option in item.options)):
        text = in_language(texts, language, default)
        if text:
            yield text


@dataclass(frozen=True)
class Sounds:
    """The one view: the sound of texts, by the names of their clips."""

    clips: Clips

    def sound(self, names: str) -> Response:
        """Clips end to end; 404 where one is not there. In parts if a player asks so, as some must (RFC 9110, 14)."""
        sound = joined(self.clips, names.split(_SEPARATOR))
        if sound is None:
            abort(404)
        return send_file(io.BytesIO(sound), mimetype="audio/mpeg", conditional=True, etag=False)
