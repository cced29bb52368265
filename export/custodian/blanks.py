"""What the records leave blank, the tables leave open: nobody who lays one over the other can fill in a blank.

Analysts hold the records, and so count most figures exactly; a table counts people by answers that their records may
have blank. So of every blank each value has to stay possible, the true one and every other: there has to be a whole set
of answers in which it stands there, all that the records tell stands as it is, and every published figure is one that
its count may be told as. Such a set is looked for from the truth on: one blank is filled in otherwise, and where that
moves a count out of what its figure allows, another blank is filled in otherwise too. Since the same people are always
moved alike, two figures that are told otherwise also say that somebody is counted in one of them only: each set has to
leave somebody who may be that. Where none is found, the figure that stands in the way is held back. An attacker is
taken to know more than the records tell: the finest area of everybody whose area is not blank, and who came by an open
door.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import polars as pl

from export.custodian.cube import ADDRESS, EVERYBODY, KEY, SURE, SURE_ROW, TOTAL, UNKNOWN, Listed, Plan
from export.custodian.protection import SHOWN, SMALL, Rules, with_percentages, worth
from export.custodian.table import SKIPPED, SUPPRESSED
from export.custodian.worlds import Address, Filling, Published, Room, Worlds

BLANK = "blank"
_Cells = Mapping[str, int]


def closed_over(
    figures: pl.DataFrame, plan: Plan, rules: Rules, truth: pl.DataFrame, seen: pl.DataFrame
) -> pl.DataFrame:
    """The figures with as many more held back as it takes until no blank of the records can be worked out.

    Args:
        figures: of ``protection.protected``.
        plan: of the tables.
        rules: how they were protected.
        truth: what was counted: the plan's columns, ``mode``, ``_sure`` and ``_key``.
        seen: the same people in the same order as their records tell them; of the plan's columns only blanks are read.

    Returns:
        The same figures; ``blank`` names the column whose blanks a figure would have told of, else it is empty.
    """
    room, published = dict[Address, tuple[int, int]](), dict[Address, Published]()
    shown = figures.filter(pl.col("held") == SHOWN).select(*ADDRESS, "n", "told", "people")
    for *where, n, told, people in shown.iter_rows():
        measure, mode, level, area, by, category, population, answer = where
        figure, (low, high) = (level, area, by, category, population, answer), rules.possible(told)
        room[measure, mode, *figure] = low - n, high - n
        published[measure, mode, *figure] = Published(told, people, worth(told, figure))
    fillings = sorted(_fillings(plan, room, truth, seen), key=lambda one: (one.column, sorted(one.moves.items())))
    held = Worlds(room, published, fillings).in_the_way()
    schema = dict.fromkeys(ADDRESS, pl.Int64) | {BLANK: pl.String}
    found = pl.DataFrame([(*address, column) for address, column in held.items()], schema=schema, orient="row")
    joined = figures.join(found, on=list(ADDRESS), how="left", maintain_order="left")
    small = pl.when(pl.col(BLANK).is_not_null()).then(pl.lit(SMALL)).otherwise("held")
    return with_percentages(joined.with_columns(held=small, blank=pl.col(BLANK).fill_null("")))


class _Figures:
    """Which published figures a person is counted in."""

    def __init__(self, plan: Plan, shown: Room) -> None:
        self._plan, self._shown = plan, shown.keys()
        self._in_base = {measure: frozenset(plan.in_base(measure)) for measure in plan.measures}
        self._together = defaultdict[tuple[str, int], list[int]](list)
        for measure, groups in plan.groups.items():
            for code, answers in groups.items():
                for answer in answers:
                    self._together[measure, answer].append(code)
        self._telling = defaultdict[str, list[Listed]](list)
        for one in plan.listed:
            for column in {one.measure, one.by or one.measure, plan.area}:
                self._telling[column].append(one)

    def of(self, cells: _Cells, column: str) -> set[Address]:
        """Those of the tables that this column matters to."""
        populations = (EVERYBODY, SURE) if cells[SURE_ROW] else (EVERYBODY,)
        found = set[Address]()
        for one in self._telling[column]:
            answer, measure = cells[one.measure], self._plan.measures.index(one.measure)
            if answer not in self._in_base[one.measure]:
                continue
            told = [TOTAL, answer, *self._together[one.measure, answer]]
            groups = {(0, TOTAL)}
            if one.by is not None:
                groups.add((self._plan.breakdowns.index(one.by), max(cells[one.by], UNKNOWN)))
            for level in one.levels:
                area = self._plan.levels[level].area_of.get(cells[self._plan.area], UNKNOWN)
                found |= {
                    (measure, cells["mode"], level, area, *group, population, each)
                    for group in groups for population in populations for each in told
                }  # fmt: skip
        return found & self._shown


def _fillings(plan: Plan, room: Room, truth: pl.DataFrame, seen: pl.DataFrame) -> Iterator[Filling]:
    columns = sorted({plan.area, *plan.measures, *(by for by in plan.breakdowns if by is not None)})
    blank, figures = seen.select(pl.col(columns) == SUPPRESSED), _Figures(plan, room)
    some = blank.select(pl.any_horizontal(columns)).to_series()
    people = truth.select(*columns, "mode", SURE_ROW, KEY).filter(some).iter_rows(named=True)
    values = {column: _values(plan, column) for column in columns}
    for record, (cells, blanks) in enumerate(zip(people, blank.filter(some).iter_rows(named=True), strict=True)):
        for column in (name for name in columns if blanks[name]):
            true = figures.of(cells, column)
            for value in values[column]:
                other = figures.of({**cells, column: value}, column)
                if other != true:
                    moves = dict.fromkeys(true - other, -1) | dict.fromkeys(other - true, 1)
                    tight = frozenset(address for address, by in moves.items() if not room[address][by > 0])
                    yield Filling(record, column, cells[KEY], moves, tight)


def _values(plan: Plan, column: str) -> list[int]:
    """What may stand in a blank: not answered, or any value; of areas that no table tells apart only one."""
    if column != plan.area:
        return [SKIPPED, *plan.codes[column]]
    apart = {tuple(level.area_of[code] for level in plan.levels): code for code in plan.levels[-1].area_of}
    return [SKIPPED, *apart.values()]
