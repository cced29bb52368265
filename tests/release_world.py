"""A custodian who releases made-up people, for the tests of what leaves and of what may not."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pyreadstat
from custodian_world import PLACES, Rows, fresh_secret, victim_voice
from small_recipes import fitting

from export.custodian.known import Known
from export.custodian.leaving import Materials, Writer
from export.custodian.opening import OpeningReport
from export.custodian.recipe import Epochs, Recipe
from export.custodian.recipe_file import DEMONSTRATION, read_recipe
from export.custodian.release import WRITERS, Released, build
from export.custodian.written import Words
from export.printings import Printing
from forms.instrument import Instrument
from forms.response import Response
from survey.reference import read_areas
from survey.sealing import SigningKey

SECRET = fresh_secret()
AUTHORITY = SigningKey(b"a" * 32)
SHIPPED = read_recipe(DEMONSTRATION)
# The first of its tables only: to prove that nothing can be worked out of all of them takes seconds a release.
RECIPE = replace(SHIPPED, tables=replace(SHIPPED.tables, tables=SHIPPED.tables.tables[:1]))
WAITING = replace(RECIPE, epochs=Epochs(3, wait=True))
KNOWN = Known.of([victim_voice()], PLACES)
NO_WORDS = Words()


def release(
    folder: Path,
    rows: Rows,
    known: Known = KNOWN,
    *,
    made_up: bool = True,
    recipe: Recipe = RECIPE,
    month: str = "2026-11",
    writers: Sequence[Writer] = WRITERS,
    words: Words = NO_WORDS,
    printings: Sequence[Printing] = (),
) -> tuple[Released, OpeningReport]:
    """The next release of this custodian's folder."""
    report = OpeningReport()
    materials = Materials(known, read_areas(), recipe, made_up, month, b"t" * 32, words, tuple(printings))
    return build(folder, rows, [SECRET], AUTHORITY, materials, report, writers), report


def release_of(folder: Path, rows: Rows, *asked: Instrument) -> Released:
    """The next release of questionnaires of one's own, newest first, by the part of the recipe that they have."""
    return release(folder, rows, Known.of(asked, PLACES), recipe=fitting(RECIPE, *asked))[0]


def records(released: Released) -> list[dict[str, str]]:
    """As they stand in the CSV."""
    with (released.folder / "records.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def codebook(released: Released) -> dict[str, Any]:
    """As it stands beside them."""
    book: dict[str, Any] = json.loads((released.folder / "codebook.json").read_text())
    return book


def unpacked(released: Released) -> dict[str, str]:
    """Every file as text, with whatever its format packs, encodes or says beside the records."""
    found = {path.name: _unpacked(path) for path in released.folder.iterdir()}
    assert {"records.csv", "records.parquet", "records.sav", "records.dta", "records.xlsx"} <= set(found)
    return found


def _unpacked(path: Path) -> str:
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            return "\n".join(name + book.read(name).decode() for name in book.namelist())
    if path.suffix == ".parquet":
        return f"{pl.read_parquet_metadata(path)} {pl.read_parquet(path).write_csv()}"
    if path.suffix in {".sav", ".dta"}:
        read = pyreadstat.read_sav if path.suffix == ".sav" else pyreadstat.read_dta
        told, meta = read(path, user_missing=True, output_format="dict")
        return f"{told} {vars(meta)}"
    return path.read_text()


def who(number: int, made: Instrument, said: dict[str, Any]) -> Response:
    """Somebody who reached the end."""
    return Response(
        f"{number:032x}",
        made.id,
        made.digest(),
        "kiosk",
        "hub-1",
        "2026-11",
        "en",
        "complete",
        quick=False,
        answers=said,
    )
