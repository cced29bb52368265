"""Hierarchies: how the answers of a key are told ever more coarsely, each level in terms of the one before.

Since a level only ever groups what the level before told apart, none can tell more than a finer one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from calendar import month_name
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from export.custodian.recipe import HierarchySpec, LevelSpec
from survey.reference import Areas

KINDS = {"counter": "A police front counter", "hub": "A support hub", "line": "A telephone line"}
_SPAN = re.compile(r"([0-9]{4})-(?:([0-9]{2})|Q([1-4])|H([12]))")
_MONTHS_A_QUARTER, _MONTHS_A_HALF = 3, 6
_WHOLE = re.compile(r"-?[0-9]{1,9}")

_Step = Callable[[str], str]


@dataclass(frozen=True)
class Level:
    """One step of a hierarchy: what each value as answered is told as. One that is not listed stays as it is."""

    name: str
    told_as: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    def values(self, answered: Sequence[str]) -> tuple[str, ...]:
        """The values as told, each once, in the order of those that they stand for."""
        return tuple(dict.fromkeys(self.told_as.get(value, value) for value in answered))


@dataclass(frozen=True)
class Hierarchy:
    """A key and its levels, finest first."""

    variable: str
    levels: tuple[Level, ...]

    def level(self, name: str) -> Level:
        """The level of that name; the coarsest where a later version no longer has it, which tells less, never more."""
        return next((level for level in self.levels if level.name == name), self.levels[-1])


def hierarchy(spec: HierarchySpec, values: Sequence[str], areas: Areas, kinds: Mapping[str, str]) -> Hierarchy:
    """The levels of a recipe laid over the values that a column has, from the finest at which it may be told.

    Args:
        spec: of the recipe.
        values: as answered.
        areas: how boroughs lie in police areas.
        kinds: place code -> kind.
    """
    told: dict[str, str] = {value: value for value in values}
    levels = [Level(spec.finest)]
    for one in spec.levels:
        step, labels = coarser(one, areas, kinds)
        told = {value: step(before) for value, before in told.items()}
        levels.append(Level(one.name, told, labels))
    finest = max(place for place, level in enumerate(levels) if level.name == spec.finest)
    return Hierarchy(spec.variable, tuple(levels[finest:]))


def coarser(spec: LevelSpec, areas: Areas, kinds: Mapping[str, str]) -> tuple[_Step, Mapping[str, str]]:
    """What a level tells each value of the level before as, and the labels of what it tells."""
    if spec.by == "kind":
        return lambda value: kinds.get(value, value), {**KINDS, **spec.labels}
    if spec.by == "police area":
        return lambda value: areas.area_of.get(value, value), {**areas.labels, **spec.labels}
    if spec.by is not None:
        return _SPANS[spec.by], spec.labels
    if spec.bands:
        return _banded(spec.bands), spec.labels
    told = {code: coarse for coarse, codes in spec.groups.items() for code in codes}
    return lambda value: told.get(value, value if spec.rest is None else spec.rest), spec.labels


def in_words(span: str) -> str:
    """``2026-Q4``: October to December 2026."""
    found = _SPAN.fullmatch(span)
    if found is None:
        return "Not known" if span == "unknown" else span
    year, month, quarter, half = found.groups()
    months = _MONTHS_A_QUARTER if quarter else _MONTHS_A_HALF
    last = int(month or 0) or int(quarter or half) * months
    first = "" if month else f"{month_name[last - months + 1]} to "
    return f"{first}{month_name[last]} {year}"


def _span(letter: str, months: int) -> _Step:
    def step(value: str) -> str:
        found = _SPAN.fullmatch(value)
        if found is None:
            return value
        year, month, quarter, half = found.groups()
        first = int(month or 0) or int(quarter or 0) * _MONTHS_A_QUARTER or int(half) * _MONTHS_A_HALF
        return f"{year}-{letter}{(first - 1) // months + 1}" if months < 12 else year

    return step


_SPANS: Mapping[str, _Step] = {
    "quarter": _span("Q", _MONTHS_A_QUARTER),
    "half-year": _span("H", _MONTHS_A_HALF),
    "year": _span("", 12),
}


def _banded(lows: Sequence[int]) -> _Step:
    """``16 to 24`` and so on; ``under 16`` and ``65 or over`` at the ends; what is no whole number stays as it is."""

    def step(value: str) -> str:
        if not _WHOLE.fullmatch(value):
            return value
        band = bisect_right(lows, int(value))
        if band == 0:
            return f"under {lows[0]}"
        return f"{lows[-1]} or over" if band == len(lows) else f"{lows[band - 1]} to {lows[band] - 1}"

    return step
