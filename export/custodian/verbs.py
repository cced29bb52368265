"""The custodian's verbs. Each gives up core dumps first, says what it did, and what to do when it could not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click

from export.custodian.attacker import Contradiction
from export.custodian.ceremony import SigningRefused, Wishes, history, known_of, sign
from export.custodian.closing import CannotClose
from export.custodian.crew import CrewLost
from export.custodian.custody import Custody, CustodyRefused
from export.custodian.disclosure import DisclosureFailed, TooFew
from export.custodian.epochs import EpochOpen
from export.custodian.keyring import Keyring
from export.custodian.leaving import Materials
from export.custodian.ledger import Ledger
from export.custodian.ledger_file import LedgerRefused, begun_with
from export.custodian.opening import OpeningReport
from export.custodian.passphrase import custody_passphrase
from export.custodian.quotations import ReviewBook, ReviewRefused
from export.custodian.recipe_file import DEMONSTRATION, VICTIM_VOICE, read_recipe
from export.custodian.recipe_names import refuse_unknown
from export.custodian.recipe_shapes import RecipeRefused
from export.custodian.release import build
from export.custodian.saying import say_opened, say_released, summary
from export.custodian.sheets import FILE, joined, shares_options
from export.custodian.themes import FRAME, read_frame
from export.custodian.written import Words
from export.manifest import REPORTS, ReleaseRefused, report_of, verified
from export.printings import UntrustworthyPrintings, read_printings
from survey.briefing import Keys, KeysRefused
from survey.clock import Clock
from survey.durable import AnotherFile
from survey.hardening import harden, open_swap
from survey.languages import drafts
from survey.parcel import CARRY_OUT, Parcel, ParcelRefused, open_parcel
from survey.progress import steps
from survey.reference import ReferenceRefused, read_areas
from survey.sealing import SigningKey
from survey.single import alone
from survey.verbs import instance_option
from survey.words import load as load_words

_FORESEEN = (
    AnotherFile, CannotClose, Contradiction, CrewLost, CustodyRefused, DisclosureFailed, EpochOpen, KeysRefused,
    LedgerRefused, ParcelRefused, RecipeRefused, ReferenceRefused, ReleaseRefused, ReviewRefused, SigningRefused,
    TooFew, UntrustworthyPrintings,
)  # fmt: skip
FOLDER = click.Path(path_type=Path, file_okay=False)

custodians_folder = instance_option("The custodian's folder.")


@contextmanager
def in_custody(instance: Path) -> Iterator[Custody]:
    """The custodian's folder for one verb; what may go wrong ends the verb with words instead of a traceback.

    One verb at a time: two releases that read the same ledger would let the same people out twice.

    Raises:
        ClickException: saying what to do.
    """
    harden()
    taken = CustodyRefused(f"Another command is at work in {instance}. Wait until it ends, then try again.")
    try:
        # In a folder that is not there yet nothing lies that two could write.
        with alone(instance, taken) if instance.is_dir() else nullcontext():
            yield Custody(instance)
    except _FORESEEN as fault:
        raise click.ClickException(str(fault)) from fault


@click.command("sign-keys")
@custodians_folder
@click.option("--from", "carried_out", type=FILE, help="A file of carry-out; the first time it may hold no row yet.")
@click.option("--questionnaire", type=FILE, help="Default: the one signed last; the first time, Victim Voice.")
@click.option("--translation", "translations", type=FILE, multiple=True, help="A .po file; one for each language.")
@click.option(
    "--same-meaning",
    metavar="QUESTION",
    multiple=True,
    help="It asks the same as before in mended words; once for each.",
)
@click.option("--places", type=FILE, help="A TOML file. Default: those signed last.")
@click.option(
    "--support-lines", type=FILE, help="A TOML file. Default: those signed last; the first time, the house's."
)
@click.option("--neutral-address", help="Where Leave leads on a phone. Default: the one signed last.")
@click.option("--made-up", is_flag=True, help="For a demonstration: every page, file and release says 'made up'.")
@click.option("--stop", is_flag=True, help="Tell every tablet to stop asking.")
@click.option("--collection", metavar="ID", help="The collection key to seal to from now on. Default: as signed last.")
@click.option("--new-centre", is_flag=True, help="The carry-out is from another centre, or its keys were made anew.")
@click.option("--out", type=FILE, required=True, help="Where to write the signed keys file.")
def sign_keys(instance: Path, out: Path, **wishes: Any) -> None:
    """Sign the keys file that tablets and the centre trust."""
    with in_custody(instance) as custody:
        keys = sign(custody, custody_passphrase(), Wishes(**wishes), Clock(), out)
        unchecked = sum(line.verified_on is None for line in keys.support_lines)
        click.echo(f"Keys file {keys.serial}: {out}{' (it tells every tablet to stop)' if keys.stop else ''}")
        first = keys.instruments[0]
        click.echo(f"Questionnaire {first.id}, version {first.version}, digest {first.digest()}")
        click.echo(f"Places: {', '.join(place.code for place in keys.places)}")
        drafted = ", ".join(drafts(first, load_words().drafted))
        if drafted:
            click.echo(f"A computer translated these and nobody has checked them: {drafted}.", err=True)
        if unchecked:
            click.echo(f"{unchecked} support lines have no day of checking and are not shown to respondents.", err=True)


@click.command()
@custodians_folder
@click.option("--from", "carried_out", type=FILE, required=True, help="The file that carry-out wrote.")
@click.option("--recipe", "recipe", type=FILE, help="A TOML file. Default: Victim Voice's, or the demonstration's.")
@click.option("--themes", type=FILE, help="A code frame for the open questions. Default: Victim Voice's.")
@shares_options
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
def release(
    instance: Path, carried_out: Path, recipe: Path | None, themes: Path | None, *, as_json: bool, **shares: Any
) -> None:
    """Open what was carried out and build a release in which nobody can be found, by the rules of a recipe."""
    with in_custody(instance) as custody:
        signed = signed_here(custody)
        rules = read_recipe(recipe or (DEMONSTRATION if signed[0].made_up else VICTIM_VOICE))
        known, areas, frame = known_of(signed), read_areas(), read_frame(themes or FRAME)
        begun = begun_with(rules, instance, custody.authority_public())
        refuse_unknown(rules, known, areas, begun=begun)  # before people are called together to open
        parcel = believed(carried_out, signed)
        printings, passphrase = read_printings(parcel.header), custody_passphrase()
        authority, keyring = custody.authority(passphrase), Keyring(custody)
        secrets = keyring.opening(passphrase, joined(**shares))
        warn_of_keys(keyring)
        report, month = OpeningReport(), Clock(lambda: signed[0].signed_on).month()
        rows = steps(parcel.rows, parcel.count, "Opening")
        book, secret = review_book(custody, authority), custody.table_secret(passphrase)
        words = Words(frame, book.waiting(), book.mark)
        materials = Materials(known, areas, rules, signed[0].made_up, month, secret, words, printings)
        try:
            released = build(custody.folder, rows, secrets, authority, materials, report)
        finally:
            say_opened(report)
        say_released(released)
        if as_json:
            click.echo(json.dumps(summary(report, released)))


def review_book(custody: Custody, authority: SigningKey) -> ReviewBook:
    """What reviewers decided, and which of it has left by the ledger's word: no release tells the book itself.

    Says which release the ledger found cut off: whoever only hears that nothing is new would look for theirs in vain.

    Raises:
        ReviewRefused, LedgerRefused: one of the two files is damaged or was edited.
    """
    book = ReviewBook.opened(custody.folder, authority)
    ledger = Ledger(custody.folder, authority)
    for folder in ledger.cut_off:
        found = f"is finished now: {folder}. Verify it, read its report, publish it. No other tells of its people."
        gone = f", and {folder} is gone. It counts as released: use the copy that was carried away."
        click.echo(f"{folder.name} was cut off at its last step{f' and {found}' if folder.exists() else gone}")
    book.left(ledger.quoted())
    return book


def warn_of_keys(keyring: Keyring) -> None:
    """Say which keys should have been destroyed by now, and what the machine could write of an opened answer."""
    for key in keyring.due(Clock().day()):
        click.echo(
            f"The collection key {key.id} was to be destroyed by {key.until}: python -m export destroy {key.id}",
            err=True,
        )
    for device in open_swap():
        click.echo(f"This machine may write memory to {device}. Switch it off: sudo swapoff {device}", err=True)


def signed_here(custody: Custody) -> list[Keys]:
    """Every keys file signed in this folder, newest first.

    Raises:
        SigningRefused: none was, or one is damaged.
    """
    signed = history(custody)
    if not signed:
        raise SigningRefused("No keys file was signed in this folder yet, so no row can be read. Run sign-keys first.")
    return signed


def believed(path: Path, signed: Sequence[Keys]) -> Parcel:
    """What was carried out, by a centre that a keys file of this folder names.

    Raises:
        ParcelRefused: another centre's, or damaged.
    """
    parcel = open_parcel(path, CARRY_OUT, None)
    if parcel.signer not in {keys.intake for keys in signed}:
        raise ParcelRefused(f"{path} comes from a centre that no keys file of this folder names. Ask who made it.")
    return parcel


@click.command()
@custodians_folder
@click.argument("folder", type=FOLDER)
def verify(instance: Path, folder: Path) -> None:
    """Check that the release in FOLDER is whole and was signed by this custodian."""
    with in_custody(instance) as custody:
        manifest = verified(folder, custody.authority_public())
        report, says = report_of(manifest, instance / REPORTS), ", made up" if manifest.made_up else ""
        click.echo(f"{manifest.name} is whole and signed by this custodian: {manifest.records} records{says}.")
        found = "as it was signed." if report.is_file() else f"not here: {report}"
        click.echo(f"Its attacker report is {found}")
