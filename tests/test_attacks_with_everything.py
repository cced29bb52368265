"""Attacks by who holds all that two releases ever let out: both records, all figures, the sums of the year so far, the
p-table and every rule; and, in the last, who forged nine of the answers and so knows them.

Two releases share nobody and a sum of the year is nothing but a sum, so that what subtracting gives stands in the
second release anyway: this is tried first, and then each release is attacked with all of it at once.
"""

from __future__ import annotations

import csv
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from math import sqrt
from pathlib import Path

import polars as pl
import pytest
from analyst import Analyst, of_their_own
from custodian_world import sealed
from release_world import SECRET, codebook, records, who
from small_releases import SAID, SMALL, Out, let_out, people

from export.custodian.cube import SURE, SURE_ROW, TOTAL, UNKNOWN
from export.custodian.leaving import Leaving
from export.custodian.release import Released
from export.custodian.rules import SHOWN, Rules
from export.custodian.table import COUNTS, FIRST_VALUE, RESPONSE, SUPPRESSED

BOTH = pytest.mark.parametrize("protection", ["cell-key", "round"])
EXACT = Rules(None, threshold=0, round_to=1, hidden_below=0, otherwise=0)
PAIRS = range(7)


Pairs = Callable[[str, int], list[Out]]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pairs:
    """Two successive releases of 150 people each, by protection and seed."""

    @cache
    def made(protection: str, seed: int) -> list[Out]:
        folder = tmp_path_factory.mktemp("custodian")
        several = [people(seed, 150, 0), people(seed + 100, 150, 10_000)]
        return [let_out(folder, sealed(SECRET.public, one), protection) for one in several]

    return made


def keys(released: Released) -> list[str]:
    return [one["column"] for one in codebook(released)["columns"] if one["treatment"] == "key"]


def left_over(one: Released, other: Released) -> Iterator[int]:
    """How many are new in each group of all keys, or of three, whose people in the other release all come again."""
    mine, theirs, names = records(one), records(other), keys(one)
    for together in [names, *itertools.combinations(names, 1), *itertools.combinations(names, 2),
                     *itertools.combinations(names, 3)]:  # fmt: skip
        groups = [grouped(told, together) for told in (mine, theirs)]
        for group in groups[0].keys() & groups[1].keys():
            if not groups[1][group] - groups[0][group]:
                yield (groups[0][group] - groups[1][group]).total()


def grouped(told: list[dict[str, str]], together: Sequence[str]) -> Mapping[tuple[str, ...], Counter[tuple[str, ...]]]:
    groups: dict[tuple[str, ...], Counter[tuple[str, ...]]] = {}
    for record in told:
        content = tuple(cell for name, cell in record.items() if name not in {"release", "alike"})
        groups.setdefault(tuple(record[name] for name in together), Counter())[content] += 1
    return groups


def figures(released: Released) -> dict[tuple[str, ...], tuple[str, str]]:
    """Count and base of every figure, by where it stands in the long file."""
    with (released.folder / "figures.csv").open(encoding="utf-8", newline="") as file:
        return {
            tuple(line[name] for name in ("table", "mode", "area_level", "area", "category", "measure", "answer",
                                          "responses")): (line["count"], line["base"])
            for line in csv.DictReader(file)
        }  # fmt: skip


def subtracted(earlier: Released, later: Released) -> Iterator[tuple[int, str]]:
    """What the year so far less the earlier release gives, and what the later one tells there itself."""
    before, now = figures(earlier), figures(later)
    for (table, *where), summed in now.items():
        at = (table.removesuffix("-so-far"), *where)
        if table.endswith("-so-far"):
            for whole, part, own in zip(summed, before[at], now[at], strict=True):
                if whole.isdigit() and part.isdigit():
                    yield int(whole) - int(part), own


