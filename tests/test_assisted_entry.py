"""Somebody reads the questions out and enters the answers: only where that is allowed, behind its own PIN, marked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from at_the_tablet import KEYS, RESET, WARN, Tablet, a_tablet
from faulty_centre import PLACE, serving
from player import Player, raw
from tablet_process import Machine

from kiosk.pins import ASSISTED, CORNER, WAIT_AFTER_START_SECONDS, set_pin
from survey.briefing import Place

PIN, CORNERS = "402817", "917351"
HUB = replace(KEYS, places=(Place("lewisham", "A hub", "hub", ("kiosk", "assisted"), WARN, RESET),))
LINE = replace(KEYS, places=(Place("lewisham", "A line", "line", ("assisted",), WARN, RESET),))


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Tablet]:
    set_pin(tmp_path / ASSISTED, PIN)
    set_pin(tmp_path / CORNER, CORNERS)
    with a_tablet(tmp_path, keys=HUB) as tablet:
        tablet.seconds += WAIT_AFTER_START_SECONDS
        yield tablet


def enter(tablet: Tablet, pin: str = PIN) -> int:
    return raw(tablet.address, "/assisted", "POST", [("pin", pin)]).status


def helper(tablet: Tablet) -> Player:
    """Somebody who sits at the open assisted entry."""
    person = Player(tablet.address)
    person.look("/assisted/")
    return person


def test_what_is_entered_for_somebody_is_marked_so(hub: Tablet) -> None:
    assert enter(hub) == 303
    person = helper(hub)
    assert "Read this out" in person.screen.words
    assert b'href="/assisted/aloud/aloud.css"' in raw(hub.address, "/assisted/").data
    assert b"font-size" in raw(hub.address, "/assisted/aloud/aloud.css").data
    person.first_of_each()
    assert person.screen.address.endswith("/assisted/thanks")
    assert hub.only_response().mode == "assisted"


def test_people_who_answer_alone_at_the_same_tablet_are_not(hub: Tablet) -> None:
    enter(hub)
    person = Player(hub.address)
    assert "Read this out" not in person.look().words
    person.first_of_each()
    assert hub.only_response().mode == "kiosk"


@pytest.mark.parametrize("pin", ["", CORNERS, "739155"])
def test_other_digits_open_nothing(hub: Tablet, pin: str) -> None:
    assert enter(hub, pin) == 200
    shut = raw(hub.address, "/assisted/")
    assert (shut.status, shut.headers["Location"]) == (303, "/assisted")
    assert raw(hub.address, "/assisted/page/experience", "POST", [("experience", "good")]).status == 303
    assert hub.counts() == {}


def test_the_corner_does_not_open_with_the_digits_of_assisted_entry(hub: Tablet) -> None:
    assert b"Stop for today" not in raw(hub.address, "/corner", "POST", [("pin", PIN)]).data


def test_a_finished_response_cannot_be_read_again(hub: Tablet) -> None:
    enter(hub)
    person = helper(hub)
    person.first_of_each(experience="bad")
    for path in ("/assisted/", "/assisted/page/experience", "/assisted/page/last"):
        screen = person.look(path)
        assert screen.address.endswith("/assisted/thanks")
        assert "bad" not in screen.words.lower()
    person.press("/next")
    person.look("/assisted/")
    assert b"checked" not in raw(hub.address, "/assisted/page/experience", cookie=person.cookie).data


def test_closing_the_door_ends_what_was_under_way(hub: Tablet) -> None:
    enter(hub)
    person = helper(hub)
    person.say(experience="good")
    person.say(contact="easy")
    person.say(crime="theft")
    person.look("/assisted/staff")
    person.press("/assisted")
    assert hub.only_response().status == "core"
    assert person.look("/assisted/").address.endswith("/assisted")


def test_the_door_shuts_by_itself_when_nobody_uses_it(hub: Tablet) -> None:
    enter(hub)
    for _ in range(3):
        hub.seconds += 100
        assert raw(hub.address, "/assisted/").status == 200
    hub.seconds += 130
    assert raw(hub.address, "/assisted/").status == 303


def test_each_page_of_it_keeps_the_headers_and_a_cookie_of_its_own(hub: Tablet) -> None:
    enter(hub)
    answer = raw(hub.address, "/assisted/")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Path=/assisted" in answer.headers["Set-Cookie"]


def test_a_counter_has_no_such_door_whatever_digits_are_set(tmp_path: Path) -> None:
    set_pin(tmp_path / ASSISTED, PIN)
    with a_tablet(tmp_path) as tablet:
        tablet.seconds += WAIT_AFTER_START_SECONDS
        assert enter(tablet) == 404
        assert raw(tablet.address, "/assisted/").status == 404
        assert b"Assisted" not in raw(tablet.address, "/staff").data


def test_a_keys_file_that_no_longer_allows_it_shuts_an_open_door(hub: Tablet) -> None:
    enter(hub)
    hub.keys = KEYS
    assert raw(hub.address, "/assisted/").status == 404


def test_a_telephone_line_leads_straight_to_the_digits(tmp_path: Path) -> None:
    with a_tablet(tmp_path, keys=LINE) as tablet:
        assert raw(tablet.address, "/").headers["Location"] == "/assisted"
        assert b"python -m kiosk pin --assisted" in raw(tablet.address, "/assisted").data


def test_run_with_assisted_opens_there_and_is_refused_at_a_counter(tmp_path: Path) -> None:
    with serving() as centre:
        machine = Machine(tmp_path)
        machine.join(centre)
        refused = machine.verb("run", "--assisted")
        assert refused.code == 1
        assert "does not allow assisted entry" in refused.err
        hub = Place(PLACE, "A hub", "hub", ("kiosk", "assisted"))
        keys = tmp_path / "keys"
        keys.write_bytes(centre.signed_keys(serial=2, places=(hub,)))
        assert machine.verb("keys", str(keys)).code == 0
        assert machine.verb("pin", "--assisted", typed=f"{PIN}\n{PIN}\n").code == 0
        assert (machine.instance / ASSISTED).exists()
