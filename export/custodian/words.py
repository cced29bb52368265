"""``themes.csv`` and ``quotations.csv``: all that leaves of free text."""

from __future__ import annotations

from pathlib import Path

from export.custodian.formats import write_lines
from export.custodian.leaving import Leaving
from export.custodian.recipe import Recipe
from export.custodian.table import MISSING, SUPPRESSED
from export.custodian.themes import LEAST, CodeFrame, Said, told_of

_HIDDEN = MISSING[SUPPRESSED]


def write_words(folder: Path, leaving: Leaving) -> None:
    """Themes where there is a code frame; quotations in the order of their words, where any may leave.

    Raises:
        OSError: one could not be written whole.
    """
    words = leaving.materials.words
    recipe = leaving.materials.recipe
    if words.frame.labels:
        write_themes(folder / "themes.csv", words.frame, leaving.written.said, recipe)
    if leaving.quoted:
        told = sorted((words.quotations[digest].text, family) for digest, family in leaving.quoted.items())
        write_lines(folder / "quotations.csv", ("quotation", "kind_of_crime"), told, recipe)


def write_themes(path: Path, frame: CodeFrame, said: Said, recipe: Recipe) -> None:
    """``theme,label,comments,of``: how many comments of how many; ``[c]`` where fewer than ten could be worked out.

    How many are under no theme is never told: it would tell exactly how many are under any.
    """
    of = str(said.comments) if said.comments >= LEAST else _HIDDEN
    told = told_of(frame, said)
    lines = [(code, label, str(told.get(code, _HIDDEN)), of) for code, label in frame.labels.items()]
    write_lines(path, ("theme", "label", "comments", "of"), lines, recipe)
