"""What other people's programs say of our releases; each in an environment of its own (``make oracles``)."""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from custodian_world import People, sealed, victim_voice
from release_world import SECRET, codebook, records, release
from tables_world import people

from export.custodian.cellkeys import KEYS, read_ptable
from export.custodian.cube import KEY

ANONYMITY = Path(__file__).parents[1] / ".oracles/anonymity/bin/python"
TABLES = Path(__file__).parents[1] / ".oracles/tables/bin/python"


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
