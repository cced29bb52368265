"""Cards and posters as a PDF: drawn from a few words in one or two languages, a QR code, an address, a code to type.

What stands on the outside says 'Survey' and nothing of police or crime: a card lies in a bag that somebody else may
open. A card is as large as a bank card (85 x 55 mm, ten on a sheet of A4 with cut marks). Words are shaped by HarfBuzz,
so that Arabic joins and Bengali stacks; the fonts are cut to the words (``make card-fonts``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import segno
from fpdf import FPDF
from fpdf.enums import MethodReturnValue, XPos, YPos

from survey.languages import direction, tag
from survey.words import Words

CARD = (85.0, 55.0)
"""Width and height of a card, mm."""

FONTS = Path(__file__).parent / "fonts"
LATIN = "noto-sans"
SCRIPTS = {
    "ar": "noto-naskh-arabic", "ur": "noto-nastaliq-urdu", "bn": "noto-sans-bengali", "gu": "noto-sans-gujarati",
    "pa": "noto-sans-gurmukhi", "ta": "noto-sans-tamil",
}  # fmt: skip
"""The font of each language that is not written in Latin letters."""

PAPERS = {"a4": (210.0, 297.0), "a3": (297.0, 420.0)}
_COLUMNS, _ROWS = 2, 5
_MARK = 4.0
_MARGIN = 4.0
_QR = 30.0
_QUIET = 4
_POINT = 0.3528  # mm
_LINE = 1.25
# Nastaliq hangs each word from the upper right to the lower left, so its lines need room.
_TALL = {"noto-nastaliq-urdu": 1.9}


# Word and largest size in points, from the top of its language's share beside the code. Where two languages stand there
# the question shrinks first, or the words around it would be too small to read.
_ALONE = (("title", 7), ("card.ask", 12), ("card.promise", 8))
_ONE_OF_TWO = (("title", 7), ("card.ask", 10), ("card.promise", 8))
_SHARE = 0.96
"""How much of its share a language fills, so that it stands apart from the next."""


@dataclass(frozen=True)
class Spoken:
    """One language of a card: its code and the words around the questions in it."""

    language: str
    words: Words


@dataclass(frozen=True)
class Box:
    """A place on a page, mm."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Printed:
    """What one card or poster leads to: the whole address of the QR code, the short one, a code to type or ""."""

    address: str
    short: str
    code: str = ""


def card_words(words: Words) -> tuple[str, ...]:
    """Every word that may stand on a card or a poster in one language."""
    return (words["title"], *(words[f"card.{name}"] for name in ("ask", "promise", "type", "code")))


def cards(all_printed: Iterable[Printed], spoken: Sequence[Spoken]) -> bytes:
    """Cards on sheets of A4, ten each, with cut marks."""
    pdf = _pdf("a4", spoken)
    width, height = PAPERS["a4"]
    left, top = (width - _COLUMNS * CARD[0]) / 2, (height - _ROWS * CARD[1]) / 2
    for number, printed in enumerate(all_printed):
        row, column = divmod(number % (_COLUMNS * _ROWS), _COLUMNS)
        if row == column == 0:
            pdf.add_page()
            _cut_marks(pdf, left, top)
        _card(pdf, Box(left + column * CARD[0], top + row * CARD[1], *CARD), printed, spoken)
    return bytes(pdf.output())


def poster(printed: Printed, spoken: Sequence[Spoken], paper: str) -> bytes:
    """One poster of A4 or A3."""
    pdf = _pdf(paper, spoken)
    pdf.add_page()
    width, height = PAPERS[paper]
    edge, side = width / 12, width / 2
    inside = width - 2 * edge
    top = edge
    room = (height - side - 4 * edge) / len(spoken)
    for place, each in enumerate(spoken):
        at = Box(edge, top + place * room, inside, room * _SHARE)
        _say(pdf, at, each, *_outside(each, len(spoken), width / 60))
    _qr(pdf, Box((width - side) / 2, height - side - 2.5 * edge, side, side), printed.address)
    _latin(pdf, Box(edge, height - 2 * edge, inside, edge), printed.short, width / 9, "C")
    return bytes(pdf.output())


_Line = tuple[str, float]
"""A text and its largest size in points."""


class _Sheets(FPDF):
    """A PDF that remembers how far lines had to shrink to fit their place."""

    def __init__(self, paper: str) -> None:
        super().__init__(unit="mm", format=PAPERS[paper])
        self.shrunk: dict[tuple[str, tuple[_Line, ...], float, float], float] = {}


def _pdf(paper: str, spoken: Sequence[Spoken]) -> _Sheets:
    pdf = _Sheets(paper)
    pdf.set_auto_page_break(auto=False)
    pdf.c_margin = 0
    for name in (LATIN, *sorted({SCRIPTS[each.language] for each in spoken if each.language in SCRIPTS})):
        pdf.add_font(name, fname=FONTS / f"{name}.ttf")
    pdf.set_fallback_fonts([LATIN], exact_match=False)
    pdf.set_title(spoken[0].words["title"])
    pdf.set_lang(tag(spoken[0].language))
    return pdf


