"""Sealing and filing one response, against the raw limit: one HPKE call and one insert under the same pragmas."""

from __future__ import annotations

import sqlite3
import statistics
import time
from pathlib import Path

from survey.sealing import HEADER_BYTES, PLAINTEXT_BYTES, SUITE, row_id
from survey.submission import submit
from survey.visits import Visit
from tests.at_the_tablet import KEYS, SECRET, SMALL, Tablet
from tests.bench.bare import INSERT, bare_store

ROUNDS = 15
AT_ONCE = 20
ROWS = 1000


def measure(folder: Path, *, full: bool) -> dict[str, float]:
    """``filing_ratio`` and ``rewrite_ms_1000``."""
    del full
    home = folder / "filing"
    home.mkdir()
    tablet = Tablet(home)
    bare = bare_store(home / "bare.db")
    ratios = []
    for _ in range(ROUNDS):
        raw = _seconds_raw(bare)
        ratios.append(raw / _seconds_filing(tablet))
    bare.close()
    return {"filing_ratio": statistics.median(ratios), "rewrite_ms_1000": _rewrite_ms(tablet)}


def _seconds_raw(bare: sqlite3.Connection) -> float:
    public, header = SECRET.public._hpke, SECRET.public.header
    plaintext = bytes(PLAINTEXT_BYTES)
    start = time.perf_counter()
    for _ in range(AT_ONCE):
        row = header + SUITE.encrypt(plaintext, public, info=header)
        bare.execute(INSERT, (row_id(row), "tablet", row))
    assert len(row) > HEADER_BYTES
    return time.perf_counter() - start


def _answered(tablet: Tablet) -> Visit:
    visit = tablet.visits.fresh(SMALL, KEYS.instruments[0].default_language)
    visit.answers |= {"experience": "good", "contact": "easy", "crime": "theft", "more": "finish"}
    visit.shown += ["experience", "contact", "crime", "more"]
    visit.end_reached = True
    visit.began = 0.0
    return visit


def _seconds_filing(tablet: Tablet) -> float:
    visits = [_answered(tablet) for _ in range(AT_ONCE)]
    start = time.perf_counter()
    for visit in visits:
        submit(tablet.parts, visit)
    return time.perf_counter() - start


def _rewrite_ms(tablet: Tablet) -> float:
    missing = ROWS - tablet.store.count("outbox")
    tablet.store.put("outbox", [SECRET.public.seal(bytes(PLAINTEXT_BYTES)) for _ in range(missing)])
    spent = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        tablet.store.rewrite()
        spent.append(time.perf_counter() - start)
    return statistics.median(spent) * 1000
