"""Sealing, signing, and nothing that opens.

A row is the only form in which an answer may rest or travel. This module can make rows and tell whether bytes
have a row's shape; the other direction is in ``export.custodian.unsealing``, which a tablet does not install.

Row, 5,250 bytes always (docs/formats.md):
    ``HRD1`` | KEM 0x647a | KDF 0x0001 | AEAD 0x0002 | key id (8) | enc (1,120) | ct (4,096 + 16)
The first 18 bytes, the header, are bound into the seal as HPKE ``info`` (RFC 9180, section 5.1), so a changed
header cannot be opened.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PublicKey, Suite

MAGIC = b"HRD1"
SUITE_ID = bytes.fromhex("647a00010002")
KEY_ID_BYTES = 8
HEADER_BYTES = len(MAGIC) + len(SUITE_ID) + KEY_ID_BYTES
PLAINTEXT_BYTES = 4096
ROW_BYTES = HEADER_BYTES + 1120 + PLAINTEXT_BYTES + 16
ROW_ID_BYTES = 16
COLLECTION_KEY_BYTES = 1216
_MLKEM_PUBLIC_BYTES = 1184
_LOCK_NONCE_BYTES = 12

SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class NotARow(ValueError):
    """These bytes are not a sealed row of this version. Keep them aside and look at where they came from."""


class UnusableKey(ValueError):
    """A public key that cannot be read. Fetch a fresh keys file; never seal to it."""


class BadSignature(ValueError):
    """A signature that does not match. Change nothing on the strength of what it covers."""


class LockedAway(ValueError):
    """A locked draft that this key does not unlock. Treat the visit as ended."""


@dataclass(frozen=True)
class CollectionKey:
    """The public half of the custodian's collection key: 1,184 bytes of ML-KEM-768, then 32 of X25519 (X-Wing)."""

    public: bytes

    def __post_init__(self) -> None:
        """Refuse a key that HPKE could not use, before anybody answers.

        Raises:
            UnusableKey: the wrong length, or no point of either scheme.
        """
        if len(self.public) != COLLECTION_KEY_BYTES:
            raise UnusableKey(f"A collection key has {COLLECTION_KEY_BYTES} bytes, not {len(self.public)}.")
        try:
            # Some keys can be read and yet sealed to by nobody (an X25519 point of low order), so one seal is tried.
            SUITE.encrypt(b"", self._hpke)
        except ValueError as fault:
            raise UnusableKey("This collection key cannot be read. Ask the custodian for a new keys file.") from fault

    @cached_property
    def key_id(self) -> bytes:
        """Eight bytes that say which key opens a row: the start of SHA-256 of the public key."""
        return hashlib.sha256(self.public).digest()[:KEY_ID_BYTES]

    @cached_property
    def header(self) -> bytes:
        """The 18 clear bytes before every row sealed to this key."""
        return MAGIC + SUITE_ID + self.key_id

    @cached_property
    def _hpke(self) -> MLKEM768X25519PublicKey:
        return MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(self.public[:_MLKEM_PUBLIC_BYTES]),
            X25519PublicKey.from_public_bytes(self.public[_MLKEM_PUBLIC_BYTES:]),
        )

    def seal(self, plaintext: bytes) -> bytes:
        """Seal one framed plaintext of 4,096 bytes into a row of 5,250.

        Raises:
            ValueError: a plaintext of another size, which would tell its length.
        """
        if len(plaintext) != PLAINTEXT_BYTES:
            raise ValueError(f"Only {PLAINTEXT_BYTES}-byte plaintexts are sealed: frame it first.")
        return self.header + SUITE.encrypt(plaintext, self._hpke, info=self.header)


def key_id_of(untrusted_row: bytes) -> bytes:
    """The id of the collection key that a row says it was sealed to.

    Raises:
        NotARow: another length, another magic or another suite.
    """
    if len(untrusted_row) != ROW_BYTES:
        raise NotARow(f"A row has {ROW_BYTES} bytes, not {len(untrusted_row)}.")
    if untrusted_row[: len(MAGIC) + len(SUITE_ID)] != MAGIC + SUITE_ID:
        raise NotARow("A row starts with HRD1 and the suite 647a-0001-0002.")
    return untrusted_row[HEADER_BYTES - KEY_ID_BYTES : HEADER_BYTES]


def row_id(row: bytes) -> bytes:
    """What a row is known by everywhere: 16 bytes of SHA-256 of it, so a repeat is a repeat and nothing else."""
    return hashlib.sha256(row).digest()[:ROW_ID_BYTES]


@dataclass(frozen=True)
class SigningKey:
    """An Ed25519 key (RFC 8032) kept as its 32-byte seed: a tablet's, the intake's, the content's, the authority's."""

    seed: bytes

    @classmethod
    def generate(cls) -> Self:
        """A fresh key."""
        return cls(secrets.token_bytes(32))

    @cached_property
    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @cached_property
    def public(self) -> bytes:
        """The 32-byte public half."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """A 64-byte signature."""
        return self._key.sign(message)

    def __repr__(self) -> str:
        # A seed in a traceback or a log would be a key given away.
        return f"SigningKey(public={self.public.hex()})"


def verify(public: bytes, signature: bytes, message: bytes) -> None:
    """Check an Ed25519 signature.

    Raises:
        BadSignature: it does not match, or the key or the signature is malformed.
    """
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError) as fault:
        raise BadSignature("The signature does not match.") from fault


def lock(plaintext: bytes, key: bytes, context: bytes) -> bytes:
    """Lock a link visit's draft under a 32-byte key that only the visit's cookie holds (AES-256-GCM).

    This is no seal: whoever has the cookie unlocks it. It keeps a copy of the centre's disk from showing a draft.
    """
    nonce = secrets.token_bytes(_LOCK_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, context)


def unlock(untrusted: bytes, key: bytes, context: bytes) -> bytes:
    """The draft again.

    Raises:
        LockedAway: another key, another context or changed bytes.
    """
    try:
        return AESGCM(key).decrypt(untrusted[:_LOCK_NONCE_BYTES], untrusted[_LOCK_NONCE_BYTES:], context)
    except (InvalidTag, ValueError) as fault:
        raise LockedAway("This key does not unlock the draft.") from fault
