"""Which text a decision was about, told without its words, so that no other text goes out on it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

from survey.sealing import SigningKey

_TEXTS = b"heard texts under review 1"


def fingerprint(text: str) -> bytes:
    """What the workers hand over of a text instead of it. Never kept: a short text can be guessed from it."""
    return hashlib.sha256(text.encode()).digest()


@dataclass(frozen=True)
class TextMark:
    """Marks texts with a key of the custodian's, so that a mark may be kept."""

    key: bytes = field(default=b"", repr=False)

    @classmethod
    def of(cls, authority: SigningKey) -> TextMark:
        """The custodian's own."""
        return cls(hashlib.sha256(authority.sign(_TEXTS)).digest())

    def __call__(self, print_of_text: bytes) -> str:
        """Of a text, by its fingerprint."""
        return hmac.digest(self.key, print_of_text, "sha256").hex()


@dataclass(frozen=True)
class Quotation:
    """A masked comment that two people let out, and the mark of the text that they read."""

    text: str
    about: str
