"""What somebody sees who types `make run`, answers on the tablet and runs the four commands that are printed."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3

from survey.made_up import Browser, Plan, answer_all

WAITING = 60


@dataclass(frozen=True)
class Printed:
    """The first screen of `make run`."""

    text: str

    def address(self, name: str) -> str:
        """The address that stands behind this name."""
        return self._after(f"{name}: ")

    @property
    def token(self) -> str:
        """The analyst's token."""
        return self._after("Analyst's token: ")

    @property
    def commands(self) -> list[str]:
        """The commands to try next, each whole."""
        return [line.strip() for line in self.text.splitlines() if line.startswith("  ")]

    def _after(self, name: str) -> str:
        return next(line.removeprefix(name) for line in self.text.splitlines() if line.startswith(name))


@pytest.fixture
def printed(tmp_path: Path) -> Iterator[Printed]:
    command = [sys.executable, "-m", "survey", "demo", "--instance", str(tmp_path / "demo")]
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert demo.stdout is not None
    lines = []
    for line in demo.stdout:
        lines.append(line.rstrip("\n"))
        if "Ctrl-C ends" in line:
            break
    try:
        yield Printed("\n".join(lines))
    finally:
        demo.send_signal(signal.SIGINT)
        demo.stdout.close()
        assert demo.wait(60) == 0


def test_an_answer_of_ones_own_reaches_the_analysts_page_by_the_four_printed_commands(printed: Printed) -> None:
    me = Browser(printed.address("Tablet"))
    end = answer_all(me, me.get("/"), Plan("complete", 7).chooses(), None)
    assert end.address.endswith("/thanks")
    me.close()
    assert len(printed.commands) == 4
    for command in printed.commands:
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    asked = {"Authorization": f"Bearer {printed.token}"}
    with urllib3.PoolManager() as http:
        listed = http.request("GET", printed.address("Centre").replace("/releases/", "/api/releases"), headers=asked)
        assert listed.status == 200
        (release,) = listed.json()["releases"]
        assert re.fullmatch(r"heard-made-up-\d+", release["name"])
        assert 50 <= release["records"] <= WAITING + 1, "mine among them, or left out for standing alone"


def test_a_demonstration_that_is_ended_early_leaves_no_process_behind(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "survey", "demo", "--instance", str(tmp_path)]
    demo = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert demo.stderr is not None
    assert any(line.startswith("Made-up people answering") for line in demo.stderr), "centre and tablet are up"
    demo.send_signal(signal.SIGTERM)
    demo.communicate(timeout=60)
    assert demo.returncode != 0
    for machine in ("centre", "tablet"):
        port = int((tmp_path / machine / "settings.toml").read_text().removeprefix("port = "))
        with socket.socket() as visitor, pytest.raises(ConnectionRefusedError):
            visitor.connect(("127.0.0.1", port))
