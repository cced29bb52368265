"""Every figure that the listed tables hold, counted exactly and with its cell key, before anything is protected.

A *figure* is the number of responses of one mode, area and category that gave one answer, or any (its *base*), but for
answers that stand outside the base: of those nothing is counted. It is counted for all of them, and again without
those that came by an open door or suspiciously quickly; and, to judge by and never to tell, without those of an open
door only. Modes are never added up. Totals are counted like any other figure: whoever publishes sums of moved figures
undoes the moving.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from export.custodian.cellkeys import KEYS
from export.custodian.table import COUNTS, FIRST_VALUE

TOTAL, UNKNOWN = 0, 1
"""In a figure's address: every value; or not asked, not answered."""
EVERYBODY, SURE, COUNTING = 0, 1, 2
"""Populations: all responses; those by tablet or one-time code that were not suspiciously quick; those by tablet or
one-time code, which thresholds are judged by and which are never told."""
SURE_ROW, KEY = "_sure", "_key"
WHERE = ("measure", "mode", "level", "area", "by", "category", "population")
ADDRESS = (*WHERE, "answer")
_KINDS = 3
"""Of responses: open door; quick; neither."""


@dataclass(frozen=True)
class Level:
    """A level of geography: its name, and the area at this level that each code of the finest lies in."""

    name: str
    area_of: Mapping[int, int]


@dataclass(frozen=True)
class Listed:
    """One table: a measure, by the categories of another column or by none, for every area of some levels."""

    measure: str
    by: str | None
    levels: tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """The tables of a series, which stay as they are: two ways of cutting the same answers could be subtracted.

    Attributes:
        codes: column -> its codes from 3 on, in order; of every measure, every breakdown and ``mode``.
        listed: the tables.
        area: the column of the finest areas.
        levels: of geography, from coarse to fine, each made of whole areas of the next.
        groups: column -> code of a group, above its codes -> the answers that are told together too.
        off_base: column -> the codes of answers that no figure counts.
    """

    codes: Mapping[str, tuple[int, ...]]
    listed: tuple[Listed, ...]
    area: str
    levels: tuple[Level, ...]
    groups: Mapping[str, Mapping[int, tuple[int, ...]]] = field(default_factory=dict)
    off_base: Mapping[str, frozenset[int]] = field(default_factory=dict)

    @cached_property
    def measures(self) -> tuple[str, ...]:
        """The measured columns in order; a figure's address says which by its place."""
        return tuple(dict.fromkeys(one.measure for one in self.listed))

    @cached_property
    def breakdowns(self) -> tuple[str | None, ...]:
        """The columns of the categories; the first place is that of no breakdown."""
        return (None, *dict.fromkeys(one.by for one in self.listed if one.by))

    def answers(self, measure: str) -> list[int]:
        """The codes of what is told of a measure: its base, each answer in it, and those that are told together."""
        return [TOTAL, *self.in_base(measure), *self.groups.get(measure, {})]

    def in_base(self, measure: str) -> tuple[int, ...]:
        """The codes of the answers that a measure's base is made of."""
        outside = self.off_base.get(measure, frozenset())
        return tuple(code for code in self.codes[measure] if code not in outside)

    def areas(self, level: int) -> list[int]:
        """The codes of a level's areas."""
        return sorted({UNKNOWN, *self.levels[level].area_of.values()})

    def categories(self, by: int) -> list[int]:
        """The codes of a breakdown's categories, the total first."""
        column = self.breakdowns[by]
        return [TOTAL] if column is None else [TOTAL, UNKNOWN, *self.codes[column]]


