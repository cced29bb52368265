"""How far the records tell that somebody came: one rule, by which they are filled and by which they are read.

A response that reached the end was shown all of its path. One that stopped before was shown the core and what lies up
to the last page with an answer that is told. An answer that is not told must not count: a question skipped just before
it would stand there as shown though nothing after it was answered, and so tell that this very person wrote something.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

from export.custodian.known import Known, KnownInstrument, Way
from forms.response import Response


def open_items(known: Known) -> Mapping[str, tuple[str, ...]]:
    """Questionnaire's digest -> its open questions."""
    return {
        digest: tuple(item.name for item in one.instrument.items() if item.kind == "text")
        for digest, one in known.instruments.items()
    }


def last_page(known: KnownInstrument, way: Way, response: Response, told: Container[str]) -> int:
    """The last page that somebody is told to have come to; -1 where none is.

    Args:
        known: their questionnaire.
        way: theirs through it.
        response: what they answered.
        told: the items that have a column.
    """
    if response.status == "complete":
        return len(known.instrument.pages)
    return max((way.pages[name] for name in response.answers if name in told), default=-1)


def shown(known: KnownInstrument, way: Way, last: int) -> frozenset[str]:
    """The items that somebody who came to this page is told to have been shown."""
    return frozenset(name for name, page in way.pages.items() if page <= last or name in known.core)
