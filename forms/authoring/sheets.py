"""A questionnaire file (.md, .csv, .xlsx) as sheets of rows, each with the number that the file itself gives it.

pyxform's readers lose count after a blank row, drop a last cell without its bar and stop at the first fault; an author
who is sent to the wrong row mends the wrong question. So rows are read here. Files come from outside: sizes are
limited before anything is parsed, and whatever cannot be read is a fault, never a traceback.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from forms.authoring.faults import Faults
from forms.authoring.lines import CELL_CHARACTERS, FILE_ROWS, Line, Unreadable, content, text_of
from forms.authoring.workbook import workbook_lines

_BAR = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r":?-+:?")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in the file, and its cells by heading; blank cells are left out."""

    number: int
    cells: Mapping[str, str]


@dataclass(slots=True)
class Sheet:
    """One sheet; ``row`` is where its headings stand."""

    name: str
    row: int = 0
    headings: tuple[str, ...] = ()
    rows: list[Row] = field(default_factory=list)


def read_sheets(path: Path, faults: Faults, *, no_break_spaces: bool = False) -> dict[str, Sheet]:
    """The sheets of a file by name in small letters, in the file's order; what cannot be read goes into ``faults``.

    ``no_break_spaces``: they were typed on purpose, and stay.
    """
    try:
        lines = _lines(path)
        return _gathered(lines if no_break_spaces else map(_with_plain_spaces, lines), path.name, faults)
    except Unreadable as fault:
        faults.add(path.name, fault.row, "", fault.what, fault.to_do)
        return {}


def _with_plain_spaces(line: Line) -> Line:
    return replace(line, cells=[cell.replace("\N{NO-BREAK SPACE}", " ") for cell in line.cells])


def _lines(path: Path) -> Iterator[Line]:
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise Unreadable(
            f"A file ending in '{path.suffix}' is not read.", "Save the questionnaire as .xlsx, .csv or .md."
        )
    return reader(content(path))


def _markdown_lines(untrusted: bytes) -> Iterator[Line]:
    """Lines that begin with a bar are rows; all others are the author's prose."""
    for number, line in enumerate(text_of(untrusted).split("\n"), start=1):
        if not line.lstrip().startswith("|"):
            continue
        _, first, *cells = _BAR.split(line)
        after = cells.pop() if cells else first
        if after.strip() and not after.lstrip().startswith("#"):
            yield Line(number, None, [], trouble=("The row does not end with a bar.", "End it with '|'."))
        elif not all(_RULE.fullmatch(cell.strip()) for cell in (first, *cells)):
            yield Line(number, _unbarred(first), [_unbarred(cell) for cell in cells])


def _unbarred(cell: str) -> str:
    return cell.replace(r"\|", "|")


def _csv_lines(untrusted: bytes) -> Iterator[Line]:
    """A sheet's name stands in the first column, its rows in the others."""
    reader = csv.reader(io.StringIO(text_of(untrusted), newline=""))
    number = 1
    try:
        for cells in reader:
            yield Line(number, cells[0] if cells else None, cells[1:])
            number = reader.line_num + 1
    except csv.Error as fault:
        raise Unreadable(f"This is not CSV ({fault}).", "Save it again as CSV (UTF-8).", number) from fault


_READERS: Mapping[str, Callable[[bytes], Iterator[Line]]] = {
    ".md": _markdown_lines,
    ".csv": _csv_lines,
    ".xlsx": workbook_lines,
}


def _gathered(lines: Iterable[Line], file: str, faults: Faults) -> dict[str, Sheet]:
    sheets: dict[str, Sheet] = {}
    sheet: Sheet | None = None
    filled = 0
    for line in lines:
        if line.opens is not None and line.opens.strip():
            sheet = _opened(line.opens.strip().lower(), line, sheets, faults)
        if not line.trouble and not any(cell.strip() for cell in line.cells):
            continue
        filled += 1
        if filled > FILE_ROWS:
            raise Unreadable(f"The file has more than {FILE_ROWS:,} rows.", "Split the questionnaire.", line.number)
        _take(line, sheet, file, faults)
    if not sheets:
        faults.add(file, 0, "", "No sheet was found.", "A questionnaire has the sheets survey, choices and settings.")
    return sheets


def _opened(name: str, line: Line, sheets: dict[str, Sheet], faults: Faults) -> Sheet:
    if name in sheets:
        faults.add(name, line.number, "", "This sheet stands twice.", "Put all its rows under one heading.")
        return Sheet(name)
    return sheets.setdefault(name, Sheet(name))


def _take(line: Line, sheet: Sheet | None, file: str, faults: Faults) -> None:
    if line.trouble:
        faults.add(sheet.name if sheet else file, line.number, "", *line.trouble)
    elif sheet is None:
        faults.add(file, line.number, "", "This row stands in no sheet.", "Begin with a row '| survey |'.")
    elif sheet.row:
        sheet.rows.append(_row(sheet, line, faults))
    else:
        _take_headings(sheet, line, faults)


def _take_headings(sheet: Sheet, line: Line, faults: Faults) -> None:
    sheet.row = line.number
    headings = [" ".join(cell.split()) for cell in line.cells]
    sheet.headings = tuple(heading if "::" in heading else heading.lower() for heading in headings)
    for heading in {heading for heading in sheet.headings if heading and sheet.headings.count(heading) > 1}:
        faults.add(sheet.name, line.number, heading, "This column stands twice.", "Keep one of them.")


def _row(sheet: Sheet, line: Line, faults: Faults) -> Row:
    cells: dict[str, str] = {}
    for place, untrusted_cell in enumerate(line.cells):
        text = untrusted_cell.strip()
        if not text:
            continue
        heading = sheet.headings[place] if place < len(sheet.headings) else ""
        if not heading:
            faults.add(
                sheet.name,
                line.number,
                "",
                f"The cell '{text[:30]}' has no heading above it.",
                "Give its column a heading, or write a bar inside a text as '\\|'.",
            )
        elif len(text) > CELL_CHARACTERS or _CONTROL.search(text):
            faults.add(sheet.name, line.number, heading, *_UNUSABLE_CELL)
        else:
            cells.setdefault(heading, text)
    return Row(line.number, cells)


_UNUSABLE_CELL = (
    f"The cell holds more than {CELL_CHARACTERS:,} characters, or characters that cannot be shown.",
    "Write a shorter, plain text.",
)
