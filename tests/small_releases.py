"""Releases of a small questionnaire, made by the product of made-up people, few of them in the smaller groups."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from pathlib import Path

from custodian_world import PLACES, Rows
from release_world import SHIPPED, release, who
from small_instruments import instrument, item, option, page
from small_recipes import fitting

from export.custodian.known import Known
from export.custodian.leaving import Leaving
from export.custodian.recipe import TableSpec
from export.custodian.release import WRITERS, Released
from forms.response import Response

SCALE = tuple(map(option, ("good", "fair", "poor", "bad")))
SAID = ("experience", "treated", "told")
ABOUT_THEM = page(
    "p2",
    item("crime", disclosure="key", options=tuple(map(option, ("burglary", "robbery", "hate", "other")))),
    item("age", disclosure="key", options=tuple(map(option, ("a16", "a25", "a45", "a65")))),
    item("borough", disclosure="key", options=tuple(map(option, ("barnet", "camden", "lambeth")))),
)
"""Everybody is asked who they are last; each answer is a key."""
SMALL = instrument(
    page("p1", *(item(name, core=name == "experience", options=SCALE) for name in SAID)),
    ABOUT_THEM,
)
TABLES = (
    TableSpec("crime", "By crime", ("experience",), "crime", ("London", "police area"), so_far=True),
    TableSpec("age", "By age", ("experience", "treated"), "age", ("London",), so_far=True),
)


@dataclass(frozen=True)
class Out:
    """A release as it left, and as its writers were handed it."""

    released: Released
    leaving: Leaving


def people(seed: int, number: int, first: int) -> list[Response]:
    """Made-up respondents, few of them in the smaller groups, one in ten quick."""
    chance = random.Random(seed)  # noqa: S311 - made-up people must be the same again
    choices = {one.name: [option.code for option in one.options] for page in SMALL.pages for one in page.items}
    return [
        replace(
            who(
                first + at,
                SMALL,
                {name: chance.choices(codes, [60, 20, 9, 5][: len(codes)])[0] for name, codes in choices.items()},
            ),
            quick=chance.random() < 0.1,
        )
        for at in range(number)
    ]


def let_out(folder: Path, rows: Rows, protection: str) -> Out:
    kept = list[Leaving]()
    fits = fitting(SHIPPED, SMALL)
    recipe = replace(fits, tables=replace(fits.tables, protection=protection, tables=TABLES))
    writers = [*WRITERS, lambda _, leaving: kept.append(leaving)]
    released, _ = release(folder, rows, Known.of([SMALL], PLACES), recipe=recipe, writers=writers)
    return Out(released, kept[0])
