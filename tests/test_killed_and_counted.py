"""Kill -9 at random moments between touch and forget, and after each of them count everything.

Twenty kills of the tablet and twenty of the centre or the sender in the ordinary run; ``make soak`` does two hundred of
each. Each made-up person writes a number into the first five answers, so that what was kept can be told apart: nothing
acknowledged may be lost, nobody counted twice.
"""

from __future__ import annotations

import os
import random
import re
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
from survey.partials import rows_in
from survey.sealing import row_id
from survey.settings import memory_folder
from survey.store import CENTRE_SHELVES, Store
from survey.tallies import cover

KILLS = int(os.environ.get("HEARD_SOAK_KILLS", "20"))
DIGIT_ITEMS = 5
BASE = 6
LONGEST_LIFE = 0.6
MOST_PAGES = 40


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    demo = Demo(tmp_path)
    set_up(demo)
    return demo


def the_key(demo: Demo) -> CollectionSecret:
    return Custody(demo.custodian).collection(demo.passphrase.read_text().strip())[0]


@contextmanager
def mortal(demo: Demo, package: str, verb: str, instance: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A serving verb that is dead by kill -9 when the block ends, if not before; with its address once it is ready."""
    command = [sys.executable, "-m", package, verb, "--instance", str(instance)]
    process = subprocess.Popen(command, env=demo.environ, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines = (line.strip().partition(": ")[2] for line in process.stdout)
    address = next(line for line in lines if line.startswith("http://"))
    try:
        yield address, process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@dataclass
class Life:
    """A tablet's: so many pages, and then a moment. Counted in pages, so that people get as far on a slow machine."""

    process: subprocess.Popen[str]
    pages: int
    moment: float

    def spend(self) -> None:
        """One page is asked for."""
        if self.pages == 0:
            threading.Timer(self.moment, self.process.kill).start()
        self.pages -= 1


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


def one_person(address: str, said: Said, life: Life, *, leaves: bool) -> None:
    """Answer until the end, Leave, or the tablet's death, noting only what the pages have shown."""
    number, browser = said.next_number, Browser(address)
    said.next_number += 1
    code = digits(number)
    asked = 0

    def choose(item: str, offered: Sequence[str]) -> Sequence[str]:
        if item == "more":
            return ["finish"]
        return [offered[code[asked] if asked < DIGIT_ITEMS else 0]] if offered else []

    life.spend()
    screen = browser.get("/")
    while screen.question is not None:
        life.spend()
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


def until_it_dies(address: str, said: Said, life: Life, chance: random.Random) -> None:
    try:
        while True:
            one_person(address, said, life, leaves=chance.random() < 0.2)
    except HTTPError:
        return


@dataclass
class Count:
    """A full count of a dead tablet's folders: who is in the rows, by number; each row is opened once."""

    demo: Demo
    core: list[str]
    offered: list[list[str]]
    secret: CollectionSecret = field(init=False)
    opened: dict[bytes, tuple[str, int] | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.secret = the_key(self.demo)
        self.memory = memory_folder(self.demo.tablet)
        code = "|".join(sorted({code for codes in self.offered for code in codes}))
        self.answer = re.compile(rf"""(?:{"|".join(self.core)})["']?\s*[=:,]\s*["']?(?:{code})\b""".encode())

    def kept(self) -> set[int]:
        """Who is kept, in the outbox or for the next start; nobody as two responses."""
        store = Store(self.demo.tablet / "outbox.db")
        rows = [*(row for _, row in store.rows("outbox")), *rows_in(self._in_memory())]
        store.close()
        numbers = Counter(number for _, number in {who for who in map(self._who, rows) if who is not None})
        assert max(numbers.values(), default=1) == 1, "somebody is counted twice"
        return set(numbers)

    def in_the_clear(self) -> list[str]:
        """The files within the tablet's reach that hold an answer beside its question."""
        files = [*self._in_memory(), *(path for path in self.demo.tablet.rglob("*") if path.is_file())]
        return [str(path) for path in files if self.answer.search(path.read_bytes())]

    def _in_memory(self) -> list[Path]:
        return [*self.memory.iterdir()] if self.memory is not None and self.memory.is_dir() else []

    def _who(self, row: bytes) -> tuple[str, int] | None:
        """Which response a row holds, and who gave it."""
        if row_id(row) not in self.opened:
            content = unframed(self.secret.open(row))
            self.opened[row_id(row)] = (
                (content["response"], self._number(content["answers"])) if content["kind"] == "response" else None
            )
        return self.opened[row_id(row)]

    def _number(self, answers: dict[str, str]) -> int:
        return sum(self.offered[place].index(answers[item]) * BASE**place for place, item in enumerate(self.core))


def learn_what_is_offered(address: str) -> tuple[list[str], list[list[str]]]:
    """The first five items and the codes of each, read from the pages themselves."""
    names, codes = [], []
    browser = Browser(address)
    screen = browser.get("/")
    for _ in range(DIGIT_ITEMS):
        assert screen.question is not None
        ((name, offered),) = screen.question.offered.items()
        names.append(name)
        codes.append(offered)
        screen = browser.send(screen.question, [(name, offered[0])])
    browser.send(screen.form_to("/leave"))
    browser.close()
    assert all(len(offered) >= BASE for offered in codes)
    return names, codes


def test_a_killed_tablet_loses_nothing_from_the_core_on_and_counts_nobody_twice(demo: Demo) -> None:
    chance = random.Random(20261122)  # noqa: S311 - repeatable, not secret
    said = Said()
    with demo.running("kiosk", "run", demo.tablet) as address:
        count = Count(demo, *learn_what_is_offered(address))
    planted = demo.tablet / "planted"
    planted.write_text(f'{{"{count.core[0]}":"{count.offered[0][-1]}"}}')
    assert count.in_the_clear() == [str(planted)], "the search finds what is there"
    planted.unlink()
    for _ in range(KILLS):
        with mortal(demo, "kiosk", "run", demo.tablet) as (address, process):
            until_it_dies(address, said, Life(process, chance.randrange(MOST_PAGES), chance.uniform(0, 0.05)), chance)
        check(said, count)
    with demo.running("kiosk", "run", demo.tablet):
        pass  # what was left in memory-backed storage is filed at the start
    check(said, count)
    assert said.told_kept, "nobody got through: the test shows nothing"


def check(said: Said, count: Count) -> None:
    """Nothing acknowledged is lost, nothing counted twice, nothing in the clear."""
    kept = count.kept()
    assert said.told_kept <= kept, "somebody was told that theirs was kept, and it is lost"
    assert said.past_the_core - said.left <= kept, "somebody past the core was lost with the process"
    assert kept <= said.sent_late_core, "somebody is counted who had not answered the core"
    assert not count.in_the_clear()


def test_a_killed_centre_or_sender_loses_no_row_and_keeps_none_twice(demo: Demo) -> None:
    chance = random.Random(20261123)  # noqa: S311 - repeatable, not secret
    plaintext, key = framed(cover()), the_key(demo).public
    outbox, sent = Store(demo.tablet / "outbox.db"), set[bytes]()
    for _ in range(KILLS):
        rows = [key.seal(plaintext) for _ in range(40)]
        outbox.put("outbox", rows)
        sent |= {row_id(row) for row in rows}
        deaths = chance.uniform(0, LONGEST_LIFE), chance.uniform(0.2, LONGEST_LIFE)
        with mortal(demo, "export", "serve", demo.centre) as (_, process):
            death = threading.Timer(deaths[0], process.kill)
            death.start()
            _sync(demo, deaths[1] if chance.random() < 0.5 else None)
            death.join()
        waiting = {row_id(row) for shelf in outbox.shelves for _, row in outbox.rows(shelf)}
        assert sent <= waiting | held_once(demo), "a row that the tablet has forgotten is not at the centre"
    with demo.running("export", "serve", demo.centre):
        assert _sync(demo, None) == 0
    assert outbox.count("outbox") == outbox.count("quarantine") == 0
    outbox.close()
    assert sent <= held_once(demo)


def held_once(demo: Demo) -> set[bytes]:
    """What a dead centre holds: no row of it twice."""
    centre = Store(demo.centre / "centre.db", CENTRE_SHELVES)
    held = [row_id(row) for shelf in centre.shelves for _, row in centre.rows(shelf)]
    centre.close()
    assert len(held) == len(set(held))
    return set(held)


def _sync(demo: Demo, dies_after: float | None) -> int:
    command = [sys.executable, "-m", "kiosk", "sync", "--instance", str(demo.tablet)]
    process = subprocess.Popen(command, env=demo.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if dies_after is None:
        return process.wait()
    death = threading.Timer(dies_after, process.send_signal, [signal.SIGKILL])
    death.start()
    death.join()
    return process.wait()
