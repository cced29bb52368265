"""Which smallest cells each figure of one measure and mode is the sum of, over all tables that tell that measure.

A table's smallest cells are told apart by its finest areas, both kinds of response, its categories and its answers.
Two tables of the same measure count the same people: where one is summed over its categories, so is the other, and
both sums are equal. An attacker uses that, so it stands among what is said.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from export.custodian.attacker import Said
from export.custodian.cube import EVERYBODY, TOTAL, UNKNOWN, Listed, Plan

Figure = tuple[int, int, int, int, int, int]
"""Level, area, by, category, population, answer."""


@dataclass(frozen=True)
class _Table:
    """One table's cells: numbers from ``first`` on."""

    first: int
    by: int
    levels: tuple[int, ...]
    areas: tuple[int, ...]
    categories: tuple[int, ...]
    answers: tuple[int, ...]
    groups: Mapping[int, tuple[int, ...]]

    @property
    def size(self) -> int:
        return len(self.areas) * 2 * len(self.categories) * len(self.answers)

    def cells(self, areas: Sequence[int], sure: Sequence[int], category: int, answer: int) -> tuple[int, ...]:
        """The cells of areas (by place) and kinds of response, of a category or all; of one answer, some or all."""
        wide, deep = len(self.categories), len(self.answers)
        categories = range(wide) if category == TOTAL else [self.categories.index(category)]
        together = self.groups.get(answer, (answer,))
        answers = range(deep) if answer == TOTAL else [self.answers.index(one) for one in together]
        places = itertools.product(areas, sure, categories, answers)
        return tuple(self.first + ((area * 2 + kind) * wide + one) * deep + last for area, kind, one, last in places)


class Linked:
    """The cells of one measure, the same for every mode.

    Attributes:
        count: how many there are.
        answers: the codes of all answers that are told, also of those that are told together.
        groups: the latter's -> the answers in it.
    """

    def __init__(self, plan: Plan, measure: str) -> None:
        self._plan, self._tables, first = plan, list[_Table](), 0
        self.groups, self.answers = plan.groups.get(measure, {}), plan.answers(measure)[1:]
        self._lies_in = {pair: _places(plan, *pair) for pair in itertools.product(range(len(plan.levels)), repeat=2)}
        for one in _needed([one for one in plan.listed if one.measure == measure]):
            table = self._table(one, first)
            self._tables.append(table)
            first = table.first + table.size
        self.count = first

    def sums(self, figure: Figure) -> Iterator[tuple[int, ...]]:
        """The cells that a figure is the sum of, once for each table that holds it."""
        level, area, by, category, population, answer = figure
        sure = (0, 1) if population == EVERYBODY else (1,)
        for table in self._tables:
            if level in table.levels and (by in (table.by, 0)):
                yield table.cells(self._inside(table, level, area), sure, category, answer)

    def between(self, figure: Figure) -> tuple[int, ...]:
        """The cells by which a figure for everybody differs from the one for those who are sure."""
        level, area, by, category, _, answer = figure
        table = next(one for one in self._tables if level in one.levels and by in (one.by, 0))
        return table.cells(self._inside(table, level, area), (0,), category, answer)

    def beyond(self, figure: Figure) -> Iterator[tuple[Figure, tuple[int, ...]]]:
        """Each figure that counts everybody whom this one counts, and the cells by which it counts more."""
        level, area, by, category, population, answer = figure
        table = next(one for one in self._tables if level in one.levels and by in (one.by, 0))
        mine = frozenset(next(self.sums(figure)))
        sides = (
            [(wide, self._around(level, area, wide)) for wide in table.levels if wide <= level],
            {(by, category), (0, TOTAL)},
            {population, EVERYBODY},
            {answer, TOTAL, *(group for group, answers in table.groups.items() if _holds(table, answers, answer))},
        )
        for (wide, around), split, of, told in itertools.product(*sides):
            cells = table.cells(self._inside(table, wide, around), (0, 1) if of == EVERYBODY else (1,), split[1], told)
            more = tuple(cell for cell in cells if cell not in mine)
            if more:
                yield (wide, around, *split, of, told), more

    @property
    def everybody(self) -> tuple[int, ...]:
        """The cells that all who answered are the sum of."""
        first = self._tables[0]
        return tuple(range(first.first, first.first + first.size))

    def everywhere(self, shown: Collection[Figure]) -> Iterator[Said]:
        """What is true whatever is published: the same people have the same sums.

        Answers of which no figure of an area is shown are taken together: where nothing tells them apart, whatever one
        table says of them the other can say too, and programs stay small.
        """
        first, *others = self._tables
        for other in others:
            level = min(max(first.levels), max(other.levels))
            for area, kind in itertools.product(self._plan.areas(level), (0, 1)):
                told = {answer for one, place, *_, answer in shown if self._overlap(level, area, one, place)} - {TOTAL}
                apart = {one for answer in told for one in first.groups.get(answer, (answer,))}
                rest = [answer for answer in first.answers if answer not in apart]
                for answers in [*([answer] for answer in sorted(apart)), rest]:
                    mine, theirs = (
                        tuple(
                            cell
                            for answer in answers
                            for cell in table.cells(self._inside(table, level, area), (kind,), TOTAL, answer)
                        )
                        for table in (first, other)
                    )
                    yield Said(mine, 0, 0, less=theirs)

    def _overlap(self, level: int, area: int, other_level: int, other: int) -> bool:
        fine, coarse = max(level, other_level), min(level, other_level)
        inner, outer = (area, other) if level == fine else (other, area)
        places = self._lies_in[fine, coarse].get(outer, [])
        return self._plan.areas(fine).index(inner) in places

    def _table(self, one: Listed, first: int) -> _Table:
        by = self._plan.breakdowns.index(one.by)
        categories = [code for code in self._plan.categories(by) if one.by is None or code != TOTAL]
        groups = self._plan.groups.get(one.measure, {})
        areas, answers = self._plan.areas(max(one.levels)), self._plan.in_base(one.measure)
        return _Table(first, by, one.levels, tuple(areas), tuple(categories), answers, groups)

    def _around(self, level: int, area: int, wide: int) -> int:
        """The area of a coarser level that this one lies in."""
        (place,) = (at for at, one in enumerate(self._plan.areas(level)) if one == area)
        return next(code for code, places in self._lies_in[level, wide].items() if place in places)

    def _inside(self, table: _Table, level: int, area: int) -> list[int]:
        """The places of a table's finest areas that lie in this area."""
        return self._lies_in[max(table.levels), level].get(area, [])


def _holds(table: _Table, answers: Sequence[int], answer: int) -> bool:
    return answer != TOTAL and set(table.groups.get(answer, (answer,))) <= set(answers)


def _needed(tables: Sequence[Listed]) -> list[Listed]:
    """The tables of a measure without those whose every figure is a total of another."""
    whole = [one for one in tables if one.by is None]
    split = [one for one in tables if one.by is not None]
    return [one for one in whole if not any(set(one.levels) <= set(other.levels) for other in split)] + split


def _places(plan: Plan, fine: int, coarse: int) -> dict[int, list[int]]:
    """Area of the coarse level -> the places, in order, of the areas of the fine level that lie in it."""
    areas, found = plan.areas(fine), dict[int, set[int]]()
    found[UNKNOWN] = {areas.index(UNKNOWN)}
    for code, area in plan.levels[fine].area_of.items():
        found.setdefault(plan.levels[coarse].area_of[code], set()).add(areas.index(area))
    return {area: sorted(places) for area, places in found.items()}
