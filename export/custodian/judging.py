"""What one row turns out to be: called in every worker, batch by batch, with nothing but rows going in.

A batch is opened first and read after: the cipher and the reader each want the processor's nearest memory to
themselves, and taking turns row by row costs a fifth of the time (measured).
"""

from __future__ import annotations

import gc
import hashlib
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from export.custodian.known import Known
from export.custodian.reading import Reader
from export.custodian.unsealing import CannotOpen, CollectionSecret
from forms.response import Response, UntrustworthyPlaintext, unframed
from survey.sealing import NotARow, key_id_of, row_id
from survey.tallies import Tally, UntrustworthyTally, cover

DOORS_BY_MODE: Mapping[str, frozenset[str]] = {
    "kiosk": frozenset({"tablet"}),
    "assisted": frozenset({"tablet"}),
    "link": frozenset({"code", "open"}),
}

_T = TypeVar("_T")
Shape = Callable[[str, Response], _T]
"""(door, checked response) -> what is kept of it. Called in the workers, so that free text need not leave them."""

_TAG_BYTES = 16
RANK_BYTES = 4 + _TAG_BYTES
PERSON_BYTES = 16
NOBODY = bytes(PERSON_BYTES)
"""In the place of a person, where a response names none."""
# Judging makes no cycles to speak of; looking for them after every few hundred objects costs more than it frees.
_SELDOM = 100_000

Row = tuple[str, bytes]
Judged = tuple[str, Any]
"""(what it is, its content): ``response``, ``tally``, ``cover``, or why it is left out."""


def prepared(seeds: Sequence[bytes], known: Known, shape: Shape[Any]) -> Callable[[list[Row]], list[Judged]]:
    """What a worker does with a batch, made once in each."""
    gc.set_threshold(_SELDOM)
    secrets = {secret.public.key_id: secret for secret in map(CollectionSecret, seeds)}
    return _Judge(secrets, known, Reader(known), shape).judged


@dataclass(frozen=True)
class _Judge:
    secrets: Mapping[bytes, CollectionSecret]
    known: Known
    reader: Reader
    shape: Shape[Any]

    def judged(self, untrusted: list[Row]) -> list[Judged]:
        """Each row of a batch, in its order."""
        plaintexts = [self._opened(row) for _, row in untrusted]
        return [
            (plaintext, None) if isinstance(plaintext, str) else self._believed(door, row, plaintext)
            for (door, row), plaintext in zip(untrusted, plaintexts, strict=True)
        ]

    def _opened(self, untrusted_row: bytes) -> bytes | str:
        """The plaintext, or why there is none."""
        try:
            secret = self.secrets.get(key_id_of(untrusted_row))
            return "no key for it" if secret is None else secret.open(untrusted_row)
        except NotARow:
            return "not a row"
        except CannotOpen:
            return "changed since it was sealed"

    def _believed(self, door: str, row: bytes, untrusted: bytes) -> Judged:
        try:
            content = unframed(untrusted)
            kind = content.get("kind")
            if kind == "cover" and content == cover():
                return "cover", None
            if kind == "tally":
                return "tally", (door, row_id(row), Tally.from_content(content))
            return self._response(door, row, self.reader.response(content))
        except (UntrustworthyPlaintext, UntrustworthyTally):
            return "not to be believed", None

    def _response(self, door: str, row: bytes, response: Response) -> Judged:
        instrument = self.known.instruments.get(response.digest)
        if instrument is None:
            return "unknown questionnaire", response.digest
        place = self.known.places.get(response.place)
        if place is None:
            return "unknown place", None
        if response.mode not in place.modes or door not in DOORS_BY_MODE[response.mode]:
            return "mode that its place or door does not allow", None
        instrument.checked(response)
        if response.again is not None and response.mode != "link":
            return "not to be believed", None  # only on a phone is anybody offered words
        kept = (response.place, response.period, door, self.shape(door, response))
        prefix = _rank(response, row) + _person(response)
        return "response", (bytes.fromhex(response.response), prefix + pickle.dumps(kept, pickle.HIGHEST_PROTOCOL))


def _rank(response: Response, row: bytes) -> bytes:
    """Complete before core, then more answers, then the copy that says who came back, then the row's own tag."""
    more = len(response.answers).to_bytes(2, "big")
    return bytes([response.status == "complete", *more, response.again is not None]) + row[-_TAG_BYTES:]


def _person(response: Response) -> bytes:
    """The same for all that one person answers of one questionnaire with the same four words."""
    if response.again is None:
        return NOBODY
    return hashlib.sha256(f"{response.instrument}\n{response.again}".encode()).digest()[:PERSON_BYTES]
