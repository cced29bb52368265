"""A real PostgreSQL for tests: Debian's own, in a folder of its own, set up as docs/postgresql/ tells operators to.

It listens on a socket in that folder and on no network. A server refuses to run as root, so there it runs as somebody
who owns nothing. Where there is none, or no libpq to speak to it, the tests say so: skipped on a desk, a failure where
CI runs.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SET_UP = Path(__file__).parent.parent / "docs" / "postgresql"
_MISSING = "PostgreSQL is not installed, so nothing was tried on it: sudo apt-get install postgresql"
try:
    import psycopg
except ImportError:
    if os.environ.get("CI") == "true":
        raise
    pytest.skip(_MISSING, allow_module_level=True)

__all__ = ["SET_UP", "Server", "postgresql", "psycopg"]
_VERSIONS = Path("/usr/lib/postgresql")


def programs() -> Path:
    """The folder of initdb and pg_ctl. Skips the test where there is none, fails it in CI."""
    found = sorted(_VERSIONS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        if os.environ.get("CI") == "true":
            pytest.fail(_MISSING)
        pytest.skip(_MISSING)
    return found[-1].parent


@dataclass
class Server:
    """One running server. ``folder`` holds its data in ``data``, its log in ``log`` and its socket."""

    folder: Path
    bin: Path
    made: int = field(default=0)

    @property
    def data(self) -> Path:
        """Everything that a thief of its disk would have, its log apart."""
        return self.folder / "data"

    @property
    def log(self) -> str:
        """What the server wrote down."""
        return (self.folder / "log").read_text()

    def address(self, database: str, role: str = "heard") -> str:
        """A database's address, as a centre is told it."""
        return f"postgresql://{role}@/{database}?host={self.folder}"

    def new(self) -> str:
        """A new, empty database; its name."""
        self.made += 1
        name = f"centre_{self.made}"
        self.told(f"CREATE DATABASE {name} TEMPLATE heard OWNER heard")
        return name

    def told(self, *statements: str, database: str = "postgres") -> str:
        """What psql prints for statements of the server's administrator, each by itself."""
        told = [word for statement in statements for word in ("-c", statement)]
        return self.run(
            "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", str(self.folder), *told, database
        )

    def set(self, **settings: str) -> None:
        """Set the server otherwise than docs/postgresql/heard.conf, and start it anew."""
        told = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
        (self.data / "otherwise.conf").write_text(told)
        self.restart()

    def reload(self, change: str, question: str, answer: str) -> None:
        """Change a setting of the running server, and wait until whoever comes now is told so."""
        self.told(change, "SELECT pg_reload_conf()")
        while self.told(question) != answer:
            continue

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.run("pg_ctl", "-D", str(self.data), "-w", "-l", str(self.folder / "log"), "start")

    def stop(self, how: str = "fast") -> None:
        """Stop it; ``immediate`` is what a power cut does to it."""
        self.run("pg_ctl", "-D", str(self.data), "-w", "-m", how, "stop")

    def restart(self) -> None:
        """Stop and start."""
        self.stop()
        self.start()

    def run(self, program: str, *arguments: str, ends: Container[int] = (0,)) -> str:
        """One of PostgreSQL's programs, as the user whose the server is; what it printed."""
        command = [str(self.bin / program), *arguments]
        user, group, others = _nobody()
        done = subprocess.run(
            command, user=user, group=group, extra_groups=others, cwd=self.folder, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode in ends, f"{program}: {done.stdout}{done.stderr}"
        return done.stdout.strip()


def _nobody() -> tuple[int | None, int | None, list[int] | None]:
    """User, group and other groups to run as; none where we may not choose."""
    if os.geteuid() != 0:
        return None, None, None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid, []


@contextmanager
def postgresql() -> Iterator[Server]:
    """A new server, gone with all its data afterwards."""
    found = programs()
    with tempfile.TemporaryDirectory(prefix="heard-pg-") as name:
        folder = Path(name)
        user, group, _ = _nobody()
        if user is not None and group is not None:
            os.chown(folder, user, group)
        server = Server(folder, found)
        # The smallest files of its log, since each tick begins a new one.
        server.run("initdb", "-D", str(server.data), "-A", "trust", "--no-sync", "--no-locale", "--wal-segsize=1")
        shutil.copy(SET_UP / "heard.conf", server.data / "heard.conf")
        (server.data / "otherwise.conf").touch()
        with (server.data / "postgresql.conf").open("a") as settings:
            settings.write(
                f"listen_addresses = ''\nunix_socket_directories = '{folder}'\nunix_socket_permissions = 0777\n"
            )
            settings.write("include = 'heard.conf'\ninclude = 'otherwise.conf'\n")
        for given in ("heard.conf", "otherwise.conf"):
            (server.data / given).chmod(0o644)
        server.start()
        try:
            shutil.copy(SET_UP / "set-up.sql", folder / "set-up.sql")
            (folder / "set-up.sql").chmod(0o644)
            server.run(
                "psql",
                "-X",
                "-q",
                "-h",
                str(folder),
                "-v",
                "ON_ERROR_STOP=1",
                "-f",
                str(folder / "set-up.sql"),
                "postgres",
            )
            yield server
        finally:
            server.stop("immediate")
