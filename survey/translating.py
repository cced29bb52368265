"""``survey languages``: how far each language is, and files for translators to fill in and give back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from openpyxl import Workbook

from forms.authoring.faults import Faults
from forms.authoring.sheets import read_sheets
from forms.authoring.wording import state_of
from survey.catalogues import BEFORE, STATES, WAS_TRANSLATED, Catalogues, Entry, Unfit, po_file, read_po_file
from survey.languages import own_name

HEADINGS = ("catalogue", "place", "english", "translation", "state")
KINDS = ("xlsx", "po")
_SHEET = "translation"
_ALIKE = "reads the same as another answer of its list. Write them so that they can be told apart."
_COUNTED = (*STATES, "missing", "stale")


@click.command()
@click.option(
    "--write", type=click.Path(path_type=Path, file_okay=False), help="Write a file for each language into this folder."
)
@click.option("--as", "kind", type=click.Choice(KINDS), default=KINDS[0], show_default=True, help="With --write.")
@click.option("--language", help="With --write or --take: this language only, for example pl.")
@click.option("--take", type=click.Path(path_type=Path, dir_okay=False), help="Take a translator's .xlsx or .po file.")
def languages(write: Path | None, kind: str, language: str | None, take: Path | None) -> None:
    """How far each language is; write files for translators, take them back.

    Exit code 1 where anything is missing or stale, or where a line was not taken.
    """
    catalogues = Catalogues.shipped()
    code = language or (take.stem if take else "")
    if code and code not in catalogues.languages():
        raise click.UsageError(f"There is no language '{code}' here. Say --language, for example pl.")
    if take is not None:
        fit, refused = taken(catalogues, code, take)
        click.echo("\n".join((*refused, f"Took {fit} translations into {own_name(code)}; {len(refused)} not taken.")))
        raise SystemExit(int(bool(refused)))
    if write is not None:
        write.mkdir(parents=True, exist_ok=True)
        for each in [code] if code else catalogues.languages():
            click.echo(str(written(catalogues, each, write / f"{each}.{kind}")))
    else:
        _report(catalogues)


def _report(catalogues: Catalogues) -> None:
    behind = False
    click.echo(f"{len(catalogues.english)} messages in English.")
    for code in catalogues.languages():
        counts = catalogues.counts(code)
        behind = behind or counts["missing"] > 0 or counts["stale"] > 0
        click.echo(f"{code:8} {', '.join(f'{counts[state]} {state}' for state in _COUNTED)}  {own_name(code)}")
    click.echo("A draft was made by a computer and checked by nobody; respondents and staff are told so.")
    raise SystemExit(int(behind))


def written(catalogues: Catalogues, language: str, path: Path) -> Path:
    """Write what a translator needs, .xlsx or .po: every message, what stands there now, and how far it is.

    Where the English has changed, also what both were before.
    """
    entries, before = catalogues.entries(language), catalogues.before(language)
    if path.suffix == ".po":
        po_file(language, entries, before).save(str(path))
        return path
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_SHEET)
    sheet.append([*HEADINGS, BEFORE, WAS_TRANSLATED])
    for entry in entries:
        old = before.get(entry.key)
        known = [entry.catalogue, entry.place, entry.english, entry.text, entry.state or "draft"]
        sheet.append([*known, old.english, old.text] if old else known)
    book.save(path)
    return path


def taken(catalogues: Catalogues, language: str, path: Path) -> tuple[int, list[str]]:
    """Take a translator's file in, line by line: how many fitted, and of every other its row and what to change.

    Raises:
        UsageError: it is no such file.
    """
    fit, faults = dict[str, Entry](), Faults()
    untrusted_entries = list(_untrusted_entries(catalogues, path, faults))
    refused = [str(fault) for fault in faults]
    for where, untrusted in untrusted_entries:
        try:
            catalogues.check(untrusted)
            fit[where] = untrusted
        except Unfit as fault:
            refused.append(f"{where}, {untrusted.place[:60]}: {fault}")
    alike = catalogues.alike(language, list(fit.values()))
    refused += [
        f"{where}, {each.place[:60]}: '{each.english}' {_ALIKE}" for where, each in fit.items() if each.key in alike
    ]
    whole = [each for each in fit.values() if each.key not in alike]
    catalogues.take(language, whole)
    return len(whole), refused


def _untrusted_entries(catalogues: Catalogues, path: Path, faults: Faults) -> Iterator[tuple[str, Entry]]:
    """Each translated line with its place in the file. Only what is filled in; what cannot be read: ``faults``."""
    if path.suffix.lower() == ".po":
        yield from _from_po(catalogues, path)
        return
    sheet = read_sheets(path, faults, no_break_spaces=True).get(_SHEET)
    if sheet is None or not set(HEADINGS) <= set(sheet.headings):
        said = "; ".join(str(fault) for fault in faults)
        raise click.UsageError(f"{path} has no sheet '{_SHEET}' with the columns {', '.join(HEADINGS)}. {said}".strip())
    for row in sheet.rows:
        catalogue, place, english, text, state = (row.cells.get(heading, "") for heading in HEADINGS)
        if text:
            yield f"Row {row.number}", Entry(catalogue, place, english, text, state.lower())


def _from_po(catalogues: Catalogues, path: Path) -> Iterator[tuple[str, Entry]]:
    today = {each.key for each in catalogues.english}
    try:
        found = read_po_file(path)
    except (OSError, ValueError) as fault:
        raise click.UsageError(f"{path} cannot be read: {fault}. Save it again as UTF-8 .po.") from fault
    for each in found:
        if each.msgstr and not each.obsolete:
            place = each.msgctxt or ""
            belongs = [name for name in catalogues.folders if (name, place, each.msgid) in today]
            state = "fuzzy" if each.fuzzy else state_of(each)
            yield f"Line {each.linenum}", Entry(belongs[0] if belongs else "", place, each.msgid, each.msgstr, state)
