"""One-time codes of cards: 75 bits and a check letter, sixteen letters in four groups, good once.

A code says its batch (15 bits) and its number in it (20 bits), and proves both by 40 bits of HMAC-SHA-256 (RFC 2104)
under the batch's key. So none is stored: that one was spent is a bit in ``survey.marks``. A wrong, a spent, a
cancelled and a late code take the same steps to the same answer; which it was would help only somebody who tries codes.
A guess names one code and hits its tag once in 2^40: a thousand a second find one in thirty years.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from export.centre.batches import Batch, Batches
from export.centre.instance import Centre
from export.centre.lettering import check_letter, grouped, number_of, plain, written
from export.printings import Route
from survey.marks import NO_MARK, Mark
from survey.parts import CardCodes
from survey.words import ENGLISH

CODE_LIFE = timedelta(days=365)
CODE_LETTERS = 16
_BATCH_BITS, _SERIAL_BITS, _TAG_BITS = 15, 20, 40
_TAG_BYTES = _TAG_BITS // 8
_KEY_BYTES = 32
_CONTEXT = b"heard card code 1\n"


class BatchUnknown(LookupError):
    """No batch of codes has this number, or it was cancelled before."""


def code_of(batch: Batch, serial: int) -> str:
    """One code of a batch that has a key, as it is printed: four groups of four."""
    number = (batch.number << _SERIAL_BITS | serial) << _TAG_BITS
    number |= int.from_bytes(_tag(batch.key or b"", batch.number, serial))
    letters = written(number, CODE_LETTERS - 1)
    return grouped(letters + check_letter(letters))


def could_be_a_code(untrusted: str) -> bool:
    """Whether these are sixteen letters that fit together: what a person mistyped is told kindly, before it counts."""
    letters = plain(untrusted)
    return len(letters) == CODE_LETTERS and number_of(letters) is not None and check_letter(letters[:-1]) == letters[-1]


@dataclass(frozen=True)
class Codes:
    """The codes of one centre. ``today`` is the clock's day."""

    batches: Batches
    today: Callable[[], date]

    def mark_of(self, untrusted_code: str, place: str) -> Mark:
        """The bit of a code that holds at this place now, spent or not; ``NO_MARK`` for every other."""
        number = (number_of(plain(untrusted_code)[:-1]) or 0) if could_be_a_code(untrusted_code) else 0
        serial = number >> _TAG_BITS & (1 << _SERIAL_BITS) - 1
        claimed = number >> _TAG_BITS + _SERIAL_BITS
        batch = self.batches.all().get(claimed, _NO_BATCH)
        tag = _tag(batch.key or b"", claimed, serial)
        proved = hmac.compare_digest(tag, (number & (1 << _TAG_BITS) - 1).to_bytes(_TAG_BYTES))
        holds = (proved, batch.key is not None, batch.place == place, serial < batch.printed, not self._late(batch))
        return Mark(claimed, serial) if all(holds) else NO_MARK

    def _late(self, batch: Batch) -> bool:
        return batch.until is not None and self.today() > batch.until


def card_codes(centre: Centre, codes: Codes, place: str, tried_too_many: Callable[[], bool]) -> CardCodes:
    """What the interview of one place's link is handed, for people who type their code (see ``CardCodes``)."""

    def file(row: bytes, untrusted_code: str, replaces: Sequence[bytes]) -> bool:
        return centre.store.admit(row, codes.mark_of(untrusted_code, place), replaces) != "refused"

    def works(untrusted_code: str) -> bool:
        return not centre.store.is_spent(codes.mark_of(untrusted_code, place))

    return CardCodes(plain, could_be_a_code, works, tried_too_many, file)


_NO_BATCH = Batch(0, "", "card", 0, date.min, (), date.min, None, cancelled=True)


def _tag(key: bytes, batch: int, serial: int) -> bytes:
    told = batch.to_bytes(2) + serial.to_bytes(3)
    return hmac.new(key, _CONTEXT + told, hashlib.sha256).digest()[:_TAG_BYTES]


def issue(
    centre: Centre,
    place: str,
    route: Route,
    count: int,
    until: date | None = None,
    languages: tuple[str, ...] = (ENGLISH,),
) -> Batch:
    """Count what is about to be printed; cards that are handed over get codes, good until a day.

    Raises:
        BatchesFull: too many.
        StoreFull, StoreDamaged: the batch is in the register, and none of its codes works.
    """
    day = centre.clock.day()
    if route != "card":
        return centre.batches.add(place, route, count, day, languages, None, None)
    key = secrets.token_bytes(_KEY_BYTES)
    batch = centre.batches.add(place, route, count, day, languages, until or day + CODE_LIFE, key)
    centre.store.lay_out(batch.number, count)
    return batch


def chosen_last_day(batch: Batch) -> date | None:
    """The last day that was asked for when these codes were made, or None: then they were given a year."""
    return None if batch.until == batch.printed_on + CODE_LIFE else batch.until


def codes_in(batch: Batch) -> Iterator[str]:
    """Every code of a batch, in the order they are printed."""
    return (code_of(batch, serial) for serial in range(batch.printed))


def with_codes(centre: Centre, number: int) -> Batch:
    """A batch whose codes can be cancelled.

    Raises:
        BatchUnknown: there is none such.
    """
    batch = centre.batches.all().get(number)
    if batch is None or batch.key is None:
        raise BatchUnknown(f"There is no batch {number} with codes to cancel. List them: python -m export codes")
    return batch


def cancel(centre: Centre, number: int) -> Batch:
    """No code of this batch works from the next request on.

    Raises:
        BatchUnknown: there is none such.
    """
    batch = with_codes(centre, number)
    centre.batches.cancel(number)
    return batch
