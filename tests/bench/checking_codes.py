"""Filing a row for a card's code among a thousand codes, against the same among a million."""

from __future__ import annotations

import statistics
import time
from itertools import count
from pathlib import Path

from survey.marked_store import MarkedStore
from survey.marks import Mark
from survey.sealing import MAGIC, ROW_BYTES, SUITE_ID

ROUNDS = 9
CHECKS = 60
_numbers = count()


def measure(folder: Path, *, full: bool) -> dict[str, float]:
    """``code_check_ratio``."""
    del full
    few, many = (_laid_out(folder / f"codes-{codes}.db", codes) for codes in (1_000, 1_000_000))
    ratios = [_seconds(few, 1_000, turn) / _seconds(many, 1_000_000, turn) for turn in range(ROUNDS)]
    for store in (few, many):
        store.close()
    return {"code_check_ratio": statistics.median(ratios)}


def _laid_out(path: Path, codes: int) -> MarkedStore:
    store = MarkedStore(path)
    store.lay_out(1, codes)
    return store


def _seconds(store: MarkedStore, codes: int, turn: int) -> float:
    """Good codes and spent ones, a third of them, scattered over the whole batch."""
    marks = [Mark(1, (turn * CHECKS + number) * 7_919 % codes) for number in range(CHECKS)]
    noise = ROW_BYTES - len(MAGIC) - len(SUITE_ID)
    rows = [MAGIC + SUITE_ID + next(_numbers).to_bytes(noise) for _ in range(2 * CHECKS)]
    start = time.perf_counter()
    for place, mark in enumerate(marks):
        store.admit(rows[place], mark)
        if place % 2:
            store.admit(rows[CHECKS + place], mark)
    return time.perf_counter() - start
