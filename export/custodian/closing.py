"""Holding back more figures until none that was held back for its size can be worked out too closely.

Greedy: of the figures that bind a too narrow interval, as the linear program's duals tell, the cheapest is held back,
and all is attacked anew. It need not be the least loss that there is; that no interval is narrower than promised is
proved by the last attack and not by the choice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from export.custodian.attacker import Attacker, Said, Target


class CannotClose(ValueError):
    """A held-back figure stays too narrow whatever else is held back, since so few are in the tables at all.

    Attributes:
        missing: how many more responses would do.
    """

    def __init__(self, missing: int, wait: str) -> None:
        super().__init__(
            f"A figure that is held back could be worked out from the number of responses alone. {wait} Or take the"
            " tables out of the recipe."
        )
        self.missing = missing


def closed(
    cells: int, said: Sequence[Said], targets: Sequence[Target], costs: Mapping[int, float], most: float
) -> frozenset[int]:
    """The figures, by the names they have in ``said``, that have to be held back.

    Args:
        cells: how many there are.
        said: what the figures say that are to be published.
        targets: what is to be protected.
        costs: figure -> loss if it is held back.
        most: no cell holds more; everybody knows.

    Raises:
        CannotClose: it cannot be done.
        Contradiction: the figures contradict each other.
    """
    hidden, exposed = set[int](), targets
    while True:
        attacker = Attacker(cells, [one for one in said if not one.by or not hidden.issuperset(one.by)], most)
        # What is wide enough stays so: whoever is told less can rule out less.
        exposed = attacker.narrow(exposed)
        if not exposed:
            return frozenset(hidden)
        for target in exposed:
            binding = attacker.binding(target.cells)
            if not binding:
                missing = max(1, math.ceil(target.width - most))
                raise CannotClose(missing, f"Wait for {missing} more.")
            if not any(hidden.issuperset(by) for by in binding):
                hidden.update(min(binding, key=lambda by: (sum(costs[one] for one in by), by)))
