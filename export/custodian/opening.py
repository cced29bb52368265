"""Opening: every row judged, the good ones handed on, and an honest count of the rest and why.

A row that opens was sealed by anyone at all, so it is believed in nothing: strict JSON, the instrument's own lists and
path, a place that exists and allows the mode, a door that fits it. What fails is counted and left out, and the rest
goes on. Of several copies of one response the fullest is kept: complete before core, then more answers, then by the
row's own tag, so that the same rows always give the same result in whatever order they come.

Responses with the same four words are one person's visits. Here they are joined, and here what joins them ends: only
ids of responses are handed on.
"""

from __future__ import annotations

import pickle
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from export.custodian.crew import worked
from export.custodian.judging import NOBODY, PERSON_BYTES, RANK_BYTES, Shape, prepared
from export.custodian.known import Known
from export.custodian.unsealing import CollectionSecret
from forms.response import Response
from survey.clock import UNKNOWN_MONTH
from survey.tallies import COUNTS, Tally

COUNTING_DOORS = frozenset({"tablet", "code"})

_T = TypeVar("_T")
_PREFIX_BYTES = RANK_BYTES + PERSON_BYTES


@dataclass(frozen=True)
class Visit:
    """One response of somebody who came back: its id, its month."""

    response: bytes
    month: str


@dataclass
class OpeningReport:
    """What became of the rows, in numbers.

    Attributes:
        failed: why -> rows left out.
        covers: rows that never said anything.
        lesser: copies of a response that came more fully too.
        opened: responses that passed every check.
        told: (place, month) -> what tablets counted.
        found: (place, month) -> responses opened from tablets.
        behind_links: what was counted of interviews by a link. Nobody may rely on it: a phone that walks the questions
            by itself counts nothing, and whoever can send a row can send counts.
        unknown_digests: questionnaires that no keys file of this folder lists: sign one that does, and open again.
        people: for each person who came back their visits, the one that speaks for them first: one that counts before
            one by the open door, so that nobody who found the words takes a believed answer away; then the later
            month, since what they say last is what they think; then the fullest.
    """

    failed: Counter[str] = field(default_factory=Counter)
    covers: int = 0
    lesser: int = 0
    opened: int = 0
    tally_rows: int = 0
    told: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    found: Counter[tuple[str, str]] = field(default_factory=Counter)
    behind_links: Counter[str] = field(default_factory=Counter)
    unknown_digests: set[str] = field(default_factory=set)
    people: list[tuple[Visit, ...]] = field(default_factory=list)

    @property
    def received(self) -> int:
        """Responses in what was carried out: tallies, covers and lesser copies apart, those that failed included."""
        return self.opened + sum(self.failed.values())

    def differences(self) -> list[tuple[str, str, int, int]]:
        """(place, month, by the tallies, from the tablets) where the two differ, in order."""
        pairs = sorted({*self.told, *self.found})
        both = [(*pair, self._kept(pair), self.found[pair]) for pair in pairs]
        return [(place, month, told, found) for place, month, told, found in both if told != found]

    @property
    def tallies(self) -> Counter[str]:
        """All that tablets counted, summed."""
        total = Counter(dict.fromkeys(COUNTS, 0))
        for counts in self.told.values():
            total.update(counts)
        return total

    def _kept(self, pair: tuple[str, str]) -> int:
        counts = self.told.get(pair, Counter())
        return counts["core"] + counts["complete"]


def opened(
    rows: Iterable[tuple[str, bytes]],
    secrets: Sequence[CollectionSecret],
    known: Known,
    report: OpeningReport,
    processes: int | None = None,
) -> Iterator[Response]:
    """The responses among these rows (door, row), each once, as full as it came, in order of their ids.

    ``report`` is complete once this ends. Nothing opened ever touches a disk.
    """
    for _, response in fullest(rows, secrets, known, report, whole, processes):
        yield response


def whole(_door: str, response: Response) -> Response:
    """The shape that keeps a response as it is."""
    return response


def fullest(
    rows: Iterable[tuple[str, bytes]],
    secrets: Sequence[CollectionSecret],
    known: Known,
    report: OpeningReport,
    shape: Shape[_T],
    processes: int | None = None,
) -> Iterator[tuple[bytes, _T]]:
    """(response id, shape of the response) for each response, in order of the ids; ``report.people`` is filled before.

    The last copy to come may be the fullest, so the shapes wait in memory, pickled: about 300 bytes each for a record.
    """
    kept: dict[bytes, bytes] = {}
    tallies_seen: set[bytes] = set()
    seeds = tuple(secret.seed for secret in secrets)
    for kind, content in worked(rows, prepared, (seeds, known, shape), processes):
        if kind == "response":
            _keep(kept, content, report)
        elif kind == "tally":
            _add(report, content, tallies_seen)
        elif kind == "cover":
            report.covers += 1
        else:
            report.failed[kind] += 1
            if content is not None:
                report.unknown_digests.add(content)
    report.opened, report.people = len(kept), _people(kept)
    return _handed_on(kept, report)


def _handed_on(kept: dict[bytes, bytes], report: OpeningReport) -> Iterator[tuple[bytes, Any]]:
    for response_id in sorted(kept):
        place, month, door, shaped = _unpickled(kept.pop(response_id))
        if door == "tablet":
            report.found[place, month] += 1
        yield response_id, shaped


def _people(kept: Mapping[bytes, bytes]) -> list[tuple[Visit, ...]]:
    by_person: dict[bytes, list[bytes]] = defaultdict(list)
    for response_id, content in kept.items():
        person = content[RANK_BYTES:_PREFIX_BYTES]
        if person != NOBODY:
            by_person[person].append(response_id)
    several = sorted(sorted(ids) for ids in by_person.values() if len(ids) > 1)
    return [_visits({response_id: kept[response_id] for response_id in ids}) for ids in several]


def _visits(kept: Mapping[bytes, bytes]) -> tuple[Visit, ...]:
    ranked = []
    for response_id, content in kept.items():
        _, month, door, _ = _unpickled(content)
        known = "" if month == UNKNOWN_MONTH else month
        ranked.append((door in COUNTING_DOORS, known, content[:RANK_BYTES], Visit(response_id, month)))
    return tuple(visit for *_, visit in sorted(ranked, key=lambda one: one[:3], reverse=True))


def _unpickled(content: bytes) -> Any:
    return pickle.loads(content[_PREFIX_BYTES:])  # noqa: S301 - our own bytes


def _keep(kept: dict[bytes, bytes], ranked: tuple[bytes, bytes], report: OpeningReport) -> None:
    response_id, content = ranked
    other = kept.get(response_id)
    if other is not None:
        report.lesser += 1
    if other is None or other[:RANK_BYTES] < content[:RANK_BYTES]:
        kept[response_id] = content


def _add(report: OpeningReport, numbered: tuple[str, bytes, Tally], seen: set[bytes]) -> None:
    door, identity, tally = numbered
    if identity in seen:
        return
    seen.add(identity)
    report.tally_rows += 1
    counts = report.behind_links
    if door == "tablet":
        counts = report.told.setdefault((tally.place, tally.period), Counter())
    counts.update(tally.counts)
