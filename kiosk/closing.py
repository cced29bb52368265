"""'Stop for today': staff close the survey here until tomorrow, and every page says 'not available now'.

The day stands in a file, so that the tablet stays closed over a restart and ``status`` can say so: what staff do is
nobody's secret. It says nothing about anyone who answered.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from survey.clock import Clock
from survey.durable import write_whole

FILE = "closed-today"
CLOSED = (
    "Stopped for today by staff: nobody is asked until tomorrow, or until staff start it again in the staff corner."
)


class Today:
    """Whether this place asks today."""

    def __init__(self, instance: Path, clock: Clock) -> None:
        self._path = instance / FILE
        self._clock = clock

    @property
    def closed(self) -> bool:
        """Whether staff have stopped it today."""
        try:
            return date.fromisoformat(self._path.read_text(encoding="ascii").strip()) == self._clock.day()
        except (OSError, ValueError):
            return False

    def close(self) -> None:
        """Ask nobody until tomorrow.

        Raises:
            OSError: the folder cannot be written.
        """
        write_whole(self._path, f"{self._clock.day().isoformat()}\n".encode())

    def reopen(self) -> None:
        """Ask again now."""
        self._path.unlink(missing_ok=True)
