"""The only code that opens a row. A tablet and the centre are installed without it, or never load it.

The collection key is one 32-byte X-Wing seed (draft-connolly-cfrg-xwing-kem, section 5.2): SHAKE256(seed, 96) gives
the 64-byte ML-KEM-768 seed and the 32-byte X25519 key. Everything else about a row is in ``survey.sealing``.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

from survey.sealing import HEADER_BYTES, SUITE, CollectionKey, NotARow, key_id_of

SEED_BYTES = 32
_MLKEM_SEED_BYTES = 64


class CannotOpen(ValueError):
    """A row that this key does not open: changed on its way, or sealed to another key. Count it and go on."""


@dataclass(frozen=True)
class CollectionSecret:
    """The private half of the collection key, kept as its 32-byte seed."""

    seed: bytes

    def __post_init__(self) -> None:
        """Refuse a seed that could not be one.

        Raises:
            ValueError: not 32 bytes.
        """
        if len(self.seed) != SEED_BYTES:
            raise ValueError(f"A collection seed has {SEED_BYTES} bytes, not {len(self.seed)}.")

    @classmethod
    def generate(cls) -> Self:
        """A fresh key."""
        return cls(secrets.token_bytes(SEED_BYTES))

    @cached_property
    def _parts(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        expanded = hashlib.shake_256(self.seed).digest(_MLKEM_SEED_BYTES + 32)
        return (
            MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED_BYTES]),
            X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED_BYTES:]),
        )

    @cached_property
    def _hpke(self) -> MLKEM768X25519PrivateKey:
        return MLKEM768X25519PrivateKey(*self._parts)

    @cached_property
    def public(self) -> CollectionKey:
        """The half that tablets and phones seal to."""
        lattice, curve = self._parts
        return CollectionKey(lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw())

    def open(self, untrusted_row: bytes) -> bytes:
        """The 4,096-byte plaintext of a row. It is authentic to the seal only, so still untrusted: anyone may seal.

        Raises:
            CannotOpen: not a row, sealed to another key, or changed by as much as one bit.
        """
        try:
            key_id = key_id_of(untrusted_row)
        except NotARow as fault:
            raise CannotOpen(str(fault)) from fault
        if key_id != self.public.key_id:
            raise CannotOpen("This row was sealed to another collection key.")
        try:
            return SUITE.decrypt(untrusted_row[HEADER_BYTES:], self._hpke, info=self.public.header)
        except (InvalidTag, ValueError) as fault:
            raise CannotOpen("This row was changed after it was sealed.") from fault

    def __repr__(self) -> str:
        # A seed in a traceback or a log would be every answer given away.
        return f"CollectionSecret(key id {self.public.key_id.hex()})"
