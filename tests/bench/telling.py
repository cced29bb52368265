"""The protected cube: 240 two-way tables, every count and total moved by cell key, record keys and all.

Beside it, with --full, the Office for National Statistics' cell-key-perturbation on one table of the same data, times
240, where its environment stands (``make oracles``): it makes a table at a time.
"""

from __future__ import annotations

import json
import random
import subprocess
import time
from pathlib import Path

import polars as pl

from export.custodian.cellkeys import PTable, mixed, read_ptable, record_keys
from export.custodian.cube import KEY, SURE_ROW, Level, Listed, Plan, counted
from export.custodian.table import COUNTS

ORACLE = Path(".oracles/tables/bin/python")
MILLION, SMALL = 1_000_000, 50_000
BREAKDOWNS = {"borough": 33, "crime": 12, "age": 7, "ethnic": 5, "stage": 8, "sex": 3, "helper": 5, "month": 3}
MEASURES = {f"question{number}": 5 for number in range(30)}
TABLES = len(BREAKDOWNS) * len(MEASURES)


def measure(folder: Path, *, full: bool) -> dict[str, float]:
    """``cube_s``, and with ``full`` of a million, ``cube_of_ons`` beside the peer's."""
    rows = MILLION if full else SMALL
    frame, ids, ptable, plan = _answers(rows), _ids(rows), read_ptable(), _plan()
    start = time.perf_counter()
    keyed = frame.with_columns(record_keys(bytes(32), ids).alias(KEY))
    figures = counted(keyed, plan)
    told = ptable.told(figures["n"], mixed(bytes(32), figures["key"]))
    spent = time.perf_counter() - start
    assert len(told) > TABLES
    figures_found = {"cube_s": spent}
    if full and ORACLE.exists():
        figures_found["cube_of_ons"] = spent / (TABLES * _theirs(folder, keyed, ptable))
    return figures_found


def _answers(rows: int) -> pl.DataFrame:
    chance = random.Random(1)  # noqa: S311 - made up
    columns = BREAKDOWNS | MEASURES | {"mode": 2}
    frame = pl.DataFrame({name: _codes(chance, rows, values) for name, values in columns.items()})
    return frame.with_columns(pl.lit(value=True).alias(name) for name in (COUNTS, SURE_ROW))


def _codes(chance: random.Random, rows: int, values: int) -> pl.Series:
    return pl.Series(list(chance.randbytes(rows)), dtype=pl.UInt8) % values + 3


def _ids(rows: int) -> pl.Series:
    return pl.Series([number.to_bytes(16) for number in range(rows)], dtype=pl.Binary)


def _plan() -> Plan:
    codes = {name: tuple(range(3, 3 + values)) for name, values in (BREAKDOWNS | MEASURES | {"mode": 2}).items()}
    listed = tuple(Listed(measure, by, (0,)) for measure in MEASURES for by in BREAKDOWNS)
    return Plan(codes, listed, "borough", (Level("London", dict.fromkeys(codes["borough"], 3)),))


def _theirs(folder: Path, keyed: pl.DataFrame, ptable: PTable) -> float:
    """Seconds that the peer takes for one table of a borough and a question."""
    records, rows = folder / "records.parquet", folder / "ptable.json"
    keyed.select("borough", "question0", KEY).write_parquet(records)
    rows.write_text(json.dumps(ptable.rows))
    done = subprocess.run(
        [str(ORACLE), "tests/oracles/cell_key_process.py", str(records), str(rows), "borough", "question0"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return float(json.loads(done.stdout.splitlines()[-1])["seconds"])
