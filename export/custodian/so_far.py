"""Figures of a year so far: sums of what its releases told everybody, and nothing else.

Counting the year's people anew would move their counts anew, and the difference from the sum of the epochs' counts
would tell of both moves. So earlier releases are read as everybody reads them, from their long file. Where one of them
did not tell how many answered in a group, the sum ends before it and says until when it goes: the old figure is carried
on. Where one held an answer back, or counted another base, the sum of that answer is not told. So a sum never has more
to it than was told.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, takewhile
from pathlib import Path

from export.custodian.formats import safe_cell
from export.custodian.leaving import Part, Published, Where
from export.custodian.ledger_file import LedgerRefused
from export.custodian.wording import Coded, Figure

SO_FAR = "-so-far"
"""The end of a table's name in the long file where it is summed over the year."""
NOT_ALL = "x"
"""Shorthand for a sum that is not told, since one of its parts is not."""
_WHERE = ("mode", "area_level", "responses", *Coded._fields)
"""What a figure is found by: codes, and of words only Heard's own. A release from before there were codes has none."""


def published(long_file: Path, closes: str) -> Published:
    """What a release that closed this month told everybody.

    Raises:
        OSError: there is no such file.
    """
    lines = _lines(long_file)
    return Published(closes, {_where(line): _part(line) for line in lines if not line["table"].endswith(SO_FAR)})


def so_far(figures: Iterable[Figure], earlier: Sequence[Published]) -> Iterator[Figure]:
    """Each answer's figure added to those of the year's earlier releases, as far as they tell its base."""
    for figure in figures:
        if figure.answer is not None:
            parts = [*_told(figure, earlier), (figure.count, figure.base)]
            told = list(takewhile(lambda part: part[1] is not None, parts))
            carried = 0 < len(told) < len(parts)
            yield _summed(figure, told, earlier[len(told) - 1].closes if carried else "")


def only_sums(long_file: Path, closes: str, earlier: Sequence[Published]) -> None:
    """Count anew in a finished long file that its figures of the year so far are sums of what was told.

    Raises:
        LedgerRefused: one is not, and less what was told it would narrow what an earlier release held back.
    """
    releases = [*earlier, published(long_file, closes)]
    narrowing = sorted(
        {
            line["area"]
            for line in _lines(long_file)
            if line["table"].endswith(SO_FAR) and not _is_sum(_part(line), [_at(one, _where(line)) for one in releases])
        }
    )
    if narrowing:
        raise LedgerRefused(
            f"Figures of the year so far for {', '.join(narrowing)} are no sums of what the year's releases told: less"
            " what was told, they would narrow what an earlier release held back to fewer than its threshold. List a"
            " coarser geography in the recipe, or take so_far out of it. Nothing was written."
        )


def _is_sum(told: Part, parts: Sequence[Part]) -> bool:
    """Whether this is nothing, or what the first so many come to."""
    count, base = told
    sums = list(accumulate(parts, lambda one, other: (_plus(one[0], other[0]), _plus(one[1], other[1]))))
    return told == (None, None) or any(base == bases and count in {counts, None} for counts, bases in sums if bases)


def _plus(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _summed(figure: Figure, told: Sequence[Part], until: str) -> Figure:
    counts = [count for count, _ in told if count is not None]
    count = sum(counts) if told and len(counts) == len(told) else None
    base = sum(base for _, base in told if base is not None) if told else None
    percent = None if count is None or base is None else min(100, round(100 * count / base))
    held = "" if percent is not None else NOT_ALL
    return replace(figure, count=count, base=base, percent=percent, held=held, until=until, apart=True)


def _told(figure: Figure, earlier: Iterable[Published]) -> Iterator[Part]:
    where = tuple(map(safe_cell, (figure.mode, figure.level, figure.responses, *figure.coded)))
    return (_at(one, where) for one in earlier)


def _at(one: Published, where: Where) -> Part:
    return one.figures.get(where, (None, None))


def _lines(long_file: Path) -> list[dict[str, str]]:
    with long_file.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _where(line: Mapping[str, str]) -> Where:
    return tuple(line.get(name, "") for name in _WHERE)


def _part(line: Mapping[str, str]) -> Part:
    count, base = (int(line[name]) if line[name].isdigit() else None for name in ("count", "base"))
    return count, base
