"""Rows in their order become pages: a group that is one page (``field-list``), or an item alone on its page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property

from forms.authoring.items import OTHER, Reader
from forms.authoring.kinds import Kind, check_fit, kind_of
from forms.authoring.sheets import Row
from forms.expression import Call, Expression, ExpressionError, Literal, Reference, parts
from forms.instrument import Page
from forms.items import Item

ONE_PAGE = "field-list"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")
_FORM_WORDS = frozenset(
    {"csrf_token", "go", "data", "errors", "form_errors", "meta", "process", "populate_obj", "validate"}
    | {"validate_on_submit", "is_submitted", "hidden_tag", "post_process"}
)
_RECORD_WORDS = frozenset(
    {"response", "instrument", "digest", "record", "place", "mode", "door", "period", "month", "epoch", "language"}
    | {"status", "quick", "again", "came_back", "alike", "release", "recipe"}
)
_CHECKER_WORD = "validate_"
_DEEPEST = 20
RESERVED = _FORM_WORDS | _RECORD_WORDS
"""Names that the pages or a release use themselves."""


@dataclass(frozen=True)
class Use:
    """One expression where it stands: for a ``relevant`` on a group, the whole group depends on it."""

    owner: str
    row: int
    column: str
    expression: Expression
    inherited: Expression | None
    """What must hold before this is looked at: the relevance of the groups around."""

    @cached_property
    def parts(self) -> tuple[Expression, ...]:
        """The expression and everything in it."""
        return tuple(parts(self.expression))

    @cached_property
    def looks_at(self) -> tuple[str, ...]:
        """The items that it names, sorted."""
        return tuple(sorted({part.item for part in self.parts if isinstance(part, Reference)}))


@dataclass
class Layout:
    """What the survey sheet comes to: by name, the number of its page, its row and the group around it."""

    pages: list[Page] = field(default_factory=list)
    calculations: list[Item] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    order: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    inside: dict[str, str] = field(default_factory=dict)


@dataclass
class _Group:
    name: str
    row: Row
    labels: dict[str, str]
    relevant: Expression | None
    one_page: bool
    """Whether this group, or one around it, is one page."""
    items: list[Item] = field(default_factory=list)
    following: list[Page] = field(default_factory=list)
    """What ``or_other`` adds stands after the page: nothing on a page depends on the same page."""
    unverified: frozenset[str] = frozenset()
    filled: bool = False


def both(*expressions: Expression | None) -> Expression | None:
    """All of these conditions, flat however many groups stand around an item; None is no condition."""
    conditions: list[Expression] = []
    for expression in expressions:
        if isinstance(expression, Call) and expression.function == "and":
            conditions.extend(expression.arguments)
        elif expression is not None:
            conditions.append(expression)
    return Call("and", tuple(conditions)) if len(conditions) > 1 else next(iter(conditions), None)


class Pages:
    """Walks the survey sheet from top to bottom."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._layout = Layout()
        self._groups: list[_Group] = []
        self._names: dict[str, str] = {}

    def laid_out(self) -> Layout:
        """The pages, as far as the rows can be understood; the rest goes into the faults."""
        for row in self._reader.sheet.rows:
            kind = kind_of(self._reader.sheet, row, self._reader.faults)
            if kind is None:
                continue
            check_fit(self._reader.sheet, row, kind, self._reader.faults)
            if kind.name == "group":
                self._open(row)
            elif kind.name == "end":
                self._close(row)
            else:
                self._add(row, kind)
        for group in self._groups:
            self._reader.fault(
                group.row, "type", f"The group '{group.name}' is never closed.", "Add a row 'end_group'."
            )
        if not self._layout.pages and not self._reader.faults.serious():
            self._reader.faults.add("survey", 0, "", "The questionnaire asks nothing.", "Add a question.")
        return self._layout

    def _open(self, row: Row) -> None:
        if len(self._groups) == _DEEPEST:
            self._reader.fault(row, "type", f"More than {_DEEPEST} groups stand inside each other.", "Use fewer.")
        appearance = row.cells.get("appearance", "")
        inside_page = bool(self._groups) and self._groups[-1].one_page
        if appearance not in {"", ONE_PAGE}:
            self._reader.fault(
                row, "appearance", f"'{appearance[:30]}' is not known.", f"Write {ONE_PAGE}, or nothing."
            )
        elif appearance and inside_page:
            self._reader.fault(
                row, "appearance", "A page cannot hold a page.", "Empty the cell: the group around is the page."
            )
        name = self._named(row)
        relevant = self._reader.expression(row, "relevant") if len(self._groups) < _DEEPEST else None
        self._use(name, row, "relevant", relevant)
        one_page = inside_page or appearance == ONE_PAGE
        unverified = self._reader.unverified(row)
        self._groups.append(
            _Group(name, row, self._reader.texts(row, "label"), relevant, one_page, unverified=unverified)
        )
        self._layout.order.setdefault(name, len(self._layout.pages))

    def _close(self, row: Row) -> None:
        if not self._groups:
            self._reader.fault(row, "type", "This closes a group that was never opened.", "Take the row out.")
            return
        group = self._groups.pop()
        if not group.filled:
            self._reader.fault(group.row, "type", f"The group '{group.name}' holds no question.", "Take it out.")
        outer = self._groups[-1] if self._groups else None
        if outer is not None:
            outer.filled = outer.filled or group.filled
        if group.one_page and outer is not None and outer.one_page:
            outer.items.extend(self._narrowed(item, group) for item in group.items)
            outer.following.extend(group.following)
        elif group.one_page and group.items:
            relevant = self._joined(group.row, group.relevant)
            self._layout.pages.append(Page(group.name, group.labels, tuple(group.items), relevant))
            self._layout.pages.extend(group.following)

    def _narrowed(self, item: Item, group: _Group) -> Item:
        """An item of a group inside a page: the page is shown, the item only where its group is relevant."""
        return replace(item, relevant=self._limited(group.row, group.relevant, item.relevant))

    def _add(self, row: Row, kind: Kind) -> None:
        name = self._named(row)
        item = self._reader.item(row, kind)
        for column in ("relevant", "constraint", "choice_filter", "calculation"):
            self._use(name, row, column, getattr(item, column))
        self._layout.order.setdefault(name, len(self._layout.pages))
        if kind.name == "calculate":
            relevant = self._joined(row, item.relevant)
            self._layout.calculations.append(replace(item, relevant=relevant))
            return
        self._place(self._under_labels(item), row)
        if kind.or_other:
            self._add_other(row, item, kind)

    def _under_labels(self, item: Item) -> Item:
        """Where a label above it is a draft or was not compared with its source, so is what people read here."""
        drafts = self._reader.wording.drafts({group.name for group in self._groups})
        return replace(item, unverified=item.unverified.union(drafts, *(group.unverified for group in self._groups)))

    def _add_other(self, row: Row, item: Item, kind: Kind) -> None:
        name = self._named(row, f"{item.name}_{OTHER}")
        function = "=" if kind.name == "select_one" else "selected"
        relevant = Call(function, (Reference(item.name), Literal(OTHER)))
        page = Page(name, {}, (self._reader.other(row, item, relevant),), self._joined(row))
        if self._groups and self._groups[-1].one_page:
            self._groups[-1].following.append(page)
            self._layout.order.setdefault(name, len(self._layout.pages) + 1)
        else:
            self._layout.order.setdefault(name, len(self._layout.pages))
            self._layout.pages.append(page)

    def _place(self, item: Item, row: Row) -> None:
        if self._groups and self._groups[-1].one_page:
            self._groups[-1].items.append(item)
        else:
            self._layout.pages.append(Page(item.name, {}, (item,), self._joined(row)))
        for group in self._groups:
            group.filled = True

    def _use(self, owner: str, row: Row, column: str, expression: Expression | None) -> None:
        if expression is not None:
            self._layout.uses.append(Use(owner, row.number, column, expression, self._joined(row)))

    def _joined(self, row: Row, own: Expression | None = None) -> Expression | None:
        """The relevance of all open groups and of the row itself."""
        return self._limited(row, *(group.relevant for group in self._groups), own)

    def _limited(self, row: Row, *expressions: Expression | None) -> Expression | None:
        try:
            return both(*expressions)
        except ExpressionError as fault:
            self._reader.fault(row, "relevant", f"With the groups around it there are {fault}.", "Use fewer brackets.")
            return None

    def _named(self, row: Row, made: str = "") -> str:
        """The name of a row, or the one ``made`` for what ``or_other`` adds."""
        name = made or row.cells.get("name", "")
        taken = self._names.get(name.lower())
        if not _NAME.fullmatch(name):
            self._reader.fault(
                row, "name", f"'{name[:40]}' cannot be a name.", "Use up to 32 letters, digits and '_', a letter first."
            )
        elif name.lower() in RESERVED or name.lower().startswith(_CHECKER_WORD):
            self._reader.fault(row, "name", f"'{name}' is a name that pages or releases use.", "Choose another.")
        elif taken is not None:
            self._reader.fault(
                row,
                "name",
                f"'{name}' is taken by row {self._layout.rows[taken]}.",
                "Items, groups and what or_other adds (NAME_other) each need their own name.",
            )
        self._names.setdefault(name.lower(), name)
        self._layout.rows.setdefault(name, row.number)
        if self._groups:
            self._layout.inside.setdefault(name, self._groups[-1].name)
        return name
