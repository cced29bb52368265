"""One at a time: what two processes must not do at once, held by whoever came first until a block ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(lock: Path, taken: Exception) -> Iterator[None]:
    """Be the only one until the block ends; a killed process lets go by itself.

    Args:
        lock: a folder that is there, or a file, made where there is none.
        taken: says that another process is at it, and what to do.

    Raises:
        Exception: ``taken``.
        OSError: the file cannot be made.
    """
    kind = os.O_RDONLY if lock.is_dir() else os.O_CREAT | os.O_RDWR
    handle = os.open(lock, kind | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            raise taken from fault
        yield
    finally:
        os.close(handle)
