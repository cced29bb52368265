"""Who may come in: enrolment codes for tablets, tokens and sign-ins for analysts.

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

# Crockford's alphabet: no I, L, O or U, so that a code read out or copied by hand comes through.
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans("OIL", "011", " -\t\r\n")
_CODE_LETTERS = 16
CODE_LIFE = timedelta(hours=24)
_SIGN_IN_SECONDS = 8 * 3600.0
_SIGN_INS = 1000


def new_code() -> str:
    """An enrolment code: 80 bits as four groups of four letters and digits."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LETTERS))
    return "-".join(letters[start : start + 4] for start in range(0, _CODE_LETTERS, 4))


def code_digest(untrusted_code: str) -> bytes:
    """What the registry keeps of a code; spaces, dashes, case and O, I, L do not matter."""
    plain = untrusted_code.upper().translate(_MISREAD)
    return hashlib.sha256(f"heard enrolment code 1\n{plain}".encode(errors="replace")).digest()


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


@dataclass
class SignIns:
    """Analysts who are signed in, in memory: a restart signs everybody out, and no disk holds a key to the pages."""

    monotonic: Callable[[], float]
    _held: dict[bytes, tuple[bytes, float]] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def begin(self, digest: bytes) -> str:
        """A new random cookie that stands for the token with this digest for eight hours."""
        cookie = new_token()
        now = self.monotonic()
        with self._lock:
            self._held = {key: held for key, held in self._held.items() if held[1] > now}
            if len(self._held) >= _SIGN_INS:
                self._held.pop(next(iter(self._held)))
            self._held[token_digest(cookie)] = (digest, now + _SIGN_IN_SECONDS)
        return cookie

    def digest_of(self, untrusted_cookie: str) -> bytes | None:
        """The digest of the token that signed in with this cookie, while it lasts."""
        with self._lock:
            held = self._held.get(token_digest(untrusted_cookie))
        return held[0] if held is not None and held[1] > self.monotonic() else None

    def end(self, untrusted_cookie: str) -> None:
        """Sign out."""
        with self._lock:
            self._held.pop(token_digest(untrusted_cookie), None)
