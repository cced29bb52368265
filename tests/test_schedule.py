"""What runs by itself: every night once, at no hour that can be foretold, whatever the clock does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.clock import Clock
from survey.schedule import Schedule, local_now, next_night

SOON = 20.0
"""Seconds until a test gives up; what it waits for comes within one."""
EVERY_MOMENT = 0.05 / 60
TODAY, YESTERDAY, TOMORROW = date(2026, 11, 22), date(2026, 11, 21), date(2026, 11, 23)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 22, hour, minute, tzinfo=UTC)


def first(_choices: int) -> int:
    return 0


def last(choices: int) -> int:
    return choices - 1


@pytest.mark.parametrize(
    ("now", "ran", "earliest", "latest"),
    [
        (at(12), TODAY, datetime(2026, 11, 23, 0, 0, tzinfo=UTC), datetime(2026, 11, 23, 4, 59, tzinfo=UTC)),
        (at(12), YESTERDAY, at(12, 1), at(12, 59)),
        (at(12), date(2026, 1, 1), at(12, 1), at(12, 59)),
        (at(2), YESTERDAY, at(2, 1), at(4, 59)),
        (at(2), TODAY, datetime(2026, 11, 23, 0, 0, tzinfo=UTC), datetime(2026, 11, 23, 4, 59, tzinfo=UTC)),
        (at(12), TOMORROW, datetime(2026, 11, 23, 0, 0, tzinfo=UTC), datetime(2026, 11, 23, 4, 59, tzinfo=UTC)),
        (at(12), date(2036, 1, 1), datetime(2026, 11, 23, 0, 0, tzinfo=UTC), datetime(2026, 11, 23, 4, 59, tzinfo=UTC)),
    ],
    ids=[
        "ran last night: tonight",
        "missed last night: within the hour",
        "missed all year: once, within the hour",
        "started in the night: the rest of it",
        "ran tonight already: tomorrow",
        "a clock set back by a day: tomorrow",
        "a clock set back by ten years: tomorrow",
    ],
)
def test_the_next_run_is_at_a_random_minute_of_the_right_night(
    now: datetime, ran: date, earliest: datetime, latest: datetime
) -> None:
    assert next_night(now, ran, 0, 5, first) == earliest
    assert next_night(now, ran, 0, 5, last) == latest


def test_the_night_is_the_one_of_the_place_and_not_of_greenwich() -> None:
    summer = timezone(timedelta(hours=1))
    now = datetime(2026, 7, 1, 12, 0, tzinfo=summer)
    assert next_night(now, now.date(), 0, 5, first) == datetime(2026, 7, 2, 0, 0, tzinfo=summer)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - given a zone below
    st.integers(-4000, 4000),
    st.integers(0, 22),
    st.integers(1, 5),
    st.floats(0, 0.999),
)
def test_it_always_runs_within_two_days_and_never_in_the_past(
    now: datetime, days: int, first_hour: int, hours: int, chance: float
) -> None:
    now = now.replace(tzinfo=UTC)
    last_hour = min(23, first_hour + hours)
    when = next_night(now, now.date() + timedelta(days=days), first_hour, last_hour, lambda n: int(chance * n))
    assert now < when <= now + timedelta(days=2)


class Wall:
    """A wall clock that a test can set; the machine's own until then."""

    def __init__(self) -> None:
        self.off = timedelta()

    def __call__(self) -> datetime:
        return local_now() + self.off


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def schedule(wall: Wall, tmp_path: Path) -> Iterator[Schedule]:
    found = Schedule(Clock(), tmp_path / "nights", wall)
    yield found
    found.stop()


class Runs:
    """An action that can be waited for."""

    def __init__(self, wanted: int = 1, then: Callable[[], None] | None = None) -> None:
        self.count = 0
        self.wanted = wanted
        self.then = then
        self._enough = threading.Event()

    def __call__(self) -> None:
        self.count += 1
        if self.count >= self.wanted:
            self._enough.set()
        if self.then is not None:
            self.then()

    def happened(self) -> bool:
        return self._enough.wait(SOON)


def test_an_action_runs_again_and_again(schedule: Schedule) -> None:
    runs = Runs(wanted=3)
    schedule.every("news", EVERY_MOMENT, 0, runs)
    schedule.start()
    assert runs.happened()


