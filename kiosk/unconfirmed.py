"""Packets that were sent and not yet done with, kept as they were until they are.

A packet whose receipt was lost is sent again byte for byte before anything new. Were it made up anew, with other
covers, whoever cuts the line at the centre would learn from the two which rows are answers, and how many. The file
holds sealed rows, lies beside the outbox and is gone once its rows are forgotten.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from survey.durable import UNFINISHED
from survey.sealing import ROW_BYTES

PACKET_ROWS = 12
PACKET_BYTES = PACKET_ROWS * ROW_BYTES
FILE = "unconfirmed.packets"
_LOCK = "sending.lock"


class Unconfirmed:
    """The packets under way of one tablet, whichever of its processes sends."""

    def __init__(self, instance: Path) -> None:
        self._path = instance / FILE
        self._lock = instance / _LOCK

    @contextmanager
    def turn(self) -> Iterator[None]:
        """One sender at a time: two at once would send the same rows among different covers."""
        handle = os.open(self._lock, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def packets(self) -> list[list[bytes]]:
        """The packets that were begun, oldest first, as they were; what a power cut left cut is no packet."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return []
        starts = range(0, len(content) - PACKET_BYTES + 1, PACKET_BYTES)
        return [
            [content[at : at + ROW_BYTES] for at in range(start, start + PACKET_BYTES, ROW_BYTES)] for start in starts
        ]

    def keep(self, packets: Sequence[Sequence[bytes]]) -> None:
        """These packets and no others go out now, or are not confirmed yet. A kill leaves the old ones or the new.

        Not synced: a power cut may lose them, and then they are made up anew.

        Raises:
            OSError: no room; then they must not go out.
        """
        if not packets:
            self._path.unlink(missing_ok=True)
            return
        second = self._path.with_name(FILE + UNFINISHED)
        handle = os.open(second, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.writelines(row for packet in packets for row in packet)
        second.replace(self._path)
