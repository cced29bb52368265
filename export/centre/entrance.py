"""How often, and how many at a time, a passphrase may be tried.

Each try costs 32 MB and about a tenth of a second (scrypt), and strangers can ask for it: so two at a time among all
processes of a centre, which hold a lock file each, and so many an hour from one address, which each process counts
for itself (``limits``). Who is told to wait has not tried: nothing is counted against any account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

from export.centre.holds import Hold
from export.centre.limits import AddressLimit

_AT_ONCE = 2
# More than an office behind one address needs, and fewer guesses than anybody could use.
_TRIES_AN_HOUR = 60
_BUSY_SECONDS = 5
_TOO_OFTEN = (
    "Too many tries to sign in came from where you are. Nothing was tried now. Wait up to an hour, or sign in from"
    " another network."
)
_BUSY = "Too many people are signing in at once. Nothing was tried now. Wait a few seconds, then sign in again."


class TryLater(Exception):
    """A passphrase that was not looked at. Say the words, and after how many seconds it may come again."""

    def __init__(self, says: str, status: HTTPStatus, seconds: int) -> None:
        super().__init__(says)
        self.status = status
        self.seconds = seconds


class Entrance:
    """One centre's. Safe under threads."""

    def __init__(self, folder: Path, monotonic: Callable[[], float], tries_an_hour: int = _TRIES_AN_HOUR) -> None:
        self._folder = folder
        self._addresses = AddressLimit(monotonic, tries_an_hour)

    @contextmanager
    def trying(self, address: str = "") -> Iterator[None]:
        """While somebody's passphrase is tried; ``address`` is where they are, ``""`` where that does not matter.

        Raises:
            TryLater: too often from there, or too many at this moment.
        """
        seats = (Hold(self._folder / f"sign-in-{number}.lock") for number in range(_AT_ONCE))
        seat = next((seat for seat in seats if seat.taken()), None)
        if seat is None:
            raise TryLater(_BUSY, HTTPStatus.SERVICE_UNAVAILABLE, _BUSY_SECONDS)
        try:
            if self._addresses.over(address):
                raise TryLater(_TOO_OFTEN, HTTPStatus.TOO_MANY_REQUESTS, self._addresses.seconds_left())
            yield
        finally:
            seat.let_go()

    def forget_addresses(self) -> None:
        """Throw the hour's key and counts away once it is over."""
        self._addresses.forget_the_hour()
