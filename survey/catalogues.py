"""The .po files of the questionnaire and of the words around it: how far each language is, and what a translator made.

An entry belongs to a place and to the very English that stood there when it was translated; where that English has
changed, the entry is stale and nobody sees it. Needs polib: never on a tablet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from types import MappingProxyType

import polib

from forms.authoring.lines import Unreadable
from forms.authoring.po_files import nothing_to_read, read_po_file
from forms.xlsform import VICTIM_VOICE, messages_of
from survey.translated import Entry, Key
from survey.words import ENGLISH, FOLDER, load

BEFORE, WAS_TRANSLATED = "before", "was translated"
"""What the English was that has changed, and how it was translated: a translator's file says both."""
_HEADER = {"MIME-Version": "1.0", "Content-Type": "text/plain; charset=UTF-8", "Content-Transfer-Encoding": "8bit"}


@dataclass(frozen=True)
class Catalogues:
    """Both catalogues: ``questions`` and ``words``, each with its folder of .po files and its English."""

    folders: dict[str, Path]
    english: tuple[Entry, ...]

    @classmethod
    def shipped(cls) -> Catalogues:
        """Those that ship with the program."""
        questions = tuple(Entry("questions", each.place, each.text) for each in messages_of(VICTIM_VOICE))
        words = tuple(Entry("words", place, text) for place, text in load()[ENGLISH].items())
        return cls({"questions": VICTIM_VOICE.parents[1] / "translations", "words": FOLDER}, questions + words)

    def languages(self) -> tuple[str, ...]:
        """Every language that has a .po file, English apart."""
        found = {path.stem for folder in self.folders.values() for path in folder.glob("*.po")}
        return tuple(sorted(found - {ENGLISH}))

    def entries(self, language: str) -> tuple[Entry, ...]:
        """Every message of today, translated where somebody has."""
        present = {entry.key: entry for entry in self._kept(language)}
        return tuple(present.get(each.key, each) for each in self.english)

    def stale(self, language: str) -> tuple[Entry, ...]:
        """Translations of an English that no longer stands there."""
        today = {each.key for each in self.english}
        return tuple(entry for entry in self._kept(language) if entry.key not in today)

    def before(self, language: str) -> dict[Key, Entry]:
        """Message that nobody has translated -> the stale translation that stood there, where there is one.

        A question and its hint share a place: of what stood there, each has what is most like it in English.
        """
        missing, stale = (entry for entry in self.entries(language) if not entry.text), self.stale(language)
        pairs = [(new.key, old) for new in missing for old in stale if old.place_in == new.place_in]
        found = dict[Key, Entry]()
        for key, old in sorted(pairs, key=lambda pair: _likeness(pair[0][2], pair[1].english), reverse=True):
            if key not in found and old not in found.values():
                found[key] = old
        return found

    def counts(self, language: str) -> Counter[str]:
        """How many messages are in each state; ``missing`` and ``stale`` beside them."""
        counts = Counter(entry.state or "missing" for entry in self.entries(language))
        counts["stale"] = len(self.stale(language))
        return counts

    def take(self, language: str, untrusted: Sequence[Entry]) -> None:
        """Lay these over what there is and write both .po files anew; ``translated`` judges them first.

        What is stale stays until the message that it belonged to, or all of its place, is translated anew.
        """
        given, before = {entry.key: entry for entry in untrusted}, self.before(language)
        merged = [given.get(entry.key, entry) for entry in self.entries(language)]
        renewed = [before[entry.key] for entry in merged if entry.text and entry.key in before]
        whole = {entry.place_in for entry in merged} - {entry.place_in for entry in merged if not entry.text}
        merged += [each for each in self.stale(language) if each not in renewed and each.place_in not in whole]
        for catalogue, folder in self.folders.items():
            own = (entry for entry in merged if entry.catalogue == catalogue and entry.text)
            po_file(language, own).save(str(folder / f"{language}.po"))

    def _kept(self, language: str) -> Iterator[Entry]:
        for catalogue, folder in self.folders.items():
            path = folder / f"{language}.po"
            if path.is_file():
                yield from entries_of(path, catalogue)


def entries_of(path: Path, catalogue: str) -> Iterator[Entry]:
    """The translated entries of one of our .po files.

    Raises:
        Unreadable: it is none; it names the file and the line.
    """
    try:
        file = read_po_file(path)
    except Unreadable as fault:
        raise Unreadable(f"{path.name} of {catalogue}: {fault.what}", fault.to_do, fault.row) from fault
    for entry in file.entries:
        if not entry.marked and not nothing_to_read(entry.text):
            yield Entry(catalogue, entry.place or "", entry.english, entry.text, entry.state or "draft")


def po_file(
    language: str, entries: Iterable[Entry], before: Mapping[Key, Entry] = MappingProxyType({})
) -> polib.POFile:
    """These entries as a .po file, each with how far it is; one that nobody has translated stands there empty.

    ``before``: what stood there, for whoever translates it anew.
    """
    file = polib.POFile(wrapwidth=0)
    file.metadata = {"Language": language, **_HEADER}
    for entry in entries:
        comment = f"state: {entry.state or 'draft'}"
        old = before.get(entry.key)
        if old is not None:
            comment += f"\n{BEFORE}: {_one_line(old.english)}\n{WAS_TRANSLATED}: {_one_line(old.text)}"
        file.append(polib.POEntry(msgctxt=entry.place, msgid=entry.english, msgstr=entry.text, tcomment=comment))
    return file


def _likeness(text: str, other: str) -> float:
    return SequenceMatcher(None, text, other).ratio()


def _one_line(text: str) -> str:
    return " ".join(text.splitlines())
