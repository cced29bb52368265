"""What other people's programs say of our releases; each in an environment of its own (``make oracles``)."""

from __future__ import annotations

import itertools
import json
import random
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from custodian_world import People, sealed, victim_voice
from release_world import SECRET, codebook, records, release
from small_releases import let_out
from small_releases import people as made_up_people
from tables_world import people

from export.custodian.attacker import Attacker, Said, Target
from export.custodian.cellkeys import KEYS, read_ptable
from export.custodian.closing import closed
from export.custodian.cube import ADDRESS, EVERYBODY, KEY, SURE, TOTAL, UNKNOWN, Plan
from export.custodian.rules import SHOWN, Rules
from export.custodian.table import SUPPRESSED
from export.custodian.telling import Told

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
    said = [Said(one, count, count, by=(at,)) for at, (one, count) in enumerate(zip(cells, counts, strict=True))]
    small = {at for at, count in enumerate(counts) if count < 10}
    # Large totals last; the engine is told that no cell holds more than a thousand beyond the largest.
    costs, most = {at: float(count) for at, count in enumerate(counts)}, max(counts) + 1000
    inner = max(cell for one in cells for cell in one) + 1
    shown = [one for one in said if small.isdisjoint(one.by)]
    more = closed(inner, shown, [Target(cells[at], 10) for at in sorted(small)], costs, most)
    return small | more, Attacker(inner, [one for one in shown if more.isdisjoint(one.by)], most)


OTHERS = 3
"""A population of its own: everybody less those who are sure."""
WITHIN = [name for name in ADDRESS if name != "measure"]
_Address = tuple[int, ...]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_tau_argus_works_out_nothing_that_a_real_release_holds_back(tmp_path: Path, seed: int) -> None:
    """Rounded tables of made-up people, threshold ten, as the product let them out; what is shown lies where rounding
    leaves it, and the sums are made here from what the tables mean."""
    assert SUPPRESSION.exists(), "Make it first: make oracles"
    leaving = let_out(tmp_path, sealed(SECRET.public, made_up_people(seed, 150, 0)), "round").leaving
    assert leaving.told is not None
    records = leaving.protected.table.frame.filter(pl.col("mode") != SUPPRESSED).height
    found = widths(leaving.told, leaving.told.figures, records)
    assert len(found) > 100
    assert min(found) >= 10 - 1e-4
    # What is small by itself is not enough to hold back.
    told, more = leaving.told, (pl.col("held") == "c") & ~pl.col("small") & pl.col("apart")
    opened = told.figures.with_columns(
        held=pl.when(more).then(pl.lit(SHOWN)).otherwise("held"),
        told=pl.when(more).then(told.rules.told(told.figures["n"], told.figures["n"])).otherwise("told"),
    )
    assert min(widths(told, opened, records)) < 5


def widths(told: Told, figures: pl.DataFrame, most: int) -> list[float]:
    """How wide the intervals are in which the engine finds each figure that was held back for its size."""
    asked, small = [], []
    for part in figures.partition_by("measure", maintain_order=True):
        asked.append(an_audit(part, told.plan, told.rules, most))
        own = zip(part["small"], part["apart"], part["population"], strict=True)
        small.append({at for at, (is_small, apart, one) in enumerate(own) if is_small and (apart or one == SURE)})
    said = subprocess.run(
        [str(SUPPRESSION), str(Path(__file__).parent / "oracles/tauargus_process.py")],
        input=json.dumps(asked), capture_output=True, text=True, check=True,
    )  # fmt: skip
    answers = json.loads(said.stdout)
    return [high - low for theirs, ours in zip(answers, small, strict=True) for at, low, high in theirs if at in ours]


def an_audit(part: pl.DataFrame, plan: Plan, rules: Rules, most: int) -> dict[str, Any]:
    """One measure's figures, and those by which the two populations differ, as the engine is asked about them."""
    rows = {tuple(row[name] for name in WITHIN): row for row in part.iter_rows(named=True)}
    counts = {address: int(row["n"]) for address, row in rows.items()}
    between = {address: known(address, rows, rules, most) for address in rows}
    for address in [one for one in rows if one[-2] == EVERYBODY]:
        others = (*address[:-2], OTHERS, address[-1])
        counts[others] = counts[address] - counts[*address[:-2], SURE, address[-1]]
        between[others] = (0, most)
    number = {address: place for place, address in enumerate(counts)}
    sums = [(number[whole], [number[one] for one in its]) for whole, its in parted(counts, plan, part["measure"][0])]
    everybody = [at for one, at in number.items() if (one[1], *one[3:]) == (0, 0, TOTAL, EVERYBODY, TOTAL)]
    return {
        "figures": [*counts.values(), most], "between": [*between.values(), (most, most)],
        "held": list(range(len(counts) + 1)), "sums": [*sums, (len(counts), everybody)],
    }  # fmt: skip


def known(address: _Address, rows: dict[_Address, Any], rules: Rules, most: int) -> tuple[int, int]:
    """Between what a figure lies for who reads it."""
    row, base = rows[address], rows[*address[:-2], SURE, TOTAL]
    if address[-2] == EVERYBODY and not row["apart"] and base["held"] == SHOWN:
        low, high = rules.possible(base["told"])
        return (low, high + rules.round_to) if address[-1] == TOTAL else (0, most)
    return rules.possible(row["told"]) if row["held"] == SHOWN else (0, most)


def parted(counts: dict[_Address, int], plan: Plan, at: int) -> Iterator[tuple[_Address, list[_Address]]]:
    """Every figure that is a sum of others, and of which."""
    measure = plan.measures[at]
    lies_in = {(area, plan.levels[0].area_of[code]) for code, area in plan.levels[-1].area_of.items()}
    lies_in.add((UNKNOWN, UNKNOWN))
    for mode, level, area, by, category, population, answer in counts:
        inside = [] if level else [fine for fine, coarse in lies_in if coarse == area]
        ways = [[(mode, 1, fine, by, category, population, answer) for fine in inside]]
        answers = plan.in_base(measure) if answer == TOTAL else plan.groups.get(measure, {}).get(answer, ())
        ways.append([(mode, level, area, by, category, population, one) for one in answers])
        if category == TOTAL:
            for other in range(1, len(plan.breakdowns)):
                several = plan.categories(other)[1:]
                ways.append([(mode, level, area, other, one, population, answer) for one in several])
        if population == EVERYBODY:
            ways.append([(mode, level, area, by, category, one, answer) for one in (SURE, OTHERS)])
        whole = (mode, level, area, by, category, population, answer)
        yield from ((whole, parts) for parts in ways if parts and counts.keys() >= set(parts))
