"""What has already left: so that nobody's answers leave twice, and no release differs from the last by a handful.

Two releases that each hide everybody can still be subtracted from one another (notes: 70 to 100 in 100 of the few new
people exposed, measured). So a response is in one release only, a second waits for fifty new counting responses, and
all releases of a series tell place, month and area at the levels that the first one chose.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from forms.strict_json import canonical, strict_object
from survey.durable import write_whole

FIRST_BATCH = 10
LEAST_BATCH = 50
_FILE = "ledger.json"
_DIGEST_BYTES = 32


class LedgerRefused(ValueError):
    """The ledger cannot be read, or it says that nothing may leave yet."""


@dataclass(frozen=True)
class Entry:
    """One release: SHA-256 of its manifest, the levels its keys are told at, and of whom it is.

    Attributes:
        name: its folder's name.
        manifest: hex.
        levels: key -> level of its hierarchy.
        responses: SHA-256 of each response id, 32 bytes each, sorted, so that their order says nothing.
        out: whether the folder was put in place. False only between two steps of one release.
    """

    name: str
    manifest: str
    levels: Mapping[str, str]
    responses: bytes
    out: bool

    def to_json(self) -> dict[str, Any]:
        """As it stands in the file."""
        return {
            "name": self.name,
            "manifest": self.manifest,
            "levels": dict(self.levels),
            "responses": base64.b64encode(self.responses).decode(),
            "out": self.out,
        }


def digest_of(response: bytes) -> bytes:
    """What the ledger knows a response by. The id itself would let its reader ask a centre to delete it."""
    return hashlib.sha256(response).digest()


class Ledger:
    """The releases of a custodian's folder, oldest first."""

    def __init__(self, folder: Path) -> None:
        """Read the ledger; a folder without one has released nothing.

        Raises:
            LedgerRefused: it is damaged. Without it nobody knows what has left.
        """
        self._path = folder / _FILE
        self._releases = folder / "releases"
        self.entries = [self._settled(entry) for entry in self._read()]
        self.entries = [entry for entry in self.entries if entry.out]

    @property
    def levels(self) -> Mapping[str, str]:
        """The levels that the series is bound to: the first that any release chose for each key."""
        bound: dict[str, str] = {}
        for entry in self.entries:
            bound = {**entry.levels, **bound}
        return bound

    def released(self) -> frozenset[bytes]:
        """``digest_of`` every response that has left."""
        return frozenset(
            entry.responses[start : start + _DIGEST_BYTES]
            for entry in self.entries
            for start in range(0, len(entry.responses), _DIGEST_BYTES)
        )

    def enough(self, new_counting: int) -> None:
        """Refuse a release that would differ from the last by too few.

        Raises:
            LedgerRefused: says how many more are needed.
        """
        least = LEAST_BATCH if self.entries else FIRST_BATCH
        if new_counting < least:
            after = f"since {self.entries[-1].name} " if self.entries else ""
            raise LedgerRefused(
                f"{new_counting} new responses came from tablets and one-time codes {after}and a release needs {least}."
                f" Wait for {least - new_counting} more."
            )

    def note(self, name: str, manifest: str, levels: Mapping[str, str], responses: Iterable[bytes]) -> None:
        """Write a release down before it is put in place: were it the other way round, a power cut would forget it."""
        digests = b"".join(sorted(digest_of(response) for response in responses))
        self._write([*self.entries, Entry(name, manifest, levels, digests, out=False)])

    def put_in_place(self) -> None:
        """The last noted release stands in its folder."""
        self._write([*self.entries[:-1], replace(self.entries[-1], out=True)])

    def _write(self, entries: list[Entry]) -> None:
        content = {"heard": "ledger 1", "releases": [entry.to_json() for entry in entries]}
        write_whole(self._path, canonical(content).encode())
        self.entries = entries

    def _read(self) -> list[Entry]:
        if not self._path.exists():
            if self._releases.is_dir() and any(self._releases.glob("*/manifest.json")):
                raise LedgerRefused(f"{self._path} is missing though releases were made. Put a copy of it back.")
            return []
        try:
            content = strict_object(self._path.read_text())
            if content["heard"] != "ledger 1":
                raise LedgerRefused(f"{self._path} was written by another version of Heard.")
            return [
                Entry(
                    str(one["name"]),
                    str(one["manifest"]),
                    {str(key): str(level) for key, level in one["levels"].items()},
                    base64.b64decode(one["responses"], validate=True),
                    bool(one["out"]),
                )
                for one in content["releases"]
            ]
        except (ValueError, KeyError, TypeError, AttributeError) as fault:
            if isinstance(fault, LedgerRefused):
                raise
            raise LedgerRefused(
                f"{self._path} is damaged. Put a copy of it back; nothing leaves without it."
            ) from fault

    def _settled(self, entry: Entry) -> Entry:
        """An entry whose release was cut off: it counts if its folder stands, and never was if it does not."""
        if entry.out:
            return entry
        manifest = self._releases / entry.name / "manifest.json"
        stands = manifest.is_file() and hashlib.sha256(manifest.read_bytes()).hexdigest() == entry.manifest
        return replace(entry, out=stands)
