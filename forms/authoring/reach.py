"""Questions that nobody can ever be asked, because no possible answers before them make them relevant.

Every combination of answers that matter is tried, in the order in which they are given. Only lists, ranges and ticks
can be tried out; what depends on a typed answer is taken to be possible, so that nothing is called unreachable that is
not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations

from forms.authoring.faults import Faults
from forms.authoring.pages import Layout, Use
from forms.authoring.references import Findings
from forms.fitting import steps
from forms.items import Item
from forms.logic import Answer, Expression, evaluate, references, truth

_MOST_COMBINATIONS = 4_000
_MOST_SUBSETS_OF = 8
_MOST_LOOKED_AT = 40
_BUDGET = 60_000
"""Steps spent on a whole questionnaire, so that a check stays quick whoever wrote the file."""

Conditions = tuple[Expression, ...]
"""All of them must hold. Joined into one expression they could be deeper than an expression may be."""


@dataclass(frozen=True)
class _Step:
    """One item to try, with what decides whether it is asked, as far as that is being tried too."""

    name: str
    values: list[Answer | None]
    needs: Conditions
    calculated: list[Item]


def check_reach(layout: Layout, findings: Findings, faults: Faults) -> None:
    """Add a fault for every group or item whose own relevance can never hold."""
    reach = Reach(layout, findings)
    for use in findings.sound:
        if use.column == "relevant" and reach.never(use):
            faults.add(
                "survey",
                use.row,
                "relevant",
                "This can never be asked: no answers on earlier pages make it true.",
                "Correct the condition, or take the row out.",
            )


class Reach:
    """Tries the answers to a questionnaire, until the budget for all that is asked of it is spent."""

    def __init__(self, layout: Layout, findings: Findings) -> None:
        self._items = findings.items
        self._calculations = {item.name: item for item in findings.calculations}
        self._order = {item.name: place for place, item in enumerate(findings.calculations)}
        self._layout = layout
        self._left = _BUDGET
        self._unreachable: set[str] = set()
        self._answers: dict[str, list[Answer | None]] = {}
        self.needs: dict[str, Conditions] = {}
        """By item: when it is asked."""
        for page in layout.pages:
            for item in page.items:
                self.needs[item.name] = _given(page.relevant, item.relevant)

    def never(self, use: Use) -> bool:
        """Whether this relevance cannot hold while that of the groups around it does."""
        if self._inside_unreachable(use.owner):
            return False  # said once already, of the group
        if self.possible(_given(use.inherited, use.expression), lambda _answers: True):
            return False
        self._unreachable.add(use.owner)
        return True

    def _steps(self, looked_at: list[str]) -> list[_Step] | None:
        """The items to try in the order in which they are asked, or None where that would be endless."""
        steps: list[_Step] = []
        combinations_to_try = 1
        asked = [name for name in looked_at if name not in self._calculations]
        for place, name in enumerate(asked):
            values = self._values(name)
            combinations_to_try *= len(values)
            if not 0 < combinations_to_try <= _MOST_COMBINATIONS:
                return None
            needs = self.needs.get(name, ())
            known = self._looked_at(needs)
            decided = known is not None and set(known) <= {*asked[:place], *self._calculations}
            steps.append(_Step(name, values, needs if decided else (), self._calculated(known)))
        return steps

    def _inside_unreachable(self, name: str) -> bool:
        group = self._layout.inside.get(name)
        while group is not None and group not in self._unreachable:
            group = self._layout.inside.get(group)
        return group is not None

    def _looked_at(self, expressions: Conditions) -> list[str] | None:
        """All that expressions depend on, through calculations too, in the order in which it is asked.

        None where that is more than can be tried.
        """
        found: set[str] = set()
        waiting = [name for expression in expressions for name in references(expression)]
        while waiting:
            name = waiting.pop()
            if name in found:
                continue
            found.add(name)
            if len(found) > _MOST_LOOKED_AT:
                return None
            if name in self._calculations:
                item = self._calculations[name]
                for part in (item.calculation, item.relevant):
                    waiting.extend(references(part) if part is not None else ())
        return sorted(found, key=lambda name: (self._layout.order.get(name, 0), self._layout.rows.get(name, 0)))

    def _calculated(self, looked_at: list[str] | None) -> list[Item]:
        """The calculations among these, each after those that it looks at."""
        return sorted(
            (self._calculations[name] for name in looked_at or () if name in self._calculations), key=self._place
        )

    def _place(self, item: Item) -> int:
        return self._order[item.name]

    def _values(self, name: str) -> list[Answer | None]:
        """Every answer that an item can have, none among them; empty where they cannot be counted."""
        if name in self._unreachable or self._inside_unreachable(name):
            return [None]
        if name not in self._answers:
            item = self._items.get(name)  # a group around may name an item that does not exist
            self._answers[name] = _answers(item) if item is not None else []
        return self._answers[name]

    def possible(
        self, conditions: Conditions, found: Callable[[Mapping[str, Answer]], bool], *also: Expression, cost: int = 1
    ) -> bool:
        """Whether some path makes all conditions true and is what is looked for; taken to be so where that is endless.

        Args:
            conditions: what must hold.
            found: whether this path, with what is calculated from it, is one that is looked for.
            also: what ``found`` looks at besides.
            cost: steps that one look takes.
        """
        looked_at = self._looked_at((*conditions, *also))
        steps = self._steps(looked_at) if looked_at is not None else None
        if steps is None:
            return True
        calculated = self._calculated(looked_at)

        def holds(given: Mapping[str, Answer]) -> bool:
            answers = _worked_out(given, calculated)
            return _hold(conditions, answers) and found(answers)

        return self._walk(holds, steps, {}, cost + len(calculated))

    def _walk(
        self, holds: Callable[[Mapping[str, Answer]], bool], steps: list[_Step], given: dict[str, Answer], cost: int
    ) -> bool:
        """Whether some path through these items is one of those that are looked for."""
        self._left -= cost
        if self._left < 0:
            return True
        if not steps:
            return holds(given)
        step, *rest = steps
        asked = not step.needs or _hold(step.needs, _worked_out(given, step.calculated))
        return any(
            self._walk(holds, rest, given if value is None else {**given, step.name: value}, cost)
            for value in (step.values if asked else [None])
        )


def _given(*expressions: Expression | None) -> Conditions:
    return tuple(expression for expression in expressions if expression is not None)


def _worked_out(given: Mapping[str, Answer], calculated: list[Item]) -> Mapping[str, Answer]:
    answers = dict(given)
    for item in calculated:
        if item.calculation is not None and (item.relevant is None or truth(evaluate(item.relevant, answers))):
            answers[item.name] = evaluate(item.calculation, answers)
    return answers


def _hold(conditions: Conditions, answers: Mapping[str, Answer]) -> bool:
    return all(truth(evaluate(condition, answers)) for condition in conditions)


def _answers(item: Item) -> list[Answer | None]:
    codes = [option.code for option in item.options]
    if item.kind == "select_one":
        return [*codes, None]
    if item.kind == "select_multiple" and len(codes) <= _MOST_SUBSETS_OF:
        return [*(chosen for size in range(1, len(codes) + 1) for chosen in combinations(codes, size)), None]
    if item.kind == "acknowledge":
        return [True, None]
    return [*steps(item), None] if item.kind == "range" else []
