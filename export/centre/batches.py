"""What was printed: batches of cards and posters, each with its place, its way to people, its number and its key.

It is in the register because staff made it; nothing here changes when a card is used. How many were printed is what a
rate is of. The tag of a code is made with its batch's key, which a cancelled batch loses: its codes can never be again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from export.centre.registry import Registry
from export.printings import ROUTES, Printing, Route

MOST_BATCHES = 1 << 15
MOST_CODES = 1 << 20
_TABLE = """
CREATE TABLE IF NOT EXISTS batches (
  number INTEGER PRIMARY KEY, place TEXT NOT NULL, route TEXT NOT NULL, printed INTEGER NOT NULL,
  printed_on TEXT NOT NULL, languages TEXT NOT NULL, until TEXT, key BLOB, cancelled INTEGER NOT NULL DEFAULT 0
);
"""


class NotPrintable(ValueError):
    """Cards that would lead nowhere, or that nobody could read. The message says what to change."""


class BatchesFull(ValueError):
    """A batch that the format of codes has no room for. Print fewer at a time."""


@dataclass(frozen=True)
class Batch:
    """Printed at once. ``until`` (the last day) and ``key`` are those of its codes, where it has any."""

    number: int
    place: str
    route: Route
    printed: int
    printed_on: date
    languages: tuple[str, ...]
    until: date | None
    key: bytes | None
    cancelled: bool


class Batches:
    """The printed batches in the register."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._cached: tuple[tuple[int, int], dict[int, Batch]] | None = None
        registry.add_tables(_TABLE)

    def add(
        self, place: str, route: Route, printed: int, printed_on: date, languages: tuple[str, ...],
        until: date | None, key: bytes | None,
    ) -> Batch:  # fmt: skip
        """Count what is about to be printed.

        Raises:
            BatchesFull: too many, of codes in one batch or of batches in all.
        """
        if key is not None and printed > MOST_CODES:
            raise BatchesFull(f"One batch has at most {MOST_CODES:,} codes. Print several.")
        with self._registry.changing() as db:
            number = int(next(iter(db.query("SELECT coalesce(max(number), 0) + 1 AS number FROM batches")))["number"])
            if number >= MOST_BATCHES:
                raise BatchesFull(f"There are {MOST_BATCHES - 1:,} batches, and codes have no room for another.")
            db.execute(
                "INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)",
                (number, place, route, printed, printed_on.isoformat(), " ".join(languages),
                 until.isoformat() if until else None, key),
            )  # fmt: skip
        return Batch(number, place, route, printed, printed_on, languages, until, key, cancelled=False)

    def cancel(self, number: int) -> None:
        """Take the key of a batch's codes away."""
        with self._registry.changing() as db:
            db.execute("UPDATE batches SET cancelled = 1, key = NULL WHERE number = ?", (number,))

    def printings(self) -> tuple[Printing, ...]:
        """What was printed for each place by each route, all batches together."""
        printed, cancelled = Counter[tuple[str, Route]](), Counter[tuple[str, Route]]()
        for batch in self.all().values():
            printed[batch.place, batch.route] += batch.printed
            cancelled[batch.place, batch.route] += batch.printed * batch.cancelled
        order = list(ROUTES)
        pairs = sorted(printed, key=lambda pair: (pair[0], order.index(pair[1])))
        return tuple(Printing(*pair, printed[pair], cancelled[pair]) for pair in pairs)

    def all(self) -> dict[int, Batch]:
        """Every batch by its number, read again only when the register changed."""
        version = self._registry.version()
        if self._cached is None or self._cached[0] != version:
            lines = self._registry.read("SELECT * FROM batches ORDER BY number")
            self._cached = (version, {batch.number: batch for batch in map(_batch, lines)})
        return self._cached[1]


def _batch(line: dict[str, object]) -> Batch:
    route: Route = line["route"]  # type: ignore[assignment]  # our own column, written from a Route
    key = line["key"]
    until = line["until"]
    return Batch(
        number=int(str(line["number"])),
        place=str(line["place"]),
        route=route,
        printed=int(str(line["printed"])),
        printed_on=date.fromisoformat(str(line["printed_on"])),
        languages=tuple(str(line["languages"]).split()),
        until=date.fromisoformat(str(until)) if until is not None else None,
        key=key if isinstance(key, bytes) else None,
        cancelled=bool(line["cancelled"]),
    )
