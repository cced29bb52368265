"""Figures of a year so far: sums of what its releases told everybody, and nothing else.

Counting the year's people anew would move their counts anew, and the difference from the sum of the epochs' counts
would tell of both moves. So earlier releases are read as everybody reads them, from their long file. Where one of them
did not tell how many answered in a group, the sum ends before it and says until when it goes: the old figure is carried
on. Where one held an answer back, or counted another base, the sum of that answer is not told. So a sum never has more
to it than was told. An answer that no questionnaire offered yet was given by nobody, and that is known without being
told: of several answers to choose from its base was empty, of one it was that of the others.
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
Options = Mapping[str, Sequence[str]]
"""Column -> the columns of all answers to its question."""
_WHERE = ("mode", "area_level", "responses", *Coded._fields)
"""What a figure is found by: codes, and of words only Heard's own. A release from before there were codes has none."""


def published(long_file: Path, closes: str) -> Published:
    """What a release that closed this month told everybody.

    Raises:
        OSError: there is no such file.
    """
    lines = _lines(long_file)
    return Published(closes, {_where(line): _part(line) for line in lines if not line["table"].endswith(SO_FAR)})


class _Earlier:
    """What an earlier release told, and what follows from its knowing nothing of an answer."""

    def __init__(self, release: Published, options: Options) -> None:
        self._figures, self._options = release.figures, options
        self._bases = {_without(where, "code"): base for where, (_, base) in release.figures.items()}
        self._split = {_without(where, "code", "category_code") for where in release.figures}

    def at(self, where: Where) -> Part:
        """Count and base of a figure that is found by this."""
        if where in self._figures:
            return self._figures[where]
        column, code = (where[_WHERE.index(name)] for name in ("column", "code"))
        asked = _without(where, "code")
        if asked in self._bases:
            # What is told together is no answer that somebody was offered.
            return (None, None) if code.startswith("(") else (0, self._bases[asked])
        others = ({**dict(zip(_WHERE, asked, strict=True)), "column": other} for other in self._options.get(column, ()))
        offered_others = any(tuple(other.values()) in self._bases for other in others)
        in_another = _without(where, "code", "category_code") in self._split
        return (0, 0) if offered_others or in_another else (None, None)


def so_far(figures: Iterable[Figure], earlier: Sequence[Published], options: Options) -> Iterator[Figure]:
    """Each answer's figure added to those of the year's earlier releases, as far as they tell its base."""
    releases = [_Earlier(one, options) for one in earlier]
    for figure in figures:
        if figure.answer is not None:
            where = tuple(map(safe_cell, (figure.mode, figure.level, figure.responses, *figure.coded)))
            parts = [*(one.at(where) for one in releases), (figure.count, figure.base)]
            told = list(takewhile(lambda part: part[1] is not None, parts))
            carried = any(base for _, base in told) and len(told) < len(parts)
            yield _summed(figure, told, earlier[len(told) - 1].closes if carried else "")


def only_sums(long_file: Path, closes: str, earlier: Sequence[Published], options: Options) -> None:
    """Count anew in a finished long file that its figures of the year so far are sums of what was told.

    Raises:
        LedgerRefused: one is not, and less what was told it would narrow what an earlier release held back.
    """
    releases = [_Earlier(one, options) for one in (*earlier, published(long_file, closes))]
    narrowing = sorted(
        {
            line["area"]
            for line in _lines(long_file)
            if line["table"].endswith(SO_FAR) and not _is_sum(_part(line), [one.at(_where(line)) for one in releases])
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
    base = sum(base for _, base in told if base is not None) or None
    counts = [count for count, _ in told if count is not None]
    count = sum(counts) if base is not None and len(counts) == len(told) else None
    percent = None if count is None or base is None else min(100, round(100 * count / base))
    held = "" if percent is not None else NOT_ALL
    return replace(figure, count=count, base=base, percent=percent, held=held, until=until, apart=True)


def _lines(long_file: Path) -> list[dict[str, str]]:
    with long_file.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _without(where: Where, *names: str) -> Where:
    return tuple("" if name in names else part for name, part in zip(_WHERE, where, strict=True))


def _where(line: Mapping[str, str]) -> Where:
    return tuple(line.get(name, "") for name in _WHERE)


def _part(line: Mapping[str, str]) -> Part:
    count, base = (int(line[name]) if line[name].isdigit() else None for name in ("count", "base"))
    return count, base
