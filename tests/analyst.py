"""Somebody who holds a release's records beside its tables, as an integer program over all that these leave open."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import highspy
import polars as pl

from export.custodian.cube import COUNTING, EVERYBODY, SURE, SURE_ROW, TOTAL, UNKNOWN, Plan
from export.custodian.rules import SHOWN, Rules
from export.custodian.table import COUNTS, FIRST_VALUE, SKIPPED, SUPPRESSED

Cells = Mapping[str, int]


def counted_in(cells: Cells, plan: Plan, address: Mapping[str, int]) -> bool:
    """Whether somebody with these answers is one of those that a figure counts."""
    answer, by = cells[plan.measures[address["measure"]]], plan.breakdowns[address["by"]]
    outside = plan.off_base.get(plan.measures[address["measure"]], frozenset())
    groups = plan.groups.get(plan.measures[address["measure"]], {})
    area = plan.levels[address["level"]].area_of.get(cells[plan.area], UNKNOWN)
    return (
        answer >= FIRST_VALUE
        and answer not in outside
        and (address["answer"] in {TOTAL, answer} or answer in groups.get(address["answer"], ()))
        and cells["mode"] == address["mode"]
        and area == address["area"]
        and (by is None or address["category"] == max(cells[by], UNKNOWN))
        and bool({EVERYBODY: True, SURE: cells[SURE_ROW], COUNTING: cells[COUNTS]}[address["population"]])
    )


def of_their_own(figures: pl.DataFrame) -> pl.DataFrame:
    """The figures of a release without everybody's where these are not told apart from the others beside them."""
    return figures.filter(pl.col("apart") | (pl.col("population") != EVERYBODY))


class Analyst:
    """Has the records, every figure, the p-table and the rules; knows the area of all whose area is not blank.

    Asks of every blank whether each value can still stand in it: an integer program over all blanks of all records, all
    figures at once, so that nothing that follows from them together is missed, nor from the same people being moved
    alike, nor from a figure's being told at all. Who came by an open door is known too.
    """

    def __init__(
        self, plan: Plan, rules: Rules, figures: pl.DataFrame, truth: pl.DataFrame, seen: pl.DataFrame
    ) -> None:
        self.columns = sorted({plan.area, *plan.measures, *(by for by in plan.breakdowns if by)})
        codes = {**plan.codes, plan.area: tuple(plan.levels[-1].area_of)}
        self.values = {name: [SKIPPED, *codes[name]] for name in self.columns}
        self.solver = highspy.Highs()  # type: ignore[no-untyped-call]
        self.solver.setOptionValue("output_flag", False)  # noqa: FBT003 - HiGHS takes its options so
        self.solver.setOptionValue("threads", 1)  # as the attacker's: in one process HiGHS refuses two answers to that
        self.told: list[tuple[int, str, dict[int, list[int]]]] = []
        every = list(self._ways(truth.iter_rows(named=True), seen.iter_rows(named=True)))
        self.solver.addVars(len(every), [0.0] * len(every), [1.0] * len(every))
        for number in range(len(every)):
            self.solver.changeColIntegrality(number, highspy.HighsVarType.kInteger)
        for _, group in itertools.groupby(range(len(every)), key=lambda number: every[number][0]):
            self._between(1, 1, list(group))
        for row in figures.filter(pl.col("held") == SHOWN).iter_rows(named=True):
            low, high = rules.possible(row["told"])
            self._between(low, high, [at for at, (_, cells) in enumerate(every) if counted_in(cells, plan, row)])
            for population in {row["population"], COUNTING if row["population"] == EVERYBODY else SURE}:
                self._told_at_all(every, plan, rules, {**row, "population": population})
        if rules.ptable is not None:
            self._moved_apart(every, plan, list(figures.filter(pl.col("held") == SHOWN).iter_rows(named=True)))

    def _told_at_all(self, every: list[tuple[int, Cells]], plan: Plan, rules: Rules, row: Mapping[str, int]) -> None:
        """A figure is told of enough people; an answer of a base that is not weak, and of which some said otherwise."""
        counted = {at for at, (_, cells) in enumerate(every) if counted_in(cells, plan, row)}
        self._between(rules.possible(rules.threshold)[0], len(every), sorted(counted))
        if row["answer"] == TOTAL:
            return
        base = {at for at, (_, cells) in enumerate(every) if counted_in(cells, plan, {**row, "answer": TOTAL})}
        self._between(rules.possible(rules.hidden_below)[0], len(every), sorted(base))
        for answer in plan.answers(plan.measures[row["measure"]])[1:]:
            same = {at for at in base if counted_in(every[at][1], plan, {**row, "answer": answer})}
            self._between(rules.otherwise, len(every), sorted(base - same))

    def _moved_apart(self, every: list[tuple[int, Cells]], plan: Plan, figures: list[Any]) -> None:
        """The same people are always moved alike: of two figures told otherwise somebody is counted in one only."""
        ways = Counter(record for record, _ in every)
        counted = [{at for at, (_, cells) in enumerate(every) if counted_in(cells, plan, row)} for row in figures]
        sure = [frozenset(at for at in those if ways[every[at][0]] == 1) for those in counted]
        for one, other in itertools.combinations(range(len(figures)), 2):
            if sure[one] == sure[other] and figures[one]["told"] != figures[other]["told"]:
                self._between(1, len(every), sorted(counted[one] ^ counted[other]))

    def _ways(self, truth: Iterator[Any], seen: Iterator[Any]) -> Iterator[tuple[int, Cells]]:
        """Every way in which each record may have been answered; notes which of them put which value in which blank."""
        at = 0
        for record, (true, cells) in enumerate(zip(truth, seen, strict=True)):
            blank = [name for name in self.columns if cells[name] == SUPPRESSED]
            placed: dict[str, dict[int, list[int]]] = {name: {} for name in blank}
            for values in itertools.product(*(self.values[name] for name in blank)):
                for name, value in zip(blank, values, strict=True):
                    placed[name].setdefault(value, []).append(at)
                yield record, {**true, **dict(zip(blank, values, strict=True))}
                at += 1
            self.told += [(record, name, ways) for name, ways in placed.items()]

    def _between(self, low: int, high: int, numbers: list[int]) -> None:
        self.solver.addRow(low, high, len(numbers), numbers, [1.0] * len(numbers))

    def rules_out(self) -> list[tuple[int, str, int]]:
        """Every (record, column, value) that cannot be, though the records alone leave it open."""
        return [
            (record, name, value)
            for record, name, ways in self.told
            for value, numbers in ways.items()
            if not self._can_be(numbers)
        ]

    def _can_be(self, numbers: list[int]) -> bool:
        for at in numbers:
            self.solver.changeColCost(at, 1.0)
        self.solver.changeObjectiveSense(highspy.ObjSense.kMaximize)
        self.solver.run()
        assert self.solver.getModelStatus() == highspy.HighsModelStatus.kOptimal, "the truth itself always can be"
        found = self.solver.getInfo().objective_function_value
        for at in numbers:
            self.solver.changeColCost(at, 0.0)
        return float(found) > 0.5
