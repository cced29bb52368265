"""How many things a message lists before it says how many more there are: of hundreds nobody reads the first."""

from __future__ import annotations

from collections.abc import Sequence


def at_most(most: int, listed: Sequence[str]) -> list[str]:
    """The first ``most`` of them and, where that is not all, how many more there are."""
    more = [f"and {len(listed) - most} more"] if len(listed) > most else []
    return [*listed[:most], *more]
