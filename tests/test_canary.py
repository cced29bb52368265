"""Answers with a marker in them go into a real tablet process; then every file within its reach is searched.

While it runs, after kill -9, after the next start, after 'Leave and delete', after an ordinary stop. Raw, base64 at
each alignment, UTF-16, hexadecimal, as a form sends it and as JSON writes it.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from at_the_tablet import KEYS, SECRET
from canary import TELLTALE, found, spellings
from player import Player, raw

from forms.response import unframed
from survey.keys import write_keys
from survey.sealing import SigningKey
from survey.store import Store

AUTHORITY = SigningKey(b"a" * 32)


class Watched:
    """A tablet's instance, memory folder, temporary folder and output, and the process that uses them."""

    def __init__(self, root: Path, memory: Path) -> None:
        self.instance, self.memory, self.temporary = root / "instance", memory, root / "tmp"
        self.output = root / "output"
        self.output.touch()
        for folder in (self.instance, self.temporary):
            folder.mkdir()
        keys = replace(KEYS, instruments=(TELLTALE,))
        files = {
            "tablet.key": b"t" * 32,
            "authority.pub": AUTHORITY.public.hex().encode(),
            "centre": b"http://127.0.0.1:9",
            "place": b"lewisham",
            "keys.signed": write_keys(keys, AUTHORITY),
            "settings.toml": b"port = 0\n",
        }
        for name, content in files.items():
            (self.instance / name).write_bytes(content)

    @contextmanager
    def running(self, stop: signal.Signals) -> Iterator[str]:
        """The real process, ended by this signal."""
        environ = os.environ | {"TMPDIR": str(self.temporary), "HEARD_MEMORY_FOLDER": str(self.memory)}
        command = [sys.executable, "-m", "kiosk", "run", "--instance", str(self.instance)]
        with (
            self.output.open("ab") as output,
            subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=output) as process,
        ):
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith(b"Tablet: http://127.0.0.1:"), self.output.read_text()
            limits = Path(f"/proc/{process.pid}/limits").read_text()
            assert "Max core file size        0                    0" in limits
            try:
                yield line.decode().split()[1]
            finally:
                process.send_signal(stop)
                with self.output.open("ab") as kept:
                    kept.write(process.stdout.read())
                process.wait()

    def found(self, marker: str) -> list[str]:
        """Which files hold which spelling of it."""
        return found(marker, self.instance, self.temporary, self.memory, self.output)

    def filed(self) -> list[str]:
        """The words of each response in the outbox, opened with the key that no tablet has."""
        store = Store(self.instance / "outbox.db")
        contents = [unframed(SECRET.open(row)) for _, row in store.rows("outbox")]
        store.close()
        return sorted(content["answers"]["words"] for content in contents if content["kind"] == "response")


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    shared = Path("/dev/shm")  # noqa: S108 - memory-backed, as on a tablet
    memory = (shared if shared.is_dir() else tmp_path) / f"heard-canary-{secrets.token_hex(8)}"
    watched = Watched(tmp_path, memory)
    yield watched
    if memory.exists():
        for path in memory.iterdir():
            path.unlink()
        memory.rmdir()


def until_the_core_is_in(address: str, marker: str) -> Player:
    person = Player(address)
    person.look()
    person.say(words=marker)
    person.say(mood="upset")
    assert person.page == "more"
    return person


def test_the_search_finds_what_is_planted(watched: Watched) -> None:
    marker = "canary-" + secrets.token_hex(12)
    for spelling in spellings(marker):
        planted = watched.temporary / "planted"
        planted.write_bytes(secrets.token_bytes(10) + spelling + b"\x00")
        assert watched.found(marker)
        planted.unlink()
    assert watched.found(marker) == []


def test_no_answer_lies_in_the_clear_whatever_happens_to_the_process(watched: Watched) -> None:
    killed, left, done, huge = (f"canary-{name}-{secrets.token_hex(12)}" for name in ("killed", "left", "done", "huge"))
    with watched.running(signal.SIGKILL) as address:
        person = until_the_core_is_in(address, killed)
        assert len(list(watched.memory.iterdir())) == 1, "the sealed partial waits in memory"
        assert watched.found(killed) == []
        question = person.question().hidden["csrf_token"]
        body = f"csrf_token={question}&words=".encode() + huge.encode() * 100_000
        assert raw(address, "/page/words", "POST", body, person.cookie).status == 413
        assert watched.found(huge) == []
    assert watched.found(killed) == []
    with watched.running(signal.SIGTERM) as address:
        assert watched.filed() == [killed], "what a killed process left is filed at the next start"
        person = until_the_core_is_in(address, left)
        old_cookie = person.cookie
        person.press("/leave")
        assert list(watched.memory.iterdir()) == []
        assert watched.found(left) == []
        assert old_cookie is not None
        assert left not in old_cookie
        person = until_the_core_is_in(address, done)
        person.say(more="finish")
        assert person.page == "thanks"
        assert watched.found(done) == []
    for marker in (killed, left, done, huge):
        assert watched.found(marker) == []
    assert watched.filed() == sorted([killed, done])
    assert watched.output.read_bytes() == b"", "nothing that a respondent did was logged"
