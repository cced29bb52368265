"""Numbers for SPSS and Stata, which label numbers. Where all values of a column are numbers, they stay themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from export.custodian.table import FIRST_VALUE, Table

# Stata takes 32 and SPSS 64, but pyreadstat names a variable's labels by its name and a number of up to four digits.
_NAME_CHARACTERS = 28
_LARGEST_WHOLE = 2**31
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
_SPSS_WORDS = ("all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with")
_STATA_WORDS = ("byte", "double", "float", "if", "in", "int", "long", "str", "strl", "using")


@dataclass(frozen=True)
class Numbered:
    """How a column is told in numbers.

    Attributes:
        column: its own name.
        name: the same, as both programs take it: letters, digits and ``_``, 28 at most.
        values: its codes, missing codes apart.
        numbers: of every code: not asked, skipped, held back, then each value. The missing ones lie below all others.
            All ``int`` of 32 bits, or all ``float``.
        measured: whether the numbers are answers, not names of answers.
    """

    column: str
    name: str
    values: tuple[str, ...]
    numbers: tuple[float, ...]
    measured: bool

    @property
    def missing(self) -> tuple[float, ...]:
        """Of not asked, skipped, held back."""
        return self.numbers[:FIRST_VALUE]


def numbered(table: Table) -> tuple[Numbered, ...]:
    """Every column in order."""
    taken = {*_SPSS_WORDS, *_STATA_WORDS}
    found = []
    for column in table.columns:
        values = table.values[column]
        measured = bool(values) and all(map(_NUMBER.fullmatch, values))
        numbers = [float(value) for value in values] if measured else [float(n) for n in range(1, len(values) + 1)]
        every = (*_below(numbers), *numbers)
        if all(number.is_integer() and abs(number) < _LARGEST_WHOLE for number in every):
            every = tuple(map(int, every))
        found.append(Numbered(column, _name(column, taken), tuple(values), every, measured))
    return tuple(found)


def _below(numbers: Sequence[float]) -> tuple[float, float, float]:
    """-1, -2 and -3; where answers are that low, the same below the next power of ten."""
    power = 0
    while min(numbers, default=0) <= -power - 1 and power < 10**15:
        power = power * 10 or 10
    return -power - 1.0, -power - 2.0, -power - 3.0


def _name(column: str, taken: set[str]) -> str:
    plain = re.sub(r"[^A-Za-z0-9_]", "_", column)
    plain = plain if plain[0].isalpha() else "v" + plain
    name, number = plain[:_NAME_CHARACTERS], 1
    while name.lower() in taken:  # neither program may tell two apart by case
        number += 1
        ending = f"_{number}"
        name = plain[: _NAME_CHARACTERS - len(ending)] + ending
    taken.add(name.lower())
    return name
