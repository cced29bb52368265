"""Nobody can be found in what leaves: checked by an independent count over the finished table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export.custodian.disclosure import Protected, TooFew, protect
from export.custodian.recoding import Hierarchy, Level, chosen_levels, months, recoded
from export.custodian.table import MISSING, Record, Table, TableBuilder, Variable

VARIABLES = (
    Variable("place", ("place",), key=True),
    Variable("month", ("month",), key=True),
    Variable("age", ("age",), key=True, decided_by=frozenset({"more"})),
    Variable("actions", ("actions_visit", "actions_call"), key=True),
    Variable("experience", ("experience",)),
    Variable("more", ("more",)),
    Variable("court", ("court",), decided_by=frozenset({"stage", "more"})),
    Variable("stage", ("stage",), decided_by=frozenset({"more"})),
    Variable("score", ("score",), made_from=frozenset({"court"})),
)
VALUES: Mapping[str, Sequence[str] | None] = {
    "place": ("a", "b", "c"),
    "month": None,
    "age": ("young", "old"),
    "actions_visit": ("0", "1"),
    "actions_call": ("0", "1"),
    "experience": ("good", "bad"),
    "more": ("yes", "finish"),
    "court": ("yes", "no"),
    "stage": ("early", "court"),
    "score": None,
}
COLUMNS = list(VALUES)
KEY_COLUMNS = ("place", "month", "age", "actions_visit", "actions_call")
Row = tuple[bool, dict[str, str]]


def a_table(rows: Sequence[Row]) -> Table:
    builder = TableBuilder(VARIABLES, VALUES, {}, ("place", "month"))
    builder.add(
        Record(number.to_bytes(16, "big"), counts, tuple(_cell(column, cells[column]) for column in COLUMNS))
        for number, (counts, cells) in enumerate(rows)
    )
    return builder.table()


def _cell(column: str, text: str) -> int | str:
    if text in MISSING:
        return MISSING.index(text)
    listed = VALUES[column]
    return text if listed is None else listed.index(text) + 3


def texts(table: Table) -> list[Row]:
    rows = []
    for row in table.frame.iter_rows(named=True):
        cells = {c: MISSING[row[c]] if row[c] < 3 else table.values[c][row[c] - 3] for c in COLUMNS}
        rows.append((row["_counts"], cells))
    return rows


@st.composite
def a_row(draw: st.DrawFn) -> Row:
    """One respondent who is asked what the answers before make askable."""
    few = draw(st.sampled_from([True, True, True, False]))
    pick = (lambda *options: options[0]) if few else (lambda *options: draw(st.sampled_from(options)))
    cells = {
        "place": pick("a", "b", "c"),
        "month": pick("2026-11", "2026-12", "unknown"),
        "actions_visit": pick("0", "1", "[x]"),
        "experience": draw(st.sampled_from(["good", "bad", "[x]"])),
        "more": draw(st.sampled_from(["yes", "finish"])),
    }
    cells["actions_call"] = "[x]" if cells["actions_visit"] == "[x]" else pick("1", "0")
    cells["age"] = pick("young", "old", "[x]") if cells["more"] == "yes" else "[z]"
    cells["stage"] = pick("early", "court", "[x]") if cells["more"] == "yes" else "[z]"
    cells["court"] = draw(st.sampled_from(["yes", "no", "[x]"])) if cells["stage"] == "court" else "[z]"
    cells["score"] = "1.5" if cells["court"] == "yes" else "0"
    return draw(st.sampled_from([True, True, True, True, False])), cells


def what_can_be_known(cells: Mapping[str, str]) -> tuple[str, ...]:
    """Every key cell, and of every other whether it was asked, not asked or blanked. Written apart from the product."""
    keys = [cells[column] for column in KEY_COLUMNS]
    rest = [cells[c] if cells[c] in {"[z]", "[c]"} else "asked" for c in COLUMNS if c not in KEY_COLUMNS]
    return (*keys, *rest)


def fewest(protected: Protected) -> int:
    sizes: Counter[tuple[str, ...]] = Counter()
    for counts, cells in texts(protected.table):
        sizes[what_can_be_known(cells)] += counts
    return min(sizes.values(), default=10)


@settings(max_examples=120, deadline=None)
@given(st.lists(a_row(), min_size=10, max_size=90))
def test_every_class_over_all_keys_holds_ten_from_tablets_and_codes(rows: list[Row]) -> None:
    try:
        protected = protect(a_table(rows))
    except TooFew:
        assert sum(counts for counts, _ in rows) < 10
        return
    assert fewest(protected) >= 10
    assert protected.table.frame.height + protected.left_out == len(rows)


@settings(max_examples=60, deadline=None)
@given(st.lists(a_row(), min_size=10, max_size=60))
def test_a_cell_is_blanked_or_left_alone_never_changed(rows: list[Row]) -> None:
    table = a_table(rows)
    if table.frame["_counts"].sum() < 10:
        return
    protected = protect(table)
    before = dict(zip(table.frame["_response"], texts(table), strict=True))
    blanked: Counter[str] = Counter()
    for response, (_, cells) in zip(protected.table.frame["_response"], texts(protected.table), strict=True):
        for column, cell in cells.items():
            if cell == "[c]":
                blanked[column] += 1
            else:
                assert cell == before[response][1][column]
    assert dict(blanked) == dict(protected.suppressed)


@settings(max_examples=30, deadline=None)
@given(st.lists(a_row(), min_size=20, max_size=60), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(rows: list[Row], chance: object) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    if sum(counts for counts, _ in rows) < 10:
        return
    first, second = protect(a_table(rows)), protect(a_table(shuffled))
    assert sorted(map(str, texts(first.table))) == sorted(map(str, texts(second.table)))


PLAIN = {
    "place": "a",
    "month": "2026-11",
    "age": "young",
    "actions_visit": "1",
    "actions_call": "0",
    "experience": "good",
    "more": "yes",
    "court": "[z]",
    "stage": "early",
    "score": "0",
}


def many(number: int, *, counts: bool = True, **cells: str) -> list[Row]:
    return [(counts, {**PLAIN, **cells}) for _ in range(number)]


def test_ten_alike_leave_as_they_are() -> None:
    protected = protect(a_table(many(10)))
    assert texts(protected.table) == many(10)
    assert (protected.suppressed, protected.left_out) == ({}, 0)


def test_nine_are_refused_with_the_number_still_needed() -> None:
    with pytest.raises(TooFew, match="Wait for 1 more"):
        protect(a_table(many(9)))


def test_forged_answers_at_the_open_door_do_not_make_a_class_full() -> None:
    rows = [*many(20), *many(1, place="b", age="old"), *many(9, counts=False, place="b", age="old")]
    for _, cells in texts(protect(a_table(rows)).table):
        assert (cells["place"], cells["age"]) != ("b", "old")


def test_one_rare_key_is_blanked_and_nothing_else() -> None:
    rows = [*many(30), *many(10, age="old"), *many(6, place="b"), *many(4, place="c")]
    protected = protect(a_table(rows))
    assert protected.left_out == 0
    assert protected.suppressed == {"place": 10}


def test_a_rare_routing_pattern_cannot_be_read_from_any_cell() -> None:
    rows = [*many(30), *many(7, place="b"), *many(3, place="b", stage="court", court="yes", score="1.5")]
    protected = protect(a_table(rows))
    assert protected.suppressed == {"court": 10, "stage": 10, "more": 10, "score": 10}
    assert protected.left_out == 0
    assert sum(cells["place"] == "b" for _, cells in texts(protected.table)) == 10


def test_months_and_areas_grow_coarser_by_least_loss() -> None:
    rows = [row for month in ("2026-10", "2026-11", "2026-12") for row in many(6, month=month)]
    table = a_table(rows)
    hierarchies = [months(table.values["month"])]
    levels = chosen_levels(table, hierarchies, {})
    assert levels == {"month": "quarter"}
    assert {cells["month"] for _, cells in texts(recoded(table, hierarchies, levels))} == {"2026-Q4"}
    fine = a_table([row for month in ("2026-10", "2026-11") for row in many(10, month=month)])
    assert chosen_levels(fine, [months(fine.values["month"])], {}) == {"month": "month"}


def test_a_series_keeps_the_levels_it_began_with() -> None:
    table = a_table(many(40))
    assert chosen_levels(table, [months(table.values["month"])], {"month": "year"}) == {"month": "year"}
    assert texts(recoded(table, [months(table.values["month"])], {"month": "year"}))[0][1]["month"] == "2026"


def test_a_level_that_is_gone_becomes_the_coarsest() -> None:
    hierarchy = Hierarchy("place", (Level("place", {}, {}), Level("all", {"a": "x", "b": "x"}, {"x": "All"})))
    table = recoded(a_table([*many(5), *many(5, place="b")]), [hierarchy], {"place": "zone"})
    assert {cells["place"] for _, cells in texts(table)} == {"x"}
    assert table.labels["place"]["x"] == "All"


def test_the_half_years_and_quarters_of_a_year() -> None:
    every = [f"2026-{month:02}" for month in range(1, 13)]
    quarter, half = months([*every, "unknown"]).levels[1:3]
    assert [quarter.told_as[value] for value in every] == [f"2026-Q{n}" for n in (1, 2, 3, 4) for _ in range(3)]
    assert [half.told_as[value] for value in every] == ["2026-H1"] * 6 + ["2026-H2"] * 6
    assert "unknown" not in quarter.told_as
