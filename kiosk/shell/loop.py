"""The browser's outer loop: a new browser with an empty profile for each person, and not a word about it.

It runs inside one systemd unit for as long as the screen is lit, so that the end of somebody's visit is no restart
that a log could write down. The tablet's page says when a visit is over: a random mark that changes, never a count.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

import urllib3
from urllib3.exceptions import HTTPError

MARK_PATH = "sitting"
LOOK_SECONDS = 0.5
_PATIENCE_SECONDS = 5.0
_SHORT = 64


class Loop:
    """Keeps one browser up. ``profile`` must lie in memory; it is emptied before each start."""

    def __init__(self, address: str, profile: Path, browser: Sequence[str]) -> None:
        self._address = address
        self._profile = profile
        self._browser = browser
        self._pool = urllib3.PoolManager(retries=False, timeout=_PATIENCE_SECONDS)
        self._over = threading.Event()

    def stop(self) -> None:
        """End the browser, then ``run`` returns."""
        self._over.set()

    def run(self) -> None:
        """One browser after another until ``stop``."""
        while not self._over.is_set():
            began_at = self._mark()
            if began_at is None:
                self._over.wait(LOOK_SECONDS)  # the app is not up yet: a blank screen, not an error page
                continue
            self._sitting(began_at)
        self._empty()

    def _sitting(self, began_at: str) -> None:
        self._empty()
        self._profile.mkdir(mode=0o700, parents=True)
        # As an app it has no tabs and no address bar, also where it does not fill the screen: the keyboard needs room.
        command = [
            *self._browser, f"--user-data-dir={self._profile}", f"--disk-cache-dir={self._profile / 'cache'}",
            f"--app={self._address}",
        ]  # fmt: skip
        with subprocess.Popen(  # noqa: S603 - the command stands in our own configuration
            command,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as running:
            # Where the app cannot be asked, the person on the screen is left in peace.
            while running.poll() is None and self._mark() in (began_at, None) and not self._over.wait(LOOK_SECONDS):
                pass
            # All of its processes: a renderer that outlived its browser would hold what was on the screen.
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)

    def _mark(self) -> str | None:
        try:
            answer = self._pool.request("GET", self._address + MARK_PATH, redirect=False)
        except (HTTPError, OSError):
            return None
        return answer.data[:_SHORT].decode("ascii", "replace") if answer.status == 200 else None

    def _empty(self) -> None:
        shutil.rmtree(self._profile, ignore_errors=True)


def main(address: str, profile: Path, browser: Sequence[str]) -> None:
    """Run the loop until SIGTERM."""
    loop = Loop(address, profile, browser)

    def stop(_number: int, _frame: FrameType | None) -> None:
        loop.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    loop.run()
