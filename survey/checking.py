"""``survey check FILE``: what is wrong with a questionnaire, one fault a line, for the person who writes it."""

from __future__ import annotations

from pathlib import Path

import click

from forms.instrument import Instrument
from forms.response import CONTENT_BYTES, largest_answer_bytes
from forms.xlsform import load

_FILE = click.Path(path_type=Path)


@click.command(name="check")
@click.argument("file", type=_FILE)
@click.option(
    "--translation", "translations", type=_FILE, multiple=True, help="A .po file; give one for each language."
)
def check(file: Path, translations: tuple[Path, ...]) -> None:
    """Check a questionnaire (.xlsx, .csv or .md): every fault with its sheet, row and column, and what to do.

    Exit code 1 where there is a fault; warnings alone leave it at 0.
    """
    checked = load(file, translations)
    for fault in checked.faults:
        click.echo(str(fault))
    warnings = sum(fault.warning for fault in checked.faults)
    faults = len(checked.faults) - warnings
    if checked.instrument is None:
        click.echo(f"{_counted(faults, 'fault')}, {_counted(warnings, 'warning')}: this cannot be used yet.")
        raise SystemExit(1)
    click.echo(_summary(checked.instrument, warnings))


def _summary(instrument: Instrument, warnings: int) -> str:
    asked = sum(item.asked for item in instrument.items())
    unverified = sum(bool(item.unverified) for item in instrument.items())
    return "\n".join(
        (
            f"{instrument.id}, version {instrument.version}: no fault, {_counted(warnings, 'warning')}.",
            f"{_counted(len(instrument.pages), 'page')}, {_counted(asked, 'question')}, "
            f"{len(instrument.core_items())} of them the core; languages: {', '.join(instrument.languages)}.",
            f"Wording still to be compared with its source: {_counted(unverified, 'item')}.",
            f"Answers take up to {largest_answer_bytes(instrument):,} of {CONTENT_BYTES:,} bytes.",
            f"Digest: {instrument.digest()}",
        )
    )


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
