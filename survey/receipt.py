"""What tablet and centre say to each other: a signed request, and a signed receipt for its rows.

Request, signed with the tablet's own key (docs/formats.md):
    ``heard request 1`` / METHOD / path / nonce hex / SHA-256 of the body in hex, one a line, no newline at the end.
Receipt, signed with the intake key after a durable commit, one a line:
    ``heard receipt 1`` / nonce hex / for each row in packet order ``{SHA-256 hex} stored|had|refused`` / signature hex.

A receipt names the request's nonce and the very bytes received, so neither a login page, a proxy's cached answer nor an
old receipt can make a tablet forget a row.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence

from survey.sealing import BadSignature, SigningKey, verify

TABLET_HEADER = "Heard-Tablet"
NONCE_HEADER = "Heard-Nonce"
SIGNATURE_HEADER = "Heard-Signature"
RESULTS = frozenset({"stored", "had", "refused"})
NONCE_BYTES = 16
_KEY_BYTES = 32
_SIGNATURE_BYTES = 64


class RequestRefused(ValueError):
    """Not signed by the tablet it names. Answer 403, read nothing further of it, change nothing."""


class UnverifiedReceipt(ValueError):
    """Not the centre's receipt for these rows. Keep every row and send them again later."""


def request_message(method: str, path: str, nonce: bytes, body: bytes) -> bytes:
    """What a tablet signs for one request."""
    return "\n".join(["heard request 1", method, path, nonce.hex(), hashlib.sha256(body).hexdigest()]).encode()


def signed_headers(method: str, path: str, body: bytes, key: SigningKey) -> dict[str, str]:
    """The three headers of a request; the receipt must repeat the nonce among them."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return {
        TABLET_HEADER: key.public.hex(),
        NONCE_HEADER: nonce.hex(),
        SIGNATURE_HEADER: key.sign(request_message(method, path, nonce, body)).hex(),
    }


def check_request(method: str, path: str, untrusted_headers: Mapping[str, str], body: bytes) -> tuple[bytes, bytes]:
    """Which key signed this request; whether that key belongs to an enrolled tablet is the caller's question.

    Returns:
        The tablet's 32-byte public key and the 16-byte nonce.

    Raises:
        RequestRefused: a header is missing or malformed, or the signature is not over this request.
    """
    public = _header(untrusted_headers, TABLET_HEADER, _KEY_BYTES)
    nonce = _header(untrusted_headers, NONCE_HEADER, NONCE_BYTES)
    signature = _header(untrusted_headers, SIGNATURE_HEADER, _SIGNATURE_BYTES)
    try:
        verify(public, signature, request_message(method, path, nonce, body))
    except BadSignature as fault:
        raise RequestRefused("The request was not signed by the tablet that it names.") from fault
    return public, nonce


def write_receipt(nonce: bytes, results: Sequence[tuple[bytes, str]], key: SigningKey) -> bytes:
    """The receipt for rows in packet order: each is the row's whole SHA-256 and what became of it."""
    lines = ["heard receipt 1", nonce.hex()]
    lines += [f"{row_hash.hex()} {result}" for row_hash, result in results]
    covered = ("\n".join(lines) + "\n").encode()
    return covered + key.sign(covered).hex().encode() + b"\n"


def read_receipt(untrusted: bytes, nonce: bytes, rows: Sequence[bytes], intake_key: bytes) -> list[str]:
    """What became of each row that was sent, in the same order: ``stored``, ``had`` or ``refused``.

    Raises:
        UnverifiedReceipt: not a receipt, not by the centre, for another request, or not for exactly these rows.
    """
    covered, _, last = untrusted.removesuffix(b"\n").rpartition(b"\n")
    try:
        verify(intake_key, _strict_hex(last.decode("ascii"), _SIGNATURE_BYTES), covered + b"\n")
        lines = covered.decode("ascii").split("\n")
    except ValueError as fault:
        raise UnverifiedReceipt("The answer is not a receipt signed by the centre.") from fault
    if lines[:2] != ["heard receipt 1", nonce.hex()]:
        raise UnverifiedReceipt("The receipt is for another request.")
    results = [line.partition(" ")[2] for line in lines[2:]]
    expected = [f"{hashlib.sha256(row).hexdigest()} {result}" for row, result in zip(rows, results, strict=False)]
    if len(results) != len(rows) or lines[2:] != expected or not RESULTS.issuperset(results):
        raise UnverifiedReceipt("The receipt is not for exactly the rows that were sent.")
    return results


def _header(untrusted_headers: Mapping[str, str], name: str, length: int) -> bytes:
    try:
        return _strict_hex(untrusted_headers[name], length)
    except (KeyError, ValueError) as fault:
        raise RequestRefused(f"The request needs the header {name} with {2 * length} hex digits.") from fault


def _strict_hex(untrusted: str, length: int) -> bytes:
    # bytes.fromhex forgives spaces and capitals: one meaning must have one spelling.
    decoded = bytes.fromhex(untrusted)
    if len(decoded) != length or decoded.hex() != untrusted:
        raise ValueError("Not the hex digits that were expected.")
    return decoded
