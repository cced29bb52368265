"""Made-up answers as a frame of codes, and a small plan of tables over them."""

from __future__ import annotations

import random
from dataclasses import replace

import polars as pl

from export.custodian.cellkeys import mixed, read_ptable, record_keys
from export.custodian.cube import KEY, SURE_ROW, Level, Listed, Plan, counted
from export.custodian.protection import protected
from export.custodian.rules import Rules
from export.custodian.table import COUNTS

MODES, CRIMES, ANSWERS, AREAS = (3, 4), (3, 4, 5), (3, 4, 5, 6), tuple(range(3, 9))
NOISE, ROUND = Rules(read_ptable()), Rules(None)
PLAN = Plan(
    codes={"said": ANSWERS, "offered": (3, 4), "crime": CRIMES, "mode": MODES},
    listed=(
        Listed("said", None, (0, 1)),
        Listed("said", "crime", (0,)),
        Listed("offered", "crime", (0, 1)),
    ),
    area="borough",
    levels=(Level("London", dict.fromkeys(AREAS, 3)), Level("zone", {code: 3 + code // 6 for code in AREAS})),
)
GROUPED = replace(PLAN, groups={"said": {7: (3, 4), 8: (5, 6)}})
"""The same, two and two answers of ``said`` told together too."""
OFF_BASE = replace(GROUPED, groups={"said": {7: (3, 4)}}, off_base={"said": frozenset({6})})
"""The same, one answer of ``said`` counted in no figure."""
SECRET = b"s" * 32


def people(seed: int, number: int, *, first: int = 0, secret: bytes = SECRET) -> pl.DataFrame:
    """So many respondents, numbered from ``first``; some skip, some come by an open door."""
    chance = random.Random(seed)  # noqa: S311 - made-up people must be the same again
    ids = pl.Series([(first + one).to_bytes(16) for one in range(number)], dtype=pl.Binary)
    made = pl.DataFrame(
        {
            "said": chance.choices([1, *ANSWERS], [4, 60, 20, 10, 6], k=number),
            "offered": chance.choices([0, 1, 3, 4], [20, 5, 50, 25], k=number),
            "crime": chance.choices([1, *CRIMES], [5, 50, 30, 15], k=number),
            "borough": chance.choices([1, *AREAS], [3, 30, 20, 15, 15, 10, 7], k=number),
            "mode": chance.choices(MODES, [80, 20], k=number),
            SURE_ROW: chance.choices([True, False], [92, 8], k=number),
            KEY: record_keys(secret, ids),
        }
    )
    # Of those who are not sure every second came by an open door, the others were quick.
    return made.with_columns((pl.col(SURE_ROW) | (pl.int_range(pl.len()) % 2 == 0)).alias(COUNTS))


def tables(frame: pl.DataFrame, rules: Rules = NOISE, plan: Plan = PLAN) -> pl.DataFrame:
    """Every figure of the plan, protected."""
    figures = counted(frame, plan)
    return protected(figures.with_columns(mixed(SECRET, figures["key"])), plan, rules, frame.height)
