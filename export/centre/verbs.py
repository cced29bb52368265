"""The centre's verbs for its operator. Each says what it did in words, and what to do when it could not.

No verb shows an answer or counts a tablet's rows; a tablet's last contact is a day.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import click

from export.centre.admitting import issue_code, issue_token, revoke_token, silence, tablet_called
from export.centre.audit import OPERATOR, on_one_line
from export.centre.carrying import carry_out as carried_out
from export.centre.carrying import take_in as taken_in
from export.centre.instance import NotYetTold, refuse_no_centre
from export.centre.moving import MOVED
from export.centre.moving import move_rows as moved_rows
from export.centre.notices import renew_notices
from export.centre.plainly import instance_folder, opened, told
from export.centre.proxy import faults
from survey.briefing import authority_words, words_match
from survey.hardening import harden
from survey.settings import load
from survey.verbs import There


@click.command("enrol-code")
@instance_folder
@click.option("--place", required=True, help="The code of a place in the signed keys file.")
def enrol_code(instance: Path, place: str) -> None:
    """Make a code with which one tablet can join, once and within 24 hours."""
    with opened(instance) as centre:
        code = issue_code(centre, place)
        click.echo(f"A tablet at {place} can join with this code, once, within 24 hours:")
        click.echo(code)


@click.command()
@instance_folder
def tablets(instance: Path) -> None:
    """List the tablets: name, place, day of the last contact, state."""
    with opened(instance) as centre:
        known = sorted(centre.registry.tablets().values(), key=lambda tablet: (tablet.place, tablet.short))
        for tablet in known:
            click.echo(f"{tablet.short}  {tablet.place}  {tablet.last_contact.isoformat()}  {silence(tablet, centre)}")
        if not known:
            click.echo("No tablet has joined yet. Make a code: python -m export enrol-code --place PLACE")


@click.command()
@instance_folder
@click.argument("tablet")
def revoke(instance: Path, tablet: str) -> None:
    """Believe a lost or stolen TABLET no more (its name as in the list of tablets). This cannot be undone."""
    with opened(instance) as centre:
        found = tablet_called(centre, tablet)
        centre.audit.note(OPERATOR, "revoke", f"tablet {found.short} at {found.place}")
        centre.registry.revoke(found)
        click.echo(f"Tablet {found.short} at {found.place} is revoked. What it sends is refused from now on.")


@click.command("take-in")
@instance_folder
@click.argument("file", type=There(dir_okay=False))
@click.option("--authority", metavar="WORDS", help="The custodian's 13 words; asked for at the first keys file.")
def take_in(instance: Path, file: Path, authority: str | None) -> None:
    """Take in a signed keys FILE, a notices file or a tablet's rescue file."""
    with opened(instance) as centre:
        click.echo(taken_in(centre, file, _confirming(authority)))


def _confirming(authority: str | None) -> Callable[[bytes], bool]:
    def confirmed(public: bytes) -> bool:
        if authority is not None:
            return words_match(authority.split(), public)
        click.echo("This file was signed by the authority with these 13 words:")
        click.echo("  " + " ".join(authority_words(public)))
        return click.confirm("Are they, each of them, the words that the custodian printed?")

    return confirmed


@click.command("carry-out")
@instance_folder
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def carry_out(instance: Path, file: Path) -> None:
    """Write all sealed rows into one signed FILE for the custodian; may run while the centre serves."""
    with opened(instance) as centre:
        carried = carried_out(centre, file)
        size = file.stat().st_size / 1_000_000
        click.echo(
            f"Carried out {carried.rows} sealed rows (covers and tallies among them), {size:.1f} MB, into {file}"
        )
        if carried.left_behind:
            click.echo(f"{carried.left_behind} damaged rows were left behind: check this disk.", err=True)
        click.echo("Take it to the custodian's machine by hand.")


@click.command("move-rows")
@instance_folder
def move_rows(instance: Path) -> None:
    """Move rows and spent codes into the database that settings.toml names, while the centre is stopped."""
    harden()
    with told():
        refuse_no_centre(instance)
        left_behind = moved_rows(instance, load(instance, os.environ).store)
    if left_behind:
        click.echo(f"{left_behind} damaged rows were left behind: check this disk.", err=True)
    click.echo(f"Moved. Carry out from the database once, then delete {instance / MOVED}.")


