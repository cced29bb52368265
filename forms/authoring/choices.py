"""The choices sheet: lists of options."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from forms.authoring.faults import Faults
from forms.authoring.sheets import Row, Sheet
from forms.authoring.wording import TextColumns, Wording
from forms.items import Option

_KNOWN = frozenset({"list_name", "name", "label", "exclusive", "comment"})
_REFUSED = frozenset({"image", "big-image", "audio", "video", "media", "geometry"})
_ATTRIBUTE = re.compile(r"[a-z][a-z0-9_]*")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_LONGEST, _SHORT = 32, 8
YES = frozenset({"yes", "true", "true()"})
NO = frozenset({"", "no", "false", "false()"})


@dataclass
class Choices:
    """Lists by name; the row of each option; the columns that a choice_filter may use."""

    lists: dict[str, tuple[Option, ...]] = field(default_factory=dict)
    attributes: tuple[str, ...] = ()


def read_choices(sheet: Sheet | None, columns: TextColumns, wording: Wording, faults: Faults) -> Choices:
    """The lists, as far as they can be understood; the rest goes into ``faults``."""
    if sheet is None:
        return Choices()
    choices = Choices(attributes=_attributes(sheet, faults))
    gathered: dict[str, dict[str, Option]] = {}
    labels: dict[str, set[str]] = {}
    for row in sheet.rows:
        name, code = row.cells.get("list_name", ""), row.cells.get("name", "")
        if not _ATTRIBUTE.fullmatch(name.lower()):
            faults.add(sheet.name, row.number, "list_name", f"'{name}' names no list.", "Use letters, digits and '_'.")
            continue
        if not _usable(sheet, row, code, gathered.setdefault(name, {}), faults):
            continue
        option = _option(sheet, row, columns, wording, choices.attributes, faults)
        gathered[name][code] = option
        shown = option.labels.get(wording.default, "")
        if shown and shown in labels.setdefault(name, set()):
            faults.warn(
                sheet.name, row.number, "label", f"Two options of '{name}' read the same.", "Say what sets them apart."
            )
        labels.setdefault(name, set()).add(shown)
    choices.lists = {name: tuple(options.values()) for name, options in gathered.items()}
    return choices


def _attributes(sheet: Sheet, faults: Faults) -> tuple[str, ...]:
    attributes = []
    for heading in sheet.headings:
        base = heading.partition("::")[0].strip().lower()
        if not heading or base in _KNOWN:
            continue
        if base in _REFUSED or not _ATTRIBUTE.fullmatch(heading):
            faults.add(
                sheet.name,
                sheet.row,
                heading,
                "This column is not known.",
                "Take it out, or rename it for a choice_filter.",
            )
        else:
            attributes.append(heading)
    return tuple(attributes)


def _usable(sheet: Sheet, row: Row, code: str, taken: Mapping[str, Option], faults: Faults) -> bool:
    if not _CODE.fullmatch(code):
        faults.add(
            sheet.name,
            row.number,
            "name",
            f"'{code[:40]}' cannot be the code of an option.",
            "Use up to 32 letters, digits, '_' and '-', without spaces; 8 or fewer are best.",
        )
        return False
    if code in taken:
        faults.add(
            sheet.name, row.number, "name", f"The code '{code}' stands twice in its list.", "Give each option its own."
        )
        return False
    if alike := _same_number(code, taken):
        faults.add(
            sheet.name,
            row.number,
            "name",
            f"The code '{code}' is the same number as '{alike}'.",
            "Give each option a number of its own: some programs know answers by numbers only.",
        )
        return False
    if len(code) > _SHORT:
        faults.warn(
            sheet.name,
            row.number,
            "name",
            f"The code '{code}' is longer than {_SHORT} characters.",
            "Shorten it: some programs cut codes.",
        )
    return True


def _same_number(code: str, taken: Mapping[str, Option]) -> str | None:
    """The code of the list that is this one with more or fewer noughts before it."""
    spellings = ("0" * noughts + code.lstrip("0") for noughts in range(_LONGEST))
    return next((one for one in spellings if one in taken), None) if code.isdecimal() else None


def _option(
    sheet: Sheet, row: Row, columns: TextColumns, wording: Wording, attributes: tuple[str, ...], faults: Faults
) -> Option:
    code = row.cells["name"]
    labels = wording.texts(sheet.name, row, columns, "label", f"{row.cells['list_name']}/{code}")
    if not labels:
        faults.add(
            sheet.name, row.number, "label", f"The option '{code}' has no label.", "Write what people shall read."
        )
    exclusive = row.cells.get("exclusive", "").lower()
    if exclusive not in YES | NO:
        faults.add(
            sheet.name, row.number, "exclusive", f"'{exclusive[:20]}' is neither yes nor no.", "Write yes, or nothing."
        )
    given = {name: row.cells[name] for name in attributes if name in row.cells}
    return Option(code=code, labels=labels, exclusive=exclusive in YES, attributes=given)
