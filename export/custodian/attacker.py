"""What somebody who has every published figure can work out about one that was held back: an interval.

The unknowns are the smallest cells, none of them negative. Every published figure says that a sum of cells lies between
two bounds, which rounding or the known p-table leave open. The least and the greatest value that a held-back sum can
then take are two linear programs (Fischetti and Salazar 2000; solved by HiGHS). Tables that share totals are attacked
together. Cells that stand in the very same sums are one unknown, which changes no answer and makes programs small.
"""

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import highspy

_NEAR = 1e-6
_DUAL, _PRIMAL = 1, 4
_GREETING = threading.Lock()
_Ends = tuple[tuple[int, ...], tuple[int, ...]]
"""The classes whose sum is the least value of a target, and those of its greatest."""


@dataclass(frozen=True)
class Said:
    """That the sum of some cells, less the sum of others, lies between two bounds.

    Attributes:
        cells: their numbers.
        low: the least that the sum can be.
        high: the greatest.
        less: the cells that count negatively.
        by: the published figures of which each says so; none where it cannot be held back.
    """

    cells: tuple[int, ...]
    low: float
    high: float
    less: tuple[int, ...] = ()
    by: tuple[int, ...] = ()

    def shifted(self, first: int) -> Said:
        """The same of as many cells, numbered from ``first``."""
        cells, less = (tuple(first + cell for cell in several) for several in (self.cells, self.less))
        return replace(self, cells=cells, less=less)


@dataclass(frozen=True)
class Target:
    """A sum of cells that nobody may work out more closely than to an interval of this width."""

    cells: tuple[int, ...]
    width: float

    def shifted(self, first: int) -> Target:
        """The same of as many cells, numbered from ``first``."""
        return Target(tuple(first + cell for cell in self.cells), self.width)


class Contradiction(RuntimeError):
    """No table fits what is said to be published. Report this as a fault of Heard."""


class _Spans:
    """The values between which targets were seen, of those that are not yet seen as far apart as they are to be."""

    def __init__(self, targets: Iterable[tuple[_Ends, float]]) -> None:
        self._seen = {target: (float("inf"), float("-inf")) for target in targets}

    @property
    def unproven(self) -> list[tuple[_Ends, float]]:
        """Those not yet seen as far apart as they are to be."""
        return list(self._seen)

    def widen(self, values: Sequence[float]) -> None:
        """Look at one more table that fits."""
        self._seen = {
            target: (low, high)
            for target, span in self._seen.items()
            for low, high in [_wider(span, target[0], values)]
            if high - low < target[1] - _NEAR
        }


def _wider(span: tuple[float, float], ends: _Ends, values: Sequence[float]) -> tuple[float, float]:
    return min(span[0], sum(map(values.__getitem__, ends[0]))), max(span[1], sum(map(values.__getitem__, ends[1])))


