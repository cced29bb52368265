"""Several who do the same at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


def at_once(count: int, act: Callable[[int], str]) -> list[str]:
    """What each was told, by number; none begins before all are there."""
    start = threading.Barrier(count)

    def one(number: int) -> str:
        start.wait()
        return act(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))
