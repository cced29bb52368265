"""The centre's store on PostgreSQL, where one machine no longer serves: ``survey.marks.CentreStore`` once more.

Beside a row lies what PostgreSQL adds by itself: the transaction that wrote it (xmin, xmax) and its place (ctid). Both
tell an order, and pair a code's bit with the row that was kept with it. So the merge writes everything anew and has the
log thrown away (``export.centre.postgres_tables``); the tick does the same to all but the intake.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from export.centre.postgres import WAIT_SECONDS, Connection, Database
from export.centre.postgres_tables import EMPTY, MERGED, TABLES, TICKED
from survey.marked_store import MarkedStore
from survey.marks import OF_LINKS, PART_BYTES, Filed, Mark, door_of, parts_of
from survey.sealing import ROW_BYTES, key_id_of, row_id
from survey.store import CENTRE_SHELVES, STEP, Door, check, in_steps


class PostgresStore:
    """``survey.marks.CentreStore`` in a database, for any number of processes and threads."""

    shelves: tuple[str, ...] = CENTRE_SHELVES

    def __init__(self, address: str, wait_seconds: int = WAIT_SECONDS) -> None:
        """Open the store, or make an empty one.

        Args:
            address: of the database, as in ``settings.toml``.
            wait_seconds: how long anybody waits for others, the merge among them.

        Raises:
            StoreFull: it cannot be reached or written; ``DatabaseRefused`` where it is not set as it must be.
            StoreDamaged: it is there and lacks a table.
        """
        self._database = Database(address, wait_seconds)
        if not self._database.transaction(_is_there):
            self._database.alone(_made)
        self._database.transaction(_look)

    def close(self) -> None:
        """Let go of its connections."""
        self._database.close()

    def put(self, shelf: str, rows: Sequence[bytes], door: str = "tablet") -> list[str]:
        """Keep rows durably, all or none (``survey.store.Store.put``).

        Raises:
            NotARow: something that is not sealed; nothing else may ever lie here.
            StoreFull: nothing of the call was kept.
        """
        check(rows, door)
        fresh = self._database.transaction(lambda connection: _filed(connection, self._known(shelf), rows, door))
        words = []
        for one in map(row_id, rows):
            words.append("stored" if one in fresh else "had")
            fresh.discard(one)
        return words

    def count(self, shelf: str) -> int:
        """How many rows lie on a shelf, with those that the disk has spoilt."""
        statement = f"SELECT count(*) FROM heard.{self._known(shelf)}"  # noqa: S608 - our own shelf names, here and below
        return self._database.transaction(lambda connection: int(_one(connection, statement)))

    def rows(self, shelf: str) -> Iterator[tuple[Door, bytes]]:
        """The rows of a shelf with their doors, in id order, a few at a time: others may use the store meanwhile."""
        statement = (
            f'SELECT id, door, "row" FROM heard.{self._known(shelf)}'  # noqa: S608
            ' WHERE id > %s AND octet_length("row") = %s ORDER BY id LIMIT %s'
        )

        def step(after: bytes) -> list[tuple[Any, ...]]:
            values = (after, ROW_BYTES, STEP)
            return self._database.transaction(lambda connection: connection.execute(statement, values).fetchall())

        yield from in_steps(step)

    def forget(self, shelf: str, ids: Sequence[bytes]) -> None:
        """Delete rows for good, in one commit; ids that are not there change nothing."""
        statement = f"DELETE FROM heard.{self._known(shelf)} WHERE id = ANY(%s)"  # noqa: S608
        self._database.transaction(lambda connection: connection.execute(statement, [[*ids]]))

    def merge(self) -> None:
        """Fold the arrivals into the intake and write everything anew; a crash leaves all of it or none.

        Raises:
            StoreFull: somebody else holds the tables for too long, or there is no room; everything stands as it was.
        """
        self._write_anew(MERGED)

    def hide_times(self) -> None:
        """Write all but the intake anew, whether or not anybody came: what tells of a moment then tells the tick.

        Raises:
            StoreFull: as ``merge``.
        """
        self._write_anew(TICKED)

    def lay_out(self, batch: int, count: int) -> None:
        """Make the bitmap of a batch of ``count`` codes, none spent; one that is there stays as it is."""
        statement = "INSERT INTO heard.spent_codes SELECT %s, unnest(%s::int[]), %s ON CONFLICT DO NOTHING"
        laid = (batch, [*parts_of(count)], bytes(PART_BYTES))
        self._database.transaction(lambda connection: connection.execute(statement, laid))

    def is_spent(self, mark: Mark) -> bool:
        """Whether a code was spent; a bit that does not exist counts as spent."""
        statement = "SELECT get_bit(bits, %s) FROM heard.spent_codes WHERE batch = %s AND part = %s"
        looked = (mark.place, mark.batch, mark.part)
        return self._database.transaction(lambda connection: connection.execute(statement, looked).fetchone()) != (0,)

    def spent(self, batch: int) -> int:
        """How many codes of a batch were spent."""
        statement = "SELECT coalesce(sum(bit_count(bits)), 0) FROM heard.spent_codes WHERE batch = %s"
        return self._database.transaction(lambda connection: int(_one(connection, statement, batch)))

    def admit(self, row: bytes, mark: Mark | None = None, replaces: Sequence[bytes] = ()) -> Filed:
        """Keep a link's row in the arrivals, by the open door or for a code (``survey.marks.CentreStore.admit``).

        Raises:
            NotARow: it is not sealed.
            StoreFull, StoreDamaged: nothing was kept and nothing spent.
        """
        key_id_of(row)
        try:
            return self._database.transaction(lambda connection: _admitted(connection, row, mark, replaces))
        except _AtOnce:
            return "had"
        except _NoDoor:
            return "refused"

    def take_back(self, ids: Sequence[bytes]) -> None:
        """Delete a link's rows for good, wherever they lie by now; a tablet's stay, and a spent code stays spent."""
        self._database.transaction(lambda connection: [_gone(connection, one) for one in ids])

    def is_empty(self) -> bool:
        """Whether no row and no code's bitmap lies here."""
        lines = " UNION ALL ".join(f"SELECT FROM heard.{table}" for table in TABLES)
        return not self._database.transaction(lambda connection: _one(connection, f"SELECT EXISTS ({lines})"))

    def take_over(self, file: MarkedStore) -> None:
        """Fill an empty store with a file's intake and bitmaps, all or nothing.

        Raises:
            StoreFull, StoreDamaged: nothing was taken over.
        """

        def fill(connection: Connection) -> None:
            rows = ((row_id(row), door, row) for door, row in file.rows("intake"))
            with connection.cursor() as cursor:
                cursor.executemany("INSERT INTO heard.intake VALUES (%s, %s, %s)", rows)
                cursor.executemany("INSERT INTO heard.spent_codes VALUES (%s, %s, %s)", file.bitmaps())

        self._database.alone(fill)

    def _write_anew(self, statements: str) -> None:
        self._database.alone(lambda connection: connection.execute(statements))

    def _known(self, shelf: str) -> str:
        if shelf not in self.shelves:
            raise ValueError(f"This store has the shelves {', '.join(self.shelves)}, not {shelf!r}.")
        return shelf


