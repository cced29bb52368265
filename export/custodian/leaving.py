"""What the files of a release are written from, and the writers' one shape."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from export.custodian.disclosure import Protected
from export.custodian.entries import Numbering
from export.custodian.generalising import Hierarchy
from export.custodian.known import Known
from export.custodian.recipe import Recipe
from export.custodian.records import Columns
from export.custodian.table import FIRST_VALUE, RECIPE, RELEASE, Table, Variable
from export.custodian.telling import Told
from export.custodian.written import Words, Written
from export.printings import Printing
from survey.reference import Areas

Where = tuple[str, ...]
"""Mode, area and so on of a figure, in codes."""
Part = tuple[int | None, int | None]
"""Count and base as they were told; None where one was held back."""
MADE_UP = "MADE UP: these people do not exist. For demonstration only."


@dataclass(frozen=True)
class Published:
    """What a release told everybody; ``closes`` is the last month that it tells of."""

    closes: str
    figures: Mapping[Where, Part]


@dataclass(frozen=True)
class Materials:
    """What a release is built with.

    Attributes:
        known: the questionnaires and places that the custodian signed.
        areas: how boroughs lie in police areas.
        recipe: by which rules.
        made_up: whether everybody in it is made up.
        month: this month, ``YYYY-MM``, or ``unknown``.
        table_secret: what the moves of published counts are drawn from.
        words: what may leave of free text; nothing by default.
        printings: what the centre printed.
    """

    known: Known
    areas: Areas
    recipe: Recipe
    made_up: bool
    month: str
    table_secret: bytes = field(repr=False)
    words: Words = field(default_factory=Words)
    printings: tuple[Printing, ...] = ()


@dataclass(frozen=True)
class Leaving:
    """A release before it is written.

    Attributes:
        name: of its folder.
        materials: what it is made with.
        columns: what fills the columns.
        answered: the responses as they were answered. Never written; tables are counted from it.
        hierarchies: of the recipe, laid over the answers.
        levels: key -> level that the microdata tell it at.
        closes: the last month that it tells of.
        protected: the records that may be written, in order of their content.
        told: the figures for everybody; None where the questionnaires ask nothing that the recipe's tables list.
        written: what the people in it wrote, counted.
        quoted: hash of a response whose comment is quoted -> the family of crime that it is told with, or nothing.
        interviews: (place, month) -> what tablets counted.
        passed_over: ids of other visits of people whose record leaves; they never leave.
        earlier: what the year's earlier releases of the series told, where the recipe has a table of the year so far.
        numbering: what the series' files for SPSS and Stata told columns and values by until now.
    """

    name: str
    materials: Materials
    columns: Columns
    answered: Table
    hierarchies: tuple[Hierarchy, ...]
    levels: Mapping[str, str]
    closes: str
    protected: Protected
    told: Told | None
    written: Written
    quoted: Mapping[str, str]
    interviews: Mapping[tuple[str, str], Mapping[str, int]]
    passed_over: tuple[bytes, ...]
    earlier: tuple[Published, ...] = ()
    numbering: Numbering = field(default_factory=dict)

    @property
    def options(self) -> Mapping[str, tuple[str, ...]]:
        """Column of an item -> the columns of all its answers."""
        return {column: one.variable.columns for one in self.columns.items for column in one.variable.columns}

    @property
    def gathered(self) -> frozenset[str]:
        """The columns whose values are no list of ours, but what people answered."""
        return frozenset({"month"}.union(*(one.variable.columns for one in self.columns.items if one.codes is None)))


def naming_itself(leaving: Leaving) -> Leaving:
    """The same as the files tell it: without a word of what was blanked, each record with its release and recipe.

    By them files that were put together, or lie alone, can be told apart. For the files alone: what is held against
    other releases must look the same in each.
    """
    every = leaving.protected.table
    table = every.naming_what_stands(column for column in every.columns if column in leaving.gathered)
    itself = {RELEASE: leaving.name, RECIPE: leaving.materials.recipe.digest}
    named = replace(
        table,
        frame=table.frame.with_columns(pl.lit(FIRST_VALUE, dtype=pl.UInt8).alias(name) for name in itself),
        variables=(*table.variables, *(Variable(name, (name,)) for name in itself)),
        values={**table.values, **{name: (said,) for name, said in itself.items()}},
    )
    return replace(leaving, protected=replace(leaving.protected, table=named))


def not_whole(path: Path, fault: Exception) -> OSError:
    """What libraries that write files say in words of their own when a disk is full."""
    return OSError(errno.EIO, f"it could not be written whole ({fault}). Is the disk full?", str(path))


Writer = Callable[[Path, Leaving], None]
"""Writes its files into the folder of a release that is not in place yet. What lies there is listed and signed."""
