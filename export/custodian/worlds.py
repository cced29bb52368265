"""All that blanks may stand for: one filled in otherwise, others beside it, until every published figure still fits."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_MOST_MENDED, _MOST_TRIED = 6, 200
"""Blanks filled in otherwise beside the first, and blanks tried for each of them, before a figure is held back."""

Address = tuple[int, ...]
Room = Mapping[Address, tuple[int, int]]
"""Of every published figure how far its count may move down (not above 0) and up (not below 0)."""


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
        moves: figure -> 1 where its count grows by one, -1 where it shrinks.
        tight: the figures that this alone moves out of what they allow.
    """

    record: int
    column: str
    key: int
    moves: Mapping[Address, int]
    tight: frozenset[Address]


class Worlds:
    """All the sets of answers that the records leave open, each told by which blanks are filled in otherwise."""

    def __init__(self, room: Room, published: Mapping[Address, Published], fillings: Sequence[Filling]) -> None:
        self._room, self._published, self._fillings = dict(room), published, fillings
        self._moving = defaultdict[tuple[Address, int], list[Filling]](list)
        for filling in fillings:
            for address, by in filling.moves.items():
                self._moving[address, by].append(filling)
        self._of_people = defaultdict[int, list[Address]](list)
        for address, figure in published.items():
            self._of_people[figure.people].append(address)

    def in_the_way(self) -> dict[Address, str]:
        """The figures to be held back until every filling is possible, each with the column that it would tell of."""
        held = dict[Address, str]()
        for filling in self._fillings:
            while out := self._out(filling):
                least = min(out, key=lambda address: (self._published[address].worth, address))
                held[least] = filling.column
                del self._room[least]
        return held

    def _out(self, filling: Filling) -> Sequence[Address]:
        """The figures that stand against this filling, and that no other fillings beside it bring into line."""
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
        people = Counter({address: self._published[address].people for address in moved if address in self._room})
        for one in together:
            people.update({address: by * one.key for address, by in one.moves.items() if address in self._room})
        of_people = defaultdict[int, list[Address]](list)
        for address, those in people.items():
            of_people[those].append(address)
        for those, addresses in of_people.items():
            standing = (other for other in self._of_people.get(those, ()) if other in self._room and other not in moved)
            first = addresses[0]
            for other in (*addresses[1:], *standing):
                if self._published[first].told != self._published[other].told:
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
        best, most = None, 0
        least = -sum(self._excess(one, by) for one, by in moved.items())
        for filling in self._moving[address, back][:_MOST_TRIED]:
            gain = 0 if filling.record in used else self._gain(filling, moved)
            if gain < most:
                best, most = filling, gain
            if most == least:
                break
        return best

    def _gain(self, filling: Filling, moved: Mapping[Address, int]) -> int:
        """By how much all counts together come to lie further out; less than nothing where they come nearer."""
        moves, gain = filling.moves, 0
        for address in (moved.keys() & moves.keys()) | filling.tight:
            before = moved.get(address, 0)
            gain += self._excess(address, before + moves[address]) - self._excess(address, before)
        return gain

    def _excess(self, address: Address, by: int) -> int:
        down, up = self._room.get(address, (by, by))
        return max(down - by, by - up, 0)
