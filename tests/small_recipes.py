"""Recipes for small questionnaires: a larger one's without what they lack, since a recipe names what is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import replace

from export.custodian.recipe import HierarchySpec, LevelSpec, Recipe
from forms.instrument import Instrument

ABOUT_THE_INTERVIEW = ("place", "mode", "month", "language", "status", "quick")
_Answers = Mapping[str, Set[str]]


def fitting(recipe: Recipe, *made: Instrument) -> Recipe:
    """The recipe with what any of these questionnaires has; what is said about the interview stays."""
    answers: dict[str, set[str]] = {}
    for item in (item for one in made for item in (*one.items(), *one.calculations)):
        answers.setdefault(item.name, set()).update(option.code for option in item.options)
    tables = recipe.tables
    return replace(
        recipe,
        hierarchies=tuple(_hierarchies(recipe, answers)),
        tables=replace(
            tables,
            tables=tuple(
                replace(one, rows=rows)
                for one in tables.tables
                if (rows := _there(one.rows, answers)) and (one.by is None or one.by in answers)
            ),
            grouped=tuple(
                replace(one, rows=rows, groups=groups, labels={name: one.labels[name] for name in groups})
                for one in tables.grouped
                if (rows := _there(one.rows, answers))
                and (groups := {name: codes for name, codes in one.groups.items() if _to(rows, answers) >= set(codes)})
            ),
            ordered=tuple(
                replace(one, rows=rows, answers=_there(one.answers, told), apart=_there(one.apart, told))
                for one in tables.ordered
                if (rows := tuple(row for row in one.rows if {*one.answers} & answers.get(row, set())))
                and (told := _to(rows, answers))
            ),
            off_base=tuple(
                replace(one, rows=rows, answers=codes)
                for one in tables.off_base
                if (rows := _there(one.rows, answers)) and (codes := _there(one.answers, _to(rows, answers)))
            ),
        ),
    )


def _hierarchies(recipe: Recipe, answers: _Answers) -> Iterator[HierarchySpec]:
    for one in recipe.hierarchies:
        if one.variable in ABOUT_THE_INTERVIEW or (one.variable == recipe.tables.area and one.variable in answers):
            yield one
        elif one.variable in answers:
            told, levels = answers[one.variable], list[LevelSpec]()
            for level in one.levels:
                groups = {name: kept for name, codes in level.groups.items() if (kept := _there(codes, told))}
                labels = {name: label for name, label in level.labels.items() if name in {*groups, level.rest}}
                levels.append(replace(level, groups=groups, labels=labels))
                told = groups.keys()
            yield replace(one, levels=tuple(levels))


def _there(names: tuple[str, ...], there: Mapping[str, Set[str]] | Set[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name in there)


def _to(rows: tuple[str, ...], answers: _Answers) -> Set[str]:
    return frozenset[str]().union(*(answers[row] for row in rows))