def _cut_marks(pdf: _Sheets, left: float, top: float) -> None:
    right, bottom = left + _COLUMNS * CARD[0], top + _ROWS * CARD[1]
    pdf.set_line_width(0.1)
    for column in range(_COLUMNS + 1):
        x = left + column * CARD[0]
        pdf.line(x, top - _MARK, x, top - 1)
        pdf.line(x, bottom + 1, x, bottom + _MARK)
    for row in range(_ROWS + 1):
        y = top + row * CARD[1]
        pdf.line(left - _MARK, y, left - 1, y)
        pdf.line(right + 1, y, right + _MARK, y)


def _card(pdf: _Sheets, at: Box, printed: Printed, spoken: Sequence[Spoken]) -> None:
    inside = Box(at.x + _MARGIN, at.y + _MARGIN, at.width - 2 * _MARGIN, at.height - 2 * _MARGIN)
    _qr(pdf, Box(inside.x, inside.y, _QR, _QR), printed.address)
    beside = Box(inside.x + _QR + 3, inside.y, inside.width - _QR - 3, _QR)
    share = beside.height / len(spoken)
    for place, each in enumerate(spoken):
        here = Box(beside.x, beside.y + place * share, beside.width, share * _SHARE)
        _say(pdf, here, each, *_outside(each, len(spoken)))
    below = Box(inside.x, inside.y + _QR + 1, inside.width, inside.height - _QR)
    _to_type(pdf, below, printed, spoken)


def _outside(spoken: Spoken, of: int, larger: float = 1) -> list[_Line]:
    return [(spoken.words[word], most * larger) for word, most in (_ALONE if of == 1 else _ONE_OF_TWO)]


def _to_type(pdf: _Sheets, at: Box, printed: Printed, spoken: Sequence[Spoken]) -> None:
    """Address and code, each under its word in every language, side by side, the longer one in the wider column."""
    told = [("card.type", printed.short)] + ([("card.code", printed.code)] if printed.code else [])
    half = at.height / len(told)
    words = half * (0.45 if len(spoken) == 1 else 0.55)
    for row, (word, value) in enumerate(told):
        top, left = at.y + row * half, at.x
        lengths = [_length(pdf, each, each.words[word]) for each in spoken]
        for each, length in zip(spoken, lengths, strict=True):
            column = at.width * length / sum(lengths)
            _say(pdf, Box(left, top, column - 1, words), each, (each.words[word], 7))
            left += column
        _latin(pdf, Box(at.x, top + words, at.width, half - words), value, 11, "L")


def _qr(pdf: _Sheets, at: Box, content: str) -> None:
    rows = [bytes(row) for row in segno.make(content, error="m", micro=False).matrix_iter(border=_QUIET)]
    module = at.width / len(rows)
    pdf.set_fill_color(0)
    for down, row in enumerate(rows):
        start = 0
        while start < len(row):
            end = next((place for place in range(start, len(row)) if row[place] != row[start]), len(row))
            if row[start]:
                # A hair taller than a module, so that no printer leaves a white line between two rows.
                pdf.rect(at.x + start * module, at.y + down * module, (end - start) * module, module * 1.02, "F")
            start = end


def _say(pdf: _Sheets, at: Box, spoken: Spoken, *lines: _Line) -> None:
    """Lines below each other in their own script and direction, as large as the place allows."""
    font = SCRIPTS.get(spoken.language, LATIN)
    _in_script(pdf, spoken)
    _fitted(pdf, at, font, lines, "R" if direction(spoken.language) == "rtl" else "L")


def _length(pdf: _Sheets, spoken: Spoken, text: str) -> float:
    _in_script(pdf, spoken)
    pdf.set_font(SCRIPTS.get(spoken.language, LATIN), size=7)
    return pdf.get_string_width(text)


def _in_script(pdf: _Sheets, spoken: Spoken) -> None:
    pdf.set_text_shaping(use_shaping_engine=True, direction=direction(spoken.language), language=tag(spoken.language))


def _latin(pdf: _Sheets, at: Box, text: str, most: float, align: str) -> None:
    pdf.set_text_shaping(use_shaping_engine=True, direction="ltr")
    _fitted(pdf, at, LATIN, ((text, most),), align)


def _fitted(pdf: _Sheets, at: Box, font: str, lines: tuple[_Line, ...], align: str) -> None:
    shrunk = _shrunk(pdf, at, font, lines)
    pdf.set_xy(at.x, at.y)
    for text, most in lines:
        size = most * shrunk
        pdf.set_font(font, size=size)
        pdf.multi_cell(at.width, _line(font, size), str(text), align=align, new_x=XPos.LEFT, new_y=YPos.NEXT)


def _shrunk(pdf: _Sheets, at: Box, font: str, lines: tuple[_Line, ...]) -> float:
    """How far lines must shrink, all alike, to fit: a short one is then as legible as the longest beside it."""
    # Every text but the code stands on every card: its size is found once.
    asked = (font, lines, at.width, at.height)
    if asked not in pdf.shrunk:
        shrunk = 1.0
        while shrunk > 0.1 and sum(_height(pdf, at, font, text, most * shrunk) for text, most in lines) > at.height:
            shrunk *= 0.97
        pdf.shrunk[asked] = shrunk
    return pdf.shrunk[asked]


def _height(pdf: _Sheets, at: Box, font: str, text: str, size: float) -> float:
    pdf.set_font(font, size=size)
    height = pdf.multi_cell(at.width, _line(font, size), str(text), dry_run=True, output=MethodReturnValue.HEIGHT)
    return height if isinstance(height, float) else at.height


def _line(font: str, size: float) -> float:
    return size * _POINT * _TALL.get(font, _LINE)
