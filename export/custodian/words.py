"""``themes.csv`` and ``quotations.csv``: all that leaves of free text."""

from __future__ import annotations

from pathlib import Path

from export.custodian.asked import Asking
from export.custodian.formats import write_lines
from export.custodian.leaving import Leaving
from export.custodian.table import COUNTS, MISSING, SUPPRESSED
from export.custodian.telling import rules_of, series_secret
from export.custodian.theme_counts import WROTE, told_of

_HIDDEN = MISSING[SUPPRESSED]


def write_words(folder: Path, leaving: Leaving) -> None:
    """Themes where there is a code frame; quotations in the order of their words, where any may leave.

    Raises:
        OSError: one could not be written whole.
    """
    words = leaving.materials.words
    recipe = leaving.materials.recipe
    if words.frame.labels:
        _write_themes(folder / "themes.csv", leaving)
    if leaving.quoted:
        told = sorted((words.quotations[digest].text, family) for digest, family in leaving.quoted.items())
        write_lines(folder / "quotations.csv", ("quotation", "kind_of_crime"), told, recipe)


def _write_themes(path: Path, leaving: Leaving) -> None:
    """``theme,label,comments,of,frame``: how many comments of how many; ``[c]`` where held back; the frame's SHA-256.

    How many are under no theme is never told: it would tell how many are under any.
    """
    materials, records = leaving.materials, leaving.protected.table.frame
    people = int(records[COUNTS].sum())
    recipe, frame = materials.recipe, materials.words.frame
    secret = series_secret(materials.table_secret, recipe.series)
    sure, likely = Asking(materials.known, leaving.columns).certain(records, leaving.written.asked)
    wholes = (people, people), (sure, likely), (likely, likely)
    told = told_of(frame, leaving.written.said, wholes, rules_of(recipe.tables), secret)
    of = str(told.get(WROTE, _HIDDEN))
    lines = [(code, label, str(told.get(code, _HIDDEN)), of, frame.digest) for code, label in frame.labels.items()]
    write_lines(path, ("theme", "label", "comments", "of", "frame"), lines, recipe)
