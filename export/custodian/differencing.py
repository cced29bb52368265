"""What could be learnt by laying one release's records over another's.

Each release alone may hide everybody and their difference nobody: of two that grew by a few, subtracting exposed 70 to
100 in 100 of the new people (notes: measured). A group is exposed where all the records that one release has of it
come again in the other with fewer than ``k`` beside them: what is left over is then those few. Telling it from the
records, not from ids, catches people who came again under other ids, and a ledger that forgot them.

Whoever subtracts two releases of different versions of a questionnaire compares the columns that both have. So the
ledger keeps what records told cell by cell: which columns a later release will share nobody knows when one leaves, and
a hash of all of them fits nothing once one is withheld, added or made a key.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from export.custodian.table import ALIKE, COUNTS, MISSING, NOT_ASKED, SUPPRESSED, Table

_HASH_BYTES = 8
_KEYS = "keys"


@dataclass(frozen=True)
class Exposed:
    """Groups that a difference lays bare, how many counting people stand in them, and how many more would hide them."""

    groups: int
    people: int
    missing: int


@dataclass(frozen=True)
class Contents:
    """What a release told of its counting records.

    Attributes:
        frame: the told text of each cell. A column has its variable's name too: in another version it may be another's.
        keys: the columns of its keys.
    """

    frame: pl.DataFrame
    keys: frozenset[str]

    @classmethod
    def of(cls, table: Table) -> Contents:
        """Of these records, in their order; the mark of groups that are alike tells of others and not of a record."""
        counting = table.frame.filter(pl.col(COUNTS))
        names = {
            column: f"{variable.name}/{column}"
            for variable in table.variables
            for column in variable.columns
            if variable.name != ALIKE
        }
        told = [_told(table, counting[column]).alias(name) for column, name in names.items()]
        keys = (names[column] for variable in table.variables if variable.key for column in variable.columns)
        return cls(pl.DataFrame(told), frozenset(keys))

    def packed(self) -> bytes:
        """As the ledger keeps it: a Parquet file, sorted, so that the order of its rows says nothing."""
        file = io.BytesIO()
        told = self.frame.sort(self.frame.columns)
        told.write_parquet(file, metadata={_KEYS: json.dumps(sorted(self.keys))})
        return file.getvalue()

    @classmethod
    def unpacked(cls, packed: bytes) -> Contents:
        """What ``packed`` made."""
        keys = json.loads(pl.read_parquet_metadata(io.BytesIO(packed))[_KEYS])
        return cls(pl.read_parquet(io.BytesIO(packed)), frozenset(keys))


@dataclass(frozen=True)
class _View:
    """The columns by which two releases are compared, and those of them that make a group."""

    columns: tuple[str, ...]
    keys: frozenset[str]

    def of(self, contents: Contents) -> pl.DataFrame:
        """Each record as one sees it so: a number of its group, and one of its cells.

        Equal where all is equal: the sum of one hash a cell. Whether a question was asked, or is blanked, makes a
        group too; of one with several columns the first says so.
        """
        firsts = {column.partition("/")[0]: column for column in reversed(self.columns)}.values()
        group = record = pl.repeat(0, contents.frame.height, dtype=pl.UInt64, eager=True)
        for column in self.columns:
            cells = contents.frame[column]
            whole = _hashes(column, cells, str)
            record = record + whole
            if column in self.keys:
                group = group + whole
            elif column in firsts:
                group = group + _hashes(column, cells, _asked)
        return pl.DataFrame({"group": group, "record": record})


def exposed(one: Contents, other: Contents, k: int) -> Exposed:
    """What subtracting either of two releases from the other lays bare, by the columns that both have."""
    return max((_exposed(_beside(view, one, other), k) for view in _views(one, other)), key=lambda found: found.people)


def hidden_by(coarser: Contents, finer: Contents, other: Contents, k: int) -> int:
    """How many of the people that the difference of records lays bare would not be, were they told as in ``coarser``.

    Args:
        coarser: the same records in the same order with a key told more coarsely.
        finer: as they are.
        other: another release; as if it had told that key so too.
        k: as in ``exposed``.
    """
    return max(_hidden_by(view, coarser, finer, other, k) for view in _views(finer, other))


def _hidden_by(view: _View, coarser: Contents, finer: Contents, other: Contents, k: int) -> int:
    groups = _beside(view, finer, other)
    lies_in = pl.DataFrame({"group": view.of(finer)["group"], "wider": view.of(coarser)["group"]}).unique()
    together = groups.join(lies_in, on="group").group_by("wider").agg(pl.col("mine", "theirs", "both").sum())
    return _exposed(groups, k).people - _exposed(together, k).people


def _views(one: Contents, other: Contents) -> Iterator[_View]:
    """The ways in which both can be seen; where both have the same keys there is one.

    Where a question is a key of one only, people may be looked for by either's keys, and that question's own column is
    told as it was answered by the one, recoded or blanked by the other: seen without it, records are alike again.
    """
    theirs = set(other.frame.columns)
    columns = tuple(column for column in one.frame.columns if column in theirs)
    views = [_View(columns, side.keys & theirs & set(columns)) for side in (one, other)]
    alike = tuple(column for column in columns if (column in one.keys) == (column in other.keys))
    yield from dict.fromkeys([*views, _View(alike, one.keys & other.keys)])


def _beside(view: _View, one: Contents, other: Contents) -> pl.DataFrame:
    """Each group, with how many of its records are in one, in the other, and in both."""
    mine, theirs = _counted(view.of(one), "mine"), _counted(view.of(other), "theirs")
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


def _told(table: Table, cells: pl.Series) -> pl.Series:
    """The text of each cell, as an enumeration of those that stand: what was blanked is in no list either."""
    texts = [*MISSING, *table.values[cells.name]]
    codes = cells.unique().sort()
    standing = [texts[code] for code in codes]
    kind = pl.Enum(standing)
    return cells.replace_strict(codes, pl.Series(standing, dtype=kind), return_dtype=kind)


def _asked(text: str) -> str:
    return text if text in {MISSING[NOT_ASKED], MISSING[SUPPRESSED]} else ""


def _hashes(column: str, cells: pl.Series, seen_as: Callable[[str], str]) -> pl.Series:
    """One number a cell, of the column's name and what the cell is seen as."""
    texts = cells.unique()
    told = (f"{column}={seen_as(text)}".encode() for text in texts)
    hashes = [int.from_bytes(hashlib.blake2b(one, digest_size=_HASH_BYTES).digest()) for one in told]
    found = cells.replace_strict(texts, pl.Series(hashes, dtype=pl.UInt64), return_dtype=pl.UInt64)
    return found.cast(pl.UInt64)  # where there is no cell it came back as it was


def _counted(records: pl.DataFrame, name: str) -> pl.DataFrame:
    return records.group_by("group", "record").agg(pl.len().cast(pl.Int64).alias(name))
