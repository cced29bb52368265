"""Easy Read: one idea a line, and a drawn symbol beside an answer. The symbol is for people who read little; the words
always stand beside it, and whoever hears the page hears the words only.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, SupportsIndex

from markupsafe import Markup

SYMBOLS = Path(__file__).parent / "data" / "symbols.toml"
_BETWEEN_SENTENCES = re.compile(r"(?<=[.?!])\s+")


class Lines(str):
    """A text of several sentences; in a page each stands on a line of its own."""

    __slots__ = ()

    def __html__(self) -> Markup:
        """The text, escaped, with an element around each sentence."""
        lines = (Markup('<span class="line">{}</span>').format(each) for each in sentences(str(self)))
        return Markup(" ").join(lines)

    def replace(self, old: str, new: str, count: SupportsIndex = -1, /) -> Lines:
        """As of any text; the lines stay."""
        return Lines(super().replace(old, new, count))


def sentences(text: str) -> list[str]:
    """A text taken apart after each full stop, question mark or exclamation mark."""
    return _BETWEEN_SENTENCES.split(text)


def a_sentence_a_line(text: str) -> str:
    """The text as Easy Read shows it."""
    return Lines(text) if _BETWEEN_SENTENCES.search(text) else text


def symbol_of(item: str, code: str) -> str:
    """The symbol for one answer to one item, as ``static/symbols.svg`` names it; empty where there is none."""
    told = _told()
    if item in told["without"]:
        return ""
    return str(told["item"].get(item, {}).get(code) or told["anywhere"].get(code, ""))


@cache
def _told() -> Mapping[str, Any]:
    return tomllib.loads(SYMBOLS.read_text(encoding="utf-8"))
