"""The operator's verbs for cards: print them, list what was printed, cancel a batch of codes or print it anew."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from export.centre.audit import OPERATOR
from export.centre.batches import Batch
from export.centre.cards import PAPERS
from export.centre.codes import cancel, chosen_last_day, with_codes
from export.centre.instance import Centre
from export.centre.plainly import instance_folder, opened
from export.centre.printing import Order, check, message, printed
from export.printings import ROUTES, Route
from survey.durable import AnotherFile, replacement

_MOST_PRINTED = 20_000
_NEW_PDF = click.Path(path_type=Path, dir_okay=False)
_DAY = click.DateTime(["%Y-%m-%d"])


class NotWritten(click.ClickException):
    """Cards were counted and the file could not be written: their batch is cancelled. Free some room, print again."""


@click.command("cards")
@instance_folder
@click.option("--place", required=True, help="The code of a place in the signed keys file.")
@click.option("--count", type=click.IntRange(1, _MOST_PRINTED), required=True, help="How many will be handed out.")
@click.option("--out", type=_NEW_PDF, help="The PDF to write; a new file.")
@click.option("--language", "languages", multiple=True, default=("en",), help="Once or twice: en, ur, ...")
@click.option("--open", "way", flag_value="open-card", help="Cards without a code, to lie about.")
@click.option("--text", "way", flag_value="text", help="Print a text for a message or letter instead of a file.")
@click.option("--poster", type=click.Choice(list(PAPERS)), is_flag=False, flag_value="a4", help="A poster, A4 or A3.")
@click.option("--until", type=_DAY, help="The last day of the codes; else a year from now.")
def print_cards(
    instance: Path, place: str, count: int, out: Path | None, languages: tuple[str, ...], way: Route | None,
    poster: str | None, until: datetime | None,
) -> None:  # fmt: skip
    """Print cards with one-time codes for a place, or posters; what is printed is counted."""
    route: Route = way or ("poster" if poster else "card")
    if way and poster:
        raise click.UsageError("Choose one of --open, --poster and --text.")
    if (out is None) != (route == "text"):
        raise click.UsageError("Say where to: --out FILE; or --text, which is printed here.")
    if until and route != "card":
        raise click.UsageError("--until is about codes, and only cards that are handed over have any.")
    order = Order(place, route, count, languages, poster or "a4", until.date() if until else None)
    with opened(instance) as centre:
        if out is None:
            batch, text = message(centre, order)
            click.echo(text)
        else:
            batch = _written(centre, order, out)
        click.echo(_told(batch), err=out is None)


def _written(centre: Centre, order: Order, out: Path) -> Batch:
    check(centre, order)
    if out.exists():
        raise AnotherFile(
            f"{out} is there already and may hold codes that were printed before, so it was left as it is. Give"
            " another name."
        )
    batch: Batch | None = None
    try:
        # Made first: where it cannot be, nothing is counted.
        with replacement(out) as file:
            batch, pdf = printed(centre, order)
            file.write(pdf)
    except OSError as fault:
        if batch is None:
            raise
        centre.batches.cancel(batch.number)
        centre.audit.note(OPERATOR, "cards, not written", f"batch {batch.number} for {batch.place}")
        raise NotWritten(
            f"{out} cannot be written ({fault.strerror}), and no part of it is there. Batch {batch.number}, which"
            " it was for, is cancelled. Free some room, then print again."
        ) from fault
    return batch


def _told(batch: Batch) -> str:
    counted = f"Batch {batch.number}: {batch.printed} {ROUTES[batch.route]} for {batch.place}, counted as handed out."
    return counted if batch.until is None else f"{counted} Each works once, until {batch.until.isoformat()}."


@click.command()
@instance_folder
@click.option("--cancel", "to_cancel", type=int, metavar="BATCH", help="Let no code of this batch work any more.")
@click.option("--reissue", type=int, metavar="BATCH", help="Print as many new cards as this batch, and cancel it.")
@click.option("--out", type=_NEW_PDF, help="With --reissue: the PDF to write; a new file.")
@click.option(
    "--until", type=_DAY, help="With --reissue: the last day of the new codes; else as the old ones were asked."
)
def codes(instance: Path, to_cancel: int | None, reissue: int | None, out: Path | None, until: datetime | None) -> None:
    """List what was printed, batch by batch; or cancel the codes of one; or cancel and print it anew."""
    if to_cancel is not None and reissue is not None:
        raise click.UsageError("Choose one of --cancel and --reissue.")
    if (out is not None or until is not None) and reissue is None:
        raise click.UsageError("Say which batch to print anew: --reissue BATCH --out FILE.")
    with opened(instance) as centre:
        if to_cancel is not None:
            _cancel(centre, to_cancel)
            click.echo("Print others: python -m export cards")
        elif reissue is not None and out is not None:
            _reissue(centre, reissue, out, until.date() if until else None)
        elif reissue is not None:
            raise click.UsageError("Say where the new cards go: --reissue BATCH --out FILE.")
        else:
            _list(centre)


def _cancel(centre: Centre, number: int) -> None:
    batch = cancel(centre, number)
    centre.audit.note(OPERATOR, "codes --cancel", f"batch {batch.number} for {batch.place}")
    click.echo(f"No code of batch {batch.number} works any more.")


def _reissue(centre: Centre, number: int, out: Path, until: date | None) -> None:
    old = with_codes(centre, number)
    order = Order(old.place, old.route, old.printed, old.languages, until=until or chosen_last_day(old))
    # Cancelled last: where the new cards cannot be printed, people can still use the old.
    click.echo(_told(_written(centre, order, out)))
    _cancel(centre, number)


def _list(centre: Centre) -> None:
    day = centre.clock.day()
    for batch in centre.batches.all().values():
        click.echo(_line(centre, batch, day))
    if not centre.batches.all():
        click.echo("Nothing was printed yet. Print cards: python -m export cards")


def _line(centre: Centre, batch: Batch, day: date) -> str:
    start = f"{batch.number}  {batch.place}  {batch.printed_on.isoformat()}  {batch.printed} {ROUTES[batch.route]}"
    if batch.until is None:
        return start
    state = "cancelled" if batch.cancelled else "late" if day > batch.until else f"until {batch.until.isoformat()}"
    return f"{start}, {centre.store.spent(batch.number)} used, {state}"
