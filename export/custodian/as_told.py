"""What a figure's being told says of other counts, since the rules by which figures are held back are known.

A figure for everybody is told only where enough of those count who came by tablet or one-time code, though how many is
never told. An answer is told only of a base that is not weak, and only where some of its group said otherwise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from export.custodian.cube import COUNTING, EVERYBODY, TOTAL
from export.custodian.rules import Rules

Address = tuple[int, ...]
"""Of a figure: any address that ends with its population and its answer."""


@dataclass(frozen=True)
class AtLeast:
    """That a figure, told or not, counts at least so many, or so many who did not give one of its answers.

    Attributes:
        figure: which.
        other_than: the answer, or group of answers, that is left out; TOTAL where none is.
        least: how many.
        by: the told figures of which each says so.
    """

    figure: Address
    other_than: int
    least: int
    by: tuple[Address, ...]


def as_told(
    told: Iterable[Address], answers: Sequence[int], groups: Mapping[int, Sequence[int]], rules: Rules
) -> Iterator[AtLeast]:
    """All that it says that these figures of one measure are told.

    Args:
        told: their addresses.
        answers: the codes of the measure's answers, and of those that are told together.
        groups: the latter's -> the answers that are told together.
        rules: how figures were protected.
    """
    members = {answer: frozenset(groups.get(answer, (answer,))) for answer in answers}
    rows = defaultdict[Address, list[int]](list)
    for *row, answer in told:
        rows[tuple(row)].append(answer)
    for (*row, population), of_row in rows.items():
        if population == EVERYBODY:
            enough = rules.possible(rules.threshold)[0]
            for answer in of_row:
                yield AtLeast((*row, COUNTING, answer), TOTAL, enough, ((*row, EVERYBODY, answer),))
        given = [answer for answer in of_row if answer != TOTAL]
        for judged in (EVERYBODY, COUNTING) if population == EVERYBODY else (population,):
            yield from _of_base((*row, judged), (*row, population), given, members, rules)


def _of_base(
    row: Address, told: Address, given: Sequence[int], members: Mapping[int, frozenset[int]], rules: Rules
) -> Iterator[AtLeast]:
    """What these answers of a row say by being told in another, of the same people or of more of them."""
    if not given:
        return
    base, by = (*row, TOTAL), tuple((*told, answer) for answer in given)
    yield AtLeast(base, TOTAL, rules.possible(rules.hidden_below)[0], by)
    for answer, those in members.items():
        # Any told answer of others says by its own count that there are enough of them.
        overlapping = [one for one in given if not those.isdisjoint(members[one])]
        if overlapping:
            yield AtLeast(base, answer, rules.otherwise, tuple((*told, one) for one in overlapping))
