"""Sync and intake over loopback, forgetting included, against a bare executemany of the same bytes, batch for batch."""

from __future__ import annotations

import os
import sqlite3
import statistics
import time
from pathlib import Path

from forms.response import framed
from kiosk.enrolment import Enrolment
from kiosk.sending import Centre
from kiosk.sync import Sync
from kiosk.unconfirmed import PACKET_ROWS
from survey.clock import Clock
from survey.demo import Demo, set_up
from survey.sealing import ROW_BYTES, row_id
from survey.store import Store
from survey.tallies import cover
from tests.bench.bare import INSERT, bare_store

ROUNDS = 9
ROWS = 20 * PACKET_ROWS


def measure(folder: Path, *, full: bool) -> dict[str, float]:
    """``sync_ratio`` and ``sync_per_s``."""
    del full
    demo = Demo(folder / "home")
    demo.folder.mkdir()
    set_up(demo)
    bare = bare_store(demo.folder / "bare.db")
    store = Store(demo.tablet / "outbox.db")
    enrolment = Enrolment.load(demo.tablet)
    briefing = enrolment.briefing()
    keys = briefing.keys()
    assert keys is not None
    plaintext = framed(cover())
    ratios, rates = [], []
    with demo.running("export", "serve", demo.centre) as address:
        clock = Clock(briefing.newest_day)
        sync = Sync(store, enrolment, briefing, Centre(address.rstrip("/"), clock.monotonic), clock)
        for _ in range(ROUNDS):
            store.put("outbox", [keys.collection.seal(plaintext) for _ in range(ROWS)])
            raw = _seconds_raw(bare)
            start = time.perf_counter()
            report = sync.push()
            spent = time.perf_counter() - start
            assert report.forgotten == ROWS
            ratios.append(raw / spent)
            rates.append(ROWS / spent)
    bare.close()
    store.close()
    return {"sync_ratio": statistics.median(ratios), "sync_per_s": statistics.median(rates)}


def _seconds_raw(bare: sqlite3.Connection) -> float:
    rows = [os.urandom(ROW_BYTES) for _ in range(ROWS)]
    kept = [(row_id(row), "tablet", row) for row in rows]
    start = time.perf_counter()
    for first in range(0, ROWS, PACKET_ROWS):
        bare.execute("BEGIN")
        bare.executemany(INSERT, kept[first : first + PACKET_ROWS])
        bare.execute("COMMIT")
    return time.perf_counter() - start
