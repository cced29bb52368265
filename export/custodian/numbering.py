"""Numbers for SPSS and Stata, which label numbers. Where all values of a column are numbers, they stay themselves.

A number, and a variable's name, means one thing in all releases of a series, so that files can be put together: what an
earlier release told something by is in the ledger, and what is new gets the next number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from export.custodian.entries import Numbering, Telling
from export.custodian.leaving import Leaving
from export.custodian.ledger_file import LedgerRefused
from export.custodian.table import FIRST_VALUE, NUMBER, Table

# Stata takes 32 and SPSS 64, but pyreadstat names a variable's labels by its name and a number of up to four digits.
_NAME_CHARACTERS = 28
_LARGEST_WHOLE, _LARGEST = 2**31, 1e300
_DIGITS = 10**15
"""Whole numbers of fewer digits are exact in both programs, and so is the next one."""
_NOTHING: Mapping[str, Any] = MappingProxyType({})
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


def numbers_of(leaving: Leaving) -> tuple[Numbered, ...]:
    """Every column of a release in order."""
    return numbered(leaving.protected.table, leaving.numbering)


def first_told(leaving: Leaving) -> Numbering:
    """What this release tells by a name or a number that no earlier one of its series has, for the ledger."""
    found = {}
    for one in numbers_of(leaving):
        # Answers that are numbers tell themselves, and can be many.
        open_list = one.measured and one.column in leaving.gathered
        listed = {} if open_list else dict(zip(one.values, one.numbers[FIRST_VALUE:], strict=True))
        before = leaving.numbering.get(one.column)
        new = {value: n for value, n in listed.items() if before is None or value not in before.numbers}
        if new or before is None:
            found[one.column] = Telling(one.name, new)
    return found


def numbered(table: Table, earlier: Numbering = _NOTHING) -> tuple[Numbered, ...]:
    """Every column in order; ``earlier`` is what the series calls things already.

    Raises:
        LedgerRefused: an earlier release told two answers by one number.
    """
    taken = {*_SPSS_WORDS, *_STATA_WORDS, *(telling.name.lower() for telling in earlier.values())}
    found = []
    for column in table.columns:
        values, before = table.values[column], earlier.get(column)
        told = {} if before is None else before.numbers
        measured = _measured(values, told)
        numbers = [float(value) for value in values] if measured else _next(values, told)
        if len({*numbers}) < len(numbers):
            raise LedgerRefused(
                f"Earlier releases of the series told two answers of {column} by one number in records.sav and"
                " records.dta, where nobody can tell them apart. Name a new series in a recipe of your own. Nothing was"
                " written."
            )
        every = (*_below([*numbers, *told.values()]), *numbers)
        if all(number.is_integer() and abs(number) < _LARGEST_WHOLE for number in every):
            every = tuple(map(int, every))
        name = _name(column, taken) if before is None else before.name
        found.append(Numbered(column, name, tuple(values), every, measured))
    return tuple(found)


def _measured(values: Sequence[str], told: Mapping[str, float]) -> bool:
    """Whether all are numbers that both programs hold, no two the same one; as an earlier release told them."""
    every = {*values, *told}
    return (
        bool(values)
        and all(NUMBER.fullmatch(value) and _held(value) for value in every)
        and len(set(map(float, every))) == len(every)
        and all(float(value) == number for value, number in told.items())
    )


def _held(value: str) -> bool:
    """Whether this is a number of 64 bits, exactly or as programs write it."""
    number = float(value)
    return abs(number) < _LARGEST and Decimal(value) in {Decimal(number), Decimal(repr(number))}


def _next(values: Sequence[str], told: Mapping[str, float]) -> list[float]:
    numbers, last = dict(told), max(0, *map(math.floor, told.values()), 0)
    for value in values:
        if value not in numbers:
            last += 1
            numbers[value] = last
    return [float(numbers[value]) for value in values]


def _below(numbers: Sequence[float]) -> tuple[float, float, float]:
    """-1, -2 and -3; where answers are that low, the same below the next power of ten."""
    power, step = 0, 1
    while min(numbers, default=0) <= float(-power - step):
        power = power * 10 or 10
        step = max(1, power // _DIGITS)  # further on there is no number one below
    return float(-power - step), float(-power - 2 * step), float(-power - 3 * step)


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
