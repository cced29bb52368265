"""One row of the survey sheet becomes one item."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

from forms.authoring.choices import NO, YES, Choices
from forms.authoring.faults import Faults
from forms.authoring.kinds import Kind
from forms.authoring.sheets import Row, Sheet
from forms.authoring.values import NUMBER, answer_written, number
from forms.authoring.wording import TextColumns, Wording
from forms.fitting import misfit
from forms.items import ASKED_KINDS, CHOICE_KINDS, TEXT_BYTES, Disclosure, Item, Option
from forms.logic import Expression, ExpressionError, parse

OTHER = "other"
_OTHER_BYTES = 300
_MOST_STEPS = 100
_DISCLOSURES: tuple[Disclosure, ...] = get_args(Disclosure)
_PARAMETER = re.compile(r"[,;\s]*([a-z]+)\s*=\s*([^\s,;]+)")
_RANGE = {"start": "1", "end": "10", "step": "1"}


@dataclass
class Reader:
    """What the reading of every row needs."""

    sheet: Sheet
    columns: TextColumns
    wording: Wording
    choices: Choices
    faults: Faults

    def fault(self, row: Row, column: str, what: str, to_do: str) -> None:
        """A fault in this row."""
        self.faults.add(self.sheet.name, row.number, column, what, to_do)

    def yes(self, row: Row, column: str) -> bool:
        """A cell that says yes or no."""
        written = row.cells.get(column, "").lower()
        if written not in YES | NO:
            self.fault(row, column, f"'{written[:20]}' is neither yes nor no.", "Write yes, or leave the cell empty.")
        return written in YES

    def texts(self, row: Row, base: str) -> dict[str, str]:
        """A text of this row in all its languages."""
        return self.wording.texts(self.sheet.name, row, self.columns, base, row.cells.get("name", ""))

    def expression(self, row: Row, column: str, bare: tuple[str, ...] = ()) -> Expression | None:
        """The expression in a cell; None where there is none, or with a fault."""
        written = row.cells.get(column)
        if written is None:
            return None
        try:
            return parse(written, bare)
        except ExpressionError as fault:
            self.fault(row, column, f"This cannot be read: {fault}.", "See docs/questionnaires.md, Expressions.")
            return None

    def item(self, row: Row, kind: Kind) -> Item:
        """The item of this row; what is wrong with it goes into the faults."""
        labels = self.texts(row, "label")
        if kind.name != "calculate" and not labels:
            self.fault(row, "label", "There is nothing to read.", "Write the question.")
        options = self._options(row, kind)
        parameters = self._parameters(row, kind)
        low, high, step = self._range(row, parameters) if kind.name == "range" else (None, None, None)
        item = Item(
            name=row.cells.get("name", ""),
            kind=kind.name,
            labels=labels,
            hints=self.texts(row, "hint"),
            options=options,
            relevant=self.expression(row, "relevant"),
            constraint=self.expression(row, "constraint"),
            constraint_messages=self.texts(row, "constraint_message"),
            required=self.yes(row, "required"),
            required_messages=self.texts(row, "required_message"),
            choice_filter=self.expression(row, "choice_filter", ("name", *self.choices.attributes)),
            randomize=parameters.get("randomize", "false") in YES,
            calculation=self.expression(row, "calculation"),
            core=self.yes(row, "core"),
            disclosure=self._disclosure(row, kind),
            low=low,
            high=high,
            step=step,
            max_bytes=self._max_bytes(row) if kind.name == "text" else None,
            unverified=self.unverified(row) | self._drafts(row, kind, options),
        )
        if kind.name == "calculate" and item.calculation is None and "calculation" not in row.cells:
            self.fault(row, "calculation", "There is nothing to work out.", "Write an expression.")
        return self._with_default(row, item)

    def _options(self, row: Row, kind: Kind) -> tuple[Option, ...]:
        if kind.name not in CHOICE_KINDS:
            return ()
        options = self.choices.lists.get(kind.list_name)
        if options is None:
            known = ", ".join(sorted(self.choices.lists)) or "none"
            self.fault(row, "type", f"There is no list '{kind.list_name}'.", f"The choices sheet has: {known}.")
            return ()
        if kind.or_other and all(option.code != OTHER for option in options):
            labels = self.wording.made(self.sheet.name, row.number, "type", f"{kind.list_name}/{OTHER}", "Other")
            options = (*options, Option(code=OTHER, labels=labels))
        if kind.or_other and "choice_filter" in row.cells:
            self.fault(
                row, "choice_filter", "or_other and choice_filter do not go together.", "Put 'other' into the list."
            )
        return options

    def other(self, row: Row, item: Item, relevant: Expression) -> Item:
        """The text item that ``or_other`` adds."""
        name = f"{item.name}_{OTHER}"
        return Item(
            name=name,
            kind="text",
            labels=self.wording.made(self.sheet.name, row.number, "type", name, "Please say what it is."),
            relevant=relevant,
            disclosure="withhold",
            max_bytes=_OTHER_BYTES,
        )

    def _parameters(self, row: Row, kind: Kind) -> Mapping[str, str]:
        written = row.cells.get("parameters", "")
        known = tuple(_RANGE) if kind.name == "range" else ("randomize",) if kind.name in CHOICE_KINDS else ()
        pairs = dict(_PARAMETER.findall(written))
        if _PARAMETER.sub("", written).strip(" ,;") or set(pairs) - set(known):
            if known:
                self.fault(
                    row,
                    "parameters",
                    f"'{written[:60]}' is not understood.",
                    f"Known here: {', '.join(known)}.",
                )
            return {}
        if pairs.get("randomize", "true").lower() not in YES | NO:
            self.fault(row, "parameters", "randomize is true or false.", "Write randomize=true.")
        return {name: value.lower() for name, value in pairs.items()}

    def _range(self, row: Row, parameters: Mapping[str, str]) -> tuple[Any, Any, Any]:
        written = {**_RANGE, **parameters}
        if not all(NUMBER.fullmatch(value) for value in written.values()):
            self.fault(
                row, "parameters", "start, end and step are numbers.", "Write, for example, start=0 end=10 step=1."
            )
            return None, None, None
        low, high, step = (number(written[name]) for name in ("start", "end", "step"))
        steps = (high - low) / step if step > 0 else -1
        if not (0 < steps <= _MOST_STEPS and abs(steps - round(steps)) < 1e-9):
            self.fault(
                row,
                "parameters",
                f"The steps from {low} by {step} do not lead to {high}, or are more than {_MOST_STEPS}.",
                "Choose an end that whole steps reach.",
            )
        return low, high, step

    def _with_default(self, row: Row, item: Item) -> Item:
        written = row.cells.get("default")
        if written is None or not item.asked:
            return item
        answer = answer_written(item, written)
        if answer is None or "${" in written or misfit(item, answer, item.options):
            self.fault(
                row,
                "default",
                f"'{written[:40]}' cannot be an answer here.",
                "Write one that a person could give; it cannot be worked out.",
            )
            return item
        return replace(item, default=answer)

    def _disclosure(self, row: Row, kind: Kind) -> Disclosure | None:
        written = row.cells.get("disclosure", "").lower()
        chosen = next((known for known in _DISCLOSURES if known == written), None)
        if written and chosen is None:
            self.fault(
                row, "disclosure", f"'{written[:20]}' is not known.", f"Write one of: {', '.join(_DISCLOSURES)}."
            )
        if kind.name == "text":
            if chosen not in {None, "withhold"}:
                self.fault(
                    row, "disclosure", "What people write themselves can name them.", "Write withhold, or nothing."
                )
            return "withhold"
        if not written and kind.name in ASKED_KINDS and self.yes(row, "core"):
            self.faults.warn(
                self.sheet.name,
                row.number,
                "disclosure",
                "A core item says nothing about disclosure.",
                "Say whether it could help to find a person (key), must be protected (sensitive) or neither (open).",
            )
        return chosen

    def _drafts(self, row: Row, kind: Kind, options: tuple[Option, ...]) -> frozenset[str]:
        """The languages in which what people read here was translated by a computer and checked by nobody."""
        places = {f"{kind.list_name}/{option.code}" for option in options}
        return self.wording.drafts({row.cells.get("name", ""), *places})

    def unverified(self, row: Row) -> frozenset[str]:
        """The languages named, or the default one for a plain yes."""
        written = row.cells.get("unverified", "").lower()
        if written in YES | NO:
            return frozenset({self.wording.default}) if written in YES else frozenset()
        languages = {language.lower(): language for language in self.wording.languages()}
        if not set(written.split()) <= set(languages):
            self.fault(
                row,
                "unverified",
                f"'{written[:30]}' names no language.",
                f"Write yes, or some of: {', '.join(languages.values())}.",
            )
        return frozenset(language for word, language in languages.items() if word in written.split())

    def _max_bytes(self, row: Row) -> int:
        written = row.cells.get("max_bytes", str(TEXT_BYTES))
        if not re.fullmatch("[1-9][0-9]{0,3}", written) or int(written) > TEXT_BYTES:
            self.fault(
                row, "max_bytes", f"'{written[:20]}' is no length for a text.", f"Write 1 to {TEXT_BYTES} bytes."
            )
            return TEXT_BYTES
        return int(written)
