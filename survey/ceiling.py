"""The open door's ceilings: so many unfinished visits at a time, so many responses a day, for each place.

Whoever invents cookies could otherwise fill the memory that everybody's drafts lie in, or bury a place under rows. Only
new visits meet a ceiling: who has begun can finish, and who has a card's code begins whatever the day has seen. Numbers
are all there is here, nothing about a person, and they lie in memory. So that no one address reaches a ceiling for
everybody within minutes, ``OneAddress`` asks whoever can tell addresses apart; here none is known.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from survey.turns import Turns

MOST_DRAFTS = 2_000
"""Locked drafts of one place, finished visits until the second night among them: some 10 MB of memory."""

MOST_A_DAY = 500
"""Responses by the open door of one place in a day; with a day's and a night's drafts still under ``MOST_DRAFTS``."""


def _never() -> bool:
    return False


@dataclass(frozen=True)
class OneAddress:
    """Whether the address that this request comes from did it too often this hour; to ask is to count one more."""

    began_too_many: Callable[[], bool] = _never
    filed_too_many: Callable[[], bool] = _never


ANY_ADDRESS = OneAddress()
"""Nobody is told apart by an address, so nobody is stopped by one."""


class NoRoom(Exception):
    """This visit cannot begin at this place's link now; those that have begun can go on. Try again tomorrow."""


class OnlyWithCode(NoRoom):
    """Nobody can begin here now without a card's code: the place is so, or its open door has seen enough today."""


class DailyCeiling:
    """How many responses one place's open door has filed today. Safe under threads and, with a file, processes."""

    def __init__(
        self,
        today: Callable[[], date],
        most: int = MOST_A_DAY,
        file: Path | None = None,
        closed: Callable[[], bool] = _never,
    ) -> None:
        """``today`` is the clock's day; ``file`` lies in memory and holds that day and a number, nothing else.

        ``closed``: whether the place lets nobody in without a code, whatever the day has seen.
        """
        self._today = today
        self._closed = closed
        self._most = most
        self._file = file
        self._turns = Turns(None if file is None else file.with_suffix(".turn"))
        self._held = ""

    def count(self) -> None:
        """One more was filed."""
        with self._turns.taken():
            self._write(f"{self._today().isoformat()} {self._so_far() + 1}")

    @property
    def reached(self) -> bool:
        """Whether nobody more is let in today without a code."""
        if self._closed():
            return True
        with self._turns.taken():
            return self._so_far() >= self._most

    def _so_far(self) -> int:
        day, _, filed = self._read().partition(" ")
        return int(filed) if day == self._today().isoformat() and filed.isdigit() else 0

    def _read(self) -> str:
        if self._file is None:
            return self._held
        try:
            return self._file.read_text(encoding="ascii")
        except FileNotFoundError:
            return ""

    def _write(self, text: str) -> None:
        self._held = text
        if self._file is not None:
            self._file.touch(mode=0o600)
            self._file.write_text(text, encoding="ascii")
            os.utime(self._file, (0, 0))
