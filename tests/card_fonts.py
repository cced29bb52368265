"""Maintainers: cut the fonts of cards and posters to the letters that stand on them (``make card-fonts``).

Takes the folder of npm's packages and writes TTFs with their hashes beside the licence. A translator's new words may
need letters that are not in there yet; a test says so.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from export.centre.cards import FONTS, SCRIPTS, card_words
from survey.words import load

LATIN = "".join(map(chr, (*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x218, 0x21C)))) + "–’“”"


def letters_of(name: str) -> str:
    """What a script's font must show: every card word of its languages, and the digits."""
    languages = [language for language, font in SCRIPTS.items() if font == name]
    return "".join(word for language in languages for word in card_words(load()[language])) + "0123456789"


def cut(source: Path, letters: str, *, shaped: bool) -> TTFont:
    """One font of npm's with these letters alone; ``shaped`` keeps what joins and stacks them."""
    options = Options()
    options.layout_features = ["*"] if shaped else []
    options.hinting = False
    options.notdef_outline = True
    font = TTFont(source)
    font.flavor = None
    subsetter = Subsetter(options)
    subsetter.populate(text=letters)
    subsetter.subset(font)
    return font


def main(packages: Path) -> None:
    """Write every font, the licence and ``hashes.txt``."""
    with tempfile.TemporaryDirectory() as room:
        pieces = []
        for part in ("latin", "latin-ext"):
            piece = Path(room) / f"{part}.ttf"
            cut(packages / f"noto-sans/files/noto-sans-{part}-400-normal.woff2", LATIN, shaped=False).save(piece)
            pieces.append(str(piece))
        Merger().merge(pieces).save(FONTS / "noto-sans.ttf")
    for name in sorted(set(SCRIPTS.values())):
        script = name.rpartition("-")[2]
        subset = {"arabic": "arabic", "urdu": "arabic"}.get(script, script)
        source = packages / name / "files" / f"{name}-{subset}-400-normal.woff2"
        cut(source, letters_of(name), shaped=True).save(FONTS / f"{name}.ttf")
    shutil.copyfile(packages / "noto-sans" / "LICENSE", FONTS / "OFL.txt")
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(FONTS.glob("*.ttf"))]
    (FONTS / "hashes.txt").write_text("".join(lines), encoding="ascii")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
