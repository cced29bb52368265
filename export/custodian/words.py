"""``themes.csv`` and ``quotations.csv``: all that leaves of free text."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from export.custodian.formats import safe_cell
from export.custodian.leaving import Leaving
from export.custodian.themes import write_themes
from survey.durable import write_whole


def write_words(folder: Path, leaving: Leaving) -> None:
    """Themes where there is a code frame; quotations in the order of their words, where any may leave.

    Raises:
        OSError: one could not be written whole.
    """
    words = leaving.materials.words
    if words.frame.labels:
        write_themes(folder / "themes.csv", words.frame, leaving.written.said)
    if leaving.quoted:
        told = sorted((words.quotations[digest].text, family) for digest, family in leaving.quoted.items())
        lines = [[safe_cell(text), safe_cell(family)] for text, family in told]
        frame = pl.DataFrame(lines, schema=["quotation", "kind_of_crime"], orient="row")
        write_whole(folder / "quotations.csv", frame.write_csv().encode())
