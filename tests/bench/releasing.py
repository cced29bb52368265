"""What protecting and writing a large release takes, each in a process of its own so that its memory can be told.

Made-up tables of forty columns, eight of them keys with hierarchies of 2,304 nodes together (about the shape on
which anonymising packages were measured). With --full a million records, beside anjana on the same keys where its
environment stands, a workbook of a million records, and a CSV of 132,229 records by 510 columns. That time grows
linearly is told by ratios in one run: of what all records take, ten times what a tenth of them takes.
"""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl

from export.custodian.disclosure import Protected, protect
from export.custodian.formats import write_csv
from export.custodian.generalising import Hierarchy, Level
from export.custodian.known import Known
from export.custodian.leaving import Leaving, Materials
from export.custodian.recipe import Thresholds
from export.custodian.recipe_file import VICTIM_VOICE, read_recipe
from export.custodian.recoding import chosen_levels, recoded
from export.custodian.records import Columns
from export.custodian.spreadsheet import write_xlsx
from export.custodian.table import COUNTS, RESPONSE, Table, Variable
from export.custodian.written import Written
from forms.instrument import Instrument, Item, Option, Page
from survey.reference import read_areas
from tests.bench.memory import peak_mb

MILLION, SMALL = 1_000_000, 50_000
WIDE = (132_229, 510)
KEYS = {"borough": 33, "month": 24, "age": 80, "ethnic": 19, "orient": 6, "crime": 12, "sex": 5, "disability": 3}
COARSER = {
    "borough": (12, 6, 1),
    "month": (8, 4),
    "age": (16, 8, 4),
    "ethnic": (5, 2),
    "orient": (2,),
    "crime": (4,),
    "sex": (3,),
    "disability": (1,),
}
ORACLE = Path(".oracles/anonymity/bin/python")
USUAL = Thresholds(k=5, three_way=5, l=2, first_batch=10, least_batch=50, at_risk=0.06)


