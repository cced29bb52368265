"""Partials: a killed process loses nothing, a visit that ended leaves nothing, and each is filed once."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_up_rows import a_row, by_id, some_rows

from survey.partials import Partials, UnsafeFolder
from survey.sealing import NotARow
from survey.store import Store
from survey.turns import Turns


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = Store(tmp_path / "outbox.db")
    yield found
    found.close()


@pytest.fixture(params=["in a folder", "in this process"])
def partials(request: pytest.FixtureRequest, tmp_path: Path, store: Store) -> Partials:
    return Partials(tmp_path / "memory" if request.param == "in a folder" else None, store)


def outbox(store: Store) -> list[bytes]:
    return [row for _, row in store.rows("outbox")]


def test_only_the_last_partial_of_a_visit_is_filed_and_only_once(partials: Partials, store: Store) -> None:
    for row in some_rows(3):
        partials.keep("visit", row)
    partials.keep("tally", a_row(9))
    assert partials.file_all() == 2
    assert partials.file_all() == 0
    assert outbox(store) == by_id([a_row(2), a_row(9)])


def test_of_a_visit_that_ended_nothing_is_filed(partials: Partials, store: Store) -> None:
    partials.keep("visit", a_row(1))
    partials.drop("visit")
    partials.drop("visit")
    assert partials.file_all() == 0
    assert outbox(store) == []


def test_what_is_not_sealed_is_never_kept(partials: Partials) -> None:
    with pytest.raises(NotARow):
        partials.keep("visit", b"what somebody said")
    assert partials.file_all() == 0


def test_after_a_kill_the_next_start_files_it(tmp_path: Path, store: Store) -> None:
    Partials(tmp_path / "memory", store).keep("visit", a_row(1))
    assert Partials(tmp_path / "memory", store).file_all() == 1
    assert outbox(store) == [a_row(1)]
    assert list((tmp_path / "memory").iterdir()) == []


def test_a_half_written_partial_does_not_take_the_whole_one_before_it_along(tmp_path: Path, store: Store) -> None:
    partials = Partials(tmp_path / "memory", store)
    partials.keep("visit", a_row(1))
    (whole,) = (tmp_path / "memory").iterdir()
    whole.with_suffix(".half").write_bytes(a_row(2)[:1000])
    (tmp_path / "memory" / "planted").write_bytes(b"no row")
    assert Partials(tmp_path / "memory", store).file_all() == 1
    assert outbox(store) == [a_row(1)]
    assert list((tmp_path / "memory").iterdir()) == []


def test_where_the_folder_has_room_for_less_than_a_row_nothing_is_lost(tmp_path: Path, store: Store) -> None:
    partials = Partials(tmp_path / "memory", store)
    partials.keep("visit", a_row(1))
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, most[1]))
    try:
        partials.keep("visit", a_row(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    assert partials.file_all() == 2, "the newer from this process, and the older, which no room was needed for"
    assert outbox(store) == by_id([a_row(1), a_row(2)])


def test_what_has_no_room_in_a_shared_folder_is_kept_by_no_process_that_another_could_not_reach(
    tmp_path: Path, store: Store
) -> None:
    one, other = (Partials(tmp_path / "memory", store, turns=Turns(tmp_path / "turns")) for _ in range(2))
    one.keep("visit", a_row(1))
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, most[1]))
    try:
        one.keep("visit", a_row(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    other.drop("visit")  # Leave, which another process met
    assert (one.file_all(), other.file_all()) == (0, 0)
    assert outbox(store) == []


def test_a_file_tells_neither_the_visit_nor_the_time(tmp_path: Path, store: Store) -> None:
    Partials(tmp_path / "memory", store).keep("0123456789abcdef0123456789abcdef", a_row(1))
    (file,) = (tmp_path / "memory").iterdir()
    assert "0123456789abcdef" not in file.name
    assert (file.stat().st_mtime, file.stat().st_atime) == (0, 0)
    assert file.stat().st_mode & 0o077 == 0


def test_the_folder_tells_no_time_either(tmp_path: Path, store: Store) -> None:
    # Anybody on the machine may look at the folder's own times in /dev/shm.
    folder = tmp_path / "memory"
    partials = Partials(folder, store)
    partials.keep("visit", a_row(1))
    assert (folder.stat().st_mtime, folder.stat().st_atime) == (0, 0)
    partials.drop("visit")
    assert folder.stat().st_mtime == 0
    partials.keep("visit", a_row(2))
    partials.file_all()
    assert folder.stat().st_mtime == 0
    answered = folder.stat().st_ctime_ns
    while folder.stat().st_ctime_ns == answered:
        partials.tick()
    assert folder.stat().st_mtime == 0, "the change time, which cannot be set, tells the tick"


def test_a_folder_that_others_may_write_to_is_not_trusted(tmp_path: Path, store: Store) -> None:
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory").chmod(0o777)
    with pytest.raises(UnsafeFolder, match="remove it"):
        Partials(tmp_path / "memory", store)


def test_a_folder_that_is_a_link_is_not_trusted(tmp_path: Path, store: Store) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "memory").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnsafeFolder):
        Partials(tmp_path / "memory", store)


def test_where_the_folder_is_gone_the_interview_goes_on_and_nothing_is_lost(tmp_path: Path, store: Store) -> None:
    partials = Partials(tmp_path / "memory", store)
    (tmp_path / "memory").rmdir()
    partials.keep("visit", a_row(1))
    (tmp_path / "memory").mkdir(mode=0o700)
    assert partials.file_all() == 1
    assert outbox(store) == [a_row(1)]
