"""The link: each place's interview at ``/s/<place>/``, for people who answer on a phone of their own.

It is the tablet's interview with other parts: drafts locked under what only the cookie holds, rows into the centre's
own arrivals by the open door, no idle reset. Where there is no valid keys file, or none that allows a link at that
place, the page says 'not available now' and nothing is stored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import brotli
from flask import Flask, request

from export.centre.codes import Codes, card_codes
from export.centre.holds import Seat
from export.centre.instance import Centre
from export.centre.limits import AddressLimit, address_of
from export.centre.link_rows import PATHS as ROWS
from export.centre.link_rows import LinkRows, rows_app
from survey import clips
from survey.app import interview_app
from survey.briefing import Keys, Notices
from survey.ceiling import DailyCeiling, OneAddress
from survey.drafts import Drafts
from survey.headers import HEADERS
from survey.locked_visits import STRIPES, LockedVisits
from survey.partials import Partials, untimed_within
from survey.parts import Parts
from survey.tallies import Tallies
from survey.tallying import TallyRows
from survey.turns import Turns
from survey.words import load

WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
# Many people stand behind one address at a hub or in a mobile network. Counted apart, so that who was let in gets out.
_ROWS_AN_HOUR = _BEGUN_AN_HOUR = _FILED_AN_HOUR = _TRIED_AN_HOUR = 120
_PATH = re.compile(r"/s/([A-Za-z0-9_-]{1,32})(/.*)?")
_NOWHERE = "-"
# A tenth of a millisecond more than gzip for a page, and 170 bytes less.
_at_once = partial(brotli.compress, quality=4)
_NO_INSTRUMENT = "0" * 64


@dataclass(frozen=True)
class Link:
    """One place's interview, put together."""

    app: Flask
    drafts: Drafts
    partials: Partials
    counts: Partials
    tally_rows: TallyRows
    ceiling: DailyCeiling

    def file(self) -> None:
        """Put what was sealed and counted into the arrivals: each night, at a start and at a stop.

        Raises:
            StoreFull, StoreDamaged: it stays in memory-backed storage for the next time.
        """
        self.file_counts()
        self.partials.file_all()

    def file_counts(self) -> None:
        """Put what this process has counted into the arrivals; the rest is for the process that has the night watch.

        Raises:
            StoreFull, StoreDamaged: as ``file``.
        """
        self.tally_rows.file()

    def hide_times(self) -> None:
        """On a tick: let no time of a partial or a draft tell more than the tick."""
        self.partials.tick()
        self.counts.tick()
        self.drafts.tick()

    def nightly(self) -> None:
        """File, and drop the drafts that nobody has touched since the night before.

        Raises:
            StoreFull, StoreDamaged: as ``file``.
        """
        self.file()
        self.drafts.age()


