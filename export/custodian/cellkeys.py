"""The cell key method: every published count is moved a little, and the same people always by the same.

Each record has a key, drawn from a secret and the inner response id and so the same in every release; a cell's key is
the sum of its records' keys, mixed; cell key and count look the move up in the p-table. So a figure that is asked for
twice is moved twice alike and cannot be averaged out, and one person more changes the key and with it the move (Fraser
and Wooton 2005; Handbook on Statistical Disclosure Control, chapter 5). An attacker is taken to know the p-table, never
the secret. Empty cells stay empty; sums of moved cells are never published in place of a sum's own figure.
"""

from __future__ import annotations

import hmac
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from export.custodian.entropy import PTABLE, Row
from forms.strict_json import strict_object

KEYS = 4096
_MIXING = b"heard cell keys 1 "


@dataclass(frozen=True)
class PTable:
    """How counts are moved: rows of (true count, move, probability), the last count for all larger ones."""

    rows: tuple[Row, ...]

    @property
    def last(self) -> int:
        """From this true count on all are moved alike."""
        return self.rows[-1][0]

    @property
    def widest(self) -> int:
        """The most that any count is moved, up or down."""
        return max(abs(move) for _, move, _ in self.rows)

    def told(self, counts: pl.Series, keys: pl.Series) -> pl.Series:
        """The published counts of cells with these true counts and cell keys (0 to 4,095), as Int64."""
        places = counts.cast(pl.Int64).clip(upper_bound=self.last) * KEYS + keys.cast(pl.Int64)
        return counts.cast(pl.Int64) + self._moves.gather(places).cast(pl.Int64)

    def possible(self, told: int) -> tuple[int, int]:
        """The least and the greatest true count that may be told as this."""
        moves = {count: [move for one, move, _ in self.rows if one == count] for count in range(self.last + 1)}
        widest = max(moves[self.last])
        true = [count for count in range(told + widest + 1) if told - count in moves[min(count, self.last)]]
        return min(true), max(true)

    @cached_property
    def _moves(self) -> pl.Series:
        """The move for every (count, cell key): the first whose cumulated probability lies above the key's share."""
        moves: list[int] = []
        for count in range(self.last + 1):
            cumulated = 0.0
            for _, move, chance in (row for row in self.rows if row[0] == count):
                cumulated += chance
                filled = (count * KEYS) + min(KEYS, _above(cumulated))
                moves.extend([move] * (filled - len(moves)))
        return pl.Series(moves, dtype=pl.Int8)


def _above(cumulated: float) -> int:
    """How many keys have a share below this; 1 within what adding decimals loses."""
    return KEYS if cumulated > 1 - 1e-9 else math.ceil(cumulated * KEYS)


def read_ptable(path: Path = PTABLE) -> PTable:
    """The p-table that ships.

    Raises:
        ValueError, KeyError, OSError: it is missing or damaged: install Heard again.
    """
    rows = strict_object(path.read_text(encoding="utf-8"))["rows"]
    return PTable(tuple((int(count), int(move), float(chance)) for count, move, chance in rows))


def record_keys(secret: bytes, responses: pl.Series) -> pl.Series:
    """A record's key, as Int64, for each response id: HMAC-SHA256 under the series' table secret.

    Its last twelve bits count, 0 to 4,095; 28 more stand above them, so that of a million people no two different
    groups have the same sum.
    """
    keyed = hmac.new(secret, digestmod="sha256")
    drawn = list[int]()
    for response in responses:
        one = keyed.copy()  # a third of the time that a key schedule for each takes
        one.update(response)
        first, beyond = divmod(int.from_bytes(one.digest()[:6]), 1 << 32)
        # 4,096 divides 65,536, so that every key is as likely as any other.
        drawn.append((beyond >> 4) * KEYS + first % KEYS)
    return pl.Series(drawn, dtype=pl.Int64)


def mixed(secret: bytes, keys: pl.Series) -> pl.Series:
    """Sums of record keys as cell keys: each of the 4,096 becomes another, in an order that only the secret tells.

    Whoever knows what two parts were moved by, as one does who counts them in the records, would know nearly what the
    key of their total is, and so whether a blank belongs to the one or the other. Mixed sums add up to nothing.
    """
    places = [hmac.digest(secret, _MIXING + key.to_bytes(2), "sha256") for key in range(KEYS)]
    order = sorted(range(KEYS), key=places.__getitem__)
    return pl.Series(keys.name, order, dtype=pl.Int64).gather(keys)
