"""The words around the questions: one catalogue a language, English where a translation is missing.

Same file format as the questionnaires' translations (.po), so that translators meet one kind of file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent / "translations"
ENGLISH = "en"

Words = Mapping[str, str]
"""Place on a page (the catalogue's msgctxt) -> words."""


def load(folder: Path = FOLDER) -> dict[str, Words]:
    """Every catalogue in the folder: language code -> words. English is whole; the others fall back to it, visibly.

    Raises:
        FileNotFoundError: the English catalogue is missing from the installation.
    """
    english = _read(folder / f"{ENGLISH}.po")
    others = {path.stem: _read(path) for path in sorted(folder.glob("*.po")) if path.stem != ENGLISH}
    return {ENGLISH: english, **{language: english | words for language, words in others.items()}}


def _read(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        catalogue = read_po(file)
    english = path.stem == ENGLISH
    return {
        str(message.context): str(message.id if english else message.string)
        for message in catalogue
        if message.id and message.context and (english or message.string)
    }
