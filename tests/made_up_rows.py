"""Rows for tests that never open them: a real row's shape and size, with noise where the seal would be."""

from __future__ import annotations

import random

from survey.sealing import MAGIC, ROW_BYTES, SUITE_ID, row_id


def a_row(number: int) -> bytes:
    """The same row for the same number, on every machine."""
    noise = random.Random(number)  # noqa: S311 - repeatable noise, not a secret
    return MAGIC + SUITE_ID + noise.randbytes(ROW_BYTES - len(MAGIC) - len(SUITE_ID))


def some_rows(count: int, first: int = 0) -> list[bytes]:
    """Rows with consecutive numbers."""
    return [a_row(number) for number in range(first, first + count)]


def by_id(rows: list[bytes]) -> list[bytes]:
    """In the only order that a store may show."""
    return sorted(rows, key=row_id)
