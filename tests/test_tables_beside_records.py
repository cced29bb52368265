"""An analyst who holds the records and lays the tables over them fills in no blank: not by any figure, nor by all."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from analyst import Analyst, of_their_own
from custodian_world import PLACES, sealed
from release_world import SECRET, SHIPPED, release, who
from small_instruments import instrument, item, option, page
from small_recipes import fitting
from small_releases import ABOUT_THEM
from tables_world import AREAS, GROUPED, NOISE, OFF_BASE, PLAN, ROUND, people, tables

from export.custodian.attacker_report import attacker_report
from export.custodian.blanks import closed_over
from export.custodian.cellkeys import KEYS, mixed, read_ptable
from export.custodian.cube import ADDRESS, SURE_ROW, Level, Listed, Plan
from export.custodian.known import Known
from export.custodian.leaving import Leaving
from export.custodian.protection import exposed
from export.custodian.recipe import TableSpec
from export.custodian.rules import SHOWN, Rules
from export.custodian.table import COUNTS, FIRST_VALUE, RESPONSE, SKIPPED, SUPPRESSED

BOTH = pytest.mark.parametrize("rules", [NOISE, ROUND], ids=["noise", "rounding"])
TELLING = (10, 13, 15, 16)
"""Made-up people whose tables, closed among themselves only, do fill in blanks."""


def with_blanks(seed: int, frame: pl.DataFrame, share: float = 0.04) -> pl.DataFrame:
    """The same people as records tell them: some answers, crimes and boroughs are blank."""
    chance = random.Random(seed)  # noqa: S311 - made-up blanks must be the same again
    blank = {
        name: pl.Series([chance.random() < share for _ in range(frame.height)]) for name in ("said", "crime", "borough")
    }
    return frame.with_columns(
        pl.when(hit).then(pl.lit(SUPPRESSED)).otherwise(pl.col(name)).alias(name) for name, hit in blank.items()
    )


def a_world(seed: int, rules: Rules, plan: Plan = PLAN) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    frame = people(seed, 90 + seed * 11 % 90)
    return frame, with_blanks(seed, frame), tables(frame, rules, plan)


@BOTH
@pytest.mark.parametrize("plan", [PLAN, GROUPED, OFF_BASE], ids=["answers", "grouped answers", "off base"])
@pytest.mark.parametrize("seed", TELLING)
def test_no_value_of_any_blank_is_proved_or_ruled_out_by_all_figures_together(
    plan: Plan, rules: Rules, seed: int
) -> None:
    frame, seen, figures = a_world(seed, rules, plan)
    told = closed_over(figures, plan, rules, frame, seen)
    assert Analyst(plan, rules, told, frame, seen).rules_out() == []
    # What was closed before stays closed: more is held back, nothing else changes.
    assert exposed(told, plan, rules, frame.height) == 0
    shown = told["held"] == SHOWN
    assert told.filter(shown).select(*ADDRESS, "told").equals(figures.filter(shown).select(*ADDRESS, "told"))
    assert set(told.filter(pl.col("blank") != "")["held"]) <= {"c"}
    assert told.filter(~shown, pl.col("told").is_not_null() | pl.col("percent").is_not_null()).is_empty()


@BOTH
def test_tables_that_are_safe_alone_do_tell_of_blanks(rules: Rules) -> None:
    """The test above can fail: the same tables, closed among themselves only, fill in blanks."""
    found = 0
    for seed in TELLING:
        frame, seen, figures = a_world(seed, rules)
        found += len(Analyst(PLAN, rules, figures, frame, seen).rules_out())
    assert found > 0


def all_but_three_said_all(seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """People who skipped nothing, but for three who skipped one question, and whose crime is blank in the records."""
    skipped = random.Random(seed).sample(range(120), 3)  # noqa: S311 - made-up people must be the same again
    three = pl.int_range(pl.len()).is_in(skipped)
    frame = people(seed, 120).with_columns(
        pl.col("said", "crime", "borough").clip(FIRST_VALUE),
        offered=pl.when(three).then(SKIPPED).otherwise(pl.col("offered").clip(FIRST_VALUE)),
    )
    return frame, frame.with_columns(crime=pl.when(three).then(SUPPRESSED).otherwise("crime"))


@pytest.mark.parametrize("seed", [0, 1, 3, 4, 6, 7])
def test_that_the_same_people_are_always_moved_alike_tells_nobody_who_is_one_more(seed: int) -> None:
    """Of two bases of one group, told otherwise, the one that counts more people counts somebody with a blank."""
    frame, seen = all_but_three_said_all(seed)
    figures = tables(frame, NOISE)
    assert Analyst(PLAN, NOISE, figures, frame, seen).rules_out() != []
    told = closed_over(figures, PLAN, NOISE, frame, seen)
    assert Analyst(PLAN, NOISE, told, frame, seen).rules_out() == []
    assert told.filter(pl.col("held") == SHOWN).height > 50


SAID_BY_CRIME = replace(
    PLAN, listed=(Listed("said", "crime", (0,)),), levels=(Level("London", dict.fromkeys(AREAS, FIRST_VALUE)),)
)


def some_blank(
    seed: int, said: list[int], crime: list[int], counting: list[bool], one: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """These and more people of other crimes; blank in the records is the crime of this one, and of four who said 3."""
    chance = random.Random(seed)  # noqa: S311 - made-up people must be the same again
    said = said + chance.choices([3, 4, 5, 6], [40, 30, 20, 10], k=100)
    number = len(said)
    frame = people(seed, number, first=seed * 1000).with_columns(
        pl.Series("said", said),
        pl.Series("crime", crime + chance.choices([3, 5], [60, 40], k=number - len(crime))),
        pl.Series(COUNTS, counting + [True] * (number - len(counting))),
        offered=pl.lit(3),
        borough=pl.lit(3),
        mode=pl.lit(3),
    )
    others = [at for at in range(len(crime), number) if said[at] == 3][:4]
    blank = pl.int_range(pl.len()).is_in([one, *others])
    return frame.with_columns(pl.col(COUNTS).alias(SURE_ROW)), frame.with_columns(
        crime=pl.when(blank).then(pl.lit(SUPPRESSED)).otherwise("crime")
    )


@pytest.mark.parametrize("seed", [1, 4, 8])
def test_that_a_group_was_not_all_alike_tells_nobody_who_said_otherwise(seed: int) -> None:
    """An answer of a group is told only where two said otherwise: nobody reads out that one of them has a blank."""
    frame, seen = some_blank(seed, [3] * 38 + [4, 4], [4] * 40, [], 39)
    told = closed_over(tables(frame, NOISE, SAID_BY_CRIME), SAID_BY_CRIME, NOISE, frame, seen)
    assert Analyst(SAID_BY_CRIME, NOISE, told, frame, seen).rules_out() == []
    assert told.filter(pl.col("held") == SHOWN).height > 10


@pytest.mark.parametrize("seed", [1, 2])
def test_that_enough_came_by_card_or_tablet_tells_nobody_who_is_the_tenth(seed: int) -> None:
    """A figure for everybody is told only where ten of them count: who came by an open door may be known."""
    said, counting = [4] * 22 + [3] * 40 + [5] * 15 + [6] * 15, [True] * 10 + [False] * 12
    frame, seen = some_blank(seed, said, [4] * len(said), counting, 9)
    told = closed_over(tables(frame, ROUND, SAID_BY_CRIME), SAID_BY_CRIME, ROUND, frame, seen)
    assert Analyst(SAID_BY_CRIME, ROUND, told, frame, seen).rules_out() == []
    assert told.filter(pl.col("held") == SHOWN).height > 10


@pytest.mark.parametrize("seed", [31, 36])
def test_that_figures_are_told_at_all_fills_in_no_blank(seed: int) -> None:
    frame, seen, figures = a_world(seed, ROUND)
    told = closed_over(figures, PLAN, ROUND, frame, seen)
    assert Analyst(PLAN, ROUND, told, frame, seen).rules_out() == []


SMALL = instrument(
    page("p1", item("experience", core=True, options=tuple(map(option, ("good", "fair", "poor"))))),
    ABOUT_THEM,
)
TABLES = (
    TableSpec("crime", "Experience by crime", ("experience",), "crime", ("London", "police area")),
    TableSpec("age", "Experience by age", ("experience",), "age", ("London",)),
)


def a_release(folder: Path, seed: int, protection: str) -> Leaving:
    """A release of people of whom few are in the smaller groups, as its writers are handed it."""
    chance, kept = random.Random(seed), list[Leaving]()  # noqa: S311 - made-up people must be the same again

    def keep(folder: Path, leaving: Leaving) -> None:
        (folder / "kept.txt").touch()
        kept.append(leaving)

    def chosen(name: str) -> str:
        codes = [one.code for one in SMALL.item(name).options]
        return chance.choices(codes, [60, 20, 9, 5][: len(codes)])[0]

    said = [{name: chosen(name) for name in ("experience", "crime", "age", "borough")} for _ in range(110)]
    came = [replace(who(number, SMALL, answers), quick=chance.random() < 0.1) for number, answers in enumerate(said)]
    fits = fitting(SHIPPED, SMALL)
    recipe = replace(fits, tables=replace(fits.tables, protection=protection, tables=TABLES))
    release(folder, sealed(SECRET.public, came), Known.of([SMALL], PLACES), recipe=recipe, writers=[keep])
    return kept[0]


@pytest.mark.parametrize("protection", ["cell-key", "round"])
@pytest.mark.parametrize("seed", [3, 7])
def test_who_holds_a_release_whole_fills_in_none_of_its_blanks(tmp_path: Path, protection: str, seed: int) -> None:
    leaving = a_release(tmp_path, seed, protection)
    told = leaving.told
    assert told is not None
    seen = leaving.protected.table.frame.filter(pl.col("mode") != SUPPRESSED)
    people = told.table.frame.join(seen.select(RESPONSE), on=RESPONSE, maintain_order="right")
    truth = people.with_columns((seen["quick"] == FIRST_VALUE).alias(SURE_ROW))
    assert seen.select((pl.col("crime", "age", "borough") == SUPPRESSED).sum()).row(0) > (0, 0, 0)
    assert told.figures.filter(pl.col("held") == SHOWN).height > 5
    assert Analyst(told.plan, told.rules, of_their_own(told.figures), truth, seen).rules_out() == []


def test_the_publisher_is_told_which_columns_to_recode_so_that_less_is_held_back(tmp_path: Path) -> None:
    leaving = a_release(tmp_path, 3, "round")
    assert leaving.told is not None
    told_of = leaving.told.figures.filter(pl.col("blank") != "")["blank"].value_counts().rows()
    assert told_of
    report = attacker_report(leaving, [])
    for column, figures in told_of:
        assert f"{column}: {figures}" in report
    assert "the records of this release" in report[: report.index("Not covered")]


def test_the_moves_of_parts_do_not_tell_that_of_their_total() -> None:
    """Sums of keys would: of two parts whose counts the records tell, the moves leave their total few of its own."""
    ptable, every = read_ptable(), pl.Series(range(KEYS))

    def left(keys_of: Callable[[pl.Series], pl.Series]) -> int:
        """How many different moves of a total go together with parts that are both moved up by three."""
        up = every.filter(ptable.told(pl.Series([40] * KEYS), keys_of(every)) == 43)
        sums = pl.Series([(one + other) % KEYS for one in up for other in up])
        return int(ptable.told(pl.Series([80] * len(sums)), keys_of(sums)).n_unique())

    assert left(lambda keys: keys) == 2
    assert left(lambda keys: mixed(b"s" * 32, keys)) == 7
    assert mixed(b"s" * 32, pl.Series(range(KEYS))).sort().to_list() == list(range(KEYS))
