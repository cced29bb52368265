"""Sealed, unfinished responses and the running tally, in memory-backed storage until they are filed once.

A partial must survive a killed process but leave nothing on the disk that tells of a visit, so it lies in tmpfs; where
there is none it lies in this process's memory, and a kill costs the one visit under way. What is kept here is sealed:
whoever finds it cannot open it. Files carry no visit's name and no time.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from survey.durable import replacement
from survey.sealing import NotARow, key_id_of, row_id
from survey.store import Shelves
from survey.turns import Turns

_NO_TIME = (0, 0)
_HALF = ".half"


class UnsafeFolder(Exception):
    """The folder for partials belongs to somebody else or is open to others. Remove it, then start again."""


class Partials:
    """At most one sealed row a name; ``file_all`` puts every one of them into the store and lets go of it."""

    def __init__(
        self,
        folder: Path | None,
        store: Shelves,
        shelf: str = "outbox",
        door: str = "tablet",
        turns: Turns | None = None,
    ) -> None:
        """``folder`` must lie in memory (tmpfs); None keeps partials in this process only.

        ``turns``: whom several processes that share the folder take turns by. What it has no room for none of them
        keeps: no other could destroy it.

        Raises:
            UnsafeFolder: another user could read or plant files there.
        """
        self._folder = folder
        self._store = store
        self._shelf = shelf
        self._door = door
        self._held: dict[str, bytes] = {}
        self._shared = turns is not None
        self._turns = turns or Turns()
        if folder is not None:
            folder.mkdir(mode=0o700, exist_ok=True)
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
                raise UnsafeFolder(f"{folder} is not a folder of this user's alone: remove it and start again.")

    @property
    def survives_a_kill(self) -> bool:
        """Whether a partial outlives this process."""
        return self._folder is not None

    def keep(self, name: str, row: bytes) -> None:
        """Keep this row in place of the last one of the same name: a kill leaves the old one or the new one, whole.

        Where the memory folder has no room the row is kept in this process, since an interview must not stop for it;
        where processes share the folder the last one stays, whole.

        Raises:
            NotARow: it is not sealed; nothing else may lie here.
        """
        key_id_of(row)
        with self._turns.taken():
            if self._folder is None:
                self._held[name] = row
                return
            path = self._path(self._folder, name)
            try:
                with replacement(path, _HALF) as file:
                    file.write(row)
                    file.flush()
                    os.utime(file.fileno(), _NO_TIME)
                self._held.pop(name, None)
            except OSError:
                if not self._shared:
                    self._held[name] = row
            untimed(self._folder)

    def drop(self, name: str) -> None:
        """Destroy what is kept under a name, if anything is."""
        with self._turns.taken():
            self._held.pop(name, None)
            if self._folder is not None:
                self._path(self._folder, name).unlink(missing_ok=True)
                untimed(self._folder)

    def file_all(self) -> int:
        """Put every kept row into the store in one durable commit, then let go of them: at a start and at a stop.

        Returns:
            How many rows there were.

        Raises:
            StoreFull, StoreDamaged: everything stays where it is, for the next start.
        """
        with self._turns.taken():
            files = sorted(self._folder.iterdir()) if self._folder is not None else []
            rows = [*self._held.values(), *rows_in(files)]
            # By id, so that not even this commit tells which was kept first.
            self._store.put(self._shelf, sorted(rows, key=row_id), self._door)
            for path in files:
                path.unlink(missing_ok=True)
            if self._folder is not None:
                untimed(self._folder)
            self._held.clear()
            return len(rows)

    def tick(self) -> None:
        """Every so often, whether or not anybody answered: nobody can set a change time, so it has to tell the tick."""
        if self._folder is not None:
            untimed_within(self._folder)

    @staticmethod
    def _path(folder: Path, name: str) -> Path:
        # A visit's own name must not stand in a folder that an administrator can list.
        return folder / hashlib.sha256(name.encode()).hexdigest()[:32]


def untimed(path: Path) -> None:
    """Take the time of its last change from a file or folder: all who use this machine can see the folder's."""
    with suppress(FileNotFoundError):
        os.utime(path, _NO_TIME)


def untimed_within(folder: Path) -> None:
    """The same for a folder and all that lies in it: their change times then tell this moment."""
    for path in (*folder.iterdir(), folder):
        untimed(path)


def rows_in(files: list[Path]) -> Iterator[bytes]:
    """The whole rows among some files. A half-written one has a whole elder under its own name, or never mattered."""
    for path in files:
        if path.suffix == _HALF:
            continue
        row = path.read_bytes()
        try:
            key_id_of(row)
        except NotARow:
            continue
        yield row
