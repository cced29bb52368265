"""Figures for everybody beside those without open-door and quick responses: two where they differ by enough, else one.

Each of the two is safe by itself and an interval of their difference is wide, but a small difference says how likely
it is that only one or two people came so: read for 'one or two', it was right in 78 of 100 figures where guessing got
61. So where the bases, as told, lie nearer together than moving or rounding alone can bring about, everybody's row is
told as the other: that one nobody can forge. This looks at nothing but what would be told otherwise, and so tells less.
"""

from __future__ import annotations

import polars as pl

from export.custodian.cube import ADDRESS, EVERYBODY, SURE, TOTAL, WHERE
from export.custodian.rules import SHOWN, Rules

APART = "apart"
_ROW = [name for name in WHERE if name != "population"]
_FIGURE = [name for name in ADDRESS if name != "population"]
_TOLD = ("told", "held", "base", "percent", "small", "blank")


def told_apart(figures: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """The same figures; ``apart`` says of each row whether the two are told apart in it.

    Args:
        figures: of ``blanks.closed_over``.
        rules: how they were protected.
    """
    sure = figures.filter(population=SURE).select(*_FIGURE, *(pl.col(name).alias(f"{name} sure") for name in _TOLD))
    beside = figures.join(_near(figures, rules), on=_ROW, how="left", maintain_order="left").join(
        sure, on=_FIGURE, how="left", maintain_order="left"
    )
    near = pl.col("near").fill_null(value=False)
    other = near & (pl.col("population") == EVERYBODY)
    told = [pl.when(other).then(pl.col(f"{name} sure")).otherwise(name).alias(name) for name in _TOLD]
    return beside.with_columns(*told, (~near).alias(APART)).select(*figures.columns, APART)


def _near(figures: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """The rows of which both bases are told, and whether they are near each other."""
    bases = figures.filter(pl.col("answer") == TOTAL, pl.col("held") == SHOWN)
    everybody, sure = (
        bases.filter(population=population).select(*_ROW, pl.col("told").alias(f"of {population}"))
        for population in (EVERYBODY, SURE)
    )
    less = pl.col(f"of {EVERYBODY}") - pl.col(f"of {SURE}")
    return everybody.join(sure, on=_ROW).select(*_ROW, near=less < rules.apart)
