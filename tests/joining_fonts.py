"""One font out of several: the first with its metrics, the others' letters after it, and how bold each of them goes.

fontTools joins fonts that do not vary, so what varies is taken apart before and put together again after. Glyphs keep
their order, font after font: by that each finds its own variations again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from fontTools.merge import Merger
from fontTools.ttLib import TTFont, newTable
from fontTools.varLib.hvar import add_HVAR

_VARYING = ("HVAR", "MVAR", "STAT", "avar", "fvar", "gvar")
_HINTS = ("gasp", "prep")
_WITH_A_STORE, _WITHOUT = 0x00010003, 0x00010002  # versions of the table GDEF (OpenType 1.9)


@dataclass(frozen=True)
class _Apart:
    """A font that varies no more, and what was taken out: the axis, each glyph's variations, those of its layout."""

    font: TTFont
    axis: Any
    variations: Sequence[Any]
    store: Any


def joined(fonts: Sequence[TTFont]) -> TTFont:
    """All of them as one font. What places letters beside each other may vary in the first alone."""
    parts = [_apart(font) for font in fonts]
    first = parts[0].font
    one = Merger().merge([_saved(part.font) for part in parts])
    one.recalcTimestamp = False  # the same bytes from the same letters, whenever they are cut
    one["head"].created, one["head"].modified = first["head"].created, first["head"].modified
    one["OS/2"] = first["OS/2"]
    lines, own = one["hhea"], first["hhea"]
    lines.ascent, lines.descent, lines.lineGap = own.ascent, own.descent, own.lineGap
    axis = next((part.axis for part in parts if part.axis is not None), None)
    if axis is not None:
        _vary(one, axis, [each for part in parts for each in part.variations])
    if parts[0].store is not None:
        one["GDEF"].table.VarStore = parts[0].store
        one["GDEF"].table.Version = _WITH_A_STORE
    return one


def _apart(font: TTFont) -> _Apart:
    axis = font.get("fvar")
    varied = font["gvar"].variations if axis is not None else {}
    variations = [varied.get(glyph, []) for glyph in font.getGlyphOrder()]
    for tag in (*_VARYING, *_HINTS):
        if tag in font:
            del font[tag]
    layout = font["GDEF"].table if "GDEF" in font else None
    store = getattr(layout, "VarStore", None)
    if layout is not None and store is not None:
        del layout.VarStore
        layout.Version = _WITHOUT
    return _Apart(font, axis, variations, store)


def _vary(one: TTFont, axis: Any, variations: Sequence[Any]) -> None:
    one["fvar"] = axis
    one["gvar"] = newTable("gvar")
    one["gvar"].version, one["gvar"].reserved = 1, 0
    one["gvar"].variations = dict(zip(one.getGlyphOrder(), variations, strict=True))
    add_HVAR(one)


def _saved(font: TTFont) -> BytesIO:
    font.flavor = None
    written = BytesIO()
    font.save(written)
    written.seek(0)
    return written
