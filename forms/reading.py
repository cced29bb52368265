"""What was posted for one item, read as an answer or as what is wrong with it. Total: no characters make it raise."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from itertools import islice

from forms.fitting import Misfit, misfit, plain_number
from forms.items import Item, Option
from forms.logic import Answer

Reading = tuple[Answer | None, Misfit | None]
"""An answer, or what is wrong with what was posted; neither where nothing was."""

TICKED = "yes"
"""What an acknowledgement posts."""

LONGEST_LOOKED_AT = 10_000  # characters; what is longer is too long whatever it says
_LONGEST_LINE = 40
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_DAY_FIRST = re.compile(r"([0-9]{1,2})[ ./-]+([0-9]{1,2})[ ./-]+([0-9]{4})")
_YEAR_FIRST = re.compile(r"([0-9]{4})[ ./-]+([0-9]{1,2})[ ./-]+([0-9]{1,2})")
_MARKS = str.maketrans({"\N{MINUS SIGN}": "-", "\N{ARABIC DECIMAL SEPARATOR}": ".", ",": "."})


def read(item: Item, posted: Sequence[str], offered: Sequence[Option]) -> Reading:
    """The answer among the values that were posted under this item's name.

    Args:
        item: one that takes answers.
        posted: untrusted; browsers send one value, or one for each ticked box.
        offered: the options that the page shows, in the order of the list.
    """
    given = list(dict.fromkeys(value for value in posted if value.strip()))
    if not given:
        return None, None
    if item.kind == "select_multiple":
        return _several(item, given, offered)
    if len(given) > 1:
        return None, "choice"
    answer, wrong = _single(item, given[0])
    if answer is None:
        return None, wrong
    wrong = misfit(item, answer, offered)
    return (None, wrong) if wrong else (answer, None)


def cleaned(text: str) -> str:
    """A text as it is kept: composed, with plain line ends, without characters that mean nothing in a text."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = (
        character for character in lines if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs")
    )
    return unicodedata.normalize("NFC", "".join(kept)).strip()


def _several(item: Item, given: Sequence[str], offered: Sequence[Option]) -> Reading:
    answer = tuple(option.code for option in offered if option.code in given)
    wrong = "choice" if len(answer) != len(given) else misfit(item, answer, offered)
    return (None, wrong) if wrong else (answer, None)


def _single(item: Item, given: str) -> Reading:
    if item.kind == "text":
        return (None, "too_long") if len(given) > LONGEST_LOOKED_AT else (cleaned(given) or None, None)
    if item.kind in ("integer", "decimal", "range"):
        return _number(item, given)
    if item.kind == "date":
        return _day(given)
    if item.kind == "acknowledge":
        return (True, None) if given == TICKED else (None, "choice")
    return given, None


def _line(given: str) -> str:
    """Short and in plain digits: people write in the digits of their language, and some keyboards add unseen marks."""
    seen = (character for character in given.strip() if unicodedata.category(character) != "Cf")
    digits = (str(unicodedata.decimal(character, character)) for character in islice(seen, _LONGEST_LINE + 1))
    return "".join(digits).strip().translate(_MARKS)


def _number(item: Item, given: str) -> Reading:
    line = _line(given)
    if len(line) > _LONGEST_LINE or not _NUMBER.fullmatch(line):
        return None, "number"
    number = plain_number(float(line))
    if item.kind == "integer" and not isinstance(number, int):
        return None, "number"
    # 0.30000000000000004 is how a step of 0.1 may have been added up by a program; people write 0.3.
    return (plain_number(round(float(number), 6)) if item.kind == "range" and math.isfinite(number) else number), None


def _day(given: str) -> Reading:
    line = _line(given)
    first, last = _DAY_FIRST.fullmatch(line), _YEAR_FIRST.fullmatch(line)
    if first:
        day, month, year = first.groups()
    elif last:
        year, month, day = last.groups()
    else:
        return None, "date"
    return f"{year}-{month:0>2}-{day:0>2}", None
