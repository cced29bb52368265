"""Figures for everybody beside those without open-door and quick responses: two where they differ by enough, else one.

Each of the two is safe by itself and an interval of their difference is wide, but a small difference says how likely
it is that only one or two people came so: read for 'one or two', it was right in 77 of 100 figures where guessing got
60. So where the bases, as told, lie nearer together than moving or rounding alone can bring about, everybody's row is
told as the other: that one nobody can forge. This looks at nothing but what would be told otherwise, and so tells less.
"""

from __future__ import annotations

import polars as pl

from export.custodian.cube import ADDRESS, EVERYBODY, SURE, TOTAL, WHERE
from export.custodian.protection import SHOWN, SMALL, Rules

APART = "apart"
_ROW = [name for name in WHERE if name != "population"]
_FIGURE = [name for name in ADDRESS if name != "population"]
_TOLD = ("told", "held", "base", "percent", "small", "blank")


def told_apart(figures: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """The same figures; ``apart`` says of each row whether the two are told apart in it.

    Where the row without open-door and quick responses is too small to have answers, its base is held back instead.

    Args:
        figures: of ``blanks.closed_over``.
        rules: how they were protected.
    """
    sure = figures.filter(population=SURE).select(*_FIGURE, *(pl.col(name).alias(f"{name} sure") for name in _TOLD))
    beside = figures.join(_near(figures, rules), on=_ROW, how="left", maintain_order="left").join(
        sure, on=_FIGURE, how="left", maintain_order="left"
    )
    near, everybody = pl.col("near").fill_null(value=False), pl.col("population") == EVERYBODY
    weak = pl.col("base sure row") < rules.hidden_below
    told = beside.with_columns(
        *(pl.when(near & ~weak & everybody).then(pl.col(f"{name} sure")).otherwise(name).alias(name) for name in _TOLD),
        (~near).alias(APART),
    )
    hidden = near & weak & ~everybody & (pl.col("held") == SHOWN)
    return told.with_columns(
        pl.when(hidden).then(pl.lit(SMALL)).otherwise("held").alias("held"),
        *(pl.when(~(near & weak & ~everybody)).then(name).alias(name) for name in ("told", "base", "percent")),
    ).select(*figures.columns, APART)


def _near(figures: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """The rows of which both bases are told, and whether they are near each other."""
    bases = figures.filter(pl.col("answer") == TOTAL, pl.col("held") == SHOWN)
    all_of_them, sure = (
        bases.filter(population=population).select(*_ROW, pl.col("told").alias(name))
        for population, name in ((EVERYBODY, "base all row"), (SURE, "base sure row"))
    )
    return all_of_them.join(sure, on=_ROW).with_columns(
        near=pl.col("base all row") - pl.col("base sure row") < rules.apart
    )