@BOTH
@pytest.mark.parametrize("seed", PAIRS)
def test_two_releases_subtracted_by_who_holds_all_of_both_expose_nobody(
    pair: Pairs, protection: str, seed: int
) -> None:
    first, second = pair(protection, seed)
    for one, other in ((first, second), (second, first)):
        assert min((new for new in left_over(one.released, other.released) if new), default=5) >= 5
    found = list(subtracted(first.released, second.released))
    assert sum(own == str(gained) for gained, own in found) > 20
    assert {gained for gained, own in found if own != str(gained)} <= {0}, "carried on"
    for one in (first, second):
        assert blanks_filled_in(one.leaving) == []


def test_the_same_attack_finds_two_who_are_new_in_a_release_that_was_forced_past_the_ledger(
    pair: Pairs, tmp_path: Path
) -> None:
    first, _ = pair("cell-key", 0)
    more = [*people(0, 150, 0), *people(7, 2, 20_000)]
    forced = let_out(tmp_path, sealed(SECRET.public, more), "cell-key")
    assert {new for new in left_over(forced.released, first.released) if new} & {1, 2}


def blanks_filled_in(
    leaving: Leaving, mine: Sequence[bytes] = (), *, exactly: bool = False
) -> list[tuple[bytes, str, int]]:
    """Of which response which value of which blank cannot be, for who knows all of some and every figure."""
    told = leaving.told
    assert told is not None
    seen = leaving.protected.table.frame.filter(pl.col("mode") != SUPPRESSED)
    counted = told.table.frame.join(seen.select(RESPONSE), on=RESPONSE, maintain_order="right")
    truth = counted.with_columns((seen["quick"] == FIRST_VALUE).alias(SURE_ROW) & seen[COUNTS])
    known = seen[RESPONSE].is_in(list(mine))
    seen = seen.with_columns(
        pl.when(known).then(truth[name]).otherwise(name).alias(name)
        for name in truth.columns
        if name in seen.columns and name != RESPONSE
    )
    published = of_their_own(told.figures)
    all_told = published.with_columns(told="n", held=pl.lit(SHOWN)) if exactly else published
    ruled_out = Analyst(told.plan, EXACT if exactly else told.rules, all_told, truth, seen).rules_out()
    return [(seen[RESPONSE][record], column, value) for record, column, value in ruled_out]


def hidden_in_areas(leaving: Leaving) -> pl.DataFrame:
    """How many people a held-back figure of a police area is read to be: the records tell the whole of London exactly,
    the tables its other areas, and those that are held back beside it have equal shares of the rest."""
    assert leaving.told is not None
    group = ["measure", "mode", "by", "category", "population", "answer"]
    of_groups = of_their_own(leaving.told.figures).filter(pl.col("by") > 0)
    london = of_groups.filter(pl.col("level") == 0, pl.col("area") != UNKNOWN).select(*group, whole="n")
    areas = of_groups.filter(level=1)
    rest = areas.group_by(group).agg(shown=pl.col("told").sum(), gaps=pl.col("told").is_null().sum())
    held = areas.filter(pl.col("told").is_null()).join(london, on=group).join(rest, on=group)
    share = ((pl.col("whole") - pl.col("shown")) / pl.col("gaps")).round().cast(pl.Int64)
    return held.select(n="n", read=share)


def hidden_by_blanks(leaving: Leaving) -> pl.DataFrame:
    """How many of those with a blank are read to be in a group: what its figure tells less what the records tell."""
    told, seen = leaving.told, leaving.protected.table.frame
    assert told is not None
    found = list[tuple[int, int]]()
    split = of_their_own(told.figures).filter(pl.col("by") > 0, pl.col("category") > UNKNOWN, level=0)
    for row in split.filter(pl.col("told").is_not_null()).iter_rows(named=True):
        measure, by = told.plan.measures[row["measure"]], str(told.plan.breakdowns[row["by"]])
        answers = told.plan.groups.get(measure, {}).get(row["answer"], (row["answer"],))
        if row["answer"] == TOTAL:
            answers = told.plan.in_base(measure)
        counted = seen.filter(pl.col(measure).is_in(list(answers)), pl.col("borough") != SUPPRESSED, mode=row["mode"])
        if row["population"] == SURE:
            counted = counted.filter(COUNTS, quick=FIRST_VALUE)
        if (counted[by] == SUPPRESSED).any():
            sure = int((counted[by] == row["category"]).sum())
            found.append((row["n"] - sure, row["told"] - sure))
    return pl.DataFrame(found, schema={"n": pl.Int64, "read": pl.Int64}, orient="row")


