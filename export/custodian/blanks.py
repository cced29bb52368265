"""What the records leave blank, the tables leave open: nobody who lays one over the other can fill in a blank.

Analysts hold the records, and so count most figures exactly; a table counts people by answers that their records may
have blank. So of every blank each value has to stay possible, the true one and every other: there has to be a whole set
of answers in which it stands there, all that the records tell stands as it is, and every published figure is one that
its count may be told as. Such a set is looked for from the truth on: one blank is filled in otherwise, and where that
moves a count out of what its figure allows, another blank is filled in otherwise too. Since the same people are always
moved alike, two figures that are told otherwise also say that somebody is counted in one of them only: each set has to
leave somebody who may be that. And that a figure is told at all says, by the rules of what is not, that other counts
are not small: so they have to be in each set. Where none is found, the figure that stands in the way is held back. An
attacker is taken to know more than the records tell: the finest area of everybody whose area is not blank, and who came
by an open door.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

import polars as pl

from export.custodian.as_told import AtLeast, as_told
from export.custodian.cube import ADDRESS, COUNTING, EVERYBODY, KEY, SURE, SURE_ROW, TOTAL, UNKNOWN, Listed, Plan
from export.custodian.protection import with_percentages
from export.custodian.rules import SHOWN, SMALL, Rules, worth
from export.custodian.table import COUNTS, SKIPPED, SUPPRESSED
from export.custodian.worlds import MOST_TOGETHER, Address, Filling, Published, Room, Worlds

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
        truth: what was counted: the plan's columns, ``mode``, ``_counts``, ``_sure`` and ``_key``.
        seen: the same people in the same order as their records tell them; of the plan's columns only blanks are read.

    Returns:
        The same figures; ``blank`` names the column whose blanks a figure would have told of, else it is empty.
    """
    room, published = dict[Address, tuple[float, float]](), dict[Address, Published]()
    shown = figures.filter(pl.col("held") == SHOWN).select(*ADDRESS, "n", "told", "people")
    for *where, n, told, people in shown.iter_rows():
        measure, mode, level, area, by, category, population, answer = where
        figure, (low, high) = (level, area, by, category, population, answer), rules.possible(told)
        room[measure, mode, *figure] = low - n, high - n
        published[measure, mode, *figure] = Published(told, people, worth(told, figure))
    tight = list(_tight(figures, published, plan, rules))
    room |= {_name(one): (-more, math.inf) for one, more in tight}
    counting = _Figures(plan, published.keys(), [one for one, _ in tight])
    fillings = sorted(
        _fillings(plan, room, counting, truth, seen), key=lambda one: (one.column, sorted(one.moves.items()))
    )
    held = Worlds(room, published, {_name(one): one.by for one, _ in tight}, fillings).in_the_way()
    schema = dict.fromkeys(ADDRESS, pl.Int64) | {BLANK: pl.String}
    found = pl.DataFrame([(*address, column) for address, column in held.items()], schema=schema, orient="row")
    joined = figures.join(found, on=list(ADDRESS), how="left", maintain_order="left")
    small = pl.when(pl.col(BLANK).is_not_null()).then(pl.lit(SMALL)).otherwise("held")
    return with_percentages(joined.with_columns(held=small, blank=pl.col(BLANK).fill_null("")))


def _tight(
    figures: pl.DataFrame, published: Collection[Address], plan: Plan, rules: Rules
) -> Iterator[tuple[AtLeast, int]]:
    """What is said by figures' being told of counts so small that other blanks could belie it; and how much larger."""
    counts = dict[Address, int]()
    for *where, answer, n, counting in figures.select(*ADDRESS, "n", "counting").iter_rows():
        counts[*where, answer] = n
        counts[*where[:-1], COUNTING, answer] = counting
    for measure, column in enumerate(plan.measures):
        told = (address for address in published if address[0] == measure)
        for one in as_told(told, plan.answers(column)[1:], plan.groups.get(column, {}), rules):
            left_out = 0 if one.other_than == TOTAL else counts[*one.figure[:-1], one.other_than]
            more = counts[one.figure] - left_out - one.least
            if more < MOST_TOGETHER:
                yield one, more


def _name(one: AtLeast) -> Address:
    return (*one.figure, one.other_than, one.least)


class _Figures:
    """Which published figures a person is counted in, and which counts that others' being told says something of."""

    def __init__(self, plan: Plan, shown: AbstractSet[Address], tight: Iterable[AtLeast]) -> None:
        self._plan, self._shown = plan, shown
        self._tight = defaultdict[Address, list[AtLeast]](list)
        for least in tight:
            self._tight[least.figure].append(least)
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
        populations = [EVERYBODY, *([SURE] if cells[SURE_ROW] else []), *([COUNTING] if cells[COUNTS] else [])]
        found = set[Address]()
        for one in self._telling[column]:
            answer, measure = cells[one.measure], self._plan.measures.index(one.measure)
            if answer not in self._in_base[one.measure]:
                continue
            told = [TOTAL, answer, *self._together[one.measure, answer]]
            others = set(self._plan.answers(one.measure)).difference(told)
            groups = {(0, TOTAL)}
            if one.by is not None:
                groups.add((self._plan.breakdowns.index(one.by), max(cells[one.by], UNKNOWN)))
            for level in one.levels:
                area = self._plan.levels[level].area_of.get(cells[self._plan.area], UNKNOWN)
                figures: set[Address] = {
                    (measure, cells["mode"], level, area, *group, population, each)
                    for group in groups for population in populations for each in told
                }  # fmt: skip
                found |= figures & self._shown
                said = itertools.chain.from_iterable(self._tight[figure] for figure in figures & self._tight.keys())
                found |= {_name(least) for least in said if least.other_than in {TOTAL, *others}}
        return found


def _fillings(plan: Plan, room: Room, figures: _Figures, truth: pl.DataFrame, seen: pl.DataFrame) -> Iterator[Filling]:
    columns = sorted({plan.area, *plan.measures, *(by for by in plan.breakdowns if by is not None)})
    blank = seen.select(pl.col(columns) == SUPPRESSED)
    some = blank.select(pl.any_horizontal(columns)).to_series()
    people = truth.select(*columns, "mode", SURE_ROW, COUNTS, KEY).filter(some).iter_rows(named=True)
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
