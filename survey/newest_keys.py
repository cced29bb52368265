"""The number of the newest keys file ever taken, in a small file of its own.

Deleting or spoiling the keys file must not open the way for one that was replaced, such as one with a stolen key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from survey.durable import replacement

NEWEST_KEYS_FILE = "newest-keys"
_MOST_BYTES = 1024
_MOST_DIGITS = 16


class NewestKeys:
    """What an instance folder remembers of one authority's keys files."""

    def __init__(self, folder: Path, authority: bytes) -> None:
        """``authority`` is its 32-byte public key: a number remembered of another one says nothing."""
        self._path = folder / NEWEST_KEYS_FILE
        self._authority = authority.hex()

    def serial(self) -> int:
        """The number of the newest keys file taken; 0 where that is not known, since the file is gone or spoilt."""
        try:
            with self._path.open("rb") as file:
                untrusted = file.read(_MOST_BYTES)
        except OSError:
            return 0
        digits = untrusted.partition(b"\n")[0]
        if not digits.isdigit() or len(digits) > _MOST_DIGITS:
            return 0
        serial = int(digits)
        return serial if untrusted == self._content(serial) else 0

    @contextmanager
    def raised_to(self, serial: int) -> Iterator[None]:
        """Remember this number if the block puts its keys file in force, and only then.

        The room on the disk is taken before the block, so that a full one leaves file and number as they were. The
        number follows the file: a power cut between them must not leave a keys file below the number, which would stop
        the tablet.

        Raises:
            OSError: no room or no right to write there.
        """
        with replacement(self._path) as file:
            file.write(self._content(serial))
            file.flush()
            yield

    def _content(self, serial: int) -> bytes:
        # The sum is against a disk that turns 9 into 99, which would shut out every true keys file after it.
        said = f"{serial}\n{self._authority}\n"
        return f"{said}{hashlib.sha256(said.encode()).hexdigest()}\n".encode()
