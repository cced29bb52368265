"""Figures of a year so far: sums of what its releases told everybody, and nothing else.

Counting the year's people anew would move their counts anew, and the difference from the sum of the epochs' counts
would tell of both moves. So earlier releases are read as everybody reads them, from their long file; where one of them
held a figure back, the sum is not told.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from export.custodian.formats import safe_cell
from export.custodian.leaving import Published, Where
from export.custodian.wording import Figure

SO_FAR = "-so-far"
"""The end of a table's name in the long file where it is summed over the year."""
NOT_ALL = "x"
"""Shorthand for a sum that is not told, since one of its parts is not."""
_WHERE = ("mode", "area", "measure", "answer", "area_level", "category", "responses")


def published(long_file: Path) -> Published:
    """What a release told everybody.

    Raises:
        OSError: there is no such file.
    """
    with long_file.open(encoding="utf-8", newline="") as file:
        return {
            tuple(line[name] for name in _WHERE): (_number(line["count"]), _number(line["base"]))
            for line in csv.DictReader(file)
            if not line["table"].endswith(SO_FAR)
        }


def so_far(figures: Iterable[Figure], earlier: Iterable[Published]) -> Iterator[Figure]:
    """Each answer's figure added to those of the year's earlier releases."""
    before = tuple(earlier)
    for figure in figures:
        if figure.answer is not None:
            told = [one.get(_where(figure), (None, None)) for one in before]
            yield _summed(figure, [(figure.count, figure.base), *told])


def _summed(figure: Figure, told: list[tuple[int | None, int | None]]) -> Figure:
    counts, bases = ([part for part in parts if part is not None] for parts in zip(*told, strict=True))
    count = sum(counts) if len(counts) == len(told) else None
    base = sum(bases) if len(bases) == len(told) else None
    percent = None if count is None or base is None else min(100, round(100 * count / base))
    return replace(figure, count=count, base=base, percent=percent, held="" if percent is not None else NOT_ALL)


def _where(figure: Figure) -> Where:
    words = (
        figure.mode, figure.area, figure.question, str(figure.answer), figure.level, figure.category, figure.responses,
    )  # fmt: skip
    return tuple(map(safe_cell, words))


def _number(told: str) -> int | None:
    return int(told) if told.isdigit() else None
