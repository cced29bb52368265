"""The authority's fingerprint: 13 words that two people can compare over a telephone, 130 bits of SHA-256.

The words are the SLIP-39 list: 1,024 of them, each known by its first four letters and chosen not to be misheard.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from functools import cache
from pathlib import Path

WORDS = 13
_BITS_A_WORD = 10
_LIST = Path(__file__).parent / "data" / "words.txt"


@cache
def word_list() -> tuple[str, ...]:
    """The 1,024 words, in order."""
    return tuple(_LIST.read_text(encoding="ascii").split())


def authority_words(public: bytes) -> tuple[str, ...]:
    """The 13 words of a public key: the first 130 bits of its SHA-256, ten a word."""
    digest = hashlib.sha256(public).digest()
    bits = int.from_bytes(digest, "big") >> (8 * len(digest) - WORDS * _BITS_A_WORD)
    places = (bits >> (_BITS_A_WORD * back) & 0x3FF for back in reversed(range(WORDS)))
    return tuple(word_list()[place] for place in places)


def authority_pin(public: bytes) -> str:
    """The same 130 bits in 22 characters (base64url, the last two bits zero): the ``#k=`` of a card's address."""
    bits = WORDS * _BITS_A_WORD
    kept = hashlib.sha256(public).digest()[: -(-bits // 8)]
    whole = int.from_bytes(kept, "big") >> -bits % 8 << -bits % 8
    return base64.urlsafe_b64encode(whole.to_bytes(len(kept), "big")).decode().rstrip("=")[: -(-bits // 6)]


def words_match(words: Sequence[str], public: bytes) -> bool:
    """Whether somebody's words are this key's, whatever capitals they were typed in."""
    said = " ".join(word.strip().lower() for word in words)
    return hmac.compare_digest(said.encode(), " ".join(authority_words(public)).encode())
