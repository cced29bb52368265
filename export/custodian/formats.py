"""The files of a release: records as CSV that no spreadsheet runs, and a codebook that says what every cell means."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from export.custodian.known import Known
from export.custodian.records import BY_DEFINITION, ItemColumns
from export.custodian.table import FIRST_VALUE, MISSING, NOT_ASKED, SKIPPED, SUPPRESSED, Table
from survey.durable import replacement

MADE_UP = "MADE UP: these people do not exist. For demonstration only."
MISSING_LABELS = {
    MISSING[NOT_ASKED]: "Not asked",
    MISSING[SKIPPED]: "Asked, not answered",
    MISSING[SUPPRESSED]: "Held back so that nobody can be found",
}
_QUESTIONS = {
    "place": "Place",
    "mode": "How it was answered",
    "month": "Month",
    "language": "Language of the pages",
    "status": "How far the respondent came",
    "quick": "Answered very quickly",
}
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(e[-+][0-9]+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_SLICE = 50_000


def safe_cell(cell: str) -> str:
    """A cell that a spreadsheet shows and never runs: a quote before anything that starts a formula, numbers apart."""
    return "'" + cell if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell) else cell


def write_records(table: Table, path: Path) -> None:
    """``records.csv``: UTF-8, a header, then the records in order of their content, so that order tells nothing."""
    columns = table.columns
    texts = {
        column: pl.Series([*MISSING, *map(safe_cell, table.values[column])], dtype=pl.String) for column in columns
    }
    ordered = table.frame.select(columns).sort(columns)
    with replacement(path) as file:
        header = pl.DataFrame({safe_cell(column): pl.Series([], dtype=pl.String) for column in columns})
        file.write(header.write_csv().encode())
        for start in range(0, ordered.height, _SLICE):
            part = ordered.slice(start, _SLICE)
            told = pl.DataFrame({column: texts[column].gather(part[column]) for column in columns})
            file.write(told.write_csv(include_header=False).encode())


def codebook(
    table: Table, known: Known, items: Collection[ItemColumns], levels: Mapping[str, str], suppressed: Mapping[str, int]
) -> list[dict[str, Any]]:
    """What every column means, how it was protected, and on how many answers it rests."""
    about = {name: {"question": {"en": _QUESTIONS[name]}, "kind": "about the interview"} for name in BY_DEFINITION}
    options: dict[str, Mapping[str, Any]] = {}
    for one in items:
        for place, column in enumerate(one.variable.columns):
            about[column] = _about(one, place, known)
            options[column] = {option.code: dict(option.labels) for option in one.item.options}
    keys = {column for variable in table.variables if variable.key for column in variable.columns}
    gathered = {"month"} | {column for one in items if one.codes is None for column in one.variable.columns}
    return [
        {
            "column": column,
            **about[column],
            "codes": [
                {"code": safe_cell(value), "label": _label(table, column, value, options.get(column, {}))}
                for value in (_that_stand(table, column) if column in gathered else table.values[column])
            ],
            "treatment": "key" if column in keys else "kept as answered",
            "told_as": levels.get(column),
            "answered": int((table.frame[column] >= FIRST_VALUE).sum()),
            "suppressed": suppressed.get(column, 0),
        }
        for column in table.columns
    ]


def _that_stand(table: Table, column: str) -> list[str]:
    """The values that a cell still has: a list gathered from answers must not name what was blanked or left out."""
    standing = set(table.frame[column].unique())
    return [value for code, value in enumerate(table.values[column], FIRST_VALUE) if code in standing]


def _about(one: ItemColumns, place: int, known: Known) -> dict[str, Any]:
    item = one.item
    several = len(one.variable.columns) > 1 and one.codes is not None
    holds = [version.instrument for version in known.instruments.values() if item.name in version.names]
    return {
        "item": item.name,
        "question": dict(item.labels),
        "option": dict(item.options[place].labels) if several and place < len(item.options) else None,
        "kind": item.kind,
        "disclosure": item.disclosure,
        "unverified_wording": sorted(item.unverified),
        "questionnaires": [instrument.digest() for instrument in holds],
    }


def _label(table: Table, column: str, value: str, options: Mapping[str, Any]) -> Any:
    """By language where the questionnaire has it, else in English."""
    return options.get(value) or {"en": table.labels.get(column, {}).get(value, value)}
