"""Nobody can be found: every combination of keys in a release holds ten or more people, or it is not in the release.

Keys are what somebody who knows a respondent may know: the items marked ``key``; place, mode, month, language, status,
quick; and what was not asked. Where a combination is too small after recoding, cells are blanked, the cheapest first;
the last few join the class to which that costs the least, and whatever is then still alone is left out. A blank is a
value of its own: it matches blanks only (stricter than treating it as anything), so that the promise is one plain count
over the file. Only rows from tablets and one-time codes count towards the ten: whoever forges answers at an open door
must not be able to make a class look full.

What was not asked shows in three ways, which are blanked together: the cells of items that some were asked and some
were not (items always asked together are one *block*); the answers that decided it; and whatever is calculated from
either.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from export.custodian.recoding import THRESHOLD
from export.custodian.suppression import Key, searched
from export.custodian.table import COUNTS, NOT_ASKED, SUPPRESSED, Table, Variable

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
    """

    table: Table
    suppressed: Mapping[str, int]
    left_out: int


def protect(table: Table) -> Protected:
    """Blank cells until every class over all keys holds ten counting records.

    Raises:
        TooFew: not even one class could.
        DisclosureFailed: the result, counted anew, does not hold.
    """
    counting = int(table.frame[COUNTS].sum())
    if counting < THRESHOLD:
        raise TooFew(
            f"{counting} responses came from tablets and one-time codes; a release needs at least {THRESHOLD}. "
            f"Wait for {THRESHOLD - counting} more."
        )
    keys = _keys(table)
    coded = pl.DataFrame({key.name: _dense(_seen(table.frame, key)) for key in keys})
    coded = coded.with_columns(table.frame[COUNTS])
    names = [key.name for key in keys]
    combinations = coded.group_by(names).agg(pl.col(COUNTS).sum().alias("n")).sort(names).with_row_index("_id")
    pool = searched(combinations, keys)
    own = coded.lazy().join(combinations.lazy().select("_id", *names), on=names, how="left", maintain_order="left")
    numbered = own.select("_id").collect()  # lazily, so that the keys are not copied
    del coded, own
    settled, blanks = pool.settled([key.name for key in reversed(keys)])
    attempt = numbered.join(settled, on="_id", how="left", maintain_order="left")["_attempt"]
    kept = attempt.is_not_null()
    frame = _blank(table.frame.filter(kept), attempt.filter(kept), blanks, keys)
    protected = replace(table, frame=frame)
    _check(protected)
    suppressed = {column: int((frame[column] == SUPPRESSED).sum()) for column in table.columns}
    return Protected(protected, {name: cells for name, cells in suppressed.items() if cells}, int((~kept).sum()))


def _keys(table: Table) -> list[Key]:
    """Every key in ascending cost of blanking: few cells first, then late in the questionnaire first."""
    marked = [variable for variable in table.variables if variable.key]
    defined = [variable for variable in marked if variable.name in table.by_definition]
    last_first = [*reversed([variable for variable in marked if variable not in defined]), *reversed(defined)]
    keys = [Key(variable.name, variable.columns, _telling(table, [variable])) for variable in last_first]
    return sorted([*keys, *_blocks(table)], key=lambda key: len(key.blanks))


def _asked_of_some(table: Table, variables: Sequence[Variable]) -> pl.DataFrame:
    """The distinct patterns of asked (True) and not asked over these variables, in a fixed order."""
    asked = table.frame.select((pl.col(v.columns[0]) != NOT_ASKED).alias(v.name) for v in variables).unique()
    return asked.sort(asked.columns)


def _telling(table: Table, variables: Sequence[Variable]) -> tuple[str, ...]:
    """The columns from which somebody could read these variables, or whether they were asked."""
    telling = {variable.name for variable in variables}
    for variable in variables:
        if _asked_of_some(table, [variable]).height > 1:
            telling |= variable.decided_by
    # What is calculated from a telling answer tells it too.
    telling |= {variable.name for variable in table.variables if variable.made_from & telling}
    return tuple(column for variable in table.variables if variable.name in telling for column in variable.columns)


def _blocks(table: Table) -> list[Key]:
    """The items that some were asked and some were not, in groups that were always asked together."""
    candidates = [variable for variable in table.variables if not variable.key]
    if not candidates:
        return []
    asked = _asked_of_some(table, candidates)
    together: dict[tuple[bool, ...], list[Variable]] = {}
    for variable in candidates:
        pattern = tuple(asked[variable.name].to_list())
        if len(set(pattern)) > 1:
            together.setdefault(pattern, []).append(variable)
    groups = sorted(together.values(), key=len, reverse=True)
    if len(groups) > _MOST_BLOCKS:
        groups = [*groups[: _MOST_BLOCKS - 1], list(itertools.chain(*groups[_MOST_BLOCKS - 1 :]))]
    return [
        Key(f"_block{number}", tuple(variable.columns[0] for variable in group), _telling(table, group))
        for number, group in enumerate(groups, 1)
    ]


def _seen(frame: pl.DataFrame, key: Key) -> pl.DataFrame:
    """What an attacker sees of a key: its cells, or of a block only what was asked and what not."""
    if key.name.startswith("_block"):
        return frame.select((pl.col(column) != NOT_ASKED).alias(column) for column in key.reads)
    return frame.select(key.reads)


def _dense(frame: pl.DataFrame) -> pl.Series:
    """Rows as small numbers, equal where all cells are equal."""
    names = frame.columns
    if len(names) == 1:
        return frame[names[0]].cast(pl.UInt32)
    distinct = frame.unique().sort(names).with_row_index("_number")
    return frame.join(distinct, on=names, how="left", maintain_order="left")["_number"]


def _blank(
    frame: pl.DataFrame, attempt: pl.Series, attempts: Sequence[Sequence[str]], keys: Sequence[Key]
) -> pl.DataFrame:
    for key in keys:
        with_it = [number for number, blank in enumerate(attempts) if key.name in blank]
        hit = attempt.is_in(with_it)
        if hit.any():
            frame = frame.with_columns(
                pl.when(hit).then(pl.lit(SUPPRESSED, dtype=pl.UInt32)).otherwise(pl.col(column)).alias(column)
                for column in key.blanks
            )
    return frame


def _check(table: Table) -> None:
    """The promise counted anew on what will be written: all key cells, and of every other cell whether it was asked."""
    keys = [column for variable in table.variables if variable.key for column in variable.columns]
    rest = [variable.columns[0] for variable in table.variables if not variable.key]
    states = [
        pl.when(pl.col(column).is_in([NOT_ASKED, SUPPRESSED])).then(pl.col(column)).otherwise(None).alias(column)
        for column in rest
    ]
    sizes = table.frame.select(*keys, *states, COUNTS).group_by([*keys, *rest]).agg(pl.col(COUNTS).sum())
    if sizes.height and int(sizes[COUNTS].min() or 0) < THRESHOLD:  # type: ignore[arg-type]
        raise DisclosureFailed("A class of fewer than ten was left after disclosure control. Nothing was written.")
