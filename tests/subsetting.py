"""`make fonts`: cuts Noto's faces to the letters of our languages, and writes the style sheet that loads them.

A face holds every letter that a person may type in its languages, not only those of today's texts. English keeps the
font that a device shows its own pages in. `--typeface` is what the style sheet of every page draws with.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import brotli
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from survey.languages import own_name

FONTS = Path(__file__).resolve().parents[1] / "survey" / "static" / "fonts"

# Letters are written as the style sheet's unicode-range.
_SPACES_AND_MARKS = "U+20,U+A0,U+200C-200F"
_INDIC = f"{_SPACES_AND_MARKS},U+964-965,U+25CC"
_ARABIC = f"{_SPACES_AND_MARKS},U+60C-655,U+660-66D,U+6F0-6F9,U+670,U+67E,U+686,U+6AF"
_LARGER = {"Noto Nastaliq Urdu": "108%"}
"""Its letters are small beside those of other scripts at one size."""
_ENOUGH = {"Noto Nastaliq Urdu": (400,)}
"""One weight of Nastaliq alone weighs more than both of any other script: its headings are told by their size."""


@dataclass(frozen=True)
class Face:
    """One part of a family, for the languages that are written in it."""

    family: str
    part: str
    letters: str
    languages: tuple[str, ...] = ()

    @property
    def package(self) -> str:
        """Its package in the npm registry."""
        return self.family.lower().replace(" ", "-")

    @property
    def weights(self) -> tuple[int, ...]:
        """Those that are drawn."""
        return _ENOUGH.get(self.family, (400, 700))


LATIN = Face("Noto Sans", "latin", "U+20-7E,U+A0-FF,U+131,U+152-153,U+2010-203A,U+20AC")
FACES = (
    LATIN,
    Face(
        "Noto Sans",
        "latin-ext",
        "U+100-130,U+132-151,U+154-17F,U+218-21B,U+1E80-1E85,U+1EF2-1EF3",
        ("cy", "pl", "ro", "tr"),
    ),
    Face("Noto Sans Arabic", "arabic", f"{_ARABIC},U+6A4", ("ar",)),
    Face(
        "Noto Nastaliq Urdu",
        "arabic",
        f"{_ARABIC},U+679,U+688,U+691,U+698,U+6A9,U+6BA-6BE,U+6C0-6C3,U+6CC,U+6D2-6D4",
        ("ur",),
    ),
    Face("Noto Sans Bengali", "bengali", f"{_INDIC},U+980-9FE", ("bn",)),
    Face("Noto Sans Gujarati", "gujarati", f"{_INDIC},U+A81-AFF", ("gu",)),
    Face("Noto Sans Gurmukhi", "gurmukhi", f"{_INDIC},U+A01-A76", ("pa",)),
    Face("Noto Sans Tamil", "tamil", f"{_INDIC},U+B82-BFA", ("ta",)),
)
NAMED = tuple((face, code) for face in FACES if face.family != LATIN.family for code in face.languages)
"""The languages whose name, on the page that offers them, needs letters that no other page has."""


def main(packages: Path) -> None:
    """Write every font, the licence, the style sheet and the hashes."""
    for old in FONTS.glob("*.woff2"):
        old.unlink()
    faces = [line for face in FACES for line in _cut(packages, face)] + list(_cut_names(packages))
    sheet = "\n".join([*faces, *_typefaces()]) + "\n"
    (FONTS / "fonts.css").write_text(sheet)
    (FONTS / "fonts.css.br").write_bytes(brotli.compress(sheet.encode()))
    (FONTS / "OFL.txt").write_text(_licence(packages))
    built = sorted([*FONTS.glob("*.woff2"), *FONTS.glob("fonts.css*"), FONTS / "OFL.txt", *FONTS.glob("source/*.json")])
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(FONTS).as_posix()}" for path in built]
    (FONTS / "hashes.txt").write_text("\n".join(lines) + "\n")


def _cut(packages: Path, face: Face) -> Iterator[str]:
    letters = letters_of(face.letters)
    for weight in face.weights:
        file = f"{face.package}-{face.part}-{weight}.woff2"
        (FONTS / file).write_bytes(_subset(packages, face, weight, letters))
        yield _rule(face.family, f"{weight}" if len(face.weights) > 1 else "400 700", file, face.letters)


def letters_of(spans: str) -> set[int]:
    """The code points of a unicode-range."""
    found = set[int]()
    for first, last in re.findall(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", spans):
        found.update(range(int(first, 16), int(last or first, 16) + 1))
    return found


def _cut_names(packages: Path) -> Iterator[str]:
    for face, code in NAMED:
        file = f"name-{code}.woff2"
        weight = face.weights[-1]
        (FONTS / file).write_bytes(_subset(packages, face, weight, {ord(letter) for letter in own_name(code)}))
        yield _rule(f"Name {code}", "400 700", file, "")


def _subset(packages: Path, face: Face, weight: int, letters: set[int]) -> bytes:
    options = Options(hinting=False, notdef_outline=True, name_IDs=[0, 1, 2, 4, 5, 6])
    source = packages / face.package / "files" / f"{face.package}-{face.part}-{weight}-normal.woff2"
    font = TTFont(source, recalcTimestamp=False)
    cutting = Subsetter(options)
    cutting.populate(unicodes=letters)
    cutting.subset(font)
    font.flavor = "woff2"
    written = BytesIO()
    font.save(written)
    return written.getvalue()


def _rule(family: str, weight: str, file: str, letters: str) -> str:
    said = [f'font-family:"{family}"', f"font-weight:{weight}", "font-display:swap", f'src:url({file}) format("woff2")']
    said += [f"size-adjust:{_LARGER[family]}"] if family in _LARGER else []
    said += [f"unicode-range:{letters}"] if letters else []
    return f"@font-face{{{';'.join(said)}}}"


def _typefaces() -> Iterator[str]:
    yield f':root{{--typeface:system-ui,"{LATIN.family}";--latin:var(--typeface)}}'
    for face in FACES:
        for code in face.languages:
            latin = f'"{LATIN.family}",system-ui'
            whole = latin if face.family == LATIN.family else f'"{face.family}",{latin}'
            yield f":root:lang({code}){{--typeface:{whole};--latin:{latin}}}"
    yield "bdi,span[lang=en]{font-family:var(--latin)}"
    yield f'form.languages button{{font-family:system-ui,"{LATIN.family}"}}'
    for _, code in NAMED:
        yield f'form.languages button:lang({code}){{font-family:"Name {code}",var(--typeface)}}'


def _licence(packages: Path) -> str:
    texts = [(packages / face.package / "LICENSE").read_text() for face in FACES]
    holders = sorted({text.partition("\n")[0] for text in texts})
    (body,) = {text.partition("\n")[2] for text in texts}
    return "\n".join(holders) + "\n" + body


if __name__ == "__main__":
    main(Path(sys.argv[1]))