def measure(_folder: Path, *, full: bool) -> dict[str, float]:
    """Seconds and megabytes; with ``full`` of a million, and anjana's on the same keys."""
    rows = MILLION if full else SMALL
    tenth, _ = _apart(_protecting, rows // 10)
    whole, memory = _apart(_protecting, rows)
    figures = {
        "protect_s": whole,
        "protect_mb": memory,
        "protect_of_ten_tenths": whole / (10 * tenth),
        **_named("workbook", _apart(_workbook, rows)),
    }
    figures["workbook_of_ten_tenths"] = figures["workbook_s"] / (10 * _apart(_workbook, rows // 10)[0])
    if full:
        figures |= _named("wide_csv", _apart(_wide_csv, WIDE[0]))
        all_of_it, a_tenth = (_apart(_csv_alone, number)[0] for number in (WIDE[0], WIDE[0] // 10))
        figures["wide_csv_of_ten_tenths"] = all_of_it / (10 * a_tenth)
        if ORACLE.exists():
            theirs, their_memory = _anjana(rows)
            figures |= {"protect_of_anjana": whole / theirs, "protect_memory_of_anjana": memory / their_memory}
    return figures


def table_of(rows: int, others: int) -> Table:
    """Made-up records of eight keys and so many other columns of seven answers, the same each time."""
    domains = KEYS | {f"item{number}": 7 for number in range(others)}
    number = pl.int_range(rows, dtype=pl.UInt64)
    frame = pl.select(
        *(
            (number.hash(seed=seed) % domain + 3).cast(pl.UInt8).alias(name)
            for seed, (name, domain) in enumerate(domains.items())
        ),
        pl.repeat(value=True, n=rows).alias(COUNTS),
        number.cast(pl.String).cast(pl.Binary).alias(RESPONSE),
    )
    variables = tuple(
        Variable(name, (name,), key=name in KEYS, sensitive=name in {"item0", "item1"}) for name in domains
    )
    return Table(frame, variables, {name: tuple(map(str, range(domain))) for name, domain in domains.items()})


def hierarchies() -> list[Hierarchy]:
    """Each key's values in ever fewer groups of neighbours, each made of those before."""
    return [Hierarchy(name, tuple(_levels(values, COARSER.get(name, ())))) for name, values in KEYS.items()]


def _levels(values: int, fewer: Sequence[int]) -> Iterator[Level]:
    yield Level("finest")
    group_of, groups = dict(zip(map(str, range(values)), range(values), strict=True)), values
    for count in fewer:
        group_of, groups = {value: group * count // groups for value, group in group_of.items()}, count
        yield Level(str(count), {value: f"g{group}" for value, group in group_of.items()})


def _told(level: Level, values: int) -> list[str]:
    return [level.told_as.get(str(value), str(value)) for value in range(values)]


def _protecting(rows: int) -> float:
    table = table_of(rows, 32)
    start = time.perf_counter()
    _protected(table)
    return time.perf_counter() - start


def _protected(table: Table) -> Protected:
    levels = chosen_levels(table, hierarchies(), {}, USUAL)
    return protect(recoded(table, hierarchies(), levels), USUAL)


def _leaving(table: Table) -> Leaving:
    recipe, known = read_recipe(VICTIM_VOICE), _asking(table)
    materials = Materials(known, read_areas(), recipe, made_up=True, month="2026-11", table_secret=bytes(32))
    protected = Protected(table, {}, 0, {})
    return Leaving(
        "bench", materials, Columns(materials.known), table, (), {}, "2026-12", protected, None, Written(), {}, {}, ()
    )


def _asking(table: Table) -> Known:
    """A questionnaire with an item for each column."""
    items = [
        Item(name, "select_one", {"en": name}, options=tuple(Option(code, {"en": code}) for code in table.values[name]))
        for name in table.columns
    ]
    page = Page("all", {"en": "All"}, tuple(items))
    return Known.of([Instrument("bench", "1", {"en": "Bench"}, "en", ("en",), (page,))], [])


def _workbook(rows: int) -> float:
    return _writing(write_xlsx, table_of(rows, 32))


def _wide_csv(rows: int) -> float:
    return _writing(write_csv, table_of(rows, WIDE[1] - len(KEYS)))


def _csv_alone(rows: int) -> float:
    """Without getting to know 510 questions, which takes seconds however few the records are."""
    return _written(write_csv, _leaving(table_of(rows, WIDE[1] - len(KEYS))))


def _writing(write: Callable[[Path, Leaving], None], table: Table) -> float:
    start = time.perf_counter()
    leaving = _leaving(table)
    return time.perf_counter() - start + _written(write, leaving)


def _written(write: Callable[[Path, Leaving], None], leaving: Leaving) -> float:
    with tempfile.TemporaryDirectory(prefix="heard-bench-") as folder:
        start = time.perf_counter()
        write(Path(folder), leaving)
        return time.perf_counter() - start


def _apart(work: Callable[[int], float], rows: int) -> tuple[float, float]:
    """Seconds, and the most memory in MB, of a process that does nothing else."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_watched, (work, rows))


def _watched(work: Callable[[int], float], rows: int) -> tuple[float, float]:
    spent = work(rows)
    return spent, peak_mb()


def _named(name: str, measured: tuple[float, float]) -> Mapping[str, float]:
    return {f"{name}_s": measured[0], f"{name}_mb": measured[1]}


def _anjana(rows: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory(prefix="heard-bench-") as folder:
        keys, levels = Path(folder) / "keys.csv", Path(folder) / "levels.json"
        table = table_of(rows, 0)
        table.frame.select(pl.col(name).cast(pl.Int64) - 3 for name in KEYS).write_csv(keys)
        told = {one.variable: [_told(level, KEYS[one.variable]) for level in one.levels] for one in hierarchies()}
        levels.write_text(json.dumps(told))
        done = subprocess.run(
            [str(ORACLE), "tests/oracles/anjana_process.py", str(keys), str(levels)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    seconds, megabytes = json.loads(done.stdout.strip().splitlines()[-1])
    return seconds, megabytes
