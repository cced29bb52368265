"""The authority's fingerprint: 13 words that two people can compare over a telephone, 130 bits of SHA-256.

The words are the SLIP-39 list: 1,024 of them, each known by its first four letters and chosen not to be misheard.
"""

from __future__ import annotations

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


def words_match(words: Sequence[str], public: bytes) -> bool:
    """Whether somebody's words are this key's, whatever capitals they were typed in."""
    said = " ".join(word.strip().lower() for word in words)
    return hmac.compare_digest(said.encode(), " ".join(authority_words(public)).encode())