def counted(frame: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """The figures that are not empty.

    Args:
        frame: the plan's columns and ``mode`` as codes, ``_counts`` (not open-door), ``_sure`` (not quick either),
            ``_key`` (of ``cellkeys.record_keys``).
        plan: what to count.

    Returns:
        One row a figure: its address, ``n`` (responses), ``people`` (the sum of their keys, the same for the same
        people only) and ``key`` (the last twelve bits of it, 0 to 4,095).
    """
    tables = [(one, plan.breakdowns.index(one.by)) for one in plan.listed]
    rows = frame.select(
        pl.col(*plan.measures).cast(pl.Int64),
        pl.col(KEY).cast(pl.Int64),
        **{_row(by, max(one.levels)): _place(plan, by, max(one.levels)) for one, by in tables},
    )
    leaves = pl.collect_all([_leaves(rows, plan, one, by) for one, by in tables])
    parts = [
        _for_areas(found, plan, one.levels).with_columns(
            measure=pl.lit(plan.measures.index(one.measure), pl.Int64), by=pl.lit(by, pl.Int64)
        )
        for found, (one, by) in zip(leaves, tables, strict=True)
    ]
    return _with_totals(_with_groups(pl.concat(parts), plan))


def _row(by: int, level: int) -> str:
    return f"_row {by} {level}"


def _place(plan: Plan, by: int, level: int) -> pl.Expr:
    """Mode, area, kind of response and category as one number: grouping by one is several times faster than by four."""
    lies_in, column = plan.levels[level].area_of, plan.breakdowns[by]
    area = pl.col(plan.area).cast(pl.Int64).replace_strict(lies_in, default=UNKNOWN, return_dtype=pl.Int64)
    kind = pl.col(COUNTS).cast(pl.Int64) + pl.col(SURE_ROW).cast(pl.Int64)  # who is sure counts, too
    place = (pl.col("mode").cast(pl.Int64) * _size(plan.areas(level)) + area) * _KINDS + kind
    code = pl.col(column).cast(pl.Int64) if column else pl.lit(TOTAL, pl.Int64)
    category = pl.when(code < FIRST_VALUE).then(UNKNOWN).otherwise(code) if column else code
    return place * _size(plan.categories(by)) + category


def _size(codes: Sequence[int]) -> int:
    return max(codes) + 1


def _leaves(rows: pl.DataFrame, plan: Plan, one: Listed, by: int) -> pl.LazyFrame:
    """The smallest cells of one table."""
    answers, categories = _size(plan.codes[one.measure]), _size(plan.categories(by))
    areas = _size(plan.areas(max(one.levels)))
    answered = rows.lazy().filter(pl.col(one.measure).is_in(plan.in_base(one.measure)))
    cells = answered.select(KEY, cell=pl.col(_row(by, max(one.levels))) * answers + pl.col(one.measure))
    grouped = cells.group_by("cell").agg(n=pl.len().cast(pl.Int64), people=pl.col(KEY).sum())
    row, place = pl.col("cell") // answers, pl.col("cell") // (answers * categories)
    return grouped.select(
        "n", "people", mode=place // (_KINDS * areas), area=place // _KINDS % areas, kind=place % _KINDS,
        category=row % categories, answer=pl.col("cell") % answers,
    )  # fmt: skip


def _for_areas(leaves: pl.DataFrame, plan: Plan, levels: Sequence[int]) -> pl.DataFrame:
    finest = plan.levels[max(levels)].area_of
    told = []
    for level in levels:
        coarser = {finest[code]: area for code, area in plan.levels[level].area_of.items()}
        area = pl.col("area").replace_strict(coarser, default=UNKNOWN, return_dtype=pl.Int64)
        told.append(leaves.with_columns(level=pl.lit(level, pl.Int64), area=area))
    return _summed(pl.concat(told), ["mode", "level", "area", "kind", "category", "answer"])


def _with_groups(leaves: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Every answer, and the bases and the groups that it is told in."""
    told = [leaves, leaves.with_columns(answer=pl.lit(TOTAL, pl.Int64))]
    for measure, groups in plan.groups.items():
        of_measure = leaves.filter(pl.col("measure") == plan.measures.index(measure))
        for code, answers in groups.items():
            together = of_measure.filter(pl.col("answer").is_in(list(answers)))
            told.append(together.with_columns(answer=pl.lit(code, pl.Int64)))
    return pl.concat(told)


def _with_totals(with_bases: pl.DataFrame) -> pl.DataFrame:
    """Totals beside categories, each population beside the others; each figure once."""
    split = with_bases.filter(pl.col("by") > 0)
    total = split.with_columns(category=pl.lit(TOTAL, pl.Int64))
    by_kind = pl.concat([_summed(one, [*ADDRESS[:-2], "answer", "kind"]) for one in (with_bases, total)])
    populations = [
        by_kind.filter(pl.col("kind") >= least).with_columns(population=pl.lit(population, pl.Int64))
        for least, population in enumerate((EVERYBODY, COUNTING, SURE))
    ]
    figures = _summed(pl.concat(populations), ADDRESS)
    # A total is the same whatever it is the total of, and has the same key: it is one figure.
    told = figures.with_columns(by=pl.when(pl.col("category") == TOTAL).then(0).otherwise(pl.col("by")))
    return told.with_columns(key=pl.col("people") % KEYS).unique(ADDRESS).sort(ADDRESS)


def _summed(cells: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    return cells.group_by(list(names)).agg(pl.col("n").sum(), pl.col("people").sum())
