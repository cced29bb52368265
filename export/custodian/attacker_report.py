"""What the tables of a release were attacked with before they left, for whoever publishes; never for who reads them.

It says how much had to be held back to stop whom, and so would help whoever wants it back: it lies in ``reports/``, not
in the release.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import polars as pl

from export.custodian.cube import EVERYBODY, TOTAL
from export.custodian.leaving import Leaving
from export.custodian.rules import SHOWN, SMALL
from export.custodian.telling import Told

COVERED = (
    "every figure of a question together: answers and bases, categories and their totals, areas and the areas that they"
    " lie in",
    "tables by different categories of the same people, which have the same totals",
    "figures for everybody beside those without open-door and quick responses",
    "the sum of modes: all together no more than the number of records, which the manifest tells, and just as many"
    " where nobody skipped the question",
    "how many wrote towards a theme beside all who wrote, and these beside all records, all who by their record were"
    " asked, and all who by it may have written; no word of the code frame counts towards two themes, so that none lies"
    " within another",
    "the records of those who stopped: they are the same whether somebody then wrote something or not",
    "the records of this release laid over its tables, all questions of a mode together: no value of a blank is proved"
    " or ruled out",
    "what it says by these rules and the p-table that a figure is told, and what it is told as; only the table secret"
    " is taken as unknown",
)
NOT_COVERED = (
    "figures of different questions set against each other: a group in which everybody answered one question has no"
    " more people who answered another",
    "the records alone: analysts who hold them know more of a group's answers than its table tells. They are protected"
    " by group size instead; give them to named analysts only",
    "themes beside each other where somebody knows that people who wrote of one wrote of another too",
    "who stopped before a question that comes ahead of an open one is taken to have written nothing; they may have"
    " skipped all in between and written",
    "comments in a language that the code frame has no words of are under no theme, and the records tell languages",
    "what a questionnaire's routes say of two blanks of one record together",
    "what it says that a figure is held back: one that can be held back only for its own size is below the threshold,"
    " as it is told",
    "what somebody knows of a respondent from elsewhere, and answers that most of a group share",
    "chances: all this says what is possible, not what is likely",
)


def attacker_report(leaving: Leaving, earlier: Sequence[str]) -> str:
    """Lines of plain text, in English."""
    # Its hash stands in the manifest, for every analyst to see, and it has few numbers that would have to be tried.
    ending = f"\nSo that nobody can guess this report from its hash in the manifest: {secrets.token_hex(16)}\n"
    told, recipe = leaving.told, leaving.materials.recipe
    tables, frame = recipe.tables, leaving.materials.words.frame.digest
    made = f"Made by the recipe {recipe.digest}; themes counted by the code frame {frame}."
    if told is None:
        return f"{leaving.name}: no tables were made. {made}\n{ending}"
    noise = tables.protection == "cell-key"
    how = "Every figure is moved by cell key." if noise else f"Every figure is rounded to {tables.round_to}."
    against = f"Set against {', '.join(earlier)}" if earlier else "The first release of its series"
    lines = [
        f"{leaving.name}: what its tables were attacked with. For the publisher only.",
        made,
        "",
        how,
        *_counts(told),
        f"No figure that is held back can be worked out more closely than to an interval of {told.rules.threshold};"
        f" the difference between everybody and those who are sure not more closely than to {told.rules.between}.",
        f"{against}: nobody is in two releases, so their figures may be added up and tell nothing when subtracted.",
        "",
        "Covered:",
        *(f"- {one}" for one in COVERED),
        "",
        "Not covered:",
        *(f"- {one}" for one in NOT_COVERED),
    ]
    return "\n".join(lines) + f"\n{ending}"


def _counts(told: Told) -> list[str]:
    figures = told.figures
    answers = figures.filter(figures["answer"] != TOTAL)
    held = figures.filter(figures["held"] != SHOWN)
    closed = held.filter((held["held"] == SMALL) & ~held["small"] & (held["blank"] == ""))
    near = figures.filter(~figures["apart"], population=EVERYBODY, answer=TOTAL).height
    return [
        f"{figures.height} figures, {answers.height} of them answers; {held.height} are held back,"
        f" {closed.height} of these only because another could be worked out from them.",
        f"In {near} rows everybody's figures are not told apart from those without open-door and quick responses, since"
        f" their bases differ by fewer than {told.rules.apart}.",
        *_for_blanks(figures["blank"].value_counts(sort=True)),
    ]


def _for_blanks(counts: pl.DataFrame) -> list[str]:
    columns = [f"{column}: {figures}" for column, figures in counts.iter_rows() if column]
    if not columns:
        return ["None is held back because of a blank in the records."]
    return [
        "Held back because they would fill in a blank in the records, by its column:",
        *(f"- {one}" for one in columns),
        "A column told more coarsely has fewer blanks and costs fewer figures.",
    ]
