"""Keys told more coarsely: each level only ever groups the one before, and the least lossy that suffices is found."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export.custodian.generalising import Hierarchy, Level, hierarchy
from export.custodian.lattice import Node, least
from export.custodian.recipe import HierarchySpec, LevelSpec, Thresholds
from export.custodian.recipe_file import VICTIM_VOICE, read_recipe
from export.custodian.recoding import chosen_levels, recoded
from export.custodian.table import Record, Table, TableBuilder, Variable
from survey.reference import read_areas

USUAL = Thresholds(k=5, three_way=5, l=2, first_batch=10, least_batch=50, at_risk=0.06)
SHIPPED = {one.variable: one for one in read_recipe(VICTIM_VOICE).hierarchies}
MONTHS = [f"{year}-{month:02}" for year in (2026, 2027) for month in range(1, 13)]


def by(name: str, rule: str) -> LevelSpec:
    return LevelSpec(name, rule, {}, (), None, {})


SPANS = HierarchySpec("month", "month", tuple(by(one, one) for one in ("quarter", "half-year", "year")))
AGES = HierarchySpec("age", "years", (LevelSpec("band", None, {}, (16, 18, 25, 65), None, {}),))


def laid(spec: HierarchySpec, values: Sequence[str]) -> Hierarchy:
    return hierarchy(spec, values, read_areas(), {"counter-1": "counter", "hub-1": "hub", "hub-2": "hub"})


def a_table(columns: dict[str, Sequence[str]], rows: Sequence[Sequence[str]]) -> Table:
    variables = [Variable(name, (name,), key=True) for name in columns]
    builder = TableBuilder(variables, columns, {}, ())
    values = list(columns.values())
    builder.add(
        Record(
            number.to_bytes(16, "big"),
            counts=True,
            cells=tuple(listed.index(cell) + 3 for listed, cell in zip(values, row, strict=True)),
        )
        for number, row in enumerate(rows)
    )
    return builder.table()


def told(table: Table, column: str) -> list[str]:
    return [table.values[column][code - 3] for code in table.frame[column]]


@pytest.mark.parametrize(
    ("spec", "values"),
    [
        (SPANS, [*MONTHS, "unknown"]),
        (AGES, [str(age) for age in range(100)]),
        (SHIPPED["borough"], [*read_areas().area_of, "prefer"]),
        (SHIPPED["place"], ["counter-1", "hub-1", "hub-2"]),
        (SHIPPED["language"], ["en", "en-easy", "cy", "pl"]),
        (SHIPPED["crime"], ["burglary", "robbery", "domestic", "prefer"]),
        (SHIPPED["age"], ["a16", "a18", "a25", "a35", "a45", "a55", "a65", "prefer"]),
    ],
    ids=lambda one: one.variable if isinstance(one, HierarchySpec) else "",
)
def test_a_level_only_ever_groups_what_the_level_before_told_apart(spec: HierarchySpec, values: list[str]) -> None:
    levels = laid(spec, values).levels
    assert levels[0].values(values) == tuple(values)
    for finer, coarser in itertools.pairwise(levels):
        pairs = {(finer.told_as.get(value, value), coarser.told_as.get(value, value)) for value in values}
        assert len({before for before, _ in pairs}) == len(pairs), "one finer value became two coarser ones"
        assert len(coarser.values(values)) < len(finer.values(values))


def test_boroughs_end_as_london_and_what_is_no_borough_stays_itself() -> None:
    levels = laid(SHIPPED["borough"], [*read_areas().area_of, "prefer"]).levels
    assert [level.name for level in levels] == ["borough", "police area", "zone", "London"]
    assert [level.told_as.get("camden", "camden") for level in levels] == ["camden", "cn", "central", "london"]
    assert [level.told_as.get("prefer", "prefer") for level in levels] == ["prefer"] * 4
    assert set(levels[-1].values(list(read_areas().area_of))) == {"london"}


def test_the_quarters_half_years_and_years_of_months() -> None:
    _, quarter, half, year = laid(SPANS, MONTHS).levels
    assert [quarter.told_as[month] for month in MONTHS[:12]] == [f"2026-Q{n}" for n in (1, 2, 3, 4) for _ in range(3)]
    assert [half.told_as[month] for month in MONTHS[:12]] == ["2026-H1"] * 6 + ["2026-H2"] * 6
    assert {year.told_as[month] for month in MONTHS} == {"2026", "2027"}
    straight = laid(HierarchySpec("month", "month", (by("half-year", "half-year"),)), MONTHS).levels[1]
    assert straight.told_as == half.told_as


def test_ages_are_told_in_bands_with_an_open_end() -> None:
    band = laid(AGES, [str(age) for age in (3, 16, 17, 18, 24, 65, 99)]).levels[1]
    assert list(band.told_as.values()) == ["under 16", *["16 to 17"] * 2, *["18 to 24"] * 2, *["65 or over"] * 2]


def test_a_level_that_is_gone_becomes_the_coarsest() -> None:
    places = Hierarchy("place", (Level("place"), Level("all", {"a": "x", "b": "x"}, {"x": "All"})))
    table = recoded(a_table({"place": ("a", "b")}, [["a"], ["b"]]), [places], {"place": "zone"})
    assert set(told(table, "place")) == {"x"}
    assert table.labels["place"]["x"] == "All"


def test_months_grow_coarser_until_few_stand_alone_and_no_further() -> None:
    autumn = ("2026-10", "2026-11", "2026-12")
    few = a_table({"month": autumn}, [[month] for month in autumn for _ in range(3)])
    assert chosen_levels(few, [laid(SPANS, autumn)], {}, USUAL) == {"month": "quarter"}
    enough = a_table({"month": autumn}, [[month] for month in autumn for _ in range(5)])
    assert chosen_levels(enough, [laid(SPANS, autumn)], {}, USUAL) == {"month": "month"}


def test_a_series_keeps_the_levels_it_began_with() -> None:
    months = a_table({"month": MONTHS}, [["2026-11"]] * 40)
    assert chosen_levels(months, [laid(SPANS, MONTHS)], {"month": "year"}, USUAL) == {"month": "year"}
    assert told(recoded(months, [laid(SPANS, MONTHS)], {"month": "year"}), "month") == ["2026"] * 40


def test_where_too_few_answered_for_anything_everything_is_told_at_its_coarsest() -> None:
    four = a_table({"month": MONTHS}, [[month] for month in MONTHS[:4]])
    assert chosen_levels(four, [laid(SPANS, MONTHS)], {}, USUAL) == {"month": "year"}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(MONTHS), st.integers(0, 99)), min_size=20, max_size=120), st.integers(5, 9))
def test_no_combination_of_levels_that_loses_less_would_have_sufficed(rows: list[tuple[str, int]], k: int) -> None:
    ages = tuple(map(str, range(100)))
    table = a_table({"month": MONTHS, "age": ages}, [(month, str(age)) for month, age in rows])
    both, thresholds = [laid(SPANS, MONTHS), laid(AGES, ages)], replace(USUAL, k=k, at_risk=0.3)
    chosen = chosen_levels(table, both, {}, thresholds)
    every = itertools.product(*([level.name for level in one.levels] for one in both))
    suffices = {
        names: at_risk(recoded(table, both, dict(zip(("month", "age"), names, strict=True))), k) <= 0.3 * len(rows)
        for names in every
    }
    picked = (chosen["month"], chosen["age"])
    if any(suffices.values()):
        assert suffices[picked]
        enough = {names for names, holds in suffices.items() if holds}
        assert not any(not_coarser(names, picked) for names in enough - {picked})
    else:
        assert picked == ("year", "band")


def at_risk(table: Table, k: int) -> int:
    rows = list(zip(told(table, "month"), told(table, "age"), strict=True))
    return sum(rows.count(row) < k for row in rows)


def not_coarser(names: tuple[str, str], than: tuple[str, str]) -> bool:
    spans, bands = ["month", "quarter", "half-year", "year"], ["years", "band"]
    return spans.index(names[0]) <= spans.index(than[0]) and bands.index(names[1]) <= bands.index(than[1])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=4), min_size=1, max_size=5), st.data())
def test_the_search_finds_what_trying_every_node_finds_and_asks_each_once(
    rises: list[list[int]], data: st.DataObject
) -> None:
    costs = [list(itertools.accumulate(one)) for one in rises]
    weights = [data.draw(st.integers(0, 9)) for _ in costs]
    wanted = data.draw(st.integers(0, sum(w * (len(c) - 1) for w, c in zip(weights, costs, strict=True))))
    asked: list[Node] = []

    def satisfies(node: Node) -> bool:
        asked.append(node)
        return sum(w * step for w, step in zip(weights, node, strict=True)) >= wanted

    found = least(costs, satisfies)
    assert len(asked) == len(set(asked))
    every = itertools.product(*(range(len(one)) for one in costs))
    enough = [node for node in every if satisfies(node)]
    assert found == min(enough, key=lambda n: (sum(c[s] for c, s in zip(costs, n, strict=True)), sum(n), n))


def test_of_a_thousand_nodes_few_are_asked_about() -> None:
    costs = [[step / (levels - 1) for step in range(levels)] for levels in (4, 3, 4, 3, 2, 2, 2)]
    asked: list[Node] = []

    def satisfies(node: Node) -> bool:
        asked.append(node)
        return sum(node) >= 9

    least(costs, satisfies)
    assert len(asked) < 200
