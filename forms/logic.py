"""XLSForm expressions: read once, evaluated here, written as JSON for a browser.

XPath 1.0 decides wherever it says anything: no answer is the empty text; ``number('')`` is NaN; a comparison with
NaN is false, ``!=`` true; ``=`` compares as truth values if either side is one, else as numbers if either side is
one, else as texts; ``<`` always as numbers; numbers round half up. A text of several codes is joined by spaces.
Numbers become texts as in JavaScript (``1``, not ``1.0``), so that Python and a browser agree to the character:
tests/expressions.json is the table that both must pass.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from forms.expression import (
    MOST_CHARACTERS,
    Column,
    Current,
    Expression,
    ExpressionError,
    Literal,
    Reference,
    columns,
    from_json,
    references,
    to_json,
)
from forms.parsing import parse
from forms.pattern_tree import LONGEST_VALUE

__all__ = [
    "Answer",
    "Expression",
    "ExpressionError",
    "Value",
    "columns",
    "evaluate",
    "from_json",
    "number",
    "parse",
    "references",
    "string",
    "to_json",
    "truth",
]

Answer = str | int | float | bool | tuple[str, ...]
Value = str | float | bool

_NUMBER = re.compile(r"[ \t\r\n]*(-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))[ \t\r\n]*")
_NO_COLUMNS: Mapping[str, str] = {}


def evaluate(
    expression: Expression,
    answers: Mapping[str, Answer],
    current: Answer | None = None,
    option: Mapping[str, str] = _NO_COLUMNS,
) -> Value:
    """What the expression comes to. Total: every tree has a value for every set of answers.

    Args:
        expression: a tree from ``parse`` or ``from_json``.
        answers: by item; an item that is not among them has no answer, which is the empty text.
        current: the answer that ``.`` means.
        option: the columns of the option that a choice_filter is asked about.
    """
    if isinstance(expression, Literal):
        return expression.value
    if isinstance(expression, Reference):
        return _value(answers.get(expression.item))
    if isinstance(expression, Current):
        return _value(current)
    if isinstance(expression, Column):
        return option.get(expression.name, "")
    arguments = [evaluate(argument, answers, current, option) for argument in expression.arguments]
    return _FUNCTIONS[expression.function](*arguments)


def truth(value: Value) -> bool:
    """XPath's ``boolean()``: not false, not zero, not NaN, not empty."""
    if isinstance(value, float):
        return value != 0 and not math.isnan(value)
    return bool(value)


def number(value: Value) -> float:
    """XPath's ``number()``: NaN for a text that is no plain decimal number."""
    if isinstance(value, str):
        match = _NUMBER.fullmatch(value)
        return float(match[1]) if match else math.nan
    return float(value)


def string(value: Value) -> str:
    """XPath's ``string()``, with numbers as ECMAScript's ``Number::toString`` writes them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return _digits(value)


def _digits(value: float) -> str:
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    point = int(exponent or 0) + (len(whole) if whole != "0" else len(digits) - len(fraction))
    digits = digits.rstrip("0")
    if not -6 < point <= 21:
        return f"{sign}{digits[0]}{'.' if digits[1:] else ''}{digits[1:]}e{point - 1:+d}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    return f"{sign}{digits[:point]:0<{point}}{'.' if digits[point:] else ''}{digits[point:]}"


def _value(answer: Answer | None) -> Value:
    if answer is None:
        return ""
    if isinstance(answer, tuple):
        return " ".join(answer)
    if isinstance(answer, int) and not isinstance(answer, bool):
        try:
            return float(answer)
        except OverflowError:
            return math.inf if answer > 0 else -math.inf
    return answer


def _equal(left: Value, right: Value) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return truth(left) == truth(right)
    if isinstance(left, float) or isinstance(right, float):
        return number(left) == number(right)
    return left == right


def _divided(left: float, right: float) -> float:
    if right == 0:
        if left == 0 or math.isnan(left):
            return math.nan
        return math.copysign(math.inf, left) * math.copysign(1, right)
    return left / right


def _remainder(left: float, right: float) -> float:
    return math.nan if math.isinf(left) or right == 0 else math.fmod(left, right)


def _truncated(value: float) -> float:
    return math.copysign(math.trunc(value), value) if math.isfinite(value) else value


def _rounded(value: Value, places: Value = 0.0) -> float:
    amount, digits = number(value), _truncated(number(places))
    if not math.isfinite(amount):
        return amount
    if math.isnan(digits):
        return math.nan
    scale = float(f"1e{int(max(-15, min(15, digits)))}")
    scaled = amount * scale
    if not math.isfinite(scaled):
        return amount
    lower = float(math.floor(scaled))
    return math.copysign(lower + (scaled - lower >= 0.5), amount) / scale


def _words(value: Value) -> list[str]:
    return [word for word in string(value).split(" ") if word]


def _first_given(*values: Value) -> Value:
    def given(value: Value) -> bool:
        return value != "" and not (isinstance(value, float) and math.isnan(value))

    return next((value for value in values if given(value)), "")


def _joined(*values: Value) -> str:
    # Bounded, since calculations could otherwise double a text over and over.
    return "".join(map(string, values))[:MOST_CHARACTERS]


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _matches(value: Value, pattern: Value) -> bool:
    text = string(value)
    return len(text) <= LONGEST_VALUE and _compiled(string(pattern)).fullmatch(text) is not None


def _less(*values: Value) -> float:
    first, *rest = map(number, values)
    return first - rest[0] if rest else -first


_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "=": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<": lambda left, right: number(left) < number(right),
    "<=": lambda left, right: number(left) <= number(right),
    ">": lambda left, right: number(left) > number(right),
    ">=": lambda left, right: number(left) >= number(right),
    "+": lambda left, right: number(left) + number(right),
    "-": _less,
    "*": lambda left, right: number(left) * number(right),
    "div": lambda left, right: _divided(number(left), number(right)),
    "mod": lambda left, right: _remainder(number(left), number(right)),
    "and": lambda *values: all(map(truth, values)),
    "or": lambda *values: any(map(truth, values)),
    "not": lambda value: not truth(value),
    "true": lambda: True,
    "false": lambda: False,
    "if": lambda condition, then, otherwise: then if truth(condition) else otherwise,
    "coalesce": _first_given,
    "selected": lambda value, code: string(code) in _words(value),
    "count-selected": lambda value: float(len(_words(value))),
    "string-length": lambda value: float(len(string(value))),
    "contains": lambda value, part: string(part) in string(value),
    "starts-with": lambda value, part: string(value).startswith(string(part)),
    "concat": _joined,
    "regex": _matches,
    "number": number,
    "int": lambda value: _truncated(number(value)),
    "round": _rounded,
}
