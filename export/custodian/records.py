"""From a checked response to a record: which cell goes into each of the columns that there are."""

from __future__ import annotations

from collections.abc import Mapping, Set

from export.custodian.columns import item_columns
from export.custodian.known import Known, KnownInstrument, Way, remember
from export.custodian.reached import last_page, shown
from export.custodian.table import FIRST_VALUE, NOT_ASKED, SKIPPED, Cell, TableBuilder, Variable
from forms.instrument import Instrument
from forms.logic import Answer
from forms.response import Response
from forms.routing import calculated

BY_DEFINITION = ("place", "mode", "month", "language", "status", "quick", "came_back")
MODES = {"kiosk": "On a tablet", "link": "By a link on their own phone", "assisted": "Entered by an advocate"}
STATUSES = {"core": "Answered at least half of the core", "complete": "Reached the end"}
QUICK = {"no": "No", "yes": "Under 25 seconds, or within 60 seconds of the last"}
CAME_BACK = {"no": "No, or it is not known", "yes": "Yes: with words to come back with"}
CAME_BACK_YES = FIRST_VALUE + 1


class Columns:
    """The columns of a release of these questionnaires, and how a response fills them. Workers are handed a copy."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._languages = known.languages
        codes = ("place", tuple(known.places)), ("mode", tuple(MODES)), ("language", self._languages)
        self._codes = {name: {one: code for code, one in enumerate(listed, FIRST_VALUE)} for name, listed in codes}
        self.items = tuple(item_columns(known, BY_DEFINITION))
        self._first: dict[str, int] = {}
        self.told: Set[str] = self._first.keys()
        at = len(BY_DEFINITION)
        for one in self.items:
            self._first[one.variable.name] = at
            at += len(one.variable.columns)
        self._width = at
        self._by_item = {one.variable.name: one for one in self.items}
        self._not_offered = {digest: self._lacking(one.instrument) for digest, one in known.instruments.items()}
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
        for at in self._not_offered[response.digest]:
            cells[at] = NOT_ASKED
        return tuple(cells)

    def _lacking(self, instrument: Instrument) -> tuple[int, ...]:
        """Where the options stand that a questionnaire's people could not choose."""
        return tuple(self._first[one.variable.name] + place for one in self.items for place in one.lacking(instrument))

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
