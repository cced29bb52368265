"""`make fonts`: cuts Noto's faces to the letters of our languages, and writes the style sheet that loads them.

A page draws with one file: its script in every weight, the Latin letters of its texts, and the names of the languages
in other scripts. It holds every letter that a person may type in its languages, not only those of today's texts.
English keeps the font that a device shows its own pages in. `--typeface` is what every page draws with.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import brotli
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem
from fontTools.varLib.instancer import instantiateVariableFont
from joining_fonts import joined

from survey.languages import own_name
from survey.letters import OTHERS, TABLE, code_points

FONTS = Path(__file__).resolve().parents[1] / "survey" / "static" / "fonts"

# Letters are written as in a style sheet's unicode-range.
_SPACES_AND_MARKS = "U+20,U+A0,U+200C-200F"
_INDIC = f"{_SPACES_AND_MARKS},U+964-965,U+25CC"
_ARABIC = f"{_SPACES_AND_MARKS},U+60C-655,U+660-66D,U+6F0-6F9,U+670,U+67E,U+686,U+6AF"
_OF_URDU = "U+679,U+688,U+691,U+698,U+6A9,U+6BA-6BE,U+6C0-6C3,U+6CC,U+6D2-6D4"
_OF_A_NAME = 600
"""The weight of a button."""


@dataclass(frozen=True)
class Part:
    """The letters of one script, as one file of a package holds them."""

    package: str
    script: str
    letters: str
    weights: tuple[int, int] | int = (400, 700)
    scale: float = 1

    def cut(self, packages: Path, letters: set[int], weights: tuple[int, int] | int) -> TTFont:
        """These letters alone, in these weights."""
        file = f"{self.package}-{self.script}-wght-normal.woff2"
        font = TTFont(packages / self.package / "files" / file, recalcTimestamp=False)
        cutting = Subsetter(Options(hinting=False, notdef_outline=True, name_IDs=[0, 1, 2, 4, 5, 6]))
        cutting.populate(unicodes=letters)
        cutting.subset(font)
        instantiateVariableFont(font, {"wght": weights}, inplace=True)
        em = font["head"].unitsPerEm
        scale_upem(font, round(em * self.scale))
        font["head"].unitsPerEm = em
        return font


LATIN = Part("noto-sans", "latin", "U+20-7E,U+A0-FF,U+131,U+152-153,U+2010-203A,U+20AC")
MORE_LATIN = Part("noto-sans", "latin-ext", "U+100-130,U+132-151,U+154-17F,U+218-21B,U+1E80-1E85,U+1EF2-1EF3")
ROMANIAN = Part("noto-sans", "latin-ext", "U+103", _OF_A_NAME)
"""The one letter of a language's name that LATIN lacks: for it alone a page would load a second font."""
# Urdu's letters too: typed on a page in another script its words must be of one font, or they would not join.
ARABIC = Part("noto-sans-arabic", "arabic", f"{_ARABIC},{_OF_URDU},U+6A4")
# All of Nastaliq in two weights would weigh 181 KB: its headings are told by their size. Its letters are small beside
# those of other scripts at one size.
NASTALIQ = Part(
    "noto-nastaliq-urdu",
    "arabic",
    f"{_ARABIC},{_OF_URDU}",
    weights=400,
    scale=1.08,
)
BENGALI = Part("noto-sans-bengali", "bengali", f"{_INDIC},U+980-9FE")
GUJARATI = Part("noto-sans-gujarati", "gujarati", f"{_INDIC},U+A81-AFF")
GURMUKHI = Part("noto-sans-gurmukhi", "gurmukhi", f"{_INDIC},U+A01-A76")
TAMIL = Part("noto-sans-tamil", "tamil", f"{_INDIC},U+B82-BFA")

NAMED = ((ARABIC, "ar"), (ARABIC, "ur"), (BENGALI, "bn"), (GUJARATI, "gu"), (GURMUKHI, "pa"), (TAMIL, "ta"))
"""The languages whose name, wherever it is offered, needs letters that other languages' pages have not."""


@dataclass(frozen=True)
class Face:
    """One file: what a page in these languages is drawn with."""

    family: str
    parts: tuple[Part, ...] = ()
    languages: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """Its name beside the style sheet."""
        return f"{self.family.lower().replace(' ', '-')}.woff2"


NAMES = Face("Names")
TYPED = (ARABIC, BENGALI, GUJARATI, GURMUKHI, TAMIL)
"""The scripts that somebody may type on a page in another one. A tablet may have no letters of its own at all."""
FACES = (
    Face("Noto Sans", (LATIN, MORE_LATIN), ("cy", "pl", "ro", "tr")),
    Face("Noto Sans Arabic", (ARABIC, LATIN, ROMANIAN), ("ar",)),
    Face("Noto Nastaliq Urdu", (NASTALIQ, LATIN, ROMANIAN), ("ur",)),
    Face("Noto Sans Bengali", (BENGALI, LATIN, ROMANIAN), ("bn",)),
    Face("Noto Sans Gujarati", (GUJARATI, LATIN, ROMANIAN), ("gu",)),
    Face("Noto Sans Gurmukhi", (GURMUKHI, LATIN, ROMANIAN), ("pa",)),
    Face("Noto Sans Tamil", (TAMIL, LATIN, ROMANIAN), ("ta",)),
    NAMES,
)


