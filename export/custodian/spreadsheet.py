"""``records.xlsx``, written as a stream: a million records of forty columns in seconds, and never whole in memory.

Every text that can stand in a cell is known beforehand, since cells are codes: they go into the workbook's table of
shared strings once, and a row is put together from ready-made pieces. Texts are never formulas. Nothing in the file
tells a time. Office Open XML, ECMA-376; Excel stops at 1,048,576 rows, so more go on in another sheet.
"""

from __future__ import annotations

import itertools
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import polars as pl

from export.custodian.codebook import MISSING_LABELS
from export.custodian.describing import described, english
from export.custodian.formats import slices
from export.custodian.leaving import MADE_UP, Leaving
from export.custodian.numbering import numbers_of
from export.custodian.table import MISSING
from survey.durable import replacement

_MOST_ROWS = 1_048_575  # of records, below the header
_LONGEST = 32_767  # characters that a cell takes
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET = (
    f'{_HEAD}<worksheet {_MAIN}><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
    'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>'
)
_SHEET_END = "</sheetData></worksheet>"


def write_xlsx(folder: Path, leaving: Leaving) -> None:
    """The records, and a sheet that says what columns and codes mean."""
    frame, texts = leaving.protected.table.frame, dict[str, int]()
    pieces = _pieces(leaving, texts)
    header = _row(_shared(column, texts) for column in pieces)
    codes = [_row(_shared(text, texts) for text in line) for line in _codes(leaving)]
    parts = [frame.slice(start, _MOST_ROWS) for start in range(0, max(1, frame.height), _MOST_ROWS)]
    names = ["Records", *(f"Records {number}" for number in range(2, len(parts) + 1)), "Codes"]
    sheets = [*((header, _rows(part, pieces)) for part in parts), (codes[0], iter(codes[1:]))]
    with (
        replacement(folder / "records.xlsx") as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book,
    ):
        for name, content in _around(names, leaving).items():
            _put(book, name, [content])
        for number, (first, rows) in enumerate(sheets, 1):
            _put(book, f"xl/worksheets/sheet{number}.xml", itertools.chain([_SHEET, first], rows, [_SHEET_END]))
        _put(book, "xl/sharedStrings.xml", _strings(texts))


def _pieces(leaving: Leaving, texts: dict[str, int]) -> dict[str, pl.Series]:
    """Column -> code -> the cell as it is written."""
    return {
        one.column: pl.Series(
            [
                *(_shared(text, texts) for text in MISSING),
                *(f"<c><v>{value}</v></c>" if one.measured else _shared(value, texts) for value in one.values),
            ],
            dtype=pl.String,
        )
        for one in numbers_of(leaving)
    }


def _rows(frame: pl.DataFrame, pieces: Mapping[str, pl.Series]) -> Iterator[str]:
    for part in slices(frame, list(pieces)):
        cells = pl.DataFrame({column: told.gather(part[column]) for column, told in pieces.items()})
        lines = cells.select(pl.concat_str(pl.lit("<row>"), pl.all(), pl.lit("</row>"))).to_series()
        yield "".join(lines)


def _codes(leaving: Leaving) -> Iterator[tuple[str, str, str, str]]:
    """A line for each code of each column."""
    yield "Column", "Question", "Code", "Meaning"
    for text, label in MISSING_LABELS.items():
        yield "(any)", "", text, label
    for one in described(leaving):
        for value, meaning in one.codes:
            yield one.column, one.title, value, english(meaning)


def _row(cells: Iterable[str]) -> str:
    return f"<row>{''.join(cells)}</row>"


def _shared(text: str, texts: dict[str, int]) -> str:
    return f'<c t="s"><v>{texts.setdefault(text, len(texts))}</v></c>'


def _strings(texts: Iterable[str]) -> Iterator[str]:
    yield f"{_HEAD}<sst {_MAIN}>"
    for text in texts:
        yield f'<si><t xml:space="preserve">{_plain(text)}</t></si>'
    yield "</sst>"


def _plain(text: str) -> str:
    return escape(_UNFIT.sub("", text[:_LONGEST]))


def _put(book: zipfile.ZipFile, name: str, content: Iterable[str]) -> None:
    entry = zipfile.ZipInfo(name)  # dated 1980: when it was made is nobody's business
    entry.compress_type = zipfile.ZIP_DEFLATED
    with book.open(entry, "w", force_zip64=True) as part:
        for piece in content:
            part.write(piece.encode())


def _around(sheets: Sequence[str], leaving: Leaving) -> dict[str, str]:
    """The parts of a package that say where the others are."""
    numbers = range(1, len(sheets) + 1)
    overrides = {"xl/workbook.xml": f"{_TYPE}.sheet.main+xml", "xl/sharedStrings.xml": f"{_TYPE}.sharedStrings+xml"}
    overrides |= {f"xl/worksheets/sheet{number}.xml": f"{_TYPE}.worksheet+xml" for number in numbers}
    overrides["docProps/core.xml"] = "application/vnd.openxmlformats-package.core-properties+xml"
    types = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in overrides.items())
    listed = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="rId{number}"/>' for number, name in enumerate(sheets, 1)
    )
    inside = {f"rId{number}": ("worksheet", f"worksheets/sheet{number}.xml") for number in numbers}
    inside[f"rId{len(sheets) + 1}"] = ("sharedStrings", "sharedStrings.xml")
    notice = f"{MADE_UP} " if leaving.materials.made_up else ""
    return {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{types}</Types>',
        "_rels/.rels": _relations(
            {"rId1": ("officeDocument", "xl/workbook.xml")},
            f'<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" '
            'Target="docProps/core.xml"/>',
        ),
        "docProps/core.xml": f'{_HEAD}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{_plain(leaving.name)}</dc:title>'
        f"<dc:description>{notice}Recipe {leaving.materials.recipe.digest}</dc:description></cp:coreProperties>",
        "xl/workbook.xml": f'{_HEAD}<workbook {_MAIN} xmlns:r="{_RELATIONS}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(inside),
    }


def _relations(targets: Mapping[str, tuple[str, str]], more: str = "") -> str:
    listed = "".join(
        f'<Relationship Id="{one}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for one, (kind, target) in targets.items()
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{listed}{more}</Relationships>'
