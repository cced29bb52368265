"""A sealed row: one size, one look, opened by one key, and spoilt by any change."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export.custodian.unsealing import CannotOpen, CollectionSecret
from forms.response import framed, unframed
from survey.sealing import (
    HEADER_BYTES,
    MAGIC,
    PLAINTEXT_BYTES,
    ROW_BYTES,
    SUITE_ID,
    CollectionKey,
    NotARow,
    UnusableKey,
    key_id_of,
    row_id,
)
from survey.tallies import cover

SECRET = CollectionSecret(b"\x07" * 32)
KEY = SECRET.public
contents = st.dictionaries(st.text("abcdef", min_size=1), st.text(max_size=200) | st.integers(-9, 9) | st.booleans())


@given(contents)
@settings(max_examples=50, deadline=None)
def test_whatever_is_sealed_comes_back_and_is_as_long_as_every_other_row(content: dict[str, object]) -> None:
    row = KEY.seal(framed(content))
    assert len(row) == ROW_BYTES == 5250
    assert row[:HEADER_BYTES] == KEY.header == MAGIC + SUITE_ID + KEY.key_id
    assert unframed(SECRET.open(row)) == content


@given(st.integers(0, ROW_BYTES * 8 - 1))
@settings(max_examples=300, deadline=None)
def test_one_flipped_bit_anywhere_and_it_does_not_open(bit: int) -> None:
    row = bytearray(KEY.seal(framed(cover())))
    row[bit // 8] ^= 1 << bit % 8
    assert row_id(bytes(row)) != row_id(KEY.seal(framed(cover())))
    with pytest.raises((CannotOpen, NotARow)):
        SECRET.open(bytes(row))


def test_the_same_answers_sealed_twice_are_two_rows_that_share_only_their_header() -> None:
    plaintext = framed(cover())
    one, other = KEY.seal(plaintext), KEY.seal(plaintext)
    assert one[:HEADER_BYTES] == other[:HEADER_BYTES]
    assert row_id(one) != row_id(other)
    same = sum(a == b for a, b in zip(one[HEADER_BYTES:], other[HEADER_BYTES:], strict=True))
    assert same < 100, "two seals of one plaintext should agree by chance only (about 20 of 5,232 bytes)"


@pytest.mark.parametrize("length", [0, 1, PLAINTEXT_BYTES - 1, PLAINTEXT_BYTES + 1])
def test_nothing_of_another_length_is_ever_sealed(length: int) -> None:
    with pytest.raises(ValueError, match="frame it first"):
        KEY.seal(bytes(length))


@pytest.mark.parametrize(
    "bytes_",
    [b"", b"HRD1", bytes(ROW_BYTES), b"HRD2" + bytes(ROW_BYTES - 4), KEY.header + bytes(ROW_BYTES)],
    ids=["nothing", "a start", "zeros", "another version", "too long"],
)
def test_what_has_not_a_rows_shape_is_told_apart(bytes_: bytes) -> None:
    with pytest.raises(NotARow):
        key_id_of(bytes_)


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(CannotOpen):
        CollectionSecret(b"\x08" * 32).open(KEY.seal(framed(cover())))


@pytest.mark.parametrize(
    "public",
    [b"", bytes(1215), b"\xff" * 1216, KEY.public[:-32] + bytes(32)],
    ids=["nothing", "short", "no point", "low order"],
)
def test_a_key_that_cannot_seal_is_refused_before_anybody_answers(public: bytes) -> None:
    with pytest.raises(UnusableKey):
        CollectionKey(public)
