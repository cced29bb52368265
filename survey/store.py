"""Sealed rows at rest: a tablet's outbox and the centre's arrivals and intake are one shape.

One table a shelf, ``WITHOUT ROWID`` and keyed by the row's id, which is a hash of sealed bytes: no row number, no state
column and no time can tell who answered first. What SQLite's own pages remember beside is undone by ``rewrite``.

Plain ``sqlite3`` and not sqlite-utils: a few fixed statements need no helper, transactions stay in sight, and a tablet
saves 10 MB and 70 ms at each start (measured).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Literal, Protocol

from survey.clock import utc_day
from survey.sealing import ROW_BYTES, key_id_of, row_id
from survey.store_file import StoreDamaged, StoreFile, StoreFull

__all__ = ["CENTRE_SHELVES", "DOORS", "TABLET_SHELVES", "Door", "Shelves", "Store", "StoreDamaged", "StoreFull"]

Door = Literal["tablet", "code", "open"]
DOORS: tuple[Door, ...] = ("tablet", "code", "open")
TABLET_SHELVES = ("outbox", "quarantine")
CENTRE_SHELVES = ("arrivals", "intake")
STEP = 500
"""So many rows are read at once."""


class Shelves(Protocol):
    """What an interview asks of whatever keeps its rows, on a tablet or at a centre; as ``Store`` does it."""

    shelves: tuple[str, ...]

    def put(self, shelf: str, rows: Sequence[bytes], door: str = "tablet") -> list[str]:
        """Keep rows durably, all or none."""

    def forget(self, shelf: str, ids: Sequence[bytes]) -> None:
        """Delete rows for good."""


class Store:
    """Rows on named shelves in one file, safe under threads and under several processes."""

    def __init__(
        self,
        path: Path,
        shelves: Sequence[str] = TABLET_SHELVES,
        today: Callable[[], date] = utc_day,
        beside: Mapping[str, str] | None = None,
    ) -> None:
        """Open the store, or make an empty one.

        ``today`` gives the day whose month the file's own time is set to when it is written anew; ``beside`` are tables
        that are no shelves, for whoever builds on this one.

        Raises:
            StoreFull: no room or no right to make it.
            StoreDamaged: the file is there and is not a store with these shelves.
        """
        self.path = path
        self.shelves: tuple[str, ...] = tuple(shelves)
        self._file = StoreFile(path, self.shelves, today, beside)
        with self._file.opened() as connection:
            for shelf in self.shelves:
                connection.execute(f"SELECT id FROM {shelf} LIMIT 1").fetchone()  # noqa: S608 - our own shelf names

    def close(self) -> None:
        """Let go of the file. The store cannot be used afterwards."""
        self._file.close()

    def put(self, shelf: str, rows: Sequence[bytes], door: str = "tablet") -> list[str]:
        """Keep rows durably, all or none: one commit, after which a power cut loses nothing.

        Returns:
            For each row ``stored``, or ``had`` where any shelf holds it already.

        Raises:
            NotARow: something that is not sealed; nothing else may ever lie here.
            StoreFull: nothing of the call was kept.
        """
        check(rows, door)
        others = [name for name in self.shelves if name != self._known(shelf)]
        elsewhere = " OR ".join(f"EXISTS (SELECT 1 FROM {name} WHERE id = ?1)" for name in others) or "0"  # noqa: S608
        statement = f"INSERT OR IGNORE INTO {shelf} SELECT ?1, ?2, ?3 WHERE NOT ({elsewhere})"
        with self._file.transaction() as connection:
            return [
                "stored" if connection.execute(statement, (row_id(row), door, row)).rowcount else "had" for row in rows
            ]

    def count(self, shelf: str) -> int:
        """How many rows lie on a shelf, with those that the disk has spoilt."""
        with self._file.opened() as connection:
            found: int = connection.execute(f"SELECT count(*) FROM {self._known(shelf)}").fetchone()[0]  # noqa: S608
            return found

    def take(self, shelf: str, limit: int) -> list[bytes]:
        """The first rows of a shelf in id order, for a packet; they stay until they are forgotten.

        A row that the disk has changed no longer has the id it is kept under. It is filed under the id that it has now,
        so that it can be acknowledged and forgotten like any other; opening finds it, counts it and leaves it out. One
        that has lost its size could not travel at all, so it stays behind and holds up nothing.
        """
        statement = f"SELECT id, row FROM {self._known(shelf)} WHERE length(row) = ? ORDER BY id LIMIT ?"  # noqa: S608
        with self._file.opened() as connection:
            found = connection.execute(statement, (ROW_BYTES, limit)).fetchall()
        changed = [(row_id(row), kept) for kept, row in found if row_id(row) != kept]
        if changed:
            with self._file.transaction() as connection:
                connection.executemany(f"UPDATE OR IGNORE {shelf} SET id = ? WHERE id = ?", changed)  # noqa: S608
        return [row for _, row in found]

    def rows(self, shelf: str) -> Iterator[tuple[Door, bytes]]:
        """The rows of a shelf with their doors, in id order, a few at a time: others may use the store meanwhile.

        One that has lost its size is left out, since nothing could carry it; ``count`` counts it.
        """
        statement = (
            f"SELECT id, door, row FROM {self._known(shelf)} "  # noqa: S608
            "WHERE id > ? AND length(row) = ? ORDER BY id LIMIT ?"
        )

        def step(after: bytes) -> list[tuple[bytes, Door, bytes]]:
            with self._file.opened() as connection:
                return connection.execute(statement, (after, ROW_BYTES, STEP)).fetchall()

        yield from in_steps(step)

    def forget(self, shelf: str, ids: Sequence[bytes]) -> None:
        """Delete rows for good, in one step; ids that are not there change nothing.

        Where nearly all go, as after a night's packets, the file is written anew without them: wiping each where it
        lies takes three times as long (measured).
        """
        if 2 * len(ids) * ROW_BYTES > self._file.size():
            self._file.write_anew({each: (each,) for each in self.shelves}, {self._known(shelf): ids})
            return
        statement = f"DELETE FROM {self._known(shelf)} WHERE id = ?"  # noqa: S608
        with self._file.transaction() as connection:
            connection.executemany(statement, [(one,) for one in ids])

    def move(self, source: str, target: str, ids: Sequence[bytes]) -> None:
        """Put rows on another shelf, in one commit."""
        keys = [(one,) for one in ids]
        copy = f"INSERT OR IGNORE INTO {self._known(target)} SELECT * FROM {self._known(source)} WHERE id = ?"  # noqa: S608
        with self._file.transaction() as connection:
            connection.executemany(copy, keys)
            connection.executemany(f"DELETE FROM {source} WHERE id = ?", keys)  # noqa: S608

    def rewrite(self) -> None:
        """Write the file anew, so that it is a function of the set of its rows and of nothing that happened.

        Raises:
            StoreFull: no room for the second file; the old one stands as it was.
        """
        self._file.write_anew({shelf: (shelf,) for shelf in self.shelves})

    def hide_times(self) -> None:
        """Set the times of the file and its folder to the first of the month, between merges; on a tick.

        Raises:
            StoreFull: no right to.
        """
        self._file.hide_times()

    def merge(self, source: str = "arrivals", target: str = "intake") -> None:
        """Fold one shelf into another and write the file anew, in one step: a crash leaves all of it or none.

        Raises:
            StoreFull: no room for the second file; the old one stands as it was.
        """
        feeds = {shelf: (shelf,) for shelf in self.shelves}
        self._file.write_anew({**feeds, self._known(source): (), self._known(target): (target, source)})

    def _known(self, shelf: str) -> str:
        if shelf not in self.shelves:
            raise ValueError(f"This store has the shelves {', '.join(self.shelves)}, not {shelf!r}.")
        return shelf


def check(rows: Sequence[bytes], door: str) -> None:
    """Refuse what may never lie in a store.

    Raises:
        NotARow: something that is not sealed.
        ValueError: no such door.
    """
    for row in rows:
        key_id_of(row)
    if door not in DOORS:
        raise ValueError(f"The doors are {', '.join(DOORS)}, not {door!r}.")


def in_steps(step: Callable[[bytes], Sequence[tuple[bytes, Door, bytes]]]) -> Iterator[tuple[Door, bytes]]:
    """Rows with their doors; ``step`` gives the next ``STEP`` after an id, in id order, or the few that are left."""
    after = b""
    while True:
        found = step(after)
        for _, door, row in found:
            yield door, row
        if len(found) < STEP:
            return
        after = found[-1][0]
