"""Once a span of months has ended the centre prepares the custodian's file, once, and reminds until it is fetched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from centre_world import World
from hypothesis import given
from hypothesis import strategies as st
from portal_world import PortalWorld, portal_world
from test_publish import built

from export.centre.audit import Audit
from export.centre.instance import Centre
from export.centre.preparing import cadence, last_span, prepare, waiting
from survey.clock import Clock
from survey.parcel import CARRY_OUT, open_parcel


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[PortalWorld]:
    with portal_world(tmp_path) as world:
        yield world


def on(centre: Centre, day: date) -> None:
    """The centre's clock says this day."""
    centre.clock = Clock(now=lambda: datetime(day.year, day.month, day.day, 6, tzinfo=UTC))


def with_keys_since(portal: PortalWorld, day: date) -> None:
    """The operator took keys in on this day, and on none before."""
    portal.centre.audit = Audit(portal.centre.registry, lambda: datetime(day.year, day.month, day.day, 9, tzinfo=UTC))
    portal.world.tell(portal.centre, 2)


def with_rows(world: World, centre: Centre) -> None:
    centre.store.put("arrivals", world.rows(3), door="tablet")
    centre.store.merge()


@pytest.mark.parametrize(
    ("day", "months", "span"),
    [
        (date(2026, 11, 24), 3, "2026-07-to-2026-09"),
        (date(2026, 10, 1), 3, "2026-07-to-2026-09"),
        (date(2026, 9, 30), 3, "2026-04-to-2026-06"),
        (date(2027, 1, 1), 3, "2026-10-to-2026-12"),
        (date(2027, 1, 1), 1, "2026-12-to-2026-12"),
        (date(2026, 11, 24), 12, "2025-01-to-2025-12"),
    ],
)
def test_the_span_that_ended_last(day: date, months: int, span: str) -> None:
    assert last_span(day, months) == span


@given(day=st.dates(date(2020, 1, 1), date(2099, 12, 31)), months=st.sampled_from([1, 2, 3, 4, 6, 12]))
def test_a_span_has_always_ended(day: date, months: int) -> None:
    began, ended = last_span(day, months).split("-to-")
    assert began <= ended < f"{day:%Y-%m}"


def test_it_is_prepared_once_and_made_up_once_and_not_again_when_it_was_fetched(portal: PortalWorld) -> None:
    world, centre = portal.world, portal.centre
    with_keys_since(portal, date(2026, 8, 3))
    with_rows(world, centre)
    on(centre, date(2026, 12, 31))
    first = prepare(centre)
    assert first is not None
    assert open_parcel(first, CARRY_OUT, centre.intake_key.public).count == 3
    assert prepare(centre) is None
    first.unlink()
    assert prepare(centre) is None, "somebody took it to the custodian"
    on(centre, date(2027, 5, 9))
    second = prepare(centre)
    assert second is not None
    assert second.name == "2027-01-to-2027-03.carried", "what was missed meanwhile is in it: it holds everything"
    assert prepare(centre) is None


def test_the_recipe_of_the_release_that_closed_last_says_how_often(portal: PortalWorld, tmp_path: Path) -> None:
    world, centre = portal.world, portal.centre
    with_keys_since(portal, date(2026, 8, 3))
    with_rows(world, centre)
    on(centre, date(2026, 12, 31))
    assert cadence(centre) == centre.settings.release_months == 3
    releases = centre.releases()
    assert releases is not None
    after = [releases.folder / one.name for one in releases.listed()]
    for name, closes, months in (("z-first", "2026-09", 6), ("a-second", "2026-11", 1)):
        more = {"closes": closes, "epoch_months": months}
        release = built(tmp_path / "made", world.authority, name, after=after, more=more)
        releases.publish(release)
        after.append(release)
    prepared = prepare(centre)
    assert prepared is not None
    assert prepared.name == "2026-11-to-2026-11.carried"


def test_a_span_that_ended_before_there_were_keys_is_not_prepared(portal: PortalWorld) -> None:
    with_rows(portal.world, portal.centre)
    assert prepare(portal.centre) is None
    assert waiting(portal.centre) == []


@pytest.mark.parametrize("answered", [False, True], ids=["nobody answered", "somebody answered"])
def test_the_calendar_alone_prepares_so_that_no_day_of_an_answer_is_told(
    portal: PortalWorld, capsys: pytest.CaptureFixture[str], *, answered: bool
) -> None:
    """Were a centre without answers left out, the night of its first line would be the night after its first answer."""
    world, centre = portal.world, portal.centre
    with_keys_since(portal, date(2026, 9, 30))
    if answered:
        with_rows(world, centre)
    on(centre, date(2026, 10, 1))
    before = len(centre.registry.notes())
    prepared = prepare(centre)
    assert prepared is not None
    assert open_parcel(prepared, CARRY_OUT, centre.intake_key.public).count == (3 if answered else 0)
    name = "2026-07-to-2026-09.carried"
    lines = [(note.who, note.did, note.what) for note in centre.registry.notes()[before:]]
    assert lines == [("schedule", "carry-out", name), ("schedule", "prepared", name)]
    said = capsys.readouterr()
    assert said.out + said.err == "", "a service's log keeps no count and no minute of a carry-out"


def test_one_night_with_the_clock_ahead_takes_no_preparation_away(portal: PortalWorld) -> None:
    centre = portal.centre
    with_keys_since(portal, date(2026, 8, 3))
    on(centre, date(2027, 1, 2))
    too_early = prepare(centre)
    assert too_early is not None
    on(centre, date(2026, 11, 9))
    right = prepare(centre)
    assert right is not None
    assert right.name == "2026-07-to-2026-09.carried"
    assert waiting(centre) == [right.name], "the one that was too early names months that have not been"
    assert prepare(centre) is None
    with_rows(portal.world, centre)
    on(centre, date(2027, 1, 1))
    again = prepare(centre)
    assert again == too_early
    assert open_parcel(again, CARRY_OUT, centre.intake_key.public).count == 3
    assert prepare(centre) is None


def test_the_operator_is_reminded_until_the_file_is_fetched(portal: PortalWorld) -> None:
    with_keys_since(portal, date(2026, 8, 3))
    with_rows(portal.world, portal.centre)
    on(portal.centre, date(2026, 12, 31))
    prepared = prepare(portal.centre)
    assert prepared is not None
    operator = portal.at_work("operator")
    assert prepared.name.encode() in operator.get("releases/audit").body.split(b"<table>")[0]
    prepared.unlink()
    assert b"A span of months has ended" not in operator.get("releases/audit").body
