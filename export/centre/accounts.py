"""Who may come in: enrolment codes for tablets, tokens for analysts.

Codes have 80 random bits and tokens 256, so nobody can guess back from a plain SHA-256 of one; a slow password hash
would buy nothing and would cost every request. What is looked up is always that hash, so the time a look-up takes
tells nothing about how much of a wrong token was right.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock

from export.centre.lettering import LETTERS, grouped, plain

_CODE_LETTERS = 16
CODE_LIFE = timedelta(hours=24)


def new_code() -> str:
    """An enrolment code: 80 bits as four groups of four letters and digits."""
    return grouped("".join(secrets.choice(LETTERS) for _ in range(_CODE_LETTERS)))


def code_digest(untrusted_code: str) -> bytes:
    """What the registry keeps of a code; spaces, dashes, case and O, I, L do not matter."""
    return hashlib.sha256(f"heard enrolment code 1\n{plain(untrusted_code)}".encode(errors="replace")).digest()


def new_token() -> str:
    """An analyst's token: 32 random bytes as text."""
    return secrets.token_urlsafe(32)


def token_digest(untrusted_token: str) -> bytes:
    """What the registry keeps of a token."""
    return hashlib.sha256(f"heard token 1\n{untrusted_token.strip()}".encode(errors="replace")).digest()


@dataclass
class Throttle:
    """So many wrong tries a minute from everybody together: no address is kept, so nobody is tracked by it."""

    monotonic: Callable[[], float]
    tries: int = 20
    seconds: float = 60.0
    _wrong: list[float] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def closed(self) -> bool:
        """Whether there were too many wrong tries just now."""
        with self._lock:
            since = self.monotonic() - self.seconds
            self._wrong = [moment for moment in self._wrong if moment > since]
            return len(self._wrong) >= self.tries

    def wrong(self) -> None:
        """Count one wrong try."""
        with self._lock:
            self._wrong.append(self.monotonic())
