"""The format cannot drift: rows sealed long ago open today, to the same bytes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export.custodian.unsealing import CannotOpen, CollectionSecret
from survey.sealing import PLAINTEXT_BYTES, ROW_BYTES, key_id_of, row_id

KNOWN: dict[str, Any] = json.loads((Path(__file__).parent / "fixtures/sealed/known_answers.json").read_text())
SECRET = CollectionSecret(bytes.fromhex(KNOWN["seed"]))
ROW = SECRET.public.seal(bytes(PLAINTEXT_BYTES))


def test_the_published_xwing_seed_gives_the_published_public_key() -> None:
    public = CollectionSecret(bytes.fromhex(KNOWN["xwing"]["seed"])).public.public
    assert public[:32].hex() == KNOWN["xwing"]["public_begins"]
    assert hashlib.sha256(public).hexdigest() == KNOWN["xwing"]["public_sha256"]


def test_the_seed_gives_the_same_public_key_and_key_id() -> None:
    assert SECRET.public.public.hex() == KNOWN["public"]
    assert SECRET.public.key_id.hex() == KNOWN["key_id"]


@pytest.mark.parametrize("known", KNOWN["rows"], ids=lambda known: known["what"])
def test_a_row_sealed_long_ago_opens_to_the_same_bytes(known: dict[str, Any]) -> None:
    row = bytes.fromhex(known["row"])
    assert len(row) == ROW_BYTES == 5250
    assert row[:10].hex() == "48524431647a00010002"
    assert key_id_of(row).hex() == KNOWN["key_id"]
    assert row_id(row).hex() == known["row_id"]
    expected = bytes.fromhex(known["plaintext_without_padding"]).ljust(4096, b"\0")
    assert SECRET.open(row) == expected
    size = int.from_bytes(expected[:4], "big")
    assert json.loads(expected[4 : 4 + size]) == known["content"]


def test_what_is_sealed_today_has_the_same_shape() -> None:
    assert len(ROW) == ROW_BYTES
    assert SECRET.open(ROW) == bytes(PLAINTEXT_BYTES)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, ROW_BYTES * 8 - 1))
def test_one_flipped_bit_anywhere_is_found(bit: int) -> None:
    changed = bytearray(ROW)
    changed[bit // 8] ^= 1 << (bit % 8)
    with pytest.raises(CannotOpen):
        SECRET.open(bytes(changed))


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=PLAINTEXT_BYTES).map(lambda start: start.ljust(PLAINTEXT_BYTES, b"\0")))
def test_what_is_sealed_is_what_opens(plaintext: bytes) -> None:
    assert SECRET.open(SECRET.public.seal(plaintext)) == plaintext


@pytest.mark.parametrize("untrusted", [b"", b"HRD1", ROW[:-1], ROW + b"\0", bytes(ROW_BYTES)])
def test_bytes_that_are_no_row_are_refused(untrusted: bytes) -> None:
    with pytest.raises(CannotOpen):
        SECRET.open(untrusted)


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(CannotOpen, match="another collection key"):
        CollectionSecret.generate().open(ROW)


def test_the_seed_never_shows_where_the_secret_is_printed() -> None:
    assert SECRET.seed.hex() not in repr(SECRET)
    assert repr(SECRET.seed) not in repr(SECRET)
