"""The releases that analysts may pull: copied in whole or not at all, checked again each time one leaves.

``releases/<name>/`` holds a verified release as the custodian built it. Whoever changes a file here, even with the
run of the machine, cannot make the centre hand it out: every pull is hashed against the signed manifest first.

No two of them hold the same person. What a custodian's ledger knows, its next release leaves out; so of any two
releases here one was made by a ledger that knew the other. A copy of the custodian's folder, an older one or an empty
one with the same keys makes releases that know too little, and these are refused. What was published once is
remembered, in ``releases/.manifests/``, when its folder is gone: whoever pulled it still has it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from export.manifest import (
    MANIFEST,
    REPORTS,
    Manifest,
    ReleaseRefused,
    fingerprint,
    manifest_bytes,
    read_manifest,
    report_of,
    verified,
)
from survey.durable import sync_folder, write_whole
from survey.single import alone

_UNFINISHED = ".new-"
_REMEMBERED = ".manifests"
# Two that do not know of each other could both find that no other was published.
_AT_ONCE = "Another release is being published here. Nothing was published. Wait until that has ended, then try again."


def _nothing(_manifest: Manifest) -> None:
    """Nobody is told."""


class NoSuchRelease(LookupError):
    """No release, or no file in it, of this name."""


@dataclass(frozen=True)
class Releases:
    """The folder of published releases and the authority whose signature admits one."""

    folder: Path
    authority: bytes

    def publish(
        self, source: Path, *, new_series: bool = False, before: Callable[[Manifest], None] = _nothing
    ) -> tuple[Manifest, bool]:
        """Copy a verified release in, whole or not at all.

        Args:
            source: its folder.
            new_series: whether it may begin a series beside another.
            before: told of it just before it stands there.

        Returns:
            Its manifest, and whether it was new; an identical one already published changes nothing.

        Raises:
            ReleaseRefused: not the custodian's, not whole, another report lies beside it than was signed, another
                release of this name stands already, it may hold people of one that was published, it begins another
                series unasked, or another is being published.
        """
        self.folder.mkdir(mode=0o700, exist_ok=True)
        with alone(self.folder, ReleaseRefused(_AT_ONCE)):
            return self._published(source, before, new_series=new_series)

    def _published(
        self, source: Path, before: Callable[[Manifest], None], *, new_series: bool
    ) -> tuple[Manifest, bool]:
        manifest = verified(source, self.authority)
        report_of(manifest, source.resolve().parent.parent / REPORTS)
        target = self.folder / manifest.name
        if target.exists():
            verified(target, self.authority)
            if manifest_bytes(target) != manifest_bytes(source):
                raise ReleaseRefused(
                    f"Another release called {manifest.name} is published already. A release never changes:"
                    " build a new one under a new name."
                )
            return manifest, False
        self._shares_nobody(manifest, manifest_bytes(source))
        if not new_series:
            self._begins_none(manifest.series)
        self._copy_in(source, manifest, before)
        return manifest, True

    def _copy_in(self, source: Path, manifest: Manifest, before: Callable[[Manifest], None]) -> None:
        unfinished = self.folder / f"{_UNFINISHED}{manifest.name}"
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir(mode=0o700)
        for name in (*manifest.files, MANIFEST):
            _copied(source / name, unfinished / name)
        # The copy is what will be handed out, so the copy is what must hold, whatever happened to the source meanwhile.
        verified(unfinished, self.authority)
        sync_folder(unfinished)
        self._remember(manifest_bytes(unfinished))
        before(manifest)
        unfinished.rename(self.folder / manifest.name)
        sync_folder(self.folder)

    def _shares_nobody(self, manifest: Manifest, signed: bytes) -> None:
        own = fingerprint(signed)
        for known, other in self._ever().items():
            if own != known and known not in manifest.earlier and own not in other.earlier:
                raise ReleaseRefused(
                    f"{manifest.name} does not know of {other.name}, which was published here: the same people may be"
                    " in both, and who subtracts one from the other finds them. It was made in a copy of the"
                    " custodian's folder, in an older or in an empty one. Nothing was published. Ask for a release made"
                    f" in the folder that {other.name} came from."
                )

    def _begins_none(self, series: str) -> None:
        others = {one.series for one in self._ever().values()}
        if others and series not in others:
            raise ReleaseRefused(
                f"This release would begin the series {series} beside {', '.join(sorted(others))}. Two series tell"
                " groups in two ways, and nobody sets the records of one against those of the other. Ask the"
                " custodian whether that is meant; then publish it with --new-series."
            )

    def _ever(self) -> dict[str, Manifest]:
        """By its fingerprint every release that was ever published here and is as it was signed."""
        found = [*self.folder.glob(f"{_REMEMBERED}/*"), *self.folder.glob(f"[!.]*/{MANIFEST}")]
        ever = dict[str, Manifest]()
        for path in found:
            signed = path.read_bytes()
            try:
                ever[fingerprint(signed)] = read_manifest(signed, self.authority)
            except ReleaseRefused:
                continue  # spoilt or slipped in: the other of its two copies counts
        return ever

    def _remember(self, signed: bytes) -> None:
        (self.folder / _REMEMBERED).mkdir(mode=0o700, exist_ok=True)
        write_whole(self.folder / _REMEMBERED / f"{fingerprint(signed)}.json", signed)

    def listed(self) -> list[Manifest]:
        """The manifests of all published releases that are still the custodian's, newest name last."""
        return list(self._listed())

    def _listed(self) -> Iterator[Manifest]:
        if not self.folder.is_dir():
            return
        for entry in sorted(self.folder.iterdir()):
            if not entry.name.startswith(".") and entry.is_dir():
                try:
                    manifest = read_manifest(manifest_bytes(entry), self.authority)
                except ReleaseRefused:
                    continue  # tampered with: to an analyst it is not there
                if manifest.name == entry.name:
                    yield manifest

    def named(self, untrusted_name: str) -> Manifest:
        """One release's manifest.

        Raises:
            NoSuchRelease: none of this name.
        """
        for manifest in self.listed():
            if manifest.name == untrusted_name:
                return manifest
        raise NoSuchRelease(f"There is no release called {untrusted_name}.")

    def sizes(self, manifest: Manifest) -> dict[str, int]:
        """Bytes of each file of a release that is there, its manifest too."""
        paths = (self.folder / manifest.name / name for name in (*manifest.files, MANIFEST))
        return {path.name: path.stat().st_size for path in paths if path.is_file()}

    def opened(self, manifest: Manifest, untrusted_file: str) -> BufferedReader:
        """A file of a release, hashed through the very handle that is returned, at its start.

        Raises:
            NoSuchRelease: no such file in it.
            ReleaseRefused: its bytes are not those that were signed.
        """
        path = self.folder / manifest.name / untrusted_file
        if untrusted_file != MANIFEST and untrusted_file not in manifest.files:
            raise NoSuchRelease(f"There is no {untrusted_file} in {manifest.name}.")
        if path.is_symlink() or not path.is_file():
            raise ReleaseRefused(f"{manifest.name} is no longer whole. Tell the operator to publish it again.")
        file = path.open("rb")
        try:
            self._check(file, manifest, untrusted_file)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    def _check(self, file: BufferedReader, manifest: Manifest, name: str) -> None:
        if name == MANIFEST:
            read_manifest(file.read(), self.authority)
        elif hashlib.file_digest(file, "sha256").hexdigest() != manifest.files[name]:
            raise ReleaseRefused(f"{name} of {manifest.name} was changed. It is not sent. Tell the operator.")


def _copied(source: Path, target: Path) -> None:
    with source.open("rb") as whole, target.open("xb") as copy:
        shutil.copyfileobj(whole, copy, 1 << 20)
        copy.flush()
        os.fsync(copy.fileno())
