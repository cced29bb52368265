"""Each bench in a process of its own, loaded there alone.

What one leaves in memory would weigh on the next, and workers that it starts would load all of them again, which no
worker of the product does.
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from pathlib import Path


def measured(bench: str, folder: Path, *, full: bool) -> dict[str, float]:
    """The figures of one bench, by its module's name."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
        return alone.submit(_measure, bench, folder, full).result()


def _measure(bench: str, folder: Path, full: bool) -> dict[str, float]:
    figures: dict[str, float] = import_module(f"tests.bench.{bench}").measure(folder, full=full)
    return figures
