"""``account``: the operator makes, locks out and readmits the people who work with releases."""

from __future__ import annotations

from pathlib import Path

import click
import segno

from export.centre.audit import OPERATOR, refuse_name
from export.centre.instance import Centre
from export.centre.passphrases import locked, new_passphrase, new_secret, provisioning_uri
from export.centre.people import ROLES, Account, Role
from export.centre.plainly import instance_folder, opened

_ACTIONS = ("add", "renew", "unlock", "close", "list")


@click.command()
@instance_folder
@click.argument("action", type=click.Choice(_ACTIONS))
@click.argument("name", default="")
@click.option("--role", type=click.Choice(ROLES), help="With add: what this person may do.")
def account(instance: Path, action: str, name: str, role: Role | None) -> None:
    """Make, renew, unlock or close the account NAME, or list them.

    A passphrase and a QR code for an authenticator are shown once; hand them over in person. ``renew`` makes both anew.
    """
    if bool(name) == (action == "list") or (role is None) == (action == "add"):
        raise click.UsageError("Type: account add NAME --role ROLE; account renew, unlock or close NAME; account list.")
    with opened(instance) as centre:
        if action == "list":
            lines = [f"{known}  {its_role}  {_state(until)}" for known, its_role, until in centre.people.states()]
            click.echo("\n".join(lines) or "Nobody has an account.")
        elif action == "add" and role is not None:
            _add(centre, name, role)
        elif not _changed(centre, action, name):
            raise click.ClickException(f"There is no account {name!r}. List them: python -m export account list")


def _state(locked_until: str) -> str:
    return f"locked until {locked_until}" if locked_until else "open"


def _add(centre: Centre, name: str, role: Role) -> None:
    refuse_name(name)
    passphrase, secret = new_passphrase(), new_secret()
    account = Account(name, role, locked(passphrase, secret))
    with centre.people.together():
        centre.people.add(account)
        centre.audit.note(OPERATOR, "account add", f"{name}, {role}")
    _show(name, passphrase, secret)


def _changed(centre: Centre, action: str, name: str) -> bool:
    if centre.people.account(name) is None:
        return False
    centre.audit.note(OPERATOR, f"account {action}", name)
    if action == "renew":
        passphrase, secret = new_passphrase(), new_secret()
        centre.people.lock_anew(name, locked(passphrase, secret))
        _show(name, passphrase, secret)
        return True
    if action == "close":
        centre.people.close(name)
        click.echo(f"The account {name} is closed, with its sign-ins and its tokens.")
        return True
    centre.people.unlock(name)
    click.echo(f"{name} can try again at once.")
    return True


def _show(name: str, passphrase: str, secret: bytes) -> None:
    uri = provisioning_uri(secret, name)
    click.echo(f"Account {name}. This is shown once; hand it over in person.")
    click.echo(f"Passphrase: {passphrase}")
    click.echo(f"For an authenticator: {uri}")
    segno.make_qr(uri).terminal(compact=True)
