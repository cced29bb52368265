"""Classes: records that share what an attacker may know of them; how few a cell of three keys holds; who is alike.

A blank is a value of its own here too. Blanking a key in whole classes only ever merges them, so what is done for the
three-way tables cannot undo what holds for all keys together.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from export.custodian.table import ALIKE, COUNTS, FIRST_VALUE, NOT_ASKED, SUPPRESSED, Table, Variable, dense

_ALIKE = {"no": "No", "yes": "Yes: all in this group gave the same answer to at least one sensitive question"}


@dataclass(frozen=True)
class Key:
    """One thing that an attacker may know: the columns it is read from, and those to blank so that it cannot be.

    Of a ``block`` only what was asked is read, not what was answered.
    """

    name: str
    reads: tuple[str, ...]
    blanks: tuple[str, ...]
    block: bool = False


def three_way_holds(frame: pl.DataFrame, keys: Sequence[Key], least: int) -> bool:
    """Whether each cell of each table of three keys holds so many counting records; of fewer keys, of all there are.

    A cell that is blank in all three tells nothing and is not looked at.
    """
    classes = _cells(frame, keys).group_by(pl.exclude(COUNTS)).agg(pl.col(COUNTS).sum())
    told = (classes.group_by(three).agg(pl.col(COUNTS).sum()).filter(~_all_blank(three)) for three in _threes(keys))
    return all((cells[COUNTS] >= least).all() for cells in told)


def narrowed(frame: pl.DataFrame, keys: Sequence[Key], least: int) -> pl.DataFrame:
    """Blank, class by class, the rarest value in every cell of three keys that holds fewer than ``least`` that count.

    Args:
        frame: records in classes.
        keys: in ascending cost of blanking: of two values as rare the first is blanked.
        least: counting records.
    """
    by_name = {key.name: key for key in keys}
    while True:
        before = frame
        for three in _threes(keys):
            cells = _cells(frame, [by_name[name] for name in three])
            small = (pl.col(COUNTS).sum().over(three) < least) & ~_all_blank(three)
            often = [
                pl.when(pl.col(name) != SUPPRESSED).then(pl.col(COUNTS).sum().over(name)).alias(name) for name in three
            ]
            rarest = cells.select(small.alias("_small"), *often).with_columns(pl.min_horizontal(three).alias("_least"))
            waits = rarest["_small"]
            for name in three:
                hit = waits & (rarest[name] == rarest["_least"]).fill_null(value=False)
                if hit.any():
                    frame = blanked(frame, hit, by_name[name])
                    waits = waits & ~hit
        if frame.equals(before):
            return frame


def blanked(frame: pl.DataFrame, hit: pl.Series, key: Key) -> pl.DataFrame:
    """The records with a key blanked wherever ``hit``, and all that tells of it."""
    return frame.with_columns(
        pl.when(hit).then(pl.lit(SUPPRESSED, dtype=frame.schema[column])).otherwise(pl.col(column)).alias(column)
        for column in key.blanks
    )


def marked_alike(table: Table, class_columns: Sequence[pl.Expr], least: int) -> tuple[Table, dict[str, int]]:
    """The table with a column that marks classes of too little variety, and by sensitive column how many records.

    Distinct l-diversity (Machanavajjhala et al. 2007) over the counting records of a class: what was skipped is an
    answer like others, unless all skipped; who was not asked gave none.
    """
    records = table.frame.select(dense(table.frame.select(class_columns)).alias("_class"), COUNTS)
    marked = pl.repeat(value=False, n=table.frame.height, eager=True, dtype=pl.Boolean)
    alike: dict[str, int] = {}
    for variable in table.variables:
        if variable.sensitive:
            own = _alike(records, table.frame, variable, least)
            alike[variable.columns[0]] = int(own.sum())
            marked = marked | own
    return replace(
        table,
        frame=table.frame.with_columns((marked.cast(pl.UInt8) + FIRST_VALUE).alias(ALIKE)),
        variables=(*table.variables, Variable(ALIKE, (ALIKE,))),
        values={**table.values, ALIKE: tuple(_ALIKE)},
        labels={**table.labels, ALIKE: _ALIKE},
    ), alike


def _alike(records: pl.DataFrame, frame: pl.DataFrame, variable: Variable, least: int) -> pl.Series:
    """Which records stand in a class whose members give fewer than ``least`` different answers to this item."""
    # The first cell may be that of an option which this record's version did not offer.
    said = frame.select(pl.max_horizontal(variable.columns).alias("_said")).to_series()
    cells = records.with_columns(dense(frame.select(variable.columns)).alias("_cell"), said)
    alike = (pl.col("_cell").n_unique() < least) & (pl.col("_said").max() >= FIRST_VALUE)
    gave = pl.col(COUNTS) & ~pl.col("_said").is_in([NOT_ASKED, SUPPRESSED])
    found = cells.filter(gave).group_by("_class").agg(alike.alias("_alike"))
    return records.join(found, on="_class", how="left", maintain_order="left")["_alike"].fill_null(value=False)


def _cells(frame: pl.DataFrame, keys: Sequence[Key]) -> pl.DataFrame:
    """A column a key: a number for what is read of it, ``SUPPRESSED`` where it is blank; and what counts."""
    told = [
        frame.select(
            pl.when(pl.col(key.reads[0]) == SUPPRESSED)
            .then(SUPPRESSED)
            .otherwise(dense(frame.select(key.reads)) + FIRST_VALUE)
            .alias(key.name)
        ).to_series()
        for key in keys
    ]
    return pl.DataFrame([*told, frame[COUNTS]])


def _threes(keys: Sequence[Key]) -> Iterator[tuple[str, ...]]:
    return itertools.combinations([key.name for key in keys], min(3, len(keys)))


def _all_blank(names: Sequence[str]) -> pl.Expr:
    return pl.all_horizontal(pl.lit(value=True), *(pl.col(name) == SUPPRESSED for name in names))
