"""What the custodian knows, from every keys file ever signed: the questionnaires and places that a row may speak of.

Checking a response against its questionnaire walks the questionnaire, which costs more than opening the row. But the
walk depends on the few answers that routing looks at, so each way through is walked once and remembered. What is
remembered is only what ``forms`` said; tests/test_opening.py holds the two against each other.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

from forms.fitting import misfit
from forms.instrument import Instrument, Item
from forms.items import CHOICE_KINDS
from forms.logic import Answer, references
from forms.response import Response, UntrustworthyPlaintext, status
from forms.routing import asked, on_path, path
from survey.places import Place

# So that a flood of odd answers cannot fill the memory: beyond it, everything is walked anew.
_MOST_REMEMBERED = 20_000

_Given = tuple[Answer | None, ...]
_K = TypeVar("_K")
_V = TypeVar("_V")


@dataclass(frozen=True, eq=False)
class Way:
    """One way through: the items asked, in order, each with the number of its page. Two are equal if they are one."""

    pages: Mapping[str, int]


class KnownInstrument:
    """An instrument, and the ways through it that were walked already."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self._items = {item.name: item for item in instrument.items() if item.asked}
        self.deciding = tuple(name for name in self._items if name in _deciding(instrument))
        self._filtered = any(item.choice_filter is not None for item in self._items.values())
        self.core = tuple(item.name for item in instrument.core_items())
        self._everything = tuple(page.name for page in instrument.pages)
        self._ways: dict[_Given, Way] = {}
        self._reached: dict[tuple[_Given, tuple[bool, ...]], str] = {}
        self._fitting: set[tuple[str, Answer]] = set()
        self._last: tuple[Mapping[str, Answer], Way] | None = None
        self._last_fitting: Mapping[str, Answer] | None = None

    @property
    def names(self) -> frozenset[str]:
        """Its items and calculations by name."""
        return frozenset({*self._items, *(item.name for item in self.instrument.calculations)})

    def __reduce__(self) -> tuple[type[KnownInstrument], tuple[Instrument]]:
        return type(self), (self.instrument,)

    def way(self, answers: Mapping[str, Answer]) -> Way:
        """The way that these answers lead."""
        if self._last is not None and self._last[0] is answers:
            return self._last[1]
        given = self._given(answers)
        way = self._ways.get(given)
        if way is None:
            way = self._walked({name: answers[name] for name in self.deciding if name in answers})
            remember(self._ways, given, way)
        self._last = answers, way
        return way

    def checked(self, response: Response) -> Response:
        """The same response, judged as ``forms.response.checked`` judges it.

        Raises:
            UntrustworthyPlaintext: what it says cannot be.
        """
        if response.instrument != self.instrument.id or response.language not in self.instrument.languages:
            raise UntrustworthyPlaintext("It names another questionnaire or a language that this one has not.")
        answers = response.answers
        if not answers.keys() <= self.way(answers).pages.keys():
            raise UntrustworthyPlaintext("An answer is off the path of the others.")
        if self._last_fitting is not answers and not self.all_fit(answers):
            raise UntrustworthyPlaintext("An answer is not on its list.")
        if self._filtered and on_path(self.instrument, answers) != answers:
            raise UntrustworthyPlaintext("An answer is off the path of the others.")
        reached = self._how_far(answers)
        if response.status == "started" or reached == "started" or (response.status, reached) == ("complete", "core"):
            raise UntrustworthyPlaintext("It says that more was answered than was.")
        return response

    def all_fit(self, untrusted: Mapping[str, Any]) -> bool:
        """Whether every answer is one of its item's. Lists, as JSON has them, are not: they become tuples first."""
        given = untrusted.items()
        try:
            if not (self._fitting.issuperset(given) or all(itertools.starmap(self._fits, given))):
                return False
        except TypeError:
            return False
        self._last_fitting = untrusted
        return True

    def _given(self, answers: Mapping[str, Answer]) -> _Given:
        return tuple(map(answers.get, self.deciding))

    def _walked(self, answers: Mapping[str, Answer]) -> Way:
        steps = [
            (item.name, number)
            for number, page in enumerate(path(self.instrument, answers))
            for item in asked(self.instrument, page, answers)
            if item.asked
        ]
        return Way(dict(steps))

    def _fits(self, name: str, answer: Answer) -> bool:
        item = self._items.get(name)
        if item is None or misfit(item, answer, item.options):
            return False
        # Choices only: True and 1 are the same to a set, and texts and numbers hardly ever come again.
        if item.kind in CHOICE_KINDS and len(self._fitting) < _MOST_REMEMBERED:
            self._fitting.add((name, answer))
        return True

    def _how_far(self, answers: Mapping[str, Answer]) -> str:
        situation = (self._given(answers), tuple(map(answers.__contains__, self.core)))
        reached = self._reached.get(situation)
        if reached is None:
            reached = status(self.instrument, answers, self._everything, end_reached=True)
            remember(self._reached, situation, reached)
        return reached