class _AtOnce(Exception):
    """The same row came by another door in the same moment: what was done for this one is undone."""


class _NoDoor(Exception):
    """It is refused: what it would have replaced stays."""


def _is_there(connection: Connection) -> bool:
    return _one(connection, "SELECT to_regnamespace('heard')") is not None


def _made(connection: Connection) -> None:
    # Looked for again: another process may have been first.
    if not _is_there(connection):
        connection.execute(EMPTY)


def _look(connection: Connection) -> None:
    # A table that is gone is damage; one made anew in its place would hide what was lost.
    for table in TABLES:
        connection.execute(f"SELECT FROM heard.{table} LIMIT 1")


def _one(connection: Connection, statement: str, *values: object) -> Any:
    found = connection.execute(statement, values or None).fetchone()
    return None if found is None else found[0]


def _filed(connection: Connection, shelf: str, rows: Iterable[bytes], door: str) -> set[bytes]:
    """The ids of those that are new. By id, so that two senders of the same rows never wait for each other in turn."""
    others = " AND ".join(
        f"NOT EXISTS (SELECT FROM heard.{other} WHERE id = new.id)" for other in CENTRE_SHELVES if other != shelf
    )
    statement = (
        f'INSERT INTO heard.{shelf} SELECT id, %s, "row" FROM unnest(%s::bytea[], %s::bytea[]) AS new (id, "row")'  # noqa: S608
        f" WHERE {others} ORDER BY id ON CONFLICT DO NOTHING RETURNING id"
    )
    each = {row_id(row): row for row in rows}
    return {one for (one,) in connection.execute(statement, (door, [*each], [*each.values()])).fetchall()}


def _admitted(connection: Connection, row: bytes, mark: Mark | None, replaces: Sequence[bytes]) -> Filed:
    if _is_here(connection, row):
        return "had"
    # By id, so that two copies of one visit at once never wait for each other in turn.
    replaced = {_gone(connection, one) for one in sorted(replaces)} - {None}
    door = door_of(replaced, mark, lambda code: _spend(connection, code))
    if door is None:
        # Whoever spent it, while we waited for the bit, may have brought this very row.
        if _is_here(connection, row):
            return "had"
        raise _NoDoor
    if not _filed(connection, "arrivals", [row], door):
        raise _AtOnce
    return "replaced" if replaced else "stored"


def _is_here(connection: Connection, row: bytes) -> bool:
    statement = (
        "SELECT EXISTS (SELECT FROM heard.arrivals WHERE id = %s) OR EXISTS (SELECT FROM heard.intake WHERE id = %s)"
    )
    return bool(_one(connection, statement, row_id(row), row_id(row)))


def _gone(connection: Connection, one: bytes) -> Door | None:
    for shelf in CENTRE_SHELVES:
        statement = f"DELETE FROM heard.{shelf} WHERE id = %s AND door = ANY(%s) RETURNING door"  # noqa: S608
        found = connection.execute(statement, (one, [*OF_LINKS])).fetchone()
        if found is not None:
            door: Door = found[0]
            return door
    return None


def _spend(connection: Connection, mark: Mark) -> bool:
    # Looking and setting are one statement: of two at once the second looks again once the first is done.
    statement = (
        "UPDATE heard.spent_codes SET bits = set_bit(bits, %(place)s, 1)"
        " WHERE batch = %(batch)s AND part = %(part)s AND get_bit(bits, %(place)s) = 0"
    )
    named = {"batch": mark.batch, "part": mark.part, "place": mark.place}
    return connection.execute(statement, named).rowcount == 1
