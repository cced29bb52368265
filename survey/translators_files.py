"""A translator's file, .xlsx or .po: written, and read again as lines, each with its row or line of the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
from openpyxl import Workbook

from forms.authoring.faults import Faults, printable
from forms.authoring.lines import Unreadable
from forms.authoring.po_files import read_po_file
from forms.authoring.sheets import Row, Sheet, read_sheets
from survey.catalogues import BEFORE, WAS_TRANSLATED, Catalogues, po_file
from survey.languages import own_name, tag
from survey.translated import Entry

HEADINGS = ("catalogue", "place", "english", "translation", "state")
KINDS = ("xlsx", "po")
_SHEET = "translation"
_NO_KIND = "is neither .xlsx nor .po. Open it in the program that it is from and save it as .xlsx ('Excel 2007-365')."


def written(catalogues: Catalogues, language: str, path: Path) -> Path:
    """Write what a translator needs, .xlsx or .po: every message, what stands there now, and how far it is.

    Where the English has changed, also what both were before.
    """
    entries, before = catalogues.entries(language), catalogues.before(language)
    if path.suffix == ".po":
        po_file(language, entries, before).save(str(path))
        return path
    book = Workbook(write_only=True)
    sheet = book.create_sheet(f"{_SHEET} {language}")
    sheet.append([*HEADINGS, BEFORE, WAS_TRANSLATED])
    for entry in entries:
        old = before.get(entry.key)
        known = [entry.catalogue, entry.place, entry.english, entry.text, entry.state or "draft"]
        sheet.append([*known, old.english, old.text] if old else known)
    book.save(path)
    return path


def read_lines(catalogues: Catalogues, language: str, path: Path) -> tuple[list[tuple[str, Entry]], list[str]]:
    """Each line with where it stands, and what is wrong with each that cannot be read. ``state`` may be empty.

    Raises:
        UsageError: it is no such file, or another language's.
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise click.UsageError(f"{path} {_NO_KIND}")
    if kind == "po":
        return list(_from_po(catalogues, language, path)), []
    faults = Faults()
    sheet = _sheet_of(catalogues, language, path, faults)
    of_sheet = [fault for fault in faults if fault.sheet == sheet.name]
    twice = [fault.column for fault in of_sheet if fault.row == sheet.row and fault.column in HEADINGS]
    if twice:
        raise click.UsageError(f"{path} has the column '{twice[0]}' twice. Keep one of them.")
    rows = {row.number for row in sheet.rows}
    # What stands beside our columns is the translator's own; a row that is none of these was not read at all.
    told = [each for each in of_sheet if each.column in HEADINGS or each.row not in {*rows, sheet.row}]
    unread = {each.row for each in told}
    lines = [(f"Row {row.number}", _entry(row)) for row in sheet.rows if row.number not in unread]
    return lines, [str(each) for each in told]


def _entry(row: Row) -> Entry:
    catalogue, place, english, text, state = (row.cells.get(heading, "") for heading in HEADINGS)
    return Entry(catalogue, place, english, text, state.lower())


def _sheet_of(catalogues: Catalogues, language: str, path: Path, faults: Faults) -> Sheet:
    """The one sheet with our columns that is of this language, or says of none, whatever it is called."""
    read = read_sheets(path, faults, no_break_spaces=True).values()
    sheets = {each.name: each for each in read if set(HEADINGS) <= set(each.headings)}
    if not sheets:
        missing = f"'{_SHEET} {language}' with the columns {', '.join(HEADINGS)}"
        raise click.UsageError(f"{path} has no sheet {missing}. {'; '.join(map(str, faults))}".strip())
    own = [name for name in sheets if not _said_in(name) or _is_of(language, _said_in(name))]
    if len(own) > 1:
        raise click.UsageError(f"{path} has several sheets with a translation: {', '.join(own)}. Keep one of them.")
    name = (own or list(sheets))[0]
    _check_language(catalogues, language, path, _said_in(name))
    return sheets[name]


def _said_in(sheet: str) -> str:
    return sheet.removeprefix(_SHEET).strip() if sheet.startswith(_SHEET) else ""


def _from_po(catalogues: Catalogues, language: str, path: Path) -> Iterator[tuple[str, Entry]]:
    today = {each.key for each in catalogues.english}
    try:
        found = read_po_file(path)
    except Unreadable as fault:
        line = f", line {fault.row}" if fault.row else ""
        raise click.UsageError(f"{path}{line}: {printable(fault.what)} {fault.to_do}") from fault
    _check_language(catalogues, language, path, found.language)
    for each in found.entries:
        place = each.place or ""
        belongs = [name for name in catalogues.folders if (name, place, each.english) in today]
        catalogue = belongs[0] if belongs else ""
        yield f"Line {each.line}", Entry(catalogue, place, each.english, each.text, each.marked or each.state)


def _check_language(catalogues: Catalogues, language: str, path: Path, untrusted_name: str) -> None:
    """Whether the file is of this language: by what it says in it, such as pl or pl_PL; else by its own name.

    Raises:
        UsageError: it is not, or it cannot be told.
    """
    said, name = printable(untrusted_name[:20]), own_name(language)
    if not said and path.stem != language:
        to_do = f"If it is {name}, name it {language}{path.suffix}."
        raise click.UsageError(f"Nothing in {path} says which language it is of. {to_do}")
    if said and not _is_of(language, untrusted_name):
        others = [code for code in catalogues.languages() if _is_of(code, untrusted_name)]
        if others:
            to_do = f"Take it with --language {others[0]}, or ask its translator for {name}."
            raise click.UsageError(f"{path} says that it is of '{said}', and not of '{language}'. {to_do}")
        said_in = f"write 'Language: {language}' in its head"
        if path.suffix.lower() != ".po":
            said_in = f"call its sheet '{_SHEET} {language}'"
        to_do = f"If it is {name}, {said_in}."
        raise click.UsageError(f"{path} says that it is of '{said}', which is the code of no language here. {to_do}")


def _is_of(language: str, untrusted_name: str) -> bool:
    said = untrusted_name.replace("_", "-").lower()
    return said == language or re.split(r"[-@. ]", said)[0] == tag(language)
