"""Epochs: spans of months that never overlap, each closed by the release that first uses it.

Nothing of a span leaves before it is over, unless the recipe says so; what comes late joins the next release. So nobody
can be told apart by being in this release and not in an earlier one of the same months.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from export.custodian.recipe import Epochs
from survey.clock import UNKNOWN_MONTH

_MONTHS = 12
_WEEKS_A_MONTH = 52 / _MONTHS
_PREPARED = "The centre prepares the next carry-out then."


class EpochOpen(ValueError):
    """The months that the next release is to tell of are not over. The message says until when to wait."""


def closing(epochs: Epochs, closed: str | None, month: str) -> str:
    """The last month that the next release may tell of.

    Args:
        epochs: of the recipe.
        closed: the last month that an earlier release of the series closed.
        month: this month, ``YYYY-MM``.

    Raises:
        EpochOpen: the recipe waits and no span has ended since, or the clock cannot say which month it is.
    """
    if month == UNKNOWN_MONTH:
        raise EpochOpen(
            "This machine's clock does not fit the day on which the keys were signed. Set the clock, or sign anew."
        )
    begun = _number(month) // epochs.months * epochs.months
    last = _month(begun - 1 if epochs.wait else begun + epochs.months - 1)
    if epochs.wait and closed is not None and last <= closed:
        span, after = _running(epochs, month)
        raise EpochOpen(
            f"The epoch {span} is not over. Wait until {after}. All until {closed} that was here has left. {_PREPARED}"
        )
    return last


def next_chance(epochs: Epochs, month: str) -> str:
    """When what is here and may not leave yet, or comes from now on, can."""
    if not epochs.wait:
        return "This recipe waits for no epoch to end: release again once so many have come."
    span, after = _running(epochs, month)
    return f"The epoch {span} leaves once that is over, in {after}. {_PREPARED}"


def _running(epochs: Epochs, month: str) -> tuple[str, str]:
    """The span that this month lies in, and the month after it."""
    begun = _number(month) // epochs.months * epochs.months
    return f"{_month(begun)} to {_month(begun + epochs.months - 1)}", _month(begun + epochs.months)


def ripe(period: str, last: str) -> bool:
    """Whether a response of this month may leave; one whose month nobody knows joins whatever leaves next."""
    return period in {last, UNKNOWN_MONTH} or period < last


def wait_for(missing: int, counting: Mapping[str, int], month: str) -> str:
    """What to tell who has to wait for so many more, with about how long where there is a pace."""
    weeks = weeks_to_wait(missing, counting, month)
    pace = "" if weeks is None else f": at this pace about {weeks} week{'s' if weeks > 1 else ''}"
    return f"Wait for {missing} more{pace}."


def weeks_to_wait(missing: int, counting: Mapping[str, int], month: str) -> int | None:
    """About how many weeks so many more take, at the pace of the months that ``counting`` has; None without a pace."""
    dated = [one for one in counting if one != UNKNOWN_MONTH and one <= month]
    if not dated or month == UNKNOWN_MONTH:
        return None
    months = _number(month) - _number(min(dated)) + 1
    came = sum(counting[one] for one in dated)
    return math.ceil(missing * months / came * _WEEKS_A_MONTH) if came else None


def _number(month: str) -> int:
    year, of_year = month.split("-")
    return int(year) * _MONTHS + int(of_year) - 1


def _month(number: int) -> str:
    return f"{number // _MONTHS:04}-{number % _MONTHS + 1:02}"
