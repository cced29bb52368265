"""The interview behind a link, for every place at once: what the centre serves under ``/s/<place>/``.

The same pages as on a tablet, in mode link; sealed on receipt into the centre's own arrivals, door open. Drafts and
partials lie in memory-backed storage (``locked_visits``, ``partials``). A place that the keys file does not open to
links looks exactly like one that does not exist: not available now.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any
from wsgiref.util import shift_path_info

from flask import Flask

from forms.instrument import Instrument
from survey.app import interview_app
from survey.briefing import Keys
from survey.clock import Clock
from survey.locked_visits import Drafts, LockedVisits
from survey.partials import Partials
from survey.parts import Parts
from survey.store import Store
from survey.tallies import Tallies
from survey.words import load

_NOWHERE = ""
_SHELF, _DOOR = "arrivals", "open"


class Link:
    """A WSGI application to mount under ``/s``. It starts nothing."""

    def __init__(self, keys: Callable[[], Keys | None], store: Store, memory_folder: Path | None, clock: Clock) -> None:
        """``memory_folder`` must lie in memory; where there is none, drafts and partials live in this process."""
        if memory_folder is not None:
            memory_folder.mkdir(mode=0o700, exist_ok=True)
        self._keys = keys
        self._store = store
        self._clock = clock
        self._words = load()
        self._drafts = Drafts(memory_folder / "drafts" if memory_folder else None)
        self._partials = Partials(memory_folder / "partials" if memory_folder else None, store, _SHELF, _DOOR)
        self._apps: dict[str, Flask] = {}
        self._turn = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Hand the request to the place in its path."""
        untrusted_place = shift_path_info(environ) or _NOWHERE
        return self._app(untrusted_place)(environ, start_response)

    def file_partials(self) -> None:
        """At a start: file what a killed process left behind.

        Raises:
            StoreFull, StoreDamaged: it stays where it is for the next time.
        """
        self._partials.file_all()

    def nightly(self) -> None:
        """Before the merge: file what people did not finish, and drop drafts that two nights have found untouched.

        Whoever still goes on gives a fuller copy later, under the same id: opening keeps the fullest.

        Raises:
            StoreFull, StoreDamaged: it stays where it is for the next time.
        """
        self._partials.file_all()
        self._drafts.age()

    def _app(self, untrusted_place: str) -> Flask:
        keys = self._keys()
        known = keys is not None and any(place.code == untrusted_place for place in keys.places)
        place = untrusted_place if known else _NOWHERE
        with self._turn:
            if place not in self._apps:
                self._apps[place] = self._interview(place)
            return self._apps[place]

    def _interview(self, place: str) -> Flask:
        def instruments() -> Sequence[Instrument]:
            keys = self._keys()
            return keys.instruments if keys else ()

        asked = instruments()
        tallies = Tallies(place, asked[0].digest() if asked else "0" * 64, self._clock)
        parts = Parts(
            keys=self._keys,
            place=place,
            mode="link",
            visits=LockedVisits(self._drafts, instruments),
            store=self._store,
            shelf=_SHELF,
            door=_DOOR,
            tallies=tallies,
            partials=self._partials,
            clock=self._clock,
            words=self._words,
        )
        return interview_app(parts)
