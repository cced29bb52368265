"""Who was asked an open question, and who may have written in one, as somebody works it out who has the records.

Of one who stopped nobody kept what was shown after the last answer. But where a question that is told stands as not
reached at or before the open one, hardly anybody takes it that they wrote; so they hide nobody who did. A record that
has blanks where this is read counts neither way: were it counted by what stood there, that a theme is told could tell.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from export.custodian.known import Known, KnownInstrument, Way, decided_by, remember
from export.custodian.reached import last_page, open_items, shown
from export.custodian.records import BY_DEFINITION, Columns
from export.custodian.table import RESPONSE, SUPPRESSED
from forms.response import Response

Asked = tuple[bool, bool]
"""Whether somebody was certainly asked, else they may have been; whether they reached the end."""


class Asking:
    """Tells of a response whether its person was asked. Called in the workers, which are handed a copy."""

    def __init__(self, known: Known, columns: Columns) -> None:
        self._known, self._columns = known, columns
        self._open = open_items(known)
        self._found: dict[tuple[Way, int], Asked | None] = {}

    def __reduce__(self) -> tuple[type[Asking], tuple[Known, Columns]]:
        return type(self), (self._known, self._columns)

    def __call__(self, response: Response) -> Asked | None:
        """None where their record tells that they cannot have been, or hardly."""
        known = self._known.instruments[response.digest]
        way = known.way(response.answers)
        last = last_page(known, way, response, self._columns.told)
        at = way, last
        if at not in self._found:
            names = self._open[response.digest]
            remember(self._found, at, self._asked(known, way, last, [name for name in names if name in way.pages]))
        return self._found[at]

    def _asked(self, known: KnownInstrument, way: Way, last: int, names: list[str]) -> Asked | None:
        if not names:
            return None
        seen, complete = shown(known, way, last), last == len(known.instrument.pages)
        if not seen.isdisjoint(names):
            return True, complete
        first = min(way.pages[name] for name in names)
        between = {name for name, page in way.pages.items() if page <= first} - seen
        return None if between & self._columns.told else (False, complete)

    def certain(self, records: pl.DataFrame, people: Mapping[bytes, Asked]) -> tuple[int, int]:
        """How many of these people the records tell to have been asked, and how many they tell that may have written.

        Args:
            records: as they leave, with their ids.
            people: of those of them that count.
        """
        to_the_end, before = (
            _blank_in(records, self._deciding()),
            _blank_in(records, self._columns.of({*BY_DEFINITION, *self._columns.told})),
        )
        read = [sure for one, (sure, complete) in people.items() if one not in (to_the_end if complete else before)]
        return sum(read), len(read)

    def _deciding(self) -> list[str]:
        """The columns that tell whether somebody who reached the end was asked."""
        deciding = {"status"}
        for digest, names in self._open.items():
            behind = decided_by(self._known.instruments[digest].instrument)
            deciding = deciding.union(*(behind[name] for name in names))
        return self._columns.of(deciding)


def _blank_in(records: pl.DataFrame, columns: list[str]) -> frozenset[bytes]:
    blank = pl.any_horizontal(pl.col(column) == SUPPRESSED for column in columns)
    return frozenset(records.filter(blank)[RESPONSE])
