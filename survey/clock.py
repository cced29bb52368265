"""The clock, which a tablet without a network can have wrong by years.

About answering Heard knows the month and nothing finer, and not even that where the clock contradicts what was signed.
No other module reads a clock, ``schedule`` and the audit of staff apart (a test looks).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

UNKNOWN_MONTH = "unknown"
LONGEST_TRUST = timedelta(days=400)


def utc_now() -> datetime:
    """Now, by this machine."""
    return datetime.now(tz=UTC)


def utc_day() -> date:
    """Today, by this machine alone."""
    return utc_now().date()


def _nothing_signed() -> date | None:
    return None


class Clock:
    """Days and months as far as the newest signed file (keys or notices) vouches for them."""

    def __init__(
        self,
        newest_signed_day: Callable[[], date | None] = _nothing_signed,
        now: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """``now`` must give an aware time; ``monotonic`` seconds from any start, which no one can set back."""
        self._newest_signed_day = newest_signed_day
        self._now = now
        self._monotonic = monotonic

    def day(self) -> date:
        """Today: the later of the clock and the newest signed day, so that a clock set back rolls nothing back."""
        today = self._now().astimezone(UTC).date()
        signed = self._newest_signed_day()
        return today if signed is None else max(today, signed)

    def month(self) -> str:
        """``YYYY-MM``, or ``unknown`` where the clock stands before the newest signed day or over 400 days after it."""
        today = self._now().astimezone(UTC).date()
        signed = self._newest_signed_day()
        if signed is None or not signed <= today <= signed + LONGEST_TRUST:
            return UNKNOWN_MONTH
        return f"{today:%Y-%m}"

    def monotonic(self) -> float:
        """Seconds since any fixed moment, for lengths of time only."""
        return self._monotonic()
