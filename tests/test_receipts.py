"""Requests and receipts: a tablet forgets a row only on the centre's word for exactly this row, now."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_rows import a_row, some_rows

from survey.receipt import (
    NONCE_HEADER,
    SIGNATURE_HEADER,
    TABLET_HEADER,
    RequestRefused,
    UnverifiedReceipt,
    check_request,
    read_receipt,
    request_message,
    signed_headers,
    write_receipt,
)
from survey.sealing import SigningKey

TABLET = SigningKey(b"\x01" * 32)
INTAKE = SigningKey(b"\x02" * 32)
NONCE = bytes(range(16))
ROWS = some_rows(3)
RESULTS = ["stored", "had", "refused"]
PATH = "/intake/rows"


def receipt(nonce: bytes = NONCE, rows: list[bytes] = ROWS, key: SigningKey = INTAKE) -> bytes:
    return write_receipt(nonce, [(hashlib.sha256(row).digest(), RESULTS[n % 3]) for n, row in enumerate(rows)], key)


def test_a_receipt_reads_line_by_line_as_it_is_written_down() -> None:
    lines = receipt().decode("ascii").split("\n")
    assert lines[:2] == ["heard receipt 1", "000102030405060708090a0b0c0d0e0f"]
    assert lines[2] == f"{hashlib.sha256(ROWS[0]).hexdigest()} stored"
    assert len(bytes.fromhex(lines[5])) == 64
    assert lines[6:] == [""]


def test_the_centres_receipt_says_what_became_of_each_row() -> None:
    assert read_receipt(receipt(), NONCE, ROWS, INTAKE.public) == RESULTS


@pytest.mark.parametrize(
    "untrusted",
    [
        b"",
        b"\n",
        b"heard receipt 1\n",
        b"<!doctype html><title>Sign in to the wireless network</title>" * 50,
        b"\xff\xfe" * 500,
        receipt()[:-40],
        receipt()[: len(receipt()) // 2],
        receipt(key=SigningKey(b"\x03" * 32)),
        receipt(nonce=bytes(16)),
        receipt(rows=ROWS[:2]),
        receipt(rows=[*ROWS, a_row(9)]),
        receipt(rows=ROWS[::-1]),
        receipt(rows=[*ROWS[:2], a_row(9)]),
        receipt().replace(b"had", b"HAD"),
        receipt().replace(b"refused", b"stored"),
        receipt() + b"\n",
        receipt().upper(),
    ],
    ids=[
        "nothing",
        "a newline",
        "one line",
        "a login page",
        "no text",
        "cut at the end",
        "cut in the middle",
        "forged by another key",
        "an old one replayed",
        "one row missing",
        "one row too many",
        "another order",
        "another row",
        "a word changed",
        "another result",
        "one newline more",
        "capitals",
    ],
)
def test_anything_else_changes_nothing(untrusted: bytes) -> None:
    with pytest.raises(UnverifiedReceipt):
        read_receipt(untrusted, NONCE, ROWS, INTAKE.public)


def test_a_signed_receipt_with_a_word_of_its_own_is_no_receipt() -> None:
    odd = write_receipt(NONCE, [(hashlib.sha256(row).digest(), "lost") for row in ROWS], INTAKE)
    with pytest.raises(UnverifiedReceipt):
        read_receipt(odd, NONCE, ROWS, INTAKE.public)


@given(st.integers(0, len(receipt()) * 8 - 9))
def test_one_flipped_bit_anywhere_and_it_does_not_verify(bit: int) -> None:
    changed = bytearray(receipt())
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(UnverifiedReceipt):
        read_receipt(bytes(changed), NONCE, ROWS, INTAKE.public)


@given(st.binary(max_size=400))
def test_no_bytes_from_the_network_raise_anything_else(untrusted: bytes) -> None:
    with pytest.raises(UnverifiedReceipt):
        read_receipt(untrusted, NONCE, ROWS, INTAKE.public)


def test_a_signed_request_names_its_tablet_and_nonce() -> None:
    headers = signed_headers("POST", PATH, b"body", TABLET)
    assert check_request("POST", PATH, headers, b"body") == (TABLET.public, bytes.fromhex(headers[NONCE_HEADER]))
    assert headers[NONCE_HEADER] != signed_headers("POST", PATH, b"body", TABLET)[NONCE_HEADER]


def test_what_is_signed_of_a_request_is_written_down_to_the_byte() -> None:
    expected = b"heard request 1\nPOST\n/intake/rows\n000102030405060708090a0b0c0d0e0f\n" + (
        b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
    assert request_message("POST", PATH, NONCE, b"") == expected


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("GET", PATH, b"body"), ("POST", "/news/keys", b"body"), ("POST", PATH, b"other")],
    ids=["method", "path", "body"],
)
def test_a_signature_is_for_one_request_only(method: str, path: str, body: bytes) -> None:
    with pytest.raises(RequestRefused):
        check_request(method, path, signed_headers("POST", PATH, b"body", TABLET), body)


@pytest.mark.parametrize("name", [TABLET_HEADER, NONCE_HEADER, SIGNATURE_HEADER])
@pytest.mark.parametrize("change", ["missing", "empty", "no hex", "short", "capitals", "spaces"])
def test_a_header_that_is_not_as_agreed_is_refused(name: str, change: str) -> None:
    headers = signed_headers("POST", PATH, b"", TABLET)
    # Letters, so that capitals are another spelling.
    spelt = "ab" * (len(headers[name]) // 2)
    wrong = {"empty": "", "no hex": "zz" * 16, "short": spelt[:-2], "capitals": spelt.upper(), "spaces": spelt + " "}
    if change == "missing":
        del headers[name]
    else:
        headers[name] = wrong[change]
    with pytest.raises(RequestRefused, match=name):
        check_request("POST", PATH, headers, b"")
