"""Answers with a marker in them go by the link into a real centre process; then every file in its reach is searched.

While it runs, after kill -9, after the next start, after Leave, after an ordinary stop: the same search as a tablet's.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from canary import TELLTALE, found
from centre_world import LINKED, World
from player import Player, raw

from forms.response import unframed
from survey.store import CENTRE_SHELVES, Store


class Watched:
    """A centre's instance, memory folder, temporary folder and output, and the process that uses them."""

    def __init__(self, root: Path, memory: Path) -> None:
        self.world, self.memory = World(root / "instance"), memory
        self.temporary, self.output = root / "tmp", root / "output"
        self.temporary.mkdir()
        self.output.touch()
        centre = self.world.opened()
        self.world.tell(centre, instruments=(TELLTALE,))
        centre.close()

    @contextmanager
    def running(self, stop: signal.Signals) -> Iterator[str]:
        """The link's address at the real process, ended by this signal."""
        places = {"TMPDIR": str(self.temporary), "HEARD_MEMORY_FOLDER": str(self.memory), "HEARD_PORT": "0"}
        command = [sys.executable, "-m", "export", "serve", "--instance", str(self.world.folder)]
        with (
            self.output.open("ab") as output,
            subprocess.Popen(command, env=os.environ | places, stdout=subprocess.PIPE, stderr=output) as process,
        ):
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith(b"Centre: http://127.0.0.1:"), self.output.read_text()
            limits = Path(f"/proc/{process.pid}/limits").read_text()
            assert "Max core file size        0                    0" in limits
            try:
                yield f"{line.decode().split()[1]}s/{LINKED}/"
            finally:
                process.send_signal(stop)
                with self.output.open("ab") as kept:
                    kept.write(process.stdout.read())
                process.wait()

    def found(self, marker: str) -> list[str]:
        """Which files hold which spelling of it."""
        return found(marker, self.world.folder, self.memory, self.temporary, self.output)

    def in_memory(self) -> list[Path]:
        """The files in memory-backed storage that hold a draft or a partial."""
        return [path for path in self.memory.rglob("*") if path.is_file()]

    def filed(self) -> list[str]:
        """The words of each response here, opened with the key that no centre has."""
        store = Store(self.world.folder / "centre.db", CENTRE_SHELVES)
        rows = [row for shelf in CENTRE_SHELVES for _, row in store.rows(shelf)]
        store.close()
        contents = [unframed(self.world.collection.open(row)) for row in rows]
        return sorted(content["answers"]["words"] for content in contents if content["kind"] == "response")


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    shared = Path("/dev/shm")  # noqa: S108 - memory-backed, as at a centre
    memory = (shared if shared.is_dir() else tmp_path) / f"heard-canary-{secrets.token_hex(8)}"
    yield Watched(tmp_path, memory)
    shutil.rmtree(memory, ignore_errors=True)


def until_the_core_is_in(address: str, marker: str) -> Player:
    person = Player(address)
    person.look(address)
    person.say(words=marker)
    person.say(mood="upset")
    assert person.page == "more"
    return person


def test_no_answer_by_the_link_lies_in_the_clear_whatever_happens_to_the_process(watched: Watched) -> None:
    killed, left, done, huge = (f"canary-{name}-{secrets.token_hex(12)}" for name in ("killed", "left", "done", "huge"))
    with watched.running(signal.SIGKILL) as address:
        person = until_the_core_is_in(address, killed)
        assert watched.in_memory(), "the locked draft and the sealed partial wait in memory"
        assert watched.found(killed) == []
        body = f"csrf_token={person.question().hidden['csrf_token']}&words=".encode() + huge.encode() * 100_000
        assert raw(address, "page/words", "POST", body, person.cookie).status == 413
        assert watched.found(huge) == []
    assert watched.found(killed) == []
    with watched.running(signal.SIGTERM) as address:
        assert watched.filed() == [killed], "what a killed process left is filed at the next start"
        drafts_of_others = len(watched.in_memory())
        person = until_the_core_is_in(address, left)
        assert person.cookie is not None
        assert left not in person.cookie
        assert len(watched.in_memory()) > drafts_of_others
        assert raw(address, "leave", cookie=person.cookie).status == 303
        assert len(watched.in_memory()) == drafts_of_others
        assert watched.found(left) == []
        person = until_the_core_is_in(address, done)
        person.say(more="finish")
        assert person.page == "thanks"
        assert watched.found(done) == []
    for marker in (killed, left, done, huge):
        assert watched.found(marker) == []
    assert watched.filed() == sorted([killed, done])
    assert watched.output.read_bytes() == b"", "nothing that a respondent did was logged"