def test_nothing_runs_before_it_is_started(wall: Wall, tmp_path: Path) -> None:
    runs, others = Runs(), Runs(wanted=5)
    waiting = Schedule(Clock(), tmp_path / "waiting", wall)
    waiting.every("news", EVERY_MOMENT, 0, runs)
    started = Schedule(Clock(), tmp_path / "started", wall)
    started.every("news", EVERY_MOMENT, 0, others)
    started.start()
    assert others.happened()
    started.stop()
    waiting.stop()
    assert runs.count == 0


def test_an_action_that_fails_ends_neither_itself_nor_the_others(
    schedule: Schedule, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise RuntimeError("no network")

    failing, going_on = Runs(wanted=3, then=fail), Runs(wanted=3)
    schedule.every("failing", EVERY_MOMENT, 0, failing)
    schedule.every("other", EVERY_MOMENT, 0, going_on)
    schedule.start()
    assert failing.happened()
    assert going_on.happened()
    schedule.stop()
    said = capfd.readouterr().err
    assert "failing did not work this time" in said
    assert not any(character.isdigit() for character in said), "no time of a run stands in a log"


@pytest.mark.parametrize("years", [-10, 10], ids=["back", "forward"])
def test_when_the_clock_was_wrong_by_years_and_is_set_right_it_goes_on(
    schedule: Schedule, wall: Wall, years: int
) -> None:
    # Planned while the clock stood years ahead of what the scheduler will see, or behind it.
    wall.off = timedelta(days=-365 * years)
    assert schedule.look()
    runs = Runs(wanted=3)
    schedule.every("news", EVERY_MOMENT, 0, runs)
    schedule.start()
    wall.off = timedelta()
    assert schedule.look()
    assert runs.happened()
    assert not schedule.look(), "it plans anew once"


def test_a_clock_that_drifts_a_little_changes_no_plan(schedule: Schedule, wall: Wall) -> None:
    wall.off = timedelta(seconds=59)
    assert not schedule.look()
    wall.off = timedelta(seconds=61)
    assert schedule.look()


def test_of_a_night_only_its_day_is_written_down(wall: Wall, tmp_path: Path) -> None:
    state = tmp_path / "nights"
    state.write_text(json.dumps({"sync": "2020-01-01"}))
    runs = Runs()
    schedule = Schedule(Clock(), state, wall)
    # The night is the hour that is just over on a wall clock some hours behind the scheduler's: what is made up within
    # the next hour is due at once, and tomorrow's is not, whenever this runs.
    wall.off = timedelta(hours=-3 if (wall() - timedelta(hours=3)).hour else -4)
    schedule.nightly("sync", runs, wall().hour - 1, wall().hour)
    schedule.start()
    assert runs.happened()
    schedule.stop()
    assert json.loads(state.read_text()) == {"sync": f"{wall().date()}"}
    assert state.stat().st_mtime == datetime.combine(wall().date(), datetime.min.time(), tzinfo=UTC).timestamp()
    assert runs.count == 1


def test_a_stop_in_the_middle_of_starting_what_is_due_fails_nowhere(wall: Wall) -> None:
    # An exception in the scheduler's thread is a warning, and so an error. Before it was paused first, it came in one
    # stop of ten.
    for _ in range(60):
        schedule = Schedule(Clock(), None, wall)
        for name in range(20):
            schedule.every(str(name), 0, 0, Runs())
        schedule.start()
        schedule.stop()
    assert not [thread for thread in threading.enumerate() if "clock watch" in thread.name]


def test_the_first_start_counts_as_a_night_so_that_the_next_day_makes_up_for_one(wall: Wall, tmp_path: Path) -> None:
    state = tmp_path / "nights"
    schedule = Schedule(Clock(), state, wall)
    schedule.nightly("sync", Runs())
    schedule.stop()
    assert json.loads(state.read_text()) == {"sync": f"{wall().date()}"}


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"sync":5}', b'{"sync":"soon"}'])
def test_a_damaged_file_of_days_is_made_anew(wall: Wall, tmp_path: Path, content: bytes) -> None:
    state = tmp_path / "nights"
    state.write_bytes(content)
    schedule = Schedule(Clock(), state, wall)
    schedule.nightly("sync", Runs())
    schedule.stop()
    assert json.loads(state.read_text()) == {"sync": f"{wall().date()}"}
