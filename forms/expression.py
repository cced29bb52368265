"""An XLSForm expression as a tree, and the tree as JSON for a browser.

JSON: a text or a number stands for itself; ``["item", name]`` is ``${name}``; ``["current"]`` is ``.``;
``["column", name]`` is a column of the list of choices (in a choice_filter only); every operator and function is
``[its name, argument, ...]``, and ``-`` with one argument turns the sign.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from forms.patterns import PatternError, portable

DEEPEST = 40  # levels of brackets and calls; `and` and `or` are flat however long
MOST_CHARACTERS = 4000  # of one expression, and of any text that one works out
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")

_TWO = (2, 2)
ARGUMENTS: dict[str, tuple[int, int | None]] = {
    **dict.fromkeys(("=", "!=", "<", "<=", ">", ">=", "+", "*", "div", "mod"), _TWO),
    **dict.fromkeys(("selected", "contains", "starts-with", "regex"), _TWO),
    **dict.fromkeys(("not", "count-selected", "string-length", "number", "int"), (1, 1)),
    **dict.fromkeys(("true", "false"), (0, 0)),
    **dict.fromkeys(("and", "or", "coalesce"), (2, None)),
    "-": (1, 2),
    "round": (1, 2),
    "if": (3, 3),
    "concat": (1, None),
}


class ExpressionError(ValueError):
    """An expression that cannot be used. The message says what is wrong and where; change it in the questionnaire."""


@dataclass(frozen=True)
class Literal:
    """A text or a number, written out."""

    value: str | float


@dataclass(frozen=True)
class Reference:
    """``${item}``."""

    item: str


@dataclass(frozen=True)
class Current:
    """``.``: the answer that is being checked."""


@dataclass(frozen=True)
class Column:
    """A column of the list of choices; ``name`` is the option's code."""

    name: str


@dataclass(frozen=True)
class Call:
    """An operator or a function with its arguments. One that exists can be evaluated.

    Raises:
        ExpressionError: an unknown function, a wrong number of arguments, too deep, or a pattern out of bounds.
    """

    function: str
    arguments: tuple[Expression, ...]

    def __post_init__(self) -> None:
        """Refuse here what would otherwise fail before a respondent."""
        if self.function not in ARGUMENTS:
            raise ExpressionError(f"{self.function}() is not one of the functions that a questionnaire may use")
        least, most = ARGUMENTS[self.function]
        if len(self.arguments) < least or (most is not None and len(self.arguments) > most):
            needs = f"{least} or more" if most is None else str(least) if least == most else f"{least} or {most}"
            raise ExpressionError(f"{self.function} needs {needs} arguments, not {len(self.arguments)}")
        if _depth(self) > DEEPEST:
            raise ExpressionError(f"more than {DEEPEST} levels of brackets; split it with a calculate")
        if self.function == "regex":
            self._check_pattern()

    def _check_pattern(self) -> None:
        pattern = self.arguments[1]
        if not isinstance(pattern, Literal) or not isinstance(pattern.value, str):
            raise ExpressionError("regex needs its pattern written out as a text in quotes")
        try:
            spelled = portable(pattern.value)
        except PatternError as fault:
            raise ExpressionError(f"regex: {fault}") from fault
        # The tree holds the one spelling for both engines, so that a browser can use it as it stands.
        object.__setattr__(self, "arguments", (self.arguments[0], Literal(spelled)))


Expression = Literal | Reference | Current | Column | Call


def _depth(expression: Expression) -> int:
    if not isinstance(expression, Call):
        return 0
    return 1 + max((_depth(argument) for argument in expression.arguments), default=0)


def parts(expression: Expression) -> Iterator[Expression]:
    """The expression and everything in it, in reading order."""
    yield expression
    if isinstance(expression, Call):
        for argument in expression.arguments:
            yield from parts(argument)


def references(expression: Expression) -> frozenset[str]:
    """The names of the items whose answers it looks at; ``.`` is not among them."""
    return frozenset(part.item for part in parts(expression) if isinstance(part, Reference))


def columns(expression: Expression) -> frozenset[str]:
    """The columns of the list of choices that it looks at: only a choice_filter may have any."""
    return frozenset(part.name for part in parts(expression) if isinstance(part, Column))


def to_json(expression: Expression) -> Any:
    """The tree as JSON (see the top of the module)."""
    if isinstance(expression, Literal):
        value = expression.value
        # 1, not 1.0: the same bytes that a browser would write, since they are hashed.
        return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value
    if isinstance(expression, Reference):
        return ["item", expression.item]
    if isinstance(expression, Column):
        return ["column", expression.name]
    if isinstance(expression, Current):
        return ["current"]
    return [expression.function, *map(to_json, expression.arguments)]


def from_json(untrusted: Any, level: int = 0) -> Expression:
    """The tree again; ``from_json(to_json(e)) == e``. ``level`` counts how deep this part lies.

    Raises:
        ExpressionError: anything that ``to_json`` does not write.
    """
    if isinstance(untrusted, bool) or level > DEEPEST:
        raise ExpressionError("an expression of another shape, or too deep")
    if isinstance(untrusted, str):
        return Literal(text_literal(untrusted))
    if isinstance(untrusted, int | float):
        return Literal(number_literal(untrusted))
    if not isinstance(untrusted, list) or not untrusted or not isinstance(untrusted[0], str):
        raise ExpressionError("an expression of another shape")
    function, *rest = untrusted
    if function == "current" and not rest:
        return Current()
    if function in ("item", "column"):
        if len(rest) != 1 or not isinstance(rest[0], str) or not _NAME.fullmatch(rest[0]):
            raise ExpressionError("a reference without a name")
        return Reference(rest[0]) if function == "item" else Column(rest[0])
    return Call(function, tuple(from_json(argument, level + 1) for argument in rest))


def text_literal(text: str) -> str:
    """The text, where every engine can hold it."""
    if len(text) > MOST_CHARACTERS or any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise ExpressionError("a text that is too long or holds half a character")
    return text


def number_literal(number: float) -> float:
    """The number as a float, where it is one."""
    try:
        value = float(number)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise ExpressionError("a number that is too large")
    return value
