"""The words around the questions: one catalogue a language, English where a translation is missing.

Same file format as the questionnaires' translations (.po), so that translators meet one kind of file. An entry counts
while the English that it was made from still stands; after that English is shown until somebody translates it anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from survey.easy_read import a_sentence_a_line
from survey.languages import EASY_READ, Foreign, in_order, tag

FOLDER = Path(__file__).parent / "translations"
ENGLISH = "en"

Words = Mapping[str, str]
"""Place on a page (the catalogue's msgctxt) -> words."""

_STATE = re.compile(r"\s*state\s*:\s*(.*?)\s*", re.IGNORECASE)


class WordsOfAll(dict[str, Words]):
    """Language -> its words. ``drafted``: the languages in which nobody has checked some of what people are shown."""

    def __init__(self, words: Mapping[str, Words], drafted: Iterable[str]) -> None:
        super().__init__(words)
        self.drafted = frozenset(drafted)


def load(folder: Path = FOLDER) -> WordsOfAll:
    """Every catalogue in the folder: language code -> words. English is whole; the others fall back to it, visibly.

    Raises:
        FileNotFoundError: the English catalogue is missing from the installation.
    """
    english = {str(message.context): str(message.id) for message in _messages(folder / f"{ENGLISH}.po")}
    words, drafted = dict[str, Words]({ENGLISH: english}), list[str]()
    for path in sorted(folder.glob("*.po")):
        if path.stem != ENGLISH:
            shown = [each for each in _messages(path) if each.string and english.get(str(each.context)) == each.id]
            words[path.stem] = _laid_over(english, {str(each.context): str(each.string) for each in shown}, path.stem)
            drafted += [] if all(map(_checked, shown)) else [path.stem]
    return WordsOfAll(words, drafted)


def _checked(message: Message) -> bool:
    states = {found[1].lower() for found in map(_STATE.fullmatch, message.user_comments) if found}
    return bool(states) and states <= {"reviewed", "same"}


def _laid_over(english: Words, own: Words, language: str) -> Words:
    same_tongue = tag(language) == tag(ENGLISH)
    words = dict[str, str]()
    for place, text in english.items():
        translated = own.get(place)
        if translated and (same_tongue or translated != text):
            words[place] = in_order(translated, language)
        else:
            words[place] = text if same_tongue else Foreign(text, ENGLISH)
    if language == EASY_READ:
        return {place: a_sentence_a_line(text) for place, text in words.items()}
    return words


def _messages(path: Path) -> list[Message]:
    with path.open("rb") as file:
        return [message for message in read_po(file) if message.id and message.context]
