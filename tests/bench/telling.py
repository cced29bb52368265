"""The protected cube: 240 two-way tables, every count and total moved by cell key, record keys and all.

``cube_s`` is counting and moving only, as the peer's. Holding back, and proving by linear programs that nothing can be
worked out, is ``proved_s``: of a question's eight tables, since each question is attacked by itself, and of a quarter's
two thousand, since it grows with the number of small figures and not with that of responses.

Beside it, with --full, the Office for National Statistics' cell-key-perturbation on one table of the same data, times
240, where its environment stands (``make oracles``): it makes a table at a time.
"""

from __future__ import annotations

import json
import random
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import polars as pl

from export.custodian.cellkeys import PTable, mixed, read_ptable, record_keys
from export.custodian.cube import KEY, SURE_ROW, Level, Listed, Plan, counted
from export.custodian.protection import protected
from export.custodian.rules import Rules
from export.custodian.table import COUNTS

ORACLE = Path(".oracles/tables/bin/python")
MILLION, SMALL = 1_000_000, 50_000
BREAKDOWNS = {"borough": 33, "crime": 12, "age": 7, "ethnic": 5, "stage": 8, "sex": 3, "helper": 5, "month": 3}
MEASURES = {f"question{number}": 5 for number in range(30)}
TABLES = len(BREAKDOWNS) * len(MEASURES)
PROVED = 2_000
"""Responses of a quarter: the fewer there are, the more figures are small and have to be proved safe."""


def measure(folder: Path, *, full: bool) -> dict[str, float]:
    """``cube_s``, of ten times a tenth's, and with ``full`` of a million, and ``cube_of_ons`` beside the peer's."""
    rows = MILLION if full else SMALL
    ptable, plan = read_ptable(), _plan()
    _cube(rows // 10, ptable, plan)  # threads and memory are there from the second on
    (tenth, _), (spent, keyed) = _cube(rows // 10, ptable, plan), _cube(rows, ptable, plan)
    figures_found = {
        "cube_s": spent,
        "cube_of_ten_tenths": spent / (10 * tenth),
        "proved_s": _proving(keyed.head(PROVED), plan),
    }
    if full and ORACLE.exists():
        figures_found["cube_of_ons"] = spent / (TABLES * _theirs(folder, keyed, ptable))
    return figures_found


def _cube(rows: int, ptable: PTable, plan: Plan) -> tuple[float, pl.DataFrame]:
    """Seconds, and what was counted; nothing is held back yet."""
    frame, ids = _answers(rows), _ids(rows)
    start = time.perf_counter()
    keyed = frame.with_columns(record_keys(bytes(32), ids).alias(KEY))
    figures = counted(keyed, plan)
    told = ptable.told(figures["n"], mixed(bytes(32), figures["key"]))
    spent = time.perf_counter() - start
    assert len(told) > TABLES
    return spent, keyed


def _proving(keyed: pl.DataFrame, plan: Plan) -> float:
    """Seconds that the tables of one question take with what is held back and proved by linear programs."""
    one = replace(plan, listed=tuple(one for one in plan.listed if one.measure == "question0"))
    start = time.perf_counter()
    figures = counted(keyed, one)
    moved = figures.with_columns(mixed(bytes(32), figures["key"]))
    protected(moved, one, Rules(read_ptable()), keyed.height)
    return time.perf_counter() - start


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