def remember(memory: dict[_K, _V], key: _K, value: _V) -> None:
    """Keep what was worked out, within bounds."""
    if len(memory) >= _MOST_REMEMBERED:
        memory.clear()
    memory[key] = value


def made_from(instrument: Instrument, names: Iterable[str]) -> frozenset[str]:
    """These names, and what stands behind those of them that are calculated, however deep."""
    calculations = {item.name: item for item in instrument.calculations}
    found, waiting = set[str](), list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_references(calculations[name]) if name in calculations else ())
    return frozenset(found)


def decided_by(instrument: Instrument) -> dict[str, frozenset[str]]:
    """Item -> the items whose answers decide whether it is asked, and what decides theirs."""
    direct = {
        item.name: made_from(
            instrument,
            (references(page.relevant) if page.relevant else frozenset())
            | (references(item.relevant) if item.relevant else frozenset()),
        )
        for page in instrument.pages
        for item in page.items
    }
    deep: dict[str, frozenset[str]] = {}
    for name, behind in direct.items():
        found, waiting = set[str](), list(behind)
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting.extend(direct.get(one, ()))
        deep[name] = frozenset(found)
    return deep


def _references(item: Item) -> frozenset[str]:
    expressions = (item.calculation, item.relevant)
    return frozenset[str]().union(*(references(one) for one in expressions if one is not None))


def _deciding(instrument: Instrument) -> frozenset[str]:
    return frozenset[str]().union(*decided_by(instrument).values())


@dataclass(frozen=True)
class Known:
    """The questionnaires by digest, newest first, and the places by code.

    ``oldest_first`` has the digests in the order in which they were first signed: an older one may be asked anew.
    """

    instruments: Mapping[str, KnownInstrument]
    places: Mapping[str, Place]
    oldest_first: tuple[str, ...]

    @classmethod
    def of(cls, instruments: Iterable[Instrument], places: Iterable[Place]) -> Known:
        """From newest to oldest: newer texts win; a language or a mode that was ever allowed stays believable."""
        by_digest, first_signed = dict[str, Instrument](), dict[str, int]()
        for back, instrument in enumerate(instruments):
            first_signed[instrument.digest()] = -back
            newer = by_digest.get(instrument.digest(), instrument)
            languages = tuple(dict.fromkeys((*newer.languages, *instrument.languages)))
            by_digest[instrument.digest()] = replace(newer, languages=languages)
        by_code: dict[str, Place] = {}
        for place in places:
            newer_place = by_code.get(place.code, place)
            modes = tuple(dict.fromkeys((*newer_place.modes, *place.modes)))
            kind = newer_place.kind
            allowed = tuple(mode for mode in modes if kind != "counter" or mode != "assisted")
            by_code[place.code] = replace(newer_place, modes=allowed)
        known = {digest: KnownInstrument(one) for digest, one in by_digest.items()}
        return cls(known, by_code, tuple(sorted(first_signed, key=first_signed.__getitem__)))

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """Every language that a response may be in."""
        each = (one.instrument.languages for one in self.instruments.values())
        return tuple(dict.fromkeys(language for languages in each for language in languages))
