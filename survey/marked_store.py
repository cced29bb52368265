"""The centre's store as one SQLite file: sealed rows, and which one-time codes are spent.

A code's bit changes in the same transaction as its row is kept, so that a crash neither loses an answer nor lets a code
be spent twice; and since the bitmap lies in the rows' own file, the merge writes it anew with them. The file is then a
function of two sets, the rows and the spent bits, and of no pair of both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from survey.clock import utc_day
from survey.marks import OF_LINKS, PART_BYTES, Filed, Mark, door_of, parts_of
from survey.sealing import key_id_of, row_id
from survey.store import CENTRE_SHELVES, Door, Store
from survey.store_file import Connection

_BESIDE = {
    "spent_codes": "batch INTEGER NOT NULL, part INTEGER NOT NULL, bits BLOB NOT NULL, PRIMARY KEY (batch, part)"
}


class MarkedStore(Store):
    """``survey.marks.CentreStore`` in one file beside the centre's others; for one machine."""

    def __init__(self, path: Path, today: Callable[[], date] = utc_day) -> None:
        """As ``Store``.

        Raises:
            StoreFull, StoreDamaged: as there.
        """
        super().__init__(path, CENTRE_SHELVES, today, _BESIDE)

    def lay_out(self, batch: int, count: int) -> None:
        """Make the bitmap of a batch of ``count`` codes, none spent; one that is there stays as it is."""
        with self._file.transaction() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO spent_codes VALUES (?, ?, ?)",
                ((batch, part, bytes(PART_BYTES)) for part in parts_of(count)),
            )

    def is_spent(self, mark: Mark) -> bool:
        """Whether a code was spent; a bit that does not exist counts as spent."""
        with self._file.opened() as connection:
            return _bit_of(connection, mark) is None

    def spent(self, batch: int) -> int:
        """How many codes of a batch were spent."""
        with self._file.opened() as connection:
            found = connection.execute("SELECT bits FROM spent_codes WHERE batch = ?", (batch,)).fetchall()
        return sum(int.from_bytes(bits).bit_count() for (bits,) in found)

    def bitmaps(self) -> list[tuple[int, int, bytes]]:
        """Batch, part and bits of all there are, to take elsewhere."""
        with self._file.opened() as connection:
            return connection.execute("SELECT batch, part, bits FROM spent_codes").fetchall()

    def admit(self, row: bytes, mark: Mark | None = None, replaces: Sequence[bytes] = ()) -> Filed:
        """Keep a link's row in the arrivals, by the open door or for a code (``survey.marks.CentreStore.admit``).

        Raises:
            NotARow: it is not sealed.
            StoreFull, StoreDamaged: nothing was kept and nothing spent.
        """
        key_id_of(row)
        with self._file.transaction() as connection:
            if _door(connection, self.shelves, row_id(row)) is not None:
                return "had"
            found = {one: _door(connection, self.shelves, one) for one in replaces}
            replaced = {one: door for one, door in found.items() if door in OF_LINKS}
            door = door_of(replaced.values(), mark, lambda code: _spend(connection, code))
            if door is None:
                return "refused"
            for one in replaced:
                self._gone(connection, one)
            connection.execute("INSERT INTO arrivals VALUES (?, ?, ?)", (row_id(row), door, row))
            return "replaced" if replaced else "stored"

    def take_back(self, ids: Sequence[bytes]) -> None:
        """Delete a link's rows for good, wherever they lie by now; a tablet's stay, and a spent code stays spent."""
        with self._file.transaction() as connection:
            for one in ids:
                self._gone(connection, one)

    def _gone(self, connection: Connection, one: bytes) -> None:
        if _door(connection, self.shelves, one) in OF_LINKS:
            for shelf in self.shelves:
                connection.execute(f"DELETE FROM {shelf} WHERE id = ?", (one,))  # noqa: S608 - our own shelf names


def _door(connection: Connection, shelves: Sequence[str], one: bytes) -> Door | None:
    for shelf in shelves:
        found = connection.execute(f"SELECT door FROM {shelf} WHERE id = ?", (one,)).fetchone()  # noqa: S608
        if found is not None:
            door: Door = found[0]
            return door
    return None


def _bit_of(connection: Connection, mark: Mark) -> bytearray | None:
    """The part that a code's unspent bit lies in, or None where it is spent or does not exist."""
    found = connection.execute(
        "SELECT bits FROM spent_codes WHERE batch = ? AND part = ?", (mark.batch, mark.part)
    ).fetchone()
    if found is None or found[0][mark.place // 8] >> mark.place % 8 & 1:
        return None
    return bytearray(found[0])


def _spend(connection: Connection, mark: Mark) -> bool:
    bits = _bit_of(connection, mark)
    if bits is None:
        return False
    bits[mark.place // 8] |= 1 << mark.place % 8
    connection.execute(
        "UPDATE spent_codes SET bits = ? WHERE batch = ? AND part = ?", (bytes(bits), mark.batch, mark.part)
    )
    return True
