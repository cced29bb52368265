"""A random mark that changes whenever a visit is over: by it the screen's loop knows when to start a fresh browser.

It is no count and no time, and it is kept in memory only; two marks tell that they differ, and nothing else.
"""

from __future__ import annotations

import secrets
import threading

from survey.visits import Visits


class Sitting:
    """The mark of whoever sits here now, or of the empty seat after the last."""

    def __init__(self, *visits: Visits) -> None:
        self._visits = visits
        self._turn = threading.Lock()
        self._taken = False
        self._ended = False
        self._mark = secrets.token_hex(8)

    def ended(self) -> None:
        """A visit has ended, whether or not anybody looked at the mark meanwhile."""
        with self._turn:
            self._ended = True

    def mark(self) -> str:
        """The same until somebody who had begun is gone."""
        with self._turn:
            taken = any(visits.taken() for visits in self._visits)
            if (self._taken or self._ended) and not taken:
                self._mark, self._ended = secrets.token_hex(8), False
            self._taken = taken
            return self._mark
