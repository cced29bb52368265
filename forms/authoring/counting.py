"""What a response counts by, the core: it comes first, and holds nothing that is never told.

Every release tells by its status how far somebody came, and that is reckoned from how many questions of the core they
answered. Were an open one among them, the status and the answers that are told would give away who wrote something.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Set

from forms.authoring.faults import Faults
from forms.authoring.pages import Layout
from forms.authoring.references import depends_on
from forms.items import Item

_NEVER_TOLD = "so how far people came, which a release tells, would give away who answered it."


def check_core(layout: Layout, faults: Faults) -> None:
    """A response counts once the core is in, and the choice page stands straight after it."""
    asked = _asked(layout)
    core = [place for place, item in enumerate(asked) if item.core]
    for item in asked[: core[-1]] if core else ():
        if not item.core:
            faults.warn(
                "survey",
                layout.rows[item.name],
                "core",
                f"'{item.name}' stands before the end of the core.",
                "Move it behind the core, or mark it.",
            )
    untold = _untold(layout)
    for item in asked:
        if item.core and item.name in untold:
            faults.add(
                "survey",
                layout.rows[item.name],
                "core",
                f"'{item.name}' belongs to the core and is never told, {_NEVER_TOLD}",
                "Take the mark away, and move the question behind the core.",
            )


def check_core_is_marked(layout: Layout, faults: Faults) -> None:
    """Where no question is marked each counts as core, so one that is never told would too."""
    asked, untold = _asked(layout), _untold(layout)
    lost = [item.name for item in asked if item.name in untold]
    if lost and not any(item.core for item in asked):
        faults.add(
            "survey",
            layout.rows[lost[0]],
            "core",
            f"No question is marked as core, so each belongs to it. '{lost[0]}' is never told, {_NEVER_TOLD}",
            "Mark with yes in the column core the questions by which a response counts; they come first.",
        )


def _asked(layout: Layout) -> list[Item]:
    return [item for page in layout.pages for item in page.items if item.asked]


def _untold(layout: Layout) -> Set[str]:
    """What people write, what is withheld, and whatever would tell of one: as releases leave it out."""
    tells = defaultdict[str, list[str]](list)
    for name, others in depends_on(layout).items():
        for other in others:
            tells[other].append(name)
    found, waiting = set[str](), [item.name for item in (*_asked(layout), *layout.calculations) if _held_back(item)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(tells[name])
    return found


def _held_back(item: Item) -> bool:
    return item.kind == "text" or item.disclosure == "withhold"
