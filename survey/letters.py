"""Which letters a page in a language is drawn with by a font that we serve; `make fonts` writes the table."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

TABLE = Path(__file__).parent / "data" / "letters.toml"
OTHERS = "others"
_NOTHING_TO_DRAW = frozenset({"Cc", "Cf", "Zs"})


def undrawn(text: str, language: str) -> Iterator[str]:
    """The characters of a text for which no font of this language's pages has a letter."""
    letters = _drawn(language)
    return (each for each in text if ord(each) not in letters and unicodedata.category(each) not in _NOTHING_TO_DRAW)


@cache
def _drawn(language: str) -> frozenset[int]:
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return code_points(table.get(language, table[OTHERS]))


def code_points(spans: str) -> frozenset[int]:
    """Those of a unicode-range as in a style sheet."""
    found = set[int]()
    for first, last in re.findall(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", spans):
        found.update(range(int(first, 16), int(last or first, 16) + 1))
    return frozenset(found)
