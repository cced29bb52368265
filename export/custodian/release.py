"""A release: from what was carried out to a folder of files with a signed manifest, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from export.custodian.advice import what_to_recode
from export.custodian.asked import Asking
from export.custodian.candidates import Candidates, RecordOf
from export.custodian.closing import CannotClose
from export.custodian.codebook import write_codebook
from export.custodian.comments import OpenItems
from export.custodian.counts import write_counts
from export.custodian.disclosure import protect
from export.custodian.epochs import closing, wait_for
from export.custodian.formats import write_csv
from export.custodian.generalising import Hierarchy, hierarchy
from export.custodian.leaving import Leaving, Materials, Published, Writer
from export.custodian.ledger import Ledger
from export.custodian.ledger_file import begun_with
from export.custodian.long_file import FIGURES, write_figures
from export.custodian.opening import OpeningReport, fullest
from export.custodian.parquet import write_parquet
from export.custodian.placing import put_in_place
from export.custodian.recipe_names import refuse_unknown
from export.custodian.recoding import chosen_levels, recoded
from export.custodian.records import Columns
from export.custodian.so_far import published
from export.custodian.spreadsheet import write_xlsx
from export.custodian.statistical import write_dta, write_sav
from export.custodian.table import RESPONSE, Table
from export.custodian.telling import series_secret, told
from export.custodian.unsealing import CollectionSecret
from export.custodian.words import write_words
from export.custodian.workbook import write_workbook
from export.custodian.written import FAMILY_OF
from export.manifest import verified
from survey.sealing import SigningKey

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
    recipe, columns = materials.recipe, Columns(materials.known)
    # Again: the verb looked before it asked for a passphrase, and nothing that builds may do without. The ledger is
    # opened after that, since it finishes what was cut off, and whoever is refused here reads that nothing was written.
    refuse_unknown(recipe, materials.known, materials.areas, begun=begun_with(recipe, folder, authority.public))
    ledger = Ledger(folder, authority)
    ledger.bound(recipe)
    materials = replace(materials, words=materials.words.without(ledger.quoted()))
    closes = closing(recipe.epochs, ledger.closed(recipe.series), materials.month)
    shape = RecordOf(columns, OpenItems.of(materials.known), Asking(materials.known, columns), materials.words.frame)
    shaped = fullest(rows, secrets, materials.known, report, shape)
    new = Candidates(ledger.released(), closes, report.people, materials.words, columns.at(FAMILY_OF))
    builder = columns.builder()
    builder.add(new.records(shaped))
    ledger.enough(recipe, new.counting, materials.month, new.waiting)
    try:
        leaving = _protected(builder.table(), materials, columns, closes, ledger, new, report)
    except CannotClose as fault:
        raise CannotClose(fault.missing, wait_for(fault.missing, new.counting, materials.month)) from fault
    leaving = _as_before(leaving, ledger, authority)
    records = leaving.protected.table
    advice = partial(what_to_recode, records, leaving.hierarchies, leaving.levels)
    ledger.set_against(recipe, records, new.counting, materials.month, advice)
    return _released(leaving, put_in_place(folder, leaving, writers, authority, ledger), new.waiting)


def _as_before(leaving: Leaving, ledger: Ledger, authority: SigningKey) -> Leaving:
    """With what its series told before: this year's figures where the recipe sums them, and the files' numbers."""
    recipe = leaving.materials.recipe
    if any(spec.so_far for spec in recipe.tables.tables):
        places = ledger.standing(recipe.series, leaving.closes[:4])
        leaving = replace(leaving, earlier=tuple(_told_by(place, authority) for place in places))
    return replace(leaving, numbering=ledger.numbering(recipe.series))


def _told_by(place: Path, authority: SigningKey) -> Published:
    manifest = verified(place, authority.public)
    closes = str(manifest.more["closes"])
    return published(place / FIGURES, closes) if FIGURES in manifest.files else Published(closes, {})


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
