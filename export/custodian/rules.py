"""How figures are protected, as the recipe and the p-table say and everybody may read."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from export.custodian.cellkeys import PTable
from export.custodian.cube import TOTAL
from export.custodian.linked import Figure

SHOWN, SMALL, WEAK_BASE = "", "c", "u"
"""Why a figure is held back, in the shorthand of the Government Statistical Service."""
_MUCH = 1_000_000
"""What a total is worth beside an answer: whoever reads a table wants its bases most."""


@dataclass(frozen=True)
class Rules:
    """How figures are protected.

    Attributes:
        ptable: how counts are moved; None: they are rounded to ``round_to`` instead.
        threshold: no smaller count is told, and no interval of a held-back figure is narrower.
        round_to: base of rounding.
        hidden_below: answers of a base that is told as smaller are not told.
        between: no interval of the difference of two populations is narrower.
        otherwise: no answer is told of a group of which fewer than this said otherwise than the most did.
    """

    ptable: PTable | None
    threshold: int = 10
    round_to: int = 5
    hidden_below: int = 30
    between: int = 4
    otherwise: int = 2

    @property
    def apart(self) -> int:
        """The least difference of two told bases that moving or rounding alone hardly brings about."""
        return self.round_to + 1 if self.ptable is None else 2 * self.ptable.widest

    def told(self, counts: pl.Series, keys: pl.Series) -> pl.Series:
        """Each figure on its own as it may be told."""
        if self.ptable is not None:
            return self.ptable.told(counts, keys)
        return (counts + self.round_to // 2) // self.round_to * self.round_to

    def possible(self, told: int) -> tuple[int, int]:
        """The true counts that a figure told as this may have, as everybody can work out."""
        if self.ptable is not None:
            return self.ptable.possible(told)
        return max(self.threshold, told - self.round_to // 2), told + (self.round_to - 1) // 2


def worth(told: int, figure: Figure) -> int:
    """What is lost with a figure: the more it is a total of, and then the larger it is, the more."""
    return told + _MUCH * figure.count(TOTAL)
