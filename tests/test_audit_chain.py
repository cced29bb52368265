"""Whoever changes, drops or slips in a line of the audit log is found out, and so is who cuts off its end."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from centre_world import World
from test_centre_verbs import refused, works

from export.centre.audit import Audit, ChainBroken, chained
from export.centre.instance import Centre

LINES = 8


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "centre")


@pytest.fixture
def centre(world: World) -> Iterator[Centre]:
    centre = world.opened()
    for number in range(LINES):
        centre.audit.note("operator", "did", f"thing {number}")
    yield centre
    centre.close()


def tampered(world: World, *commands: str) -> None:
    """As somebody does who can write the file: past the triggers."""
    with sqlite3.connect(world.folder / "registry.db") as file:
        for trigger in ("audit_stays", "audit_is_kept"):
            file.execute(f"DROP TRIGGER {trigger}")
        for command in commands:
            file.execute(command)
    file.close()


def test_a_log_that_nobody_touched_is_whole_and_the_verb_says_so(world: World, centre: Centre) -> None:
    newest = centre.audit.newest_link()
    alone = works(world, "audit")
    assert newest in alone
    assert "as it was written" not in alone, "whoever can write the file can make every link anew"
    assert "--holds" in alone
    centre.audit.note("operator", "did", "more")
    said = works(world, "audit", "--holds", newest)
    assert "more" in said
    assert f"Every line up to line {LINES} is as it was when this link was written down." in said


@pytest.mark.parametrize("changed", [str.upper, lambda link: f" {link[:8]}\n", lambda link: link[:20].title()])
def test_a_link_is_known_by_its_first_eight_digits_however_they_are_written(
    world: World, centre: Centre, changed: Callable[[str], str]
) -> None:
    assert "is as it was" in works(world, "audit", "--holds", changed(centre.audit.newest_link()))


@pytest.mark.parametrize("slip", ["", "   ", "0f3a", "0f3a99xz", "00000000", "0" * 64, "0" * 65])
def test_a_slip_of_the_pen_is_asked_about_before_anybody_is_blamed(world: World, centre: Centre, slip: str) -> None:
    said = refused(world, "audit", "--holds", slip)
    assert "This is no link of this log: look at it again" in said
    assert "dropped" not in said.split("look at it again")[0]


def test_who_made_all_links_anew_is_found_by_a_link_that_was_written_down(world: World, centre: Centre) -> None:
    newest, notes, last = centre.audit.newest_link(), centre.registry.notes()[1:], ""
    tampered(world, "DELETE FROM audit")
    for note in notes:
        centre.registry.add_note(note, chained)
        last = centre.audit.newest_link()
    assert last in works(world, "audit")
    assert "This is no link of this log" in refused(world, "audit", "--holds", newest)


def test_an_emptied_log_is_said(world: World, centre: Centre) -> None:
    newest = centre.audit.newest_link()
    tampered(world, "DELETE FROM audit")
    assert "The audit log is empty" in works(world, "audit")
    assert "This is no link of this log" in refused(world, "audit", "--holds", newest)


def test_no_line_can_be_slipped_in_by_what_a_name_holds(world: World, centre: Centre, tmp_path: Path) -> None:
    before = len(works(world, "audit").splitlines())
    works(world, "carry-out", str(tmp_path / "a\n2026-01-01T00:00:00+00:00  ana  pull  london\x1b[2K.carried"))
    after = works(world, "audit")
    assert len(after.splitlines()) == before + 1
    assert "a\\n2026-01-01" in after
    assert "\x1b" not in after


@pytest.mark.parametrize("number", range(1, LINES + 1))
@pytest.mark.parametrize("column", ["at", "who", "did", "what", "chain"])
def test_no_line_can_be_changed(world: World, centre: Centre, column: str, number: int) -> None:
    tampered(world, f"UPDATE audit SET {column} = {column} || 'x' WHERE number = {number}")  # noqa: S608 - our own words
    with pytest.raises(ChainBroken, match=f"Line {number} "):
        centre.audit.newest_link()


@pytest.mark.parametrize("number", range(1, LINES))
def test_no_line_can_be_dropped(world: World, centre: Centre, number: int) -> None:
    tampered(world, f"DELETE FROM audit WHERE number = {number}")  # noqa: S608 - our own words
    assert "is not as it was written" in refused(world, "audit")


def test_two_lines_cannot_change_places(world: World, centre: Centre) -> None:
    tampered(
        world,
        "UPDATE audit SET number = 100 WHERE number = 3",
        "UPDATE audit SET number = 3 WHERE number = 4",
        "UPDATE audit SET number = 4 WHERE number = 100",
    )
    with pytest.raises(ChainBroken):
        centre.audit.newest_link()


def test_who_wrote_down_a_link_finds_out_that_the_end_was_cut_off(world: World, centre: Centre) -> None:
    newest = centre.audit.newest_link()
    tampered(world, f"DELETE FROM audit WHERE number = {LINES}")  # noqa: S608 - our own words
    Audit(centre.registry).newest_link()
    assert "have been changed or dropped" in refused(world, "audit", "--holds", newest)
