"""Tables for everybody: every figure protected on its own, and nothing to be worked out from all of them together."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables_world import ANSWERS, GROUPED, MODES, NOISE, OFF_BASE, PLAN, ROUND, SECRET, people, tables

from export.custodian.cellkeys import mixed
from export.custodian.cube import ADDRESS, EVERYBODY, SURE, SURE_ROW, TOTAL, WHERE, Plan, counted
from export.custodian.protection import exposed, protected
from export.custodian.rules import SHOWN, SMALL, WEAK_BASE, Rules
from export.custodian.table import COUNTS

TOGETHER = {answer: code for code, answers in GROUPED.groups["said"].items() for answer in answers}
BOTH = pytest.mark.parametrize("rules", [NOISE, ROUND], ids=["noise", "rounding"])


@pytest.fixture(scope="module")
def many() -> pl.DataFrame:
    return people(1, 1_500)


def shown(figures: pl.DataFrame) -> pl.DataFrame:
    return figures.filter(pl.col("held") == SHOWN)


def test_figures_are_counted_as_one_would_count_them(many: pl.DataFrame) -> None:
    figures = counted(many, PLAN)
    theft_in_the_north = many.filter(
        (pl.col("crime") == 4) & (pl.col("borough") < 6) & (pl.col("borough") >= 3) & (pl.col("mode") == 3)
    )
    place = {"measure": 1, "mode": 3, "level": 1, "area": 3, "by": 1, "category": 4}
    for population, those in ((EVERYBODY, theft_in_the_north), (SURE, theft_in_the_north.filter(pl.col(SURE_ROW)))):
        for answer, told in ((3, those["offered"] == 3), (TOTAL, those["offered"] >= 3)):
            found = figures.filter(**place, population=population, answer=answer)
            assert found["n"].to_list() == [told.sum()]


def test_an_answer_off_the_base_is_in_no_figure_and_in_no_base(many: pl.DataFrame) -> None:
    without = many.with_columns(said=pl.when(pl.col("said") == 6).then(1).otherwise("said"))
    assert counted(many, OFF_BASE).equals(counted(without, OFF_BASE))
    told = tables(many, plan=OFF_BASE).filter(measure=0)
    assert 6 not in set(told["answer"])
    assert 6 in set(tables(many).filter(measure=0)["answer"])


def test_a_figure_stands_once_and_always_with_its_mode(many: pl.DataFrame) -> None:
    figures = tables(many)
    assert figures.select(ADDRESS).is_duplicated().sum() == 0
    assert set(figures["mode"]) == set(MODES)
    per_mode = figures.group_by("mode").len()["len"].to_list()
    assert per_mode == [figures.height // 2] * 2, "every figure of every mode stands there, held back or not"


@BOTH
def test_no_small_count_and_no_answer_of_a_small_base_is_told(many: pl.DataFrame, rules: Rules) -> None:
    figures = tables(many, rules)
    told = shown(figures)
    assert told.height > 50
    assert int(told["told"].min()) >= 10  # type: ignore[arg-type]
    assert figures.filter(pl.col("held") != SHOWN)["told"].null_count() == (figures["held"] != SHOWN).sum()
    answers = told.filter(pl.col("answer") != TOTAL)
    bases = figures.filter(pl.col("answer") == TOTAL).select(*WHERE, beside="told")
    joined = answers.join(bases, on=list(WHERE), how="left")
    assert joined.filter(pl.col("beside") < 30).height == 0
    weak = figures.filter((pl.col("answer") != TOTAL) & (pl.col("base") < 30))
    assert weak.height
    assert set(weak["held"]) == {WEAK_BASE}


@BOTH
def test_percentages_are_whole_and_come_from_told_counts_only(many: pl.DataFrame, rules: Rules) -> None:
    figures = tables(many, rules).filter(pl.col("percent").is_not_null())
    assert figures.height > 30
    for told, base, percent in figures.select("told", "base", "percent").iter_rows():
        assert percent == min(100, round(100 * told / base))
    assert figures["percent"].dtype == pl.Int64
    # Whoever has exact percentages beside moved counts has the counts.
    again = tables(people(1, 1_500, secret=b"t" * 32), rules).filter(pl.col("percent").is_not_null())
    assert (again["told"].to_list() != figures["told"].to_list()) == (rules is NOISE)


@BOTH
@pytest.mark.parametrize("plan", [PLAN, GROUPED, OFF_BASE], ids=["answers", "grouped answers", "off base"])
@settings(deadline=None, max_examples=8)
@given(st.integers(0, 10**6), st.integers(10, 400))
def test_nothing_held_back_in_any_tables_can_be_worked_out(plan: Plan, rules: Rules, seed: int, number: int) -> None:
    frame = people(seed, number)
    assert exposed(tables(frame, rules, plan), plan, rules, frame.height) == 0


def all_answering(seed: int, number: int) -> pl.DataFrame:
    """Everybody said something, few of them in the second mode."""
    chance = random.Random(seed)  # noqa: S311 - made-up people must be the same again
    modes = pl.Series(chance.choices(MODES, [93, 7], k=number))
    skipped = pl.col("said") < min(ANSWERS)
    return people(seed, number).with_columns(mode=modes, said=pl.when(skipped).then(min(ANSWERS)).otherwise("said"))


@BOTH
@settings(deadline=None, max_examples=6)
@given(st.integers(0, 10**6), st.integers(60, 400))
def test_the_number_of_records_less_one_mode_does_not_tell_of_another(rules: Rules, seed: int, number: int) -> None:
    frame = all_answering(seed, number)
    assert exposed(tables(frame, rules), PLAN, rules, frame.height) == 0


@BOTH
def test_closing_each_mode_by_itself_would_not_do(rules: Rules) -> None:
    """The test above can fail: who knows how many records there are has more than each mode tells."""
    found = 0
    for seed in range(12):
        frame = all_answering(seed, 200)
        figures = counted(frame, PLAN)
        keyed = figures.with_columns(mixed(SECRET, figures["key"])).partition_by("mode")
        apart = [protected(one, PLAN, rules, frame.height) for one in keyed]
        found += exposed(pl.concat(apart), PLAN, rules, frame.height)
    assert found > 0


def test_answers_told_together_are_a_figure_of_their_own_that_is_told_where_theirs_are_too_rare() -> None:
    figures, place = tables(people(7, 400), plan=GROUPED), ["mode", "level", "area", "by", "category", "population"]
    said = figures.filter(measure=0).with_columns(group=pl.col("answer").replace_strict(TOGETHER, default=None))
    parts = (
        said.drop_nulls("group")
        .group_by(*place, "group")
        .agg(n=pl.col("n").sum(), told=pl.col("told").sum(), gaps=pl.col("told").null_count())
    )
    groups = said.filter(pl.col("answer") > 6).join(
        parts, left_on=[*place, "answer"], right_on=[*place, "group"], suffix="_of_parts"
    )
    assert groups["n"].to_list() == groups["n_of_parts"].to_list()
    assert groups.filter(pl.col("told").is_not_null(), pl.col("gaps") > 0).height > 0
    whole = groups.filter(pl.col("told").is_not_null(), pl.col("gaps") == 0)
    assert (whole["told"] != whole["told_of_parts"]).any(), "it is moved on its own"
    assert int((whole["told"] - whole["n"]).abs().max()) <= 3  # type: ignore[arg-type]


def test_a_single_answer_is_not_what_a_group_leaves_over() -> None:
    """Who has the group and one of its two answers has the other, but for what moved both."""
    for seed in range(6):
        figures = tables(people(seed, 260), plan=GROUPED).filter(measure=0)
        told = {row[:-1]: row[-1] for row in figures.select(*ADDRESS, "told").iter_rows()}
        rare = figures.filter(pl.col("small"), pl.col("answer").is_between(5, 6)).select(ADDRESS)
        assert rare.height
        for *where, answer in rare.iter_rows():
            group, other = told[*where, 8], told[*where, 11 - answer]
            assert group is None or other is None or group + 3 - max(other - 3, 0) >= 10


@BOTH
def test_holding_back_small_counts_alone_would_not_do(rules: Rules) -> None:
    """The test above can fail: without closing, figures can be worked out from totals."""
    found = 0
    for seed in range(3):
        frame = people(seed, 220)
        figures = tables(frame, rules)
        closed = figures.filter((pl.col("held") == SMALL) & ~pl.col("small"))
        raw = counted(frame, PLAN)
        every = figures.join(raw.select(*ADDRESS, "key"), on=ADDRESS, how="left", maintain_order="left")
        told = rules.told(every["n"], every["key"].fill_null(0))
        opened = figures.with_columns(
            told=told, held=pl.when((pl.col("held") == SMALL) & ~pl.col("small")).then(pl.lit(SHOWN)).otherwise("held")
        )
        found += exposed(opened, PLAN, rules, frame.height) if closed.height else 0
    assert found > 0


def test_a_group_that_all_but_one_answered_alike_is_not_told_of() -> None:
    frame = people(2, 600).with_columns(said=pl.when(pl.col("crime") == 4).then(3).otherwise("said"))
    frame = frame.with_columns(said=pl.when(pl.int_range(pl.len()) == 5).then(4).otherwise("said"))
    place = {"measure": 0, "mode": 3, "level": 0, "area": 3, "by": 1, "category": 4}
    group = tables(frame).filter(**place)
    assert int(group.filter(answer=TOTAL, population=EVERYBODY)["told"][0]) > 60
    assert set(group.filter(pl.col("answer") != TOTAL)["held"]) == {SMALL}


def test_every_figure_stands_there_again_without_open_door_and_quick_responses(many: pl.DataFrame) -> None:
    figures = tables(many)
    both = figures.filter(population=EVERYBODY).join(
        figures.filter(population=SURE), on=[name for name in ADDRESS if name != "population"], suffix="_sure"
    )
    assert both.height == figures.height / 2
    assert (both["n_sure"] <= both["n"]).all()
    assert (both["n_sure"] < both["n"]).any()


def counts(*, yes: bool) -> dict[str, pl.Expr]:
    """Those who came by a tablet, or all by an open door."""
    return {name: pl.lit(value=yes) for name in (COUNTS, SURE_ROW)}


@BOTH
def test_quick_answers_at_a_tablet_count_and_the_figures_without_them_stand_on_their_own(rules: Rules) -> None:
    """A counter where the tablet is handed on at once is all quick, and its people are people."""
    quick = people(12, 600).with_columns(**{COUNTS: pl.lit(value=True), SURE_ROW: pl.lit(value=False)})
    figures = tables(quick, rules)
    of_all, without = (figures.filter(population=population) for population in (EVERYBODY, SURE))
    assert shown(of_all).height > 50
    assert shown(without).is_empty()
    assert exposed(figures, PLAN, rules, quick.height) == 0


@BOTH
@settings(deadline=None, max_examples=6)
@given(st.integers(0, 10**6), st.floats(0, 1))
def test_however_many_are_quick_the_two_figures_beside_each_other_tell_no_more(
    rules: Rules, seed: int, share: float
) -> None:
    chance = random.Random(seed)  # noqa: S311 - made-up people must be the same again
    frame = people(seed, 250)
    quick = pl.Series([chance.random() < share for _ in range(frame.height)])
    frame = frame.with_columns((pl.col(COUNTS) & ~quick).alias(SURE_ROW))
    assert exposed(tables(frame, rules), PLAN, rules, frame.height) == 0


@BOTH
@pytest.mark.parametrize("forged", [9, 29, 60])
def test_forged_open_door_answers_around_a_real_one_make_no_figure_of_it_large_enough(
    rules: Rules, forged: int
) -> None:
    """Who forges them knows them, and would subtract them from any figure that holds the real one too."""
    crowd = people(9, 500).filter((pl.col("crime") != 5) | (pl.col("mode") != 3))
    alone = {name: pl.lit(code, pl.Int64) for name, code in {"said": 4, "crime": 5, "borough": 3, "mode": 3}.items()}
    real = people(10, 1, first=500).with_columns(**alone, **counts(yes=True))
    around = people(11, forged, first=600).with_columns(**alone, **counts(yes=False))
    figures = tables(pl.concat([crowd, real, around]), rules)
    of_them = figures.filter(mode=3, by=1, category=5, measure=0)
    assert of_them.height
    assert set(of_them["held"]) <= {SMALL, WEAK_BASE}
    assert of_them["base"].null_count() == of_them.height


def test_every_total_is_moved_on_its_own_and_is_not_the_sum_of_its_parts(many: pl.DataFrame) -> None:
    rows = [name for name in WHERE if name not in {"by", "category"}]
    every = tables(many).filter(pl.col("level") == 0, answer=TOTAL)
    parts = every.filter(pl.col("category") != TOTAL)
    moved = parts.with_columns(move=pl.col("told").fill_null(pl.col("n")) - pl.col("n"))
    summed = moved.group_by(rows).agg(move=pl.col("move").sum(), n=pl.col("n").sum())
    totals = every.filter(pl.col("category") == TOTAL).join(summed, on=rows, suffix="_summed")
    assert totals["n"].to_list() == totals["n_summed"].to_list()
    assert (totals["told"] - totals["n"] != totals["move"]).any()


def test_figures_of_the_same_people_are_told_alike_in_every_release(many: pl.DataFrame) -> None:
    again = people(1, 1_500).sample(fraction=1, shuffle=True, seed=3)
    assert tables(many).equals(tables(again))


def test_cumulative_figures_are_sums_and_their_difference_is_what_was_published_anyway() -> None:
    first, second = tables(people(3, 900)), tables(people(4, 900, first=900))
    both = first.join(second, on=ADDRESS, suffix="_second")
    summed = both.with_columns(so_far=pl.col("told") + pl.col("told_second"))
    assert summed.filter(pl.col("so_far").is_not_null()).height > 40
    assert (summed["so_far"] - summed["told"]).drop_nulls().to_list() == summed.filter(pl.col("so_far").is_not_null())[
        "told_second"
    ].to_list()


GROUP = ["measure", "mode", "level", "area", "population"]


def read(figures: pl.DataFrame, whole: str, part: str, over: list[str]) -> pl.DataFrame:
    """Whether an attacker takes each figure to be one or two people: the part that is told, or else an equal share of
    what the whole leaves over for those held back beside it."""
    rows = figures.group_by(over).agg(
        left=pl.col(whole).first() - pl.col(part).sum(), gaps=pl.col(part).is_null().sum()
    )
    shared = (pl.col("left") / pl.col("gaps")).round().cast(pl.Int64, strict=False)
    told = figures.join(rows, on=over).with_columns(read=pl.coalesce(part, shared))
    return told.select(truth=pl.col("n").is_in([1, 2]), read=pl.col("read").is_in([1, 2]))


def read_from_counts(figures: pl.DataFrame) -> pl.DataFrame:
    answers = figures.filter(pl.col("answer") != TOTAL, pl.col("base").is_not_null())
    return read(answers, "base", "told", list(WHERE))


def read_from_proportions(figures: pl.DataFrame) -> pl.DataFrame:
    answers = figures.filter(pl.col("answer") != TOTAL, pl.col("base").is_not_null())
    of_base = (pl.col("percent") * pl.col("base") / 100).round().cast(pl.Int64)
    return read(answers.with_columns(of_base=of_base), "base", "of_base", list(WHERE))


def read_from_bases(figures: pl.DataFrame) -> pl.DataFrame:
    bases = figures.filter(answer=TOTAL)
    totals = bases.filter(pl.col("by") == 0).select(*GROUP, whole="told")
    groups = bases.filter(pl.col("by") > 0).join(totals, on=GROUP).filter(pl.col("whole").is_not_null())
    return read(groups, "whole", "told", [*GROUP, "by"])


def share_right(read: pl.DataFrame) -> tuple[float, float]:
    """How often the readings are right, and how often the better of 'always' and 'never' is."""
    right, ones = (read["truth"] == read["read"]).sum() / read.height, read["truth"].sum() / read.height
    return right, max(ones, 1 - ones)


@cache
def epochs(protection: str, new: int) -> list[pl.DataFrame]:
    """The tables of eight successive releases of so many people each."""
    rules = {"noise": NOISE, "rounding": ROUND}[protection]
    return [tables(people(seed, new, first=10_000 * seed), rules) for seed in range(8)]


@pytest.mark.parametrize("reading", [read_from_counts, read_from_proportions, read_from_bases])
@pytest.mark.parametrize("population", [EVERYBODY, SURE], ids=["everybody", "without open and quick"])
@pytest.mark.parametrize("new", [60, 200])
@pytest.mark.parametrize("protection", ["noise", "rounding"])
def test_reading_one_or_two_people_out_of_successive_tables_does_no_better_than_guessing(
    protection: str, new: int, population: int, reading: Callable[[pl.DataFrame], pl.DataFrame]
) -> None:
    """Successive releases share nobody and their cumulative figures are sums, so that what can be subtracted is what
    each release tells of its own epoch: of few people, and read with all that its figures say together."""
    told = [one.filter(population=population) for one in epochs(protection, new)]
    right, guessing = share_right(pl.concat(map(reading, told)))
    assert right < guessing + 0.05
    # The same attacker before anything is protected: right every time.
    exact = [
        one.with_columns(told="n", base=pl.col("n").max().over(WHERE))
        .with_columns(percent=100 * pl.col("n") / pl.col("base"))
        .with_columns(percent=pl.col("percent").fill_nan(0))
        for one in told
    ]
    assert share_right(pl.concat(map(reading, exact)))[0] == 1


def test_a_recipe_that_refuses_noise_tells_multiples_of_five(many: pl.DataFrame) -> None:
    told = shown(tables(many, ROUND))["told"]
    assert set(told % 5) == {0}
    assert set(shown(tables(many, replace(ROUND, round_to=10, threshold=20)))["told"] % 10) == {0}
