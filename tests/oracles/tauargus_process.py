"""Between what the engine of tau-ARGUS finds each held-back figure of a table: run by its own environment's Python.

Standard input: JSON, a list of tables, each with ``figures`` (a count each), ``held`` (the numbers of those held back)
and ``sums`` (each a figure's number and those of its parts); ``between``, where it is given, says between what each
figure is known to lie, so that rounded ones can be held back too. Standard output: JSON, for each table a list of
[figure, least, greatest].
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pytauargus._tauargus import audit_jj


def lines(table: dict[str, Any]) -> Iterator[str]:
    """The table in the engine's own format: a line a cell, then a line a sum that comes to nought."""
    yield from ("0", str(len(table["figures"])))
    most = max(table["figures"]) + 1000
    held, anything = set(table["held"]), [[0, most]] * len(table["figures"])
    for number, (count, (low, high)) in enumerate(zip(table["figures"], table.get("between", anything), strict=True)):
        yield f"{number} {count} {count} {'u' if number in held else 's'} {low} {high} 0 0 0"
    yield str(len(table["sums"]))
    for total, parts in table["sums"]:
        yield f"0 {len(parts) + 1} : {total} (-1) " + " ".join(f"{part} (1)" for part in parts)


def audited(table: dict[str, Any]) -> list[list[float]]:
    """[figure, least, greatest] of what is held back."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.jj"
        path.write_text("\n".join(lines(table)) + "\n")
        return [[one["cell"], one["min"], one["max"]] for one in audit_jj(str(path))]


sys.stdout.write(json.dumps([audited(table) for table in json.load(sys.stdin)]))
