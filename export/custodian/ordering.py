"""Which answers of a column stand in an order, and which are no step of it.

A program that takes 'I don't know' for the highest step, or a new answer at the end of a list for one above all others,
draws wrong medians without a word. So an order is told only where every answer of the column is known to be a step of
it or none.
"""

from __future__ import annotations

from dataclasses import dataclass

from export.custodian.leaving import Leaving
from export.custodian.recipe import Ordered
from forms.items import NUMBER_KINDS
from survey.clock import UNKNOWN_MONTH


@dataclass(frozen=True)
class Order:
    """Codes as told: the steps in order, and the answers that are none."""

    steps: tuple[str, ...]
    apart: tuple[str, ...]


def order_of(column: str, kind: str, leaving: Leaving) -> Order | None:
    """The order of a column's answers, where there is one: bands of numbers, months, and what the recipe says.

    Args:
        column: its name.
        kind: of the item, as in ``Described``.
        leaving: the release.
    """
    values = leaving.protected.table.values[column]
    if column == "month" or kind in NUMBER_KINDS:
        apart = {UNKNOWN_MONTH} & {*values}
        return Order(tuple(value for value in values if value not in apart), tuple(apart))
    said = next((one for one in leaving.materials.recipe.tables.ordered if column in one.rows), None)
    return None if said is None else _as_told(column, values, said, leaving)


def _as_told(column: str, values: tuple[str, ...], said: Ordered, leaving: Leaving) -> Order | None:
    """The recipe's order at the level at which the column is told; None where that mixes it, or has more to it."""
    level = leaving.levels.get(column, "")
    coarser = next((one.level(level).told_as for one in leaving.hierarchies if one.variable == column), {})
    steps, apart = ([coarser.get(code, code) for code in codes] for codes in (said.answers, said.apart))
    joined = [step for place, step in enumerate(steps) if step not in steps[:place] or step != steps[place - 1]]
    mixed = len({*joined}) < len(joined) or {*steps} & {*apart}
    if mixed or not {*values} <= {*steps, *apart}:
        return None
    return Order(
        tuple(step for step in joined if step in values), tuple(value for value in values if value in {*apart})
    )
