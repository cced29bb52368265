"""Nobody can be found: every combination of keys in a release holds ``k`` or more people, or it is not in the release.

Keys are what somebody who knows a respondent may know: the items marked ``key``; place, mode, month, language, status,
quick, came_back; and what was not asked. Where a combination is too small after recoding, cells are blanked, the
cheapest first; the last few join the class to which that costs the least, and whatever is then still alone is left out.
A blank is a value of its own: it matches blanks only (stricter than treating it as anything), so that the promise is
one plain count over the file. Only rows from tablets and one-time codes count towards ``k``: whoever forges answers at
an open door must not be able to make a class look full.

What was not asked shows in three ways, which are blanked together: the cells of items that some were asked and some
were not, an option that a version did not offer among them (cells always asked together are one *block*); the answers
that decided it; and whatever is calculated from either.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from export.custodian.classes import Key, blanked, marked_alike, narrowed, three_way_holds
from export.custodian.recipe import Thresholds
from export.custodian.suppression import searched
from export.custodian.table import COUNTS, NOT_ASKED, SUPPRESSED, Table, Variable, dense

_MOST_BLOCKS = 12


class TooFew(ValueError):
    """Fewer responses than any class needs. Wait for more."""


class DisclosureFailed(RuntimeError):
    """The finished table does not keep the promise. Nothing was written; report this as a fault of Heard."""


@dataclass(frozen=True)
class Protected:
    """A table that may leave, and what that cost.

    Attributes:
        table: the records that stay, some cells blank.
        suppressed: output column -> cells blanked.
        left_out: records that stood alone whatever was blanked.
        alike: column of a sensitive item -> records in classes whose members all gave the same answer to it.
    """

    table: Table
    suppressed: Mapping[str, int]
    left_out: int
    alike: Mapping[str, int]


def protect(table: Table, thresholds: Thresholds) -> Protected:
    """Blank cells until every class over all keys, and every cell of three keys, holds enough counting records.

    Raises:
        TooFew: not even one class could.
        DisclosureFailed: the result, counted anew, does not hold.
    """
    counting = int(table.frame[COUNTS].sum())
    if counting < thresholds.k:
        raise TooFew(
            f"{counting} responses came from tablets and one-time codes; a release needs at least {thresholds.k}. "
            f"Wait for {thresholds.k - counting} more."
        )
    keys = _keys(table)
    frame, left_out = _in_classes(table, keys, thresholds.k)
    if _more_for_three(thresholds):
        frame = narrowed(frame, [key for key in keys if not key.block], thresholds.three_way)
    protected = replace(table, frame=frame)
    _check(protected, thresholds)
    suppressed = {column: int((frame[column] == SUPPRESSED).sum()) for column in table.columns}
    marked, alike = marked_alike(protected, _class_columns(protected), thresholds.l)
    return Protected(marked, {name: cells for name, cells in suppressed.items() if cells}, left_out, alike)


def _more_for_three(thresholds: Thresholds) -> bool:
    """Whether tables of three keys need more than what classes hold anyway: each of their cells is made of classes."""
    return thresholds.three_way > thresholds.k


def _in_classes(table: Table, keys: Sequence[Key], k: int) -> tuple[pl.DataFrame, int]:
    """The records that found a class, cells blanked, and how many found none."""
    coded = pl.DataFrame({key.name: dense(_seen(table.frame, key)) for key in keys})
    coded = coded.with_columns(table.frame[COUNTS])
    names = [key.name for key in keys]
    combinations = coded.group_by(names).agg(pl.col(COUNTS).sum().alias("n")).sort(names).with_row_index("_id")
    pool = searched(combinations, keys, k)
    own = coded.lazy().join(combinations.lazy().select("_id", *names), on=names, how="left", maintain_order="left")
    numbered = own.select("_id").collect()  # lazily, so that the keys are not copied
    del coded, own
    settled, blanks = pool.settled([key.name for key in reversed(keys)])
    attempt = numbered.join(settled, on="_id", how="left", maintain_order="left")["_attempt"]
    kept = attempt.is_not_null()
    return _blank(table.frame.filter(kept), attempt.filter(kept), blanks, keys), int((~kept).sum())


def _keys(table: Table) -> list[Key]:
    """Every key in ascending cost of blanking: few cells first, then late in the questionnaire first."""
    marked = [variable for variable in table.variables if variable.key]
    defined = [variable for variable in marked if variable.name in table.by_definition]
    last_first = [*reversed([variable for variable in marked if variable not in defined]), *reversed(defined)]
    keys = [Key(variable.name, variable.columns, _telling(table, [variable])) for variable in last_first]
    return sorted([*keys, *_blocks(table)], key=lambda key: len(key.blanks))


def _asked_of_some(table: Table, columns: Sequence[str]) -> pl.DataFrame:
    """The distinct patterns of asked (True) and not asked over these columns, in a fixed order."""
    asked = table.frame.select(pl.col(columns) != NOT_ASKED).unique()
    return asked.sort(asked.columns)


def _telling(table: Table, variables: Sequence[Variable]) -> tuple[str, ...]:
    """The columns from which somebody could read these variables, or whether they were asked."""
    telling = {variable.name for variable in variables}
    for variable in variables:
        if _asked_of_some(table, variable.tell_asked).height > 1:
            telling |= variable.decided_by
    # What is calculated from a telling answer tells it too.
    telling |= {variable.name for variable in table.variables if variable.made_from & telling}
    return tuple(column for variable in table.variables if variable.name in telling for column in variable.columns)


def _blocks(table: Table) -> list[Key]:
    """The items and options that some were asked and some were not, in groups that were always asked together."""
    candidates = {column: one for one in table.variables if not one.key for column in one.tell_asked}
    if not candidates:
        return []
    asked = _asked_of_some(table, list(candidates))
    together: dict[tuple[bool, ...], list[str]] = {}
    for column in candidates:
        pattern = tuple(asked[column].to_list())
        if len(set(pattern)) > 1:
            together.setdefault(pattern, []).append(column)
    groups = sorted(together.values(), key=len, reverse=True)
    if len(groups) > _MOST_BLOCKS:
        groups = [*groups[: _MOST_BLOCKS - 1], list(itertools.chain(*groups[_MOST_BLOCKS - 1 :]))]
    return [
        Key(f"_block{number}", tuple(group), _telling(table, [candidates[column] for column in group]), block=True)
        for number, group in enumerate(groups, 1)
    ]


def _seen(frame: pl.DataFrame, key: Key) -> pl.DataFrame:
    """What an attacker sees of a key: its cells, or of a block only what was asked and what not."""
    if key.block:
        return frame.select((pl.col(column) != NOT_ASKED).alias(column) for column in key.reads)
    return frame.select(key.reads)


def _blank(
    frame: pl.DataFrame, attempt: pl.Series, attempts: Sequence[Sequence[str]], keys: Sequence[Key]
) -> pl.DataFrame:
    for key in keys:
        with_it = [number for number, blank in enumerate(attempts) if key.name in blank]
        hit = attempt.is_in(with_it)
        if hit.any():
            frame = blanked(frame, hit, key)
    return frame


def _class_columns(table: Table) -> list[pl.Expr]:
    """What makes a class: all key cells, and of every other cell whether it was asked."""
    keys = [column for variable in table.variables if variable.key for column in variable.columns]
    rest = [column for variable in table.variables if not variable.key for column in variable.tell_asked]
    states = (
        pl.when(pl.col(column).is_in([NOT_ASKED, SUPPRESSED])).then(pl.col(column)).otherwise(None).alias(column)
        for column in rest
    )
    return [*map(pl.col, keys), *states]


def _check(table: Table, thresholds: Thresholds) -> None:
    """The promise counted anew on what will be written."""
    told = table.frame.select(*_class_columns(table), COUNTS)
    sizes = told.group_by(pl.exclude(COUNTS)).agg(pl.col(COUNTS).sum())
    if sizes.height and sizes.select(pl.col(COUNTS).min()).item() < thresholds.k:
        raise DisclosureFailed("A class of too few was left after disclosure control. Nothing was written.")
    keys = [key for key in _keys(table) if not key.block]
    if _more_for_three(thresholds) and not three_way_holds(table.frame, keys, thresholds.three_way):
        raise DisclosureFailed("A table of three keys was left with too few in a cell. Nothing was written.")
