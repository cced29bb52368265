"""What the tablet sends by itself: every night, whether or not anyone answered, and again later where it failed.

The waits double and are spread at random, so that thirty tablets do not knock together when their centre comes back;
they are the same whatever waits in the outbox.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress

from kiosk.exchange import FORESEEN, exchange
from kiosk.sync import Sync

FIRST_WAIT_SECONDS = 5 * 60
LONGEST_WAIT_SECONDS = 4 * 60 * 60
_RANDOM = random.SystemRandom()


class Nightly:
    """Tonight's packets, and the tries after one that did not work."""

    def __init__(
        self,
        sync: Sync,
        file_tally: Callable[[], None],
        monotonic: Callable[[], float],
        rewrite: Callable[[], None],
        spread: Callable[[float, float], float] = _RANDOM.uniform,
    ) -> None:
        """``file_tally`` puts the running counts into the outbox, ``rewrite`` has it written anew.

        ``spread`` picks between two numbers at random.
        """
        self._sync = sync
        self._file_tally = file_tally
        self._monotonic = monotonic
        self._rewrite = rewrite
        self._spread = spread
        self._failures = 0
        self._due: float | None = None

    @property
    def due(self) -> float | None:
        """When the next try comes, on the monotonic clock; None where nothing is owed before the next night."""
        return self._due

    def send(self) -> None:
        """Ask for news, then send what waits; where that does not work, plan another try."""
        # Sending makes room on a full disk.
        with suppress(*FORESEEN):
            self._file_tally()
        try:
            exchange(self._sync)
        except FORESEEN:
            # Not logged: how it stands is in the tablet's state, by the day of the last contact.
            wait = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** min(self._failures, 16))
            self._failures += 1
            self._due = self._monotonic() + wait * self._spread(0.5, 1.0)
        else:
            self._failures = 0
            self._due = None
        self._rewrite()

    def try_again(self) -> None:
        """Send where another try is due; for a tick."""
        if self._due is not None and self._monotonic() >= self._due:
            self.send()