@click.command()
@instance_folder
@click.argument("folder", type=There(file_okay=False))
@click.option(
    "--new-series",
    is_flag=True,
    help="Let it begin a series beside the one published here. Only where the custodian means it: what two series tell"
    " of the same people, should they answer again, is set against each other by nobody.",
)
def publish(instance: Path, folder: Path, *, new_series: bool) -> None:
    """Put the release in FOLDER on the analysts' pages, once the custodian's signature holds.

    A release that may hold people of one that was published here is refused: it does not know of it.
    """
    with opened(instance) as centre:
        releases = centre.releases()
        if releases is None:
            raise NotYetTold("No authority is known here that could have signed a release. Take in a keys file first.")
        manifest, new = releases.publish(
            folder, new_series=new_series, before=lambda one: centre.audit.note(OPERATOR, "publish", one.name)
        )
        renew_notices(centre, releases.listed())
        label = " It is labelled made up." if manifest.made_up else ""
        done = "is published." if new else "was published before, and is the same."
        click.echo(f"{manifest.name} {done} {manifest.records} records.{label}")


@click.command()
@instance_folder
@click.argument("action", type=click.Choice(["add", "revoke", "list"]))
@click.argument("name", default="")
def token(instance: Path, action: str, name: str) -> None:
    """Add or revoke the token of the analyst NAME, or list who has one."""
    if bool(name) == (action == "list"):
        raise click.UsageError("Say whose: token add NAME, token revoke NAME; or token list.")
    with opened(instance) as centre:
        if action == "add":
            issued = issue_token(centre, name)
            click.echo(f"A token for {name}. It is shown this once; hand it over in person:\n{issued}")
        elif action == "revoke":
            revoke_token(centre, name)
            click.echo(f"The token of {name} is revoked.")
        else:
            click.echo("\n".join(centre.people.token_names()) or "Nobody has a token.")


@click.command()
@instance_folder
@click.option("--holds", metavar="LINK", help="A link that was written down, or its first 8 digits: is it here still?")
def audit(instance: Path, holds: str | None) -> None:
    """Print what staff and analysts did, oldest first, and the newest link of the chain that holds it together.

    Write the link down elsewhere: with ``--holds`` it proves later that nothing before it was changed or dropped.
    """
    with opened(instance) as centre:
        newest = centre.audit.newest_link()
        known = None if holds is None else centre.audit.holds(holds)
        if holds is not None and known is None:
            raise click.ClickException(
                "This is no link of this log: look at it again, and give its first 8 digits at least. If it was written"
                " down exactly so, lines that were there have been changed or dropped."
            )
        for note in centre.registry.notes():
            click.echo(on_one_line(f"{note.at}  {note.who}  {note.did}  {note.what}"))
        if known is not None:
            click.echo(f"Every line up to line {known} is as it was when this link was written down.")
        click.echo(_whole_as_far_as_it_tells(newest))


def _whole_as_far_as_it_tells(newest: str) -> str:
    if not newest:
        return "The audit log is empty. If anything was ever done at this centre, its lines have been taken away."
    return (
        f"Newest link: {newest} (the lines fit it. Whoever can write the file could have made all links anew: write it"
        " down elsewhere, and next time give it with --holds)"
    )


@click.command("check-proxy")
@instance_folder
@click.argument("file", type=There(dir_okay=False))
def check_proxy(instance: Path, file: Path) -> None:
    """Check the configuration FILE of the server in front (nginx -T, or a Caddyfile): no line about anybody."""
    with told():
        refuse_no_centre(instance)
        found = faults(file.read_text(encoding="utf-8", errors="replace"), load(instance, os.environ).address_header)
    for fault_found in found:
        click.echo(f"{file}: {fault_found}")
    if found:
        raise SystemExit(1)
    click.echo(
        f"{file} passes on by https alone, writes no line about anybody and keeps no request. Look yourself at what"
        " else is on the way."
    )