class Attacker:
    """Knows all that was published of some cells, numbered from 0, none of which holds more than ``most``."""

    def __init__(self, cells: int, said: Sequence[Said], most: float) -> None:
        self._said = tuple(said)
        stands_in: list[list[tuple[int, int]]] = [[] for _ in range(cells)]
        for row, one in enumerate(self._said):
            for sign, several in ((1, one.cells), (-1, one.less)):
                for cell in several:
                    stands_in[cell].append((row, sign))
        classes: dict[tuple[tuple[int, int], ...], int] = {}
        self._class_of = [classes.setdefault(tuple(rows), len(classes)) for rows in stands_in]
        self._sizes = Counter(self._class_of)
        self._solver = self._model(list(classes), most)
        self._asked: tuple[int, ...] = ()
        self._values: Sequence[float] = ()
        self._binding = dict[_Ends, set[tuple[int, ...]]]()

    def interval(self, target: Iterable[int]) -> tuple[float, float]:
        """The least and the greatest value of the sum of these cells.

        Raises:
            Contradiction: what is published cannot be.
        """
        low, high = self._ends(target)
        self._solve(dict.fromkeys(low, 1.0), upwards=False)
        least = self._value(low)
        self._solve(dict.fromkeys(high, 1.0), upwards=True)
        return least, self._value(high)

    def narrow(self, targets: Sequence[Target]) -> list[Target]:
        """The targets whose interval is less wide than they ask for.

        Every solution is a table that fits, and so a witness for all the other targets too.

        Raises:
            Contradiction: what is published cannot be.
        """
        alike = dict[tuple[_Ends, float], list[Target]]()
        for target in targets:
            alike.setdefault((self._ends(target.cells), target.width), []).append(target)
        spans = _Spans(alike)
        self._try(spans)
        for ends, _ in spans.unproven:
            for upwards in (True, False):
                self._solve(dict.fromkeys(ends[upwards], 1.0), upwards=upwards)
                spans.widen(self._values)
        return [target for one in spans.unproven for target in alike[one]]

    def binding(self, target: Sequence[int]) -> set[tuple[int, ...]]:
        """The published figures without which, all of one together, the interval of this sum would be wider.

        Raises:
            Contradiction: what is published cannot be.
        """
        ends = self._ends(target)
        if ends not in self._binding:
            self._binding[ends] = self._bound(ends)
        return self._binding[ends]

    def _bound(self, ends: _Ends) -> set[tuple[int, ...]]:
        found = set[tuple[int, ...]]()
        for upwards, end in zip((False, True), ends, strict=True):
            self._solve(dict.fromkeys(end, 1.0), upwards=upwards)
            duals = self._solver.getSolution().row_dual
            tight = (one.by for one, dual in zip(self._said, duals, strict=True) if abs(dual) > _NEAR)
            found |= {by for by in tight if by}
        return found

    def _model(self, classes: Sequence[Sequence[tuple[int, int]]], most: float) -> highspy.Highs:
        solver = _unheard()
        solver.setOptionValue("output_flag", False)  # noqa: FBT003 - HiGHS takes its options so
        solver.setOptionValue("threads", 1)
        # From one program to the next only the question changes, so that the last table still fits: half the time.
        solver.setOptionValue("simplex_strategy", _PRIMAL)
        bounds = [most * self._sizes[number] for number in range(len(classes))]
        solver.addVars(len(classes), [0.0] * len(classes), bounds)
        columns: list[list[tuple[int, float]]] = [[] for _ in self._said]
        for number, rows in enumerate(classes):
            for row, sign in rows:
                columns[row].append((number, float(sign)))
        for one, entries in zip(self._said, columns, strict=True):
            numbers, signs = [number for number, _ in entries], [sign for _, sign in entries]
            solver.addRow(one.low, one.high, len(entries), numbers, signs)
        return solver

    def _ends(self, target: Iterable[int]) -> _Ends:
        """All of a class that reaches beyond the target may lie outside it, or all inside."""
        inside = Counter(self._class_of[cell] for cell in target)
        return tuple(one for one, found in inside.items() if found == self._sizes[one]), tuple(inside)

    def _solve(self, costs: Mapping[int, float], *, upwards: bool) -> None:
        asked = dict.fromkeys(self._asked, 0.0) | dict(costs)
        self._solver.changeColsCost(len(asked), list(asked), list(asked.values()))
        self._asked = tuple(costs)
        sense = highspy.ObjSense.kMaximize if upwards else highspy.ObjSense.kMinimize
        self._solver.changeObjectiveSense(sense)
        self._solver.run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            # The last table is a bad start now and then; none, by the other method, is a sound one.
            self._solver.clearSolver()
            self._solver.setOptionValue("simplex_strategy", _DUAL)
            self._solver.run()
            self._solver.setOptionValue("simplex_strategy", _PRIMAL)
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise Contradiction("The published figures contradict each other. Nothing was written.")
        self._values = self._solver.getSolution().col_value

    def _value(self, classes: Iterable[int]) -> float:
        return float(sum(self._values[one] for one in classes))

    def _try(self, spans: _Spans) -> None:
        """Tables far apart in what is not yet proven, many targets at a time, until that no longer gets anywhere."""
        chance = random.Random(0)  # noqa: S311 - the same tries for the same tables; nothing is kept secret by them
        left = len(spans.unproven) + 1
        while left and len(spans.unproven) < left:
            left = len(spans.unproven)
            for upwards in (True, False, True, True):
                several = [ends[upwards] for ends, _ in spans.unproven]
                self._solve({one: chance.random() for classes in several for one in classes}, upwards=upwards)
                spans.widen(self._values)


def _unheard() -> highspy.Highs:
    """A solver. HiGHS greets on standard output before it can be told not to, and a release prints JSON there."""
    with _GREETING:  # two at once would take each other's silence for what is to be put back
        heard, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 1)
            return highspy.Highs()  # type: ignore[no-untyped-call]
        finally:
            os.dup2(heard, 1)
            os.close(heard)
            os.close(nowhere)
