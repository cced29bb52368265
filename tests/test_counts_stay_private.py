"""Nobody beside the tablet and nobody on the network can tell whether anyone answered: nought looks like nine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from faulty_centre import FaultyCentre, Seen, joined, serving
from tablet_process import Machine

from kiosk.nightly import Nightly
from kiosk.unconfirmed import FILE as UNCONFIRMED

FEW, MANY = 3, 9


@pytest.fixture(scope="module")
def centre() -> Iterator[FaultyCentre]:
    with serving() as centre:
        yield centre


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory, centre: FaultyCentre) -> dict[int, Machine]:
    """The same tablet three times: with no answer, with three and with nine waiting."""
    made = {count: Machine(tmp_path_factory.mktemp("machine")) for count in (0, FEW, MANY)}
    for count, machine in made.items():
        machine.join(centre)
        machine.answers(count)
    return made


def seen_by(machine: Machine, words: str) -> str:
    """What was seen, without the one thing that differs between two tablets: the folder's name."""
    return words.replace(str(machine.folder), "FOLDER")


def outlines(seen: list[Seen]) -> list[Any]:
    """What somebody on the network sees of requests."""
    return [each.outline for each in seen]


def test_status_says_the_same_with_nought_and_with_nine(machines: dict[int, Machine]) -> None:
    said = {seen_by(machine, machine.verb("status").words) for machine in machines.values()}
    assert len(said) == 1


def test_status_says_the_same_when_the_centre_has_been_silent(machines: dict[int, Machine]) -> None:
    said = set()
    for machine in machines.values():
        contact = machine.instance / "last-contact"
        before = contact.read_text()
        contact.write_text("2026-01-01\n")
        with machine.running():
            words = machine.verb("status").words
        assert "Has not sent for" in words
        said.add(seen_by(machine, words))
        contact.write_text(before)
    assert len(said) == 1


def test_the_staff_page_and_the_first_page_say_the_same(machines: dict[int, Machine]) -> None:
    said: dict[str, set[str]] = {"staff": set(), "": set()}
    for machine in machines.values():
        with machine.running() as served:
            for path, seen in said.items():
                page = urllib3.request("GET", served.address + path, retries=False)
                assert page.status == 200
                seen.add(re.sub(r'value="[0-9a-f]{32,}"', "", page.data.decode()))
    assert {path: len(seen) for path, seen in said.items()} == {"staff": 1, "": 1}


def test_a_failed_send_by_hand_says_the_same(machines: dict[int, Machine], centre: FaultyCentre) -> None:
    said = set()
    for machine in machines.values():
        centre.faults.extend(["", "", "login page"])
        words = machine.verb("sync").words
        assert words.startswith("1\n")
        said.add(seen_by(machine, words))
    assert len(said) == 1


def test_a_send_by_hand_reads_and_looks_the_same(machines: dict[int, Machine], centre: FaultyCentre) -> None:
    said, wire = set(), []
    for count, machine in machines.items():
        # What an earlier try left unconfirmed goes first; that is no row's doing and the same for all three.
        again = (machine.instance / UNCONFIRMED).exists()
        centre.seen.clear()
        words = machine.verb("sync").words
        assert words.startswith("0\n")
        said.add(seen_by(machine, words))
        wire.append(outlines(centre.seen))
        assert len(machine.waiting()) == (FEW if count == FEW else 0)
    assert len(said) == 1
    assert wire[0] == wire[1] == wire[2]
    assert len([path for _, path, *_ in wire[0] if path == "/intake/rows"]) == 1 + again


def test_a_night_looks_the_same(tmp_path: Path) -> None:
    wire = []
    for count in (0, FEW, MANY):
        with serving() as centre, joined(tmp_path / str(count), centre) as tablet:
            answers = tablet.answers(count)
            Nightly(tablet.sync, lambda: None, tablet.clock.monotonic, tablet.store.rewrite).send()
            assert answers <= set(centre.rows)
            wire.append(outlines(centre.seen))
    assert wire[0] == wire[1] == wire[2]


def test_asking_for_news_by_day_looks_the_same(tmp_path: Path) -> None:
    wire = []
    for count in (0, MANY):
        with serving() as centre, joined(tmp_path / str(count), centre) as tablet:
            tablet.answers(count)
            for _ in range(3):
                tablet.sync.news()
            wire.append(outlines(centre.seen))
            assert not centre.packets()
    assert wire[0] == wire[1]


def test_no_file_beside_the_sealed_rows_differs(machines: dict[int, Machine]) -> None:
    beside = {}
    for count, machine in machines.items():
        told = (path for path in machine.instance.iterdir() if not path.name.startswith("outbox"))
        own = {"tablet.key"}
        beside[count] = {path.name: path.read_bytes() for path in told if path.name not in own}
    assert beside[0] == beside[FEW] == beside[MANY]


@pytest.mark.parametrize(("waiting", "packets"), [(0, 1), (11, 1), (12, 1), (13, 2), (25, 3)])
def test_above_a_packets_rows_a_send_by_hand_tells_about_how_many_wait_as_the_threat_model_says(
    tmp_path: Path, waiting: int, packets: int
) -> None:
    with serving() as centre, joined(tmp_path, centre) as tablet:
        tablet.answers(waiting)
        tablet.sync.push(by_hand=True)
        assert len(centre.packets()) == packets
    assert "Above eleven answers the number of packets tells" in Path("docs/threat-model.md").read_text()
