"""A release: from what was carried out to a folder of files with a signed manifest, whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from export.custodian.advice import what_to_recode
from export.custodian.attacker_report import attacker_report
from export.custodian.candidates import Candidates, RecordOf
from export.custodian.closing import CannotClose
from export.custodian.codebook import write_codebook
from export.custodian.comments import OpenItems
from export.custodian.counts import write_counts
from export.custodian.disclosure import protect
from export.custodian.entries import entry_of
from export.custodian.epochs import closing, wait_for
from export.custodian.formats import write_csv
from export.custodian.generalising import Hierarchy, hierarchy
from export.custodian.leaving import Leaving, Materials, Published, Writer, naming_itself
from export.custodian.ledger import UNFINISHED, Ledger
from export.custodian.long_file import FIGURES, write_figures
from export.custodian.numbering import first_told
from export.custodian.opening import OpeningReport, fullest
from export.custodian.parquet import write_parquet
from export.custodian.recipe_names import refuse_unknown
from export.custodian.recoding import chosen_levels, recoded
from export.custodian.records import Columns
from export.custodian.so_far import only_sums, published
from export.custodian.spreadsheet import write_xlsx
from export.custodian.statistical import write_dta, write_sav
from export.custodian.table import RESPONSE, Table
from export.custodian.telling import series_secret, told
from export.custodian.unsealing import CollectionSecret
from export.custodian.words import write_words
from export.custodian.workbook import write_workbook
from export.custodian.written import FAMILY_OF
from export.manifest import KIND, MANIFEST, PUBLIC_KIND, PUBLIC_LIST, REPORTS, fingerprint, verified
from export.manifest import digest_of as file_digest
from survey.durable import sync_folder, write_whole
from survey.progress import steps
from survey.sealing import SigningKey
from survey.signed import write_signed

WRITERS: tuple[Writer, ...] = (
    write_csv,
    write_parquet,
    write_sav,
    write_dta,
    write_xlsx,
    write_codebook,
    write_counts,
    write_figures,
    write_workbook,
    write_words,
)
PUBLIC = frozenset({"tables.xlsx", "figures.csv", "themes.csv", "quotations.csv"})
"""What a publisher may open to everybody. The records stay with named analysts."""


@dataclass(frozen=True)
class Released:
    """What came of it.

    ``waiting`` responses are of an epoch that is not over; for ``passed_over`` ones another visit of the same person is
    in the release; of ``quoted`` ones a comment left.
    """

    name: str
    folder: Path
    records: int
    suppressed_cells: int
    left_out: int
    waiting: int
    passed_over: int
    levels: Mapping[str, str]
    quoted: tuple[str, ...] = ()


def build(
    folder: Path,
    rows: Iterable[tuple[str, bytes]],
    secrets: Sequence[CollectionSecret],
    authority: SigningKey,
    materials: Materials,
    report: OpeningReport,
    writers: Sequence[Writer] = WRITERS,
) -> Released:
    """Open, protect and write the next release of a custodian's folder.

    Raises:
        RecipeRefused, LedgerRefused, EpochOpen, TooFew, CannotClose: nothing may leave yet; the message says until when
            to wait, for how many, which word to correct, or what to tell more coarsely.
        ReleaseRefused: an earlier release that the year so far is summed over is not as it was signed.
        DisclosureFailed, Contradiction, CrewLost, OSError: nothing was written.
    """
    refuse_unknown(materials.recipe, materials.known, materials.areas)
    recipe, ledger, columns = materials.recipe, Ledger(folder, authority), Columns(materials.known)
    ledger.bound(recipe)
    materials = replace(materials, words=materials.words.without(ledger.quoted()))
    closes = closing(recipe.epochs, ledger.closed(recipe.series), materials.month)
    shape = RecordOf(columns, OpenItems.of(materials.known), materials.words.frame)
    shaped = fullest(rows, secrets, materials.known, report, shape)
    new = Candidates(ledger.released(), closes, report.people, materials.words, columns.at(FAMILY_OF))
    builder = columns.builder()
    builder.add(new.records(shaped))
    ledger.enough(recipe, new.counting, materials.month, new.waiting)
    try:
        leaving = _protected(builder.table(), materials, columns, closes, ledger, new, report)
    except CannotClose as fault:
        raise CannotClose(fault.missing, wait_for(fault.missing, new.counting, materials.month)) from fault
    if any(spec.so_far for spec in recipe.tables.tables):
        places = ledger.standing(recipe.series, closes[:4])
        leaving = replace(leaving, earlier=tuple(_told_by(place, authority) for place in places))
    leaving = replace(leaving, numbering=ledger.numbering(recipe.series))
    records = leaving.protected.table
    advice = partial(what_to_recode, records, leaving.hierarchies, leaving.levels)
    ledger.set_against(recipe, records, new.counting, materials.month, advice)
    return _released(leaving, _put_in_place(folder, leaving, writers, authority, ledger), new.waiting)


def _told_by(place: Path, authority: SigningKey) -> Published:
    manifest = verified(place, authority.public)
    closes = str(manifest.more["closes"])
    return published(place / FIGURES, closes) if FIGURES in manifest.files else Published(closes, {})


def _report(path: Path, leaving: Leaving, ledger: Ledger) -> str:
    """For the publisher alone: it says what was tried, and would tell an attacker where to try on. Its SHA-256."""
    earlier = [entry.name for entry in ledger.of(leaving.materials.recipe.series)]
    path.parent.mkdir(mode=0o700, exist_ok=True)
    write_whole(path, attacker_report(leaving, earlier).encode())
    return file_digest(path)


def _released(leaving: Leaving, place: Path, waiting: int) -> Released:
    protected, quoted = leaving.protected, tuple(leaving.quoted)
    records, blank = protected.table.frame.height, sum(protected.suppressed.values())
    left_out, passed_over = protected.left_out, len(leaving.passed_over)
    return Released(leaving.name, place, records, blank, left_out, waiting, passed_over, leaving.levels, quoted)


def _protected(
    answered: Table, materials: Materials, columns: Columns, closes: str, ledger: Ledger, new: Candidates,
    report: OpeningReport,
) -> Leaving:  # fmt: skip
    recipe = materials.recipe
    hierarchies = _hierarchies(answered, materials)
    keys = {variable.name for variable in answered.variables if variable.key}
    of_keys = [one for one in hierarchies if one.variable in keys]
    levels = chosen_levels(answered, of_keys, ledger.levels(recipe.series), recipe.thresholds)
    protected = protect(recoded(answered, of_keys, levels), recipe.thresholds)
    ordered = replace(protected.table, frame=protected.table.frame.sort(protected.table.columns))
    name = f"{recipe.series}-{'made-up-' if materials.made_up else ''}{len(ledger.of(recipe.series)) + 1}"
    protected = replace(protected, table=ordered)
    secret = series_secret(materials.table_secret, recipe.series)
    figures = told(answered, ordered.frame, hierarchies, levels, recipe.tables, secret)
    written = new.written(ordered.frame[RESPONSE])
    return Leaving(
        name, materials, columns, answered, hierarchies, levels, closes, protected, figures, written,
        quoted=written.quotable(hierarchies, answered.values), interviews=report.told,
        passed_over=new.passed_over(ordered.frame[RESPONSE]),
    )  # fmt: skip


def _hierarchies(table: Table, materials: Materials) -> tuple[Hierarchy, ...]:
    kinds = {code: place.kind for code, place in materials.known.places.items()}
    return tuple(
        hierarchy(one, table.values[one.variable], materials.areas, kinds)
        for one in materials.recipe.hierarchies
        if one.variable in table.values
    )


def _put_in_place(
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
        for name, content in signed.items():
            write_whole(beside / name, content)
        verified(beside, authority.public)
        beside.rename(place)
    finally:
        if beside.exists():
            (beside / MANIFEST).unlink(missing_ok=True)
            ledger.forget_unsigned()
            if report.exists():
                report.unlink()
            shutil.rmtree(beside, ignore_errors=True)
    with suppress(OSError):  # It has left. What could not be noted now, the ledger finds when it is read next.
        sync_folder(place.parent)
        ledger.put_in_place()
    return place


def _write(folder: Path, named: Leaving, writers: Sequence[Writer]) -> None:
    for write in steps(writers, len(writers), "Writing"):
        write(folder, named)
    if named.earlier and (folder / FIGURES).exists():
        only_sums(folder / FIGURES, named.closes, named.earlier)


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
