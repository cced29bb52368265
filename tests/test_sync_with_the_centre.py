"""A tablet and the real centre, each as the processes that they are."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from centre_world import PLACE, World
from tablet_process import STOP_SECONDS, Machine

from kiosk.enrolment import OUTBOX
from kiosk.rescue import ROUND_ROWS
from survey.briefing import authority_words
from survey.parcel import RESCUE, open_parcel
from survey.sealing import row_id
from survey.store import CENTRE_SHELVES, Store


def export(world: World, *arguments: str) -> str:
    command = [sys.executable, "-m", "export", *arguments, "--instance", str(world.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def serving(world: World) -> Iterator[str]:
    environ = {**os.environ, "HEARD_PORT": "0"}
    command = [sys.executable, "-m", "export", "serve", "--instance", str(world.folder)]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip().removeprefix("Centre: ")
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=STOP_SECONDS)


@pytest.fixture
def world(tmp_path: Path) -> World:
    folder = tmp_path / "centre"
    folder.mkdir()
    world = World(folder)
    centre = world.opened()
    world.tell(centre)
    centre.close()
    return world


def at_the_centre(world: World) -> set[bytes]:
    store = Store(world.folder / "centre.db", CENTRE_SHELVES)
    ids = {row_id(row) for shelf in store.shelves for _, row in store.rows(shelf)}
    store.close()
    return ids


def test_a_tablet_joins_waits_sends_is_revoked_and_is_rescued(world: World, tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    words = " ".join(authority_words(world.authority.public))
    with serving(world) as address:
        code = export(world, "enrol-code", "--place", PLACE).split()[-1]
        assert machine.verb("enrol", address, code, "--authority", words).code == 0
        late = Machine(tmp_path / "late")
        assert "ask the centre for a new one" in late.verb("enrol", address, code, "--authority", words).err.lower()
    answers = waiting(machine, world.rows(40))
    down = machine.verb("sync")
    assert (down.code, "could not be reached" in down.err) == (1, True)
    with serving(world) as address:
        (machine.instance / "centre").write_text(address)
        sent = machine.verb("sync")
        assert sent.code == 0, sent.words
        assert answers <= at_the_centre(world)
        assert not machine.waiting()
        (name,) = (line.split()[0] for line in export(world, "tablets").splitlines() if PLACE in line)
        more = waiting(machine, world.rows(9))
        export(world, "revoke", name)
        refused = machine.verb("sync")
        assert (refused.code, "call the centre" in refused.err) == (1, True)
        assert {row_id(row) for row in machine.waiting()} == more
    assert machine.verb("rescue", str(tmp_path / "rescue")).code == 0
    assert more <= {row_id(row) for _, row in open_parcel(tmp_path / "rescue", RESCUE, None).rows}


def test_a_rescue_file_is_taken_in_and_its_rows_count_once(world: World, tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    words = " ".join(authority_words(world.authority.public))
    with serving(world) as address:
        code = export(world, "enrol-code", "--place", PLACE).split()[-1]
        machine.verb("enrol", address, code, "--authority", words)
        answers = waiting(machine, world.rows(20))
        assert machine.verb("rescue", str(tmp_path / "rescue")).code == 0
        export(world, "take-in", str(tmp_path / "rescue"))
        assert answers <= at_the_centre(world)
        assert len(at_the_centre(world)) == ROUND_ROWS
        assert machine.verb("sync").code == 0
        assert answers <= at_the_centre(world)
        assert len(at_the_centre(world)) == ROUND_ROWS + 4, "two packets: the twenty again, and four covers"
    assert not machine.waiting()


def waiting(machine: Machine, rows: list[bytes]) -> set[bytes]:
    store = Store(machine.instance / OUTBOX)
    store.put("outbox", rows)
    store.close()
    return {row_id(row) for row in rows}
