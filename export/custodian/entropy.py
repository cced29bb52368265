"""The p-table of the cell key method, made: how far a count may be moved, and how likely each move is.

Of all tables in which no count moves by more than ``deviation``, none ends between 1 and ``untold``, moves cancel out
and vary by ``variance``, the one of greatest entropy says least beyond that (Giessing 2016; the R package ptable).
Where no move has so small a variance, the smallest that there is. Its solution has the form exp(a v + b v v), so two
numbers are searched, by Newton's method on the convex dual. ``make ptable`` writes what ships; a release only reads it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from forms.strict_json import canonical

PTABLE = Path(__file__).parent / "data" / "ptable.json"
DEVIATION, VARIANCE, UNTOLD = 3, 1.5, 2
_MOST_ROUNDS, _NEAR = 200, 1e-12

Row = tuple[int, int, float]
"""A true count, a move, and its probability."""


def made(deviation: int, variance: float, untold: int, stay: float | None = None) -> list[Row]:
    """Every row of a p-table, by count and move; the last count stands for all larger ones.

    Args:
        deviation: no count moves by more.
        variance: of the moves of every count above 0.
        untold: no count becomes 1 to this.
        stay: the probability that a count stays as it is, where it can; None leaves it free.

    Raises:
        ValueError: moves within ``deviation`` cannot vary so much.
    """
    rows: list[Row] = [(0, 0, 1.0)]
    for count in range(1, deviation + untold + 2):
        ends = [move for move in range(-deviation, deviation + 1) if count + move == 0 or count + move > untold]
        rows.extend((count, move, chance) for move, chance in _most_entropy(ends, variance, stay))
    return rows


def _most_entropy(moves: Sequence[int], variance: float, stay: float | None) -> list[tuple[int, float]]:
    below = max(move for move in moves if move < 0)
    above = min(move for move in moves if move > 0)
    if 0 not in moves and -below * above >= variance:
        return [(below, above / (above - below)), (above, -below / (above - below))]
    if stay is None or 0 not in moves:
        return list(zip(moves, _tilted(moves, variance), strict=True))
    away = [move for move in moves if move]
    chances = dict(zip(away, _tilted(away, variance / (1 - stay)), strict=True))
    return [(move, chances[move] * (1 - stay) if move else stay) for move in moves]


def _tilted(moves: Sequence[int], variance: float) -> list[float]:
    """Probabilities of the form exp(a v + b v v) with mean 0 and this variance."""
    if variance >= -moves[0] * moves[-1]:
        raise ValueError(f"No moves among {list(moves)} have the variance {variance}.")
    tilt = (0.0, 0.0)
    for _ in range(_MOST_ROUNDS):
        chances = _chances(moves, *tilt)
        mean, second, third, fourth = (
            sum(chance * move**power for chance, move in zip(chances, moves, strict=True)) for power in (1, 2, 3, 4)
        )
        off = mean, second - variance
        if max(map(abs, off)) < _NEAR:
            return chances
        first, mixed, last = second - mean * mean, third - mean * second, fourth - second * second
        volume = first * last - mixed * mixed
        step = (mixed * off[1] - last * off[0]) / volume, (mixed * off[0] - first * off[1]) / volume
        tilt = _descended(moves, variance, tilt, step, off[0] * step[0] + off[1] * step[1])
    raise ValueError(f"The moves among {list(moves)} of variance {variance} were not found.")


def _descended(
    moves: Sequence[int], variance: float, tilt: tuple[float, float], step: tuple[float, float], slope: float
) -> tuple[float, float]:
    """Newton's step, halved until the dual falls: near the edge of what is possible a whole step overshoots."""
    here, length = _dual(moves, variance, *tilt), 1.0
    while True:
        there = tilt[0] + length * step[0], tilt[1] + length * step[1]
        if length < _NEAR or _dual(moves, variance, *there) <= here + 1e-4 * length * slope:
            return there
        length /= 2


def _chances(moves: Sequence[int], a: float, b: float) -> list[float]:
    weights = [math.exp(a * move + b * move * move) for move in moves]
    return [weight / sum(weights) for weight in weights]


def _dual(moves: Sequence[int], variance: float, a: float, b: float) -> float:
    return math.log(sum(math.exp(a * move + b * move * move) for move in moves)) - b * variance


def main() -> None:
    """Write the p-table that ships."""
    rows = [[count, move, round(chance, 12)] for count, move, chance in made(DEVIATION, VARIANCE, UNTOLD)]
    content = {"heard": "p-table 1", "rows": rows}
    PTABLE.write_text(canonical(content) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
