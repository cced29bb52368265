"""The store: what is acknowledged stays, once; what fails keeps nothing; a kill at any moment loses nothing.

How rows are read while others are filed is tried on the centre's store, which reads with the same code
(``test_centre_store``).
"""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from all_at_once import at_once
from made_up_rows import a_row, by_id, some_rows

from survey.clock import utc_day
from survey.sealing import NotARow, row_id
from survey.store import CENTRE_SHELVES, TABLET_SHELVES, Store, StoreDamaged, StoreFull
from survey.store_file import StoreFile

KILLS = 20
WRITER = Path(__file__).parent / "writing_process.py"
CHILD = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = Store(tmp_path / "outbox.db")
    yield found
    found.close()


def test_a_row_is_kept_once_however_often_and_wherever_it_is_filed(store: Store) -> None:
    row = a_row(1)
    assert store.put("outbox", [row, a_row(2), row]) == ["stored", "stored", "had"]
    store.move("outbox", "quarantine", [row_id(row)])
    assert store.put("outbox", [row]) == ["had"]
    assert (store.count("outbox"), store.count("quarantine")) == (1, 1)


def test_rows_are_there_for_another_process_and_after_a_restart(store: Store, tmp_path: Path) -> None:
    rows = some_rows(30)
    store.put("outbox", rows, door="tablet")
    other = Store(tmp_path / "outbox.db")
    assert [row for _, row in other.rows("outbox")] == by_id(rows)


def test_a_packet_is_taken_in_id_order_and_stays_until_it_is_forgotten(store: Store) -> None:
    rows = some_rows(20)
    store.put("outbox", rows)
    packet = store.take("outbox", 12)
    assert packet == by_id(rows)[:12] == store.take("outbox", 12)
    store.forget("outbox", [row_id(row) for row in packet])
    assert store.take("outbox", 12) == by_id(rows)[12:]


def test_only_sealed_rows_are_kept_and_one_that_is_not_takes_the_others_with_it(store: Store) -> None:
    with pytest.raises(NotARow):
        store.put("outbox", [a_row(1), b"what somebody said"])
    assert store.count("outbox") == 0


def test_a_door_or_shelf_that_does_not_exist_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="doors"):
        store.put("outbox", [a_row(1)], door="window")
    with pytest.raises(ValueError, match="shelves"):
        store.put("intake", [a_row(1)])


def test_the_door_is_the_only_word_that_is_kept_beside_a_row(tmp_path: Path) -> None:
    store = Store(tmp_path / "centre.db", CENTRE_SHELVES)
    for number, door in enumerate(("tablet", "code", "open")):
        store.put("arrivals", [a_row(number)], door=door)
    store.merge()
    assert {door for door, _ in store.rows("intake")} == {"tablet", "code", "open"}
    with closing(sqlite3.connect(tmp_path / "centre.db")) as found:
        assert [column[1] for column in found.execute("PRAGMA table_info(intake)")] == ["id", "door", "row"]


def test_eight_identical_ones_at_once_are_stored_once_and_all_are_told(store: Store) -> None:
    row = a_row(1)
    assert sorted(at_once(8, lambda _: store.put("outbox", [row])[0])) == ["had"] * 7 + ["stored"]


def test_the_file_is_written_anew_under_the_feet_of_other_stores_and_nothing_is_lost(tmp_path: Path) -> None:
    stores = [Store(tmp_path / "outbox.db") for _ in range(3)]
    rows = some_rows(90)

    def file(store: Store, mine: list[bytes]) -> None:
        for row in mine:
            store.put("outbox", [row])

    threads = [threading.Thread(target=file, args=(one, rows[place::2])) for place, one in enumerate(stores[:2])]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        stores[2].rewrite()
    assert [row for _, row in stores[2].rows("outbox")] == by_id(rows)


def test_closing_waits_for_what_is_being_kept(tmp_path: Path) -> None:
    # A server that stops gives up waiting for a slow disk after seconds. SQLite crashes where it is closed in a commit.
    path, row = tmp_path / "outbox.db", a_row(1)
    file = StoreFile(path, TABLET_SHELVES, utc_day)
    half_way, go_on = threading.Event(), threading.Event()

    def keep() -> None:
        with file.transaction() as connection:
            connection.execute("INSERT INTO outbox VALUES (?, 'tablet', ?)", (row_id(row), row))
            half_way.set()
            go_on.wait()

    keeping, closing_it = threading.Thread(target=keep), threading.Thread(target=file.close)
    keeping.start()
    half_way.wait()
    closing_it.start()
    closing_it.join(0.2)
    go_on.set()
    keeping.join()
    closing_it.join()
    assert [kept for _, kept in Store(path).rows("outbox")] == [row]


