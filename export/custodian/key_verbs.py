"""The custodian's verbs about keys: made, split, tried, restored, changed and destroyed."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from export.custodian.custody import Custody, CustodyRefused, WrongPassphrase, authority_key_id
from export.custodian.keyring import KeptKey, Keyring
from export.custodian.passphrase import asked, custody_passphrase
from export.custodian.shares import read_sheets, write_sheets
from export.custodian.shares import split as split_key
from export.custodian.sheets import FILE, joined, shares_options
from export.custodian.unsealing import CollectionSecret
from export.custodian.verbs import FOLDER, custodians_folder, in_custody
from survey.briefing import authority_words
from survey.clock import Clock
from survey.sealing import PLAINTEXT_BYTES


def _still_to_come(_context: click.Context, _option: click.Parameter, until: datetime | None) -> date | None:
    today = Clock().day()
    if until is None or until.date() > today:
        return None if until is None else until.date()
    raise click.BadParameter(
        f"{until.date()} is not after today, {today} by this machine's clock: the key would have to be destroyed before"
        " anybody answers. Give a later day, or set the clock."
    )


_until = click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    callback=_still_to_come,
    help="The day on which the collection key is to be destroyed; it lies ahead.",
)


@click.command()
@custodians_folder
@_until
def keygen(instance: Path, until: date | None) -> None:
    """Make the authority key and the collection key, locked under a passphrase."""
    with in_custody(instance) as custody:
        custody.refuse_anothers_folder()
        authority, collection = custody.make(custody_passphrase(new=True))
        Keyring(custody).remember(_in_folder(collection, until))
        click.echo(f"Authority words: {' '.join(authority_words(authority.public))}")
        click.echo(f"Authority key id: {authority_key_id(authority.public)}")
        click.echo(f"Collection key id: {collection.public.key_id.hex()}")
        click.echo("Write the words and ids on paper. Then make a backup: python -m export split", err=True)


def _in_folder(secret: CollectionSecret, until: date | None) -> KeptKey:
    return KeptKey(secret.public, "folder", until)


@click.command()
@custodians_folder
@click.option("--shares", "count", type=int, required=True, help="How many shares to make.")
@click.option("--threshold", type=int, required=True, help="How many of them put the key together.")
@click.option("--out", type=FOLDER, required=True, help="A new folder, best on removable media; one file a share.")
@click.option("--key", "key_id", help="The collection key's id, where the folder holds several.")
@click.option("--with-passphrase", is_flag=True, help="Ask for a passphrase that restoring needs beside the shares.")
@click.option("--only", is_flag=True, help="Delete the key's file: from now on nobody opens answers alone.")
def split(
    instance: Path, *, count: int, threshold: int, out: Path, key_id: str | None, with_passphrase: bool, only: bool
) -> None:
    """Split the collection key into paper shares (SLIP-39)."""
    with in_custody(instance) as custody:
        secrets, keyring = custody.collection(custody_passphrase()), Keyring(custody)
        keyring.notice(secrets)
        chosen = [secret for secret in secrets if key_id in (None, secret.public.key_id.hex())]
        if len(chosen) != 1:
            ids = ", ".join(secret.public.key_id.hex() for secret in secrets)
            raise CustodyRefused(f"Say with --key which collection key to split: {ids}.")
        extra = asked("Share passphrase", new=True) if with_passphrase else ""
        paths = write_sheets(split_key(chosen[0], threshold, count, extra), threshold, out)
        for path in paths:
            click.echo(str(path))
        if only:
            keyring.only_shares(chosen[0], read_sheets(paths), threshold, extra)
            click.echo("The key's file is deleted: release and review ask for the shares.", err=True)
        click.echo(
            f"Any {threshold} of these {count} sheets open every answer. Print them, hand each to one person,", err=True
        )
        click.echo("destroy the files, and try them with drill before you rely on them.", err=True)


@click.command()
@custodians_folder
@shares_options
def drill(instance: Path, sheets: tuple[Path, ...], *, typed: bool, with_passphrase: bool) -> None:
    """Try whether shares still open answers. The key is put together in memory, opens one row, and is gone."""
    with in_custody(instance) as custody:
        secret = joined(sheets, typed=typed or not sheets, with_passphrase=with_passphrase)
        if secret is None:
            raise CustodyRefused("No share was given. Give the sheets with --share, or type their words.")
        key = Keyring(custody).living(secret.public.key_id.hex())
        if secret.open(key.public.seal(bytes(PLAINTEXT_BYTES))) != bytes(PLAINTEXT_BYTES):
            raise CustodyRefused("The shares fit together and open nothing. Report this.")
        click.echo(f"The shares open answers that are sealed to {key.id}. Nothing was written.")


@click.command()
@custodians_folder
@click.argument("sheets", nargs=-1, type=FILE)
@click.option("--with-passphrase", is_flag=True, help="The shares were made with a passphrase of their own.")
def restore(instance: Path, sheets: tuple[Path, ...], *, with_passphrase: bool) -> None:
    """Put the collection key back into the folder from the SHEETS of its shares, or from words typed in."""
    with in_custody(instance) as custody:
        custody.refuse_anothers_folder()
        secret = joined(sheets, typed=not sheets, with_passphrase=with_passphrase)
        if secret is None:
            raise CustodyRefused("No share was given. Give the sheets, or type their words.")
        key_id, keyring = secret.public.key_id.hex(), Keyring(custody)
        if any(key.id == key_id for key in keyring.known()):
            keyring.living(key_id)
        passphrase = custody_passphrase(new=True)
        path = custody.keep_collection(secret, passphrase)
        keyring.notice([secret])
        click.echo(f"Collection key {key_id} is restored: {path}")
        if _another_than_the_authoritys(custody, passphrase):
            click.echo(
                "It is locked under another passphrase than the authority's, and a release takes one for both. Move the"
                " file away and restore again, with the passphrase of this folder.",
                err=True,
            )


def _another_than_the_authoritys(custody: Custody, passphrase: str) -> bool:
    try:
        custody.authority(passphrase)
    except WrongPassphrase:
        return True
    except CustodyRefused:
        return False  # a folder for restoring has no authority key
    return False


@click.command()
@custodians_folder
@_until
def rotate(instance: Path, until: date | None) -> None:
    """Make another collection key. Old answers still open; sign-keys --collection seals new ones to it."""
    with in_custody(instance) as custody:
        passphrase, keyring = custody_passphrase(), Keyring(custody)
        custody.authority(passphrase)
        secret = CollectionSecret.generate()
        custody.keep_collection(secret, passphrase)
        keyring.remember(_in_folder(secret, until))
        key_id = secret.public.key_id.hex()
        click.echo(f"Collection key id: {key_id}")
        click.echo(f"Split it; then: python -m export sign-keys --collection {key_id} --out FILE", err=True)


@click.command()
@custodians_folder
@click.argument("key_id")
@click.option("--sure", is_flag=True, help="Answers sealed to it can never be opened again, by anybody.")
def destroy(instance: Path, key_id: str, *, sure: bool) -> None:
    """Destroy the collection key KEY_ID: its answers stay sealed for good. Burn its sheets yourself."""
    with in_custody(instance) as custody:
        keyring = Keyring(custody)
        keyring.key(key_id)
        if not sure and not click.confirm(f"Answers sealed to {key_id} can never be opened again. Destroy it?"):
            raise CustodyRefused("Nothing was destroyed.")
        keyring.destroy(key_id, Clock().day())
        click.echo(f"The collection key {key_id} is destroyed. Burn every sheet of it, and say so in the protocol.")
