"""Killed inside a replacement, a centre has the old copy or the new, never both, never none; a repeat succeeds."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from centre_stores import Engine
from made_up_rows import a_row, some_rows
from replacing_process import COPIES, CORE, FULLER

from survey.marks import CentreStore, Mark
from survey.sealing import row_id

HERE = Path(__file__).parent
OTHERS = some_rows(4, first=100)
KILLS = 8


@pytest.fixture
def store(engine: Engine) -> Iterator[CentreStore]:
    store = engine.opened()
    store.lay_out(1, 10_000)
    for row in OTHERS:
        store.admit(row)
    yield store
    store.close()


def replacing(engine: Engine, how: str, number: int) -> subprocess.Popen[str]:
    command = [sys.executable, str(HERE / "replacing_process.py"), engine.place, how, str(number)]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parent), str(HERE)])}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ)


def links_rows(store: CentreStore) -> list[tuple[str, bytes]]:
    return [pair for shelf in store.shelves for pair in store.rows(shelf) if pair[1] not in OTHERS]


def each_kill(
    store: CentreStore, engine: Engine, how: str, numbers: Iterator[int], *, merged: bool
) -> list[list[tuple[str, bytes]]]:
    """What is there after each kill, until a replacement is through before it could be struck."""
    found = []
    for serial, number in enumerate(numbers):
        assert store.admit(CORE, Mark(1, serial)) == "stored"
        if merged:
            store.merge()
        process = replacing(engine, how, number)
        word = process.communicate(timeout=60)[0]
        if process.returncode == 0:
            assert word == "replaced\n"
            break
        assert (-process.returncode, word) in {(signal.SIGKILL, ""), (signal.SIGXFSZ, "")}
        found.append(links_rows(store))
        # As the page does that got no answer.
        assert store.admit(FULLER, Mark(1, serial), [row_id(CORE)]) in {"replaced", "had"}
        assert links_rows(store) == [("code", FULLER)]
        assert store.spent(1) == serial + 1
        store.take_back([row_id(FULLER)])
    return found


@pytest.mark.slow
@pytest.mark.parametrize("merged", [False, True], ids=["arrived", "merged"])
def test_killed_at_each_step_of_a_replacement_one_of_both_is_there_and_a_repeat_succeeds(
    store: CentreStore, engine: Engine, *, merged: bool
) -> None:
    one_step = 1 if engine.place.startswith("postgresql:") else 9
    found = each_kill(store, engine, "at-step", itertools.count(1, one_step), merged=merged)
    assert len(found) > 5
    assert all(there in ([("code", CORE)], [("code", FULLER)]) for there in found)


@pytest.mark.slow
@pytest.mark.parametrize("merged", [False, True], ids=["arrived", "merged"])
def test_killed_between_two_writes_of_the_commit_too(tmp_path: Path, *, merged: bool) -> None:
    engine = Engine(str(tmp_path / "centre.db"))
    store = engine.opened()
    store.lay_out(1, 10_000)
    found = each_kill(store, engine, "at-size", itertools.count(1, 2_048), merged=merged)
    store.close()
    assert len(found) > 5
    assert all(there in ([("code", CORE)], [("code", FULLER)]) for there in found)


def copies_after(first: int, answers: int) -> dict[int, bytes]:
    """Which copy lies there for each code once so many rows were answered."""
    return {first + number // COPIES: a_row(first * COPIES + number) for number in range(answers)}


def test_whoever_kills_it_from_outside_leaves_one_copy_for_each_code(store: CentreStore, engine: Engine) -> None:
    for kill in range(KILLS):
        first = 100 + kill * 500
        process = replacing(engine, "on-and-on", first)
        assert process.stdout is not None
        words = [process.stdout.readline() for _ in range(1 + 3 * kill)]
        process.kill()
        words += process.stdout.readlines()
        process.wait()
        process.stdout.close()
        there = links_rows(store)
        assert {door for door, _ in there} == {"code"}
        answered = sum(word in {"stored\n", "replaced\n"} for word in words)
        may_be = [copies_after(first, answers) for answers in (answered, answered + 1)]
        assert {row for _, row in there} in [set(copies.values()) for copies in may_be]
        spent = [serial for serial in range(first, first + 500) if store.is_spent(Mark(1, serial))]
        assert len(there) == len(spent)
        store.take_back([row_id(row) for _, row in there])
