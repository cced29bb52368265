"""The file under a store: one lock for all processes, one connection, and the file written anew.

SQLite's pages remember: free pages, the change counter and the order of page numbers tell what came and went. Written
anew in id order, in one transaction into a second file that takes the first one's name, the file is a function of the
set of its rows alone. VACUUM is not enough: it keeps byte 43 and the change counter; a write-ahead log would keep the
old rows themselves. This is promised for a copy of the files, not for raw flash.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from types import MappingProxyType

from survey.durable import replacement

_PRAGMAS = ("journal_mode=DELETE", "synchronous=EXTRA", "secure_delete=ON", "temp_store=MEMORY")
# The second file is nothing until it is synced and renamed, so it needs no journal of its own.
_PRAGMAS_ANEW = ("page_size=4096", "journal_mode=OFF", "synchronous=OFF", "secure_delete=ON", "temp_store=MEMORY")
_TABLE = "CREATE TABLE {} (id BLOB PRIMARY KEY, door TEXT NOT NULL, row BLOB NOT NULL) WITHOUT ROWID"
_ANEW = "-anew"
_NONE: Mapping[str, Sequence[bytes]] = MappingProxyType({})
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}


Connection = sqlite3.Connection


class StoreFull(Exception):
    """Nothing of this call was kept: the disk is full, read-only or failing. Tell whoever waits; free some room."""


class StoreDamaged(Exception):
    """The file is no longer a store. Keep it, start with a new one, and have the rows in it recovered."""


class _Handles:
    """What the operating system holds for one store, kept apart so that a forgotten store still closes its files."""

    def __init__(self, lock_path: Path) -> None:
        self.lock = os.open(lock_path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        self.connection: sqlite3.Connection | None = None
        self.inode: tuple[int, int] | None = None

    def close_connection(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.close()

    def close(self) -> None:
        self.close_connection()
        if self.lock >= 0:
            os.close(self.lock)
            self.lock = -1


class StoreFile:
    """A file of shelves (tables) that threads and processes take turns with.

    Every process takes the lock file beside it for each operation, so that none writes into a file which another is
    about to replace.
    """

    def __init__(
        self, path: Path, shelves: Sequence[str], today: Callable[[], date], beside: Mapping[str, str] | None = None
    ) -> None:
        """``today`` gives the day whose month the file's own time is set to when it is written anew.

        ``beside``: tables that are no shelves, name to columns and key; written anew in the order of their key.

        Raises:
            StoreFull: no right to write there.
        """
        self.path = path
        self._second = path.with_name(path.name + _ANEW)
        self._journal = path.with_name(path.name + "-journal")
        self._shelves = tuple(shelves)
        self._beside = dict(beside or {})
        self._today = today
        self._thread = threading.Lock()
        try:
            self._handles = _Handles(path.with_name(path.name + "-lock"))
        except OSError as fault:
            raise _named(fault, path) from fault
        self._let_go = weakref.finalize(self, self._handles.close)

    def close(self) -> None:
        """Let go of the file, once nobody is in the middle of an operation.

        A server waits a few seconds only for requests under way, a slow disk takes longer, and SQLite crashes the
        process whose connection is closed under a commit.
        """
        with self._thread:
            self._let_go()

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one operation that nobody else can interleave with.

        Raises:
            StoreFull, StoreDamaged: instead of any error of SQLite or of the operating system.
        """
        with self._thread:
            fcntl.flock(self._handles.lock, fcntl.LOCK_EX)
            try:
                yield self._current()
            except (sqlite3.Error, OSError) as fault:
                # What a failed write left in the journal is rolled back when the file is opened again.
                self._handles.close_connection()
                raise _named(fault, self.path) from fault
            finally:
                fcntl.flock(self._handles.lock, fcntl.LOCK_UN)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The same, committed durably at the end or not at all."""
        with self.opened() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    with suppress(sqlite3.Error):
                        connection.execute("ROLLBACK")

    def write_anew(self, feeds: Mapping[str, Sequence[str]], without: Mapping[str, Sequence[bytes]] = _NONE) -> None:
        """Write each shelf anew from the shelves that feed it: all of it or, after a crash, none.

        ``without``: shelf to the ids of rows that are left behind on the way.

        Raises:
            StoreFull: no room for the second file; the old one stands as it was.
        """
        with self.opened():
            # Closed first: nothing may hold the old file when its name goes to the new one.
            self._handles.close_connection()
            self._write_anew(feeds, without)

    def size(self) -> int:
        """The file's bytes, or 0 where there is none; a guess, since others may change it meanwhile."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def hide_times(self) -> None:
        """Set the times of the file and of its folder, which the journal changes, to the first of the month.

        Raises:
            StoreFull: no right to.
        """
        with self.opened():
            for path in (self.path, self.path.parent):
                os.utime(path, (self._first_of_month(), self._first_of_month()))

    def _first_of_month(self) -> float:
        month = self._today().replace(day=1)
        return datetime(month.year, month.month, month.day, tzinfo=UTC).timestamp()

    def _current(self) -> sqlite3.Connection:
        """The connection to the file that has the name now; another process may have replaced it since."""
        handles = self._handles
        if handles.connection is not None and handles.inode == self._inode():
            return handles.connection
        handles.close_connection()
        self._second.unlink(missing_ok=True)
        if self._inode() is None:
            self._write_anew(dict.fromkeys(self._shelves, ()), _NONE)
        handles.connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        handles.inode = self._inode()
        for pragma in _PRAGMAS:
            handles.connection.execute(f"PRAGMA {pragma}").fetchone()
        # Reading rolls back what a kill left half done. A journal that is still there then was never needed, and SQLite
        # would leave it lying with pages from before.
        handles.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        self._journal.unlink(missing_ok=True)
        for table, columns in self._beside.items():
            # Also in a file that is older than the table.
            handles.connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({columns}) WITHOUT ROWID")
        return handles.connection

    def _inode(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def _write_anew(self, feeds: Mapping[str, Sequence[str]], without: Mapping[str, Sequence[bytes]]) -> None:
        first_of_month = self._first_of_month()
        with replacement(self.path, _ANEW) as second:
            self._fill(self._second, feeds, without)
            # What the old file needed of it was rolled back when it was read; it must never meet the new one.
            self._journal.unlink(missing_ok=True)
            os.utime(second.fileno(), (first_of_month, first_of_month))

    def _fill(self, path: Path, feeds: Mapping[str, Sequence[str]], without: Mapping[str, Sequence[bytes]]) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as second:
            for pragma in _PRAGMAS_ANEW:
                second.execute(f"PRAGMA {pragma}").fetchone()
            if any(feeds.values()):
                second.execute("ATTACH DATABASE ? AS old", (str(self.path),))
            second.execute("CREATE TEMP TABLE gone (id BLOB PRIMARY KEY) WITHOUT ROWID")
            second.execute("BEGIN")
            for shelf, sources in feeds.items():
                second.execute(_TABLE.format(shelf))
                second.execute("DELETE FROM gone")
                second.executemany("INSERT OR IGNORE INTO gone VALUES (?)", zip(without.get(shelf, ())))
                if sources:
                    # Each source is read along its key and the two are merged as they stream: nothing is sorted.
                    every = " UNION ALL ".join(f"SELECT * FROM old.{one} WHERE id NOT IN gone" for one in sources)  # noqa: S608
                    second.execute(f"INSERT OR IGNORE INTO main.{shelf} {every} ORDER BY id")
            for table, columns in self._beside.items():
                second.execute(f"CREATE TABLE {table} ({columns}) WITHOUT ROWID")
                if any(feeds.values()):
                    # Read along the key, so in its order.
                    second.execute(f"INSERT INTO main.{table} SELECT * FROM old.{table}")  # noqa: S608
            second.execute("COMMIT")


def _named(fault: sqlite3.Error | OSError, path: Path) -> StoreFull | StoreDamaged:
    if isinstance(fault, sqlite3.Error) and getattr(fault, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
        return StoreDamaged(
            f"{path} is damaged ({fault}). Stop the program and move this file to a safe place; never delete it, since "
            "most rows in it can be recovered. Start again with a new one, and tell whoever looks after the centre."
        )
    return StoreFull(f"{path} cannot be written ({fault}): nothing was kept. Free some disk space, then try again.")
