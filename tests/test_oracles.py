"""What other people's programs say of our releases; each in an environment of its own (``make oracles``)."""

from __future__ import annotations

import itertools
import json
import random
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from custodian_world import People, sealed, victim_voice
from release_world import SECRET, codebook, records, release
from tables_world import people

from export.custodian.attacker import Attacker, Said, Target
from export.custodian.cellkeys import KEYS, read_ptable
from export.custodian.closing import closed
from export.custodian.cube import KEY

ANONYMITY = Path(__file__).parents[1] / ".oracles/anonymity/bin/python"
TABLES = Path(__file__).parents[1] / ".oracles/tables/bin/python"
SUPPRESSION = Path(__file__).parents[1] / ".oracles/tauargus/bin/python"


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_pycanon_agrees_on_k_and_l(tmp_path: Path, seed: int) -> None:
    assert ANONYMITY.exists(), "Make it first: make oracles"
    released, _ = release(tmp_path, sealed(SECRET.public, People(seed, victim_voice()).many(250)))
    columns, told = codebook(released)["columns"], records(released)
    marked = [one["column"] for one in columns if one["treatment"] == "key"]
    sensitive = [one["column"] for one in columns if one.get("disclosure") == "sensitive"]
    table = [with_what_was_asked(record, set(marked)) for record in told]
    keys = [name for name in table[0] if name in marked or name.startswith("asked ")]
    said = subprocess.run(
        [str(ANONYMITY), str(Path(__file__).parent / "oracles/pycanon_process.py")],
        input=json.dumps({"records": table, "keys": keys, "sensitive": sensitive}),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    theirs = json.loads(said.stdout)
    assert theirs["k"] == min(map(len, classes(table, keys).values())) >= 5
    for column in sensitive:
        asked = [record for record in table if record[column] not in {"[z]", "[c]"}]
        fewest = min(len({record[column] for record in one}) for one in classes(asked, keys).values())
        assert theirs["l"][column] == fewest
        alike = next(one["alike"] for one in columns if one["column"] == column)
        assert (alike == 0) or fewest == 1


def with_what_was_asked(record: dict[str, str], marked: set[str]) -> dict[str, str]:
    """The record, and of each column that is no key whether it was asked, since an attacker may know that too."""
    others = {name: cell for name, cell in record.items() if name not in {*marked, "alike"}}
    return record | {f"asked {name}": cell if cell in {"[z]", "[c]"} else "yes" for name, cell in others.items()}


def classes(table: list[dict[str, str]], keys: list[str]) -> dict[Any, list[dict[str, str]]]:
    found: dict[Any, list[dict[str, str]]] = defaultdict(list)
    for record in table:
        found[tuple(record[key] for key in keys)].append(record)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_cell_key_perturbation_agrees_on_every_cell(tmp_path: Path, seed: int) -> None:
    assert TABLES.exists(), "Make it first: make oracles"
    frame, ptable = people(seed, 900), read_ptable()
    answered = frame.filter(pl.col("said") >= 3, pl.col("crime") >= 3)
    answered.write_parquet(tmp_path / "records.parquet")
    (tmp_path / "ptable.json").write_text(json.dumps(ptable.rows))
    said = subprocess.run(
        [str(TABLES), str(Path(__file__).parent / "oracles/cell_key_process.py"),
         str(tmp_path / "records.parquet"), str(tmp_path / "ptable.json"), "mode", "borough", "crime", "said"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    theirs = {tuple(cell[:4]): tuple(cell[4:]) for cell in json.loads(said.stdout.splitlines()[-1])["cells"]}
    ours = answered.group_by("mode", "borough", "crime", "said").agg(n=pl.len(), key=pl.col(KEY).cast(pl.Int64).sum())
    ours = ours.with_columns(told=ptable.told(ours["n"], ours["key"] % KEYS))
    assert ours.height > 60
    assert {row[:4]: row[4:] for row in ours.select("mode", "borough", "crime", "said", "n", "told").iter_rows()} == {
        cell: counts for cell, counts in theirs.items() if counts[0]
    }
    assert all(counts[1] == 0 for counts in theirs.values() if not counts[0])


@pytest.mark.slow
def test_tau_argus_finds_what_we_hold_back_as_far_from_being_worked_out_as_we_do() -> None:
    assert SUPPRESSION.exists(), "Make it first: make oracles"
    chance = random.Random(1)  # noqa: S311 - made-up tables must be the same again
    two_way = [a_table(chance, rows, columns) for rows in range(2, 8) for columns in range(2, 6)]
    patterns = [suppressed(*one) for one in two_way]
    asked = [
        {"figures": counts, "sums": sums, "held": sorted(held)}
        for (counts, sums, _), (held, _) in zip(two_way, patterns, strict=True)
    ]
    said = subprocess.run(
        [str(SUPPRESSION), str(Path(__file__).parent / "oracles/tauargus_process.py")],
        input=json.dumps(asked), capture_output=True, text=True, check=True,
    )  # fmt: skip
    for (counts, _, cells), (held, attacker), theirs in zip(two_way, patterns, json.loads(said.stdout), strict=True):
        assert sorted(figure for figure, *_ in theirs) == sorted(held)
        for figure, least, greatest in theirs:
            assert attacker.interval(cells[figure]) == pytest.approx((least, greatest), abs=1e-4)
            assert counts[figure] >= 10 or greatest - least >= 10 - 1e-4
    assert sum(map(len, (held for held, _ in patterns))) > 100


Cells = list[tuple[int, ...]]


def a_table(chance: random.Random, rows: int, columns: int) -> tuple[list[int], list[tuple[int, list[int]]], Cells]:
    """A two-way table: its figures' counts, totals too; which of them are the sums of which; their inner cells."""
    inner = {place: chance.choice([chance.randint(1, 14), chance.randint(10, 90)]) for place in range(rows * columns)}
    places = list(itertools.product(range(rows + 1), range(columns + 1)))
    number = {place: at for at, place in enumerate(places)}
    cells = [
        tuple(
            one * columns + other
            for one in (range(rows) if row == rows else [row])
            for other in (range(columns) if column == columns else [column])
        )
        for row, column in places
    ]
    across = [(number[row, columns], [number[row, column] for column in range(columns)]) for row in range(rows + 1)]
    down = [(number[rows, column], [number[row, column] for row in range(rows)]) for column in range(columns + 1)]
    return [sum(inner[cell] for cell in one) for one in cells], across + down, cells


def suppressed(counts: list[int], _: Any, cells: Cells) -> tuple[set[int], Attacker]:
    """What we hold back of exact counts where less than ten is held back, and our attacker of the rest."""
    said = [Said(one, count, count, by=at) for at, (one, count) in enumerate(zip(cells, counts, strict=True))]
    small = {at for at, count in enumerate(counts) if count < 10}
    # Large totals last; the engine is told that no cell holds more than a thousand beyond the largest.
    costs, most = {at: float(count) for at, count in enumerate(counts)}, max(counts) + 1000
    inner = max(cell for one in cells for cell in one) + 1
    shown = [one for one in said if one.by not in small]
    more = closed(inner, shown, [Target(cells[at], 10) for at in sorted(small)], costs, most)
    return small | more, Attacker(inner, [one for one in shown if one.by not in more], most)
