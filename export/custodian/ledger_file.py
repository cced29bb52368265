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


def begun_with(recipe: Recipe, entries: Iterable[Entry]) -> bool:
    """Whether any of these releases was made by this recipe's series, epochs and hierarchies."""
    return any(entry.binding == recipe.binding for entry in entries)
