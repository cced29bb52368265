"""One running tablet a folder: a second would file the first one's unfinished interview under its hands."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from survey import single

_LOCK = "running.lock"


class AlreadyRunning(Exception):
    """The tablet of this folder runs already. Use its page, or stop it first."""


def alone(instance: Path) -> AbstractContextManager[None]:
    """Be the only one until the block ends; a killed process lets go by itself.

    Raises:
        AlreadyRunning: another process is.
        OSError: the folder cannot be written.
    """
    taken = AlreadyRunning(f"The tablet in {instance} runs already. Use its page, or stop it first.")
    return single.alone(instance / _LOCK, taken)


def is_running(instance: Path) -> bool:
    """Whether a tablet serves from this folder now."""
    try:
        with alone(instance):
            return False
    except AlreadyRunning:
        return True
