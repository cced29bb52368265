"""The .po files of the questionnaire and of the words around it: how far each language is, and what a translator made.

An entry belongs to a place and to the very English that stood there when it was translated; where that English has
changed, the entry is stale and nobody sees it. Needs polib: never on a tablet.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from types import MappingProxyType

import polib

from forms.authoring.wording import state_of
from forms.xlsform import VICTIM_VOICE, messages_of
from survey.words import ENGLISH, FOLDER, load

STATES = ("draft", "reviewed", "same")
BEFORE, WAS_TRANSLATED = "before", "was translated"
"""What the English was that has changed, and how it was translated: a translator's file says both."""
LONGEST_TEXT = 2_000
_PLACEHOLDER = re.compile(r"\{[a-z_]*\}")
_DIGITS = re.compile(r"\d+")
_HEADER = {"MIME-Version": "1.0", "Content-Type": "text/plain; charset=UTF-8", "Content-Transfer-Encoding": "8bit"}


Key = tuple[str, str, str]
"""Catalogue, place and English."""


@dataclass(frozen=True)
class Entry:
    """One message in one language; ``text`` is empty where nobody has translated it."""

    catalogue: str
    place: str
    english: str
    text: str = ""
    state: str = ""

    @property
    def key(self) -> Key:
        """What makes it this message."""
        return self.catalogue, self.place, self.english

    @property
    def place_in(self) -> tuple[str, str]:
        """Where it stands; a question and its hint stand at one place."""
        return self.catalogue, self.place


class Unfit(ValueError):
    """A translation that cannot be taken; the message says what to change."""


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
        """Lay these over what there is and write both .po files anew; ``check`` each of them first.

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

    def check(self, untrusted: Entry) -> None:
        """Whether a translation can be taken.

        Raises:
            Unfit: its English is not today's, a placeholder is lost, a number is another (somebody may call it), it is
                too long or not on one line, or its state is none.
        """
        if untrusted.key not in {each.key for each in self.english}:
            raise Unfit("The English here has changed, or there is no such place. Write the file out anew.")
        if untrusted.state not in STATES:
            raise Unfit(f"The state is one of {', '.join(STATES)}, and not '{untrusted.state[:20]}'.")
        if len(untrusted.text) > LONGEST_TEXT:
            raise Unfit(f"This is longer than {LONGEST_TEXT:,} characters. Shorten it.")
        if placeholders(untrusted.text) != placeholders(untrusted.english):
            raise Unfit("What stands in {braces} must stand in the translation too, unchanged.")
        if numbers(untrusted.text) != numbers(untrusted.english):
            expected = ", ".join(numbers(untrusted.english)) or "none"
            raise Unfit(f"The translation must hold the same numbers: {expected}. Write them in the digits 0 to 9.")
        if len(untrusted.text.splitlines()) > len(untrusted.english.splitlines()):
            raise Unfit("It stands on one line in English. Write it on one line.")
        if untrusted.state == "same" and untrusted.text != untrusted.english:
            raise Unfit("It says 'same', but is not the same as the English.")

    def alike(self, language: str, untrusted: Sequence[Entry]) -> frozenset[Key]:
        """Which of these would make two answers of one list read the same; what stands beside them is as it was."""
        given, bad = {entry.key: entry for entry in untrusted}, set[Key]()
        present = self.entries(language)
        while True:
            merged = [given.get(entry.key, entry) for entry in present]
            reads = Counter(map(_as_read, merged))
            found = {entry.key for entry in merged if reads[_as_read(entry)] > 1} & given.keys()
            if not found:
                return frozenset(bad)
            # Without these the old texts stand again, and may be those of answers that were to change places.
            bad |= found
            given = {key: entry for key, entry in given.items() if key not in found}

    def _kept(self, language: str) -> Iterator[Entry]:
        for catalogue, folder in self.folders.items():
            path = folder / f"{language}.po"
            if path.is_file():
                yield from entries_of(path, catalogue)


def entries_of(path: Path, catalogue: str) -> Iterator[Entry]:
    """The translated entries of one of our .po files; raises as ``read_po_file``."""
    for entry in read_po_file(path):
        if entry.msgstr and not entry.obsolete and not entry.fuzzy:
            yield Entry(catalogue, entry.msgctxt or "", entry.msgid, entry.msgstr, state_of(entry))


def read_po_file(path: Path) -> polib.POFile:
    """Any .po file.

    Raises:
        OSError, UnicodeDecodeError: it cannot be read; polib raises OSError for what is no .po file.
    """
    return polib.pofile(path.read_text(encoding="utf-8"))


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


def _as_read(entry: Entry) -> tuple[str, ...]:
    """What makes an answer look like another of its list; of everything else, what makes it that message."""
    of_list, answer, _ = entry.place.partition("/")
    said = " ".join((entry.text or entry.english).split()).casefold()
    return (entry.catalogue, of_list, said) if answer else entry.key


def numbers(text: str) -> list[str]:
    """The numbers in a text, each once, sorted."""
    return sorted(set(_DIGITS.findall(text)))


def placeholders(text: str) -> list[str]:
    """What stands in braces, sorted."""
    return sorted(_PLACEHOLDER.findall(text))
