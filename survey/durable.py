"""A file is there whole or not at all, whenever the power goes: written beside, synced, renamed, the folder synced."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

UNFINISHED = ".unfinished"
_MOST_READ_BYTES = 16 << 20


class AnotherFile(Exception):
    """What somebody named to be written is a file already, and not one that this may take the place of."""


def refuse_another(path: Path, what: str, is_ours: Callable[[bytes], bool]) -> None:
    """Fail where a path that somebody typed has something else than an earlier file of the same making.

    Args:
        what: such a file, in words.
        is_ours: judges a file by its first 16 MB.

    Raises:
        AnotherFile: it was left as it is.
        OSError: it cannot be read.
    """
    if not os.path.lexists(path):
        return
    if path.is_file():
        with path.open("rb") as file:
            if is_ours(file.read(_MOST_READ_BYTES)):
                return
    raise AnotherFile(
        f"{path} is there already and is no {what}, so it was left as it is. Give another name, or move it away first."
    )


@contextmanager
def replacement(path: Path, ending: str = UNFINISHED) -> Iterator[BinaryIO]:
    """An empty file of this user's alone that takes ``path``'s name once the block is left without an error.

    Until then it has ``path``'s name and ``ending``; after an error nothing of it is left, and what had the name before
    stands as it was. A leftover of a killed process is overwritten.

    Raises:
        OSError: no room or no right to write there.
    """
    second = path.with_name(path.name + ending)
    second.unlink(missing_ok=True)
    handle = os.open(second, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        second.replace(path)
    finally:
        second.unlink(missing_ok=True)
    sync_folder(path.parent)


def write_whole(path: Path, content: bytes) -> None:
    """Put these bytes in the place of a file.

    Raises:
        OSError: no room or no right to write there; what was there before stands.
    """
    with replacement(path) as file:
        file.write(content)


def sync_folder(folder: Path) -> None:
    """Make a rename in this folder outlast a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
