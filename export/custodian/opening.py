"""Opening: every row judged, the good ones handed on, and an honest count of the rest and why.

A row that opens was sealed by anyone at all, so it is believed in nothing: strict JSON, the instrument's own lists and
path, a place that exists and allows the mode, a door that fits it. What fails is counted and left out, and the rest
goes on. Of several copies of one response the fullest is kept: complete before core, then more answers, then by the
row's own hash, so that the same rows always give the same result in whatever order they come.
"""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from export.custodian.crew import worked
from export.custodian.known import Known
from export.custodian.unsealing import CannotOpen, CollectionSecret
from forms.response import Response, UntrustworthyPlaintext, unframed
from survey.sealing import NotARow, key_id_of, row_id
from survey.tallies import COUNTS, Tally, UntrustworthyTally, cover

DOORS_BY_MODE: Mapping[str, frozenset[str]] = {
    "kiosk": frozenset({"tablet"}),
    "assisted": frozenset({"tablet"}),
    "link": frozenset({"code", "open"}),
}
COUNTING_DOORS = frozenset({"tablet", "code"})

_T = TypeVar("_T")
Shape = Callable[[str, Response], _T]
"""(door, checked response) -> what is kept of it. Called in the workers, so that free text need not leave them."""

_RANK_BYTES = 3 + 16


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
    for kind, content in worked(rows, _prepared, (seeds, known, shape), processes):
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
        place, month, from_tablet, shaped = pickle.loads(kept.pop(response_id)[_RANK_BYTES:])  # noqa: S301 - our own bytes
        if from_tablet:
            report.by_place.setdefault((place, month), [0, 0])[1] += 1
        yield response_id, shaped


def _keep(kept: dict[bytes, bytes], ranked: tuple[bytes, bytes], report: OpeningReport) -> None:
    response_id, content = ranked
    other = kept.get(response_id)
    if other is not None:
        report.lesser += 1
    if other is None or other[:_RANK_BYTES] < content[:_RANK_BYTES]:
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


def _prepared(
    seeds: Sequence[bytes], known: Known, shape: Shape[Any]
) -> Callable[[tuple[str, bytes]], tuple[str, Any]]:
    secrets = {secret.public.key_id: secret for secret in map(CollectionSecret, seeds)}
    return _Opener(secrets, known, shape).judged


@dataclass(frozen=True)
class _Opener:
    secrets: Mapping[bytes, CollectionSecret]
    known: Known
    shape: Shape[Any]

    def judged(self, untrusted: tuple[str, bytes]) -> tuple[str, Any]:
        """(what it is, its content): ``response``, ``tally``, ``cover``, or why it is left out."""
        door, row = untrusted
        try:
            secret = self.secrets.get(key_id_of(row))
            if secret is None:
                return "no key for it", None
            return self._read(door, row, unframed(secret.open(row)))
        except NotARow:
            return "not a row", None
        except CannotOpen:
            return "changed since it was sealed", None
        except (UntrustworthyPlaintext, UntrustworthyTally):
            return "not to be believed", None

    def _read(self, door: str, row: bytes, content: Mapping[str, Any]) -> tuple[str, Any]:
        kind = content.get("kind")
        if kind == "cover" and content == cover():
            return "cover", None
        if kind == "tally":
            return "tally", (door, row_id(row), Tally.from_content(content))
        response = Response.from_content(content)
        instrument = self.known.instruments.get(response.digest)
        if instrument is None:
            return "unknown questionnaire", response.digest
        place = self.known.places.get(response.place)
        if place is None:
            return "unknown place", None
        if response.mode not in place.modes or door not in DOORS_BY_MODE[response.mode]:
            return "mode that its place or door does not allow", None
        instrument.checked(response)
        kept = (response.place, response.period, door == "tablet", self.shape(door, response))
        rank = bytes([response.status == "complete"]) + len(response.answers).to_bytes(2, "big") + row_id(row)
        return "response", (bytes.fromhex(response.response), rank + pickle.dumps(kept, pickle.HIGHEST_PROTOCOL))
