"""Reading untrusted JSON member by member: each must be there, have the right shape, and nothing else may be there."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, TypeVar

LARGEST_NUMBER = 2**53 - 1  # the largest whole number that every JSON reader keeps exactly
_T = TypeVar("_T")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})?")
_MOST_TEXT = 20_000


class Malformed(ValueError):
    """Untrusted JSON of another shape. The message says which member."""


class Members:
    """The members of an untrusted JSON object, each taken once."""

    def __init__(self, untrusted: Any, what: str) -> None:
        if not isinstance(untrusted, dict):
            raise Malformed(f"{what}: an object is needed.")
        self._left: dict[str, Any] = dict(untrusted)
        self._what = what

    def take(self, key: str, read: Callable[[Any], _T]) -> _T:
        """A member that must be there."""
        if key not in self._left:
            raise Malformed(f"{self._what}: {key} is missing.")
        try:
            return read(self._left.pop(key))
        except Malformed as fault:
            raise Malformed(f"{self._what}: {key}: {fault}") from fault

    def maybe(self, key: str, read: Callable[[Any], _T], otherwise: _T) -> _T:
        """A member that may be left out."""
        return self.take(key, read) if key in self._left else otherwise

    def finish(self) -> None:
        """Nothing may be left over: a member we do not know is one that we would silently ignore."""
        if self._left:
            # Its name is not said: it may hold an answer, and messages are logged.
            raise Malformed(f"{self._what}: it has members that are not known.")


def _matching(pattern: re.Pattern[str], what: str) -> Callable[[Any], str]:
    def read(untrusted: Any) -> str:
        if not isinstance(untrusted, str) or not pattern.fullmatch(untrusted):
            raise Malformed(f"{what} is needed.")
        return untrusted

    return read


name = _matching(_NAME, "a name of letters, digits, _ . and -")
code = _matching(_CODE, "a code of letters, digits, _ . and -")
language = _matching(_LANGUAGE, "a language tag such as en")
hexadecimal_id = _matching(re.compile(r"[0-9a-f]{32}"), "32 hexadecimal digits")
digest = _matching(re.compile(r"[0-9a-f]{64}"), "64 hexadecimal digits")
month = _matching(re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])|unknown"), "a month such as 2026-11, or unknown")


def version(expected: int) -> Callable[[Any], int]:
    """This version and no other."""

    def read(untrusted: Any) -> int:
        if type(untrusted) is not int or untrusted != expected:
            raise Malformed(f"version {expected} is needed.")
        return untrusted

    return read


def text(untrusted: Any) -> str:
    """A text that every program can hold: no half characters, no NUL."""
    if not isinstance(untrusted, str) or len(untrusted) > _MOST_TEXT or not whole_characters(untrusted):
        raise Malformed("a text is needed.")
    return untrusted


def whole_characters(untrusted: str) -> bool:
    """Whether a text has neither lone surrogates nor NULs, which UTF-8 and databases cannot hold."""
    if untrusted.isascii():  # nearly every code and name: opening judges millions of them
        return "\0" not in untrusted
    return not any(0xD800 <= ord(character) <= 0xDFFF or character == "\0" for character in untrusted)


def flag(untrusted: Any) -> bool:
    """True or false, and not 1 or 0."""
    if not isinstance(untrusted, bool):
        raise Malformed("true or false is needed.")
    return untrusted


def number(untrusted: Any) -> int | float:
    """A number that every program keeps exactly."""
    if isinstance(untrusted, bool) or not isinstance(untrusted, int | float):
        raise Malformed("a number is needed.")
    if (isinstance(untrusted, float) and not math.isfinite(untrusted)) or abs(untrusted) > LARGEST_NUMBER:
        raise Malformed("a smaller number is needed.")
    return untrusted


def one_of(*allowed: str) -> Callable[[Any], str]:
    """One of these words."""

    def read(untrusted: Any) -> str:
        if not isinstance(untrusted, str) or untrusted not in allowed:
            raise Malformed(f"one of {', '.join(allowed)} is needed.")
        return untrusted

    return read


def each(read: Callable[[Any], _T]) -> Callable[[Any], tuple[_T, ...]]:
    """A list of these."""

    def read_list(untrusted: Any) -> tuple[_T, ...]:
        if not isinstance(untrusted, list):
            raise Malformed("a list is needed.")
        return tuple(map(read, untrusted))

    return read_list


def mapping(read_key: Callable[[Any], str], read: Callable[[Any], _T]) -> Callable[[Any], dict[str, _T]]:
    """An object whose keys and values are all of one kind."""

    def read_object(untrusted: Any) -> dict[str, _T]:
        if not isinstance(untrusted, dict):
            raise Malformed("an object is needed.")
        return {read_key(key): read(value) for key, value in untrusted.items()}

    return read_object
