"""What to tell more coarsely where a release is refused. For the custodian alone, who has the answers anyway.

Only what would help is worth saying: a list of every key that could be told more coarsely leaves whoever reads it to
try one recipe after the other, and each series that was begun in vain is one more that nothing is set against.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from export.custodian.differencing import Contents, hidden_by
from export.custodian.generalising import Hierarchy, Level
from export.custodian.recoding import recoded
from export.custodian.table import Table

_Coarser = tuple[str, str, Table]
"""A key, the next level above the one that it is told at, and the records with that."""


def what_to_recode(
    table: Table, hierarchies: Sequence[Hierarchy], levels: Mapping[str, str], other: Contents, k: int
) -> str:
    """The key whose next level hides most of those whom the difference from another release lays bare.

    Args:
        table: the records, each key at its level.
        hierarchies: of the recipe, laid over the answers.
        levels: key -> level that the records tell it at.
        other: what the other release told.
        k: as many must be left over.
    """
    coarser, now = _next(table, hierarchies, levels), Contents.of(table)
    found = [(hidden_by(Contents.of(recode), now, other, k), key, level) for key, level, recode in coarser]
    hidden, key, level = max(found, key=lambda one: one[0], default=(0, "", ""))
    if hidden <= 0:
        return "To tell one key a level more coarsely would hide nobody: find out how these records came twice."
    return f"Or begin a new series whose recipe has {level} as the finest of {key}: that would hide {hidden} of them."


def _next(table: Table, hierarchies: Sequence[Hierarchy], levels: Mapping[str, str]) -> Iterator[_Coarser]:
    for one in hierarchies:
        if one.variable not in levels:
            continue
        now = one.level(levels[one.variable])
        for level in one.levels[one.levels.index(now) + 1 :][:1]:
            told_as = {now.told_as.get(value, value): told for value, told in level.told_as.items()}
            step = Hierarchy(one.variable, (Level(level.name, told_as, level.labels),))
            yield one.variable, level.name, recoded(table, [step], {one.variable: level.name})
