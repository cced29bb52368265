"""Options that a choice_filter never offers, whatever was answered before: a slip of the pen hides them for ever."""

from __future__ import annotations

from collections.abc import Mapping

from forms.authoring.faults import Faults
from forms.authoring.pages import Layout, Use
from forms.authoring.reach import Reach
from forms.authoring.references import Findings
from forms.items import Item
from forms.logic import Answer
from forms.routing import options

_SHOWN_CODES = 12


def check_offers(layout: Layout, findings: Findings, faults: Faults) -> None:
    """Add a fault where an option can never be offered, and a warning where nothing may be left to choose from."""
    reach = Reach(layout, findings)
    for use in findings.sound:
        item = findings.items.get(use.owner)
        if use.column == "choice_filter" and item is not None and item.options:
            _check(use, item, reach, faults)


def _check(use: Use, item: Item, reach: Reach, faults: Faults) -> None:
    left: set[tuple[str, ...]] = set()

    def look(answers: Mapping[str, Answer]) -> bool:
        left.add(tuple(option.code for option in options(item, answers, seed=b"")))
        return False

    if reach.possible(reach.needs[item.name], look, use.expression, cost=len(item.options)):
        return  # more than can be tried: nothing is called impossible that is not
    met = {code for codes in left for code in codes}
    never = [option.code for option in item.options if option.code not in met]
    if left and never:
        faults.add(
            "survey",
            use.row,
            use.column,
            f"Never offered: {', '.join(never[:_SHOWN_CODES])}{' and more' if len(never) > _SHOWN_CODES else ''}.",
            "Correct the filter, or what the columns of choices say of them.",
        )
    elif () in left:
        faults.warn(
            "survey",
            use.row,
            use.column,
            "Some answers before it, or none, leave nothing to choose from.",
            "Say in relevant when to ask it, or offer one option always: ... or name = 'none'.",
        )
