"""A recipe read from its TOML file, and the two that ship. Every fault is named with its key and what to do."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from export.custodian.recipe import (
    PROTECTIONS,
    RULES,
    SPANS,
    Epochs,
    GroupedAnswers,
    HierarchySpec,
    LevelSpec,
    OffBase,
    Ordered,
    Recipe,
    Tables,
    TableSpec,
    Thresholds,
)
from export.custodian.recipe_shapes import At, RecipeRefused

RECIPES = Path(__file__).parent / "recipes"
VICTIM_VOICE = RECIPES / "victim-voice.toml"
DEMONSTRATION = RECIPES / "demonstration.toml"


def read_recipe(path: Path) -> Recipe:
    """The recipe of a TOML file; what it leaves out is as in the recipe beside it that ``extends`` names, if any.

    Raises:
        RecipeRefused: unreadable or not a recipe; names the file, the key and what to do.
    """
    said = _toml(path)
    try:
        if "extends" in said:
            other = path.with_name(f"{At('', said).slug('extends')}.toml")
            whole = _toml(other)
            if "extends" in whole:
                raise At("", said).fault(
                    "extends",
                    f"names {other.name}, which extends a recipe itself; one level is read. Name the recipe at the"
                    f" bottom, and copy the parts of {other.name} that you want into this file",
                )
            said = whole | {key: said[key] for key in said if key != "extends"}
        return _recipe(At("", said))
    except RecipeRefused as fault:
        raise RecipeRefused(f"{path}: {fault}") from fault


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise RecipeRefused(
            f"{path} cannot be read ({fault.strerror}). Look for its right name and place, then try again."
        ) from fault
    except ValueError as fault:
        raise RecipeRefused(f"{path} cannot be read: {fault}") from fault


def _recipe(at: At) -> Recipe:
    at.only("series", "epochs", "thresholds", "hierarchy", "tables")
    hierarchies = tuple(map(_hierarchy, at.tables("hierarchy")))
    by_variable = {one.variable: one for one in hierarchies}
    if len(by_variable) != len(hierarchies):
        raise RecipeRefused("hierarchy: a variable has two. Leave one of them out.")
    return Recipe(
        at.slug("series"),
        _epochs(at.table("epochs")),
        _thresholds(at.table("thresholds")),
        hierarchies,
        _tables(at.table("tables"), by_variable),
    )


def _epochs(at: At) -> Epochs:
    at.only("months", "wait")
    months = at.whole("months", 1, 12)
    if months not in SPANS:
        raise at.fault("months", f"must be one of {', '.join(map(str, SPANS))}, so that a year holds whole epochs")
    return Epochs(months, at.truth("wait"))


def _thresholds(at: At) -> Thresholds:
    at.only("k", "three_way", "l", "first_batch", "least_batch", "at_risk")
    k = at.whole("k", 5, 1000)
    return Thresholds(
        k,
        at.whole("three_way", 5, 1000),
        at.whole("l", 2, 100),
        at.whole("first_batch", max(10, k), 1_000_000),
        at.whole("least_batch", max(50, k), 1_000_000),
        at.share("at_risk"),
    )


def _hierarchy(at: At) -> HierarchySpec:
    at.only("variable", "as_given", "finest", "level")
    levels = tuple(map(_level, at.tables("level")))
    if len({level.name for level in levels}) != len(levels):
        raise at.fault("level", "has two of one name; give each level a name of its own")
    return HierarchySpec(at.item("variable"), _finest(at, [level.name for level in levels]), levels)


def _finest(at: At, levels: Sequence[str]) -> str:
    """The finest that a key is told at. Its answers as given have a key of their own: a slip must not tell more."""
    if at.has("as_given") == at.has("finest"):
        raise at.fault(
            "finest",
            "must name the finest level, or else as_given must say what the answers as given are called; write one of"
            " the two",
        )
    if at.has("as_given"):
        given = at.text("as_given")
        if given in levels:
            raise at.fault("as_given", f'says "{given}", which is a level; write finest if you mean that level')
        return given
    finest = at.text("finest")
    if finest not in levels:
        there = f"there are {', '.join(levels)}" if levels else "there is none"
        raise at.fault(
            "finest",
            f'says "{finest}", which is no level; {there}. If it may be told as it was answered, write as_given ='
            f' "{finest}" instead: its series goes on',
        )
    return finest


def _level(at: At) -> LevelSpec:
    at.only("name", "by", "groups", "bands", "rest", "labels")
    if sum(at.has(key) for key in ("by", "groups", "bands")) != 1:
        raise at.fault("name", "needs exactly one of by, groups and bands beside it")
    by = at.one_of("by", RULES) if at.has("by") else None
    groups = at.groups("groups") if at.has("groups") else {}
    bands = at.wholes("bands") if at.has("bands") else ()
    rest = at.code("rest") if at.has("rest") else None
    if rest is not None and not groups:
        raise at.fault("rest", "only goes with groups; take it out")
    return LevelSpec(at.text("name"), by, groups, bands, rest, at.labels("labels") if at.has("labels") else {})


def _ordered(at: At) -> Ordered:
    at.only("rows", "answers", "apart")
    answers, apart = at.codes("answers"), at.codes("apart") if at.has("apart") else ()
    if set(answers) & set(apart):
        raise at.fault("apart", "names a step of the order; leave it in one of answers and apart")
    return Ordered(at.items("rows"), answers, apart)


def _tables(at: At, hierarchies: Mapping[str, HierarchySpec]) -> Tables:
    at.only(
        "protection",
        "area",
        "hidden_below",
        "flagged_below",
        "threshold",
        "round_to",
        "table",
        "grouped",
        "off_base",
        "ordered",
    )
    hidden = at.whole("hidden_below", 30, 1_000_000)
    area = at.item("area")
    if area not in hierarchies:
        raise at.fault("area", f"names {area}, which has no hierarchy; there are {', '.join(hierarchies)}")
    finest, named = hierarchies[area].finest, [level.name for level in hierarchies[area].levels]
    levels = tuple(named[named.index(finest) :]) if finest in named else (finest, *named)
    tables = tuple(_table(one, levels) for one in at.tables("table"))
    if len({one.name for one in tables}) != len(tables):
        raise at.fault("table", "has two of one name; give each table a name of its own")
    said = Tables(
        at.one_of("protection", PROTECTIONS),
        area,
        hidden,
        at.whole("flagged_below", hidden, 1_000_000),
        at.whole("threshold", 10, 1_000_000),
        at.whole("round_to", 5, 1000),
        tables,
        tuple(map(_grouped, at.tables("grouped"))),
        tuple(map(_off_base, at.tables("off_base"))),
        tuple(map(_ordered, at.tables("ordered"))),
    )
    for one in said.grouped:
        if any(said.outside(row) & set(codes) for row in one.rows for codes in one.groups.values()):
            raise at.fault("off_base", "takes an answer out of a base that grouped tells; leave it in one of them")
    return said


def _off_base(at: At) -> OffBase:
    at.only("rows", "answers")
    return OffBase(at.items("rows"), at.codes("answers"))


def _grouped(at: At) -> GroupedAnswers:
    at.only("rows", "groups", "labels")
    groups, labels = at.groups("groups"), at.labels("labels")
    if labels.keys() != groups.keys():
        raise at.fault("labels", "must give each group a label, and nothing else")
    return GroupedAnswers(at.items("rows"), groups, labels)


def _table(at: At, levels: tuple[str, ...]) -> TableSpec:
    at.only("name", "title", "rows", "by", "geography", "so_far")
    geography = at.texts("geography")
    if not set(geography) <= set(levels):
        raise at.fault("geography", f"names a level that is not there; there are {', '.join(levels)}")
    by = at.item("by") if at.has("by") else None
    so_far = at.truth("so_far") if at.has("so_far") else False
    return TableSpec(at.slug("name"), at.text("title"), at.items("rows"), by, geography, so_far)
