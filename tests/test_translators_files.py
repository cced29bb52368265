"""A translator gets a workbook, fills it in and gives it back; what does not fit is refused with its row."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from openpyxl import Workbook, load_workbook

from survey.catalogues import Catalogues, Entry, Unfit
from survey.translating import HEADINGS, taken, written

SHIPPED = Catalogues.shipped()


@pytest.fixture
def copies(tmp_path: Path) -> Catalogues:
    """The shipped catalogues in a folder of their own, so that a test may change them."""
    folders = {}
    for name, folder in SHIPPED.folders.items():
        folders[name] = tmp_path / name
        shutil.copytree(folder, folders[name])
    return Catalogues(folders, SHIPPED.english)


def changed(path: Path, row: int, **cells: str) -> None:
    book = load_workbook(path)
    sheet = book["translation"]
    for heading, value in cells.items():
        sheet.cell(row, HEADINGS.index(heading) + 1).value = value
    book.save(path)


@pytest.mark.parametrize("language", ["pl", "ar", "en-easy", "ta"])
def test_what_is_written_and_taken_back_untouched_changes_nothing(copies: Catalogues, language: str) -> None:
    before = copies.entries(language)
    file = written(copies, language, copies.folders["words"].parent)
    assert taken(copies, language, file) == (len(before), [])
    assert copies.entries(language) == before


@pytest.mark.parametrize("catalogue", ["questions", "words"])
def test_a_po_file_goes_the_same_way(copies: Catalogues, catalogue: str) -> None:
    before = copies.entries("pl")
    given = shutil.copy(copies.folders[catalogue] / "pl.po", copies.folders["words"].parent / "pl.po")
    fit, refused = taken(copies, "pl", Path(given))
    assert refused == []
    assert fit == sum(entry.catalogue == catalogue for entry in before)
    assert copies.entries("pl") == before


def test_a_reviewed_translation_is_taken_as_reviewed(copies: Catalogues, tmp_path: Path) -> None:
    file = written(copies, "pl", tmp_path)
    changed(file, 2, translation="Jak to było?", state="reviewed")
    assert taken(copies, "pl", file)[1] == []
    entry = copies.entries("pl")[0]
    assert (entry.text, entry.state) == ("Jak to było?", "reviewed")
    assert copies.counts("pl")["reviewed"] == 1


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"english": "Another question?"}, "The English here has changed"),
        ({"place": "nowhere"}, "there is no such place"),
        ({"state": "perfect"}, "The state is one of"),
        ({"translation": "x" * 2001}, "longer than 2,000"),
        ({"translation": "{minutes} of it"}, "{braces}"),
        ({"state": "same"}, "not the same as the English"),
    ],
)
def test_a_line_that_does_not_fit_is_refused_with_its_row_and_the_others_are_taken(
    copies: Catalogues, tmp_path: Path, cells: dict[str, str], said: str
) -> None:
    before = copies.entries("pl")
    file = written(copies, "pl", tmp_path)
    changed(file, 5, **cells)
    fit, [refused] = taken(copies, "pl", file)
    assert fit == len(before) - 1
    assert refused.startswith("Row 5, ")
    assert said in refused
    assert copies.entries("pl") == before


def test_a_file_that_is_something_else_is_refused_whole(copies: Catalogues, tmp_path: Path) -> None:
    wrong = tmp_path / "pl.xlsx"
    book = Workbook()
    book.active.append(["something", "else"])
    book.save(wrong)
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04 nothing")
    (tmp_path / "broken.po").write_bytes(b"\xff\xfe\x00")
    for file in (wrong, tmp_path / "broken.xlsx", tmp_path / "broken.po"):
        with pytest.raises(click.UsageError, match=r"pl\.xlsx|broken"):
            taken(copies, "pl", file)


def test_a_lost_placeholder_is_unfit() -> None:
    english = next(entry for entry in SHIPPED.english if "{minutes}" in entry.english)
    with pytest.raises(Unfit, match="braces"):
        SHIPPED.check(Entry(english.catalogue, english.place, english.english, "Zostało kilka minut", "draft"))


def test_the_report_names_every_language_and_what_is_left_to_do() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "survey", "languages"], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for language in SHIPPED.languages():
        counts = SHIPPED.counts(language)
        assert f"{counts['draft']} draft, {counts['reviewed']} reviewed" in done.stdout
    assert "0 missing, 0 stale" in done.stdout
