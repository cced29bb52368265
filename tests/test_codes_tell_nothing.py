"""Who copies the whole centre after the nightly merge pairs no code with a row: the files know two sets and no pair."""

from __future__ import annotations

import random
import shutil
import sqlite3
from pathlib import Path

from centre_world import LINKED, World
from made_up_rows import some_rows

from export.centre.batches import Batch
from export.centre.codes import Codes, code_of, issue
from export.centre.instance import Centre
from survey.marks import Mark

BATCHES, CODES, SPENT = 6, 5_000, 240


def spend(centre: Centre, pairs: list[tuple[Batch, int, bytes]], merges: int) -> None:
    codes = Codes(centre.batches, centre.clock.day)
    nights = {len(pairs) * night // merges for night in range(1, merges)}
    for number, (batch, serial, row) in enumerate(pairs):
        mark = codes.mark_of(code_of(batch, serial), LINKED)
        assert mark == Mark(batch.number, serial)
        assert centre.store.admit(row, mark) == "stored"
        if number in nights:
            centre.store.merge()
    centre.store.merge()


def files_of(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Everything that a thief of the whole folder would have: names, bytes, times."""
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in sorted(folder.iterdir())}


def test_two_nights_with_other_pairs_and_orders_leave_the_same_files(tmp_path: Path) -> None:
    world = World(tmp_path / "centre")
    centre = world.opened()
    world.tell(centre)
    batches = [issue(centre, LINKED, "card", CODES) for _ in range(BATCHES)]
    centre.close()
    chance = random.Random(5)  # noqa: S311 - a repeatable history
    spent = [(batch, serial) for batch in batches for serial in chance.sample(range(CODES), SPENT // BATCHES)]
    rows = some_rows(SPENT)
    left = []
    for name, merges in (("a", 1), ("b", 1), ("c", 4)):
        chance.shuffle(spent)
        chance.shuffle(rows)
        shutil.copytree(world.folder, tmp_path / name)
        history = World(tmp_path / name).opened()
        spend(history, [(*code, row) for code, row in zip(spent, rows, strict=True)], merges)
        history.close()
        left.append(files_of(tmp_path / name))
    assert left[0] == left[1] == left[2]


def test_page_order_offsets_free_pages_and_counters_pair_no_code_with_its_row(tmp_path: Path) -> None:
    world = World(tmp_path / "centre")
    centre = world.opened()
    world.tell(centre)
    batches = [issue(centre, LINKED, "card", CODES) for _ in range(BATCHES)]
    before = files_of(world.folder)
    chance = random.Random(11)  # noqa: S311 - a repeatable history
    pairs = [
        (chance.choice(batches), serial, row)
        for serial, row in zip(chance.sample(range(CODES), SPENT), some_rows(SPENT), strict=True)
    ]
    spend(centre, pairs, 3)
    content = (world.folder / "centre.db").read_bytes()
    after = files_of(world.folder)
    centre.close()
    assert {name for name in before if before[name] != after[name]} == {"centre.db"}, "spending touches nothing else"
    assert before.keys() == after.keys()
    assert int.from_bytes(content[36:40]) == 0, "no page is free"
    places = [content.index(row[-2000:-1000]) for _, _, row in pairs]
    codes = [(batch.number, serial) for batch, serial, _ in pairs]
    guessed = dict(zip(sorted(codes), [places.index(place) for place in sorted(places)], strict=True))
    right = sum(pairs[guess][:2] == (batches[code[0] - batches[0].number], code[1]) for code, guess in guessed.items())
    assert right <= 6, "of 240, guessing in the order of the file finds one by chance"
    assert abs(ranked(codes, places)) < 4 / SPENT**0.5
    database = sqlite3.connect(world.folder / "centre.db")
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    database.close()
    assert tables == {"arrivals", "intake", "spent_codes"}


def ranked(codes: list[tuple[int, int]], places: list[int]) -> float:
    """Spearman's rank correlation, from -1 to 1."""
    first, second = ([sorted(values).index(value) for value in values] for values in (codes, places))
    middle = (len(first) - 1) / 2
    spread = sum((rank - middle) ** 2 for rank in first)
    return sum((one - middle) * (other - middle) for one, other in zip(first, second, strict=True)) / spread


def test_the_bitmap_has_its_full_size_before_the_first_code_is_spent(tmp_path: Path) -> None:
    world = World(tmp_path / "centre")
    centre = world.opened()
    world.tell(centre)
    batch = issue(centre, LINKED, "card", CODES)
    centre.store.merge()

    def shape() -> list[tuple[object, ...]]:
        database = sqlite3.connect(world.folder / "centre.db")
        found = database.execute("SELECT batch, part, length(bits) FROM spent_codes").fetchall()
        database.close()
        return found

    before = shape()
    spend(centre, [(batch, serial, row) for serial, row in enumerate(some_rows(50))], 1)
    centre.close()
    assert shape() == before == [(batch.number, part, 512) for part in range(2)]
