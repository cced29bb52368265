"""A tablet for tests as the processes that it really is: its verbs run one by one, its page served by one of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from faulty_centre import CODE, SECRET, FaultyCentre

from kiosk.enrolment import OUTBOX
from survey.sealing import row_id
from survey.store import Store

STOP_SECONDS = 30


@dataclass
class Said:
    """How a verb ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def words(self) -> str:
        """Everything that staff see."""
        return f"{self.code}\n{self.out}\n{self.err}"


@dataclass
class Machine:
    """One tablet: a folder, and a folder in memory beside it."""

    folder: Path

    @property
    def instance(self) -> Path:
        """The tablet's instance folder."""
        return self.folder / "tablet"

    @property
    def memory(self) -> Path:
        """Where partials lie; on a real tablet in tmpfs."""
        return self.folder / "memory"

    @property
    def environ(self) -> dict[str, str]:
        """What its processes are started with."""
        return {
            **os.environ,
            "HEARD_INSTANCE": str(self.instance),
            "HEARD_PORT": "0",
            "HEARD_MEMORY_FOLDER": str(self.memory),
        }

    def verb(self, *arguments: str, typed: str = "", full_disk: bool = False) -> Said:
        """Run one verb to its end; with a full disk no file of its process can grow."""
        room = ["sh", "-c", 'ulimit -f 0 && exec "$@"', "sh"] if full_disk else []
        command = [*room, sys.executable, "-m", "kiosk", *arguments]
        done = subprocess.run(
            command, env=self.environ, input=typed, capture_output=True, text=True, check=False, timeout=60
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Said(done.returncode, done.stdout, done.stderr)

    def join(self, centre: FaultyCentre) -> None:
        """Enrol at this centre."""
        said = self.verb("enrol", centre.address, CODE, "--authority", " ".join(centre.words))
        assert said.code == 0, said.words
        centre.seen.clear()

    def answers(self, count: int) -> set[bytes]:
        """So many sealed answers wait; their ids."""
        rows = [SECRET.public.seal(bytes(4096)) for _ in range(count)]
        store = Store(self.instance / OUTBOX)
        store.put("outbox", rows)
        store.rewrite()
        store.close()
        return {row_id(row) for row in rows}

    def waiting(self, shelf: str = "outbox") -> list[bytes]:
        """The rows that lie on a shelf."""
        store = Store(self.instance / OUTBOX)
        rows = [row for _, row in store.rows(shelf)]
        store.close()
        return rows

    @contextmanager
    def running(self) -> Iterator[Served]:
        """``run`` as a process until the block ends."""
        process = subprocess.Popen(
            [sys.executable, "-m", "kiosk", "run"], env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            yield Served(process, line.strip().removeprefix("Tablet: "))
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=STOP_SECONDS)


@dataclass
class Served:
    """A tablet's serving process and its address."""

    process: subprocess.Popen[str]
    address: str

    def stop(self) -> Said:
        """SIGTERM, as systemd does it."""
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=STOP_SECONDS)
        return Said(self.process.returncode, out, err)

    def kill(self) -> None:
        """As a power cut does it, to the process alone."""
        self.process.kill()
        self.process.wait(STOP_SECONDS)
