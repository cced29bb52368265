"""Text that no spreadsheet runs, the records as CSV among it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import polars as pl

from export.custodian.leaving import Leaving
from export.custodian.recipe import Recipe, Tables
from export.custodian.table import MISSING, NUMBER, RECIPE, SUPPRESSED
from survey.durable import replacement, write_whole

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_CELLS_A_SLICE = 1_000_000


def safe_cell(cell: str) -> str:
    """A cell that a spreadsheet shows and never runs: a quote before anything that starts a formula, numbers apart."""
    return "'" + cell if cell.startswith(_FORMULA) and not NUMBER.fullmatch(cell) else cell


def in_round_numbers(count: int, tables: Tables) -> str:
    """A number of people who are in no record: hidden where it is small, else rounded like figures."""
    rounded = (count + tables.round_to // 2) // tables.round_to * tables.round_to
    return str(rounded) if count >= tables.threshold and rounded else MISSING[SUPPRESSED]


def write_lines(path: Path, columns: Sequence[str], lines: Iterable[Sequence[str]], recipe: Recipe) -> None:
    """A small CSV: UTF-8, a header, safe cells, and last in each line by which recipe it was made.

    Whoever is handed one file of a release has no manifest to look that up in, and programs that read CSV know of no
    place beside the lines.
    """
    told = [[*map(safe_cell, line), recipe.digest] for line in lines]
    frame = pl.DataFrame(told, schema=dict.fromkeys([*columns, RECIPE], pl.String), orient="row")
    write_whole(path, frame.write_csv().encode())


def write_csv(folder: Path, leaving: Leaving) -> None:
    """``records.csv``: UTF-8, a header, then the records in order of their content, so that order tells nothing."""
    table = leaving.protected.table
    texts = {
        column: pl.Series([*MISSING, *map(safe_cell, table.values[column])], dtype=pl.String)
        for column in table.columns
    }
    with replacement(folder / "records.csv") as file:
        header = pl.DataFrame({safe_cell(column): pl.Series([], dtype=pl.String) for column in table.columns})
        file.write(header.write_csv().encode())
        for part in slices(table.frame, table.columns):
            told = pl.DataFrame({column: texts[column].gather(part[column]) for column in table.columns})
            file.write(told.write_csv(include_header=False).encode())


def slices(frame: pl.DataFrame, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    """The records in parts of about as many cells, however many columns: a part's texts are what fills the memory."""
    return frame.iter_slices(max(1, _CELLS_A_SLICE // max(1, len(columns))))
