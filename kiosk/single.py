"""One running tablet a folder: a second would file the first one's unfinished interview under its hands."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOCK = "running.lock"


class AlreadyRunning(Exception):
    """The tablet of this folder runs already. Use its page, or stop it first."""


@contextmanager
def alone(instance: Path) -> Iterator[None]:
    """Be the only one until the block ends; a killed process lets go by itself.

    Raises:
        AlreadyRunning: another process is.
        OSError: the folder cannot be written.
    """
    lock = os.open(instance / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            raise AlreadyRunning(f"The tablet in {instance} runs already. Use its page, or stop it first.") from fault
        yield
    finally:
        os.close(lock)


def is_running(instance: Path) -> bool:
    """Whether a tablet serves from this folder now."""
    try:
        with alone(instance):
            return False
    except AlreadyRunning:
        return True
