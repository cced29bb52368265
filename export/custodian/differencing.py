"""What could be learnt by laying one release's records over another's.

Each release alone may hide everybody and their difference nobody: of two that grew by a few, subtracting exposed 70 to
100 in 100 of the new people (notes: measured). A group is exposed where all the records that one release has of it
come again in the other with fewer than ``k`` beside them: what is left over is then those few. Telling it from the
records, not from ids, catches people who came again under other ids, and a ledger that forgot them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from export.custodian.table import ALIKE, COUNTS, MISSING, NOT_ASKED, SUPPRESSED, Table

_HASH_BYTES = 8


@dataclass(frozen=True)
class Exposed:
    """Groups that a difference lays bare, how many counting people stand in them, and how many more would hide them."""

    groups: int
    people: int
    missing: int


def contents(table: Table) -> bytes:
    """``pairs_of`` as the ledger keeps them: 8 bytes each, sorted."""
    return b"".join(sorted(group + record for group, record in pairs_of(table)))


def pairs_of(table: Table) -> list[tuple[bytes, bytes]]:
    """A hash of its group and one of its cells for each counting record.

    A cell that was not asked is left out, so that a release with more questions can be set against one with fewer. So
    is the mark of groups that are alike, which tells of the others in a group and not of a record.
    """
    counting = table.frame.filter(pl.col(COUNTS))
    keys = [column for variable in table.variables if variable.key for column in variable.columns]
    rest = [variable.columns[0] for variable in table.variables if not variable.key and variable.name != ALIKE]
    groups = pl.concat([_texts(table, counting, keys), _asked(counting, rest)], how="horizontal")
    records = _texts(table, counting, [column for column in table.columns if column != ALIKE])
    return list(zip(_hashes(groups), _hashes(records), strict=True))


def exposed(one: bytes, other: bytes, k: int) -> Exposed:
    """What subtracting either of two ``contents`` from the other lays bare."""
    return _exposed(_beside(one, other), k)


def hidden_by(coarser: Table, table: Table, other: bytes, k: int) -> int:
    """How many of the people that the difference of a table lays bare would not be, were it told as in ``coarser``.

    Args:
        coarser: the same records with a key told more coarsely.
        table: as it is.
        other: the ``contents`` of another release; as if it had told that key so too.
        k: as in ``exposed``.
    """
    groups = _beside(contents(table), other)
    finer, wider = ([group for group, _ in pairs_of(one)] for one in (table, coarser))
    lies_in = pl.DataFrame({"group": finer, "wider": wider}, schema={"group": pl.Binary, "wider": pl.Binary}).unique()
    together = groups.join(lies_in, on="group").group_by("wider").agg(pl.col("mine", "theirs", "both").sum())
    return _exposed(groups, k).people - _exposed(together, k).people


def _beside(one: bytes, other: bytes) -> pl.DataFrame:
    """Each group, with how many of its records are in one, in the other, and in both."""
    mine, theirs = _counted(one, "mine"), _counted(other, "theirs")
    return (
        mine.join(theirs, on=["group", "record"], how="full", coalesce=True)
        .with_columns(pl.col("mine", "theirs").fill_null(0))
        .with_columns(pl.min_horizontal("mine", "theirs").alias("both"))
        .group_by("group")
        .agg(pl.col("mine", "theirs", "both").sum())
    )


def _exposed(groups: pl.DataFrame, k: int) -> Exposed:
    left_over = (pl.col("mine") - pl.col("theirs")).abs()
    smaller = pl.min_horizontal("mine", "theirs")
    found = groups.filter((smaller > 0) & (pl.col("both") == smaller) & left_over.is_between(1, k - 1))
    people = int(found.select(left_over.sum()).item())
    return Exposed(found.height, people, found.height * k - people)


def _texts(table: Table, frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    def told(column: str) -> pl.Series:
        cells = [f"{column}={text}\n" for text in (*MISSING, *table.values[column])]
        cells[NOT_ASKED] = ""
        return pl.Series(cells, dtype=pl.String).gather(frame[column]).alias(column)

    return pl.DataFrame([told(column) for column in columns])


def _asked(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Of each column whether it was asked, asked and blanked, or not."""
    return frame.select(
        pl.when(pl.col(column) == NOT_ASKED)
        .then(pl.lit(""))
        .when(pl.col(column) == SUPPRESSED)
        .then(pl.lit(f"{column}={MISSING[SUPPRESSED]}\n"))
        .otherwise(pl.lit(f"{column}\n"))
        .alias(column)
        for column in columns
    )


def _hashes(texts: pl.DataFrame) -> list[bytes]:
    lines = texts.select(pl.concat_str(pl.all())).to_series()
    return [hashlib.blake2b(line.encode(), digest_size=_HASH_BYTES).digest() for line in lines]


def _counted(pairs: bytes, name: str) -> pl.DataFrame:
    width = 2 * _HASH_BYTES
    starts = range(0, len(pairs), width)
    rows = {
        "group": [pairs[start : start + _HASH_BYTES] for start in starts],
        "record": [pairs[start + _HASH_BYTES : start + width] for start in starts],
    }
    frame = pl.DataFrame(rows, schema={"group": pl.Binary, "record": pl.Binary})
    return frame.group_by("group", "record").agg(pl.len().cast(pl.Int64).alias(name))
