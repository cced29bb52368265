"""After the merge nothing at the centre tells which row came first, with which others, or from which tablet."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from centre_world import World, enrolled, told_world

from survey.sealing import row_id


def _intake_after(folder: Path, packets: list[list[bytes]], merges_after: set[int], world_rows: World) -> bytes:
    with told_world(folder) as (world, centre, address):
        centre.registry.add_collection_key(world_rows.collection.public.key_id)
        tablets = [enrolled(centre, address) for _ in range(2)]
        for number, packet in enumerate(packets):
            tablets[number % 2].send(packet, centre.intake_key.public)
            if number in merges_after:
                centre.store.merge()
        centre.store.merge()
        return (world.folder / "centre.db").read_bytes()


def test_two_histories_of_the_same_rows_leave_the_same_bytes(tmp_path: Path) -> None:
    source = World(tmp_path)
    rows = source.rows(60)
    shuffled = sorted(rows, key=lambda row: row[-1:] + row)
    in_order = [rows[start : start + 12] for start in range(0, 60, 12)]
    one_by_one = [[row] for row in shuffled]
    again = [*in_order[::-1], *in_order]
    contents = {
        _intake_after(tmp_path / "a", in_order, set(), source),
        _intake_after(tmp_path / "b", one_by_one, {5, 20}, source),
        _intake_after(tmp_path / "c", again, {1, 7}, source),
    }
    assert len(contents) == 1


def test_the_merged_file_has_its_rows_in_id_order_on_the_disk_too(tmp_path: Path) -> None:
    source = World(tmp_path)
    rows = source.rows(60)
    content = _intake_after(tmp_path / "a", [rows[start : start + 12] for start in range(0, 60, 12)], {2}, source)
    # A row's ciphertext lies on overflow pages, whose places would tell the order of arrival.
    places = {row: content.find(row[-2000:-1000]) for row in rows}
    assert all(place > 0 for place in places.values())
    assert sorted(rows, key=lambda row: places[row]) == sorted(rows, key=row_id)


def test_no_table_has_a_row_number_a_time_or_a_tablet(tmp_path: Path) -> None:
    source = World(tmp_path)
    _intake_after(tmp_path / "a", [source.rows(12)], set(), source)
    database = sqlite3.connect(tmp_path / "a" / "centre.db")
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        columns = [column[1] for column in database.execute(f"PRAGMA table_info({name})")]
        assert columns == (["batch", "part", "bits"] if name == "spent_codes" else ["id", "door", "row"])
        with pytest.raises(sqlite3.OperationalError, match="rowid"):
            database.execute(f"SELECT rowid FROM {name}")  # noqa: S608 - our own table
    database.close()
