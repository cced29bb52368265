"""Which one-time codes are spent, one bit each, and what a centre asks of the store that keeps them beside the rows.

A code is no more than a place in a bitmap that was there, at its full size, before the first card was handed out: no
row, number or time of its own exists. The bitmap is cut into parts of one size, so that a check reads and writes one
part, however many codes there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from survey.store import Door, Shelves

Filed = Literal["stored", "replaced", "had", "refused"]
OF_LINKS: tuple[Door, ...] = ("code", "open")
PART_BYTES = 512
_PART_BITS = 8 * PART_BYTES


@dataclass(frozen=True)
class Mark:
    """One bit: the batch of a code and its number in it."""

    batch: int
    serial: int

    @property
    def part(self) -> int:
        """Which part of the batch's bitmap it lies in."""
        return self.serial // _PART_BITS

    @property
    def place(self) -> int:
        """Which bit of that part it is, the lowest of the first byte being 0."""
        return self.serial % _PART_BITS


NO_MARK = Mark(-1, 0)
"""A bit that does not exist, for a code that is none: refused by the same steps, in the same time."""


def door_of(replaced: Iterable[Door | None], mark: Mark | None, spend: Callable[[Mark], bool]) -> Door | None:
    """The door by which a row comes in that takes the place of ``replaced``; None: by none, it is refused.

    A code is spent only where the row needs it: one that was spent for an earlier copy serves the later one too, as
    long as it holds. Else a card would let in another answer after each carry-out, also one that was cancelled.
    """
    doors = {*replaced}
    if mark is None:
        return "open"
    if (mark != NO_MARK and "code" in doors) or spend(mark):
        return "code"
    return "open" if "open" in doors else None


def parts_of(count: int) -> range:
    """The parts that ``count`` codes need."""
    return range((count + _PART_BITS - 1) // _PART_BITS)


class CentreStore(Shelves, Protocol):
    """The centre's shelves, ``arrivals`` and ``intake``, and the bitmaps of its batches of codes.

    Safe under threads and under several processes. One contract test runs on every engine. Whatever is kept is kept
    durably before a method returns; each raises ``StoreFull`` (nothing of the call was kept) and ``StoreDamaged``.
    """

    def close(self) -> None:
        """Let go of it. The store cannot be used afterwards."""

    def count(self, shelf: str) -> int:
        """How many rows lie on a shelf, with those that the disk has spoilt."""

    def rows(self, shelf: str) -> Iterator[tuple[Door, bytes]]:
        """The rows of a shelf with their doors, in id order, a few at a time: others may use the store meanwhile.

        One that has lost its size is left out, since nothing could carry it; ``count`` counts it.
        """

    def merge(self) -> None:
        """Fold the arrivals into the intake and write everything anew, so that nothing is left of what came when."""

    def hide_times(self) -> None:
        """On a tick, between merges: whatever tells the time of the last operation tells the tick's afterwards."""

    def lay_out(self, batch: int, count: int) -> None:
        """Make the bitmap of a batch of ``count`` codes, none spent; one that is there stays as it is."""

    def is_spent(self, mark: Mark) -> bool:
        """Whether a code was spent; a bit that does not exist counts as spent."""

    def spent(self, batch: int) -> int:
        """How many codes of a batch were spent."""

    def admit(self, row: bytes, mark: Mark | None = None, replaces: Sequence[bytes] = ()) -> Filed:
        """Keep a link's row in the arrivals durably, by the open door or for a code, which is spent with it.

        A row that is here already is had, whatever came with it. One that replaces others of a link spends no
        code: it takes their door, a code's only where it brings a code that holds, spent or not. Where it is refused,
        those that it names stay.
        All of it in one transaction: a crash leaves everything as before or as after.

        Args:
            row: sealed to a key of ours.
            mark: the code's bit; None: no code is needed.
            replaces: ids of the rows whose place it takes, which only the page that made them all can know. It names
                every one that it made, since it cannot know which of them arrived.

        Raises:
            NotARow: it is not sealed.
        """

    def take_back(self, ids: Sequence[bytes]) -> None:
        """Delete a link's rows for good, wherever they lie by now; a tablet's stay, and a spent code stays spent."""
