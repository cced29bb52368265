"""Numbers and answers as an author writes them into a cell."""

from __future__ import annotations

import re

from forms.items import Item
from forms.logic import Answer

NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")


def number(written: str) -> int | float:
    """A plain decimal number, whole where it is whole."""
    value = float(written)
    return int(value) if value.is_integer() else value


def answer_written(item: Item, written: str) -> Answer | None:
    """What a cell says as an answer to this item; None where it cannot be read as one."""
    if item.kind == "select_multiple":
        chosen, codes = written.split(), [option.code for option in item.options]
        return tuple(code for code in codes if code in chosen) if set(chosen) <= set(codes) else None
    if item.kind in {"integer", "decimal", "range"}:
        return number(written) if NUMBER.fullmatch(written) else None
    if item.kind == "acknowledge":
        return None
    return written
