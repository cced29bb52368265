"""``survey languages``: how far each language is, and files for translators to fill in and give back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from openpyxl import Workbook

from forms.authoring.faults import Faults
from forms.authoring.sheets import read_sheets
from survey.catalogues import STATES, Catalogues, Entry, Unfit, entries_of
from survey.languages import own_name

HEADINGS = ("catalogue", "place", "english", "translation", "state")
_SHEET = "translation"
_COUNTED = (*STATES, "missing", "stale")


@click.command()
@click.option(
    "--write", type=click.Path(path_type=Path, file_okay=False), help="Write an .xlsx for each language here."
)
@click.option("--language", help="With --write or --take: this language only, for example pl.")
@click.option("--take", type=click.Path(path_type=Path, dir_okay=False), help="Take a translator's .xlsx or .po file.")
def languages(write: Path | None, language: str | None, take: Path | None) -> None:
    """How far each language is; write files for translators, take them back.

    Exit code 1 where anything is missing or stale, or where a line was not taken.
    """
    catalogues = Catalogues.shipped()
    if take is not None:
        code = language or take.stem
        if code not in catalogues.languages():
            raise click.UsageError(f"There is no language '{code}' here. Say --language, for example pl.")
        fit, refused = taken(catalogues, code, take)
        click.echo("\n".join((*refused, f"Took {fit} translations into {own_name(code)}; {len(refused)} not taken.")))
        raise SystemExit(int(bool(refused)))
    if write is not None:
        write.mkdir(parents=True, exist_ok=True)
        for code in [language] if language else catalogues.languages():
            click.echo(str(written(catalogues, code, write)))
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


def written(catalogues: Catalogues, language: str, folder: Path) -> Path:
    """Write what a translator needs: every message, what stands there now, and how far it is."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_SHEET)
    sheet.append(HEADINGS)
    for entry in catalogues.entries(language):
        sheet.append([entry.catalogue, entry.place, entry.english, entry.text, entry.state or "draft"])
    path = folder / f"{language}.xlsx"
    book.save(path)
    return path


def taken(catalogues: Catalogues, language: str, path: Path) -> tuple[int, list[str]]:
    """Take a translator's file in, line by line: how many fitted, and of every other its row and what to change.

    Raises:
        UsageError: it is no such file.
    """
    fit, refused = list[Entry](), list[str]()
    for row, untrusted in _untrusted_entries(catalogues, path):
        try:
            catalogues.check(untrusted)
            fit.append(untrusted)
        except Unfit as fault:
            refused.append(f"Row {row}, {untrusted.place[:60]}: {fault}")
    catalogues.take(language, fit)
    return len(fit), refused


def _untrusted_entries(catalogues: Catalogues, path: Path) -> Iterator[tuple[int, Entry]]:
    """Each translated line with its row. Only what is filled in."""
    if path.suffix.lower() == ".po":
        yield from _from_po(catalogues, path)
        return
    faults = Faults()
    sheet = read_sheets(path, faults).get(_SHEET)
    if sheet is None or not set(HEADINGS) <= set(sheet.headings):
        said = "; ".join(str(fault) for fault in faults)
        raise click.UsageError(f"{path} has no sheet '{_SHEET}' with the columns {', '.join(HEADINGS)}. {said}".strip())
    for row in sheet.rows:
        catalogue, place, english, text, state = (row.cells.get(heading, "") for heading in HEADINGS)
        if text:
            yield row.number, Entry(catalogue, place, english, text, state.lower())


def _from_po(catalogues: Catalogues, path: Path) -> Iterator[tuple[int, Entry]]:
    today = {each.key for each in catalogues.english}
    try:
        found = list(entries_of(path, ""))
    except (OSError, ValueError) as fault:
        raise click.UsageError(f"{path} cannot be read: {fault}. Save it again as UTF-8 .po.") from fault
    for number, entry in enumerate(found, start=1):
        belongs = [name for name in catalogues.folders if (name, entry.place, entry.english) in today]
        yield number, Entry(belongs[0] if belongs else "", entry.place, entry.english, entry.text, entry.state)
