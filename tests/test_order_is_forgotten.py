"""Who answered first, who left, what was sent: the file knows the set of its rows and nothing else."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_rows import a_row, by_id, some_rows

from survey.partials import Partials
from survey.sealing import ROW_BYTES, row_id
from survey.store import CENTRE_SHELVES, TABLET_SHELVES, Store

WAITING = some_rows(40)
REFUSED = some_rows(5, first=100)
GONE = some_rows(60, first=200)


def november() -> date:
    """So that two tablets of the same month are compared."""
    return date(2026, 11, 22)


def a_tablet_that_lived(folder: Path, life: random.Random) -> Path:
    """The same rows in the end, after other partials, people who left, sent rows, repeats, kills and ticks."""
    folder.mkdir(parents=True)
    store = Store(folder / "outbox.db", today=november)
    partials = Partials(folder / "memory", store)
    steps = [("file", row) for row in WAITING] + [("refuse", row) for row in REFUSED]
    steps += [(life.choice(["send", "leave", "partial"]), row) for row in life.sample(GONE, life.randrange(len(GONE)))]
    life.shuffle(steps)
    for what, row in steps:
        if what == "leave":
            partials.keep("visit", row)
            partials.drop("visit")
            continue
        if what == "partial":
            partials.keep("visit", row)
            partials.file_all()
        else:
            store.put("outbox", [row] * life.choice([1, 1, 2]))
        if what == "refuse":
            store.move("outbox", "quarantine", [row_id(row)])
        elif what != "file":
            store.forget("outbox", [row_id(row)])
        if life.random() < 0.2:
            store.rewrite()
        if life.random() < 0.1:
            store.close()
            store = Store(folder / "outbox.db", today=november)
            partials = Partials(folder / "memory", store)
    store.rewrite()
    store.close()
    return folder / "outbox.db"


@pytest.mark.parametrize("seed", range(4))
def test_two_tablets_with_different_pasts_and_the_same_rows_have_the_same_file(tmp_path: Path, seed: int) -> None:
    one = a_tablet_that_lived(tmp_path / "one", random.Random(seed))  # noqa: S311 - a repeatable life
    other = a_tablet_that_lived(tmp_path / "other", random.Random(seed + 1000))  # noqa: S311
    assert one.read_bytes() == other.read_bytes()
    assert one.stat().st_mtime == other.stat().st_mtime
    assert {entry.name for entry in one.parent.iterdir()} == {entry.name for entry in other.parent.iterdir()}


@pytest.mark.parametrize("seed", range(3))
def test_nothing_of_a_row_that_was_sent_or_left_is_in_any_file(tmp_path: Path, seed: int) -> None:
    file = a_tablet_that_lived(tmp_path / "tablet", random.Random(seed))  # noqa: S311
    everything = b"".join(entry.read_bytes() for entry in file.parent.rglob("*") if entry.is_file())
    for row in GONE:
        assert row_id(row) not in everything
        assert not any(row[start : start + 16] in everything for start in range(16, ROW_BYTES - 16, 64))
    assert all(row[-100:] in everything for row in WAITING), "the search finds what is there"


@given(st.sets(st.integers(0, 500), max_size=25), st.sets(st.integers(501, 600), max_size=5), st.randoms())
@settings(max_examples=15, deadline=None)
def test_any_set_of_rows_has_one_file(
    tmp_path_factory: pytest.TempPathFactory, waiting: set[int], refused: set[int], chance: random.Random
) -> None:
    files = []
    for _ in range(2):
        path = tmp_path_factory.mktemp("tablet") / "outbox.db"
        store = Store(path, today=november)
        for shelf, numbers in (("outbox", waiting), ("quarantine", refused)):
            for number in chance.sample(sorted(numbers), len(numbers)):
                store.put(shelf, [a_row(number)])
        store.rewrite()
        store.close()
        files.append(path.read_bytes())
    assert files[0] == files[1]


def test_the_file_says_nothing_of_how_often_it_was_changed(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    store = Store(path, today=november)
    store.rewrite()
    header = path.read_bytes()[:100]
    for number in range(20):
        store.put("outbox", [a_row(number)])
        store.forget("outbox", [row_id(a_row(number))])
    store.rewrite()
    assert path.read_bytes()[:100] == header
    assert int.from_bytes(header[32:40]) == 0, "no free pages, which would be as many as were once needed"


def test_pages_and_rows_lie_in_id_order_on_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    store = Store(path, TABLET_SHELVES, november)
    rows = some_rows(300)
    random.Random(1).shuffle(rows)  # noqa: S311
    for row in rows:
        store.put("outbox", [row])
    content = path.read_bytes()
    assert sorted(rows, key=lambda row: content.find(row[-400:])) != by_id(rows), "until the next tick it shows"
    store.rewrite()
    content = path.read_bytes()
    assert sorted(rows, key=lambda row: content.find(row[-400:])) == by_id(rows)


def test_at_the_centre_nothing_tells_in_which_order_packets_came(tmp_path: Path) -> None:
    rows = some_rows(60)
    files = []
    for name, order in (("one", rows), ("other", rows[::-1])):
        path = tmp_path / f"{name}.db"
        store = Store(path, CENTRE_SHELVES, november)
        for start in range(0, 60, 12):
            store.put("arrivals", order[start : start + 12])
            if start == (24 if name == "one" else 36):
                store.merge()
        store.merge()
        store.close()
        files.append(path.read_bytes())
        with closing(sqlite3.connect(path)) as database, pytest.raises(sqlite3.OperationalError, match="rowid"):
            database.execute("SELECT rowid FROM intake")
    assert files[0] == files[1]
    assert sorted(rows, key=lambda row: files[0].find(row[-400:])) == by_id(rows)


@pytest.mark.parametrize("staying", [0, 1, 7])
def test_forgetting_nearly_all_leaves_the_file_of_what_stays(tmp_path: Path, staying: int) -> None:
    lived, fresh = (Store(tmp_path / name / "outbox.db", today=november) for name in _made(tmp_path, "lived", "fresh"))
    for store in (lived, fresh):
        store.put("quarantine", REFUSED)
        store.put("outbox", WAITING[:staying])
    lived.put("outbox", GONE)
    lived.forget("outbox", [row_id(row) for row in [*GONE, *REFUSED]])
    fresh.rewrite()
    assert lived.path.read_bytes() == fresh.path.read_bytes()
    assert [row for _, row in lived.rows("quarantine")] == by_id(REFUSED), "only the shelf that was named forgets"
    assert not (tmp_path / "lived" / "outbox.db-journal").exists()
    for store in (lived, fresh):
        store.close()


def _made(folder: Path, *names: str) -> tuple[str, ...]:
    for name in names:
        (folder / name).mkdir()
    return names
