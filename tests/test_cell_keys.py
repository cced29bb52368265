"""The cell key method: counts are moved a little, the same people always alike, by a table that everybody may know."""

from __future__ import annotations

import itertools
from collections import Counter

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export.custodian.cellkeys import KEYS, PTable, read_ptable, record_keys
from export.custodian.entropy import DEVIATION, UNTOLD, VARIANCE, Row, made

SHIPPED = read_ptable()


def of_count(rows: tuple[Row, ...], count: int) -> list[tuple[int, float]]:
    return [(move, chance) for one, move, chance in rows if one == count]


def test_the_making_gives_the_published_figures_of_the_reference_table() -> None:
    """cellKey, tests/testthat/test_countvars.R: D=5, V=3, js=2, pstay=.5."""
    rows = made(5, 3.0, 2, 0.5)
    upper = [sum(chance for _, _, chance in rows[start : at + 1]) for start, at in starts_and_places(rows)]
    lower = [top - row[2] for top, row in zip(upper, rows, strict=True)]
    assert len(rows) == 66
    assert sum(lower) / 66 == pytest.approx(0.562, abs=0.0005)
    assert sum(upper) / 66 == pytest.approx(0.698, abs=0.0005)
    assert sum(move for _, move, _ in rows) / 66 == pytest.approx(1.045, abs=0.0005)


def starts_and_places(rows: list[Row]) -> list[tuple[int, int]]:
    return [(next(at for at, row in enumerate(rows) if row[0] == one[0]), place) for place, one in enumerate(rows)]


def test_what_ships_is_what_the_making_gives() -> None:
    again = made(DEVIATION, VARIANCE, UNTOLD)
    assert [row[:2] for row in again] == [row[:2] for row in SHIPPED.rows]
    assert [row[2] for row in again] == pytest.approx([row[2] for row in SHIPPED.rows], abs=1e-11)


@pytest.mark.parametrize("count", range(1, SHIPPED.last + 1))
def test_moves_cancel_out_stay_within_three_and_never_end_at_one_or_two(count: int) -> None:
    moves = of_count(SHIPPED.rows, count)
    assert sum(chance for _, chance in moves) == pytest.approx(1)
    assert sum(move * chance for move, chance in moves) == pytest.approx(0, abs=1e-9)
    assert all(abs(move) <= 3 and count + move not in {1, 2} and count + move >= 0 for move, _ in moves)
    variance = sum(move**2 * chance for move, chance in moves)
    # From 1 and 2 nothing nearer than 0 and 3 may be told, so their moves cannot vary as little as the others'.
    assert variance == pytest.approx(2 if count <= 2 else 1.5)


def test_a_variance_that_no_moves_have_is_refused() -> None:
    with pytest.raises(ValueError, match="variance"):
        made(3, 20.0, 2)


def test_the_handbooks_example() -> None:
    """Record keys .9, .3 and .6 make the cell key .8, by which a count of three is told as four."""
    key = sum(round(share * KEYS) for share in (0.9, 0.3, 0.6)) % KEYS
    assert key / KEYS == pytest.approx(0.8, abs=0.001)
    assert SHIPPED.told(pl.Series([3]), pl.Series([key])).to_list() == [4]


def test_empty_cells_stay_empty() -> None:
    assert set(SHIPPED.told(pl.Series([0] * KEYS), pl.Series(range(KEYS)))) == {0}


@pytest.mark.parametrize("count", [1, 2, 3, 5, 6, 400])
def test_every_key_is_looked_up_with_the_probability_that_the_table_gives(count: int) -> None:
    told = Counter(SHIPPED.told(pl.Series([count] * KEYS), pl.Series(range(KEYS))).to_list())
    for move, chance in of_count(SHIPPED.rows, min(count, SHIPPED.last)):
        assert told[count + move] / KEYS == pytest.approx(chance, abs=1.5 / KEYS)
    assert sum(told.values()) == KEYS


@given(st.integers(0, 40), st.integers(0, KEYS - 1))
def test_the_true_count_is_always_among_those_that_an_attacker_thinks_possible(count: int, key: int) -> None:
    told = SHIPPED.told(pl.Series([count]), pl.Series([key]))[0]
    low, high = SHIPPED.possible(told)
    assert low <= count <= high
    assert high - low >= 3


def test_an_attacker_is_left_with_seven_counts_for_every_figure_that_is_large_enough_to_be_told() -> None:
    assert all(SHIPPED.possible(told) == (told - 3, told + 3) for told in range(10, 30))


def test_the_same_people_have_the_same_key_in_every_release_and_another_under_another_secret() -> None:
    people = pl.Series([bytes([number]) * 16 for number in range(200)], dtype=pl.Binary)
    keys = record_keys(b"s" * 32, people)
    assert keys.to_list() == record_keys(b"s" * 32, people).to_list()
    assert keys.reverse().to_list() == record_keys(b"s" * 32, people.reverse()).to_list()
    assert keys.to_list() != record_keys(b"t" * 32, people).to_list()
    assert keys.n_unique() == 200


def test_record_keys_are_spread_evenly() -> None:
    people = pl.Series([number.to_bytes(16) for number in range(40_960)], dtype=pl.Binary)
    sixteenths = Counter(key % KEYS // 256 for key in record_keys(b"s" * 32, people))
    assert len(sixteenths) == 16
    assert all(2_300 < found < 2_820 for found in sixteenths.values())


def test_one_more_person_changes_the_move_and_not_the_count_alone() -> None:
    """Else the difference of two figures that differ by one person would always be that person."""
    moves = [
        SHIPPED.told(pl.Series([50, 51]), pl.Series([key, (key + more) % KEYS])).to_list()
        for key, more in itertools.product(range(0, KEYS, 64), range(1, KEYS, 97))
    ]
    assert len({after - before for before, after in moves}) > 6


def test_a_table_of_another_shape_is_looked_up_too() -> None:
    plain = PTable(((0, 0, 1.0), (1, -1, 0.5), (1, 1, 0.5)))
    assert plain.told(pl.Series([1, 1, 7]), pl.Series([0, 4095, 0])).to_list() == [0, 2, 6]
    assert plain.possible(6) == (5, 7)
