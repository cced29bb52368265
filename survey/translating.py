"""``survey languages``: how far each language is, and files for translators to fill in and give back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
from openpyxl import Workbook

from forms.authoring.faults import Faults
from forms.authoring.sheets import read_sheets
from forms.authoring.wording import state_of
from survey.catalogues import BEFORE, WAS_TRANSLATED, Catalogues, po_file, read_po_file
from survey.languages import own_name, tag
from survey.translated import STATES, Entry, Key, Unfit, check, unfit_together

HEADINGS = ("catalogue", "place", "english", "translation", "state")
KINDS = ("xlsx", "po")
_SHEET = "translation"
_NO_KIND = "is neither .xlsx nor .po. Open it in the program that it is from and save it as .xlsx ('Excel 2007-365')."
_COUNTED = (*STATES, "missing", "stale")


@click.command()
@click.option(
    "--write", type=click.Path(path_type=Path, file_okay=False), help="Write a file for each language into this folder."
)
@click.option("--as", "kind", type=click.Choice(KINDS), default=KINDS[0], show_default=True, help="With --write.")
@click.option("--language", help="This language only, for example pl.")
@click.option("--take", type=click.Path(path_type=Path, dir_okay=False), help="Take a translator's .xlsx or .po file.")
def languages(write: Path | None, kind: str, language: str | None, take: Path | None) -> None:
    """How far each language is; write files for translators, take them back.

    Exit code 1 where anything is missing or stale, or where a line was not taken.
    """
    catalogues = Catalogues.shipped()
    if write is not None and take is not None:
        raise click.UsageError("Say --write or --take, not both.")
    code = language or (take.stem if take else "")
    if code and code not in catalogues.languages():
        raise click.UsageError(f"There is no language '{code}' here. Say --language, for example pl.")
    codes = (code,) if code else catalogues.languages()
    if take is not None:
        _take(catalogues, code, take)
    elif write is not None:
        write.mkdir(parents=True, exist_ok=True)
        for each in codes:
            click.echo(str(written(catalogues, each, write / f"{each}.{kind}")))
    else:
        _report(catalogues, codes)


def _take(catalogues: Catalogues, code: str, take: Path) -> None:
    before = catalogues.entries(code)
    fit, refused = taken(catalogues, code, take)
    changed = [(was, now) for was, now in zip(before, catalogues.entries(code), strict=True) if was != now]
    for was, now in changed:
        if was.text != now.text:
            click.echo(f"{now.place}: '{was.text}' is now '{now.text}'")
    said = f"Took {fit} translations into {own_name(code)}, {len(changed)} of them new or changed"
    click.echo("\n".join((*refused, f"{said}; {len(refused)} not taken.")))
    raise SystemExit(int(bool(refused)))


def _report(catalogues: Catalogues, codes: tuple[str, ...]) -> None:
    behind = False
    click.echo(f"{len(catalogues.english)} messages in English.")
    for code in codes:
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
    sheet = book.create_sheet(f"{_SHEET} {language}")
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
        UsageError: it is no such file, it is another language's, or nothing is translated in it.
    """
    if path.suffix.lower().removeprefix(".") not in KINDS:
        raise click.UsageError(f"{path} {_NO_KIND}")
    present, faults = {entry.key: entry for entry in catalogues.entries(language)}, Faults()
    read = _from_po(catalogues, language, path) if path.suffix.lower() == ".po" else _from_book(path, language, faults)
    lines = list(read)
    refused = [str(fault) for fault in faults]
    fit = dict[Key, tuple[str, Entry]]()
    for where, untrusted in lines:
        fault = _fault(language, present, untrusted, fit)
        if fault:
            refused.append(_told(where, untrusted, fault))
        elif untrusted.text:
            fit[untrusted.key] = where, untrusted
    together = unfit_together(list(present.values()), [each for _, each in fit.values()])
    refused += [_told(*fit[key], why) for key, why in together.items()]
    if not fit and not refused:
        raise click.UsageError(f"Nothing is translated in {path}. Look whether it is the right file.")
    whole = [each for key, (_, each) in fit.items() if key not in together]
    catalogues.take(language, whole)
    return len(whole), refused


def _told(where: str, untrusted: Entry, fault: str) -> str:
    line = f"{where}, {untrusted.place[:60]}: {fault}"
    return "".join(letter if letter.isprintable() else " " for letter in line)


def _fault(language: str, present: Mapping[Key, Entry], untrusted: Entry, fit: Mapping[Key, tuple[str, Entry]]) -> str:
    """What is wrong with a line by itself, or beside those before it; nothing where it fits, or was left empty."""
    known = present.get(untrusted.key)
    if not untrusted.text:
        emptied = (known and known.text) or untrusted.state in {"reviewed", "same"}
        return "There is no translation; what stood there stays. Write one." if emptied else ""
    try:
        check(language, present, untrusted)
    except Unfit as fault:
        return str(fault)
    where, other = fit.get(untrusted.key, ("", untrusted))
    return "" if other == untrusted else f"{where} translates the same otherwise, and was taken. Keep one of them."


def _from_book(path: Path, language: str, faults: Faults) -> Iterator[tuple[str, Entry]]:
    """Each row with its number; what cannot be read: ``faults``."""
    sheets = read_sheets(path, faults, no_break_spaces=True)
    own = f"{_SHEET} {language}"
    sheet = sheets.get(own) or next((each for name, each in sheets.items() if name.startswith(_SHEET)), None)
    if sheet is None or not set(HEADINGS) <= set(sheet.headings):
        said = "; ".join(str(fault) for fault in faults)
        raise click.UsageError(f"{path} has no sheet '{own}' with the columns {', '.join(HEADINGS)}. {said}".strip())
    _check_language(path, language, sheet.name.removeprefix(_SHEET).strip())
    unread = {fault.row for fault in faults}
    for row in sheet.rows:
        if row.number in unread:
            continue
        catalogue, place, english, text, state = (row.cells.get(heading, "") for heading in HEADINGS)
        yield f"Row {row.number}", Entry(catalogue, place, english, text, state.lower())


def _from_po(catalogues: Catalogues, language: str, path: Path) -> Iterator[tuple[str, Entry]]:
    today = {each.key for each in catalogues.english}
    try:
        found = read_po_file(path)
    except (OSError, ValueError) as fault:
        raise click.UsageError(f"{path} cannot be read: {fault}. Save it again as UTF-8 .po.") from fault
    _check_language(path, language, found.metadata.get("Language", "").strip())
    for each in found:
        if not each.obsolete:
            place = each.msgctxt or ""
            belongs = [name for name in catalogues.folders if (name, place, each.msgid) in today]
            state = "fuzzy" if each.fuzzy else state_of(each)
            yield f"Line {each.linenum}", Entry(belongs[0] if belongs else "", place, each.msgid, each.msgstr, state)


def _check_language(path: Path, language: str, untrusted_name: str) -> None:
    """Whether the file is of this language: by what it says in it, such as pl or pl_PL; else by its own name.

    Raises:
        UsageError: it is not, or it cannot be told.
    """
    said = untrusted_name.replace("_", "-").lower()
    if not said and path.stem != language:
        to_do = f"If it is {own_name(language)}, name it {language}{path.suffix}."
        raise click.UsageError(f"Nothing in {path} says which language it is of. {to_do}")
    if said and said != language and re.split("[-@.]", said)[0] != tag(language):
        to_do = f"Take it with --language {untrusted_name[:20]}, or ask its translator for {own_name(language)}."
        raise click.UsageError(f"{path} says that it is of '{untrusted_name[:20]}', and not of '{language}'. {to_do}")
