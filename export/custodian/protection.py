"""From exact figures to what may be told: moved or rounded, small ones held back, and what could be worked out too.

Every figure of the listed tables stands in the result, empty ones too, so that no gap says anything. Held back are
counts below ten, the answers of a base told as under thirty (judged by the true one, they would tell of a base told as
thirty that it is smaller), and the answers of a group that all but one answered alike (nobody need be found in it to be
told about), of everybody by those who count alone; then as many more as it takes until an attacker who knows every
published figure, the p-table and what these rules say of a figure that is told is left with an interval of at least ten
for each of them. The difference between a figure for everybody and the one without open-door and quick responses is
held to an interval of its own.
"""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import polars as pl

from export.custodian.as_told import Address, as_told
from export.custodian.attacker import Attacker, Said, Target
from export.custodian.closing import closed
from export.custodian.cube import ADDRESS, COUNTING, EVERYBODY, SURE, TOTAL, WHERE, Plan
from export.custodian.linked import Figure, Linked
from export.custodian.rules import SHOWN, SMALL, WEAK_BASE, Rules, worth

_Shown = Mapping[Figure, tuple[int, int]]
"""The figures of one mode that are told: each one's name, and what it is told as."""
_EVERYWHERE = [name for name in ADDRESS if name != "population"]
_JUDGED_ALIKE = [*_EVERYWHERE, pl.col("population") == SURE]


def protected(figures: pl.DataFrame, plan: Plan, rules: Rules, most: int) -> pl.DataFrame:
    """Every figure of the plan as it may be told.

    Args:
        figures: what ``cube.counted`` found.
        plan: what it counted.
        rules: how to protect.
        most: the number of responses, which is published.

    Returns:
        One row a figure: its address, ``told``, ``held`` (why it is held back, or ``SHOWN``), ``base`` and
        ``percent`` (whole), the three null where they are not told; ``n``, ``counting`` (by tablet or one-time code),
        ``people`` and ``small``, which never leave.

    Raises:
        CannotClose: a figure could be worked out too closely whatever else is held back.
    """
    every = _every(plan, figures["mode"].unique().sort().to_list()).join(
        figures, on=ADDRESS, how="left", maintain_order="left"
    )
    every = every.with_columns(pl.col("n", "people", "key").fill_null(0))
    every = every.with_columns(told=rules.told(every["n"], every["key"]))
    held = _held_back(_with_base(every), rules)
    apart = held.partition_by("measure", maintain_order=True)
    with ThreadPoolExecutor(os.cpu_count()) as threads:  # the solver lets other threads run beside it
        parts = list(threads.map(lambda part: _closed(part, plan, rules, most), apart))
    return with_percentages(pl.concat([held.clear(), *parts]).drop("key", "base_n", "largest"))


def exposed(told: pl.DataFrame, plan: Plan, rules: Rules, most: int) -> int:
    """How many figures somebody who knows all that is told could work out more closely than the rules allow.

    Raises:
        Contradiction: the figures contradict each other.
    """
    attacks = [_attack(part, plan, rules, most) for part in told.partition_by("measure")]
    return sum(len(Attacker(one.cells, one.said, most).narrow(one.targets)) for one in attacks)


def _every(plan: Plan, modes: Sequence[int]) -> pl.DataFrame:
    """The address of every figure of the tables, empty or not."""
    parts = []
    for one in plan.listed:
        by = plan.breakdowns.index(one.by)
        for level in one.levels:
            sides = {
                "measure": [plan.measures.index(one.measure)], "mode": list(modes), "level": [level],
                "area": plan.areas(level), "by": [by], "category": plan.categories(by),
                "population": [EVERYBODY, SURE, COUNTING], "answer": plan.answers(one.measure),
            }  # fmt: skip
            addresses = itertools.product(*(sides[name] for name in ADDRESS))
            parts.append(pl.DataFrame(list(addresses), schema=dict.fromkeys(ADDRESS, pl.Int64), orient="row"))
    whole = pl.concat(parts).with_columns(by=pl.when(pl.col("category") == TOTAL).then(0).otherwise(pl.col("by")))
    return whole.unique().sort(ADDRESS)


