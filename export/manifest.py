"""A release folder and the signed list of what lies in it.

``manifest.json`` is a signed envelope of kind ``release`` (``survey.signed``). Its body names the release and the
SHA-256 of every other file, so a file that was changed, dropped or slipped in is found before anyone reads it.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from survey.signed import NotSigned, is_as_written, read_signed

KIND = "release"
MANIFEST = "manifest.json"
REPORTS = "reports"
"""The folder of attacker reports, beside the one of releases. They do not travel with them."""
PUBLIC_KIND, PUBLIC_LIST = "public", "public.json"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MANIFEST_BYTES = 1_000_000
_AGAIN = "Move that folder away and copy the whole release again."


class ReleaseRefused(ValueError):
    """A folder that is not the release its custodian signed. Do not use it; ask for it again."""


@dataclass(frozen=True)
class Manifest:
    """What the custodian signed of a release.

    Attributes:
        name: the release's own name, fit for a folder.
        series: which run of releases it belongs to.
        files: file name to lower-case hex SHA-256, the manifest itself apart.
        made_up: True for a demonstration.
        records: how many records it holds.
        public: the files that everybody may read once a publisher has said so; records are never among them.
        earlier: the manifests, as ``fingerprint`` has them, of all releases that were in the custodian's ledger when
            this one was made, of whatever series: nobody who is in one of them is in this one.
        more: whatever else the custodian says about it.
    """

    name: str
    series: str
    files: Mapping[str, str]
    made_up: bool
    records: int
    more: Mapping[str, Any]
    public: tuple[str, ...] = ()
    earlier: frozenset[str] = frozenset()


def fingerprint(manifest: bytes) -> str:
    """What a release is known by: the lower-case hex SHA-256 of its manifest."""
    return hashlib.sha256(manifest).hexdigest()


def digest_of(path: Path) -> str:
    """Lower-case hex SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(untrusted: bytes, authority: bytes) -> Manifest:
    """The manifest, once the authority's signature holds.

    Raises:
        ReleaseRefused: damaged, signed by somebody else, of a shape that no custodian writes, or with one byte more or
            fewer outside of what was signed: the next release would not know it by its ``fingerprint``.
    """
    try:
        body = read_signed(KIND, untrusted, authority)
    except NotSigned as fault:
        raise ReleaseRefused(f"manifest.json is not to be trusted: {fault}") from fault
    if not is_as_written(untrusted):
        raise ReleaseRefused(
            "manifest.json is not byte for byte as the custodian signed it, if only by a space or a line break. Copy"
            " the whole release again."
        )
    name, series, files = body.pop("name", None), body.pop("series", None), body.pop("files", None)
    made_up, records = body.pop("made_up", None), body.pop("records", None)
    if not (isinstance(name, str) and NAME.fullmatch(name) and isinstance(series, str)):
        raise ReleaseRefused("manifest.json has no name and series of the usual shape. Build the release again.")
    if type(made_up) is not bool or type(records) is not int or records < 0:
        raise ReleaseRefused("manifest.json does not say how many records there are and whether they are made up.")
    if not isinstance(files, dict) or not all(_listable(key, value) for key, value in files.items()):
        raise ReleaseRefused("manifest.json lists a file that no release has. Build the release again.")
    public = body.pop("public", [])
    if not isinstance(public, list) or not all(isinstance(file, str) and file in files for file in public):
        raise ReleaseRefused("manifest.json calls a file public that it does not list. Build the release again.")
    earlier = body.pop("earlier", [])
    if not isinstance(earlier, list) or not all(_digest(one) for one in earlier):
        raise ReleaseRefused("manifest.json does not say which releases were made before it. Build the release again.")
    return Manifest(name, series, files, made_up, records, body, tuple(public), frozenset(earlier))


def _listable(name: str, digest: object) -> bool:
    plain = NAME.fullmatch(name) is not None and name != MANIFEST
    return plain and _digest(digest)


def _digest(said: object) -> bool:
    return isinstance(said, str) and _DIGEST.fullmatch(said) is not None


def verified(folder: Path, authority: bytes) -> Manifest:
    """The manifest of a folder that holds exactly the files it names, each with the bytes that were signed.

    Raises:
        ReleaseRefused: naming the file that differs, is missing or is extra.
    """
    manifest = read_manifest(manifest_bytes(folder), authority)
    present = {entry.name: entry for entry in folder.iterdir()}
    del present[MANIFEST]
    for name in sorted(set(manifest.files) | set(present)):
        if name not in present:
            raise ReleaseRefused(f"{name} is missing from {folder}. {_AGAIN}")
        if name not in manifest.files:
            raise ReleaseRefused(f"{name} does not belong to this release. Take it out of {folder}.")
        # A link could be pointed elsewhere between this look and the next.
        if present[name].is_symlink() or not present[name].is_file():
            raise ReleaseRefused(f"{name} in {folder} is not a plain file. {_AGAIN}")
        if digest_of(present[name]) != manifest.files[name]:
            raise ReleaseRefused(f"{name} in {folder} differs from what was signed. {_AGAIN}")
    return manifest


def report_of(manifest: Manifest, reports: Path) -> Path:
    """Where the attacker report of a release lies in this folder; it may lie elsewhere.

    Raises:
        ReleaseRefused: another lies there than was signed: whoever publishes would decide by what nobody found.
    """
    path = reports / f"{manifest.name}.txt"
    there, plain = os.path.lexists(path), path.is_file() and not path.is_symlink()
    if there and not (plain and digest_of(path) == manifest.more.get("report")):
        raise ReleaseRefused(
            f"{path} is not the attacker report that was signed with {manifest.name}. Put a copy of that back, and read"
            " it before the release is published."
        )
    return path


def manifest_bytes(folder: Path) -> bytes:
    """The manifest as it lies there, not yet trusted.

    Raises:
        ReleaseRefused: there is none, or it is far too large to be one.
    """
    path = folder / MANIFEST
    if not path.is_file() or path.is_symlink():
        raise ReleaseRefused(f"There is no {MANIFEST} in {folder}. Give the folder of one release.")
    if path.stat().st_size > _MANIFEST_BYTES:
        raise ReleaseRefused(f"{MANIFEST} is too large to be one. Copy the whole release again.")
    return path.read_bytes()
