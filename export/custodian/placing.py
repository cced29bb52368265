"""The last steps of a release: its files are written, noted in the ledger, signed and put in place, in that order."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from export.custodian.attacker_report import attacker_report
from export.custodian.entries import entry_of
from export.custodian.leaving import Leaving, Writer, naming_itself
from export.custodian.ledger import Ledger
from export.custodian.ledger_file import UNFINISHED
from export.custodian.long_file import FIGURES
from export.custodian.numbering import first_told
from export.custodian.so_far import only_sums
from export.manifest import KIND, MANIFEST, PUBLIC_KIND, PUBLIC_LIST, REPORTS, fingerprint, verified
from export.manifest import digest_of as file_digest
from survey.durable import sync_folder, write_whole
from survey.progress import steps
from survey.sealing import SigningKey
from survey.signed import write_signed

PUBLIC = frozenset({"tables.xlsx", "figures.csv", "themes.csv", "quotations.csv"})
"""What a publisher may open to everybody. The records stay with named analysts."""


def put_in_place(
    folder: Path, leaving: Leaving, writers: Sequence[Writer], authority: SigningKey, ledger: Ledger
) -> Path:
    """Write beside, and the report, note in the ledger, sign, rename: at any cut there is a whole release or none.

    The signature makes a release of it, since it can be used from then on wherever it lies: nothing is signed that the
    ledger does not know, and what was cut off after that the ledger finishes.
    """
    place, report = folder / "releases" / leaving.name, folder / REPORTS / f"{leaving.name}.txt"
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left_over in place.parent.glob(UNFINISHED + "*"):
        shutil.rmtree(left_over)
    beside = place.with_name(UNFINISHED + place.name)
    beside.mkdir(mode=0o700)
    recipe, table, named = leaving.materials.recipe, leaving.protected.table, naming_itself(leaving)
    try:
        _write(beside, named, writers)
        signed = _signed(beside, leaving, authority, ledger, _report(report, leaving, ledger))
        entry = entry_of(place.name, recipe, fingerprint(signed[MANIFEST]), leaving.levels, leaving.closes, table)
        entry = replace(entry, numbering=first_told(named))
        ledger.note(entry.and_never(leaving.passed_over, leaving.quoted))
        _sign(beside, signed, ledger)
        verified(beside, authority.public)
        beside.rename(place)
    finally:
        if beside.exists():
            _undo(beside, report, ledger)
    with suppress(OSError):  # It has left. What could not be noted now, the ledger finds when it is read next.
        sync_folder(place.parent)
        ledger.put_in_place()
    return place


def _sign(folder: Path, signed: Mapping[str, bytes], ledger: Ledger) -> None:
    """The manifest comes into the folder by one rename from beside the ledger, which so knows whether it ever did."""
    for name, content in signed.items():
        write_whole(ledger.unsigned if name == MANIFEST else folder / name, content)
    ledger.unsigned.rename(folder / MANIFEST)
    sync_folder(folder)
    sync_folder(ledger.unsigned.parent)


def _undo(folder: Path, report: Path, ledger: Ledger) -> None:
    """Take the signature back, make room, and only then write to the ledger: often it is room that was wanting.

    What cannot be struck out now the ledger strikes out when it is read next: nothing was signed.
    """
    with suppress(FileNotFoundError):
        (folder / MANIFEST).rename(ledger.unsigned)
    shutil.rmtree(folder, ignore_errors=True)
    report.unlink(missing_ok=True)
    with suppress(OSError):
        ledger.forget_unsigned()


def _write(folder: Path, named: Leaving, writers: Sequence[Writer]) -> None:
    for write in steps(writers, len(writers), "Writing"):
        write(folder, named)
    if named.earlier and (folder / FIGURES).exists():
        only_sums(folder / FIGURES, named.closes, named.earlier, named.options)


def _signed(folder: Path, leaving: Leaving, authority: SigningKey, ledger: Ledger, report: str) -> dict[str, bytes]:
    """The list for everybody, where there is something for everybody, and last the manifest; not written yet.

    Whoever has the hash of a small file can find what stands in it by trying, so the list for everybody names none of
    those that are for analysts.
    """
    recipe, protected, made_up = leaving.materials.recipe, leaving.protected, leaving.materials.made_up
    earlier = ledger.of(recipe.series)
    files = {path.name: file_digest(path) for path in sorted(folder.iterdir())}
    told = {"name": leaving.name, "series": recipe.series, "made_up": made_up, "recipe": recipe.digest,
            "frame": leaving.materials.words.frame.digest}  # fmt: skip
    public = {name: digest for name, digest in files.items() if name in PUBLIC}
    listed = {PUBLIC_LIST: write_signed(PUBLIC_KIND, told | {"files": public}, authority)} if public else {}
    content = told | {
        "records": protected.table.frame.height,
        "files": files | {name: fingerprint(text) for name, text in listed.items()},
        "public": sorted([*public, *listed]),
        "report": report,
        "closes": leaving.closes,
        "epoch_months": recipe.epochs.months,
        "previous": earlier[-1].manifest if earlier else None,
        "earlier": sorted(entry.manifest for entry in ledger.entries),
        "levels": dict(leaving.levels),
        "suppressed_cells": sum(protected.suppressed.values()),
        "threshold": recipe.thresholds.k,
    }
    return {**listed, MANIFEST: write_signed(KIND, content, authority)}


def _report(path: Path, leaving: Leaving, ledger: Ledger) -> str:
    """For the publisher alone: it says what was tried, and would tell an attacker where to try on. Its SHA-256."""
    earlier = [entry.name for entry in ledger.of(leaving.materials.recipe.series)]
    path.parent.mkdir(mode=0o700, exist_ok=True)
    write_whole(path, attacker_report(leaving, earlier).encode())
    return file_digest(path)
