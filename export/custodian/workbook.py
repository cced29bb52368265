"""``tables.xlsx``: the tables for people to read, in the form that the Government Analysis Function calls accessible.

A cover, contents and notes; one named table a sheet, nothing merged, nothing told by colour alone, gaps in shorthand.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from export.custodian.leaving import MADE_UP, Leaving
from export.custodian.recipe import Tables, TableSpec
from export.custodian.rules import SMALL, WEAK_BASE
from export.custodian.so_far import NOT_ALL, so_far
from export.custodian.wording import Figure, Wording, base_of
from survey.durable import write_whole

with warnings.catch_warnings():
    warnings.simplefilter("ignore", ResourceWarning)  # gptables 2.0.2 leaves its theme's file open when it is imported
    import gptables

WORKBOOK = "tables.xlsx"
_NO_ANSWER = "[z]"
_MODE, _AREA, _QUESTION, _COUNTED, _BASE, _NOTES = (
    "How it was answered", "Area", "Question", "Responses counted", "Base", "Notes",
)  # fmt: skip
_NOTHING = (
    "No percentage is told here: in no group did enough people answer by a tablet or by a card with a code, or what"
    " they answered could be worked out."
)
_NO_CLOCK = datetime(2000, 1, 1, tzinfo=UTC)
_MEMORY = {"in_memory": True}
"""Else xlsxwriter keeps each sheet in a temporary file."""


def write_workbook(folder: Path, leaving: Leaving) -> None:
    """The workbook. Nothing where there are no tables."""
    if leaving.told is None:
        return
    tables, words = leaving.materials.recipe.tables, Wording(leaving, leaving.told)
    sheets = {
        f"Table {number}": _sheet(number, told, leaving) for number, told in enumerate(_tables(words, leaving), 1)
    }
    file = io.BytesIO()
    with warnings.catch_warnings():
        # gptables 2.0.2 sorts its tables in a way that pandas 3.1 warns will end with pandas 4; both are locked.
        warnings.simplefilter("ignore", pd.errors.Pandas4Warning)
        book = gptables.produce_workbook(
            file, sheets, cover=_cover(leaving), notes_table=_notes(tables), workbook_options=_MEMORY
        )
    # A workbook says when it was made; nobody need know the hour of a release.
    book.set_properties({"title": _title(leaving), "created": _NO_CLOCK})
    book.close()
    write_whole(folder / WORKBOOK, file.getvalue())


def _title(leaving: Leaving) -> str:
    return f"{leaving.materials.recipe.series}: tables up to {leaving.closes}"


def _cover(leaving: Leaving) -> gptables.Cover:
    made_up = [MADE_UP] if leaving.materials.made_up else []
    noise = leaving.materials.recipe.tables.protection == "cell-key"
    how = "Every count was moved a little at random" if noise else "Every count was rounded"
    return gptables.Cover(
        title=_title(leaving),
        intro=[
            *made_up,
            f"Answers of people who chose to take part, released as {leaving.name}.",
            "They are not a random sample: percentages tell of those who answered, and of nobody else.",
        ],
        about=[
            f"{how}, totals too, so that nobody can be found. Parts need not add up to their totals.",
            "Percentages are whole numbers, worked out from the counts as they stand here.",
            "Answers at a tablet, by a link and through an advocate are never added together.",
            "Rows in which fewer than ten answered are not listed.",
            "Answers are not weighted.",
            f"Made by the recipe {leaving.materials.recipe.digest}.",
            *_legend(leaving.materials.recipe.tables).values(),
        ],
        contact=["Ask whoever gave you this file."],
    )


def _legend(tables: Tables) -> Mapping[str, str]:
    """Shorthand -> it and what it means."""
    meanings = {
        f"[{SMALL}]": "held back: the count is small, or a small count could be worked out from it",
        f"[{WEAK_BASE}]": f"held back: the base, as it is told, is under {tables.hidden_below}",
        _NO_ANSWER: "not an answer to this question",
        f"[{NOT_ALL}]": "held back, or not told, in one of the releases that are added up",
    }
    return {shorthand: f"{shorthand} {meaning}" for shorthand, meaning in meanings.items()}


def _notes(tables: Tables) -> pd.DataFrame:
    weak = f"Between {tables.hidden_below} and {tables.flagged_below - 1} people answered: read with care."
    sure = (
        "Counted without answers by an open link, which anybody can give, and without those that were very "
        "quick or begun within a minute of the last person's. Where too few came so, both rows tell these figures."
    )
    return pd.DataFrame({"Note reference": ["weak", "sure"], "Note text": [weak, sure]})


@dataclass(frozen=True)
class _Told:
    """What a sheet tells; ``over`` which months, in words."""

    spec: TableSpec
    title: str
    figures: list[Figure]
    answers: list[str]
    over: str
    base_of: str


def _tables(words: Wording, leaving: Leaving) -> Iterator[_Told]:
    for spec, listed in leaving.told.specs if leaving.told is not None else ():
        if listed:
            answers = list(dict.fromkeys(answer for one in listed for answer in words.answers(one.measure)))
            figures = list(words.of(listed))
            base = base_of(
                dict.fromkeys(answer for one in listed for answer in words.outside(one.measure)),
                offered_to_some=any(one.measure in words.offered_to_some for one in listed),
            )
            over = f"Up to {leaving.closes}, without what an earlier release of the series told"
            yield _Told(spec, f"{spec.title}, per cent", figures, answers, over, base)
            if spec.so_far and leaving.earlier:
                year = f"{leaving.closes[:4]} so far"
                over = f"{year}: the sum of {len(leaving.earlier) + 1} releases"
                summed = list(so_far(figures, leaving.earlier, leaving.options))
                yield _Told(spec, f"{spec.title}, {year}, per cent", summed, answers, over, base)


def _sheet(number: int, told: _Told, leaving: Leaving) -> Any:
    spec = told.spec
    split = spec.title.partition(" by ")[2].capitalize() or "Group"
    rows = list(_rows(told, split if spec.by else None, leaving.materials.recipe.tables))
    columns = [_MODE, _AREA, *([split] if spec.by else []), _QUESTION, _COUNTED, _BASE, *told.answers, _NOTES]
    # A sheet without a row would not say why it has none.
    frame = pd.DataFrame(rows or [[f"[{SMALL}]"] * len(columns)], columns=columns)
    stands = {cell for row in frame.to_numpy() for cell in row}
    nothing = [] if any(one.percent is not None for one in told.figures) else [_NOTHING]
    return gptables.GPTable(
        table=frame,
        table_name=f"table_{number}",
        title=f"Table {number}: {told.title}",
        subtitles=[told.over, f"Base: {told.base_of}", *nothing, *([MADE_UP] if leaving.materials.made_up else [])],
        instructions="One table, one row a question and group. Rows in which fewer than ten answered are not listed.",
        scope="People who chose to answer",
        source=leaving.name,
        table_notes={_COUNTED: "$$sure$$", _BASE: "$$weak$$"},
        legend=[line for each, line in _legend(leaving.materials.recipe.tables).items() if each in stands],
    )


def _rows(told: _Told, split: str | None, tables: Tables) -> Iterator[list[Any]]:
    groups = dict[tuple[str, ...], list[Figure]]()
    for figure in told.figures:
        group = figure.mode, figure.area, figure.category, figure.question, figure.responses
        groups.setdefault(group, []).append(figure)
    for (mode, area, category, question, responses), figures in groups.items():
        base = figures[0].base
        if base is not None:
            said = _said(figures)
            weak = ["Small base"] if tables.hidden_below <= base < tables.flagged_below else []
            until = [f"Up to {figures[0].until}"] if figures[0].until else []
            together = [figures[0].together.capitalize()] if figures[0].together else []
            between = [category] if split else []
            yield [
                mode,
                area,
                *between,
                question,
                responses,
                base,
                *(said.get(one, _NO_ANSWER) for one in told.answers),
                ". ".join([*weak, *until, *together]) or "None",
            ]


def _said(figures: list[Figure]) -> Mapping[str, int | str]:
    return {
        str(one.answer): one.percent if one.percent is not None else f"[{one.held or SMALL}]"
        for one in figures
        if one.answer is not None
    }
