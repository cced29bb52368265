"""The ledger's file as it stands: whoever reads it needs the authority's public half only, and so no passphrase."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from export.custodian.entries import Entry
from export.custodian.recipe import Recipe
from export.manifest import MANIFEST
from export.manifest import digest_of as file_digest
from survey.signed import NotSigned, read_signed

LEDGER = "ledger.json"
RELEASES = "releases"
KIND = "ledger"
UNFINISHED = ".unfinished-"
"""Before the name of a release's folder until it is put in place."""


class LedgerRefused(ValueError):
    """The ledger cannot be read, or it says that nothing may leave yet."""


def noted_in(folder: Path, public: bytes) -> list[Entry]:
    """The releases that the ledger of a custodian's folder knows, oldest first; none where nothing was released.

    Args:
        folder: the custodian's.
        public: the authority's key, raw, 32 bytes.

    Raises:
        LedgerRefused: it is missing, damaged, was edited, or does not know a release that stands.
    """
    path, standing = folder / LEDGER, standing_in(folder / RELEASES)
    if not path.exists():
        if standing:
            raise LedgerRefused(f"{path} is missing though releases were made. Put a copy of it back.")
        return []
    try:
        said = read_signed(KIND, path.read_bytes(), public)
        noted = [Entry.from_json(one) for one in said["releases"]]
    except (NotSigned, ValueError, KeyError, TypeError) as fault:
        raise LedgerRefused(
            f"{path} is damaged or was edited. Put a copy of it back; nothing leaves without it."
        ) from fault
    unknown = [name for manifest, name in standing.items() if manifest not in {one.manifest for one in noted}]
    if unknown:
        raise LedgerRefused(
            f"{folder / RELEASES / min(unknown)} stands, and {path} does not know it: the ledger is older than"
            " the release. Put the newest copy of the ledger back."
        )
    return noted


def standing_in(releases: Path) -> Mapping[str, str]:
    """Hex SHA-256 of the manifest -> name of the folder, of every release that stands."""
    return {file_digest(one): one.parent.name for one in releases.glob(f"[!.]*/{MANIFEST}")}


def left_of(folder: Path, noted: Iterable[Entry]) -> list[Entry]:
    """Those of the releases that a folder noted that can be in anybody's hands; nothing is changed there."""
    return [one for one in noted if one.out or _left(folder / RELEASES, one)]


def begun_with(recipe: Recipe, folder: Path, public: bytes) -> bool:
    """Whether any release that left was made by this recipe's series, epochs and hierarchies.

    Raises:
        LedgerRefused: as ``noted_in``.
    """
    return any(entry.binding == recipe.binding for entry in left_of(folder, noted_in(folder, public)))


def signed_beside(releases: Path, entry: Entry) -> bool:
    """Whether a release was signed and lies there still as it does until it is put in its place."""
    manifest = releases / (UNFINISHED + entry.name) / MANIFEST
    return manifest.exists() and file_digest(manifest) == entry.manifest


def _left(releases: Path, entry: Entry) -> bool:
    """Whether a release that was cut off at its last steps can be in anybody's hands.

    Once it is signed it can be used wherever it lies. Where it lies nowhere, somebody may have carried it away.
    """
    nowhere = not (releases / (UNFINISHED + entry.name)).exists()
    return nowhere or entry.manifest in standing_in(releases) or signed_beside(releases, entry)
