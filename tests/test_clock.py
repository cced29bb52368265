"""The clock: the month that can be vouched for, and nothing finer."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.clock import Clock

SIGNED = date(2026, 11, 5)


def clock(now: datetime, signed: date | None = SIGNED) -> Clock:
    return Clock(lambda: signed, lambda: now)


@pytest.mark.parametrize(
    ("now", "month"),
    [
        (datetime(2026, 11, 5, 0, 0, tzinfo=UTC), "2026-11"),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), "2026-12"),
        (datetime(2026, 11, 4, 23, 59, 59, tzinfo=UTC), "unknown"),
        (datetime(2027, 12, 10, 23, 59, tzinfo=UTC), "2027-12"),
        (datetime(2027, 12, 11, 0, 0, tzinfo=UTC), "unknown"),
        (datetime(1970, 1, 1, tzinfo=UTC), "unknown"),
        (datetime(2099, 1, 1, tzinfo=UTC), "unknown"),
    ],
    ids=["the day of signing", "the next month", "a second before", "day 400", "day 401", "no battery", "far ahead"],
)
def test_a_month_is_named_only_where_a_signed_day_vouches_for_it(now: datetime, month: str) -> None:
    assert clock(now).month() == month


def test_without_a_signed_file_no_month_is_known() -> None:
    assert clock(datetime(2026, 11, 5, tzinfo=UTC), None).month() == "unknown"


def test_a_clock_set_back_does_not_set_the_day_back() -> None:
    assert clock(datetime(1999, 1, 1, tzinfo=UTC)).day() == SIGNED
    assert clock(datetime(2026, 12, 24, tzinfo=UTC)).day() == date(2026, 12, 24)
    assert clock(datetime(2026, 12, 24, tzinfo=UTC), None).day() == date(2026, 12, 24)


def test_the_day_is_the_same_wherever_the_clock_says_it_stands() -> None:
    far_east = timezone(timedelta(hours=13))
    assert clock(datetime(2026, 12, 1, 5, tzinfo=far_east)).month() == "2026-11"


@given(st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)), st.dates(date(2000, 1, 1), date(2100, 1, 1)))  # noqa: DTZ001
def test_whatever_the_clock_says_the_day_is_never_before_what_was_signed(now: datetime, signed: date) -> None:
    found = clock(now.replace(tzinfo=UTC), signed)
    assert found.day() >= signed
    assert found.month() in {"unknown", f"{now:%Y-%m}"}
    assert (found.month() == "unknown") == (not 0 <= (now.date() - signed).days <= 400)
