"""The custodian's verbs. Each gives up core dumps first, says what it did, and what to do when it could not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from export.custodian.attacker import Contradiction
from export.custodian.ceremony import SigningRefused, Wishes, history, known_of, sign
from export.custodian.closing import CannotClose
from export.custodian.crew import CrewLost
from export.custodian.custody import Custody, CustodyRefused, authority_key_id
from export.custodian.disclosure import DisclosureFailed, TooFew
from export.custodian.epochs import EpochOpen
from export.custodian.leaving import Materials
from export.custodian.ledger import LedgerRefused
from export.custodian.opening import OpeningReport
from export.custodian.passphrase import asked, custody_passphrase
from export.custodian.recipe_file import DEMONSTRATION, VICTIM_VOICE, read_recipe
from export.custodian.recipe_shapes import RecipeRefused
from export.custodian.release import Released, build
from export.custodian.shares import Share, join, read_sheets, write_sheets
from export.custodian.shares import split as split_key
from export.manifest import ReleaseRefused, verified
from survey.briefing import KeysRefused, authority_words
from survey.clock import Clock
from survey.hardening import harden
from survey.languages import drafts
from survey.parcel import CARRY_OUT, Parcel, ParcelRefused, open_parcel
from survey.progress import steps
from survey.reference import ReferenceRefused, read_areas
from survey.verbs import instance_option

_FORESEEN = (
    CannotClose, Contradiction, CrewLost, CustodyRefused, DisclosureFailed, EpochOpen, KeysRefused,
    LedgerRefused, ParcelRefused, RecipeRefused, ReferenceRefused, ReleaseRefused, SigningRefused, TooFew,
)  # fmt: skip
_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)

_instance = instance_option("The custodian's folder.")


@contextmanager
def _in_custody(instance: Path) -> Iterator[Custody]:
    harden()
    try:
        yield Custody(instance)
    except _FORESEEN as fault:
        raise click.ClickException(str(fault)) from fault
    except OSError as fault:
        raise click.ClickException(f"{fault.filename or instance}: {fault.strerror or fault}.") from fault


@click.command()
@_instance
def keygen(instance: Path) -> None:
    """Make the authority key and the collection key, locked under a passphrase."""
    with _in_custody(instance) as custody:
        authority, collection = custody.make(custody_passphrase(new=True))
        click.echo(f"Authority words: {' '.join(authority_words(authority.public))}")
        click.echo(f"Authority key id: {authority_key_id(authority.public)}")
        click.echo(f"Collection key id: {collection.public.key_id.hex()}")
        click.echo("Write the words and ids on paper. Then make a backup: python -m export split", err=True)


@click.command()
@_instance
@click.option("--shares", "count", type=int, required=True, help="How many shares to make.")
@click.option("--threshold", type=int, required=True, help="How many of them put the key together.")
@click.option("--out", type=_FOLDER, required=True, help="A new folder, best on removable media; one file a share.")
@click.option("--key", "key_id", help="The collection key's id, where the folder holds several.")
@click.option("--with-passphrase", is_flag=True, help="Ask for a passphrase that restoring needs beside the shares.")
def split(instance: Path, *, count: int, threshold: int, out: Path, key_id: str | None, with_passphrase: bool) -> None:
    """Split the collection key into paper shares (SLIP-39)."""
    with _in_custody(instance) as custody:
        secrets = custody.collection(custody_passphrase())
        chosen = [secret for secret in secrets if key_id in (None, secret.public.key_id.hex())]
        if len(chosen) != 1:
            ids = ", ".join(secret.public.key_id.hex() for secret in secrets)
            raise CustodyRefused(f"Say with --key which collection key to split: {ids}.")
        extra = asked("Share passphrase", new=True) if with_passphrase else ""
        paths = write_sheets(split_key(chosen[0], threshold, count, extra), threshold, out)
        for path in paths:
            click.echo(str(path))
        click.echo(
            f"Any {threshold} of these {count} sheets open every answer. Print them, hand each to one person,", err=True
        )
        click.echo("destroy the files, and try a restore before you rely on them.", err=True)


@click.command()
@_instance
@click.argument("sheets", nargs=-1, type=_FILE)
@click.option("--with-passphrase", is_flag=True, help="The shares were made with a passphrase of their own.")
def restore(instance: Path, sheets: tuple[Path, ...], *, with_passphrase: bool) -> None:
    """Put the collection key together from the SHEETS of its shares, or from words typed in."""
    with _in_custody(instance) as custody:
        shares = read_sheets(sheets) if sheets else _typed_shares()
        secret = join(shares, asked("Share passphrase", new=False) if with_passphrase else "")
        path = custody.keep_collection(secret, custody_passphrase(new=True))
        click.echo(f"Collection key {secret.public.key_id.hex()} is restored: {path}")


def _typed_shares() -> list[Share]:
    key_id = click.prompt("Key id, as printed on the sheets", err=True).strip().lower()
    shares: list[Share] = []
    while words := click.prompt(
        f"Words of share {len(shares) + 1} (nothing: that is all)",
        default="",
        show_default=False,
        hide_input=True,
        err=True,
    ):
        shares.append(Share(key_id, " ".join(words.lower().split())))
    return shares


@click.command("sign-keys")
@_instance
@click.option("--from", "carried_out", type=_FILE, help="A file of carry-out; the first time it may hold no row yet.")
@click.option("--questionnaire", type=_FILE, help="Default: the one signed last; the first time, Victim Voice.")
@click.option("--translation", "translations", type=_FILE, multiple=True, help="A .po file; one for each language.")
@click.option("--places", type=_FILE, help="A TOML file. Default: those signed last.")
@click.option(
    "--support-lines", type=_FILE, help="A TOML file. Default: those signed last; the first time, the house's."
)
@click.option("--neutral-address", help="Where Leave leads on a phone. Default: the one signed last.")
@click.option("--made-up", is_flag=True, help="For a demonstration: every page, file and release says 'made up'.")
@click.option("--stop", is_flag=True, help="Tell every tablet to stop asking.")
@click.option("--new-centre", is_flag=True, help="The carry-out is from another centre, or its keys were made anew.")
@click.option("--out", type=_FILE, required=True, help="Where to write the signed keys file.")
def sign_keys(instance: Path, out: Path, **wishes: Any) -> None:
    """Sign the keys file that tablets and the centre trust."""
    with _in_custody(instance) as custody:
        keys = sign(custody, custody_passphrase(), Wishes(**wishes), Clock(), out)
        unchecked = sum(line.verified_on is None for line in keys.support_lines)
        click.echo(f"Keys file {keys.serial}: {out}{' (it tells every tablet to stop)' if keys.stop else ''}")
        first = keys.instruments[0]
        click.echo(f"Questionnaire {first.id}, version {first.version}, digest {first.digest()}")
        click.echo(f"Places: {', '.join(place.code for place in keys.places)}")
        if drafts(first):
            click.echo(
                f"A computer translated these and nobody has checked them: {', '.join(drafts(first))}.", err=True
            )
        if unchecked:
            click.echo(f"{unchecked} support lines have no day of checking and are not shown to respondents.", err=True)


@click.command()
@_instance
@click.option("--from", "carried_out", type=_FILE, required=True, help="The file that carry-out wrote.")
@click.option("--recipe", "recipe", type=_FILE, help="A TOML file. Default: Victim Voice's, or the demonstration's.")
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
def release(instance: Path, carried_out: Path, recipe: Path | None, *, as_json: bool) -> None:
    """Open what was carried out and build a release in which nobody can be found, by the rules of a recipe."""
    with _in_custody(instance) as custody:
        signed = history(custody)
        if not signed:
            raise SigningRefused(
                "No keys file was signed in this folder yet, so no row can be read. Run sign-keys first."
            )
        rules = read_recipe(recipe or (DEMONSTRATION if signed[0].made_up else VICTIM_VOICE))
        parcel = _believed(carried_out, {keys.intake for keys in signed})
        passphrase = custody_passphrase()
        secrets, authority = custody.collection(passphrase), custody.authority(passphrase)
        report = OpeningReport()
        rows = steps(parcel.rows, parcel.count, "Opening")
        month = Clock(lambda: signed[0].signed_on).month()
        materials = Materials(
            known_of(signed), read_areas(), rules, signed[0].made_up, month, custody.table_secret(passphrase)
        )
        try:
            released = build(custody.folder, rows, secrets, authority, materials, report)
        finally:
            _say_opened(report)
        _say_released(released)
        if as_json:
            click.echo(json.dumps(_summary(report, released)))


def _believed(path: Path, intakes: set[bytes]) -> Parcel:
    parcel = open_parcel(path, CARRY_OUT, None)
    if parcel.signer not in intakes:
        raise ParcelRefused(f"{path} comes from a centre that no keys file of this folder names. Ask who made it.")
    return parcel


def _say_opened(report: OpeningReport) -> None:
    click.echo(f"Responses: {report.received} received, {report.opened} passed every check.")
    for why, rows in sorted(report.failed.items()):
        click.echo(f"  left out, {why}: {rows}")
    for digest in sorted(report.unknown_digests):
        click.echo(f"  questionnaire {digest} is in no keys file of this folder; its rows open once it is.")
    click.echo(f"Lesser copies: {report.lesser}. Tallies: {report.tally_rows}. Covers: {report.covers}.")
    for place, month, told, found in report.differences():
        click.echo(f"  {place}, {month}: tallies tell {told} kept on tablets, {found} were opened.")


def _say_released(released: Released) -> None:
    click.echo(f"Release {released.name}: {released.folder}")
    click.echo(
        f"  {released.records} records, {released.suppressed_cells} cells blanked, {released.left_out} left out."
    )
    if released.waiting:
        click.echo(f"  {released.waiting} responses wait for the end of their epoch.")
    for key, level in sorted(released.levels.items()):
        click.echo(f"  {key} is told by {level}")


def _summary(report: OpeningReport, released: Released) -> dict[str, Any]:
    return {
        "received": report.received,
        "tallies": dict(report.tallies),
        "opened": report.opened,
        "released_rows": released.records,
        "suppressed_cells": released.suppressed_cells,
        "release": released.name,
    }


@click.command()
@_instance
@click.argument("folder", type=_FOLDER)
def verify(instance: Path, folder: Path) -> None:
    """Check that the release in FOLDER is whole and was signed by this custodian."""
    with _in_custody(instance) as custody:
        manifest = verified(folder, custody.authority_public())
        says = ", made up" if manifest.made_up else ""
        click.echo(f"{manifest.name} is whole and signed by this custodian: {manifest.records} records{says}.")
