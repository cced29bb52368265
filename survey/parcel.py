"""A signed file of rows carried by hand: a tablet's rescue to the centre, the centre's carry-out to the custodian.

One line of JSON (``heard`` = kind, ``count``, ``signer`` = public key in hex, and what the kind adds), then for each
row its door in one byte (``t``, ``c`` or ``o``) and its 5,250 bytes, then a 64-byte Ed25519 signature over SHA-256 of
all before it. Rows stand in the order given, which callers keep to id order: any other would tell who answered first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from forms.strict_json import canonical, strict_object
from survey.durable import refuse_another, replacement
from survey.sealing import ROW_BYTES, BadSignature, SigningKey, verify
from survey.store import Door

RESCUE = "rescue 1"
CARRY_OUT = "carry-out 1"
_IN_WORDS = {RESCUE: "rescue file of this tablet", CARRY_OUT: "carry-out of this centre"}

_LETTERS: Mapping[str, bytes] = {"tablet": b"t", "code": b"c", "open": b"o"}
_DOORS: Mapping[int, Door] = {ord("t"): "tablet", ord("c"): "code", ord("o"): "open"}
_ENTRY_BYTES = 1 + ROW_BYTES
_SIGNATURE_BYTES = 64
_HEADER_LIMIT = 1 << 20
_STEP = 400


class ParcelRefused(ValueError):
    """Not the file that was asked for, cut, changed or signed by somebody else. Take nothing from it; copy it again."""


@dataclass(frozen=True)
class Parcel:
    """A parcel whose signature held when it was opened."""

    path: Path
    header: Mapping[str, Any]
    signer: bytes
    count: int
    _start: int

    @property
    def rows(self) -> Iterator[tuple[Door, bytes]]:
        """Each row with its door, in the file's order, a few at a time; every use starts at the first row again."""
        with self.path.open("rb") as file:
            file.seek(self._start)
            for _ in range(self.count):
                entry = file.read(_ENTRY_BYTES)
                if len(entry) != _ENTRY_BYTES or entry[0] not in _DOORS:
                    raise ParcelRefused(f"{self.path} was changed while it was read: copy it again.")
                yield _DOORS[entry[0]], entry[1:]


def refuse_another_parcel(path: Path, kind: str, key: SigningKey) -> None:
    """Fail where something else lies at this path than a parcel of this kind that this key has signed before.

    Raises:
        AnotherFile: it was left as it is.
    """

    def is_ours(start: bytes) -> bool:
        try:
            header = strict_object(start[: start.find(b"\n") + 1].decode())
        except ValueError:
            return False
        return (header.get("heard"), header.get("signer")) == (kind, key.public.hex())

    refuse_another(path, _IN_WORDS[kind], is_ours)


def write_parcel(
    path: Path, kind: str, header: Mapping[str, Any], rows: Iterable[tuple[str, bytes]], count: int, key: SigningKey
) -> None:
    """Write a parcel, whole or not at all: under another name first, synced, then renamed.

    Raises:
        AnotherFile: what has this name already is no parcel of this kind by this signer.
        ValueError: not ``count`` rows, or something among them that is no row; nothing is left behind.
        OSError: no room or no right to write there; nothing is left behind.
    """
    refuse_another_parcel(path, kind, key)
    with replacement(path) as file:
        content = {**header, "heard": kind, "count": count, "signer": key.public.hex()}
        file.write(key.sign(_write_rows(file, content, rows, count)))


def _write_rows(file: BinaryIO, content: Mapping[str, Any], rows: Iterable[tuple[str, bytes]], count: int) -> bytes:
    line = canonical(content).encode() + b"\n"
    if len(line) > _HEADER_LIMIT:
        raise ValueError("The header of this parcel is too long.")
    file.write(line)
    covered = hashlib.sha256(line)
    written = 0
    for door, row in rows:
        if len(row) != ROW_BYTES:
            raise ValueError(f"A row has {ROW_BYTES} bytes, not {len(row)}.")
        entry = _LETTERS[door] + row
        covered.update(entry)
        file.write(entry)
        written += 1
    if written != count:
        raise ValueError(f"The parcel was to hold {count} rows and there were {written}: try again.")
    return covered.digest()


def open_parcel(path: Path, kind: str, public_key: bytes | None) -> Parcel:
    """Check a whole parcel, then hand it over: no row is seen before the signature held.

    ``public_key`` None takes the signer that the file names: it then proves only that the file is whole, and the caller
    must decide whether it knows that signer (a tablet that is enrolled, a centre seen for the first time).

    Raises:
        ParcelRefused: another kind, another signer, cut or changed.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        line = file.readline(_HEADER_LIMIT)
        header, signer, count = _read_header(path, line, kind)
        if public_key is not None and signer != public_key:
            raise ParcelRefused(f"{path} was signed by another key than the one expected. Ask who made it.")
        if path.stat().st_size != len(line) + count * _ENTRY_BYTES + _SIGNATURE_BYTES:
            raise ParcelRefused(f"{path} is not whole: copy it again from where it was made.")
        digest = _digest(path, file, line, count)
        try:
            verify(signer, file.read(_SIGNATURE_BYTES), digest)
        except BadSignature as fault:
            raise ParcelRefused(
                f"{path} was changed after it was signed: copy it again from where it was made."
            ) from fault
    return Parcel(path, header, signer, count, len(line))


def _read_header(path: Path, line: bytes, kind: str) -> tuple[dict[str, Any], bytes, int]:
    try:
        header = strict_object(line.decode())
        if header["heard"] != kind:
            raise ParcelRefused(f"{path} is a {header['heard']!r} file; a {kind!r} file is needed.")
        count, signer = header["count"], bytes.fromhex(header["signer"])
    except (ValueError, KeyError, TypeError) as fault:
        if isinstance(fault, ParcelRefused):
            raise
        raise ParcelRefused(f"{path} is not a {kind!r} file. Look for the right one.") from fault
    if not isinstance(count, int) or isinstance(count, bool) or count < 0 or not line.endswith(b"\n"):
        raise ParcelRefused(f"{path} is not a {kind!r} file. Look for the right one.")
    return header, signer, count


def _digest(path: Path, file: BinaryIO, line: bytes, count: int) -> bytes:
    covered = hashlib.sha256(line)
    left = count * _ENTRY_BYTES
    while left:
        block = file.read(min(left, _STEP * _ENTRY_BYTES))
        if not block or any(letter not in _DOORS for letter in block[::_ENTRY_BYTES]):
            raise ParcelRefused(f"{path} holds something else than rows: copy it again from where it was made.")
        covered.update(block)
        left -= len(block)
    return covered.digest()
