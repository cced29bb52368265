"""``review``: two people, one after the other, decide which single comments may be quoted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from export.custodian.ceremony import known_of
from export.custodian.comments import comments
from export.custodian.keyring import Keyring
from export.custodian.opening import OpeningReport
from export.custodian.passphrase import custody_passphrase
from export.custodian.quotations import Decision, ReviewBook, ReviewRefused, places_of, shown
from export.custodian.sheets import FILE, joined, shares_options
from export.custodian.text_marks import fingerprint
from export.custodian.verbs import believed, custodians_folder, in_custody, review_book, signed_here, warn_of_keys
from survey.progress import steps

_CHECKLIST = (
    "The rules miss much: read as if nothing had been masked. Could anybody who knows this person, or what happened,"
    " tell who wrote it? A rare event, a place, a job, a faith, a family, a date? Then no."
)


@click.command()
@custodians_folder
@click.option("--from", "carried_out", type=FILE, required=True, help="The file that carry-out wrote.")
@click.option("--by", "by", prompt="Your name", help="Who reviews: the second must be somebody else.")
@shares_options
def review(instance: Path, carried_out: Path, by: str, **shares: Any) -> None:
    """Read masked comments, one by one, and say which may be quoted. It takes two people, one after the other.

    The masks are a help only: rules miss every other name in small letters. You two are what keeps a person from being
    found.
    """
    with in_custody(instance) as custody:
        signed = signed_here(custody)
        parcel = believed(carried_out, signed)
        passphrase = custody_passphrase()
        authority, keyring = custody.authority(passphrase), Keyring(custody)
        secrets = keyring.opening(passphrase, joined(**shares))
        warn_of_keys(keyring)
        book = review_book(custody, authority)
        rows = steps(parcel.rows, parcel.count, "Opening")
        written = list(comments(rows, secrets, known_of(signed), OpeningReport()))
        mine = [(digest, text) for digest, text in written if book.waits_for(digest, text, by)]
        click.echo(f"{len(written)} comments, {len(mine)} for you to decide. {_CHECKLIST}")
        for number, (digest, text) in enumerate(mine, start=1):
            if not _decided(book, digest, text, by, f"{number} of {len(mine)}"):
                break
        waiting, now = book.waiting(), {digest: book.mark(fingerprint(text)) for digest, text in written}
        let_out = sum(now.get(digest) == one.about for digest, one in waiting.items())
        click.echo(f"{_quotations(let_out)}, let out by two people.")


@click.command("take-back")
@custodians_folder
@click.option("--by", "by", prompt="Your name", help="Who takes back: one of the two, or anybody else.")
def take_back(instance: Path, by: str) -> None:
    """Read once more what two people let out and what has not left yet, and hold back what should stay."""
    with in_custody(instance) as custody:
        book = review_book(custody, custody.authority(custody_passphrase()))
        waiting = book.waiting()
        if not waiting:
            click.echo("No quotation waits for a release: there is nothing to take back.")
            return
        click.echo(f"{_quotations(len(waiting))}. {_CHECKLIST}")
        for number, (digest, quotation) in enumerate(waiting.items(), start=1):
            click.echo(f"\n{number} of {len(waiting)}:\n  {quotation.text}")
            if click.prompt("[k] may leave  [t] take back", type=click.Choice(["k", "t"]), show_choices=False) == "t":
                book.take_back(digest, by)
        click.echo(f"{_quotations(len(book.waiting()))}.")


def _quotations(count: int) -> str:
    return f"{count} quotation{' waits' if count == 1 else 's wait'} for the next release"


def _decided(book: ReviewBook, digest: str, text: str, by: str, where: str) -> bool:
    """One comment; False to stop here."""
    before, blank = book.about(digest, text).decisions, list[tuple[int, int]]()
    while True:
        click.echo(f"\n{where}:\n  {shown(text, (*before, Decision(by, let_out=True, blank=tuple(blank))))}")
        said = click.prompt("[y] may be quoted  [n] not  [b] blank a passage  [q] stop here",
                            type=click.Choice(["y", "n", "b", "q"]), show_choices=False)  # fmt: skip
        if said == "q":
            return False
        if said != "b":
            book.decide(digest, text, Decision(by, said == "y", tuple(blank)))
            return True
        try:
            blank += places_of(text, [click.prompt("Passage to blank, as it stands above")])
        except ReviewRefused as fault:
            click.echo(str(fault))
