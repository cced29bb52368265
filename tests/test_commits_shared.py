"""Packets that reach the centre side by side share a durable commit, and each is told of its own rows, after it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from made_up_rows import some_rows

from export.centre.together import Together
from survey.store import CENTRE_SHELVES, Store, StoreFull

SENDERS = 4
ROUNDS = 50


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = Store(tmp_path / "centre.db", CENTRE_SHELVES)
    yield found
    found.close()


class Commits:
    """The store's arrivals, and which rows each durable commit held, written down once it was done."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.done: list[set[bytes]] = []

    def put(self, rows: Sequence[bytes]) -> list[str]:
        words = self.store.put("arrivals", rows)
        self.done.append({*rows})
        return words


def side_by_side(together: Together, packets: Sequence[Sequence[bytes]]) -> list[list[str] | StoreFull]:
    """What each sender was told, all of them starting at the same moment."""
    start = threading.Barrier(len(packets))

    def told(packet: Sequence[bytes]) -> list[str] | StoreFull:
        start.wait()
        try:
            return together.put(packet)
        except StoreFull as fault:
            return fault

    with ThreadPoolExecutor(len(packets)) as senders:
        return list(senders.map(told, packets))


def test_packets_that_wait_share_a_commit_and_no_row_is_lost_or_kept_twice(store: Store) -> None:
    commits = Commits(store)
    together = Together(commits.put)
    rows = some_rows(SENDERS * ROUNDS * 3)
    for first in range(0, len(rows), SENDERS * 3):
        packets = [rows[at : at + 3] for at in range(first, first + SENDERS * 3, 3)]
        assert side_by_side(together, packets) == [["stored"] * 3] * SENDERS
    assert len(commits.done) < SENDERS * ROUNDS, "no two packets ever shared one"
    assert sum(map(len, commits.done)) == len(rows) == store.count("arrivals")


def test_nobody_is_told_before_the_commit_that_their_rows_are_in(store: Store) -> None:
    commits = Commits(store)
    together = Together(commits.put)
    rows = some_rows(SENDERS * ROUNDS)

    def send(number: int) -> bool:
        own = rows[number::SENDERS]
        return all(together.put([row]) == ["stored"] and any(row in done for done in list(commits.done)) for row in own)

    with ThreadPoolExecutor(SENDERS) as senders:
        assert all(senders.map(send, range(SENDERS)))


def test_the_same_row_from_several_is_stored_for_one_and_had_for_the_others(store: Store) -> None:
    together = Together(Commits(store).put)
    for row in some_rows(ROUNDS):
        said = side_by_side(together, [[row]] * SENDERS)
        assert sorted(map(str, said)) == ["['had']"] * (SENDERS - 1) + ["['stored']"]


def test_where_a_commit_fails_only_what_was_kept_is_told_so_and_nobody_waits_for_ever(store: Store) -> None:
    def put(rows: Sequence[bytes]) -> list[str]:
        if any(row in spoilt for row in rows):
            raise StoreFull("no room for these")
        return store.put("arrivals", rows)

    together = Together(put)
    rows = some_rows(SENDERS * ROUNDS)
    spoilt, told = set(rows[::SENDERS]), set[bytes]()
    for first in range(0, len(rows), SENDERS):
        packets = rows[first : first + SENDERS]
        said = side_by_side(together, [[row] for row in packets])
        told |= {row for row, words in zip(packets, said, strict=True) if words == ["stored"]}
    assert {row for _, row in store.rows("arrivals")} == told
    assert told
    assert not told & spoilt
    assert together.put([row for row in rows if row not in spoilt])[-1] in {"stored", "had"}


def test_a_packet_of_which_nothing_is_ours_is_answered_too(store: Store) -> None:
    assert Together(Commits(store).put).put([]) == []
