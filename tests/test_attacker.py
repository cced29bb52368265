"""What can be worked out from published sums: intervals by linear programming, and holding back until they are wide."""

from __future__ import annotations

import itertools
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from export.custodian.attacker import Attacker, Contradiction, Said, Target
from export.custodian.closing import CannotClose, closed

Counts = list[list[int]]
SUPPRESSED, THRESHOLD = 10, 10


def figures(counts: Counts) -> list[tuple[tuple[int, ...], int, bool]]:
    """(cells, count, is it a total) of every figure of a two-way table with its totals."""
    rows, columns = len(counts), len(counts[0])
    found = []
    for row, column in itertools.product(range(rows + 1), range(columns + 1)):
        cells = tuple(
            one * columns + other
            for one in (range(rows) if row == rows else [row])
            for other in (range(columns) if column == columns else [column])
        )
        count = sum(counts[cell // columns][cell % columns] for cell in cells)
        found.append((cells, count, row == rows or column == columns))
    return found


def published(counts: Counts) -> tuple[list[Said], list[Target], dict[int, float]]:
    """Rounded to five, less than ten held back."""
    said, targets, costs = [], [], dict[int, float]()
    for name, (cells, count, total) in enumerate(figures(counts)):
        if count < SUPPRESSED:
            targets.append(Target(cells, THRESHOLD))
        else:
            rounded = (count + 2) // 5 * 5
            said.append(Said(cells, max(SUPPRESSED, rounded - 2), rounded + 2, by=(name,)))
            costs[name] = count + 1_000_000 * total
    return said, targets, costs


def test_one_held_back_cell_in_a_row_is_worked_out_from_its_total() -> None:
    attacker = Attacker(2, [Said((0,), 40, 40, by=(0,)), Said((0, 1), 43, 43, by=(1,))], most=100)
    assert attacker.interval([1]) == (3, 3)
    assert attacker.binding([1]) == {(0,), (1,)}
    assert attacker.narrow([Target((1,), 1)]) == [Target((1,), 1)]


def test_two_held_back_cells_of_a_row_hide_each_other_and_not_their_sum() -> None:
    attacker = Attacker(3, [Said((0,), 40, 40, by=(0,)), Said((0, 1, 2), 55, 55, by=(1,))], most=100)
    assert attacker.interval([1]) == (0, 15)
    assert attacker.interval([1, 2]) == (15, 15)


def test_rounding_widens_what_can_be_worked_out() -> None:
    attacker = Attacker(2, [Said((0,), 38, 42, by=(0,)), Said((0, 1), 43, 47, by=(1,))], most=100)
    assert attacker.interval([1]) == (1, 9)


def test_a_second_table_of_the_same_people_is_used() -> None:
    """The row is held back in one table and told by its parts in another that counts the same people."""
    one_table, other = (0, 1), (2, 3)
    said = [Said(one_table, 0, 0, less=other), Said((2,), 12, 12, by=(0,)), Said((3,), 11, 11, by=(1,))]
    attacker = Attacker(4, [*said, Said((0,), 20, 20, by=(2,))], most=100)
    assert attacker.interval([1]) == (3, 3)


def test_figures_that_cannot_all_be_true_are_a_fault() -> None:
    with pytest.raises(Contradiction):
        Attacker(1, [Said((0,), 5, 5, by=(0,)), Said((0,), 7, 7, by=(1,))], most=100).interval([0])


def test_what_everybody_knows_cannot_be_held_back() -> None:
    with pytest.raises(CannotClose, match="Wait for 7 more"):
        closed(1, [Said((0,), 0, 3)], [Target((0,), 10)], {}, most=3)


def test_the_solver_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    Attacker(1, [Said((0,), 0, 3)], most=3).interval([0])
    assert capfd.readouterr() == ("", "")


def test_solvers_that_start_at_once_leave_standard_output_as_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = threads.map(lambda most: Attacker(1, [Said((0,), 0, most)], most=most).interval([0]), range(1, 60))
        assert [high for _, high in made] == list(range(1, 60))
    os.write(1, b"heard")
    assert capfd.readouterr() == ("heard", "")


tables = st.integers(1, 5).flatmap(
    lambda columns: st.lists(
        st.lists(st.one_of(st.integers(0, 14), st.integers(0, 90)), min_size=columns, max_size=columns),
        min_size=1, max_size=6,
    )
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@example([[4, 8, 6], [0, 4, 6]])
@given(tables)
def test_no_held_back_cell_of_any_table_is_worked_out_closer_than_the_threshold(counts: Counts) -> None:
    said, targets, costs = published(counts)
    cells, most = len(counts) * len(counts[0]), sum(map(sum, counts)) + 100
    hidden = closed(cells, said, targets, costs, most)
    attacker = Attacker(cells, [one for one in said if hidden.isdisjoint(one.by)], most)
    for target in targets:
        low, high = attacker.interval(target.cells)
        true = sum(counts[cell // len(counts[0])][cell % len(counts[0])] for cell in target.cells)
        assert high - low >= THRESHOLD - 1e-6
        assert low - 1e-6 <= true <= high + 1e-6


@settings(deadline=None, max_examples=60)
@given(tables)
def test_looking_at_many_at_once_finds_what_looking_at_each_finds(counts: Counts) -> None:
    said, targets, _ = published(counts)
    attacker = Attacker(len(counts) * len(counts[0]), said, most=1_000)
    each = {target for target in targets if width(attacker.interval(target.cells)) < THRESHOLD - 1e-6}
    assert set(attacker.narrow(targets)) == each


def width(interval: tuple[float, float]) -> float:
    return interval[1] - interval[0]
