"""The open door's ceilings: so many unfinished visits at a time, so many responses a day, for each place.

Whoever invents cookies could otherwise fill the memory that everybody's drafts lie in, or bury a place under rows. Only
new visits meet a ceiling: who has begun can finish. Numbers are all there is here, nothing about a person, and they
are gone with the process.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date

MOST_DRAFTS = 2_000
"""Locked drafts of one place, finished visits until the second night among them: some 10 MB of memory."""

MOST_A_DAY = 500
"""Responses by the open door of one place in a day; with a day's and a night's drafts still under ``MOST_DRAFTS``."""


class NoRoom(Exception):
    """Nobody can begin at this place's link now; those who have begun can go on. Try again tomorrow."""


class DailyCeiling:
    """How many responses one place's link has filed today. Thread-safe."""

    def __init__(self, today: Callable[[], date], most: int = MOST_A_DAY) -> None:
        """``today`` is the clock's day."""
        self._today = today
        self._most = most
        self._turn = threading.Lock()
        self._day: date | None = None
        self._filed = 0

    def count(self) -> None:
        """One more was filed."""
        with self._turn:
            self._filed = self._so_far() + 1

    @property
    def reached(self) -> bool:
        """Whether today has seen as many as it may."""
        with self._turn:
            return self._so_far() >= self._most

    def _so_far(self) -> int:
        today = self._today()
        if today != self._day:
            self._day, self._filed = today, 0
        return self._filed
