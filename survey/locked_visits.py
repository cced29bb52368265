"""Visits behind a link, for people whose browser runs no script: the draft lies at the centre, locked.

The key is made from the cookie alone, and the name that a draft lies under is another hash of it: who copies the
folder sees neither a draft nor which cookie it belongs to. While a request runs the centre can read it; a page without
scripts cannot do better.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from forms.instrument import Instrument
from forms.strict_json import canonical, strict_object
from survey.ceiling import ANY_ADDRESS, DailyCeiling, NoRoom, OneAddress, OnlyWithCode
from survey.drafts import Drafts
from survey.sealing import LockedAway, lock, unlock
from survey.turns import Turns
from survey.visits import QUICK_SECONDS, Visit, Visits, is_token

STRIPES = 64
# A draft tells for how long its visit was quick, in seconds of a clock that starts again every 68 minutes, and then no
# more: any process can mark quick visits, and no draft, unlocked even, says when anybody answered.
_ROUND = 4096
_LONG_AGO = float("-inf")
_KEPT_FIELDS = (
    "language", "response", "partial", "partial_kept", "sealed", "answers", "shown", "position", "last_item",
    "end_reached", "outcome", "code", "refused",
)  # fmt: skip


class LockedVisits(Visits):
    """The visits of one place's link. A cookie without a draft is somebody who has not answered yet."""

    def __init__(
        self,
        drafts: Drafts,
        instruments: Callable[[], Sequence[Instrument]],
        ceiling: DailyCeiling,
        turns: Turns | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        one_address: OneAddress = ANY_ADDRESS,
    ) -> None:
        """``turns`` are ``STRIPES`` locks, shared by the processes that share the drafts; ``monotonic`` likewise."""
        super().__init__()
        self._monotonic = monotonic
        self._drafts = drafts
        self._ceiling = ceiling
        self._one_address = one_address
        self._instruments = instruments
        self._turns = turns or Turns(count=STRIPES)
        self._forgotten: set[str] = set()

    @contextmanager
    def holding(self, untrusted_token: str | None) -> Iterator[Visit | None]:
        """The visit of this cookie, to one request at a time; locked again when the request is over."""
        if untrusted_token is None or not is_token(untrusted_token):
            yield None
            return
        name = _name(untrusted_token)
        with self._turns.taken(int(name[:8], 16) % STRIPES):
            visit = self._read(untrusted_token, name)
            spoken = visit.language if visit else ""
            yield visit
            if visit is None or untrusted_token in self._forgotten:
                self._forgotten.discard(untrusted_token)
            elif visit.answers or visit.outcome or visit.end_reached or _gone_on(visit) or self._chosen(visit, spoken):
                self.keep(visit)

    def keep(self, visit: Visit) -> None:
        """Write the draft down as it stands, locked."""
        name = _name(visit.token)
        self._drafts.put(name, lock(_written(visit, self._monotonic()), _key(visit.token), name.encode()))

    def _chosen(self, visit: Visit, spoken: str) -> bool:
        """Whether somebody who has not answered has typed a code, or another language while there is room for that."""
        return visit.code != "" or (visit.language != spoken and self._room_for(visit))

    def _read(self, token: str, name: str) -> Visit | None:
        locked = self._drafts.get(name)
        instruments = self._instruments()
        if not instruments:
            return None
        if locked is None:
            return Visit(token, instruments[0], instruments[0].default_language)
        try:
            content = strict_object(unlock(locked, _key(token), name.encode()).decode())
        except (LockedAway, ValueError):
            return None
        instrument = next((each for each in instruments if each.digest() == content["instrument"]), None)
        if instrument is None:
            return None
        return _visit(token, instrument, content, _began(content["begun"], self._monotonic()))

    def fresh(self, instrument: Instrument, language: str) -> Visit:
        """A new visit with a new cookie; nothing is kept of it before the first answer.

        Where there is no room for a draft it is given all the same: a phone that seals by itself needs none.

        Raises:
            OnlyWithCode: nobody can begin here now without a card's code, and hears so before the first question.
        """
        self._check_open_door()
        visit = super().fresh(instrument, language)
        self._known.clear()
        return visit

    def open(self, visit: Visit) -> Visit | None:
        """Many people answer at once behind a link: nobody else's visit ends.

        Raises:
            NoRoom: this visit has not begun, and none can begin here now. Nothing of it is kept.
        """
        if visit.began is None and not visit.code:
            self._check_open_door()
            self.check_room(visit)
        return None

    @property
    def only_with_code(self) -> bool:
        """Whether the day's ceiling is reached, or the place lets nobody in without."""
        return self._ceiling.reached

    def check_room(self, visit: Visit) -> None:
        """Whether this visit has a draft already, or there is room for one more.

        Raises:
            NoRoom: there is none, for those with a code neither, or this address began too many within the hour.
        """
        if not self._room_for(visit):
            raise NoRoom

    def may_file(self) -> bool:
        """Whether this address has not filed too many without a code within the hour."""
        return not self._one_address.filed_too_many()

    def _room_for(self, visit: Visit) -> bool:
        if self._drafts.get(_name(visit.token)) is not None:
            return True
        # Asked last: only what would be kept counts against an address.
        return not self._drafts.full and not self._one_address.began_too_many()

    def _check_open_door(self) -> None:
        if self.only_with_code:
            raise OnlyWithCode

    def begin(self, visit: Visit, now: float) -> None:
        """The first answer of this visit has come; others begin at the same time and have nothing to do with it."""
        visit.began = now

    def finished(self, visit: Visit, now: float) -> None:
        """What is left of the draft is that it ended, so that a second tap gets the same thanks."""
        if visit.outcome == "kept" and not visit.code:
            self._ceiling.count()
        visit.code = ""

    def forget(self, visit: Visit, now: float) -> None:
        """Nothing of this visit is left."""
        self._drafts.drop(_name(visit.token))
        self._forgotten.add(visit.token)


def _gone_on(visit: Visit) -> bool:
    """Whether this person has come further than the first page; who skipped that has not seen the second yet."""
    return visit.position not in (None, visit.way[0]) or bool(visit.shown[1:])


def _name(token: str) -> str:
    return hashlib.sha256(b"heard draft name 1\n" + token.encode()).hexdigest()


def _key(token: str) -> bytes:
    return hashlib.sha256(b"heard draft key 1\n" + token.encode()).digest()


def _begun(visit: Visit, now: float) -> int | None:
    """None before the first answer; then where the round clock stood at it; -1 once the visit is quick no more."""
    if visit.began is None:
        return None
    return -1 if now - visit.began >= QUICK_SECONDS else int(visit.began) % _ROUND


def _began(begun: int | None, now: float) -> float | None:
    if begun is None or begun < 0:
        return None if begun is None else _LONG_AGO
    return now - (now - begun) % _ROUND


def _written(visit: Visit, now: float) -> bytes:
    content: dict[str, Any] = {field: getattr(visit, field) for field in _KEPT_FIELDS}
    content |= {
        "instrument": visit.instrument.digest(),
        "already_asked": sorted(visit.already_asked),
        "begun": _begun(visit, now),
    }
    return canonical(content).encode()


def _visit(token: str, instrument: Instrument, content: dict[str, Any], began: float | None) -> Visit:
    answers = {name: tuple(said) if isinstance(said, list) else said for name, said in content["answers"].items()}
    # A draft from before an update may lack a field; what a visit starts with then stands.
    kept = {field: content[field] for field in _KEPT_FIELDS if field in content} | {"answers": answers}
    return Visit(token, instrument, already_asked=set(content["already_asked"]), began=began, **kept)
