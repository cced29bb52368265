"""What is wrong with the words of shares, told by their places: they are secret, and the library would repeat some.

Whoever reads the message may be somebody else than the two who hold the sheets, on a screen, in a log, over the phone.
"""

from __future__ import annotations

from collections.abc import Sequence

from shamir_mnemonic import MnemonicError
from shamir_mnemonic import Share as Decoded
from shamir_mnemonic.wordlist import WORD_INDEX_MAP

WORDS = 33
"""Of a share of a key of 32 bytes."""


def misread(untrusted_words: str) -> str | None:
    """What is wrong with the words of one share by itself, in a sentence or two; None where nothing is."""
    said = untrusted_words.lower().split()
    strange = [str(place) for place, word in enumerate(said, 1) if word not in WORD_INDEX_MAP]
    wrong = []
    if strange:
        which = f"word {strange[0]} is" if len(strange) == 1 else f"words {', '.join(strange)} are"
        wrong.append(f"{which} not on the list of words that shares are made of")
    if len(said) != WORDS:
        wrong.append(f"it has {len(said)} words, and a share has {WORDS}")
    if not wrong and _decoded(" ".join(said)) is None:
        wrong.append("one word was read as another that is on the list too, or two changed places")
    return f"{'; '.join(wrong)}. Compare it with the sheet, word by word, and try again." if wrong else None


def unfit(shares: Sequence[tuple[str, str]]) -> str | None:
    """Why these shares, none of them misread, do not go together, in a sentence or two; None where they may.

    Args:
        shares: what each is called, and its words.
    """
    first, *others = [(name, one) for name, words in shares if (one := _decoded(words.lower())) is not None]
    seen = {first[1].index: first[0]}
    for name, one in others:
        if one.group_parameters() != first[1].group_parameters():
            return f"{name} was not made with {first[0]}. Sheets of two splittings do not mix: use those of one."
        if one.index in seen:
            again = "was given twice" if seen[one.index] == name else f"is the same as {seen[one.index]}"
            return f"{name} {again}. Give another."
        seen[one.index] = name
    needed = first[1].member_threshold
    given = f"{len(seen)} {'was' if len(seen) == 1 else 'were'} given"
    return None if len(seen) == needed else f"It takes {needed} of them, and {given}. Give {needed}."


def _decoded(words: str) -> Decoded | None:
    try:
        return Decoded.from_mnemonic(words)
    except MnemonicError:
        return None
