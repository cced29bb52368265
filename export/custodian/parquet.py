"""``records.parquet`` for R, Python and Power BI, with what its columns and codes mean in the file itself.

Parquet knows no labels, and the records are handed on without the codebook: so they stand in the file's key-value
metadata, as JSON, where any program that reads Parquet finds them (docs/analysts.md).
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from export.custodian.codebook import MISSING_LABELS
from export.custodian.describing import described, english
from export.custodian.leaving import MADE_UP, Leaving, not_whole
from export.custodian.ordering import order_of
from export.custodian.table import MISSING
from forms.strict_json import canonical
from survey.durable import replacement


def write_parquet(folder: Path, leaving: Leaving) -> None:
    """``records.parquet``: each column the text of its codes, missing codes as in the CSV; none is a null.

    No enumeration: R, pandas and Arrow read one of Polars as ordered, missing codes and boroughs among the steps.

    Raises:
        OSError: it could not be written whole.
    """
    table = leaving.protected.table
    told = table.frame.lazy().select(
        pl.col(column).cat.to(pl.Enum([*MISSING, *table.values[column]])).cast(pl.String) for column in table.columns
    )
    path = folder / "records.parquet"
    with replacement(path) as file:
        try:
            told.collect().write_parquet(file, metadata=_metadata(leaving))
        except pl.exceptions.ComputeError as fault:
            raise not_whole(path, fault) from fault


def _metadata(leaving: Leaving) -> dict[str, str]:
    columns = described(leaving)
    orders = {one.column: order_of(one.column, one.kind, leaving) for one in columns}
    return {
        "release": leaving.name,
        "recipe": leaving.materials.recipe.digest,
        "made_up": MADE_UP if leaving.materials.made_up else "",
        "variable_labels": canonical({one.column: one.title for one in columns}),
        "value_labels": canonical(
            {one.column: {value: english(label) for value, label in one.codes} for one in columns}
        ),
        "missing_labels": canonical(MISSING_LABELS),
        "orders": canonical({column: list(order.steps) for column, order in orders.items() if order is not None}),
    }
