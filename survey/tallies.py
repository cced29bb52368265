"""Counts about interviews, never about one interview.

Counts run since the last tally that was taken, so that all tallies of a place add up; they lie in memory and leave only
sealed, in a row that looks like any other. A tally belongs to one month: where the month turns before it is taken, the
counts of the old month wait as a tally of their own.

What people did, told by counts alone: ``started`` of those ``offered``; each visit then ends as ``core``, ``complete``,
``left`` or with too little to keep (the rest); ``timed_out`` counts those endings that nobody's hand made.
"""

from __future__ import annotations

import re
import threading
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from survey import places
from survey.clock import Clock

COUNTS = ("offered", "started", "core", "complete", "left", "timed_out", "bursts")
NO_ITEM = "-"
OTHER = "*"

# With these bounds the longest tally has 3,9xx bytes of the 4,092 that a plaintext holds (a test makes it).
_MOST = 999_999_999
_MOST_LANGUAGES = 20
_MOST_ITEMS = 60
_LANGUAGE = re.compile(r"[A-Za-z0-9-]{1,12}|\*")
_ITEM = re.compile(r"[A-Za-z0-9._-]{1,32}|\*")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_PERIOD = re.compile(r"\d{4}-(0[1-9]|1[0-2])|unknown")
_KEYS = frozenset({"v", "kind", "place", "period", "digest", "languages", "last", *COUNTS})


class UntrustworthyTally(ValueError):
    """An opened tally that no tablet of ours could have written. Count it as failed and leave it out."""


@dataclass(frozen=True)
class Tally:
    """The counts of one place and month for one instrument (``digest``), since the tally before."""

    place: str
    period: str
    digest: str
    counts: Mapping[str, int]
    languages: Mapping[str, int] = field(default_factory=dict)
    last: Mapping[str, int] = field(default_factory=dict)

    def content(self) -> dict[str, Any]:
        """What is framed and sealed."""
        return {
            "v": 1,
            "kind": "tally",
            "place": self.place,
            "period": self.period,
            "digest": self.digest,
            **{name: self.counts.get(name, 0) for name in COUNTS},
            "languages": dict(self.languages),
            "last": dict(self.last),
        }

    @classmethod
    def from_content(cls, untrusted: Mapping[str, Any]) -> Self:
        """Read an opened plaintext.

        Raises:
            UntrustworthyTally: a missing, additional or impossible value.
        """
        if untrusted.keys() != _KEYS or untrusted["kind"] != "tally" or untrusted["v"] != 1:
            raise UntrustworthyTally("Not a tally of version 1.")
        return cls(
            place=_matching(untrusted["place"], places.CODE),
            period=_matching(untrusted["period"], _PERIOD),
            digest=_matching(untrusted["digest"], _DIGEST),
            counts={name: _whole(untrusted[name]) for name in COUNTS},
            languages=_counted(untrusted["languages"], _MOST_LANGUAGES, _LANGUAGE),
            last=_counted(untrusted["last"], _MOST_ITEMS, _ITEM),
        )


def cover() -> dict[str, Any]:
    """The content of a cover row: nothing, so that nobody on the way can tell how many answered."""
    return {"v": 1, "kind": "cover"}


class Tallies:
    """The running counts of one place, safe under threads."""

    def __init__(self, place: str, digest: str, clock: Clock) -> None:
        """``digest`` is that of the instrument that is asked at first."""
        self._place = place
        self._digest = digest
        self._clock = clock
        self._thread = threading.Lock()
        self._waiting: deque[dict[str, Any]] = deque()
        self._start("")

    def _start(self, period: str) -> None:
        self._period = period
        self._counts: Counter[str] = Counter()
        self._languages: Counter[str] = Counter()
        self._last: Counter[str] = Counter()

    def offered(self) -> None:
        """Somebody was handed the tablet, or opened the page."""
        self._add("offered")

    def started(self, language: str) -> None:
        """The first answer of a visit."""
        self._add("started", language=language)

    def ended(self, status: str, last_item: str | None) -> None:
        """A visit that was filed as ``core`` or ``complete``, or ended as ``started``, with too little to keep."""
        self._add(status if status != "started" else None, last_item=last_item or NO_ITEM)

    def left(self, last_item: str | None) -> None:
        """Leave and delete."""
        self._add("left", last_item=last_item or NO_ITEM)

    def timed_out(self) -> None:
        """Beside how it ended: nobody's hand ended it."""
        self._add("timed_out")

    def burst(self) -> None:
        """Many presses in a moment: somebody playing."""
        self._add("bursts")

    def turn_to(self, digest: str) -> bool:
        """This instrument is asked from now on. Where it is another, what was counted until now waits by itself.

        Returns:
            Whether something does, as a tally of its own.
        """
        with self._thread:
            parted = digest != self._digest and self._any()
            if parted:
                self._waiting.append(self._running())
                self._start("")
            self._digest = digest
            return parted

    @property
    def empty(self) -> bool:
        """Nothing was counted since the last was taken."""
        with self._thread:
            return not self._waiting and not self._any()

    def content(self) -> dict[str, Any]:
        """What ``take`` would give now; nothing is zeroed."""
        with self._thread:
            return self._waiting[0] if self._waiting else self._running()

    def take(self) -> dict[str, Any]:
        """The oldest counts not yet taken, which are zero from then on; again until ``empty`` where a month turned."""
        with self._thread:
            if self._waiting:
                return self._waiting.popleft()
            content = self._running()
            self._start("")
            return content

    def _any(self) -> bool:
        return bool(self._counts or self._last)

    def _running(self) -> dict[str, Any]:
        period = self._period or self._clock.month()
        return Tally(self._place, period, self._digest, self._counts, self._languages, self._last).content()

    def _add(self, name: str | None, language: str | None = None, last_item: str | None = None) -> None:
        month = self._clock.month()
        with self._thread:
            if self._period not in {"", month}:
                self._waiting.append(self._running())
                self._start("")
            self._period = month
            if name is not None:
                self._counts[name] = min(self._counts[name] + 1, _MOST)
            if language is not None:
                _count(self._languages, language, _MOST_LANGUAGES, _LANGUAGE)
            if last_item is not None:
                _count(self._last, last_item, _MOST_ITEMS, _ITEM)


def _count(counter: Counter[str], name: str, most: int, pattern: re.Pattern[str]) -> None:
    # One place is kept for the rest, so that a tally never outgrows a row, whatever an instrument calls its items.
    known = name in counter or (pattern.fullmatch(name) and len(counter.keys() - {OTHER}) < most - 1)
    key = name if known else OTHER
    counter[key] = min(counter[key] + 1, _MOST)


def _matching(untrusted: Any, pattern: re.Pattern[str]) -> str:
    if not isinstance(untrusted, str) or not pattern.fullmatch(untrusted):
        raise UntrustworthyTally("A tally with a malformed place, month or digest.")
    return untrusted


def _whole(untrusted: Any) -> int:
    if isinstance(untrusted, bool) or not isinstance(untrusted, int) or not 0 <= untrusted <= _MOST:
        raise UntrustworthyTally("A tally counts in whole numbers.")
    return untrusted


def _counted(untrusted: Any, most: int, pattern: re.Pattern[str]) -> dict[str, int]:
    if not isinstance(untrusted, dict) or len(untrusted) > most:
        raise UntrustworthyTally("A tally that counts more things than there can be.")
    return {_matching(name, pattern): _whole(count) for name, count in untrusted.items()}
