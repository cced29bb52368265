"""What fonts/fonts.css says, read as a browser reads it: which face draws which letter of which language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from fontTools.ttLib import TTFont
from subsetting import FONTS

from survey.languages import tag

SHEET = (FONTS / "fonts.css").read_text()
OF_THE_DEVICE = {"en", "en-easy", "es", "fr", "it", "pt", "so"}
"""Written in letters that every device has: their pages load the names of other languages and no other font of ours."""


@dataclass(frozen=True)
class Served:
    """One @font-face rule and its file."""

    family: str
    weights: tuple[int, int]
    file: str

    def draws(self, letter: str) -> bool:
        """Whether a browser takes this letter from here."""
        return ord(letter) in cmap(self.file)


@cache
def cmap(file: str) -> dict[int, str]:
    return TTFont(FONTS / file).getBestCmap()


def served() -> Iterator[Served]:
    for rule in re.findall(r"@font-face\{([^}]*)\}", SHEET):
        said = dict(part.split(":", 1) for part in rule.split(";"))
        weights = [int(weight) for weight in said["font-weight"].split()]
        file = re.fullmatch(r'url\(([a-z0-9-]+\.woff2)\) format\("woff2"\)', said["src"])
        assert file, said["src"]
        yield Served(said["font-family"].strip('"'), (weights[0], weights[-1]), file[1])


SERVED = tuple(served())


def families(language: str) -> list[str]:
    """What a page in this language is drawn with, first to last."""
    own = re.search(rf":root:lang\({tag(language)}\)\{{--typeface:([^;}}]*)", SHEET)
    whole = own or re.search(r":root\{--typeface:([^;}]*)", SHEET)
    assert whole
    return [name.strip('"') for name in whole[1].split(",")]
