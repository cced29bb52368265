"""Filing a row for a card's code among a thousand codes, against the same among a million, on each engine there is."""

from __future__ import annotations

import statistics
import time
from itertools import count
from pathlib import Path

from survey.marked_store import MarkedStore
from survey.marks import CentreStore, Mark
from survey.sealing import MAGIC, ROW_BYTES, SUITE_ID

ROUNDS = 9
CHECKS = 60
_POSTGRESQL = Path("/usr/lib/postgresql")
_numbers = count()


def measure(folder: Path, *, full: bool) -> dict[str, float]:
    """``code_check_ratio`` and, where PostgreSQL is installed, ``code_check_ratio_postgresql``."""
    del full
    found = {"code_check_ratio": _ratio(*(MarkedStore(folder / f"codes-{name}.db") for name in ("few", "many")))}
    return found | ({"code_check_ratio_postgresql": _on_postgresql()} if any(_POSTGRESQL.glob("*/bin/initdb")) else {})


def _on_postgresql() -> float:
    # Where it is not installed neither is what speaks to it.
    from export.centre.postgres_store import PostgresStore  # noqa: PLC0415
    from tests.real_postgresql import postgresql  # noqa: PLC0415

    with postgresql() as server:
        return _ratio(*(PostgresStore(server.address(server.new())) for _ in range(2)))


def _ratio(few: CentreStore, many: CentreStore) -> float:
    few.lay_out(1, 1_000)
    many.lay_out(1, 1_000_000)
    ratios = [_seconds(few, 1_000, turn) / _seconds(many, 1_000_000, turn) for turn in range(ROUNDS)]
    for store in (few, many):
        store.close()
    return statistics.median(ratios)


def _seconds(store: CentreStore, codes: int, turn: int) -> float:
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