class Links:
    """All places' interviews as one WSGI application, before the centre's own."""

    def __init__(self, centre: Centre, otherwise: WSGI) -> None:
        self._centre = centre
        self._otherwise = otherwise
        self._words = load()
        self._lock = Lock()
        self._links: dict[str, Link] = {}
        self._seat = Seat(centre.settings.memory_folder)
        self._codes = Codes(centre.batches, centre.clock.day)
        self._sent, self._begun, self._filed, self._tried = (
            AddressLimit(centre.clock.monotonic, most)
            for most in (_ROWS_AN_HOUR, _BEGUN_AN_HOUR, _FILED_AN_HOUR, _TRIED_AN_HOUR)
        )
        self._rows = self._put_rows_together()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Hand the request to the place's interview, which sees itself at the root, or to the centre."""
        found = _PATH.fullmatch(environ.get("PATH_INFO", "")) if "link" in self._centre.settings.serves else None
        if found is None:
            return self._otherwise(environ, start_response)
        place, rest = found[1], found[2]
        if rest is None:
            address = f"{environ.get('SCRIPT_NAME', '')}/s/{place}/"
            start_response("308 Permanent Redirect", [("Location", address), *HEADERS.items()])
            return [b""]
        if rest in ROWS:
            return self._rows(environ, start_response)
        environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}/s/{place}"
        environ["PATH_INFO"] = rest
        return self.of(place).app(environ, start_response)

    def of(self, untrusted_place: str) -> Link:
        """The interview of a place; every place that has no link shares one that is never available."""
        keys = self._keys()
        known = None if keys is None else keys.place(untrusted_place)
        place = untrusted_place if known is not None and "link" in known.modes else _NOWHERE
        with self._lock:
            if place not in self._links:
                self._links[place] = self._put_together(place)
            return self._links[place]

    def start(self, *, alone: bool) -> None:
        """File what a killed process left behind, also at places that have lost their link since.

        ``alone``: no other process serves this folder, so that what lies there belongs to nobody's open visit.

        Raises:
            StoreFull, StoreDamaged: nothing was lost; the centre cannot keep anything now.
        """
        memory, store = self._centre.settings.memory_folder, self._centre.store
        lying = sorted(path.name for path in memory.glob("*-*") if path.is_dir()) if memory is not None else []
        left = self._seat.left_behind([name for name in lying if name.startswith("tallies-")])
        for name in (*left, *(name for name in lying if alone and name.startswith("partials-"))):
            Partials((memory or Path()) / name, store, "arrivals", "open").file_all()
        self.put_all_together()

    def put_all_together(self) -> None:
        """Every place's, so that tonight drops the drafts that nobody comes back to, whichever process they met."""
        keys = self._keys()
        for place in () if keys is None else keys.places:
            if "link" in place.modes:
                self.of(place.code)

    def close(self) -> None:
        """Let another process have this one's number."""
        self._seat.let_go()

    def each(self, action: Callable[[Link], None]) -> None:
        """Do something for every interview that was put together."""
        with self._lock:
            links = list(self._links.values())
        for link in links:
            action(link)

    def hide_times(self) -> None:
        """Take the times of what lies in memory-backed storage, also the folder's, whose time a first visit changes."""
        self.each(Link.hide_times)
        memory = self._centre.settings.memory_folder
        if memory is not None and memory.is_dir():
            untimed_within(memory)

    def forget_addresses(self) -> None:
        """Throw the hour's keys and counts away once it is over, though nobody may ask for hours."""
        for limit in (self._sent, self._begun, self._filed, self._tried):
            limit.forget_the_hour()

    def _keys(self) -> Keys | None:
        briefing = self._centre.briefing()
        return None if briefing is None else briefing.keys()

    def _closed(self, place: str) -> bool:
        keys = self._keys()
        known = None if keys is None else keys.place(place)
        return known is not None and not known.open_door

    def _over(self, limit: AddressLimit) -> bool:
        return limit.over(address_of(request.environ, self._centre.settings.address_header))

    def _put_rows_together(self) -> Flask:
        def ceiling_of(place: str) -> DailyCeiling:
            return self.of(place).ceiling

        return rows_app(LinkRows(self._centre, self._codes, ceiling_of, lambda: self._over(self._sent)))

    def _put_together(self, place: str) -> Link:
        centre, clock, store = self._centre, self._centre.clock, self._centre.store
        partials = Partials(
            self._memory("partials", place), store, "arrivals", "open", Turns(self._memory("filing", place))
        )
        counts = Partials(self._memory(f"tallies-{self._seat.number}", place), store, "arrivals", "open")
        drafts = Drafts(self._memory("drafts", place))
        tallies = Tallies(place, _NO_INSTRUMENT, clock)
        tally_rows = TallyRows(tallies, counts, store, self._keys, clock, "arrivals", "open")
        tally_rows.follow_instrument()

        def notices() -> Notices | None:
            briefing = centre.briefing()
            return None if briefing is None else briefing.notices()

        def instruments() -> tuple[Any, ...]:
            keys = self._keys()
            return () if keys is None else keys.instruments

        ceiling = DailyCeiling(clock.day, file=self._memory("ceiling", place), closed=lambda: self._closed(place))
        turns = Turns(self._memory("turns", place), STRIPES)
        address = OneAddress(lambda: self._over(self._begun), lambda: self._over(self._filed))
        codes = card_codes(centre, self._codes, place, lambda: self._over(self._tried))
        visits = LockedVisits(drafts, instruments, ceiling, turns, clock.monotonic, address)
        parts = Parts(
            keys=self._keys, place=place, mode="link", visits=visits, store=centre.store, shelf="arrivals",
            door="open", tallies=tallies, partials=partials, clock=clock, words=self._words, clips=clips.load(),
            notices=notices, codes=codes, brotli=brotli.compress, brotli_at_once=_at_once,
        )  # fmt: skip
        return Link(interview_app(parts), drafts, partials, counts, tally_rows, ceiling)

    def _memory(self, kind: str, place: str) -> Path | None:
        memory = self._centre.settings.memory_folder
        if memory is None or place == _NOWHERE:
            return None
        memory.mkdir(mode=0o700, exist_ok=True)
        return memory / f"{kind}-{place}"
