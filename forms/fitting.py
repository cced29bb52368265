"""Whether an answer fits its item: the same rule for a form that was posted and for plaintext that was opened."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Literal

from forms.items import Item, Option
from forms.logic import Answer
from forms.shapes import LARGEST_NUMBER, whole_characters
from forms.strict_json import canonical

Misfit = Literal["required", "choice", "exclusive", "number", "range", "date", "too_long", "constraint"]
"""What is wrong with an answer; ``error.`` and this is the key of the words that say so."""

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SMALLEST_STEP = 1e-6


def misfit(item: Item, untrusted_answer: Any, offered: Sequence[Option]) -> Misfit | None:
    """What is wrong with an answer to this item, or None.

    Args:
        item: one that takes answers; any answer to another one is a misfit.
        untrusted_answer: of any type.
        offered: the options that the choice_filter leaves.
    """
    judge = _JUDGES.get(item.kind)
    return judge(item, untrusted_answer, offered) if judge else "constraint"


def narrowed(item: Item, answer: Answer, offered: Collection[str]) -> Answer | None:
    """As much of a choice as is still offered, in the order of the list; other answers as they are.

    An answer of another type than its item's is none: expressions are only ever given what they know.
    """
    if item.kind == "select_one":
        return answer if isinstance(answer, str) and answer in offered else None
    if item.kind == "select_multiple":
        chosen = set(answer) if isinstance(answer, tuple) else set()
        return tuple(code for code in offered if code in chosen) or None
    known = _TYPES.get(item.kind, ())
    return answer if isinstance(answer, known) and isinstance(answer, bool) == (bool in known) else None


def encoded_bytes(text: str) -> int:
    """The bytes of a text once JSON-encoded, quotes left out."""
    return len(canonical(text).encode(errors="replace")) - 2


def steps(item: Item) -> tuple[int | float, ...]:
    """Every value of a range, the lowest first; whole numbers are ints. Empty for any other item."""
    if item.kind != "range" or item.low is None or item.high is None or not item.step:
        return ()
    count = math.floor((item.high - item.low) / item.step + _SMALLEST_STEP)
    return tuple(_plain(item.low + place * item.step) for place in range(count + 1))


def plain_number(value: float) -> int | float:
    """The one spelling of a number that was typed: whole numbers are ints, and there is no minus zero."""
    return int(value) if value.is_integer() else value


def _plain(value: float) -> int | float:
    return plain_number(float(round(value, 6)))


def _select_one(_item: Item, answer: Any, offered: Sequence[Option]) -> Misfit | None:
    return None if any(option.code == answer for option in offered) else "choice"


def _select_multiple(_item: Item, answer: Any, offered: Sequence[Option]) -> Misfit | None:
    if not isinstance(answer, tuple) or not answer:
        return "choice"
    chosen = [option for option in offered if option.code in answer]
    if tuple(option.code for option in chosen) != answer:
        return "choice"
    return "exclusive" if len(chosen) > 1 and any(option.exclusive for option in chosen) else None


def _text(item: Item, answer: Any, _offered: Sequence[Option]) -> Misfit | None:
    if not isinstance(answer, str) or not answer or not whole_characters(answer):
        return "constraint"
    return "too_long" if encoded_bytes(answer) > item.bytes_allowed else None


def _integer(item: Item, answer: Any, offered: Sequence[Option]) -> Misfit | None:
    return _decimal(item, answer, offered) if isinstance(answer, int) else "number"


def _decimal(item: Item, answer: Any, _offered: Sequence[Option]) -> Misfit | None:
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        return "number"
    if not -LARGEST_NUMBER <= answer <= LARGEST_NUMBER:  # NaN too
        return "number"
    too_low = item.low is not None and answer < item.low
    return "range" if too_low or (item.high is not None and answer > item.high) else None


def _range(item: Item, answer: Any, offered: Sequence[Option]) -> Misfit | None:
    return _decimal(item, answer, offered) or (None if answer in steps(item) else "range")


def _date(_item: Item, answer: Any, _offered: Sequence[Option]) -> Misfit | None:
    if not isinstance(answer, str) or not _ISO_DAY.fullmatch(answer):
        return "date"
    try:
        date.fromisoformat(answer)
    except ValueError:
        return "date"
    return None


def _acknowledge(_item: Item, answer: Any, _offered: Sequence[Option]) -> Misfit | None:
    return None if answer is True else "constraint"


_TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "date": (str,),
    "integer": (int,),
    "decimal": (int, float),
    "range": (int, float),
    "acknowledge": (bool,),
}
_JUDGES = {
    "select_one": _select_one,
    "select_multiple": _select_multiple,
    "text": _text,
    "integer": _integer,
    "decimal": _decimal,
    "range": _range,
    "date": _date,
    "acknowledge": _acknowledge,
}
