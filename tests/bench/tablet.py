"""The tablet as a process: first page, memory, and how long an answer takes with 1,000 rows waiting."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

import urllib3

from forms.response import framed
from kiosk.enrolment import Enrolment
from survey.demo import Demo, set_up
from survey.made_up import Browser, Plan, answer_all, plans
from survey.store import Store
from survey.tallies import cover

PEOPLE = 40
WAITING = 1000


def measure(folder: Path, *, full: bool) -> dict[str, float]:
    """``first_page_s``, ``tablet_mb`` and ``post_p95_ms``."""
    del full
    demo = Demo(folder / "tablet-bench")
    demo.folder.mkdir()
    set_up(demo)
    keys = Enrolment.load(demo.tablet).briefing().keys()
    assert keys is not None
    plaintext = framed(cover())
    store = Store(demo.tablet / "outbox.db")
    store.put("outbox", [keys.collection.seal(plaintext) for _ in range(WAITING)])
    store.close()
    command = [sys.executable, "-m", "kiosk", "run", "--instance", str(demo.tablet)]
    start = time.perf_counter()
    process = subprocess.Popen(command, env=demo.environ, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = next(
            line.strip().partition(": ")[2] for line in process.stdout if line.strip().partition(": ")[2][:4] == "http"
        )
        assert Browser(address).get("/").question is not None
        first_page = time.perf_counter() - start
        posts = [post for plan in plans(PEOPLE, 7) for post in _posts(address, plan)]
        megabytes = _resident_kb(process.pid) / 1000
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    return {
        "first_page_s": first_page,
        "tablet_mb": megabytes,
        "post_p95_ms": statistics.quantiles(posts, n=20)[-1] * 1000,
    }


class TimedBrowser(Browser):
    """A browser that notes how long each POST took, from the first byte sent to the last one read."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.posts: list[float] = []

    def request(self, method: str, address: str, body: bytes | None) -> urllib3.BaseHTTPResponse:
        start = time.perf_counter()
        answer = super().request(method, address, body)
        if method == "POST":
            self.posts.append(time.perf_counter() - start)
        return answer


def _posts(address: str, plan: Plan) -> list[float]:
    """Seconds that each answer took, as this person answers to the end."""
    browser = TimedBrowser(address)
    answer_all(browser, browser.get("/"), plan.chooses())
    browser.close()
    return browser.posts


def _resident_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS")))
