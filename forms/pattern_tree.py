"""A regular expression as a tree: how it is spelled for both engines, and how long a search with it could take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

LONGEST_VALUE = 1500  # characters; a longer value matches no pattern, so that the count of steps below holds
_HIGHEST = 0x10FFFF
SPECIAL = frozenset("\\^$.|?*+()[]{}")

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Characters:
    """One character out of a set."""

    spans: Spans  # sorted, apart, inclusive code points

    def __str__(self) -> str:
        if len(self.spans) == 1 and self.spans[0][0] == self.spans[0][1]:
            character = chr(self.spans[0][0])
            return "\\" + character if character in SPECIAL else _spelled(self.spans[0][0])
        if self.spans[-1][1] == _HIGHEST:
            return f"[^{_listed(others(self.spans))}]"
        return f"[{_listed(self.spans)}]"

    def meets(self, other: Characters) -> bool:
        """Whether some character is in both sets."""
        return any(a <= d and c <= b for a, b in self.spans for c, d in other.spans)


@dataclass(frozen=True)
class Group:
    """One of several sequences."""

    choices: tuple[tuple[Piece, ...], ...]

    def __str__(self) -> str:
        return f"(?:{written(self.choices)})"

    @property
    def plain(self) -> bool:
        """One sequence of single characters, each as often as it says: there is one way to match it."""
        return len(self.choices) == 1 and all(
            isinstance(piece.what, Characters) and piece.least == piece.most for piece in self.choices[0]
        )


@dataclass(frozen=True)
class Piece:
    """Something, and how often."""

    what: Characters | Group
    least: int = 1
    most: int | None = 1  # None: without end

    def __str__(self) -> str:
        short = {(1, 1): "", (0, 1): "?", (0, None): "*", (1, None): "+"}.get((self.least, self.most))
        if short is not None:
            return f"{self.what}{short}"
        if self.least == self.most:
            return f"{self.what}{{{self.least}}}"
        return f"{self.what}{{{self.least},{'' if self.most is None else self.most}}}"


def written(choices: Iterable[Iterable[Piece]]) -> str:
    """The one spelling of these choices."""
    return "|".join("".join(map(str, pieces)) for pieces in choices)


def _spelled(code: int) -> str:
    if chr(code).isascii() and not chr(code).isprintable():
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code in (0x2028, 0x2029) else chr(code)


def _listed(spans: Iterable[tuple[int, int]]) -> str:
    def inside(code: int) -> str:
        character = chr(code)
        return f"\\x{code:02x}" if character.isascii() and not character.isalnum() else _spelled(code)

    return "".join(inside(a) if a == b else f"{inside(a)}-{inside(b)}" for a, b in spans)


def merged(spans: Iterable[tuple[int, int]]) -> Spans:
    """Sorted, and joined where they touch."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return tuple(joined)


def others(spans: Sequence[tuple[int, int]]) -> Spans:
    """Every other character."""
    edges = [(-1, -1), *spans, (_HIGHEST + 1, _HIGHEST + 1)]
    return tuple((a[1] + 1, b[0] - 1) for a, b in pairwise(edges) if a[1] + 1 <= b[0] - 1)


def work(choices: Sequence[Sequence[Piece]]) -> tuple[int, int]:
    """Upper bounds: the steps of a search that backtracks over these choices, and the ways in which they match."""
    steps = ways = 0
    for pieces in choices:
        after, product = 1, 1
        for piece, following in reversed(list(zip(pieces, [*pieces[1:], None], strict=False))):
            own, kinds = _work_of(piece, following)
            after = own + kinds * after
            product *= kinds
        steps, ways = steps + after, ways + product
    return steps, ways


def _work_of(piece: Piece, following: Piece | None) -> tuple[int, int]:
    most = LONGEST_VALUE if piece.most is None else min(piece.most, LONGEST_VALUE)
    spread = max(1, most - piece.least + 1)
    if isinstance(piece.what, Group):
        if piece.what.plain:
            return most * max(1, len(piece.what.choices[0])) + 1, spread
        steps, ways = work(piece.what.choices)
        return steps + 1, ways + (piece.least == 0)
    # What is given back could only be taken by the next piece; where that takes none of it, there is one way.
    if (
        following
        and following.least
        and isinstance(following.what, Characters)
        and not piece.what.meets(following.what)
    ):
        spread = 1
    return most + 1, spread
