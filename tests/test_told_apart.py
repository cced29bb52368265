"""Figures for everybody beside those without open-door and quick answers: their difference tells of nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from functools import cache
from itertools import chain
from math import sqrt

import polars as pl
import pytest
from tables_world import NOISE, ROUND, people, tables

from export.custodian.apart import told_apart
from export.custodian.cube import ADDRESS, EVERYBODY, SURE, TOTAL
from export.custodian.rules import SHOWN

BOTH = pytest.mark.parametrize("protection", ["noise", "rounding"])
FIGURE = [name for name in ADDRESS if name != "population"]
EPOCHS = 30


@cache
def epochs(protection: str) -> list[tuple[pl.DataFrame, pl.DataFrame]]:
    """The tables of releases of 200 people each, before and after the two kinds of figures are told apart or not."""
    rules = {"noise": NOISE, "rounding": ROUND}[protection]
    found = [tables(people(seed, 200, first=10_000 * seed), rules) for seed in range(EPOCHS)]
    before = [one.with_columns(blank=pl.lit("")) for one in found]
    return [(one, told_apart(one, rules)) for one in before]


def beside(figures: pl.DataFrame) -> pl.DataFrame:
    """A row for each figure of everybody, with the other's beside it."""
    both = [figures.filter(population=one) for one in (EVERYBODY, SURE)]
    return both[0].join(both[1], on=FIGURE, suffix="_sure").sort(FIGURE)


Reading = tuple[bool, Hashable]
"""Whether one or two came by an open door or quickly; and all that is told of it."""


def read(protection: str, *, after: bool) -> list[list[Reading]]:
    """By epoch, of each figure of which both would be told."""
    told = []
    for one, other in epochs(protection):
        was, now = beside(one), beside(other)
        rows = zip(was["n"] - was["n_sure"], was["told"] - was["told_sure"], now["apart"], strict=True)
        if after:
            differences = [(n, what if apart else "near") for n, what, apart in rows if what is not None]
        else:
            differences = [(n, what) for n, what, _ in rows if what is not None]
        told.append([(n in {1, 2}, what) for n, what in differences])
    return told


def share_right(told: list[list[Reading]]) -> tuple[float, float, float]:
    """How often somebody is right who has seen the truth of every other epoch and says of the rest what was true more
    often where as much was told; how often the better of 'always' and 'never' is; and three standard errors."""
    right = 0
    for known, asked in ((told[::2], told[1::2]), (told[1::2], told[::2])):
        seen = defaultdict[Hashable, list[bool]](list)
        for truth, what in chain.from_iterable(known):
            seen[what].append(truth)
        right += sum(truth == (2 * sum(seen[what]) > len(seen[what])) for truth, what in chain.from_iterable(asked))
    every = [truth for truth, _ in chain.from_iterable(told)]
    ones = sum(every) / len(every)
    return right / len(every), max(ones, 1 - ones), 3 * sqrt(0.25 / len(every))


@BOTH
def test_reading_one_or_two_who_came_by_an_open_door_or_quickly_does_no_better_than_guessing(protection: str) -> None:
    right, guessing, errors = share_right(read(protection, after=True))
    assert right < guessing + errors
    # The same reading where the two always stand beside each other.
    right, guessing, errors = share_right(read(protection, after=False))
    assert right > guessing + errors


@BOTH
def test_where_too_few_came_so_everybodys_row_is_the_one_that_nobody_can_forge(protection: str) -> None:
    near = 0
    for was, now in epochs(protection):
        rows = beside(now).filter(~pl.col("apart"))
        for name in ("told", "held", "base", "percent"):
            assert rows[name].to_list() == rows[f"{name}_sure"].to_list()
        others = [one.filter(population=SURE).drop("apart", strict=False) for one in (was, now)]
        assert others[0].equals(others[1])
        near += rows.height
    assert near > 100


@BOTH
def test_nothing_is_told_that_was_not_told_otherwise(protection: str) -> None:
    lost = told_before = 0
    for was, now in epochs(protection):
        told = [{row[:-1]: row[-1] for row in one.select(*ADDRESS, "told").iter_rows()} for one in (was, now)]
        assert told[0].keys() == told[1].keys()
        for (*where, population, answer), value in told[1].items():
            others = {told[0][*where, one, answer] for one in (population, SURE)}
            assert value is None or value in others
        assert now.filter(pl.col("held") != SHOWN)["told"].null_count() == (now["held"] != SHOWN).sum()
        answers = pl.col("answer") != TOTAL
        count = was.filter(answers)["told"].count()
        told_before, lost = told_before + count, lost + count - now.filter(answers)["told"].count()
    assert lost < told_before / 8, "few answers go with it"
