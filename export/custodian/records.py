"""From a checked response to a record: which columns there are, and which cell goes into each.

What never becomes a column: free text, notes, items marked ``withhold``, and whatever tells of one of them: by being
calculated from it, by a list of options that it filters, or by being asked because of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from export.custodian.known import Known, KnownInstrument, Way, decided_by, remember
from export.custodian.reached import last_page, shown
from export.custodian.table import ALIKE, FIRST_VALUE, NOT_ASKED, RECIPE, RELEASE, SKIPPED, Cell, TableBuilder, Variable
from forms.instrument import Instrument, Item
from forms.items import CHOICE_KINDS
from forms.logic import Answer, references
from forms.response import Response
from forms.routing import calculated

BY_DEFINITION = ("place", "mode", "month", "language", "status", "quick", "came_back")
MODES = {"kiosk": "On a tablet", "link": "By a link on their own phone", "assisted": "Entered by an advocate"}
STATUSES = {"core": "Answered at least half of the core", "complete": "Reached the end"}
QUICK = {"no": "No", "yes": "Under 25 seconds, or within 60 seconds of the last"}
CAME_BACK = {"no": "No, or it is not known", "yes": "Yes: with words to come back with"}
CAME_BACK_YES = FIRST_VALUE + 1
_HELD_BACK = {"text", "note", "withhold"}
_Versions = dict[str, list[tuple[Instrument, Item]]]


@dataclass(frozen=True)
class ItemColumns:
    """An item's variable, and how its answers become cells."""

    variable: Variable
    item: Item
    codes: tuple[str, ...] | None
    """The answers that a listed column can hold, or the options of several columns; None where values are gathered."""

    def cells(self, answer: Answer) -> list[Cell]:
        """One cell a column for an answer."""
        if self.item.kind == "select_multiple" and self.codes is not None:
            chosen = answer if isinstance(answer, tuple) else ()
            return [FIRST_VALUE + (code in chosen) for code in self.codes]
        if self.codes is None:
            return [_as_text(answer)]
        return [FIRST_VALUE + self.codes.index("1" if self.item.kind == "acknowledge" else str(answer))]


class Columns:
    """The columns of a release of these questionnaires, and how a response fills them. Workers are handed a copy."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._languages = known.languages
        codes = ("place", tuple(known.places)), ("mode", tuple(MODES)), ("language", self._languages)
        self._codes = {name: {one: code for code, one in enumerate(listed, FIRST_VALUE)} for name, listed in codes}
        self.items = tuple(_item_columns(known))
        self._first: dict[str, int] = {}
        self.told: Set[str] = self._first.keys()
        at = len(BY_DEFINITION)
        for one in self.items:
            self._first[one.variable.name] = at
            at += len(one.variable.columns)
        self._width = at
        self._by_item = {one.variable.name: one for one in self.items}
        self._templates: dict[tuple[Way, int], list[Cell]] = {}
        self._placed: dict[tuple[str, Answer], tuple[tuple[int, Cell], ...]] = {}

    def at(self, name: str) -> int | None:
        """Where an item's cells begin, if it has any."""
        return self._first.get(name)

    def of(self, names: Set[str]) -> list[str]:
        """The columns of those of these that have any, in order."""
        columns = {one.variable.name: one.variable.columns for one in self.items}
        return [column for name in (*BY_DEFINITION, *columns) if name in names for column in columns.get(name, (name,))]

    def __reduce__(self) -> tuple[type[Columns], tuple[Known]]:
        return type(self), (self._known,)

    def builder(self) -> TableBuilder:
        """An empty table with these columns."""
        defined = {
            "place": (tuple(self._known.places), {place.code: place.name for place in self._known.places.values()}),
            "mode": (tuple(MODES), MODES),
            "month": (None, {}),
            "language": (self._languages, {}),
            "status": (tuple(STATUSES), STATUSES),
            "quick": (tuple(QUICK), QUICK),
            "came_back": (tuple(CAME_BACK), CAME_BACK),
        }
        values: dict[str, tuple[str, ...] | None] = {name: listed for name, (listed, _) in defined.items()}
        labels: dict[str, Mapping[str, str]] = {name: dict(words) for name, (_, words) in defined.items()}
        for one in self.items:
            several = one.item.kind == "select_multiple"
            for column in one.variable.columns:
                values[column] = ("0", "1") if several else one.codes
                labels[column] = {"0": "Not chosen", "1": "Chosen"} if several else {}
        variables = [Variable(name, (name,), key=True) for name in BY_DEFINITION]
        return TableBuilder([*variables, *(one.variable for one in self.items)], values, labels, BY_DEFINITION)

    def cells(self, response: Response) -> tuple[Cell, ...]:
        """The cells of a checked response, one for each column; whether its person came back one alone cannot tell."""
        known = self._known.instruments[response.digest]
        cells = list(self._template(known, response))
        cells[: len(BY_DEFINITION)] = (
            self._codes["place"][response.place],
            self._codes["mode"][response.mode],
            response.period,
            self._codes["language"][response.language],
            FIRST_VALUE + (response.status == "complete"),
            FIRST_VALUE + response.quick,
            FIRST_VALUE,
        )
        given = response.answers
        if known.instrument.calculations:
            given = {**given, **calculated(known.instrument, given)}
        for pair in given.items():
            for at, cell in self._placed.get(pair) or self._place(*pair):
                cells[at] = cell
        return tuple(cells)

    def _place(self, name: str, answer: Answer) -> tuple[tuple[int, Cell], ...]:
        """Which cell goes where for one answer; nothing where the item has no column."""
        at = self._first.get(name)
        if at is None:
            return ()
        one = self._by_item[name]
        placed = tuple(enumerate(one.cells(answer), at))
        if one.codes is not None:
            remember(self._placed, (name, answer), placed)
        return placed

    def _template(self, known: KnownInstrument, response: Response) -> list[Cell]:
        """The cells before any answer stands in them: skipped where the item was shown, as is told, else not asked."""
        way = known.way(response.answers)
        last = last_page(known, way, response, self.told)
        template = self._templates.get((way, last))
        if template is None:
            template = self._made(known, way, last)
            remember(self._templates, (way, last), template)
        return template

    def _made(self, known: KnownInstrument, way: Way, last: int) -> list[Cell]:
        seen = shown(known, way, last) | {item.name for item in known.instrument.calculations}
        cells: list[Cell] = [NOT_ASKED] * self._width
        for one in self.items:
            if one.variable.name in seen:
                at = self._first[one.variable.name]
                cells[at : at + len(one.variable.columns)] = [SKIPPED] * len(one.variable.columns)
        return cells


