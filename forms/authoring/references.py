"""What the expressions of a questionnaire look at: items that exist, have answers, and were asked before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from forms.authoring.faults import Faults
from forms.authoring.pages import Layout, Use
from forms.expression import Call, Current, Expression, Literal, Reference
from forms.items import Item
from forms.logic import references, string

_ORDERINGS = frozenset({"<", "<=", ">", ">="})
_SHOWN_NAMES = 6
_SHOWN_CODES = 12


@dataclass
class Findings:
    """What later checks need: the items by name, and the uses that hold no fault."""

    items: Mapping[str, Item]
    calculations: list[Item] = field(default_factory=list)
    sound: list[Use] = field(default_factory=list)


def check_references(layout: Layout, faults: Faults) -> Findings:
    """Judge every expression of the layout; calculations come back in the order in which they can be worked out."""
    items = {item.name: item for page in layout.pages for item in page.items}
    items |= {item.name: item for item in layout.calculations}
    findings = Findings(items)
    circular = _note_cycles(layout, faults)
    available = _Available(layout, items, circular)
    for use in layout.uses:
        troubles = [*_unknown(use, layout, items), *_misplaced(use, items), *_impossible(use, items)]
        if not troubles and use.owner not in circular:
            troubles = list(_too_late(use, layout, items, available))
        for what, to_do in troubles:
            faults.add("survey", use.row, use.column, what, to_do)
        if not troubles and use.owner not in circular:
            findings.sound.append(use)
    findings.calculations = available.in_order()
    return findings


def _unknown(use: Use, layout: Layout, items: Mapping[str, Item]) -> Iterator[tuple[str, str]]:
    for name in use.looks_at:
        if name in items:
            if items[name].kind == "note":
                yield f"'{name}' is a note and has no answer.", "Refer to a question."
        elif name in layout.rows:
            yield f"'{name}' is a group and has no answer.", "Refer to a question."
        else:
            close = get_close_matches(name, items, 1)
            yield f"There is no item '{name}'.", f"Did you mean '{close[0]}'?" if close else "Correct the name."


def _misplaced(use: Use, items: Mapping[str, Item]) -> Iterator[tuple[str, str]]:
    if use.column != "constraint" and any(isinstance(part, Current) for part in use.parts):
        yield "'.' is the answer that a constraint checks; here it is nothing.", "Write the item as ${name}."
    if use.column == "constraint" and use.owner in use.looks_at:
        yield f"A constraint sees its own answer as '.', not as ${{{use.owner}}}.", "Write '.'."
    for part in use.parts:
        if isinstance(part, Call) and part.function in _ORDERINGS:
            for argument in part.arguments:
                item = _item_meant(argument, use, items)
                if item is not None and item.kind == "date":
                    yield (
                        f"'{item.name}' is a date: '{part.function}' compares numbers and never holds.",
                        "Ask for a number.",
                    )


def _item_meant(expression: Expression, use: Use, items: Mapping[str, Item]) -> Item | None:
    if isinstance(expression, Reference):
        return items.get(expression.item)
    if isinstance(expression, Current):
        return items.get(use.owner)
    return None


def _impossible(use: Use, items: Mapping[str, Item]) -> Iterator[tuple[str, str]]:
    """Comparisons with a code that is on no list: a slip of the pen that would silently hide a question for ever."""
    for part in use.parts:
        if not isinstance(part, Call) or part.function not in {"=", "!=", "selected"}:
            continue
        for asked, given in (part.arguments, part.arguments[::-1]):
            item = _item_meant(asked, use, items)
            if item is None or not item.options or not isinstance(given, Literal):
                continue
            words = string(given.value).split()
            if any(all(option.code != word for option in item.options) for word in words):
                listed = [option.code for option in item.options]
                yield (
                    f"'{string(given.value)[:30]}' is not on the list of '{item.name}'.",
                    f"It has: {', '.join(listed[:_SHOWN_CODES])}{' and more' if len(listed) > _SHOWN_CODES else ''}.",
                )


def depends_on(layout: Layout) -> dict[str, dict[str, Use]]:
    """Name -> the names that decide whether, or as what, it exists; constraints decide neither."""
    edges: dict[str, dict[str, Use]] = {}
    for use in layout.uses:
        if use.column != "constraint":
            for name in use.looks_at:
                edges.setdefault(use.owner, {}).setdefault(name, use)
    for name, group in layout.inside.items():
        edges.setdefault(name, {}).setdefault(group, Use(name, layout.rows[name], "relevant", Literal(""), None))
    return edges


def _note_cycles(layout: Layout, faults: Faults) -> set[str]:
    """Walk in depth, without recursion: a questionnaire may be one long chain."""
    edges = depends_on(layout)
    circular: set[str] = set()
    done: set[str] = set()
    for start in edges:
        trail: dict[str, Iterator[str]] = {} if start in done else {start: iter(edges[start])}
        while trail:
            here = next(reversed(trail))
            following = next(trail[here], None)
            if following is None:
                trail.pop(here)
                done.add(here)
            elif following in trail:
                _note_cycle([*trail][[*trail].index(following) :], edges, circular, faults)
            elif following not in done and following in edges:
                trail[following] = iter(edges[following])
    return circular


def _note_cycle(names: list[str], edges: Mapping[str, Mapping[str, Use]], circular: set[str], faults: Faults) -> None:
    if not circular.issuperset(names):
        use = min(
            (edges[name][following] for name, following in zip(names, [*names[1:], names[0]], strict=True)), key=_row_of
        )
        shown = [*names[:_SHOWN_NAMES], *(["..."] if len(names) > _SHOWN_NAMES else []), names[0]]
        faults.add(
            "survey",
            use.row,
            use.column,
            f"Each waits for the other: {' needs '.join(shown)}."
            if len(names) > 1
            else f"'{names[0]}' waits for itself.",
            "Let every expression refer to earlier questions only.",
        )
    circular.update(names)


def _row_of(use: Use) -> int:
    return use.row


class _Available:
    """From which page on an answer can be looked at. A calculation is ready when all that it looks at is."""

    def __init__(self, layout: Layout, items: Mapping[str, Item], circular: set[str]) -> None:
        self._pages = layout.order
        self._items = items
        self._ready: dict[str, int] = dict.fromkeys(circular, -1)
        self._calculations = {item.name: item for item in layout.calculations}

    def after_page(self, name: str) -> int:
        """The number of the page on which the answer is given; -1 where none is needed."""
        if name not in self._calculations:
            return self._pages.get(name, -1)
        waiting = [name]
        while waiting:
            needed = self._needed(waiting[-1])
            missing = [other for other in needed if other in self._calculations and other not in self._ready]
            if missing:
                waiting.extend(missing)
            else:
                done = waiting.pop()
                pages = [self._ready.get(other, self._pages.get(other, -1)) for other in needed]
                self._ready.setdefault(done, max(pages, default=-1))
        return self._ready[name]

    def _needed(self, name: str) -> frozenset[str]:
        item = self._items[name]
        both = (item.calculation, item.relevant)
        return frozenset().union(*(references(expression) for expression in both if expression is not None))

    def in_order(self) -> list[Item]:
        """The calculations, each after those that it looks at."""
        for name in self._calculations:
            self.after_page(name)
        return [self._calculations[name] for name in self._ready if name in self._calculations]


def _too_late(use: Use, layout: Layout, items: Mapping[str, Item], available: _Available) -> Iterator[tuple[str, str]]:
    if items.get(use.owner) is not None and items[use.owner].kind == "calculate":
        return
    own = layout.order[use.owner]
    for name in use.looks_at:
        asked = available.after_page(name)
        if asked > own or (asked == own and use.column != "constraint"):
            place = "on a later page" if asked > own else "on the same page"
            yield f"'{name}' is asked {place}, so it has no answer yet.", "Refer to questions on earlier pages."
