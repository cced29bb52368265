"""The staff corner: six digits, growing waits, and nothing that tells of anybody who answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from at_the_tablet import Tablet, a_tablet
from faulty_centre import FaultyCentre, serving
from player import Player, raw
from tablet_process import Machine

from kiosk.pins import CORNER, LONGEST_WAIT_SECONDS, WAIT_AFTER_START_SECONDS, WeakPin, set_pin

PIN = "402817"


@pytest.fixture
def tablet(tmp_path: Path) -> Iterator[Tablet]:
    set_pin(tmp_path / CORNER, PIN)
    with a_tablet(tmp_path) as tablet:
        tablet.seconds += WAIT_AFTER_START_SECONDS
        yield tablet


def enter(tablet: Tablet, pin: str) -> str:
    answer = raw(tablet.address, "/corner", "POST", [("pin", pin)])
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    return answer.data.decode()


def press(tablet: Tablet, page: str, what: str) -> str:
    (key,) = set(re.findall(r'name="key" value="([0-9a-f]+)"', page))
    return raw(tablet.address, "/corner", "POST", [("key", key), ("do", what)]).data.decode()


def is_open(page: str) -> bool:
    return "Stop for today" in page or "Start again" in page


def test_the_right_digits_show_the_state_in_words_and_the_software(tablet: Tablet) -> None:
    page = enter(tablet, PIN)
    assert "Working." in page
    assert "For the telephone." in page
    assert "0123abcd" in page


def test_the_open_staff_page_shows_only_the_first_sentence(tablet: Tablet) -> None:
    page = raw(tablet.address, "/staff").data.decode()
    assert "Working." in page
    assert "For the telephone." not in page
    assert 'href="/corner"' in page


@pytest.mark.parametrize("wrong", ["", "000000", "40281", "4028170", "４０２８１７", "402817\x00", "x" * 5000])
def test_wrong_digits_open_nothing(tablet: Tablet, wrong: str) -> None:
    page = enter(tablet, wrong)
    assert not is_open(page)
    assert "Working." not in page


def test_without_a_pin_the_corner_says_how_to_set_one(tmp_path: Path) -> None:
    with a_tablet(tmp_path) as tablet:
        for method, fields in (("GET", None), ("POST", [("pin", PIN)])):
            page = raw(tablet.address, "/corner", method, fields).data.decode()
            assert "python -m kiosk pin" in page
            assert not is_open(page)


def test_the_waits_grow_to_a_quarter_of_an_hour_and_right_digits_are_not_looked_at_meanwhile(tablet: Tablet) -> None:
    waits = []
    for _ in range(14):
        assert "not the digits" in enter(tablet, "739155")
        found = re.search(r"Wait (\d+) seconds", enter(tablet, "739155"))
        waits.append(int(found[1]) if found else 0)
        assert not found or not is_open(enter(tablet, PIN))
        tablet.seconds += waits[-1]
    assert waits == sorted(waits)
    assert waits[-1] in (LONGEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS + 1)
    assert is_open(enter(tablet, PIN))


def test_switching_off_and_on_gains_no_tries_and_leaves_no_file(tmp_path: Path) -> None:
    set_pin(tmp_path / CORNER, PIN)
    for _ in range(3):
        with a_tablet(tmp_path) as tablet:
            before = sorted(path.name for path in tmp_path.iterdir())
            assert "Wait 31 seconds" in enter(tablet, PIN)
            tablet.seconds += WAIT_AFTER_START_SECONDS
            assert "not the digits" in enter(tablet, "739155")
            assert "Wait 8" in enter(tablet, PIN)
            assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_the_key_of_the_open_corner_ends_with_it(tablet: Tablet) -> None:
    page = enter(tablet, PIN)
    assert is_open(press(tablet, page, "look"))
    tablet.seconds += 119
    assert is_open(press(tablet, page, "look"))
    tablet.seconds += 121
    assert not is_open(press(tablet, page, "look"))
    page = enter(tablet, PIN)
    press(tablet, page, "close")
    assert not is_open(press(tablet, page, "look"))
    assert not is_open(raw(tablet.address, "/corner", "POST", [("key", ""), ("do", "stop")]).data.decode())
    assert not tablet.today.closed


def test_stopped_for_today_nobody_is_asked_until_staff_start_it_again(tablet: Tablet) -> None:
    person = Player(tablet.address)
    person.look()
    person.say(experience="good")
    person.say(contact="easy")
    person.say(crime="theft")
    page = enter(tablet, PIN)
    closed = press(tablet, page, "stop")
    assert "Start again" in closed
    start = raw(tablet.address, "/")
    assert start.status == 503
    assert b"ask for a card" in start.data
    assert b'href="/staff"' in start.data, "staff find their way back"
    assert tablet.only_response().status == "core", "whoever was in the middle of it is not lost"
    assert "Stop for today" in press(tablet, closed, "again")
    assert raw(tablet.address, "/").status == 200


def test_stopped_for_today_is_over_tomorrow(tablet: Tablet) -> None:
    tablet.today.close()
    (tablet.folder / "closed-today").write_text("2026-11-19\n")
    assert raw(tablet.address, "/").status == 200


def test_nothing_in_the_corner_counts_anybody(tablet: Tablet) -> None:
    before = enter(tablet, PIN)
    for _ in range(3):
        person = Player(tablet.address)
        person.look()
        person.first_of_each()
        person.press("/next")
    assert len(tablet.responses()) == 3
    after = enter(tablet, PIN)
    assert re.sub(r'"[0-9a-f]{32}"', "", before) == re.sub(r'"[0-9a-f]{32}"', "", after)


def test_the_mark_changes_when_somebody_is_gone_and_not_before(tablet: Tablet) -> None:
    def mark() -> bytes:
        return raw(tablet.address, "/sitting").data

    empty = mark()
    person = Player(tablet.address)
    person.look()
    assert mark() == empty, "somebody who only looks is not gone when the next one looks"
    person.first_of_each()
    assert mark() == empty, "the thanks stay on the screen"
    person.press("/next")
    second = mark()
    assert second != empty
    assert mark() == second
    person.look()
    person.say(experience="bad")
    assert mark() == second
    tablet.wait(91)
    assert mark() not in {second, empty}


@pytest.mark.parametrize("pin", ["12345", "1234567", "abcdef", "111111", "123456", "654321", "٤٠٢٨١٧"])
def test_a_weak_pin_is_refused_and_the_old_one_holds(tmp_path: Path, pin: str) -> None:
    set_pin(tmp_path / CORNER, PIN)
    before = (tmp_path / CORNER).read_bytes()
    with pytest.raises(WeakPin):
        set_pin(tmp_path / CORNER, pin)
    assert (tmp_path / CORNER).read_bytes() == before


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[tuple[Machine, FaultyCentre]]:
    with serving() as centre:
        machine = Machine(tmp_path)
        machine.join(centre)
        yield machine, centre


def test_the_verb_asks_twice_and_keeps_only_a_hash(machine: tuple[Machine, FaultyCentre]) -> None:
    tablet, _ = machine
    differing = tablet.verb("pin", typed=f"{PIN}\n402818\n402818\n402818\n")
    assert PIN not in differing.words
    said = tablet.verb("pin", typed=f"{PIN}\n{PIN}\n")
    assert said.code == 0
    kept = (tablet.instance / CORNER).read_bytes()
    assert PIN.encode() not in kept
    assert (tablet.instance / CORNER).stat().st_mode & 0o077 == 0
    assert tablet.verb("pin", typed="111111\n111111\n").code == 1
    assert (tablet.instance / CORNER).read_bytes() == kept


def test_a_running_tablet_is_slow_to_open_after_its_start_and_status_says_that_staff_stopped_it(
    machine: tuple[Machine, FaultyCentre],
) -> None:
    tablet, _ = machine
    set_pin(tablet.instance / CORNER, PIN)
    with tablet.running() as served:
        answer = raw(served.address, "/corner", "POST", [("pin", PIN)])
        assert b"Wait" in answer.data
        assert answer.headers["Content-Security-Policy"]
        (tablet.instance / "closed-today").write_text(tablet_day(tablet))
        assert raw(served.address, "/").status == 503
        status = tablet.verb("status")
        assert (status.code, status.out.startswith("Stopped for today by staff")) == (1, True)


def tablet_day(machine: Machine) -> str:
    """The day by the tablet's own reckoning: that of its last contact, which was just now."""
    return (machine.instance / "last-contact").read_text()
