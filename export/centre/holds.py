"""Which of several processes on one instance folder does what must be done once: lock files, held until a process ends.

Nothing is written into them, and no process waits for another: who has the night watch merges tonight, and where that
process has ended since, the next that asks takes its place.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import weakref
from pathlib import Path


class Hold:
    """One lock file, tried and never waited for."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._handle = -1

    def taken(self) -> bool:
        """Whether it is ours, now that we have tried; once it is, it stays ours."""
        if self._handle >= 0:
            return True
        handle = os.open(self._file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        os.utime(handle, (0, 0))
        self._handle = handle
        self._end = weakref.finalize(self, os.close, handle)
        return True

    def let_go(self) -> None:
        """Leave it to another."""
        if self._handle >= 0:
            self._end()
            self._handle = -1


class Seat:
    """A number that no other process on the same memory-backed folder has now: what it counts is kept under it."""

    def __init__(self, folder: Path | None) -> None:
        """``None``: this process keeps all of it to itself anyway."""
        self._folder = folder
        self.number = 0
        if folder is not None:
            folder.mkdir(mode=0o700, exist_ok=True)
            self.number, self._hold = next(
                (number, hold) for number in itertools.count() if (hold := self._of(number)).taken()
            )

    def left_behind(self, names: list[str]) -> list[str]:
        """Of folders named ``tallies-SEAT-PLACE``: ours, and those of processes that have ended."""
        return [name for name in names if self._is_free(int(name.split("-")[1]))]

    def _is_free(self, number: int) -> bool:
        if number == self.number:
            return True
        hold = self._of(number)
        free = hold.taken()
        hold.let_go()
        return free

    def _of(self, number: int) -> Hold:
        return Hold((self._folder or Path()) / f"seat-{number}")

    def let_go(self) -> None:
        """Leave the number to another process."""
        if self._folder is not None:
            self._hold.let_go()
