"""How a code is written for people: letters and digits that are not taken for each other, in groups of four."""

from __future__ import annotations

import unicodedata

# Crockford's alphabet: no I, L, O or U, so that a code read out or copied by hand comes through.
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans("OIL", "011", " -\t\r\n")
_GROUP = 4


def grouped(letters: str) -> str:
    """Letters as they are printed: ``AB12-CD34``."""
    return "-".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))


def plain(untrusted: str) -> str:
    """What was typed, as it was meant: spaces, dashes, case and O, I, L do not matter.

    People write in the digits of their language, and some keyboards add unseen marks.
    """
    seen = (character for character in untrusted if unicodedata.category(character) != "Cf")
    digits = (str(unicodedata.decimal(character, character)) for character in seen)
    return "".join(digits).upper().translate(_MISREAD)


def written(number: int, letters: int) -> str:
    """A whole number as so many letters, five bits each, the highest first."""
    return "".join(LETTERS[number >> 5 * place & 31] for place in reversed(range(letters)))


def number_of(plain_letters: str) -> int | None:
    """The number that these letters write, or None where one is not of the alphabet."""
    number = 0
    for letter in plain_letters:
        place = LETTERS.find(letter)
        if place < 0:
            return None
        number = number << 5 | place
    return number


def check_letter(letters: str) -> str:
    """One more letter, by which every single wrong letter and every exchange of two is noticed.

    A remainder over the field of 32 elements (x^5 + x^2 + 1): each place has a factor of its own up to 31 letters.
    """
    total = 0
    for letter in letters:
        total = (total ^ LETTERS.index(letter)) << 1
        total ^= 0b100101 if total & 32 else 0
    return LETTERS[total]
