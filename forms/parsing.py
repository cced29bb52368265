"""The text of an XLSForm expression, read once into its tree: as much of XPath 1.0's grammar as a form needs."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from forms.expression import (
    DEEPEST,
    MOST_CHARACTERS,
    Call,
    Column,
    Current,
    Expression,
    ExpressionError,
    Literal,
    Reference,
    number_literal,
    text_literal,
)

# XPath 1.0, section 3.5 and appendix: the loosest first; all of them group from the left.
_BINDING = (("or",), ("and",), ("=", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "div", "mod"))
_STRENGTH = {operator: strength for strength, group in enumerate(_BINDING) for operator in group}
_SIGN = len(_BINDING)

_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
      (?P<item>\$\{[ ]*(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)[ ]*\})
    | (?P<number>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)
    | (?P<text>"[^"]*"|'[^']*')
    | (?P<word>[A-Za-z_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?)
    | (?P<sign><=|>=|!=|[-=<>+*(),.])
    | (?P<end>\Z)
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class _Token:
    kind: str
    value: str
    at: int  # position of its first character, counted from 1


def parse(text: str, columns: Collection[str] = ()) -> Expression:
    """Read an expression.

    Args:
        text: as it stands in the cell.
        columns: the columns of the list of choices that bare names may mean; only for a choice_filter.

    Raises:
        ExpressionError: what is wrong, and at which character.
    """
    if len(text) > MOST_CHARACTERS:
        raise ExpressionError(f"longer than {MOST_CHARACTERS} characters; split it with a calculate")
    reader = _Reader(_tokens(text), columns)
    expression = reader.expression()
    reader.expect("end", "", "an operator such as = or and")
    return expression


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    while not tokens or tokens[-1].kind != "end":
        match = _TOKEN.match(text, at)
        if not match:
            raise _unreadable(text, at)
        kind = str(match.lastgroup) if match.lastgroup != "name" else "item"
        tokens.append(_Token(kind, match["name"] if kind == "item" else match[kind], match.start(kind) + 1))
        at = match.end()
    return tokens


def _unreadable(text: str, at: int) -> ExpressionError:
    while text[at] in " \t\r\n":
        at += 1
    hint = {
        "'": "a text that is not closed",
        '"': "a text that is not closed",
        "$": "${...} needs the name of one item",
        "‘": "a curly quotation mark; write '",
        "’": "a curly quotation mark; write '",
        "“": 'a curly quotation mark; write "',
        "”": 'a curly quotation mark; write "',
        "!": "! stands alone; write != or not()",
        "/": "paths cannot be used; write ${name}, and div for a division",
        "&": "& cannot be used; write and",
        "|": "| cannot be used; write or",
    }.get(text[at], f"{text[at]!a} cannot be used here")
    return ExpressionError(f"{hint} (character {at + 1})")


class _Reader:
    def __init__(self, tokens: list[_Token], columns: Collection[str]) -> None:
        self._tokens = tokens
        self._columns = columns
        self._at = 0
        self._depth = 0

    @property
    def _here(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        token = self._here
        self._at += token.kind != "end"
        return token

    def _is(self, sign: str) -> bool:
        return self._here.kind == "sign" and self._here.value == sign

    def expect(self, kind: str, value: str, wanted: str) -> None:
        """Take one token of this kind or say what was wanted."""
        token = self._take()
        if token.kind != kind or (value and token.value != value):
            raise self._fault(f"{wanted} is missing before {_shown(token)}", token)

    def _fault(self, what: str, token: _Token) -> ExpressionError:
        return ExpressionError(f"{what} (character {token.at})")

    def expression(self, weakest: int = 0) -> Expression:
        """Operators that bind at least as strongly as ``weakest``, with their operands."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._fault(f"more than {DEEPEST} levels of brackets; split it with a calculate", self._here)
        left = self._operand()
        while self._here.kind in ("sign", "word") and _STRENGTH.get(self._here.value, -1) >= weakest:
            operator = self._take()
            right = self.expression(_STRENGTH[operator.value] + 1)
            left = self._call(operator, self._chained(operator.value, left, right))
        self._depth -= 1
        return left

    @staticmethod
    def _chained(operator: str, left: Expression, right: Expression) -> tuple[Expression, ...]:
        # `a or b or c` is one flat call: a long list of alternatives is common and is not deep.
        if operator in ("and", "or") and isinstance(left, Call) and left.function == operator:
            return (*left.arguments, right)
        return (left, right)

    def _call(self, token: _Token, arguments: tuple[Expression, ...]) -> Expression:
        try:
            return Call(token.value, arguments)
        except ExpressionError as fault:
            raise self._fault(str(fault), token) from fault

    def _operand(self) -> Expression:
        token = self._take()
        if token.kind == "item":
            return Reference(token.value)
        if token.kind == "number":
            return Literal(number_literal(float(token.value)))
        if token.kind == "text":
            return Literal(text_literal(token.value[1:-1]))
        if token.kind == "word":
            return self._named(token)
        return self._signed(token)

    def _signed(self, token: _Token) -> Expression:
        if token.value == ".":
            return Current()
        if token.value == "-":
            return self._call(token, (self.expression(_SIGN),))
        if token.value == "(":
            inner = self.expression()
            self.expect("sign", ")", "a closing bracket )")
            return inner
        raise self._fault(f"an answer, a text or a number is missing before {_shown(token)}", token)

    def _named(self, token: _Token) -> Expression:
        if self._is("(") and token.value not in _STRENGTH:
            return self._function(token)
        if token.value in self._columns:
            return Column(token.value)
        if token.value in _STRENGTH:
            raise self._fault(f"an answer, a text or a number is missing before {_shown(token)}", token)
        what = "is not a column of this list of choices" if self._columns else "stands bare"
        raise self._fault(f"{token.value} {what}; write ${{{token.value}}} for an answer, quotes for a text", token)

    def _function(self, token: _Token) -> Expression:
        self._take()
        arguments: list[Expression] = []
        while not self._is(")") and (not arguments or self._is(",")):
            if arguments:
                self._take()
            arguments.append(self.expression())
        self.expect("sign", ")", "a closing bracket )")
        return self._call(token, tuple(arguments))


def _shown(token: _Token) -> str:
    return "the end" if token.kind == "end" else repr(token.value)
