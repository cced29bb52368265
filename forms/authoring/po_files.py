"""The entries of a .po file, each with the line on which it begins.

polib, which writes ours, reads generously: it takes eight unseen characters within a text for line ends, cuts a letter
off a text that lacks a quote, and drops an entry that lacks its msgstr, all without a word (measured). People would
read what no translator wrote. So files are read here, and a line that is not as it has to be ends the reading and is
named.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from forms.authoring.lines import Unreadable, content, text_of

_STATEMENT = re.compile(
    r'(?P<keyword>msgctxt|msgid_plural|msgid|msgstr|)(?P<form>(?<=msgstr)\[\d+\]|)\s*"(?P<text>(?:[^"\\]|\\[abfnrtv"\\])*)"'
)
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_MAY_FOLLOW = {
    "": {"msgctxt", "msgid"},
    "msgctxt": {"msgid"},
    "msgid": {"msgid_plural", "msgstr"},
    "msgid_plural": {"msgstr[0]"},
    "msgstr[0]": {"msgstr[1]"},
}
_STATE = re.compile(r"\s*state\s*:\s*(.*?)\s*", re.IGNORECASE)
_LANGUAGE = re.compile(r"^Language:[ \t]*(.*?)[ \t]*$", re.MULTILINE | re.IGNORECASE)
_QUOTES = 'A text stands between straight quotes; a quote in it is written \\", a backslash \\\\.'

_IN_ORDER = "An entry is msgctxt, msgid and msgstr, one after the other."


@dataclass(frozen=True, slots=True)
class PoEntry:
    """One text: ``line`` of the file, counted from 1; ``place`` is its msgctxt, None where it has none.

    ``state``: what a translator's comment says of it, in small letters; empty where none does. ``marked``: ``fuzzy`` or
    ``plural`` where a translator's program says so; of plural forms ``text`` is the first.
    """

    line: int
    place: str | None
    english: str
    text: str
    state: str
    marked: str


@dataclass(frozen=True, slots=True)
class PoFile:
    """``language`` as the head of the file says it, empty where it does not; obsolete entries are left out."""

    language: str
    entries: tuple[PoEntry, ...]


@dataclass(slots=True)
class _Begun:
    line: int = 0
    comments: list[str] = field(default_factory=list)
    fuzzy: bool = False
    texts: dict[str, str] = field(default_factory=dict)
    last: str = ""

    def ended(self) -> bool:
        return self.last.startswith("msgstr")

    def entry(self) -> PoEntry:
        states = (found[1].lower() for found in map(_STATE.fullmatch, self.comments) if found and found[1])
        text = self.texts.get("msgstr", self.texts.get("msgstr[0]", ""))
        marked = "plural" if "msgid_plural" in self.texts else "fuzzy" if self.fuzzy else ""
        state = ", ".join(dict.fromkeys(states))
        return PoEntry(self.line, self.texts.get("msgctxt"), self.texts["msgid"], text, state, marked)


def read_po_file(path: Path) -> PoFile:
    """Any .po file in UTF-8.

    Raises:
        Unreadable: it cannot be read, or a line, which is named, is none of a .po file.
    """
    language, entries = "", list[PoEntry]()
    for entry in _entries(text_of(content(path))):
        if entry.place is None and not entry.english:
            found = _LANGUAGE.search(entry.text)
            language = language or (found[1] if found else "")
        else:
            entries.append(entry)
    return PoFile(language, tuple(entries))


def nothing_to_read(text: str) -> bool:
    """Whether a text is empty, or only spaces and what nobody can see."""
    return all(unicodedata.category(letter)[0] in "CZ" for letter in text)


def _entries(text: str) -> Iterator[PoEntry]:
    begun = _Begun()
    for number, untrusted in enumerate(re.split("\r\n?|\n", text), start=1):
        line = untrusted.strip()
        statement = None if line.startswith("#") else _STATEMENT.fullmatch(line)
        if begun.ended() and (line.startswith("#") or (statement and not _goes_on(begun, statement))):
            yield begun.entry()
            begun = _Begun()
        if line.startswith("#~"):
            begun = _without_comments(begun)
        elif line:
            begun.line = begun.line or number
            _take(begun, line, statement, number)
    if begun.ended():
        yield begun.entry()
    elif begun.texts:
        raise _not_whole(begun)


def _goes_on(begun: _Begun, statement: re.Match[str]) -> bool:
    return not statement["keyword"] or _asked(begun, statement) is not None


def _asked(begun: _Begun, statement: re.Match[str]) -> str | None:
    """What this keyword begins in the entry; None where it may not stand there."""
    keyword = f"{statement['keyword']}{statement['form']}"
    form = re.fullmatch(r"msgstr\[(\d+)\]", begun.last)
    expected = {f"msgstr[{int(form[1]) + 1}]"} if form else _MAY_FOLLOW.get(begun.last, set())
    return keyword if keyword in expected else None


def _take(begun: _Begun, line: str, statement: re.Match[str] | None, number: int) -> None:
    if line.startswith("#"):
        _note(begun, line)
    elif statement is None:
        raise Unreadable(f"This is not as a .po file has it: '{line[:40]}'.", _QUOTES, number)
    else:
        keyword = _asked(begun, statement) if statement["keyword"] else begun.last
        if not keyword:
            found = statement["keyword"] + statement["form"] or "A text"
            after = f"after {begun.last}" if begun.last else "where an entry begins"
            raise Unreadable(f"{found} stands here {after}.", _IN_ORDER, number)
        begun.last = keyword
        begun.texts[keyword] = begun.texts.get(keyword, "") + _unescaped(statement["text"])


def _note(begun: _Begun, line: str) -> None:
    if line.startswith("#,"):
        begun.fuzzy = begun.fuzzy or "fuzzy" in re.split(r"[,\s]+", line)
    elif line[1:2] not in {":", ".", "|", "="}:
        begun.comments.append(line.lstrip("#"))


def _without_comments(begun: _Begun) -> _Begun:
    if begun.texts:
        raise _not_whole(begun)
    return _Begun()


def _not_whole(begun: _Begun) -> Unreadable:
    return Unreadable("This entry has no msgstr.", _IN_ORDER, begun.line)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text)
