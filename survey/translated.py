"""One message in one language, and what makes a translator's text unfit for the place of the English.

The rules are about what costs a respondent something: a number to call, a button called by another name, two answers
that read the same, a word in a phone's history, a mark that turns a line round and that nobody can see.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from survey.easy_read import sentences
from survey.languages import EASY_READ
from survey.letters import undrawn

STATES = ("draft", "reviewed", "same")
LONGEST_TEXT = 2_000
TITLE, LEAVE = ("words", "title"), ("words", "bar.leave")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}|[{}]")
_DIGITS = re.compile(r"\d+(?:[ \u00a0\u202f]\d+)*")
"""Numbers with only spaces between them are dialled, or read as a date, as one."""
_OF_A_PROGRAM = re.compile(r"\\.?|&#?\w+;|</?\w[^>]*>|_x[0-9A-Fa-f]{4}_")
"""What programs write in place of a letter or a line end: nothing turns it back, and people would read it."""
_QUOTES = "“”„‟«»‹›‘’\"'"
_JOINERS = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
"""Unseen, and needed: Bengali, Urdu and others are written with them."""
_OF_A_SPREADSHEET = ("TRUE", "FALSE")
_MARKED = {
    "fuzzy": "The translator's program marks it as unsure (fuzzy). Look at it there, and take the mark away.",
    "plural": "It has plural forms, and ours has none. Write one msgid and one msgstr, as they were written out.",
}
_ALIKE = "reads the same as another answer of its list. Write them so that they can be told apart."
_TRADED = "Write each text in its own row. If what stood there was wrong, ask a maintainer."
_MOVED = "Write each answer in its own row. If what stood there was wrong, ask a maintainer."

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


def check(language: str, present: Mapping[Key, Entry], untrusted: Entry) -> None:
    """Whether a translation can be taken into this language, of which this is present.

    Raises:
        Unfit: its English is not today's, its state is none, or its text is not fit for its place.
    """
    if not untrusted.place:
        raise Unfit("It does not say where it stands. Leave the msgctxt, or the column 'place', as it was written out.")
    if untrusted.key not in present:
        raise Unfit("The English here has changed, or there is no such place. Write the file out anew.")
    title = present[untrusted.key].text
    if untrusted.place_in == TITLE and untrusted.text != title:
        raise Unfit(f"Only a maintainer changes the title, since a phone's history keeps it. Leave it: '{title}'.")
    found = (_of_state(untrusted), _beside_english(language, untrusted), _of_letters(language, untrusted))
    fault = next(chain.from_iterable(found), None)
    if fault is not None:
        raise Unfit(fault)


def _of_state(untrusted: Entry) -> Iterator[str]:
    state, is_english = untrusted.state, untrusted.text == untrusted.english
    if state in _MARKED:
        yield _MARKED[state]
    if state not in STATES:
        yield f"The state is one of {', '.join(STATES)}, and not '{state[:20]}'."
    if state == "same" and not is_english:
        yield "It says 'same', but is not the same as the English."
    if state == "draft" and is_english:
        yield "This is the English. Translate it, or write the state 'same' where it is so on purpose."


def _beside_english(language: str, untrusted: Entry) -> Iterator[str]:
    text, english = untrusted.text, untrusted.english
    if text in _OF_A_SPREADSHEET and text != english:
        yield "The spreadsheet took this word for true or false. Give the cell the format 'Text' and type it again."
    if placeholders(text) != placeholders(english):
        yield "What stands in {braces} must stand in the translation too, unchanged, and no other brace."
    if _other_numbers(language, text, english):
        expected = ", ".join(numbers(english)) or "none"
        yield f"The translation must hold the same numbers: {expected}. Write each as often, in the digits 0 to 9."
    if len(text.splitlines()) > len(english.splitlines()):
        yield "It stands on one line in English. Write it on one line."


def _of_letters(language: str, untrusted: Entry) -> Iterator[str]:
    text = untrusted.text
    if len(text) > LONGEST_TEXT:
        yield f"This is longer than {LONGEST_TEXT:,} characters. Shorten it."
    if not any(map(str.isalnum, text)):
        yield "There is no letter in it. Write a translation, or leave it empty."
    if text.startswith("="):
        yield "A spreadsheet would take this for a formula. Write it without '=' at its beginning."
    for found in _OF_A_PROGRAM.findall(text):
        yield f"A program wrote '{found[:20]}' in place of what people should read. Type the text itself."
    for mark in filter(_unseen, text):
        yield f"It holds a mark that nobody can see, {_called(mark)}. Type the line again without it."
    for letter in undrawn(text, language):
        yield f"No font that we serve draws {_called(letter)} in this language. Write it otherwise, or have it added."


def _other_numbers(language: str, text: str, english: str) -> bool:
    """Whether other numbers are said, or any more or less often; Easy Read may say one again in another sentence."""
    if language != EASY_READ:
        return numbers(text) != numbers(english)
    once = Counter(numbers(english))
    more = any(Counter(numbers(sentence)) - once for sentence in sentences(text))
    return more or set(numbers(text)) != set(once)


def _called(letter: str) -> str:
    return f"U+{ord(letter):04X} ({unicodedata.name(letter, 'without a name')})"


def _unseen(letter: str) -> bool:
    return unicodedata.category(letter) in {"Cc", "Cf"} and letter not in f"\n{_JOINERS}"


def unfit_together(present: Sequence[Entry], untrusted: Collection[Entry]) -> dict[Key, str]:
    """Which of these do not fit beside the others and what stands there now, and what to change."""
    given, bad = {entry.key: entry for entry in untrusted}, dict[Key, str]()
    while True:
        merged = [given.get(entry.key, entry) for entry in present]
        new = {now.key for was, now in zip(present, merged, strict=True) if was.text != now.text}
        wrong = {**_misquoting(merged, new), **_traded(present, merged), **_moved(present, merged), **_alike(merged)}
        found = {key: why for key, why in wrong.items() if key in given}
        if not found:
            return bad
        # Without these the old texts stand again, and others may not fit beside those.
        bad |= found
        given = {key: entry for key, entry in given.items() if key not in found}


def _moved(present: Sequence[Entry], merged: Sequence[Entry]) -> dict[Key, str]:
    """The answers that would read as another of their list did: people would choose the opposite of what they mean."""
    had = {_as_read(entry): entry for entry in present if entry.text}
    found = dict[Key, str]()
    for was, now in zip(present, merged, strict=True):
        other = had.get(_as_read(now))
        if other and _as_read(was) != _as_read(now):
            found[now.key] = _in_place_of(now, other, _MOVED)
    return found


def _traded(present: Sequence[Entry], merged: Sequence[Entry]) -> dict[Key, str]:
    """What would read as another text did that reads otherwise now: two have changed places, or a column slipped.

    Two places may come to say the same, as two buttons do; then the other says what it said before.
    """
    new = [(was, now) for was, now in zip(present, merged, strict=True) if now.text and _letters(was) != _letters(now)]
    had = {_letters(was): was for was, _ in new if was.text}
    found = dict[Key, str]()
    for _, now in new:
        if other := had.get(_letters(now)):
            found[now.key] = _in_place_of(now, other, _TRADED)
    return found


def _in_place_of(now: Entry, other: Entry, to_do: str) -> str:
    return f"'{now.english}' would read as '{other.english}' did, '{other.text}'. {to_do}"


def _alike(merged: Sequence[Entry]) -> dict[Key, str]:
    reads = Counter(map(_as_read, merged))
    return {entry.key: f"'{entry.english}' {_ALIKE}" for entry in merged if reads[_as_read(entry)] > 1}


def _as_read(entry: Entry) -> tuple[str, ...]:
    """What makes an answer look like another of its list; of everything else, what makes it that message."""
    of_list, answer, _ = entry.place.partition("/")
    return (entry.catalogue, of_list, _letters(entry)) if answer else entry.key


def _letters(entry: Entry) -> str:
    seen = "".join(letter for letter in entry.text or entry.english if unicodedata.category(letter) != "Cf")
    return " ".join(unicodedata.normalize("NFKC", seen).split()).casefold()


def _misquoting(merged: Sequence[Entry], new: Collection[Key]) -> dict[Key, str]:
    """The new texts that quote the button to leave by another name than it has, or else its new name."""
    for button in merged:
        if button.place_in == LEAVE and button.text:
            wrong = [entry for entry in quoting(merged, button.english) if not quotes(entry.text, button.text)]
            if wrong and button.key in new:
                places = ", ".join(entry.place for entry in wrong)
                return {button.key: f"The button is called otherwise in {places}. Call it the same there, in quotes."}
            said = f"The button is called '{button.text}'. Call it so here too, in quotes."
            return {entry.key: said for entry in wrong if entry.key in new}
    return {}


def quoting(entries: Sequence[Entry], english: str) -> list[Entry]:
    """The translated messages whose English quotes this."""
    return [entry for entry in entries if entry.text and f"“{english}”" in entry.english]


def quotes(text: str, name: str) -> bool:
    """Whether a text quotes this name, whole and in quotes of whatever shape."""
    return re.search(rf"[{_QUOTES}]\s?{re.escape(name)}\s?[{_QUOTES}]", text) is not None


def numbers(text: str) -> list[str]:
    """The numbers in a text, each as often as it stands there, sorted."""
    return sorted(_DIGITS.findall(text))


def placeholders(text: str) -> list[str]:
    """What stands in braces, and every brace that has no partner, sorted."""
    return sorted(_PLACEHOLDER.findall(text))
