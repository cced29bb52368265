"""One sitting: what a person has answered so far, kept in memory until it is sealed or wiped.

The cookie holds a random number and nothing else; a visit is found by it or it does not exist. On a tablet one visit is
open at a time: when somebody else's first answer arrives, the one before has ended. Pages that were only looked at
(``waiting``) are not visits yet, so that a health check or a second tab ends nobody's interview.

Every time here is monotonic and stays in memory: it says how long something took, never when it was.
"""

from __future__ import annotations

import re
import secrets
import threading
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from forms.instrument import Instrument
from forms.logic import Answer
from forms.routing import path

COOKIE = "visit"
Outcome = Literal["kept", "ended"]
"""How a visit closed: its response was sealed and kept, or there was too little to keep."""

QUICK_SECONDS = 25
SOON_SECONDS = 60
_BURST_PRESSES = 10
_BURST_SECONDS = 4
# Pages that were fetched without a cookie, by a health check for one, must not push out the one on the screen.
_MOST_REMEMBERED = 500
_TOKEN = re.compile(r"[0-9a-f]{32}")


@dataclass
class Visit:
    """One sitting. ``token`` is its cookie; ``response`` the id that its partial and its response share.

    ``sealed`` are the ids, in hex, of its partials: a night at the centre may file one that is taken back later.
    ``code`` is that of a card, as it was typed, until the response is filed; ``refused`` once it was found to be no
    good any more, until the person has chosen what becomes of their answers.
    """

    token: str = field(repr=False)
    instrument: Instrument
    language: str
    response: str = field(default_factory=lambda: secrets.token_hex(16))
    partial: str = field(default_factory=lambda: secrets.token_hex(16))
    answers: dict[str, Answer] = field(default_factory=dict, repr=False)
    shown: list[str] = field(default_factory=list)
    already_asked: set[str] = field(default_factory=set)
    position: str | None = None
    last_item: str | None = None
    end_reached: bool = False
    began: float | None = None
    touched: float = 0.0
    soon: bool = False
    outcome: Outcome | None = None
    partial_kept: bool = False
    sealed: list[str] = field(default_factory=list)
    burst: bool = False
    code: str = field(default="", repr=False)
    refused: bool = False
    _way: tuple[object, list[str]] = field(default=(None, []), repr=False)
    _presses: deque[float] = field(default_factory=lambda: deque(maxlen=_BURST_PRESSES))

    @property
    def quick(self) -> bool:
        """Too short to have read the questions, or begun too soon after the last: counted, but shown apart."""
        return self.soon or self.began is None or self.touched - self.began < QUICK_SECONDS

    @property
    def seed(self) -> bytes:
        """What the order of shuffled options is a function of: the same for one visit, another for the next."""
        return bytes.fromhex(self.response)

    @property
    def way(self) -> list[str]:
        """The names of the pages on the path; worked out once for each set of answers, which ``put`` replaces."""
        answers, names = self._way
        if answers is not self.answers:
            names = [page.name for page in path(self.instrument, self.answers)]
            self._way = (self.answers, names)
        return names

    @property
    def in_default_language(self) -> bool:
        """Whether nobody has chosen another language."""
        return self.language == self.instrument.default_language

    def current(self) -> str:
        """The page that this person is at; where a changed answer took it off the path, the nearest that is on it."""
        if self.position in self.way:
            return str(self.position)
        return next((name for name in self.way if name not in self.shown), self.way[-1])

    def reachable(self, page: str, *, may_go_back: bool) -> bool:
        """Whether this page may be shown or answered now: on the path, and seen before or next.

        Where ``may_go_back`` is false (a tablet), the core is closed once the choice page has been shown.
        """
        if page not in self.way or (page not in self.shown and page not in (self.current(), self.way[0])):
            return False
        return may_go_back or self.way.index(page) >= self._floor()

    def _floor(self) -> int:
        choice = self.instrument.choice_page
        if choice is None or choice.name not in self.shown or choice.name not in self.way:
            return 0
        return self.way.index(choice.name)

    def put(self, answers: dict[str, Answer]) -> None:
        """These are the answers of this visit from now on."""
        self.answers = answers

    def show(self, page: str, last_item: str | None) -> None:
        """This page is on the screen now."""
        self.position = page
        if page not in self.shown:
            self.shown.append(page)
            self.last_item = last_item or self.last_item

    def pressed(self, now: float) -> bool:
        """Note a press; whether it completes the first burst of a visit, as of somebody who plays."""
        self._presses.append(now)
        full = len(self._presses) == _BURST_PRESSES and now - self._presses[0] < _BURST_SECONDS
        first, self.burst = full and not self.burst, self.burst or full
        return first

    def close(self, outcome: Outcome) -> None:
        """Wipe what was said; the cookie still leads to the thanks until the reset."""
        self.outcome = outcome
        self.answers = {}
        self.already_asked.clear()
        self.shown.clear()
        self.position = self.last_item = None


