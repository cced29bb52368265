"""A part of a recipe's TOML with the keys that lead to it, so that a fault can say where it is and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_ITEM = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_MOST_TEXT = 200
_T = TypeVar("_T")


class RecipeRefused(ValueError):
    """A recipe that cannot be used. The message names the key and says what to do."""


@dataclass(frozen=True)
class At:
    """One table of the file. Every reader below raises ``RecipeRefused`` for what is missing or of another shape."""

    where: str
    said: Any

    def fault(self, key: str, what: str) -> RecipeRefused:
        """What is wrong with one key."""
        return RecipeRefused(f"{self._path(key)} {what}.")

    def only(self, *keys: str) -> None:
        """Nothing else may stand here: a key that nobody reads is a rule that nobody keeps."""
        if not isinstance(self.said, dict):
            raise RecipeRefused(f"{self.where} must be a table. Write it in brackets, with its keys below.")
        for key in self.said.keys() - set(keys):
            raise self.fault(key, f"is not known here; take it out, or use one of {', '.join(keys)}")

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self.said

    def table(self, key: str) -> At:
        """The table under a key."""
        return At(self._path(key), self._there(key))

    def tables(self, key: str) -> tuple[At, ...]:
        """The list of tables under a key; none where it is left out."""
        found = self.said.get(key, [])
        if not isinstance(found, list):
            raise self.fault(key, "must be a list of tables, each begun with double brackets")
        return tuple(At(f"{self._path(key)}[{place}]", one) for place, one in enumerate(found, 1))

    def text(self, key: str) -> str:
        """A line of words."""
        return self._read(key, _line, "must be a line of text in quotes, of 200 characters at most")

    def slug(self, key: str) -> str:
        """A name of a table or a series, fit for files and folders."""
        return self._read(key, _matching(_SLUG), "must be a name of small letters, digits, - and _, of 40 at most")

    def item(self, key: str) -> str:
        """The name of an item, or of something known about every interview."""
        return self._read(key, _matching(_ITEM), "must be the name of a question, or place, mode, month or language")

    def code(self, key: str) -> str:
        """A code of an answer."""
        return self._read(key, _matching(_CODE), "must be a code of letters, digits, _ . and -")

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of lines, at least one."""
        return self._read(key, _each(_line), "must be a list of texts in quotes, at least one, none twice")

    def items(self, key: str) -> tuple[str, ...]:
        """A list of names of items, at least one."""
        return self._read(
            key, _each(_matching(_ITEM)), "must be a list of names of questions, at least one, none twice"
        )

    def codes(self, key: str) -> tuple[str, ...]:
        """A list of codes of answers, at least one."""
        return self._read(key, _each(_matching(_CODE)), "must be a list of codes of answers, at least one, none twice")

    def whole(self, key: str, least: int, most: int) -> int:
        """A whole number between two."""
        return self._read(key, _whole(least, most), f"must be a whole number from {least} to {most}")

    def wholes(self, key: str) -> tuple[int, ...]:
        """A list of whole numbers, each above the one before."""
        return self._read(key, _ascending, "must be a list of whole numbers, each above the one before")

    def share(self, key: str) -> float:
        """A share between 0 and 1, ends included."""
        return self._read(key, _share, "must be a share from 0.0 to 1.0")

    def truth(self, key: str) -> bool:
        """True or false."""
        return self._read(key, _truth, "must be true or false")

    def one_of(self, key: str, allowed: Sequence[str]) -> str:
        """One of some words."""
        words = " or ".join(f'"{word}"' for word in allowed)
        return self._read(
            key, lambda said: said if isinstance(said, str) and said in allowed else None, f"must be {words}"
        )

    def groups(self, key: str) -> Mapping[str, tuple[str, ...]]:
        """Coarse code -> codes; no code in two groups."""
        return self._read(key, _groups, "must give each coarse code a list of codes, no code in two lists")

    def labels(self, key: str) -> Mapping[str, str]:
        """Code -> label."""
        return self._read(key, _labels, "must give codes their labels, each a line of text in quotes")

    def _read(self, key: str, read: Callable[[Any], _T | None], what: str) -> _T:
        found = read(self._there(key))
        if found is None:
            raise self.fault(key, what)
        return found

    def _there(self, key: str) -> Any:
        if key not in self.said:
            raise self.fault(key, "is missing; add it")
        return self.said[key]

    def _path(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key


def _line(said: Any) -> str | None:
    fits = isinstance(said, str) and 0 < len(said) <= _MOST_TEXT and said.isprintable() and said == said.strip()
    return said if fits else None


def _matching(pattern: re.Pattern[str]) -> Callable[[Any], str | None]:
    return lambda said: said if isinstance(said, str) and pattern.fullmatch(said) else None


def _each(read: Callable[[Any], str | None]) -> Callable[[Any], tuple[str, ...] | None]:
    def read_each(said: Any) -> tuple[str, ...] | None:
        found = [one for one in map(read, said) if one is not None] if isinstance(said, list) else []
        return tuple(found) if found and len(set(found)) == len(said) else None

    return read_each


def _whole(least: int, most: int) -> Callable[[Any], int | None]:
    return lambda said: said if type(said) is int and least <= said <= most else None


def _ascending(said: Any) -> tuple[int, ...] | None:
    if not isinstance(said, list) or not said or any(type(one) is not int for one in said):
        return None
    return tuple(said) if sorted(set(said)) == said else None


def _share(said: Any) -> float | None:
    return float(said) if type(said) in {int, float} and 0 <= said <= 1 else None


def _truth(said: Any) -> bool | None:
    return said if isinstance(said, bool) else None


def _groups(said: Any) -> Mapping[str, tuple[str, ...]] | None:
    code = _matching(_CODE)
    if not isinstance(said, dict) or not said or None in map(code, said):
        return None
    lists = {coarse: _each(code)(codes) for coarse, codes in said.items()}
    found = {coarse: codes for coarse, codes in lists.items() if codes is not None}
    every = [code for codes in found.values() for code in codes]
    return found if len(found) == len(said) and len(set(every)) == len(every) else None


def _labels(said: Any) -> Mapping[str, str] | None:
    if not isinstance(said, dict) or any(_line(label) is None for label in said.values()):
        return None
    return dict(said)
