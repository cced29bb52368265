"""Parcels: carried by hand, whole or not at all, and nobody's but their signer's."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_up_rows import by_id, some_rows

from survey.parcel import CARRY_OUT, RESCUE, ParcelRefused, open_parcel, write_parcel
from survey.sealing import SigningKey

KEY = SigningKey(b"\x05" * 32)
ROWS = by_id(some_rows(30))
ENTRIES = [(("tablet", "code", "open")[place % 3], row) for place, row in enumerate(ROWS)]


@pytest.fixture
def parcel(tmp_path: Path) -> Path:
    path = tmp_path / "carried"
    write_parcel(path, CARRY_OUT, {"keys": {"intake": "ab"}}, ENTRIES, len(ENTRIES), KEY)
    return path


def test_what_was_put_in_comes_out_in_the_same_order(parcel: Path) -> None:
    opened = open_parcel(parcel, CARRY_OUT, KEY.public)
    assert list(opened.rows) == ENTRIES
    assert list(opened.rows) == ENTRIES, "as often as it is asked for"
    assert (opened.count, opened.signer, opened.header["keys"]) == (30, KEY.public, {"intake": "ab"})


def test_its_size_is_that_of_its_rows_and_nothing_between_them(parcel: Path) -> None:
    content = parcel.read_bytes()
    line = content.index(b"\n") + 1
    assert len(content) == line + 30 * 5251 + 64
    assert content[line : line + 1] == b"t"
    assert content[line + 1 : line + 5251] == ROWS[0]


def test_a_signer_whom_nobody_knows_yet_is_named_for_the_caller_to_judge(parcel: Path) -> None:
    assert open_parcel(parcel, CARRY_OUT, None).signer == KEY.public


def test_an_empty_one_is_a_parcel_too(tmp_path: Path) -> None:
    write_parcel(tmp_path / "empty", RESCUE, {}, [], 0, KEY)
    assert list(open_parcel(tmp_path / "empty", RESCUE, KEY.public).rows) == []


def test_another_kind_or_another_signer_is_refused(parcel: Path) -> None:
    with pytest.raises(ParcelRefused, match="'carry-out 1' file; a 'rescue 1'"):
        open_parcel(parcel, RESCUE, KEY.public)
    with pytest.raises(ParcelRefused, match="another key"):
        open_parcel(parcel, CARRY_OUT, SigningKey(b"\x06" * 32).public)


@pytest.mark.parametrize("where", [5, 60, 200, 5000, 30 * 5251, -70, -1])
def test_one_changed_byte_anywhere_and_no_row_of_it_is_seen(parcel: Path, where: int) -> None:
    content = bytearray(parcel.read_bytes())
    content[where] ^= 1
    parcel.write_bytes(content)
    for public in (KEY.public, None):
        with pytest.raises(ParcelRefused):
            open_parcel(parcel, CARRY_OUT, public)


@pytest.mark.parametrize("length", [0, 1, 50, 3000, -5251, -64, -1])
def test_a_cut_one_is_refused(parcel: Path, length: int) -> None:
    parcel.write_bytes(parcel.read_bytes()[:length])
    with pytest.raises(ParcelRefused):
        open_parcel(parcel, CARRY_OUT, None)


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b"[]",
        b"\xff",
        b'{"heard":"carry-out 1","count":true,"signer":""}',
        b'{"heard":"carry-out 1","count":-1,"signer":""}',
        b'{"heard":"carry-out 1","count":1e9,"signer":""}',
        b'{"heard":"carry-out 1","count":99999999999999999999,"signer":"00"}',
        b"[" * 100_000,
    ],
)
def test_a_first_line_that_lies_is_refused(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "carried"
    path.write_bytes(line + b"\n" + bytes(6000))
    with pytest.raises(ParcelRefused):
        open_parcel(path, CARRY_OUT, None)


def test_another_number_of_rows_than_was_said_leaves_no_file(tmp_path: Path) -> None:
    for count in (29, 31):
        with pytest.raises(ValueError, match="there were"):
            write_parcel(tmp_path / "carried", CARRY_OUT, {}, ENTRIES, count, KEY)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_in_the_middle_leaves_the_parcel_of_before(parcel: Path) -> None:
    before = parcel.read_bytes()

    def broken() -> Iterator[tuple[str, bytes]]:
        yield ENTRIES[0]
        raise OSError("the disk went away")

    with pytest.raises(OSError, match="went away"):
        write_parcel(parcel, CARRY_OUT, {}, broken(), 2, KEY)
    assert parcel.read_bytes() == before
    assert list(parcel.parent.iterdir()) == [parcel]


def test_it_is_readable_by_its_owner_only(parcel: Path) -> None:
    assert parcel.stat().st_mode & 0o077 == 0


STREAM = """
import sys
from pathlib import Path
from survey.parcel import CARRY_OUT, open_parcel, write_parcel
from survey.sealing import SigningKey
key, path, count = SigningKey(bytes(32)), Path(sys.argv[1]), 60_000
write_parcel(path, CARRY_OUT, {}, (("tablet", number.to_bytes(5250, "big")) for number in range(count)), count, key)
assert sum(1 for _ in open_parcel(path, CARRY_OUT, key.public).rows) == count
"""


def test_a_parcel_larger_than_the_memory_is_written_and_read(tmp_path: Path) -> None:
    # 315 MB through a process that may use 240 MB of addresses, its libraries included.
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (240 << 20, 240 << 20))

    subprocess.run(
        [sys.executable, "-c", STREAM, str(tmp_path / "carried")],
        preexec_fn=limit,
        env={"PYTHONPATH": ":".join(sys.path)},
        check=True,
    )
    (tmp_path / "carried").unlink()
