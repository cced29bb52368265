"""A release: from what was carried out to a folder of files with a signed manifest, whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from export.custodian.disclosure import Protected, protect
from export.custodian.formats import MADE_UP, MISSING_LABELS, codebook, write_records
from export.custodian.known import Known
from export.custodian.ledger import Ledger, digest_of
from export.custodian.opening import COUNTING_DOORS, OpeningReport, fullest
from export.custodian.recoding import THRESHOLD, Hierarchy, areas_of, chosen_levels, kinds_of_place, months, recoded
from export.custodian.records import Columns
from export.custodian.table import COUNTS, RESPONSE, Cell, Record, Table
from export.custodian.unsealing import CollectionSecret
from export.manifest import KIND, MANIFEST, verified
from export.manifest import digest_of as file_digest
from forms.response import Response
from forms.strict_json import canonical
from survey.durable import write_whole
from survey.reference import Areas
from survey.sealing import SigningKey
from survey.signed import write_signed

_SERIES = "heard"
_UNFINISHED = ".unfinished-"


@dataclass(frozen=True)
class Recipe:
    """What a release is built with: what the custodian knows, the areas, and whether everybody in it is made up."""

    known: Known
    areas: Areas
    made_up: bool


@dataclass(frozen=True)
class Released:
    """What came of it."""

    name: str
    folder: Path
    records: int
    suppressed_cells: int
    left_out: int
    levels: Mapping[str, str]


@dataclass(frozen=True)
class _RecordOf:
    """The shape of a response in the workers: free text does not leave them."""

    columns: Columns

    def __call__(self, door: str, response: Response) -> tuple[bool, tuple[Cell, ...]]:
        return door in COUNTING_DOORS, self.columns.cells(response)


def build(
    folder: Path,
    rows: Iterable[tuple[str, bytes]],
    secrets: Sequence[CollectionSecret],
    authority: SigningKey,
    recipe: Recipe,
    report: OpeningReport,
) -> Released:
    """Open, protect and write the next release of a custodian's folder.

    Raises:
        LedgerRefused, TooFew: nothing may leave yet; the message says how many are missing.
        DisclosureFailed, CrewLost, OSError: nothing was written.
    """
    ledger, columns = Ledger(folder), Columns(recipe.known)
    builder, released = columns.builder(), ledger.released()
    shaped = fullest(rows, secrets, recipe.known, report, _RecordOf(columns))
    builder.add(
        Record(response, counts, cells) for response, (counts, cells) in shaped if digest_of(response) not in released
    )
    table = builder.table()
    ledger.enough(int(table.frame[COUNTS].sum()))
    hierarchies = _hierarchies(table, recipe)
    levels = chosen_levels(table, hierarchies, ledger.levels)
    protected = protect(recoded(table, hierarchies, levels))
    name = f"{_SERIES}-{'made-up-' if recipe.made_up else ''}{len(ledger.entries) + 1}"
    place = _put_in_place(folder / "releases" / name, protected, columns, levels, recipe, authority, ledger)
    cells = sum(protected.suppressed.values())
    return Released(name, place, protected.table.frame.height, cells, protected.left_out, levels)


def _hierarchies(table: Table, recipe: Recipe) -> list[Hierarchy]:
    """Of the month, the place, and every key whose answers are mostly boroughs."""
    kinds = {code: place.kind for code, place in recipe.known.places.items()}
    found = [months(table.values["month"]), kinds_of_place(kinds)]
    for variable in table.variables:
        if variable.key and variable.name not in table.by_definition and len(variable.columns) == 1:
            values = table.values[variable.columns[0]]
            if sum(value in recipe.areas.area_of for value in values) * 2 > len(values):
                found.append(areas_of(variable.columns[0], recipe.areas))
    return found


def _put_in_place(
    place: Path,
    protected: Protected,
    columns: Columns,
    levels: Mapping[str, str],
    recipe: Recipe,
    authority: SigningKey,
    ledger: Ledger,
) -> Path:
    """Write beside, sync, note in the ledger, rename: at any cut there is a whole release or none."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left_over in place.parent.glob(_UNFINISHED + "*"):
        shutil.rmtree(left_over)
    beside = place.with_name(_UNFINISHED + place.name)
    beside.mkdir(mode=0o700)
    try:
        _write(beside, place.name, protected, columns, levels, recipe, authority)
        verified(beside, authority.public)
        ledger.note(place.name, file_digest(beside / MANIFEST), levels, protected.table.frame[RESPONSE].to_list())
        beside.rename(place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    _sync(place.parent)
    ledger.put_in_place()
    return place


def _write(
    folder: Path,
    name: str,
    protected: Protected,
    columns: Columns,
    levels: Mapping[str, str],
    recipe: Recipe,
    authority: SigningKey,
) -> None:
    table = protected.table
    write_records(table, folder / "records.csv")
    book: dict[str, Any] = {
        "release": name,
        "made_up": MADE_UP if recipe.made_up else None,
        "records": table.frame.height,
        "left_out": protected.left_out,
        "threshold": THRESHOLD,
        "missing": MISSING_LABELS,
        "questionnaires": [_questionnaire(recipe.known, digest) for digest in recipe.known.instruments],
        "columns": codebook(table, recipe.known, columns.items, levels, protected.suppressed),
    }
    write_whole(folder / "codebook.json", (canonical(book) + "\n").encode())
    content = {
        "name": name,
        "series": _SERIES,
        "made_up": recipe.made_up,
        "records": table.frame.height,
        "files": {file: file_digest(folder / file) for file in ("records.csv", "codebook.json")},
        "levels": dict(levels),
        "suppressed_cells": sum(protected.suppressed.values()),
        "threshold": THRESHOLD,
    }
    write_whole(folder / MANIFEST, write_signed(KIND, content, authority))


def _questionnaire(known: Known, digest: str) -> dict[str, Any]:
    instrument = known.instruments[digest].instrument
    return {
        "id": instrument.id,
        "version": instrument.version,
        "digest": digest,
        "title": dict(instrument.title),
        "languages": list(instrument.languages),
    }


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
