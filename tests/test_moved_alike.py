"""What is read beside the counts: that the same people are always moved alike, and that a figure is told at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tables_world import GROUPED, NOISE, PLAN, people, tables

from export.custodian.attacker import Attacker, Said, Target
from export.custodian.cube import EVERYBODY, SURE, TOTAL, Plan
from export.custodian.linked import Linked
from export.custodian.rules import SHOWN

Place = tuple[int, int, int, int, int, int]


def lies_within(one: Place, other: Place, linked: Linked) -> frozenset[int] | None:
    """The smallest cells that the second of two figures counts beside all those of the first, if it does."""
    pairs = ((frozenset(small), frozenset(large)) for small in linked.sums(one) for large in linked.sums(other))
    return next((large - small for small, large in pairs if small < large), None)


def moved_apart(told: dict[Place, int], linked: Linked, most: int) -> Iterator[Said]:
    """Of every two figures told otherwise, of which one counts all that the other counts: that it counts more."""
    for one, other in ((one, other) for one in told for other in told if told[one] != told[other]):
        more = lies_within(one, other, linked)
        if more:
            yield Said(tuple(sorted(more)), 1, most)


def told_at_all(told: dict[Place, int], linked: Linked, most: int) -> Iterator[Said]:
    """Of every answer that is told: that its base is not weak, and that enough of it said otherwise than any answer."""
    for level, area, by, category, population, answer in told:
        row = (level, area, by, category, population)
        if answer != TOTAL:
            base = next(linked.sums((*row, TOTAL)))
            yield Said(base, NOISE.possible(NOISE.hidden_below)[0], most)
            for each in linked.answers:
                same = next(linked.sums((*row, each)))
                yield Said(tuple(sorted({*base} - {*same})), NOISE.otherwise, most)


def held_back_too_narrowly(
    plan: Plan, seed: int, number: int, beside: Callable[[dict[Place, int], Linked, int], Iterator[Said]]
) -> list[Target]:
    """What an attacker narrows who reads this beside the counts."""
    frame, narrow = people(seed, number), list[Target]()
    for part in tables(frame, NOISE, plan).partition_by("measure", "mode"):
        linked = Linked(plan, plan.measures[part["measure"][0]])
        told, said, targets = dict[Place, int](), list[Said](), list[Target]()
        for level, area, by, category, population, answer, count, held, small in part.select(
            "level", "area", "by", "category", "population", "answer", "told", "held", "small"
        ).iter_rows():
            figure = (level, area, by, category, population, answer)
            if held == SHOWN:
                told[figure] = count
                said += [Said(cells, *NOISE.possible(count)) for cells in linked.sums(figure)]
            elif small and population in {EVERYBODY, SURE}:
                targets += [Target(cells, NOISE.threshold) for cells in linked.sums(figure)]
        said += [*linked.everywhere(told), *beside(told, linked, frame.height)]
        narrow += Attacker(linked.count, said, frame.height).narrow(targets)
    return narrow


@pytest.mark.parametrize("plan", [PLAN, GROUPED], ids=["answers", "grouped answers"])
@settings(deadline=None, max_examples=6)
@given(st.integers(0, 10**6), st.integers(60, 400))
@example(4, 182)
@example(11, 343)
def test_that_one_of_two_figures_counts_somebody_more_narrows_nothing_held_back(
    plan: Plan, seed: int, number: int
) -> None:
    assert held_back_too_narrowly(plan, seed, number, moved_apart) == []


@pytest.mark.parametrize("plan", [PLAN, GROUPED], ids=["answers", "grouped answers"])
@settings(deadline=None, max_examples=6)
@given(st.integers(0, 10**6), st.integers(60, 400))
@example(11, 420)
@example(21, 141)
def test_that_an_answer_is_told_at_all_narrows_nothing_held_back(plan: Plan, seed: int, number: int) -> None:
    assert held_back_too_narrowly(plan, seed, number, told_at_all) == []
