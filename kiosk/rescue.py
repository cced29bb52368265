"""A sealed copy of everything that waits on a tablet, for carrying by hand: also out of a damaged database.

SQLite gives up at a damaged page, although most rows lie whole elsewhere in the file. A row can be found without it: it
starts with ``HRD1`` behind its own id, which is its hash, so a row that was put together rightly proves itself. The
layout is SQLite's (https://sqlite.org/fileformat2.html, 'B-tree Pages' and 'Cell Payload Overflow Pages'): a row of
5,250 bytes begins in a leaf and goes on through a chain of overflow pages.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from forms.response import framed
from kiosk.enrolment import OUTBOX, Enrolment
from kiosk.single import AlreadyRunning, alone
from survey.parcel import RESCUE, write_parcel
from survey.partials import rows_in
from survey.sealing import MAGIC, ROW_BYTES, ROW_ID_BYTES, SUITE_ID, row_id
from survey.store import Store, StoreDamaged
from survey.tallies import cover

ROUND_ROWS = 240
"""A rescue file is filled up to a multiple of these, so that its size does not tell a quiet month from a busy one."""
_DOOR = b"tablet"
_PAGE_BYTES = 4096
# Before the id in a record: its own length and the types of id, door and row, as varints of 1, 1, 1 and 2 bytes.
_RECORD_HEAD_BYTES = 5
_CHAIN_BYTES = 4


@dataclass(frozen=True)
class Rescued:
    """``whole``: the database could be read as it should be; if not, what is whole in it was copied.

    ``filled_up``: covers lie among the rows, so that the file's size does not tell how many answers wait.
    """

    whole: bool
    filled_up: bool


def rescue(path: Path, enrolment: Enrolment, memory_folder: Path | None) -> Rescued:
    """Write the rescue file, signed by the tablet's key; nothing on the tablet is changed.

    Raises:
        AnotherFile: something else than an earlier rescue file of this tablet has this name.
        OSError: the file cannot be written.
    """
    rows: dict[bytes, bytes] = {}
    whole = True
    outbox = enrolment.instance / OUTBOX
    if outbox.exists():
        try:
            rows.update(_read(outbox))
        except StoreDamaged:
            whole = False
            rows.update((row_id(row), row) for row in salvaged(outbox))
    rows.update((row_id(row), row) for row in _left_over(enrolment.instance, memory_folder))
    covers = list(_covers(enrolment, len(rows)))
    rows.update((row_id(row), row) for row in covers)
    ordered = [("tablet", rows[each]) for each in sorted(rows)]
    write_parcel(path, RESCUE, {}, ordered, len(ordered), enrolment.key)
    return Rescued(whole, filled_up=len(rows) % ROUND_ROWS == 0 and bool(rows))


def _covers(enrolment: Enrolment, rows: int) -> Iterator[bytes]:
    keys = enrolment.briefing().keys()
    if keys is not None:
        plaintext = framed(cover())
        for _ in range(max(1, -(-rows // ROUND_ROWS)) * ROUND_ROWS - rows):
            yield keys.collection.seal(plaintext)


def _read(outbox: Path) -> Iterator[tuple[bytes, bytes]]:
    store = Store(outbox)
    try:
        for shelf in store.shelves:
            for _, row in store.rows(shelf):
                if len(row) == ROW_BYTES:
                    yield row_id(row), row
    finally:
        store.close()


def _left_over(instance: Path, memory_folder: Path | None) -> Iterator[bytes]:
    """What a killed process left in memory. A tablet that runs files its own, so they are left to it."""
    if memory_folder is None or not memory_folder.is_dir():
        return
    try:
        with alone(instance):
            yield from rows_in(sorted(memory_folder.iterdir()))
    except AlreadyRunning:
        return


def salvaged(database: Path) -> Iterator[bytes]:
    """Every whole row in a damaged database file, whatever became of the pages around it.

    Raises:
        OSError: the file cannot be read at all.
    """
    mark = _DOOR + MAGIC + SUITE_ID
    with database.open("rb") as file:
        if not file.seek(0, 2):
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            at = content.find(mark)
            while at >= 0:
                start = at + len(_DOOR)
                kept_under = content[at - ROW_ID_BYTES : at]
                row = _followed(content, start)
                if row_id(row) == kept_under:
                    yield row
                at = content.find(mark, start)


def _followed(content: mmap.mmap, start: int) -> bytes:
    head = _RECORD_HEAD_BYTES + ROW_ID_BYTES + len(_DOOR)
    end = start + _local_bytes(head + ROW_BYTES) - head
    row = content[start:end]
    chain = content[end : end + _CHAIN_BYTES]
    while len(row) < ROW_BYTES and len(chain) == _CHAIN_BYTES:
        page = (int.from_bytes(chain, "big") - 1) * _PAGE_BYTES
        if not 0 <= page < len(content):
            break
        chain = content[page : page + _CHAIN_BYTES]
        row += content[page + _CHAIN_BYTES : page + _PAGE_BYTES]
    return row[:ROW_BYTES]


def _local_bytes(payload: int) -> int:
    """How much of a payload lies in the leaf of an index b-tree, which a table without rowids is."""
    most = (_PAGE_BYTES - 12) * 64 // 255 - 23
    least = (_PAGE_BYTES - 12) * 32 // 255 - 23
    left = least + (payload - least) % (_PAGE_BYTES - _CHAIN_BYTES)
    return left if left <= most else least
