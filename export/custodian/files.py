"""Files that are there whole or not there at all, readable by their owner only."""

from __future__ import annotations

import os
from pathlib import Path

_SUFFIX = ".being-written"


def write_whole(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 through a second one beside it, both it and its folder forced to the disk.

    Raises:
        OSError: no room or no leave to write; then the old file, if any, is untouched.
    """
    beside = path.with_name(path.name + _SUFFIX)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Force a folder's names to the disk: a rename is only certain after that."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def inside_git(folder: Path) -> Path | None:
    """The git checkout that a folder lies in or would lie in. Secrets written there are one commit from the world."""
    resolved = folder.resolve()
    return next((parent for parent in (resolved, *resolved.parents) if (parent / ".git").exists()), None)
