"""Rows of an .xlsx workbook, which is a zip of XML from outside: looked over before it is unpacked.

openpyxl meets a damaged workbook with whatever its parsing happens to raise; ``_DAMAGE`` lists all that flipped bits
drew from it, so that an author gets a sentence.
"""

from __future__ import annotations

import io
import warnings
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from forms.authoring.lines import FILE_ROWS, Line, Unreadable

_UNPACKED_BYTES = 32 * 1024 * 1024
_PARTS = 1_000
_COLUMNS = 100
_DAMAGE = (
    BadZipFile,
    InvalidFileException,
    ParseError,
    zlib.error,
    EOFError,
    OSError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RecursionError,
    RuntimeError,
    TypeError,
    ValueError,
)
_DAMAGED = "The workbook cannot be read: it is damaged, locked with a password or no workbook."
_SAVE_AGAIN = "Open it in a spreadsheet program and save it again as .xlsx, without a password."


def workbook_lines(untrusted: bytes) -> Iterator[Line]:
    """Every row of every sheet in order, numbered as the sheet numbers it.

    Raises:
        Unreadable: not a workbook, damaged, or one that unpacks to more than a questionnaire can need.
    """
    _look_over(untrusted)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            book = load_workbook(io.BytesIO(untrusted), read_only=True, keep_links=False)
            try:
                for sheet in book.worksheets:
                    yield Line(0, sheet.title, [])
                    yield from _sheet_lines(sheet)
            finally:
                book.close()
        except _DAMAGE as fault:
            raise Unreadable(_DAMAGED, _SAVE_AGAIN) from fault


def _look_over(untrusted: bytes) -> None:
    try:
        with ZipFile(io.BytesIO(untrusted)) as archive:
            parts = archive.infolist()
    except _DAMAGE as fault:
        raise Unreadable(_DAMAGED, _SAVE_AGAIN) from fault
    if len(parts) > _PARTS or sum(part.file_size for part in parts) > _UNPACKED_BYTES:
        raise Unreadable(
            f"The workbook unpacks to more than {_UNPACKED_BYTES // 1024**2} MB or {_PARTS:,} parts.",
            "Copy the three sheets into a new workbook.",
        )
    if any(part.filename.lower().endswith("vbaproject.bin") for part in parts):
        raise Unreadable("The workbook holds macros.", "Save it as .xlsx, without macros.")


def _sheet_lines(sheet: Any) -> Iterator[Line]:
    sheet.reset_dimensions()  # what a workbook says of its own size is not to be trusted
    for number, row in enumerate(sheet.iter_rows(max_row=FILE_ROWS + 1, max_col=_COLUMNS), start=1):
        if any(cell.data_type == "f" for cell in row):
            yield Line(number, None, [], trouble=("A cell holds a formula.", "Copy the cell and paste it as a value."))
        elif any(cell.data_type == "e" for cell in row):
            yield Line(
                number, None, [], trouble=("A cell shows an error of the spreadsheet.", "Type its text instead.")
            )
        else:
            yield Line(number, None, [_written(cell.value) for cell in row])


def _written(value: object) -> str:
    """A cell as its author would type it: 1.0 is 1, a date is 2026-11-01."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date().isoformat()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value)
