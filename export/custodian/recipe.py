"""The recipe of a series of releases: what is coarsened how, what may stand alone, when, and which tables are made.

A TOML file that a custodian can read and change. It is data: what it says is done by the modules that take its parts,
and the SHA-256 of what it says (not of its comments) goes into everything made from it, so that nobody need guess by
which rules a file was made. Thresholds follow the guidance for microdata to named analysts and for open tables
(Government Statistical Service; ONS "10-5"; Health Survey base rules); none can be set lower than the floors here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from forms.strict_json import canonical

RULES = ("quarter", "half-year", "year", "kind", "police area")
PROTECTIONS = ("cell-key", "round")
SPANS = (1, 2, 3, 4, 6, 12)


@dataclass(frozen=True)
class Epochs:
    """Spans of months, counted from January, and whether a release waits for the end of one."""

    months: int
    wait: bool


@dataclass(frozen=True)
class Thresholds:
    """What may leave together.

    Attributes:
        k: counting records that share all keys, at least.
        three_way: the same in every three-way table of keys.
        l: different answers to each sensitive item among those who share all keys; fewer are marked.
        first_batch: counting respondents in the first release of the series.
        least_batch: new counting respondents in each later one.
        at_risk: share of records that may be in too small a class before anything is blanked.
    """

    k: int
    three_way: int
    l: int  # noqa: E741 - its name in the literature (l-diversity)
    first_batch: int
    least_batch: int
    at_risk: float


@dataclass(frozen=True)
class LevelSpec:
    """One step of a hierarchy, in terms of the step before it. Exactly one of ``by``, ``groups`` and ``bands`` is set.

    Attributes:
        name: what the level is called in codebooks and in ``TableSpec.geography``.
        by: a rule: one of ``RULES``.
        groups: coarse code -> the codes of the step before that it takes in.
        bands: lower ends of the bands of whole numbers, ascending.
        rest: the coarse code of every code that ``groups`` does not list; None: those stay as they are.
        labels: coarse code -> its English label.
    """

    name: str
    by: str | None
    groups: Mapping[str, tuple[str, ...]]
    bands: tuple[int, ...]
    rest: str | None
    labels: Mapping[str, str]


@dataclass(frozen=True)
class HierarchySpec:
    """A key and its levels, each coarser than the one before.

    ``finest`` is the finest that it may be told at: one of the levels, else what its answers as given are called.
    A recipe's file has two keys for the two; here they are one, so that what binds a series stays as it was.
    """

    variable: str
    finest: str
    levels: tuple[LevelSpec, ...]


@dataclass(frozen=True)
class TableSpec:
    """A table that is made in every release: one for each area of each level in ``geography``.

    Attributes:
        name: fit for a sheet or a file.
        title: in English.
        rows: the items that are counted, each by its options.
        by: the item that splits them; None for a one-way table.
        geography: levels of the hierarchy of ``Tables.area``.
        so_far: whether it is told again as the sum of the year's releases, from the second on.
    """

    name: str
    title: str
    rows: tuple[str, ...]
    by: str | None
    geography: tuple[str, ...]
    so_far: bool = False


@dataclass(frozen=True)
class GroupedAnswers:
    """Answers that every table of some questions tells together too, beside each on its own.

    Attributes:
        rows: the items.
        groups: code of a group -> the codes of the answers that it takes in; an item without one of them has no such
            group.
        labels: code of a group -> its English label.
    """

    rows: tuple[str, ...]
    groups: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, str]


@dataclass(frozen=True)
class OffBase:
    """Answers of people to whom a question does not apply, or who cannot say: the tables do not count them.

    Attributes:
        rows: the items.
        answers: codes; an item without one of them has none such.
    """

    rows: tuple[str, ...]
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Ordered:
    """Answers that stand in an order, told to the programs that know orders. A recipe's: a tablet needs no order.

    Attributes:
        rows: the items.
        answers: codes, in order; an item without one of them has one step fewer.
        apart: codes of answers that are no step of it, such as 'I don't know'.
    """

    rows: tuple[str, ...]
    answers: tuple[str, ...]
    apart: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tables:
    """What is told to everybody, and how it is protected.

    Attributes:
        protection: ``cell-key`` (noise) or ``round`` (threshold, rounding, secondary suppression).
        area: the item whose hierarchy is the geography.
        hidden_below, flagged_below: bases of percentages that are not shown, or shown as weak.
        threshold: smallest count shown, and narrowest interval of one that is not.
        round_to: base of rounding, where ``protection`` is ``round``.
        tables: in the order in which they are shown.
        grouped: answers that are told together.
        off_base: answers that stand outside a question's base.
        ordered: answers that stand in an order, for whoever reads the records.
    """

    protection: str
    area: str
    hidden_below: int
    flagged_below: int
    threshold: int
    round_to: int
    tables: tuple[TableSpec, ...]
    grouped: tuple[GroupedAnswers, ...] = ()
    off_base: tuple[OffBase, ...] = ()
    ordered: tuple[Ordered, ...] = ()

    def outside(self, item: str) -> frozenset[str]:
        """The codes of an item's answers that no figure counts."""
        return frozenset(answer for one in self.off_base if item in one.rows for answer in one.answers)


@dataclass(frozen=True)
class Recipe:
    """Everything that a custodian decides about the releases of one series."""

    series: str
    epochs: Epochs
    thresholds: Thresholds
    hierarchies: tuple[HierarchySpec, ...]
    tables: Tables

    @cached_property
    def digest(self) -> str:
        """Lower-case hex SHA-256 of what it says, whatever the order or the comments of the file."""
        return _digest(asdict(self))

    @cached_property
    def binding(self) -> str:
        """The same of what a series may never change: its name, its epochs and its hierarchies."""
        said = asdict(self)
        return _digest({part: said[part] for part in ("series", "epochs", "hierarchies")})


def _digest(said: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(said).encode()).hexdigest()