def one_or_two(read: pl.DataFrame) -> tuple[float, float, float]:
    """How often 'one or two' is read right, how often the better of 'always' and 'never' is, and three standard errors
    of a share of so many readings, at their widest."""
    truth, said = (read[name].is_in([1, 2]) for name in ("n", "read"))
    ones = int(truth.sum()) / read.height
    return int((truth == said).sum()) / read.height, max(ones, 1 - ones), 3 * sqrt(0.25 / read.height)


def all_releases(pair: Pairs, protection: str) -> list[Leaving]:
    return [one.leaving for seed in PAIRS for one in pair(protection, seed)]


@BOTH
def test_who_holds_the_records_reads_one_or_two_new_people_of_an_area_no_better_than_by_guessing(
    pair: Pairs, protection: str
) -> None:
    read = pl.concat(map(hidden_in_areas, all_releases(pair, protection)))
    assert read.height > 1_000
    right, guessing, errors = one_or_two(read)
    assert right < guessing + errors
    assert one_or_two(read.with_columns(read="n"))[0] == 1


@BOTH
def test_who_reads_one_or_two_of_those_with_a_blank_gains_no_more_than_is_written_down(
    pair: Pairs, protection: str
) -> None:
    """The gain that is written down, five in a hundred, lies within what so few readings can show."""
    read = pl.concat(map(hidden_by_blanks, all_releases(pair, protection)))
    assert read.height > 60
    right, guessing, errors = one_or_two(read)
    assert right < guessing + errors
    assert one_or_two(read.with_columns(read="n"))[0] == 1


@BOTH
@pytest.mark.parametrize("door", ["code", "open"])
@pytest.mark.parametrize("seed", [1, 2])
def test_who_forged_nine_open_door_answers_around_a_real_one_exposes_nobody_with_all_that_left(
    tmp_path: Path, protection: str, door: str, seed: int
) -> None:
    rare = {"crime": "other", "age": "a65", "borough": "lambeth"}
    crowd = [one for one in people(seed, 150, 0) if one.answers["crime"] != "other"]
    bad, good = ({**rare, **dict.fromkeys(SAID, answer)} for answer in ("bad", "good"))
    real = replace(who(9_000, SMALL, bad), mode="link")
    forged = [replace(who(9_001 + at, SMALL, good), mode="link") for at in range(9)]
    by_link = [replace(one, mode="link") for one in crowd[::2]]
    rows = [*sealed(SECRET.public, crowd[1::2]), *sealed(SECRET.public, by_link, "code")]
    rows += [*sealed(SECRET.public, [real], door), *sealed(SECRET.public, forged, "open")]
    out = let_out(tmp_path, rows, protection)
    mine, theirs = [bytes.fromhex(one.response) for one in forged], bytes.fromhex(real.response)

    seen, names = out.leaving.protected.table.frame, keys(out.released)
    assert seen[RESPONSE].is_in([theirs, *mine]).sum() == 10
    its = seen.row(by_predicate=pl.col(RESPONSE) == theirs, named=True)
    beside = seen.filter(~pl.col(RESPONSE).is_in([theirs, *mine]), COUNTS)
    for together in [names, *itertools.combinations(names, 3)]:
        told = [name for name in together if its[name] != SUPPRESSED]
        left = beside.filter(pl.all_horizontal(pl.lit(value=True), *(pl.col(name) == its[name] for name in told)))
        assert left.height + (door == "code") >= 5, "what the forger's own leave over"
    assert blanks_filled_in(out.leaving, mine) == []
    assert theirs in {response for response, *_ in blanks_filled_in(out.leaving, mine, exactly=True)}
