"""Passphrases and time-based codes of the people who have an account.

The secret of the time-based code (TOTP, RFC 6238) lies locked under the passphrase: scrypt (RFC 7914) makes a key of
it, AES-256-GCM locks the secret, and the passphrase is right where that opens. So a copy of the register holds neither,
and whoever guesses pays scrypt for every guess at six words.
"""

from __future__ import annotations

import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from survey.fingerprint import word_list

SHORTEST = 16
"""Characters of a passphrase that somebody chooses: four short words."""
LONGEST = 200
STEP_SECONDS = 30
_WORDS = 6
_SECRET_BYTES = 20
_SALT_BYTES, _NONCE_BYTES, _KEY_BYTES = 16, 12, 32
_SCRYPT = {"n": 2**15, "r": 8, "p": 1}
_CONTEXT = b"heard account 1"
_ISSUER = "Heard"


def new_passphrase() -> str:
    """Six words drawn from 1,024: 60 bits."""
    return " ".join(secrets.choice(word_list()) for _ in range(_WORDS))


def new_secret() -> bytes:
    """160 bits, as RFC 4226 advises."""
    return secrets.token_bytes(_SECRET_BYTES)


def locked(passphrase: str, secret: bytes) -> bytes:
    """The secret of somebody's codes under their passphrase: salt, nonce and ciphertext end to end."""
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    return salt + nonce + AESGCM(_stretched(passphrase, salt)).encrypt(nonce, secret, _CONTEXT)


def unlocked(untrusted_passphrase: str, box: bytes) -> bytes | None:
    """The secret, or None where this is not the passphrase. It takes as long either way."""
    salt, rest = box[:_SALT_BYTES], box[_SALT_BYTES:]
    key = _stretched(untrusted_passphrase[:LONGEST], salt)
    try:
        return AESGCM(key).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], _CONTEXT)
    except InvalidTag:
        return None


def step_of(untrusted_code: str, secret: bytes, now: int) -> int | None:
    """The step of 30 seconds that a code of six digits belongs to: this one, the last or the next; else None.

    Who calls keeps the number, so that a code that somebody looked over a shoulder for is good once.
    """
    said = "".join(untrusted_code.split()).encode(errors="replace")
    totp, found = _totp(secret), None
    for step in (now // STEP_SECONDS + apart for apart in (-1, 0, 1)):
        if hmac.compare_digest(said, totp.generate(step * STEP_SECONDS)):
            found = step
    return found


def code_at(secret: bytes, now: int) -> str:
    """The code that an authenticator shows at this time (seconds since 1970)."""
    return _totp(secret).generate(now).decode()


def provisioning_uri(secret: bytes, name: str) -> str:
    """What an authenticator reads from a QR code: ``otpauth://totp/...``."""
    return _totp(secret).get_provisioning_uri(name, _ISSUER)


def _totp(secret: bytes) -> TOTP:
    # SHA-1 is what every authenticator knows; RFC 6238 keeps it, since HMAC does not rest on collisions.
    return TOTP(secret, 6, SHA1(), STEP_SECONDS)  # noqa: S303


def _stretched(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=_KEY_BYTES, **_SCRYPT).derive(passphrase.encode(errors="replace"))