def test_the_files_own_time_is_the_first_of_the_month(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    store = Store(path, today=lambda: date(2026, 11, 17))
    store.put("outbox", some_rows(3))
    store.rewrite()
    assert path.stat().st_mtime == datetime(2026, 11, 1, tzinfo=UTC).timestamp()


def test_nobody_else_may_read_the_file(store: Store) -> None:
    store.put("outbox", some_rows(1))
    store.rewrite()
    assert all(path.stat().st_mode & 0o077 == 0 for path in store.path.parent.iterdir())


def test_a_second_file_left_by_a_kill_is_deleted_at_the_next_start(tmp_path: Path) -> None:
    Store(tmp_path / "outbox.db").close()
    leftover = tmp_path / "outbox.db-anew"
    leftover.write_bytes(a_row(1))
    store = Store(tmp_path / "outbox.db")
    assert not leftover.exists()
    assert store.count("outbox") == 0


def test_a_row_that_the_disk_changed_travels_on_and_can_be_forgotten(store: Store) -> None:
    rows = some_rows(3)
    store.put("outbox", rows)
    store.close()
    spoilt = bytearray(rows[0])
    spoilt[3000] ^= 1
    with closing(sqlite3.connect(store.path)) as disk, disk:
        disk.execute("UPDATE outbox SET row = ? WHERE id = ?", (bytes(spoilt), row_id(rows[0])))
    again = Store(store.path)
    packet = again.take("outbox", 12)
    assert set(packet) == {bytes(spoilt), *rows[1:]}
    again.forget("outbox", [row_id(row) for row in packet])
    assert again.count("outbox") == 0


def test_a_row_that_lost_its_size_holds_up_no_packet(store: Store) -> None:
    rows = some_rows(3)
    store.put("outbox", rows)
    with closing(sqlite3.connect(store.path)) as disk, disk:
        disk.execute("UPDATE outbox SET row = ? WHERE id = ?", (rows[0][:-1], row_id(rows[0])))
    assert set(store.take("outbox", 12)) == set(rows[1:]) == {row for _, row in store.rows("outbox")}
    assert store.count("outbox") == 3


def test_a_journal_left_beside_a_file_that_was_moved_away_does_not_spoil_the_new_one(store: Store) -> None:
    store.put("outbox", some_rows(5))
    journal = store.path.with_name("outbox.db-journal")
    with closing(sqlite3.connect(store.path, isolation_level=None)) as half_done:
        half_done.execute("PRAGMA cache_size=1")
        half_done.execute("BEGIN")
        half_done.executemany("UPDATE outbox SET row = zeroblob(5250) WHERE id > ?", [(b"",)] * 2)
        left = journal.read_bytes()
        half_done.execute("ROLLBACK")
    assert left[:8] == bytes.fromhex("d9d505f920a163d7"), "SQLite would roll this journal back"
    store.close()
    store.path.unlink()
    journal.write_bytes(left)
    new = Store(store.path)
    rows = some_rows(3, first=100)
    assert new.put("outbox", rows) == ["stored"] * 3
    assert [row for _, row in new.rows("outbox")] == by_id(rows)


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"", bytes(8192)], ids=["text", "empty", "zeros"])
def test_a_damaged_file_is_named_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "outbox.db"
    path.write_bytes(content)
    with pytest.raises(StoreDamaged, match=r"outbox\.db is damaged .* never delete it"):
        Store(path)
    assert path.read_bytes() == content


def test_a_page_damaged_meanwhile_is_named_too(store: Store) -> None:
    store.put("outbox", some_rows(40))
    store.rewrite()
    with store.path.open("r+b") as disk:
        disk.seek(4096)
        disk.write(b"\xff" * 8192)
    with pytest.raises(StoreDamaged):
        list(store.rows("outbox"))


def test_where_there_is_no_folder_nothing_can_be_kept(tmp_path: Path) -> None:
    with pytest.raises(StoreFull):
        Store(tmp_path / "missing" / "outbox.db")


def _limited(path: Path, largest: int, *arguments: str) -> str:
    # A limit on the size of a file gives a real failed write, in a real process, without being root.
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))

    done = subprocess.run(
        [sys.executable, str(WRITER), str(path), *arguments],
        preexec_fn=limit,
        env=CHILD,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_a_full_disk_keeps_nothing_of_the_call_and_everything_before_it(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    said = _limited(path, 200_000, "until-full", "0")
    acknowledged = [int(line.split()[1]) for line in said.splitlines() if line.startswith("stored ")]
    assert "StoreFull" in said
    assert acknowledged
    store = Store(path)
    assert [row for _, row in store.rows("outbox")] == by_id([a_row(number) for number in acknowledged])
    assert store.put("outbox", [a_row(5000)]) == ["stored"], "with room again it goes on"


def test_a_full_disk_while_writing_anew_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    rows = some_rows(60)
    Store(path).put("outbox", rows)
    before = path.read_bytes()
    assert "StoreFull" in _limited(path, 100_000, "rewrite", "0")
    assert path.read_bytes() == before
    assert not (tmp_path / "outbox.db-anew").exists()


@pytest.mark.parametrize("seed", range(KILLS))
def test_killed_at_any_moment_nothing_acknowledged_is_lost(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "outbox.db"
    with subprocess.Popen(
        [sys.executable, str(WRITER), str(path), "until-killed", str(seed)],
        stdout=subprocess.PIPE,
        text=True,
        env=CHILD,
    ) as writer:
        assert writer.stdout is not None
        # After a seeded number of lines; how far into the next step the kill strikes is left to the machine.
        said = [writer.stdout.readline() for _ in range(1 + 3 * seed)]
        os.kill(writer.pid, signal.SIGKILL)
        said += writer.stdout.readlines()
    assert writer.returncode == -signal.SIGKILL, "it was at work until it was killed"
    whole = [line.split() for line in said if line.endswith("\n")]
    stored = {int(number) for word, number in whole if word == "stored"}
    forgotten = {int(number) for word, number in whole if word == "forgotten"}
    begun = {int(number) for word, number in whole if word == "forgetting"}
    kept = {row_id(row) for _, row in Store(path).rows("outbox")}
    assert stored
    assert {row_id(a_row(number)) for number in stored - begun} <= kept
    assert not {row_id(a_row(number)) for number in forgotten} & kept
    with closing(sqlite3.connect(path)) as found:
        assert found.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert {entry.name for entry in tmp_path.iterdir()} == {"outbox.db", "outbox.db-lock"}
