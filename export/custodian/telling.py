"""What a release tells everybody: the figures of its recipe's tables, over the same people as its records.

The tables count whom the records hold and nobody else: a later release holds the rest, and no difference between the
two is a person. Breakdowns are told at the levels that the records are told at; areas at the levels that the recipe
lists, each made of whole areas of the next. Somebody whose record has a blank for how it was answered is in no table,
since tables never add modes up; one that has a blank for how quickly is counted as quick. So neither can be told from
the tables, and ``blanks`` sees to all others.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from export.custodian.apart import told_apart
from export.custodian.blanks import closed_over
from export.custodian.cellkeys import mixed, read_ptable, record_keys
from export.custodian.cube import KEY, SURE_ROW, Level, Listed, Plan, counted
from export.custodian.generalising import Hierarchy
from export.custodian.protection import protected
from export.custodian.recipe import GroupedAnswers, Tables, TableSpec
from export.custodian.recoding import recoded
from export.custodian.rules import Rules
from export.custodian.table import COUNTS, FIRST_VALUE, RESPONSE, SUPPRESSED, Table

_SECRET = b"heard tables 1 "
_Group = tuple[int, tuple[int, ...], str]
"""The code of a group of answers, theirs, and its label."""


@dataclass(frozen=True)
class Told:
    """The figures of a release as they may be told.

    Attributes:
        plan: of the tables.
        specs: the recipe's tables, each with its part of the plan.
        figures: of ``protection.protected``, closed by ``blanks.closed_over``, told by ``apart.told_apart``.
        table: what was counted, breakdowns recoded; for its values and labels.
        groups: column -> code of a group of answers -> its label.
        areas: level -> code -> the value that an area is told as, and level -> its labels.
        rules: how the figures were protected.
    """

    plan: Plan
    specs: tuple[tuple[TableSpec, tuple[Listed, ...]], ...]
    figures: pl.DataFrame
    table: Table
    groups: Mapping[str, Mapping[int, str]]
    areas: tuple[Mapping[int, str], ...]
    labels: tuple[Mapping[str, str], ...]
    rules: Rules


def series_secret(secret: bytes, series: str) -> bytes:
    """What record keys of a series are drawn from: two series of the same people must not be moved alike."""
    return hmac.digest(secret, _SECRET + series.encode(), "sha256")


def rules_of(tables: Tables) -> Rules:
    """How a recipe has figures protected."""
    ptable = read_ptable() if tables.protection == "cell-key" else None
    return Rules(ptable, tables.threshold, tables.round_to, tables.hidden_below)


def told(
    answered: Table,
    records: pl.DataFrame,
    hierarchies: Sequence[Hierarchy],
    levels: Mapping[str, str],
    tables: Tables,
    secret: bytes,
) -> Told | None:
    """The figures of the recipe's tables, or None where the questionnaires ask nothing that it lists.

    Args:
        answered: the responses as they were answered.
        records: those that leave, as they leave, with their ids.
        hierarchies: of the recipe, laid over the answers.
        levels: key -> level that the records tell it at.
        tables: of the recipe.
        secret: ``series_secret``.

    Raises:
        CannotClose: a figure could be worked out whatever else is held back.
    """
    breakdowns = {spec.by for spec in tables.tables if spec.by is not None}
    table = recoded(answered, [one for one in hierarchies if one.variable in breakdowns - {tables.area}], levels)
    area = next((one for one in hierarchies if one.variable == tables.area), None)
    names = [] if area is None else [one.name for one in reversed(area.levels)]
    used = [name for name in names if any(name in spec.geography for spec in tables.tables)]
    specs = tuple((spec, tuple(_listed(spec, table, used))) for spec in tables.tables)
    listed = tuple(dict.fromkeys(one for _, several in specs for one in several))
    if area is None or not listed:
        return None
    told_at = [_level(area, name, table.values[tables.area]) for name in used]
    together = {one.measure: _together(one.measure, tables.grouped, table) for one in listed}
    off_base = {one.measure: _codes_of(table, one.measure, tables.outside(one.measure)) for one in listed}
    plan = _plan(table, listed, tables.area, tuple(level for level, _, _ in told_at), together, off_base)
    rules = rules_of(tables)
    figures = _figures(table, records.filter(pl.col("mode") != SUPPRESSED), plan, rules, secret)
    groups = {column: {code: label for code, _, label in several} for column, several in together.items()}
    areas, labels = tuple(one for _, one, _ in told_at), tuple(one for _, _, one in told_at)
    return Told(plan, specs, figures, table, groups, areas, labels, rules)


def _plan(
    table: Table,
    listed: tuple[Listed, ...],
    area: str,
    levels: tuple[Level, ...],
    together: Mapping[str, Sequence[_Group]],
    off_base: Mapping[str, frozenset[int]],
) -> Plan:
    codes = {column: tuple(range(FIRST_VALUE, FIRST_VALUE + len(table.values[column]))) for column in table.columns}
    groups = {column: {code: answers for code, answers, _ in several} for column, several in together.items()}
    return Plan(codes, listed, area, levels, groups, off_base)


def _codes_of(table: Table, column: str, answers: Collection[str]) -> frozenset[int]:
    return frozenset(code for code, value in enumerate(table.values[column], FIRST_VALUE) if value in answers)


def _listed(spec: TableSpec, table: Table, used: Sequence[str]) -> Iterator[Listed]:
    columns = {variable.name: variable.columns for variable in table.variables}
    by = columns.get(spec.by or "", ())
    levels = tuple(place for place, name in enumerate(used) if name in spec.geography)
    if levels and (spec.by is None or len(by) == 1):
        for item in spec.rows:
            yield from (Listed(column, by[0] if by else None, levels) for column in columns.get(item, ()))


def _together(column: str, grouped: Sequence[GroupedAnswers], table: Table) -> list[_Group]:
    code_of = {value: code for code, value in enumerate(table.values[column], FIRST_VALUE)}
    fitting = [
        (tuple(code_of[answer] for answer in answers), one.labels[name])
        for one in grouped
        if column in one.rows
        for name, answers in one.groups.items()
        if code_of.keys() >= set(answers)
    ]
    return [(code, *group) for code, group in enumerate(fitting, FIRST_VALUE + len(code_of))]


def _level(area: Hierarchy, name: str, values: Sequence[str]) -> tuple[Level, Mapping[int, str], Mapping[str, str]]:
    """A level's areas by code, what each is told as, and its labels."""
    level = area.level(name)
    areas = dict(enumerate(level.values(values), FIRST_VALUE))
    place_of = {value: code for code, value in areas.items()}
    area_of = {code: place_of[level.told_as.get(value, value)] for code, value in enumerate(values, FIRST_VALUE)}
    return Level(name, area_of), areas, level.labels


def _figures(table: Table, seen: pl.DataFrame, plan: Plan, rules: Rules, secret: bytes) -> pl.DataFrame:
    frame = _frame(table, seen, secret)
    figures = counted(frame, plan)
    keyed = figures.with_columns(mixed(secret, figures["key"]))
    # Last, since it tells less than what was attacked.
    return told_apart(closed_over(protected(keyed, plan, rules, frame.height), plan, rules, frame, seen), rules)


def _frame(table: Table, seen: pl.DataFrame, secret: bytes) -> pl.DataFrame:
    """Those whose records are ``seen``, in their order."""
    # 'No' is the first value of ``quick``; a blank is neither.
    sure = seen.select(RESPONSE, (pl.col(COUNTS) & (pl.col("quick") == FIRST_VALUE)).alias(SURE_ROW))
    people = table.frame.join(sure, on=RESPONSE, how="inner", maintain_order="right")
    return people.with_columns(record_keys(secret, people[RESPONSE]).alias(KEY))
