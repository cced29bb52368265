"""Coarser before blank: keys that have a hierarchy are told less finely until few records stand alone.

The levels are chosen once for a series, by least loss, and kept in the ledger: the same answers released twice at
different levels can be intersected, and the classes then hold fewer people than either release promises.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from export.custodian.table import COUNTS, FIRST_VALUE, Table
from survey.reference import Areas

THRESHOLD = 10
AT_RISK = 0.06
_MONTHS_A_QUARTER, _MONTHS_A_HALF = 3, 6


@dataclass(frozen=True)
class Level:
    """One step of a hierarchy: what each finer value is told as. A value that is not listed stays as it is."""

    name: str
    told_as: Mapping[str, str]
    label: Mapping[str, str]


@dataclass(frozen=True)
class Hierarchy:
    """A key and its levels, finest first; the first level changes nothing."""

    variable: str
    levels: tuple[Level, ...]

    def level(self, name: str) -> Level:
        """The level of that name; the coarsest where a later version no longer has it, which tells less, never more."""
        return next((level for level in self.levels if level.name == name), self.levels[-1])


def months(values: Sequence[str]) -> Hierarchy:
    """Month, quarter, half-year and year for values such as ``2026-11``; ``unknown`` stays unknown."""
    dated = [value for value in values if value != "unknown"]
    spans = (("quarter", "Q", _MONTHS_A_QUARTER), ("half-year", "H", _MONTHS_A_HALF))
    coarser = [
        Level(name, {value: f"{value[:4]}-{letter}{(int(value[5:]) - 1) // size + 1}" for value in dated}, {})
        for name, letter, size in spans
    ]
    return Hierarchy("month", (Level("month", {}, {}), *coarser, Level("year", {v: v[:4] for v in dated}, {})))


def kinds_of_place(kinds: Mapping[str, str]) -> Hierarchy:
    """Place, then kind of place, from place code -> kind."""
    label = {"counter": "A police front counter", "hub": "A support hub", "line": "A telephone line"}
    return Hierarchy("place", (Level("place", {}, {}), Level("kind", dict(kinds), label)))


def areas_of(variable: str, areas: Areas) -> Hierarchy:
    """Borough, police area, London; an answer that is no borough ('prefer not to say') stays as it is."""
    zones = {borough: areas.zone_of[area] for borough, area in areas.area_of.items()}
    return Hierarchy(
        variable,
        (
            Level("borough", {}, {}),
            Level("police area", dict(areas.area_of), dict(areas.labels)),
            Level("zone", zones, dict(areas.labels)),
        ),
    )


def recoded(table: Table, hierarchies: Sequence[Hierarchy], levels: Mapping[str, str]) -> Table:
    """The table with each key told at the named level; keys without a named level stay as they are."""
    frame, values, labels = table.frame, dict(table.values), dict(table.labels)
    for hierarchy in hierarchies:
        if hierarchy.variable not in table.values or hierarchy.variable not in levels:
            continue
        column, level = hierarchy.variable, hierarchy.level(levels[hierarchy.variable])
        told = [level.told_as.get(value, value) for value in values[column]]
        if told == list(values[column]):
            continue
        coarse = sorted(set(told))
        place_of = {value: place for place, value in enumerate(coarse)}
        codes = [*range(FIRST_VALUE), *(FIRST_VALUE + place_of[value] for value in told)]
        by_code = pl.Series(codes, dtype=pl.UInt32)
        frame = frame.with_columns(by_code.gather(frame[column]).alias(column))
        values[column] = tuple(coarse)
        labels[column] = {**labels.get(column, {}), **level.label}
    return replace(table, frame=frame, values=values, labels=labels)


def chosen_levels(table: Table, hierarchies: Sequence[Hierarchy], fixed: Mapping[str, str]) -> dict[str, str]:
    """Levels by key: those that the series is bound to, and for the rest the least loss that leaves few at risk.

    At risk is a record whose class over the recodable keys and the keys by definition holds fewer than the threshold.
    Of all combinations, the least coarse that leaves at most 6 in 100 records at risk is taken; where none does, the
    one that leaves fewest, and of those the least coarse.
    """
    free = [one for one in hierarchies if one.variable in table.values and one.variable not in fixed]
    best: tuple[int, int, tuple[int, ...]] | None = None
    kept = {one.variable: fixed[one.variable] for one in hierarchies if one.variable in fixed}
    names = [one.variable for one in hierarchies if one.variable in table.values]
    for steps in sorted(
        itertools.product(*(range(len(one.levels)) for one in free)), key=lambda steps: (sum(steps), steps)
    ):
        levels = {**kept, **{one.variable: one.levels[step].name for one, step in zip(free, steps, strict=True)}}
        at_risk = _at_risk(recoded(table, hierarchies, levels), names)
        if at_risk <= AT_RISK * table.frame.height:
            return levels
        if best is None or at_risk < best[0]:
            best = (at_risk, sum(steps), steps)
    if best is None:
        return kept
    return {**kept, **{one.variable: one.levels[step].name for one, step in zip(free, best[2], strict=True)}}


def _at_risk(table: Table, recodable: Sequence[str]) -> int:
    keys = list(dict.fromkeys([*table.by_definition, *recodable]))
    classes = table.frame.group_by(keys).agg(pl.col(COUNTS).sum().alias("n"), pl.len().alias("rows"))
    return int(classes.filter(pl.col("n") < THRESHOLD)["rows"].sum())
