"""Everything that a translator has to translate, with the place where it stands: what an entry of a .po file names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from forms.authoring.settings import TITLE
from forms.authoring.sheets import Row, Sheet
from forms.authoring.wording import TRANSLATED


@dataclass(frozen=True)
class Message:
    """One text in the default language: ``place`` is an item, a group, ``list/option`` or ``form_title``."""

    place: str
    text: str


def messages(sheets: Mapping[str, Sheet]) -> Iterator[Message]:
    """The texts of a questionnaire whose default language stands in plain columns, in the order of its rows."""
    for row in sheets["survey"].rows:
        yield from (Message(row.cells.get("name", ""), row.cells[base]) for base in TRANSLATED if base in row.cells)
    for row in _rows(sheets, "choices"):
        if "label" in row.cells:
            yield Message(f"{row.cells.get('list_name', '')}/{row.cells.get('name', '')}", row.cells["label"])
    for row in _rows(sheets, "settings"):
        if TITLE in row.cells:
            yield Message(TITLE, row.cells[TITLE])


def _rows(sheets: Mapping[str, Sheet], name: str) -> list[Row]:
    return sheets[name].rows if name in sheets else []
