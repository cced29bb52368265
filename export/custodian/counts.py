"""``counts.csv``: how many were asked, as far as anybody counted, so that a rate has what it is of.

Tablets count interviews, the centre counts what it printed. Who opens a link is counted by nobody: a phone walks the
questions by itself and sends a row or nothing, so a count would need a message that tells of somebody who did not send
one; and whatever the centre counts of pages handed out counts programs that look at links, too. It says 'not counted'.

Counts run from the beginning to the last month that the release tells of, at the level at which its records tell a
place, small ones hidden and the rest rounded like figures: that one person walked away is nobody's to know either. Two
releases laid side by side can sometimes tell that a count grew, and never by how many (docs/threat-model.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from export.custodian.epochs import ripe
from export.custodian.formats import in_round_numbers, write_lines
from export.custodian.leaving import Leaving
from export.printings import ROUTES

COUNTS_FILE = "counts.csv"
COLUMNS = ("place", "way", "measure", "count")
NOT_COUNTED = "not counted"
_COUNTED = (
    *(("tablet", measure) for measure in ("offered", "started", "core", "complete", "left", "timed_out")),
    *((route, measure) for route in ROUTES for measure in ("printed", "cancelled")),
)


def write_counts(folder: Path, leaving: Leaving) -> None:
    """A line for every place as told, way and measure, whether or not anything was counted."""
    write_lines(folder / COUNTS_FILE, COLUMNS, _lines(leaving), leaving.materials.recipe)


def _lines(leaving: Leaving) -> Iterator[tuple[str, str, str, str]]:
    told_as, tables = _told_as(leaving), leaving.materials.recipe.tables
    counted = _counted(leaving, told_as)
    for place in dict.fromkeys(told_as.values()):
        for way, measure in _COUNTED:
            yield place, way, measure, in_round_numbers(counted[place, way, measure], tables)
        yield place, "link", "interviews", NOT_COUNTED


def _counted(leaving: Leaving, told_as: Mapping[str, str]) -> Counter[tuple[str, str, str]]:
    """(place as told, way, measure) -> how many, exactly."""
    counted = Counter[tuple[str, str, str]]()
    for (place, month), counts in leaving.interviews.items():
        if place in told_as and ripe(month, leaving.closes):
            counted.update({(told_as[place], "tablet", measure): count for measure, count in counts.items()})
    for one in leaving.materials.printings:
        if one.place in told_as:
            for measure, count in (("printed", one.printed), ("cancelled", one.cancelled)):
                counted[told_as[one.place], one.route, measure] += count
    return counted


def _told_as(leaving: Leaving) -> Mapping[str, str]:
    """Place -> what the records tell it as."""
    places, level = leaving.materials.known.places, leaving.levels.get("place")
    one = next((one for one in leaving.hierarchies if one.variable == "place"), None)
    told = one.level(level).told_as if one is not None and level is not None else {}
    return {place: told.get(place, place) for place in places}
