"""Nobody can be found in what leaves: checked by an independent count over the finished table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export.custodian.disclosure import Protected, TooFew, protect
from export.custodian.recipe import Thresholds
from export.custodian.table import ALIKE, MISSING, Record, Table, TableBuilder, Variable

VARIABLES = (
    Variable("place", ("place",), key=True),
    Variable("month", ("month",), key=True),
    Variable("age", ("age",), key=True, decided_by=frozenset({"more"})),
    Variable("actions", ("actions_visit", "actions_call"), key=True),
    Variable("experience", ("experience",), sensitive=True),
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
USUAL = Thresholds(k=5, three_way=5, l=2, first_batch=10, least_batch=50, at_risk=0.06)
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
    return min(sizes.values(), default=1000)


def fewest_in_three(protected: Protected) -> int:
    """Counting records in the smallest cell of any table of three keys that says anything."""
    sizes: Counter[tuple[tuple[str, str], ...]] = Counter()
    for counts, cells in texts(protected.table):
        keys = [("actions", cells["actions_visit"] + cells["actions_call"])]
        keys += [(name, cells[name]) for name in ("place", "month", "age")]
        for three in combinations(keys, 3):
            sizes[three] += counts
    return min((n for three, n in sizes.items() if any(not cell.startswith("[c]") for _, cell in three)), default=1000)


def alike(protected: Protected) -> list[bool]:
    """Of each record, whether all who count in its class, and were asked, gave one and the same answer."""
    rows = texts(protected.table)
    said: dict[tuple[str, ...], set[str]] = {}
    for counts, cells in rows:
        if counts and cells["experience"] not in {"[z]", "[c]"}:
            said.setdefault(what_can_be_known(cells), set()).add(cells["experience"])
    found = [said.get(what_can_be_known(cells), set()) for _, cells in rows]
    return [len(one) == 1 and one != {"[x]"} for one in found]


@settings(max_examples=120, deadline=None)
@given(st.lists(a_row(), min_size=5, max_size=90), st.integers(5, 12), st.integers(5, 15))
def test_every_class_and_every_table_of_three_keys_holds_enough(rows: list[Row], k: int, three_way: int) -> None:
    try:
        protected = protect(a_table(rows), replace(USUAL, k=k, three_way=three_way))
    except TooFew:
        assert sum(counts for counts, _ in rows) < k
        return
    assert fewest(protected) >= k
    assert fewest_in_three(protected) >= three_way
    assert protected.table.frame.height + protected.left_out == len(rows)


@settings(max_examples=80, deadline=None)
@given(st.lists(a_row(), min_size=12, max_size=60))
def test_a_class_whose_members_all_say_the_same_is_marked_and_no_other(rows: list[Row]) -> None:
    if sum(counts for counts, _ in rows) < USUAL.k:
        return
    protected = protect(a_table(rows), USUAL)
    marks = protected.table.values[ALIKE]
    assert [marks[code - 3] == "yes" for code in protected.table.frame[ALIKE]] == alike(protected)
    assert protected.alike == {"experience": sum(alike(protected))}


@settings(max_examples=60, deadline=None)
@given(st.lists(a_row(), min_size=10, max_size=60))
def test_a_cell_is_blanked_or_left_alone_never_changed(rows: list[Row]) -> None:
    table = a_table(rows)
    if table.frame["_counts"].sum() < USUAL.k:
        return
    protected = protect(table, USUAL)
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
    if sum(counts for counts, _ in rows) < USUAL.k:
        return
    first, second = protect(a_table(rows), USUAL), protect(a_table(shuffled), USUAL)
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


def test_five_alike_leave_as_they_are_and_are_marked() -> None:
    protected = protect(a_table(many(5)), USUAL)
    assert texts(protected.table) == many(5)
    assert (protected.suppressed, protected.left_out, protected.alike) == ({}, 0, {"experience": 5})


def test_four_are_refused_with_the_number_still_needed() -> None:
    with pytest.raises(TooFew, match="Wait for 1 more"):
        protect(a_table(many(4)), USUAL)


def test_nine_forged_answers_at_the_open_door_around_a_real_one_do_not_make_its_class_full() -> None:
    rows = [*many(20), *many(1, place="b", age="old"), *many(9, counts=False, place="b", age="old")]
    for _, cells in texts(protect(a_table(rows), USUAL).table):
        assert (cells["place"], cells["age"]) != ("b", "old")


def test_forged_answers_do_not_make_a_class_look_varied() -> None:
    rows = [*many(5), *many(9, counts=False, experience="bad")]
    protected = protect(a_table(rows), USUAL)
    assert protected.alike == {"experience": 14}


def test_an_answer_that_all_skipped_tells_nothing_and_one_beside_skips_is_not_certain() -> None:
    assert protect(a_table(many(5, experience="[x]")), USUAL).alike == {"experience": 0}
    assert protect(a_table([*many(4, experience="[x]"), *many(1)]), USUAL).alike == {"experience": 0}


def test_one_rare_key_is_blanked_and_nothing_else() -> None:
    rows = [*many(30), *many(10, age="old"), *many(3, place="b"), *many(2, place="c")]
    protected = protect(a_table(rows), USUAL)
    assert protected.left_out == 0
    assert protected.suppressed == {"place": 5}


def test_a_rare_routing_pattern_cannot_be_read_from_any_cell() -> None:
    rows = [*many(30), *many(3, place="b"), *many(2, place="b", stage="court", court="yes", score="1.5")]
    protected = protect(a_table(rows), USUAL)
    assert protected.suppressed == {"court": 5, "stage": 5, "more": 5, "score": 5}
    assert protected.left_out == 0
    assert sum(cells["place"] == "b" for _, cells in texts(protected.table)) == 5


def test_a_rare_cell_of_three_keys_is_blanked_where_more_is_asked_of_it() -> None:
    rows = [*many(30), *many(6, place="b"), *many(6, place="c")]
    assert protect(a_table(rows), USUAL).suppressed == {}
    assert protect(a_table(rows), replace(USUAL, three_way=10)).suppressed == {"place": 12}


# Classes by the numbers of sdcMicro's own tests (freqCalc): the keys of eight records, and how many share each one's.
FREQCALC = (
    ("2", "3", "2", "2", "3", "3", "1", "2"),
    ("3", "3", "3", "3", "3", "3", "4", "3"),
    ("1", "3", "1", "2", "1", "1", "1", "1"),
)
SHARED = (3, 1, 3, 1, 2, 2, 1, 3)


@pytest.mark.parametrize("k", [1, 2])
def test_records_stay_as_they_are_where_sdcmicro_counts_enough(k: int) -> None:
    """Told five times over, since no recipe may ask for fewer than five; what is too small is blanked or left out."""
    names = ("a", "b", "c")
    builder = TableBuilder([Variable(n, (n,), key=True) for n in names], dict.fromkeys(names), {}, names)
    five_times = [cells for cells in zip(*FREQCALC, strict=True) for _ in range(5)]
    builder.add(Record(number.to_bytes(16, "big"), True, cells) for number, cells in enumerate(five_times))  # noqa: FBT003
    table = builder.table()
    protected = protect(table, replace(USUAL, k=5 * k))
    before = {row[-1]: row[:3] for row in table.frame.iter_rows()}
    whole = {row[-2]: row[:3] == before[row[-2]] for row in protected.table.frame.iter_rows()}
    stays = [all(whole.get((5 * place + n).to_bytes(16, "big"), False) for n in range(5)) for place in range(8)]
    assert stays == [shared >= k for shared in SHARED]
