"""The running counts on their way into a row: sealed each hour in place of the last, filed once.

A count must arrive once. So every number goes through one name at a time in memory-backed storage, and what was taken
out of the running counts stays under its name until it lies in the outbox durably; a process killed between the two
files the very same row again at its next start, and the same row twice is one row.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from forms.response import framed
from survey.briefing import Keys
from survey.clock import Clock
from survey.partials import Partials
from survey.store import Door, Shelves
from survey.tallies import Tallies

_NAME = "tally"


class TallyRows:
    """The tally rows of one running tablet, or of one place's link at the centre."""

    def __init__(
        self,
        tallies: Tallies,
        partials: Partials,
        store: Shelves,
        keys: Callable[[], Keys | None],
        clock: Clock,
        shelf: str = "outbox",
        door: Door = "tablet",
    ) -> None:
        """``shelf`` and ``door`` are those of the responses that are counted."""
        self._tallies = tallies
        self._partials = partials
        self._store = store
        self._keys = keys
        self._clock = clock
        self._shelf = shelf
        self._door = door
        self._turn = threading.Lock()
        self._followed: Keys | None = None
        self._taken: list[bytes] = []

    def follow_instrument(self) -> None:
        """Count apart where a newer keys file brought another questionnaire; for a tick.

        Raises:
            StoreFull, StoreDamaged: as ``file``.
        """
        keys = self._keys()
        if keys is None or keys is self._followed or not keys.instruments:
            return
        self._followed = keys
        if self._tallies.turn_to(keys.instruments[0].digest()):
            self.file()

    def keep(self) -> None:
        """Each hour: seal the counts into memory-backed storage, in place of the last; at a month's end, file them.

        Raises:
            StoreFull, StoreDamaged: the outbox takes nothing now; the counts are kept and go in another time.
        """
        keys = self._keys()
        if keys is None or self._tallies.empty:
            return
        content = self._tallies.content()
        if content["period"] != self._clock.month():
            self.file()
            return
        with self._turn:
            self._partials.keep(self._name(), keys.collection.seal(framed(content)))

    def file(self) -> None:
        """Put the counts into the outbox durably; from then on they are rows like any other, and the counts are zero.

        Without a usable keys file nothing can be sealed, and the counts go on.

        Raises:
            StoreFull, StoreDamaged: likewise, but what was sealed waits for the next time or the next start.
        """
        with self._turn:
            keys = self._keys()
            while keys is not None and not self._tallies.empty:
                row = keys.collection.seal(framed(self._tallies.take()))
                self._partials.keep(self._name(), row)
                self._taken.append(row)
            if not self._taken:
                return
            self._store.put(self._shelf, self._taken, self._door)
            while self._taken:
                self._taken.pop()
                self._partials.drop(self._name())

    def _name(self) -> str:
        # Not the name of a tally that was taken and is not in the outbox yet: its row must not be replaced.
        return f"{_NAME}-{len(self._taken)}"
