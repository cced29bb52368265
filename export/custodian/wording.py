"""The figures of a release in words: one row an answer, the same for the long file and the workbook."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from export.custodian.cube import EVERYBODY, TOTAL, UNKNOWN, Listed
from export.custodian.describing import english
from export.custodian.leaving import Leaving
from export.custodian.records import MODES
from export.custodian.rules import SHOWN
from export.custodian.table import FIRST_VALUE
from export.custodian.telling import Told
from forms.items import Item

EVERYBODY_SAID, SURE_SAID = "All", "Without open links and very quick answers"
NOT_APART = "no figures apart with and without open links and very quick answers: too few came so"
NOT_APART_IN_SOME = (
    "figures apart with and without open links and very quick answers only in some of the releases that are added up"
)
UNKNOWN_SAID, TOTAL_SAID = "Not answered", "All"
ANSWERED, COULD_CHOOSE = "Everybody who answered the question", " and could choose this answer"
_NORMAL = 1.959963984540054
"""The 97.5th percentile of the normal distribution."""


class Coded(NamedTuple):
    """Where a figure stands, in codes: words may be mended, and two questions may have the same.

    Attributes:
        column: the measured one of the records.
        code: of the answer; of several that are told together all in brackets.
        area_code: empty where nobody said.
        by, category_code: the column of the category and its code; ``by`` is empty where there is none, the code also
            where nobody said.
        off_base: the codes of answers that are not counted.
        area_column: the column that says the area; where it happened is another than where somebody lives.
    """

    column: str
    code: str
    area_code: str
    by: str
    category_code: str
    off_base: str
    area_column: str


@dataclass(frozen=True)
class Figure:
    """One answer of one group. Counts are as told; None where ``held`` says why not.

    Attributes:
        question, answer: in English; ``answer`` is None for the base itself.
        mode, level, area, category, responses: whose answers, in words.
        count, base, percent: as they may be told.
        held: shorthand, or empty.
        base_of: who the base is, in words.
        coded: the same in codes, but for mode, level and responses.
        until: the last month that it tells of, where that is an earlier one than its release's; else empty.
        together: where figures with and without open links and quick answers are not told apart, a note that says so.
    """

    question: str
    answer: str | None
    mode: str
    level: str
    area: str
    category: str
    responses: str
    count: int | None
    base: int | None
    percent: int | None
    held: str
    base_of: str
    coded: Coded
    until: str = ""
    together: str = ""


def wilson(count: int, base: int) -> tuple[float, float]:
    """Lower and upper end of the 95% score interval of a share (Wilson 1927). ``count`` is at most ``base``."""
    share, weight = count / base, _NORMAL**2 / base
    middle = (share + weight / 2) / (1 + weight)
    reach = math.sqrt(weight * (share * (1 - share) + weight / 4)) / (1 + weight)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def base_of(outside: Iterable[str], *, offered_to_some: bool) -> str:
    """Who is in a base, in words: everybody who answered and could choose it, but for some answers."""
    left_out, everybody = "; ".join(outside), f"{ANSWERED}{COULD_CHOOSE if offered_to_some else ''}"
    return f"{everybody}, but not: {left_out}" if left_out else everybody


def _worded(item: Item, place: int | None) -> str:
    return english(item.labels) + ("" if place is None else f" - {english(item.options[place].labels)}")


class Wording:
    """Names for the numbers in a figure's address."""

    def __init__(self, leaving: Leaving, told: Told) -> None:
        self._told, self._items = told, {}
        for one in leaving.columns.items:
            for place, column in enumerate(one.variable.columns):
                self._items[column] = one.item, place if len(one.variable.columns) > 1 else None
        self._asked = {column: _worded(*of) for column, of in self._items.items()}
        self._times = Counter(self._asked.values())
        self.offered_to_some = frozenset(
            one.variable.columns[place]
            for one in leaving.columns.items
            for known in leaving.materials.known.instruments.values()
            for place in one.lacking(known.instrument)
        )
        """Columns of options that some were asked without."""

    def of(self, tables: Sequence[Listed]) -> Iterator[Figure]:
        """The figures of these tables, in order of mode, area, category and question."""
        plan, figures = self._told.plan, self._told.figures
        order = ["mode", "level", "area", "by", "category", "measure", "population", "answer"]
        parts = [
            figures.filter(
                pl.col("measure") == plan.measures.index(one.measure),
                pl.col("level").is_in(list(one.levels)),
                # A table by categories begins with their total.
                pl.col("by").is_in([plan.breakdowns.index(one.by), 0]),
            )
            for one in tables
        ]
        for row in pl.concat(parts).unique(order).sort(order).iter_rows(named=True):
            yield self._figure(row)

    def question(self, column: str) -> str:
        """The English question, with the option where several could be chosen; with its column where two are alike."""
        asked = self._asked[column]
        return f"{asked} ({column})" if self._times[asked] > 1 else asked

    def answers(self, column: str) -> list[str]:
        """The English answers in order, then the groups of them that are told together too."""
        return [self._value(column, code) for code in self._told.plan.answers(column)[1:]]

    def outside(self, column: str) -> list[str]:
        """The English answers that no figure of a question counts, in order."""
        return [self._value(column, code) for code in sorted(self._told.plan.off_base.get(column, ()))]

    def _figure(self, row: Mapping[str, int | str | None]) -> Figure:
        plan, number = self._told.plan, {name: int(row[name] or 0) for name in row if isinstance(row[name], int)}
        measure, by, level = plan.measures[number["measure"]], plan.breakdowns[number["by"]], number["level"]
        answer, category = number["answer"], number["category"]
        shown = row["held"] == SHOWN
        return Figure(
            self.question(measure),
            None if answer == TOTAL else self._value(measure, answer),
            MODES[self._told.table.values["mode"][number["mode"] - FIRST_VALUE]],
            plan.levels[level].name,
            self._area(level, number["area"]),
            TOTAL_SAID if by is None else self._value(by, category),
            EVERYBODY_SAID if number["population"] == EVERYBODY else SURE_SAID,
            number["told"] if shown else None,
            number.get("base"),
            number.get("percent"),
            str(row["held"]),
            base_of(self.outside(measure), offered_to_some=measure in self.offered_to_some),
            self._coded(number),
            together="" if row["apart"] else NOT_APART,
        )

    def _coded(self, number: Mapping[str, int]) -> Coded:
        plan, area, category = self._told.plan, number["area"], number["category"]
        measure, by = plan.measures[number["measure"]], plan.breakdowns[number["by"]]
        together = plan.groups.get(measure, {}).get(number["answer"])
        code = "" if number["answer"] == TOTAL else self._codes(measure, together or (number["answer"],))
        return Coded(
            measure,
            f"({code})" if together else code,
            "" if area == UNKNOWN else self._told.areas[number["level"]][area],
            by or "",
            self._codes(by, (category,)) if by is not None and category >= FIRST_VALUE else "",
            self._codes(measure, sorted(plan.off_base.get(measure, ()))),
            plan.area,
        )

    def _codes(self, column: str, codes: Iterable[int]) -> str:
        return " ".join(self._told.table.values[column][code - FIRST_VALUE] for code in codes)

    def _area(self, level: int, code: int) -> str:
        if code == UNKNOWN:
            return UNKNOWN_SAID
        value = self._told.areas[level][code]
        return self._told.labels[level].get(value) or self._labelled(self._told.plan.area, value)

    def _value(self, column: str, code: int) -> str:
        if code < FIRST_VALUE:
            return UNKNOWN_SAID
        if code in self._told.groups.get(column, {}):
            return self._told.groups[column][code]
        return self._labelled(column, self._told.table.values[column][code - FIRST_VALUE])

    def _labelled(self, column: str, value: str) -> str:
        """A value in English, with its code where an answer of another version has the same words."""
        item, place = self._items[column]
        told = {option.code: english(option.labels) for option in item.options} if place is None else {}
        label = self._told.table.labels.get(column, {}).get(value) or told.get(value, value)
        return f"{label} ({value})" if [*told.values()].count(label) > 1 else label
