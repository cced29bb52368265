"""The words around the questions: one catalogue a language, English where a translation is missing.

Same file format as the questionnaires' translations (.po), so that translators meet one kind of file. An entry counts
while the English that it was made from still stands; after that English is shown until somebody translates it anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from babel.messages.pofile import read_po

from survey.easy_read import a_sentence_a_line
from survey.languages import EASY_READ, Foreign, in_order, tag

FOLDER = Path(__file__).parent / "translations"
ENGLISH = "en"

Words = Mapping[str, str]
"""Place on a page (the catalogue's msgctxt) -> words."""


def load(folder: Path = FOLDER) -> dict[str, Words]:
    """Every catalogue in the folder: language code -> words. English is whole; the others fall back to it, visibly.

    Raises:
        FileNotFoundError: the English catalogue is missing from the installation.
    """
    english = {place: text for (place, text), _ in _entries(folder / f"{ENGLISH}.po").items()}
    others = {path.stem: _entries(path) for path in sorted(folder.glob("*.po")) if path.stem != ENGLISH}
    return {ENGLISH: english, **{language: _laid_over(english, own, language) for language, own in others.items()}}


def _laid_over(english: Words, own: Mapping[tuple[str, str], str], language: str) -> Words:
    same_tongue = tag(language) == tag(ENGLISH)
    words = dict[str, str]()
    for place, text in english.items():
        translated = own.get((place, text))
        if translated and (same_tongue or translated != text):
            words[place] = in_order(translated, language)
        else:
            words[place] = text if same_tongue else Foreign(text, ENGLISH)
    if language == EASY_READ:
        return {place: a_sentence_a_line(text) for place, text in words.items()}
    return words


def _entries(path: Path) -> dict[tuple[str, str], str]:
    """(place, English) -> translation."""
    with path.open("rb") as file:
        catalogue = read_po(file)
    return {
        (str(message.context), str(message.id)): str(message.string or "")
        for message in catalogue
        if message.id and message.context
    }
