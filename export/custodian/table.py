"""Responses as a table: one record a response, one column an item, every cell a small number.

A cell is a code: 0 not asked ``[z]``, 1 skipped ``[x]``, 2 blanked by disclosure control ``[c]`` (the shorthand of the
Government Statistical Service), from 3 on the column's own values. No value can be mistaken for one of the three, and
none starts like a formula. Columns of several questionnaire versions with the same item name are one column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

NOT_ASKED, SKIPPED, SUPPRESSED, FIRST_VALUE = 0, 1, 2, 3
MISSING = ("[z]", "[x]", "[c]")
COUNTS, RESPONSE = "_counts", "_response"
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(e[-+][0-9]+)?")
"""A number, as the text of a cell has it."""
ALIKE, RELEASE, RECIPE = "alike", "release", "recipe"
_BLOCK = 20_000

Cell = int | str
"""A code, or the text of a value whose column has no list of values."""


@dataclass(frozen=True)
class Variable:
    """One thing known of a respondent: a key by definition, an item, or a calculation.

    Attributes:
        name: of the item.
        columns: the columns it is written to: one, or one an option where several could be chosen.
        key: whether somebody who knows the respondent may know it.
        sensitive: whether somebody who finds the respondent would learn what is theirs to tell.
        decided_by: the variables whose answers decide whether this one is asked, and theirs in turn.
        made_from: the variables that it is calculated from or that filter its options, and theirs in turn.
        apart: where several could be chosen, one column for all options that the same versions offer.
    """

    name: str
    columns: tuple[str, ...]
    key: bool = False
    sensitive: bool = False
    decided_by: frozenset[str] = frozenset()
    made_from: frozenset[str] = frozenset()
    apart: tuple[str, ...] = ()

    @property
    def tell_asked(self) -> tuple[str, ...]:
        """The columns in which it shows whether it was asked, and with which options."""
        return self.apart or self.columns[:1]


@dataclass(frozen=True)
class Table:
    """Records by column.

    Attributes:
        frame: the columns of the variables as unsigned codes, as narrow as the values allow, then ``_counts`` (does it
            count towards a threshold) and ``_response`` (the id; never leaves).
        variables: in the order of the columns.
        values: column -> the texts of the codes from 3 on.
        labels: column -> value -> label.
        by_definition: the variables that are keys whatever a questionnaire says.
    """

    frame: pl.DataFrame
    variables: tuple[Variable, ...]
    values: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    by_definition: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """Every column that may be written, in order."""
        return [column for variable in self.variables for column in variable.columns]

    def naming_what_stands(self, gathered: Iterable[str]) -> Table:
        """The same records; a list gathered from answers names only those that a cell still has.

        What was blanked or left out would stand in every file that lists a column's values.
        """
        frame, values = self.frame, dict(self.values)
        for column in gathered:
            codes = frame[column].unique().sort().to_list()
            standing = [code for code in codes if code >= FIRST_VALUE]
            values[column] = tuple(self.values[column][code - FIRST_VALUE] for code in standing)
            place_of = {code: place for place, code in enumerate(standing, FIRST_VALUE)}
            told = codes_of(place_of.get(code, FIRST_VALUE) for code in range(FIRST_VALUE, max([*codes, 0]) + 1))
            frame = frame.with_columns(told.gather(frame[column]).alias(column))
        return replace(self, frame=frame, values=values)


def codes_of(places: Iterable[int]) -> pl.Series:
    """Code -> code, for recoding a column: the missing codes stay, then one code a value."""
    codes = [*range(FIRST_VALUE), *places]
    return pl.Series(codes, dtype=_narrowest(max(codes)))


def _narrowest(values: int) -> type[pl.UInt8 | pl.UInt16 | pl.UInt32]:
    """The narrowest column that holds the codes of so many values: 510 columns of 132,229 records in 67 MB."""
    highest = values + FIRST_VALUE - 1
    return pl.UInt8 if highest < 1 << 8 else pl.UInt16 if highest < 1 << 16 else pl.UInt32


def dense(frame: pl.DataFrame) -> pl.Series:
    """Rows as small numbers, equal where all cells are equal."""
    if frame.width == 1:
        return frame.to_series().cast(pl.UInt32)
    distinct = frame.unique().sort(frame.columns).with_row_index("_number")
    return frame.join(distinct, on=frame.columns, how="left", maintain_order="left", nulls_equal=True)["_number"]


@dataclass(frozen=True)
class Record:
    """One response in the form of the table: a cell for each column, in order."""

    response: bytes
    counts: bool
    cells: tuple[Cell, ...]


class TableBuilder:
    """Takes records one by one and keeps them by column: a million of fifty columns in about 200 MB."""

    def __init__(
        self,
        variables: Sequence[Variable],
        values: Mapping[str, Sequence[str] | None],
        labels: Mapping[str, Mapping[str, str]],
        by_definition: Sequence[str],
    ) -> None:
        """``values`` None: the column's values are gathered as they come."""
        self._variables, self._labels, self._by_definition = tuple(variables), labels, tuple(by_definition)
        self._columns = [column for variable in variables for column in variable.columns]
        self._listed = {column: tuple(listed) for column in self._columns if (listed := values[column]) is not None}
        self._gathered: dict[str, dict[str, int]] = {c: {} for c in self._columns if c not in self._listed}
        self._open = [(place, self._gathered[c]) for place, c in enumerate(self._columns) if c in self._gathered]
        self._waiting: list[tuple[Cell, ...]] = []
        self._about: list[tuple[bool, bytes]] = []
        self._blocks: list[pl.DataFrame] = []

    def add(self, records: Iterable[Record]) -> None:
        """Take records in."""
        for record in records:
            cells = record.cells
            if self._open:
                cells = self._coded(cells)
            self._waiting.append(cells)
            self._about.append((record.counts, record.response))
            if len(self._waiting) >= _BLOCK:
                self._flush()

    def table(self) -> Table:
        """The table of all that was taken in, gathered values sorted."""
        self._flush()
        frame = pl.concat(self._blocks) if self._blocks else self._block()
        values: dict[str, tuple[str, ...]] = dict(self._listed)
        for column, codes in self._gathered.items():
            values[column] = tuple(sorted(codes, key=_as_sorted))
            place_of = {value: place for place, value in enumerate(values[column], FIRST_VALUE)}
            told = codes_of(place_of[value] for value in codes)
            frame = frame.with_columns(told.gather(frame[column]).alias(column))
        return Table(frame, self._variables, values, self._labels, self._by_definition)

    def _coded(self, cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
        coded = list(cells)
        for place, codes in self._open:
            cell = coded[place]
            if isinstance(cell, str):
                coded[place] = codes.setdefault(cell, len(codes) + FIRST_VALUE)
        return tuple(coded)

    def _flush(self) -> None:
        if self._waiting:
            self._blocks.append(self._block())
            self._waiting, self._about = [], []

    def _block(self) -> pl.DataFrame:
        by_column = zip(*self._waiting, strict=True) if self._waiting else ([] for _ in self._columns)
        series = [
            pl.Series(name, cells, dtype=_narrowest(len(self._listed[name])) if name in self._listed else pl.UInt32)
            for name, cells in zip(self._columns, by_column, strict=True)
        ]
        counts = pl.Series(COUNTS, [counts for counts, _ in self._about], dtype=pl.Boolean)
        return pl.DataFrame([*series, counts, pl.Series(RESPONSE, [one for _, one in self._about], dtype=pl.Binary)])


def _as_sorted(value: str) -> tuple[int, float, str]:
    """Numbers by size, then texts."""
    try:
        return 0, float(value), value
    except ValueError:
        return 1, 0.0, value
