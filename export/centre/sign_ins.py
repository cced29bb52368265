"""Analysts who are signed in, kept in the register, so that every process knows them: two digests and a time.

A cookie has 256 random bits and is kept as its digest, as a token is; who copies the register can sign in with neither.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from export.centre.accounts import new_token, token_digest
from export.centre.registry import Registry

SIGN_IN_LIFE = timedelta(hours=8)
_TABLE = """
CREATE TABLE IF NOT EXISTS sign_ins (cookie BLOB PRIMARY KEY, token BLOB NOT NULL, until TEXT NOT NULL) WITHOUT ROWID
"""


@dataclass(frozen=True)
class SignIns:
    """The sign-ins that last. ``now`` is the full time: they are staff's."""

    registry: Registry
    now: Callable[[], datetime]

    def __post_init__(self) -> None:
        with self.registry.changing() as db:
            db.execute(_TABLE)

    def begin(self, digest: bytes) -> str:
        """A new random cookie that stands for the token with this digest for eight hours."""
        cookie, now = new_token(), self.now()
        with self.registry.changing() as db:
            db.execute("DELETE FROM sign_ins WHERE until <= ?", (now.isoformat(),))
            db.execute(
                "INSERT INTO sign_ins VALUES (?, ?, ?)",
                (token_digest(cookie), digest, (now + SIGN_IN_LIFE).isoformat()),
            )
        return cookie

    def digest_of(self, untrusted_cookie: str) -> bytes | None:
        """The digest of the token that signed in with this cookie, while it lasts."""
        found = self.registry.read(
            "SELECT token FROM sign_ins WHERE cookie = ? AND until > ?",
            (token_digest(untrusted_cookie), self.now().isoformat()),
        )
        return token if found and isinstance(token := found[0]["token"], bytes) else None

    def end(self, untrusted_cookie: str) -> None:
        """Sign out."""
        with self.registry.changing() as db:
            db.execute("DELETE FROM sign_ins WHERE cookie = ?", (token_digest(untrusted_cookie),))
