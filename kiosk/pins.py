"""A door behind six digits: set at the tablet by a verb, kept as a scrypt hash, and slower with each wrong try.

The waits grow in memory, on the monotonic clock. After a start the first wait is already there, so that switching the
tablet off and on gains nothing, and no file has to say that anybody tried: a respondent who plays with the digits
leaves no trace. A PIN keeps curious hands out; it opens no answer.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
from collections.abc import Callable
from pathlib import Path

from forms.strict_json import canonical, strict_object
from survey.durable import write_whole

CORNER = "corner.pin"
ASSISTED = "assisted.pin"
OPEN_SECONDS = 120
FREE_TRIES = 3
FIRST_WAIT_SECONDS = 5
LONGEST_WAIT_SECONDS = 900
WAIT_AFTER_START_SECONDS = 30
# As many wrong tries as would have earned the wait after a start.
_TRIES_AT_START = 6
_PIN = re.compile(r"[0-9]{6}")
_COST = {"n": 2**14, "r": 8, "p": 1, "maxmem": 2**26}
_EASY = {"012345", "123456", "234567", "345678", "456789", "543210", "654321", "765432", "876543", "987654"}


class WeakPin(ValueError):
    """Not six digits, or six that everybody tries first. Choose others."""


class TooSoon(Exception):
    """Somebody tried wrong digits, or the tablet has just started: ``seconds`` are left to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Wait {seconds} seconds, then try again.")
        self.seconds = seconds


def set_pin(path: Path, pin: str) -> None:
    """Keep the hash of a new PIN.

    Raises:
        WeakPin: says what is wrong with it.
        OSError: it cannot be written; the old one still holds.
    """
    if not _PIN.fullmatch(pin):
        raise WeakPin("A PIN is six digits. Nothing was changed.")
    if len(set(pin)) == 1 or pin in _EASY:
        raise WeakPin("Everybody would try these digits first. Choose others. Nothing was changed.")
    salt = secrets.token_bytes(16)
    write_whole(path, canonical({"salt": salt.hex(), "scrypt": _hash(pin, salt).hex()}).encode() + b"\n")


def _hash(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, **_COST)


class Door:
    """One door. Closed again by ``close``, or when nobody used it for two minutes; one at a time holds its key."""

    def __init__(self, path: Path, monotonic: Callable[[], float], open_seconds: float = OPEN_SECONDS) -> None:
        self._path = path
        self._monotonic = monotonic
        self._open_seconds = open_seconds
        self._turn = threading.Lock()
        self._tries = _TRIES_AT_START
        self._next = monotonic() + WAIT_AFTER_START_SECONDS
        self._key = ""
        self._touched = 0.0

    @property
    def has_pin(self) -> bool:
        """Whether somebody has set one."""
        return self._path.is_file()

    def open(self, untrusted_pin: str) -> str | None:
        """The key of the open door; None for a wrong PIN.

        Raises:
            TooSoon: not even looked at.
        """
        with self._turn:
            left = self._next - self._monotonic()
            if left > 0:
                raise TooSoon(int(left) + 1)
            if not self._fits(untrusted_pin):
                self._tries += 1
                late = self._tries - FREE_TRIES
                wait = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** min(late, 16)) if late >= 0 else 0
                self._next = self._monotonic() + wait
                return None
            self._tries, self._key, self._touched = 0, secrets.token_hex(16), self._monotonic()
            return self._key

    def _fits(self, untrusted_pin: str) -> bool:
        try:
            kept = strict_object(self._path.read_text(encoding="ascii"))
            salt, right = bytes.fromhex(kept["salt"]), bytes.fromhex(kept["scrypt"])
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return bool(_PIN.fullmatch(untrusted_pin)) and hmac.compare_digest(_hash(untrusted_pin, salt), right)

    def holds(self, untrusted_key: str) -> bool:
        """Whether this is the key of the open door, which stays open for another while."""
        with self._turn:
            fits = self._is_open() and hmac.compare_digest(untrusted_key.encode(errors="replace"), self._key.encode())
            if fits:
                self._touched = self._monotonic()
            return fits

    def stands_open(self, *, touch: bool = False) -> bool:
        """Whether somebody has opened it and used it since; ``touch`` counts as use."""
        with self._turn:
            opened = self._is_open()
            if opened and touch:
                self._touched = self._monotonic()
            return opened

    def _is_open(self) -> bool:
        if self._key and self._monotonic() - self._touched >= self._open_seconds:
            self._key = ""
        return bool(self._key)

    def close(self) -> None:
        """Shut it."""
        with self._turn:
            self._key = ""
