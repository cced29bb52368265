"""``survey languages``: how far each language is, and files for translators to fill in and give back."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from forms.authoring.faults import printable
from forms.authoring.lines import Unreadable
from forms.authoring.po_files import nothing_to_read
from survey.catalogues import Catalogues
from survey.languages import own_name
from survey.translated import STATES, Entry, Key, Unfit, check, unfit_together
from survey.translators_files import KINDS, read_lines, written

_COUNTED = (*STATES, "missing", "stale")
_A_FEW = 10
"""As many answers of a list may change places."""


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
    try:
        if take is not None:
            _take(catalogues, code, take)
        elif write is not None:
            _write(catalogues, codes, write, kind)
        else:
            _report(catalogues, codes)
    except Unreadable as fault:
        where = f"Line {fault.row}: " if fault.row else ""
        raise click.ClickException(f"{fault.what} {where}{fault.to_do}") from fault


def _write(catalogues: Catalogues, codes: tuple[str, ...], folder: Path, kind: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    paths = {each: folder / f"{each}.{kind}" for each in codes}
    there = [path.name for path in paths.values() if path.exists()]
    if there:
        raise click.UsageError(
            f"There is {', '.join(there)} in {folder} already, and a translator may have filled it in. Take it first,"
            " then move it away, or name another folder."
        )
    for each, path in paths.items():
        click.echo(str(written(catalogues, each, path)))


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


def taken(catalogues: Catalogues, language: str, path: Path) -> tuple[int, list[str]]:
    """Take a translator's file in, line by line: how many fitted, and of every other its row and what to change.

    Raises:
        UsageError: it is no such file, it is another language's, nothing is translated in it, or its texts were moved.
    """
    present = {entry.key: entry for entry in catalogues.entries(language)}
    lines, refused = read_lines(catalogues, language, path)
    fit = dict[Key, tuple[str, Entry]]()
    lines = [(where, _as_meant(present, untrusted)) for where, untrusted in lines]
    _check_places(path, present, [untrusted for _, untrusted in lines])
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


def _as_meant(present: Mapping[Key, Entry], untrusted: Entry) -> Entry:
    """Without what programs do to a file unasked: spaces around a text, letters in two parts, a state left out."""
    text = unicodedata.normalize("NFC", untrusted.text).strip()
    text, state = "" if nothing_to_read(text) else text, untrusted.state
    known = present.get(untrusted.key)
    if not state:
        state = known.state if known and known.text == text else ""
    if state == "reviewed" and text == untrusted.english:
        state = "same"
    return replace(untrusted, text=text, state=state or "draft")


def _check_places(path: Path, present: Mapping[Key, Entry], untrusted: Sequence[Entry]) -> None:
    """Whether most of what is new are the present texts of other places, as where a column was sorted alone.

    Raises:
        UsageError: it is so, of more than a few.
    """
    of = {entry.text: entry.key for entry in present.values() if entry.text}
    new = [each for each in untrusted if each.key in present and each.text not in {"", present[each.key].text}]
    moved = [each for each in new if of.get(each.text, each.key) != each.key]
    if len(moved) > max(_A_FEW, len(new) / 2):
        what = f"{len(moved)} translations stand where another's stood. Was a column sorted or moved by itself?"
        raise click.UsageError(f"{path}: {what} Write the file out anew, and change its texts in their own rows.")


def _told(where: str, untrusted: Entry, fault: str) -> str:
    return printable(f"{where}, {(untrusted.place or untrusted.english)[:60]}: {fault}")


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
