"""Coarser before blank: keys that have a hierarchy are told less finely until few records stand alone.

The levels are chosen once for a series, by least loss, and kept in the ledger: the same answers released twice at
different levels can be intersected, and the classes then hold fewer people than either release promises.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from export.custodian.generalising import Hierarchy, Level
from export.custodian.lattice import Node, least
from export.custodian.recipe import Thresholds
from export.custodian.table import COUNTS, FIRST_VALUE, Table, codes_of


def recoded(table: Table, hierarchies: Sequence[Hierarchy], levels: Mapping[str, str]) -> Table:
    """The table with each key told at the named level; keys without a named level stay as they are."""
    frame, values, labels = table.frame, dict(table.values), dict(table.labels)
    for hierarchy in hierarchies:
        column = hierarchy.variable
        if column not in table.values or column not in levels:
            continue
        level = hierarchy.level(levels[column])
        coarse = level.values(values[column])
        if coarse != values[column]:
            codes = _codes(values[column], level.told_as, coarse)
            frame = frame.with_columns(codes.gather(frame[column]).alias(column))
            values[column] = coarse
            labels[column] = {**labels.get(column, {}), **level.labels}
    return replace(table, frame=frame, values=values, labels=labels)


def chosen_levels(
    table: Table, hierarchies: Sequence[Hierarchy], fixed: Mapping[str, str], thresholds: Thresholds
) -> dict[str, str]:
    """Levels by key: those that the series is bound to, and for the rest the least loss that leaves few at risk.

    At risk is a record whose class over the keys by definition and those with a hierarchy holds fewer counting records
    than the threshold. Where even the coarsest levels leave more at risk than the recipe allows, they are taken: too
    few have answered for anything finer. Loss is the share of a key's values that a told value could stand for, over
    the records (normalised certainty penalty; Xu et al. 2006).
    """
    there = [one for one in hierarchies if one.variable in table.values]
    free = [one for one in there if one.variable not in fixed]
    kept = {one.variable: fixed[one.variable] for one in there if one.variable in fixed}
    if not free:
        return kept
    bound = recoded(table, there, kept)
    risk = _Risk(bound, [one.variable for one in there], free, thresholds.k)
    allowed = math.floor(thresholds.at_risk * table.frame.height)
    chosen = least([_losses(bound, one) for one in free], lambda node: risk.records(node) <= allowed)
    return kept | {one.variable: one.levels[step].name for one, step in zip(free, chosen, strict=True)}


class _Risk:
    """How many records stand in too small a class at a node.

    Every combination of the finest cells is one row, numbered so that a node's classes are sums of whole columns: at a
    million combinations a node costs one grouping of one column.
    """

    def __init__(self, table: Table, keys: Sequence[str], free: Sequence[Hierarchy], k: int) -> None:
        self._k = k
        own = [one.variable for one in free]
        others = [name for name in dict.fromkeys([*table.by_definition, *keys]) if name not in own]
        self._finest = (
            table.frame.lazy()
            .group_by([*others, *own])
            .agg(pl.col(COUNTS).sum().cast(pl.UInt32).alias("n"), pl.len().cast(pl.UInt32).alias("rows"))
            .with_columns(pl.struct(others).rank("dense").cast(pl.UInt64).alias("_others") if others else _NOTHING)
            .drop(others)
            .collect()
        )
        self._told: list[tuple[str, list[pl.Series]]] = []
        times = 1 + self._finest.select(pl.col("_others").max()).item() if self._finest.height else 1
        for one in free:
            values = table.values[one.variable]
            self._told.append((one.variable, [_numbers(values, level, times) for level in one.levels]))
            times *= FIRST_VALUE + len(values)

    def records(self, node: Node) -> int:
        """Records at risk when each free key is told at its step of the node."""
        classes = pl.col("_others")
        for (name, levels), step in zip(self._told, node, strict=True):
            classes = classes + pl.lit(levels[step]).gather(pl.col(name))
        sizes = self._finest.lazy().select(classes.alias("class"), "n", "rows").group_by("class").agg(pl.all().sum())
        return int(sizes.filter(pl.col("n") < self._k).select(pl.col("rows").sum()).collect().item())


_NOTHING = pl.lit(0, dtype=pl.UInt64).alias("_others")


def _codes(values: Sequence[str], told_as: Mapping[str, str], coarse: Sequence[str]) -> pl.Series:
    """Code -> code of what it is told as."""
    place_of = {value: place for place, value in enumerate(coarse, FIRST_VALUE)}
    return codes_of(place_of[told_as.get(value, value)] for value in values)


def _numbers(values: Sequence[str], level: Level, times: int) -> pl.Series:
    """Code -> ``times`` the code of what it is told as, wide enough to be added up over the keys."""
    return _codes(values, level.told_as, level.values(values)).cast(pl.UInt64) * times


def _losses(table: Table, hierarchy: Hierarchy) -> list[float]:
    values = table.values[hierarchy.variable]
    answered = table.frame[hierarchy.variable].value_counts()
    often = {values[code - FIRST_VALUE]: n for code, n in answered.iter_rows() if code >= FIRST_VALUE}
    others = max(1, len(values) - 1) * max(1, sum(often.values()))
    losses = []
    for level in hierarchy.levels:
        together = Counter(level.told_as.get(value, value) for value in values)
        losses.append(sum(n * (together[level.told_as.get(value, value)] - 1) for value, n in often.items()) / others)
    return losses
