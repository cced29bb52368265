"""How many wrote towards each theme, as it may be told: moved or rounded like every figure, and none near the whole.

Exact, a theme of 31 beside 32 who wrote would tell of one person. So each count is protected on its own, by the rules
of the tables and with the same keys: the same people are always moved alike. And where what is told would still say of
those whom a theme leaves over of all who wrote, or these of all records, of all who were asked or of all who may have
written, that they are fewer than ten, and which few, it is held back. That looks at what would be told otherwise and at
what the records tell, and so its own doing tells nothing; only where an answer that the records withhold or tell more
coarsely decides who is asked, how many were is counted. No theme lies within another, or is two others put together:
``themes.read_frame`` refuses a word that counts towards two.

Nobody is in two releases, so the counts of two have nobody in common, whatever frames they were made by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from export.custodian.cellkeys import KEYS, mixed, record_keys
from export.custodian.rules import Rules
from export.custodian.themes import CodeFrame, Said

WROTE = ""
"""Everybody who wrote something, beside the themes' codes."""


def told_of(
    frame: CodeFrame, said: Said, wholes: Sequence[tuple[int, int]], rules: Rules, secret: bytes
) -> Mapping[str, int]:
    """The counts that may be told, by theme, as they are told; ``WROTE`` among them.

    Args:
        frame: the themes.
        said: who wrote towards which.
        wholes: the least and the most that the records, those of them who were asked and those who may have written
            may be for whoever has the records (``asked``): an answer tells of many whether they were.
        rules: of the release's tables.
        secret: ``telling.series_secret``.
    """
    members = {code: [one for one, themes in said.themes.items() if code in themes] for code in frame.labels}
    keys = dict(zip(said.themes, record_keys(secret, pl.Series(list(said.themes), dtype=pl.Binary)), strict=True))
    groups = {WROTE: list(said.themes), **members}
    counts = pl.Series([len(group) for group in groups.values()], dtype=pl.Int64)
    sums = pl.Series([sum(keys[one] for one in group) % KEYS for group in groups.values()], dtype=pl.Int64)
    moved = rules.told(counts, mixed(secret, sums))
    # The smaller of the two must do: a count of nine is none of ten, however it was moved.
    large = {
        code: told
        for code, count, told in zip(groups, counts, moved, strict=True)
        if min(count, told) >= rules.threshold
    }
    return far_apart(large, wholes, rules)


def far_apart(large: Mapping[str, int], wholes: Sequence[tuple[int, int]], rules: Rules) -> Mapping[str, int]:
    """Those of the counts, as they would be told, that leave no group over of which too much is known.

    Args:
        large: by theme and ``WROTE``, none below the threshold.
        wholes: of ``told_of``.
        rules: how the counts were protected.
    """
    bounds = {code: _bounds(told, rules) for code, told in large.items()}
    if WROTE in bounds and not any(_tells(whole, bounds[WROTE], rules) for whole in wholes):
        wholes = [*wholes, bounds[WROTE]]
    else:
        bounds.pop(WROTE, None)
    themes = (code for code in bounds if code != WROTE)
    near = {code for code in themes if any(_tells(whole, bounds[code], rules) for whole in wholes)}
    return {code: large[code] for code in bounds if code not in near}


def _bounds(told: int, rules: Rules) -> tuple[int, int]:
    low, high = rules.possible(told)
    return max(low, rules.threshold), high


def _tells(whole: tuple[int, int], part: tuple[int, int], rules: Rules) -> bool:
    """Whether those whom the part leaves over may be few, and are known too closely."""
    low, high = max(0, whole[0] - part[1]), max(0, whole[1] - part[0])
    return low < rules.threshold and high - low < rules.threshold
