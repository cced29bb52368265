"""The search for what to blank: the fewest and cheapest keys with which every combination finds a class.

It works on distinct combinations of keys with the number of counting records in each, so a million records cost what
their combinations cost. The same combinations always give the same result, in whatever order they come.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import polars as pl

from export.custodian.classes import Key

# Few counting records are ever left, but from the open door, which counts nothing, there may be any number.
_MOST_TAKEN_IN = 100


class Pool:
    """The combinations of keys that have found no class yet, and what was blanked for those that have."""

    def __init__(self, combinations: pl.DataFrame, names: Sequence[str], k: int) -> None:
        self.names, self._k = tuple(names), k
        self.attempts: list[tuple[str, ...]] = []
        self._left = combinations
        self._done: list[pl.DataFrame] = []

    @property
    def alive(self) -> bool:
        """Whether what is left could still make one class."""
        return int(self._left["n"].sum()) >= self._k

    def settle(self, blank: tuple[str, ...]) -> None:
        """Blank these keys and let go of every combination that is then in a class of ``k``."""
        holds = _sizes(self._left, [name for name in self.names if name not in blank]) >= self._k
        self._done.append(self._left.filter(holds))
        self._left = self._left.filter(~holds)
        self.attempts.append(blank)

    def next_rung(self, ladder: tuple[str, ...]) -> str:
        """The key whose blanking, beside those of the ladder, settles most records; then merges most classes."""

        def gain(name: str) -> tuple[int, int]:
            rest = [other for other in self.names if other not in ladder and other != name]
            holds = _sizes(self._left, rest) >= self._k
            return int(self._left["n"].filter(holds).sum()), -(self._left.select(rest).n_unique() if rest else 1)

        return max((name for name in self.names if name not in ladder), key=gain)

    def take_in_the_rest(self) -> None:
        """Let each combination that is too few for a class of its own join the one to which that costs the least."""
        for lone in self._left.head(_MOST_TAKEN_IN).iter_slices(1):
            found = [
                (*self._nearest(lone, part, blank), number)
                for number, (part, blank) in enumerate(zip(self._done, self.attempts, strict=True))
                if part.height
            ]
            if not found:
                return
            _, identity, number = min(found)
            self._join(lone, identity, number)
        self._left = self._left.slice(_MOST_TAKEN_IN)

    def _nearest(self, lone: pl.DataFrame, part: pl.DataFrame, blank: Sequence[str]) -> tuple[int, int]:
        """Of the classes in this part: (keys more to blank, times records, in the cheapest; a combination in it)."""
        seen = [name for name in self.names if name not in blank]
        apart = pl.sum_horizontal(pl.lit(0), *((pl.col(name) != lone[name][0]).cast(pl.Int64) for name in seen))
        costs = part.with_columns(_sizes(part, seen)).select((apart * pl.col("_size") + apart).alias("cost"), "_id")
        cost, identity = costs.sort("cost", "_id").row(0)
        return int(cost) + len(blank), int(identity)

    def _join(self, lone: pl.DataFrame, identity: int, number: int) -> None:
        part, blank = self._done[number], self.attempts[number]
        host = part.filter(pl.col("_id") == identity)
        seen = [name for name in self.names if name not in blank]
        same = pl.all_horizontal(pl.lit(value=True), *(pl.col(name) == host[name][0] for name in seen))
        differing = tuple(name for name in seen if host[name][0] != lone[name][0])
        self._done[number] = part.filter(~same)
        self._done.append(pl.concat([part.filter(same), lone]))
        self.attempts.append((*blank, *differing))

    def settled(self, dearest_first: Sequence[str]) -> tuple[pl.DataFrame, list[tuple[str, ...]]]:
        """``_id`` of each combination that found a class with the number of its ``_attempt``; what each attempt blanks.

        A ladder blanks more than each of its classes needs: whole classes get a key back wherever all the smaller
        classes that this makes hold ``k`` too.
        """
        waiting = [(part, blank, 0) for part, blank in zip(self._done, self.attempts, strict=True) if part.height]
        numbered, blanks = [self._done[0].select("_id").clear().with_columns(_number(0))], list[tuple[str, ...]]()
        while waiting:
            part, blank, place = waiting.pop()
            while place < len(dearest_first):
                name, place = dearest_first[place], place + 1
                if name not in blank:
                    continue
                less = tuple(other for other in blank if other != name)
                seen = [other for other in self.names if other not in blank]
                finer = part.with_columns(_sizes(part, [*seen, name]))
                fits = _over(finer, pl.col("_size").min(), seen) >= self._k
                if fits.all():
                    blank = less
                elif fits.any():
                    waiting.append((part.filter(fits), less, place))
                    part = part.filter(~fits)
            numbered.append(part.select("_id", _number(len(blanks))))
            blanks.append(blank)
        return pl.concat(numbered), blanks


def _number(attempt: int) -> pl.Expr:
    return pl.lit(attempt, dtype=pl.UInt32).alias("_attempt")


def _over(frame: pl.DataFrame, what: pl.Expr, names: Sequence[str]) -> pl.Series:
    """``what`` within each class over these names, one value a row."""
    told = what.over(list(names)) if names else what
    return frame.with_columns(told.alias("_told"))["_told"]


def _sizes(frame: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    return _over(frame, pl.col("n").sum(), names).alias("_size")


def searched(combinations: pl.DataFrame, keys: Sequence[Key], k: int) -> Pool:
    """Blank nothing, one key, two; then a ladder of ever more keys, until all have a class or none can be had."""
    pool = Pool(combinations, [key.name for key in keys], k)
    for blank in _small_subsets(keys):
        if pool.alive:
            pool.settle(blank)
    ladder: tuple[str, ...] = ()
    while pool.alive and len(ladder) < len(keys):
        ladder = (*ladder, pool.next_rung(ladder))
        pool.settle(ladder)
    pool.take_in_the_rest()
    return pool


def _small_subsets(keys: Sequence[Key]) -> Iterator[tuple[str, ...]]:
    """Nothing, each key alone, each pair: in ascending number of cells blanked."""
    cells = {key.name: len(key.blanks) for key in keys}
    names = [key.name for key in keys]
    subsets = itertools.chain.from_iterable(itertools.combinations(names, size) for size in range(3))
    return iter(sorted(subsets, key=lambda subset: (len(subset), sum(cells[name] for name in subset))))
