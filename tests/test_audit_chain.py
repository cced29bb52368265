"""Whoever changes, drops or slips in a line of the audit log is found out, and so is who cuts off its end."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from centre_world import World
from test_centre_verbs import refused, works

from export.centre.audit import Audit, ChainBroken
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
    assert newest in works(world, "audit")
    centre.audit.note("operator", "did", "more")
    assert "more" in works(world, "audit", "--holds", newest)


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
    assert "have been dropped" in refused(world, "audit", "--holds", newest)