def main(packages: Path) -> None:
    """Write every font, the table of their letters, the licence, the style sheet and the hashes."""
    for old in FONTS.glob("*.woff2"):
        old.unlink()
    for face in FACES:
        (FONTS / face.file).write_bytes(_packed(_cut(packages, face)))
    TABLE.write_text(table())
    sheet = "\n".join([*(_rule(face.family, face.file) for face in FACES), *_typefaces()]) + "\n"
    (FONTS / "fonts.css").write_text(sheet)
    (FONTS / "typed.css").write_text("\n".join([*map(_typed_rule, TYPED), _TYPED_IN]) + "\n")
    (FONTS / "fonts.css.br").write_bytes(brotli.compress(sheet.encode()))
    (FONTS / "OFL.txt").write_text(_licence(packages))
    built = sorted([*FONTS.glob("*.woff2"), *FONTS.glob("*.css*"), FONTS / "OFL.txt", *FONTS.glob("source/*.json")])
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(FONTS).as_posix()}" for path in built]
    (FONTS / "hashes.txt").write_text("\n".join(lines) + "\n")


def _cut(packages: Path, face: Face) -> TTFont:
    had, fonts = set[int](), list[TTFont]()
    for part in face.parts:
        fonts.append(part.cut(packages, code_points(part.letters) - had, part.weights))
        had |= code_points(part.letters)
    for part in dict.fromkeys(part for part, _ in NAMED):
        letters = {ord(letter) for other, code in NAMED if other is part for letter in own_name(code)}
        if not letters <= had:
            fonts.append(part.cut(packages, letters - had, _OF_A_NAME))
    return joined(fonts)


def table() -> str:
    """Which letters these files draw, for whoever judges a translation without unpacking them."""
    drawn = {face.family: set(TTFont(FONTS / face.file).getBestCmap()) for face in FACES}
    latin = drawn[FACES[0].family]
    own = {code: drawn[face.family] | latin for face in FACES[1:] for code in face.languages}
    rows = [f'{code} = "{_spans(letters)}"' for code, letters in {OTHERS: latin, **own}.items()]
    return "\n".join(("# Language -> the letters of its fonts; written by make fonts.", *rows)) + "\n"


def _spans(letters: set[int]) -> str:
    firsts = sorted(each for each in letters if each - 1 not in letters)
    lasts = sorted(each for each in letters if each + 1 not in letters)
    return ",".join(f"U+{a:X}" if a == b else f"U+{a:X}-{b:X}" for a, b in zip(firsts, lasts, strict=True))


def _packed(font: TTFont) -> bytes:
    font.flavor = "woff2"
    written = BytesIO()
    font.save(written)
    return written.getvalue()


def _rule(family: str, file: str, *more: str) -> str:
    said = (
        f'font-family:"{family}"',
        "font-weight:400 700",
        "font-display:swap",
        f'src:url({file}) format("woff2")',
        *more,
    )
    return f"@font-face{{{';'.join(said)}}}"


# Before the device's font, which may draw a script half and join nothing; on a page in Urdu after Nastaliq.
_TYPED_IN = (
    'textarea,.short{font-family:"Typed",var(--typeface)}\n'
    ':root:lang(ur) :is(textarea,.short){font-family:var(--typeface),"Typed"}'
)


def _typed_rule(part: Part) -> str:
    """The face of a script for what is typed: it is fetched at its first letter."""
    (face,) = (each for each in FACES if each.parts[:1] == (part,))
    letters = part.letters.removeprefix(_SPACES_AND_MARKS)
    return _rule("Typed", face.file, f"unicode-range:U+200C-200D{letters}")


def _typefaces() -> Iterator[str]:
    latin = FACES[0].family
    yield f':root{{--typeface:system-ui,"{latin}";--names:"{NAMES.family}",var(--typeface)}}'
    for face in FACES:
        whole = ",".join(dict.fromkeys((f'"{face.family}"', f'"{latin}"', "system-ui")))
        for code in face.languages:
            yield f":root:lang({code}){{--typeface:{whole};--names:var(--typeface)}}"
    yield "form.languages button{font-family:var(--names)}"


def _licence(packages: Path) -> str:
    names = dict.fromkeys(part.package for face in FACES for part in face.parts)
    texts = [(packages / package / "LICENSE").read_text() for package in names]
    holders = sorted({text.partition("\n")[0] for text in texts})
    (body,) = {text.partition("\n")[2] for text in texts}
    return "\n".join(holders) + "\n" + body


if __name__ == "__main__":
    main(Path(sys.argv[1]))
