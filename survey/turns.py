"""One at a time: among the threads of a process and, where there is a file for it, among processes that know the file.

The locks are numbered bytes of one file, so that a thousand people take turns with a few of them; they are let go when
a process ends, however it ends. Nothing is ever written into the file. They are the open file's and not the process's
(``F_OFD_SETLKW``, Linux, fcntl(2)): a process that holds one in one thread and waits for another in a second would be
taken for half of a deadlock.
"""

from __future__ import annotations

import fcntl
import os
import struct
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FLOCK = "hhqqi0q"
"""``struct flock``: what is asked, from where, the first byte, how many, and a process id that stays nought."""


class Turns:
    """So many locks, by number."""

    def __init__(self, file: Path | None = None, count: int = 1) -> None:
        """``file`` is made where it is missing, for this user alone; None: among threads only.

        Raises:
            OSError: no right to make it.
        """
        self._threads = [threading.Lock() for _ in range(count)]
        self._handle: int | None = None
        if file is not None:
            self._handle = os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            os.utime(self._handle, (0, 0))
            weakref.finalize(self, os.close, self._handle)

    @contextmanager
    def taken(self, number: int = 0) -> Iterator[None]:
        """Wait for one of the locks and hold it. A thread that holds it already would wait for ever."""
        with self._threads[number]:
            if self._handle is None:
                yield
                return
            fcntl.fcntl(self._handle, fcntl.F_OFD_SETLKW, _of_byte(fcntl.F_WRLCK, number))
            try:
                yield
            finally:
                fcntl.fcntl(self._handle, fcntl.F_OFD_SETLKW, _of_byte(fcntl.F_UNLCK, number))


def _of_byte(asked: int, number: int) -> bytes:
    return struct.pack(_FLOCK, asked, os.SEEK_SET, number, 1, 0)