def _item_columns(known: Known) -> Iterable[ItemColumns]:
    instruments = [one.instrument for one in known.instruments.values()]
    versions: _Versions = {}
    for instrument in instruments:
        for item in (*instrument.items(), *instrument.calculations):
            versions.setdefault(item.name, []).append((instrument, item))
    behind, decided = _behind(versions), _decided(versions)
    untold = _untold(versions, behind, decided)
    keys, sensitive = _marked(versions, "key"), _marked(versions, "sensitive")
    taken = {*BY_DEFINITION, ALIKE, RELEASE, RECIPE}
    for name, several in versions.items():
        if name in untold:
            continue
        item = several[0][1]
        codes = _codes([version for _, version in several])
        several_columns = item.kind == "select_multiple" and codes is not None
        columns = tuple(_unused(f"{name}_{code}", taken) for code in codes or ()) if several_columns else ()
        variable = Variable(
            name,
            columns or (_unused(name, taken),),
            key=bool({name, *behind[name]} & keys),
            sensitive=bool({name, *behind[name]} & sensitive),
            decided_by=decided[name],
            made_from=behind[name],
        )
        yield ItemColumns(variable, item, codes)


def _marked(versions: _Versions, disclosure: str) -> frozenset[str]:
    """The items that any version marks so."""
    return frozenset(name for name, several in versions.items() if any(i.disclosure == disclosure for _, i in several))


def _behind(versions: _Versions) -> dict[str, frozenset[str]]:
    """Item -> the items that its answer tells of: what it is calculated from, what filters its list, and theirs."""
    direct = {
        name: frozenset[str]().union(*(_made_of(item) for _, item in several)) for name, several in versions.items()
    }
    return {name: _closed(refers, direct) - {name} for name, refers in direct.items()}


def _made_of(item: Item) -> frozenset[str]:
    rules = (item.calculation, item.choice_filter, item.relevant if item.kind == "calculate" else None)
    return frozenset[str]().union(*(references(rule) for rule in rules if rule is not None))


def _closed(names: Iterable[str], direct: Mapping[str, frozenset[str]]) -> frozenset[str]:
    found, waiting = set[str](), list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(direct.get(name, ()))
    return frozenset(found)


def _decided(versions: _Versions) -> dict[str, frozenset[str]]:
    """Item -> the items whose answers decide whether it is asked."""
    ways = {id(one): decided_by(one) for several in versions.values() for one, _ in several}
    return {
        name: frozenset[str]().union(*(ways[id(one)].get(name, frozenset()) for one, _ in several))
        for name, several in versions.items()
    }


def _untold(
    versions: _Versions, behind: Mapping[str, frozenset[str]], decided: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    told = {name: {part for _, item in of for part in (item.kind, item.disclosure)} for name, of in versions.items()}
    found = {name for name, said in told.items() if said & _HELD_BACK}
    while more := {name for name in versions.keys() - found if (behind[name] | decided[name]) & found}:
        found |= more
    return frozenset(found)


def _codes(versions: Iterable[Item]) -> tuple[str, ...] | None:
    items = list(versions)
    if items[0].kind == "acknowledge":
        return ("1",)
    listed = tuple(dict.fromkeys(option.code for item in items for option in item.options))
    return listed if items[0].kind in CHOICE_KINDS else None


def _unused(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _as_text(answer: Answer) -> str:
    """One spelling for one value: whole numbers without a point, truth as 1 and 0."""
    if isinstance(answer, bool) or (isinstance(answer, float) and answer.is_integer()):
        return str(int(answer))
    return str(answer)
