"""What a release's codebook says of its columns, for a page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Column:
    """One column of a release as its codebook tells it: what was asked, and on how many answers it rests."""

    name: str
    asked: str
    answered: str


def columns_of(codebook: bytes) -> list[Column]:
    """The columns of a codebook as the custodian writes it; whatever else it holds is for who pulls it.

    Raises:
        ValueError: it is not JSON.
    """
    content = json.loads(codebook)
    columns = content.get("columns", []) if isinstance(content, dict) else []
    return [_column(column) for column in columns if isinstance(column, dict) and "column" in column]


def _column(column: dict[str, Any]) -> Column:
    asked = " – ".join(_english(column.get(part)) for part in ("question", "option") if column.get(part))
    return Column(str(column["column"]), asked, str(column.get("answered", "")))


def _english(labels: Any) -> str:
    if not isinstance(labels, dict):
        return str(labels)
    return str(labels.get("en") or next(iter(labels.values()), ""))
