"""Kill -9 at random moments between touch and forget, then count everything.

Twenty kills of the tablet and twenty of the centre or the sender in the ordinary run; ``make soak`` does two hundred of
each. Each made-up person writes a number into the first five answers, so that what was kept can be told apart: nothing
acknowledged may be lost, nobody counted twice.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from urllib3.exceptions import HTTPError

from export.custodian.custody import Custody
from export.custodian.unsealing import CollectionSecret
from forms.response import framed, unframed
from survey.demo import Demo, set_up
from survey.made_up import Browser, fill_in
from survey.sealing import row_id
from survey.store import CENTRE_SHELVES, Store
from survey.tallies import cover

KILLS = int(os.environ.get("HEARD_SOAK_KILLS", "20"))
DIGIT_ITEMS = 5
BASE = 6
LONGEST_LIFE = 0.6


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    demo = Demo(tmp_path)
    set_up(demo)
    return demo


def the_key(demo: Demo) -> CollectionSecret:
    return Custody(demo.custodian).collection(demo.passphrase.read_text().strip())[0]


@contextmanager
def killed_after(demo: Demo, package: str, verb: str, instance: Path, seconds: float) -> Iterator[str]:
    """A serving verb that dies by kill -9 some time after it is ready; yields its address."""
    command = [sys.executable, "-m", package, verb, "--instance", str(instance)]
    process = subprocess.Popen(command, env=demo.environ, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines = (line.strip().partition(": ")[2] for line in process.stdout)
    address = next(line for line in lines if line.startswith("http://"))
    death = threading.Timer(seconds, process.send_signal, [signal.SIGKILL])
    death.start()
    try:
        yield address
    finally:
        death.join()
        process.wait()
        process.stdout.close()


@dataclass
class Said:
    """What people experienced at the tablet: by number, who got how far."""

    next_number: int = 0
    sent_late_core: set[int] = field(default_factory=set)
    past_the_core: set[int] = field(default_factory=set)
    told_kept: set[int] = field(default_factory=set)
    left: set[int] = field(default_factory=set)


def digits(number: int) -> list[int]:
    return [number // BASE**place % BASE for place in range(DIGIT_ITEMS)]


def one_person(address: str, said: Said, *, leaves: bool) -> None:
    """Answer until the end, Leave, or the tablet's death, noting only what the pages have shown."""
    number, browser = said.next_number, Browser(address)
    said.next_number += 1
    code = digits(number)
    asked = 0

    def choose(item: str, offered: Sequence[str]) -> Sequence[str]:
        if item == "more":
            return ["finish"]
        return [offered[code[asked] if asked < DIGIT_ITEMS else 0]] if offered else []

    screen = browser.get("/")
    while screen.question is not None:
        if "more" in screen.question.offered:
            said.past_the_core.add(number)
            if leaves:
                said.left.add(number)  # from the press on, it may be gone
                browser.send(screen.form_to("/leave"))
                break
        if asked >= DIGIT_ITEMS:
            said.sent_late_core.add(number)
        screen = browser.send(screen.question, fill_in(screen.question, choose))
        asked += 1
    else:
        if screen.address.endswith("/thanks"):
            said.told_kept.add(number)
    browser.close()


def until_it_dies(address: str, said: Said, chance: random.Random) -> None:
    try:
        while True:
            one_person(address, said, leaves=chance.random() < 0.2)
    except HTTPError:
        return


def numbers_in(rows: Iterator[tuple[str, bytes]], secret: CollectionSecret, core: Sequence[str]) -> Counter[int]:
    """Who is in these rows: by number, in how many different responses."""
    codes: dict[str, tuple[str, ...]] = {}
    for _, row in rows:
        content = unframed(secret.open(row))
        if content["kind"] == "response":
            codes[content["response"]] = tuple(content["answers"].get(item, "") for item in core)
    return Counter(hash_free_number(code) for code in codes.values())


_OFFERED: list[list[str]] = []


def hash_free_number(code: Sequence[str]) -> int:
    return sum(_OFFERED[place].index(value) * BASE**place for place, value in enumerate(code))


def learn_what_is_offered(address: str) -> list[str]:
    """The first five items and their codes, read from the pages themselves."""
    _OFFERED.clear()
    names: list[str] = []
    browser = Browser(address)
    screen = browser.get("/")
    for _ in range(DIGIT_ITEMS):
        assert screen.question is not None
        ((name, offered),) = screen.question.offered.items()
        names.append(name)
        _OFFERED.append(offered)
        screen = browser.send(screen.question, [(name, offered[0])])
    browser.send(screen.form_to("/leave"))
    browser.close()
    assert all(len(offered) >= BASE for offered in _OFFERED)
    return names


def test_a_killed_tablet_loses_nothing_from_the_core_on_and_counts_nobody_twice(demo: Demo) -> None:
    chance = random.Random(20261122)  # noqa: S311 - repeatable, not secret
    said = Said()
    with demo.running("kiosk", "run", demo.tablet) as address:
        core = learn_what_is_offered(address)
    for _ in range(KILLS):
        with killed_after(demo, "kiosk", "run", demo.tablet, chance.uniform(0, LONGEST_LIFE)) as address:
            until_it_dies(address, said, chance)
    with demo.running("kiosk", "run", demo.tablet):
        pass  # what was left in memory-backed storage is filed at the start
    store = Store(demo.tablet / "outbox.db")
    kept = numbers_in(store.rows("outbox"), the_key(demo), core)
    store.close()
    assert said.told_kept, "nobody got through: the test shows nothing"
    assert said.told_kept <= set(kept), "somebody was told that theirs was kept, and it is lost"
    assert said.past_the_core - said.left <= set(kept), "somebody past the core was lost with the process"
    assert set(kept) <= said.sent_late_core, "somebody is counted who had not answered the core"
    assert max(kept.values()) == 1, "somebody is counted twice"


def test_a_killed_centre_or_sender_loses_no_row_and_keeps_none_twice(demo: Demo) -> None:
    chance = random.Random(20261123)  # noqa: S311 - repeatable, not secret
    plaintext, key = framed(cover()), the_key(demo).public
    outbox, sent = Store(demo.tablet / "outbox.db"), set[bytes]()
    for _ in range(KILLS):
        rows = [key.seal(plaintext) for _ in range(40)]
        outbox.put("outbox", rows)
        sent |= {row_id(row) for row in rows}
        deaths = chance.uniform(0, LONGEST_LIFE), chance.uniform(0.2, LONGEST_LIFE)
        with killed_after(demo, "export", "serve", demo.centre, deaths[0]):
            _sync(demo, deaths[1] if chance.random() < 0.5 else None)
    with demo.running("export", "serve", demo.centre):
        assert _sync(demo, None) == 0
    assert outbox.count("outbox") == outbox.count("quarantine") == 0
    outbox.close()
    centre = Store(demo.centre / "centre.db", CENTRE_SHELVES)
    centre.merge()
    held = [row_id(row) for _, row in centre.rows("intake")]
    centre.close()
    assert sent <= set(held), "a row that the tablet has forgotten is not at the centre"
    assert len(held) == len(set(held))


def _sync(demo: Demo, dies_after: float | None) -> int:
    command = [sys.executable, "-m", "kiosk", "sync", "--instance", str(demo.tablet)]
    process = subprocess.Popen(command, env=demo.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if dies_after is None:
        return process.wait()
    death = threading.Timer(dies_after, process.send_signal, [signal.SIGKILL])
    death.start()
    death.join()
    return process.wait()