def _with_base(every: pl.DataFrame) -> pl.DataFrame:
    """Beside each figure what all answers together come to, and the most that gave one answer."""
    bases = every.filter(pl.col("answer") == TOTAL).select(*WHERE, base="told", base_n="n")
    largest = every.filter(pl.col("answer") != TOTAL).group_by(WHERE).agg(largest=pl.col("n").max())
    joined = every.join(bases, on=list(WHERE), how="left", maintain_order="left")
    return joined.join(largest, on=list(WHERE), how="left", maintain_order="left")


def _small(rules: Rules, told: str, n: str) -> pl.Expr:
    return pl.col(told if rules.ptable is not None else n) < rules.threshold


def _held_back(every: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """What is too small on its own; of everybody by those who count: who forges answers must not make a count large."""
    answer = pl.col("answer") != TOTAL
    judged = every.with_columns(
        small=_small(rules, "told", "n"),
        weak=_small(rules, "base", "base_n") | (pl.col("base") < rules.hidden_below),
        alike=answer & (pl.col("base_n") - pl.col("largest") < rules.otherwise),
    )
    either = [pl.col(name).any().over(_JUDGED_ALIKE).alias(name) for name in ("small", "weak", "alike")]
    counting = pl.col("n").filter(pl.col("population") == COUNTING).first().over(_EVERYWHERE).alias("counting")
    answers_weak = answer & pl.col("weak")
    return (
        judged.with_columns(*either, counting)
        .filter(pl.col("population") != COUNTING)
        .select(
            *every.columns,
            "counting",
            held=pl.when(answers_weak)
            .then(pl.lit(WEAK_BASE))
            .when(pl.col("alike") | pl.col("small"))
            .then(pl.lit(SMALL))
            .otherwise(pl.lit(SHOWN)),
            small=pl.col("small") | (pl.col("alike") & ~answers_weak),
        )
    )


@dataclass
class _Attack:
    """What is said by the figures of one measure, what has to stay open, and what each figure is worth."""

    cells: int = 0
    said: list[Said] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    costs: dict[int, float] = field(default_factory=dict)


def _closed(part: pl.DataFrame, plan: Plan, rules: Rules, most: int) -> pl.DataFrame:
    """The figures of one measure with as many more held back as it takes."""
    attack = _attack(part, plan, rules, most)
    more = sorted(closed(attack.cells, attack.said, attack.targets, attack.costs, most))
    hit = pl.int_range(part.height, eager=True).is_in(more)
    return part.with_columns(held=pl.when(hit).then(pl.lit(SMALL)).otherwise(pl.col("held")))


def _attack(part: pl.DataFrame, plan: Plan, rules: Rules, most: int) -> _Attack:
    """On the figures of one measure, all modes beside each other: together they are no more than all responses.

    Where nobody skipped the question they are just as many, and somebody may know that nobody can.
    """
    attack, linked, everybody = _Attack(), Linked(plan, plan.measures[part["measure"][0]]), list[int]()
    numbered = part.with_row_index("name")
    for of_mode in numbered.partition_by("mode", maintain_order=True):
        everybody += [attack.cells + cell for cell in linked.everybody]
        _of_mode(of_mode, linked, rules, most, attack)
        attack.cells += linked.count
    whole = part.filter(pl.col("answer") == TOTAL, pl.col("population") == EVERYBODY, pl.col("by") == 0)
    answered = whole.filter(pl.col("level") == pl.col("level").min())["n"].sum()
    attack.said.append(Said(tuple(everybody), most if answered == most else 0, most))
    return attack


def _of_mode(part: pl.DataFrame, linked: Linked, rules: Rules, most: int, attack: _Attack) -> None:
    """Add to an attack what the figures of one mode say; its cells are numbered on from those before."""
    addresses = list(part.select("level", "area", "by", "category", "population", "answer").iter_rows())
    rows = list(part.select("name", "told", "held", "small").iter_rows())
    shown = {one: (name, told) for one, (name, told, held, _) in zip(addresses, rows, strict=True) if held == SHOWN}
    counts = dict(zip(addresses, part["n"], strict=True))
    said, targets = list(_told_at_all(shown, linked, rules)), dict[Target, None]()
    for figure, (name, told, _, small) in zip(addresses, rows, strict=True):
        if figure in shown:
            low, high = rules.possible(told)
            said.extend(Said(cells, low, high, by=(name,)) for cells in linked.sums(figure))
            attack.costs[name] = worth(told, figure)
        elif small:
            targets[Target(next(linked.sums(figure)), rules.threshold)] = None
        sure = (*figure[:4], SURE, figure[5])
        if (
            figure[4] == EVERYBODY
            and {figure, sure} <= shown.keys()
            and counts[figure] - counts[sure] < rules.threshold
        ):
            targets[Target(linked.between(figure), rules.between)] = None
    said.extend(_moved_apart(shown, linked, rules, attack.costs))
    attack.said.extend(one.shifted(attack.cells) for one in said)
    attack.targets.extend(one.shifted(attack.cells) for one in targets)


def _told_at_all(shown: _Shown, linked: Linked, rules: Rules) -> Iterator[Said]:
    """What is true whatever is published, and what it says that these figures are told, whatever they are told as.

    Of those who came by tablet or code nothing: nobody need have come by an open door.
    """
    told = [one for one in as_told(shown, linked.answers, linked.groups, rules) if one.figure[4] != COUNTING]
    weakest = rules.possible(rules.hidden_below)[0]
    names: dict[Address, int] = {figure: name for figure, (name, _) in shown.items()}
    apart, said = set(shown), list[Said]()
    for one in told:
        (level, area, by, category, population, answer), said_by = one.figure, tuple(names[each] for each in one.by)
        figure, same = ((level, area, by, category, population, each) for each in (answer, one.other_than))
        if one.other_than == TOTAL:
            said += [Said(cells, one.least, math.inf, by=said_by) for cells in linked.sums(figure)]
        elif one.by != (same,) or weakest - rules.possible(shown[same][1])[1] < one.least:
            # Else the base alone says as much.
            apart.add(same)
            pairs = zip(linked.sums(figure), linked.sums(same), strict=True)
            said += [Said(tuple(sorted({*base} - {*less})), one.least, math.inf, by=said_by) for base, less in pairs]
    yield from linked.everywhere(apart)
    yield from said


def _moved_apart(shown: _Shown, linked: Linked, rules: Rules, costs: Mapping[int, float]) -> Iterator[Said]:
    """The same people are always moved alike: where a figure and one around it are told otherwise, that counts more."""
    for figure, (name, told) in shown.items():
        for around, more in linked.beyond(figure):
            other, told_around = shown.get(around, (name, told))
            # Where the two lie further apart, what each may be tells as much.
            if told != told_around and rules.possible(told_around)[0] <= rules.possible(told)[1]:
                yield Said(more, 1, math.inf, by=(min(name, other, key=lambda one: (costs[one], one)),))


def with_percentages(figures: pl.DataFrame) -> pl.DataFrame:
    """Whole percentages of counts as they are told: an exact one beside a moved count would give the count away."""
    shown = pl.when(pl.col("held") == SHOWN).then(pl.col("told"))
    told = figures.select(pl.exclude("base", "percent")).with_columns(told=shown)
    bases = told.filter(pl.col("answer") == TOTAL).select(*WHERE, base="told")
    joined = told.join(bases, on=list(WHERE), how="left", maintain_order="left")
    percent = (100 * pl.col("told") / pl.col("base")).round().clip(upper_bound=100).cast(pl.Int64)
    return joined.with_columns(percent=pl.when(pl.col("answer") != TOTAL).then(percent))
