"""All that blanks may stand for: one filled in otherwise, others beside it, until every published figure still fits."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

_MOST_MENDED, _MOST_TRIED = 6, 200
"""Blanks filled in otherwise beside the first, and blanks tried for each of them, before a figure is held back."""

MOST_TOGETHER = _MOST_MENDED + 1
"""No set of answers has more blanks than these filled in otherwise than they are."""

Address = tuple[int, ...]
Room = Mapping[Address, tuple[float, float]]
"""Of every count that something is published of, how far it may move down (not above 0) and up (not below 0)."""


@dataclass(frozen=True)
class Published:
    """Of a published figure: what it is told as, the sum of its people's keys, and what it is worth."""

    told: int
    people: int
    worth: int


@dataclass(frozen=True)
class Filling:
    """One blank filled in otherwise.

    Attributes:
        record, column: whose blank, and where.
        key: of the record.
        moves: count -> 1 where it grows by one, -1 where it shrinks.
        tight: the counts that this alone moves out of what is published of them.
    """

    record: int
    column: str
    key: int
    moves: Mapping[Address, int]
    tight: frozenset[Address]


class Worlds:
    """All the sets of answers that the records leave open, each told by which blanks are filled in otherwise.

    A count that is not published itself has the figures beside it in ``said_by``, of which each says what it may be.
    """

    def __init__(
        self,
        room: Room,
        published: Mapping[Address, Published],
        said_by: Mapping[Address, Collection[Address]],
        fillings: Sequence[Filling],
    ) -> None:
        self._room, self._published, self._fillings = dict(room), dict(published), fillings
        self._said_by = {address: {address} for address in published} | {one: set(by) for one, by in said_by.items()}
        self._saying = defaultdict[Address, list[Address]](list)
        for address, sayers in self._said_by.items():
            for figure in sayers:
                self._saying[figure].append(address)
        self._moving = defaultdict[tuple[Address, int], list[Filling]](list)
        for filling in fillings:
            for address, by in filling.moves.items():
                self._moving[address, by].append(filling)
        self._of_people = defaultdict[int, list[Address]](list)
        for address, one in published.items():
            self._of_people[one.people].append(address)

    def in_the_way(self) -> dict[Address, str]:
        """The figures to be held back until every filling is possible, each with the column that it would tell of."""
        held = dict[Address, str]()
        for filling in self._fillings:
            while out := self._out(filling):
                for figure in sorted(self._said_by[min(out, key=self._loss)]):
                    held[figure] = filling.column
                    self._hold(figure)
        return held

    def _loss(self, address: Address) -> tuple[int, Address]:
        """What it would cost that nothing is published of this count."""
        return sum(self._published[figure].worth for figure in self._said_by[address]), address

    def _hold(self, figure: Address) -> None:
        del self._published[figure]
        for address in self._saying[figure]:
            self._said_by[address].discard(figure)
            if not self._said_by[address]:
                del self._room[address]

    def _out(self, filling: Filling) -> Sequence[Address]:
        """The counts that stand against this filling, and that no other fillings beside it bring into line."""
        together = [filling]
        while True:
            moved = Counter[Address]()
            for one in together:
                moved.update(one.moves)
            out: Sequence[Address] = [address for address, by in moved.items() if self._excess(address, by)]
            alike = () if out else self._alike(together, moved)
            if not out and not alike:
                return ()
            used = {one.record for one in together}
            mending = self._mending(out[0], moved, used) if out else self._parting(alike, moved, used, together)
            if mending is None or len(together) > _MOST_MENDED:
                return out or alike
            together.append(mending)

    def _alike(self, together: Sequence[Filling], moved: Mapping[Address, int]) -> tuple[Address, ...]:
        """Two figures that would count the same people and yet are told otherwise, if there are any."""
        told = self._published
        people = Counter({address: told[address].people for address in moved if address in told})
        for one in together:
            people.update({address: by * one.key for address, by in one.moves.items() if address in told})
        of_people = defaultdict[int, list[Address]](list)
        for address, those in people.items():
            of_people[those].append(address)
        for those, addresses in of_people.items():
            standing = (other for other in self._of_people.get(those, ()) if other in told and other not in moved)
            first = addresses[0]
            for other in (*addresses[1:], *standing):
                if told[first].told != told[other].told:
                    return first, other
        return ()

    def _parting(
        self, pair: Sequence[Address], moved: Mapping[Address, int], used: set[int], together: Sequence[Filling]
    ) -> Filling | None:
        """A filling of another record by which not both of these count the same people, with all else in line."""
        one, other = pair
        tried = itertools.chain.from_iterable(self._moving[each, by][:_MOST_TRIED] for each in pair for by in (1, -1))
        for filling in tried:
            moves = filling.moves
            if filling.record in used or moves.get(one, 0) == moves.get(other, 0):
                continue
            then = Counter(moved)
            then.update(moves)
            if not any(self._excess(*each) for each in then.items()) and not self._alike([*together, filling], then):
                return filling
        return None

    def _mending(self, address: Address, moved: Mapping[Address, int], used: set[int]) -> Filling | None:
        """A filling of another record that moves this figure back and brings the counts nearer together, if any."""
        back = -1 if moved[address] > 0 else 1
        best, most = None, 0.0
        least = -sum(self._excess(one, by) for one, by in moved.items())
        for filling in self._moving[address, back][:_MOST_TRIED]:
            gain = 0.0 if filling.record in used else self._gain(filling, moved)
            if gain < most:
                best, most = filling, gain
            if most == least:
                break
        return best

    def _gain(self, filling: Filling, moved: Mapping[Address, int]) -> float:
        """By how much all counts together come to lie further out; less than nothing where they come nearer."""
        moves, gain = filling.moves, 0.0
        for address in (moved.keys() & moves.keys()) | filling.tight:
            before = moved.get(address, 0)
            gain += self._excess(address, before + moves[address]) - self._excess(address, before)
        return gain

    def _excess(self, address: Address, by: int) -> float:
        down, up = self._room.get(address, (by, by))
        return max(down - by, by - up, 0)