def new_token() -> str:
    """A visit cookie: 32 random hex digits, no signature, no time."""
    return secrets.token_hex(16)


def is_token(untrusted: str | None) -> bool:
    """Whether these characters could be a visit cookie."""
    return untrusted is not None and _TOKEN.fullmatch(untrusted) is not None


class Visits:
    """The visits of one tablet, in memory. Whoever reads or changes one does so inside ``holding``."""

    def __init__(self) -> None:
        self.expected = False
        """Somebody was handed the tablet by a tap and has not answered yet: already counted as offered."""
        self._turn = threading.RLock()
        self._known: OrderedDict[str, Visit] = OrderedDict()
        self._open: Visit | None = None
        self._last_end: float | None = None

    @contextmanager
    def holding(self, untrusted_token: str | None) -> Iterator[Visit | None]:
        """The visit of this cookie, or None; one request at a time, so that a double tap is two taps in a row."""
        with self._turn:
            yield self._known.get(untrusted_token or "")

    @property
    def only_with_code(self) -> bool:
        """Whether nobody can begin here now without a card's code; never on a tablet."""
        return False

    def check_room(self, visit: Visit) -> None:
        """On a tablet there is always room for the next person."""

    def may_file(self) -> bool:
        """Whether one more response may be filed without a card's code from where this request comes: here always."""
        return True

    def fresh(self, instrument: Instrument, language: str) -> Visit:
        """A new visit with a new cookie, in which nobody has answered yet."""
        visit = Visit(new_token(), instrument, language)
        self._known[visit.token] = visit
        for token in list(self._known)[:-_MOST_REMEMBERED]:
            if self._known[token] is not self._open:
                del self._known[token]
        return visit

    def open(self, visit: Visit) -> Visit | None:
        """Make this visit the open one. Returns another that was open until now and has to be ended."""
        before, self._open = self._open, visit
        return None if before is visit else before

    def begin(self, visit: Visit, now: float) -> None:
        """The first answer of this visit has come."""
        visit.began = now
        visit.soon = self._last_end is not None and now - self._last_end < SOON_SECONDS

    def keep(self, visit: Visit) -> None:
        """Write down how the visit stands, where it outlives this process; on a tablet it does not."""

    def finished(self, visit: Visit, now: float) -> None:
        """This visit has closed; its cookie leads to the thanks until the reset."""
        self._last_end = now
        if self._open is visit:
            self._open = None

    def forget(self, visit: Visit, now: float) -> None:
        """Nothing of this visit is left, its cookie included."""
        if visit.began is not None:
            self.finished(visit, now)
        if self._open is visit:
            self._open = None
        self._known.pop(visit.token, None)

    def overdue(self, now: float, seconds: float) -> Visit | None:
        """The open visit, where nobody has touched it for so long. Tidies what earlier people left on the screen."""
        for visit in list(self._known.values()):
            if now - visit.touched < seconds or visit is self._open:
                continue
            if visit.outcome is not None:
                self._known.pop(visit.token)
            visit.language = visit.instrument.default_language
        untouched = self._open is not None and now - self._open.touched >= seconds
        return self._open if untouched else None

    def taken(self) -> bool:
        """Whether somebody sits here who has begun to answer, or has ended and not gone yet."""
        with self._turn:
            return any(visit.began is not None or visit.outcome is not None for visit in self._known.values())

    def under_way(self) -> bool:
        """Whether somebody has begun to answer and not ended."""
        return self._open is not None and self._open.began is not None

    def clear(self) -> Visit | None:
        """A clean slate for the next person. Returns the open visit, which has to be ended."""
        left_open, self._open = self._open, None
        self._known.clear()
        return left_open
