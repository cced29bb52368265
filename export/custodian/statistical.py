"""The records for SPSS (.sav) and Stata (.dta): numbers with labels, missing codes that the programs know as missing.

SPSS: -1 not asked, -2 skipped, -3 held back, declared as user-missing; so is the answer that is no step of its
question's order, if there is one: SPSS takes a range of such numbers and one more. Stata: .z, .x, .c, its extended
missing values.
Labels are in English; a label too long for the program is cut. The codebook gives every number and every name.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pyreadstat

from export.custodian.codebook import MISSING_LABELS
from export.custodian.describing import Described, described, english
from export.custodian.leaving import Leaving, not_whole
from export.custodian.numbering import Numbered, numbers_of
from export.custodian.ordering import order_of
from export.custodian.table import FIRST_VALUE, MISSING, Table
from forms.items import NUMBER_KINDS

_SPSS_LABEL, _SPSS_VALUE, _STATA_LABEL = 255, 120, 80  # bytes, bytes, characters of four bytes at most
_LETTERS = tuple(text.strip("[]") for text in MISSING)


def write_sav(folder: Path, leaving: Leaving) -> None:
    """``records.sav``, compressed.

    Raises:
        OSError: it could not be written whole.
    """
    told = _told(leaving)
    frame = pl.DataFrame([_numbers(leaving.protected.table, one) for _, one in told])
    _write(
        pyreadstat.write_sav,
        frame,
        folder / "records.sav",
        file_label=_cut(leaving.name, 64),
        note=f"Recipe SHA-256: {leaving.materials.recipe.digest}",
        column_labels={one.name: _cut(about.title, _SPSS_LABEL) for about, one in told},
        variable_value_labels={one.name: _labels(about, one, one.missing, _SPSS_VALUE) for about, one in told},
        missing_ranges={one.name: _missing(about, one, leaving) for about, one in told},
        variable_measure={one.name: _measure(about, one, leaving) for about, one in told},
        row_compress=True,
    )


def write_dta(folder: Path, leaving: Leaving) -> None:
    """``records.dta``, of version 15.

    Raises:
        OSError: it could not be written whole.
    """
    told = _told(leaving)
    frame = pl.DataFrame([_numbers_and_letters(leaving.protected.table, one) for _, one in told])
    _write(
        pyreadstat.write_dta,
        frame,
        folder / "records.dta",
        file_label=f"{'MADE UP. ' if leaving.materials.made_up else ''}Recipe {leaving.materials.recipe.digest}",
        column_labels={one.name: _cut(about.title, _STATA_LABEL) for about, one in told},
        variable_value_labels={one.name: _labels(about, one, _LETTERS, _SPSS_VALUE) for about, one in told},
        missing_user_values={one.name: list(_LETTERS) for _, one in told},
    )


def _measure(about: Described, one: Numbered, leaving: Leaving) -> str:
    """``scale`` where numbers are told as answered; ``ordinal`` where answers are known to have an order; else neither.

    Numbers of an order that a later questionnaire added to in the middle no longer rise with it.
    """
    if about.kind in NUMBER_KINDS and one.measured:
        return "scale"
    return "nominal" if _apart(about, one, leaving) is None else "ordinal"


def _missing(about: Described, one: Numbered, leaving: Leaving) -> list[Mapping[str, float] | float]:
    return [{"lo": min(one.missing), "hi": max(one.missing)}, *(_apart(about, one, leaving) or ())]


def _apart(about: Described, one: Numbered, leaving: Leaving) -> list[float] | None:
    """The number of the answer that is no step of a column's order; None where SPSS cannot be told the order."""
    order = order_of(one.column, about.kind, leaving)
    if order is None or len(order.apart) > 1:
        return None
    number_of = dict(zip(one.values, one.numbers[FIRST_VALUE:], strict=True))
    steps = [number_of[step] for step in order.steps]
    return [number_of[answer] for answer in order.apart] if steps == sorted(steps) else None


def _told(leaving: Leaving) -> list[tuple[Described, Numbered]]:
    return list(zip(described(leaving), numbers_of(leaving), strict=True))


def _write(write: Callable[..., None], frame: pl.DataFrame, path: Path, **said: Any) -> None:
    try:
        write(frame, path, **said)
    except pyreadstat.ReadstatError as fault:
        raise not_whole(path, fault) from fault
    path.chmod(0o600)
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _numbers(table: Table, one: Numbered) -> pl.Series:
    by_code = pl.Series(one.numbers, dtype=pl.Int32 if isinstance(one.numbers[0], int) else pl.Float64)
    return by_code.gather(table.frame[one.column]).alias(one.name)


def _numbers_and_letters(table: Table, one: Numbered) -> pl.Series:
    by_code = [*_LETTERS, *one.numbers[FIRST_VALUE:]]
    return pl.Series(one.name, [by_code[code] for code in table.frame[one.column]], dtype=pl.Object)


def _labels(about: Described, one: Numbered, missing: Sequence[float | str], longest: int) -> Mapping[float | str, str]:
    """Number or letter -> label; numbers that are answers need none but the missing ones."""
    labels: dict[float | str, str] = dict(zip(missing, MISSING_LABELS.values(), strict=True))
    if about.codes and not _says_itself(about):
        number_of = dict(zip(one.values, one.numbers[FIRST_VALUE:], strict=True))
        labels |= {number_of[value]: _cut(english(label), longest) for value, label in about.codes}
    return labels


def _says_itself(about: Described) -> bool:
    return all(english(label) == value for value, label in about.codes) and about.kind in NUMBER_KINDS


def _cut(label: str, longest: int) -> str:
    """A label of at most so many bytes in UTF-8."""
    encoded = label.encode()
    return label if len(encoded) <= longest else encoded[: longest - 3].decode(errors="ignore") + "..."
