"""``themes.csv`` and ``quotations.csv``: all that leaves of free text."""

from __future__ import annotations

import csv
from pathlib import Path

from export.custodian.formats import safe_cell
from export.custodian.leaving import Leaving
from export.custodian.themes import write_themes


def write_words(folder: Path, leaving: Leaving) -> None:
    """Themes where there is a code frame; quotations in the order of their words, where any may leave.

    Raises:
        OSError: one could not be written whole.
    """
    words = leaving.materials.words
    if words.frame.labels:
        write_themes(folder / "themes.csv", words.frame, leaving.written.said)
    if leaving.quoted:
        told = sorted((words.quotations[digest], family) for digest, family in leaving.quoted.items())
        with (folder / "quotations.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(["quotation", "kind_of_crime"])
            table.writerows([safe_cell(text), safe_cell(family)] for text, family in told)
