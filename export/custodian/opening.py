"""Opening: every row judged, the good ones handed on, and an honest count of the rest and why.

A row that opens was sealed by anyone at all, so it is believed in nothing: strict JSON, the instrument's own lists and
path, a place that exists and allows the mode, a door that fits it. What fails is counted and left out, and the rest
goes on. Of several copies of one response the fullest is kept: complete before core, then more answers, then by the
row's own tag, so that the same rows always give the same result in whatever order they come.
"""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from export.custodian.crew import worked
from export.custodian.judging import RANK_BYTES, Shape, prepared
from export.custodian.known import Known
from export.custodian.unsealing import CollectionSecret
from forms.response import Response
from survey.tallies import COUNTS, Tally

COUNTING_DOORS = frozenset({"tablet", "code"})

_T = TypeVar("_T")


@dataclass
class OpeningReport:
    """What became of the rows, in numbers.

    Attributes:
        failed: why -> rows left out.
        covers: rows that never said anything.
        lesser: copies of a response that came more fully too.
        opened: responses that passed every check.
        tallies: all tallies summed.
        by_place: (place, month) -> [core and complete by the tallies, responses opened from tablets].
        unknown_digests: questionnaires that no keys file of this folder lists: sign one that does, and open again.
    """

    failed: Counter[str] = field(default_factory=Counter)
    covers: int = 0
    lesser: int = 0
    opened: int = 0
    tally_rows: int = 0
    tallies: Counter[str] = field(default_factory=Counter)
    by_place: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    unknown_digests: set[str] = field(default_factory=set)

    @property
    def received(self) -> int:
        """Responses in what was carried out: tallies, covers and lesser copies apart, those that failed included."""
        return self.opened + sum(self.failed.values())

    def differences(self) -> list[tuple[str, str, int, int]]:
        """(place, month, by the tallies, from the tablets) where the two differ, in order."""
        pairs = sorted(self.by_place.items())
        return [(place, month, told, found) for (place, month), (told, found) in pairs if told != found]


def opened(
    rows: Iterable[tuple[str, bytes]],
    secrets: Sequence[CollectionSecret],
    known: Known,
    report: OpeningReport,
    processes: int | None = None,
) -> Iterator[Response]:
    """The responses among these rows (door, row), each once, as full as it came, in order of their ids.

    ``report`` is filled while this runs and complete once it ends. Nothing opened ever touches a disk.
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
    """(response id, shape of the response) for each response, in order of the ids.

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
    report.opened = len(kept)
    for response_id in sorted(kept):
        place, month, from_tablet, shaped = pickle.loads(kept.pop(response_id)[RANK_BYTES:])  # noqa: S301 - our own bytes
        if from_tablet:
            report.by_place.setdefault((place, month), [0, 0])[1] += 1
        yield response_id, shaped


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
    for name in COUNTS:
        report.tallies[name] += tally.counts[name]
    if door == "tablet":
        told = tally.counts["core"] + tally.counts["complete"]
        report.by_place.setdefault((tally.place, tally.period), [0, 0])[0] += told
