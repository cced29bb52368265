"""``figures.csv``: every figure of every table, one a line, in the shape in which others publish such figures."""

from __future__ import annotations

from pathlib import Path

from export.custodian.formats import write_lines
from export.custodian.leaving import MADE_UP, Leaving
from export.custodian.rules import SMALL
from export.custodian.so_far import NOT_ALL, SO_FAR, so_far
from export.custodian.wording import Coded, Figure, Wording, wilson

FIGURES = "figures.csv"
COLUMNS = (
    "date", "survey", "mode", "area", "measure", "proportion", "base", "lower95", "upper95",
    "answer", "table", "area_level", "category", "responses", "count", "note", "base_of", *Coded._fields,
)  # fmt: skip
"""The first nine as such files have them."""


def write_figures(folder: Path, leaving: Leaving) -> None:
    """The long file: UTF-8, a header, no cell that a spreadsheet would run. Nothing where there are no tables."""
    if leaving.told is None:
        return
    words, tables = Wording(leaving, leaving.told), leaving.materials.recipe.tables
    survey = f"{leaving.materials.recipe.series}{f' - {MADE_UP}' if leaving.materials.made_up else ''}"
    named = list[tuple[str, list[Figure]]]()
    for spec, listed in leaving.told.specs:
        figures = [figure for figure in words.of(listed) if figure.answer is not None] if listed else []
        named.append((spec.name, figures))
        if spec.so_far and leaving.earlier:
            named.append((spec.name + SO_FAR, list(so_far(figures, leaving.earlier, leaving.options))))
    lines = [
        [figure.until or leaving.closes, survey, *_line(figure, name, tables.flagged_below)]
        for name, figures in named
        for figure in figures
    ]
    write_lines(folder / FIGURES, COLUMNS, lines, leaving.materials.recipe)


def _line(figure: Figure, table: str, flagged_below: int) -> list[str]:
    held = f"[{figure.held}]" if figure.held else ""
    told = [held] * 3
    if figure.count is not None and figure.base is not None and figure.percent is not None:
        ends = wilson(min(figure.count, figure.base), figure.base)
        told = [f"{figure.percent / 100:.2f}", *(f"{end:.2f}" for end in ends)]
    elif not held:
        told = [f"[{SMALL}]"] * 3  # the count is told and its base is not
    base = f"[{NOT_ALL if figure.held == NOT_ALL else SMALL}]" if figure.base is None else str(figure.base)
    weak = figure.base is not None and figure.percent is not None and figure.base < flagged_below
    words = [figure.mode, figure.area, figure.question]
    rest = [str(figure.answer), table, figure.level, figure.category, figure.responses]
    count = held if figure.count is None else str(figure.count)
    carried = "carried on: nothing newer is told"
    notes = {"small base, read with care": weak, carried: figure.until, figure.together: figure.together}
    note = "; ".join(text for text, applies in notes.items() if applies)
    return [*words, told[0], base, *told[1:], *rest, count, note, figure.base_of, *figure.coded]
