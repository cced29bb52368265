"""``python -m kiosk``: the tablet's verbs. Each says in words what happened, never how many answers there are."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click

from forms.strict_json import strict_object
from kiosk import enrolment as joining
from kiosk import running, status
from kiosk.by_hand import SENT
from kiosk.closing import Today
from kiosk.enrolment import OUTBOX, Enrolment, EnrolmentRefused, NotEnrolled
from kiosk.exchange import exchange
from kiosk.pins import ASSISTED, CORNER, WeakPin, set_pin
from kiosk.rescue import rescue as rescued
from kiosk.running import CannotServe
from kiosk.sending import Centre, NoReply
from kiosk.shell.files import Machine, UnfitPath
from kiosk.shell.files import write as write_shell
from kiosk.single import AlreadyRunning, is_running
from kiosk.sync import NotSent, Sync, take_keys
from survey.address import UnsafeAddress
from survey.briefing import KeysRefused
from survey.clock import Clock
from survey.durable import AnotherFile
from survey.hardening import harden
from survey.partials import UnsafeFolder
from survey.settings import TABLET_PORT, Settings, SettingsRefused
from survey.settings import load as load_settings
from survey.store import Store, StoreDamaged, StoreFull
from survey.verbs import There, Verbs, instance_option
from survey.words import load as load_words

_FORESEEN = (
    AlreadyRunning, AnotherFile, CannotServe, EnrolmentRefused, KeysRefused, NoReply, NotEnrolled, NotSent,
    SettingsRefused, StoreFull, UnfitPath, UnsafeAddress, UnsafeFolder, WeakPin,
)  # fmt: skip
_MOST_FILE_BYTES = 16 << 20
_RESCUE = "Save first what is whole in it, with: python -m kiosk rescue FILE"

_instance = instance_option("The tablet's folder.")


@contextmanager
def _plainly() -> Iterator[None]:
    """What goes wrong is said in words, with exit code 1; never a traceback, which could quote a key."""
    harden()
    try:
        yield
    except StoreDamaged as fault:
        raise click.ClickException(f"{fault} {_RESCUE}") from fault
    except _FORESEEN as fault:
        raise click.ClickException(str(fault)) from fault


def _settings(instance: Path) -> Settings:
    return load_settings(instance, os.environ, TABLET_PORT)


@click.group(cls=Verbs)
def main() -> None:
    """The tablet: join a centre, serve the interview, bring sealed answers home."""


@main.command()
@_instance
@click.argument("address")
@click.argument("code")
@click.option("--authority", metavar="WORDS", help="The custodian's 13 words, from paper; asked for where absent.")
def enrol(instance: Path, address: str, code: str, authority: str | None) -> None:
    """Join the centre at ADDRESS with a CODE from it."""
    with _plainly():
        joining.refuse_a_second_time(instance)
        said = authority or click.prompt("The 13 words of the authority, from the custodian's paper")
        words = joining.authority_words_of(said)
        clock = Clock()
        with closing(Centre(address, clock.monotonic)) as send:
            enrolled = joining.enrol(instance, address, code, words, send, clock)
        click.echo(f"This tablet has joined, at the place {enrolled.place}. Start it with: python -m kiosk run")


@main.command()
@_instance
@click.option("--assisted", is_flag=True, help="Open at assisted entry, where the keys file allows it.")
def run(instance: Path, assisted: bool) -> None:  # noqa: FBT001 - click hands flags over by name
    """Serve the interview on this machine until stopped; send at night."""
    with _plainly():
        enrolment = Enrolment.load(instance)

        def ready(address: str) -> None:
            click.echo(f"Tablet: {address}")

        running.run(_settings(instance), enrolment, ready, assisted=assisted)


@main.command()
@_instance
@click.option("--assisted", is_flag=True, help="The PIN of assisted entry, instead of the staff corner's.")
def pin(instance: Path, assisted: bool) -> None:  # noqa: FBT001 - click hands flags over by name
    """Set the six digits of the staff corner; asked for, never given on the command line."""
    with _plainly():
        Enrolment.load(instance)
        said = click.prompt("Six digits", hide_input=True, confirmation_prompt="The same again")
        set_pin(instance / (ASSISTED if assisted else CORNER), said)
        click.echo("Set. It holds from now on, also on a tablet that runs.")


@main.command()
@_instance
@click.option("--write", "folder", type=click.Path(path_type=Path, file_okay=False), required=True)
def shell(instance: Path, folder: Path) -> None:
    """Write the files that lock this tablet's screen down below --write DIR; nothing is installed."""
    with _plainly():
        enrolment, settings = Enrolment.load(instance), _settings(instance)
        code = Path(__file__).resolve().parents[1]
        machine = Machine(
            enrolment.place, enrolment.centre, settings.port, instance.resolve(), Path(sys.executable), code
        )
        for warning in write_shell(folder, machine):
            click.echo(warning, err=True)
        click.echo(f"Written below {folder}. Read it, then follow docs/set-up-a-tablet.md.")


@main.command()
@_instance
def sync(instance: Path) -> None:
    """Ask for news and send a packet now."""
    with _plainly():
        enrolment = Enrolment.load(instance)
        briefing = enrolment.briefing()
        clock = Clock(briefing.newest_day)
        send = Centre(enrolment.centre, clock.monotonic)
        with closing(send), closing(Store(instance / OUTBOX, today=clock.day)) as store:
            courier = Sync(store, enrolment, briefing, send, clock)
            for trouble in exchange(courier, by_hand=True):
                click.echo(trouble, err=True)
            store.rewrite()
        click.echo(SENT)


@main.command("status")
@_instance
def show_status(instance: Path) -> None:
    """How the tablet is, in words."""
    with _plainly():
        enrolment, settings = Enrolment.load(instance), _settings(instance)
        briefing = enrolment.briefing()
        clock = Clock(briefing.newest_day)
        kept, serves = settings.memory_folder is not None, is_running(instance)
        said = status.sentences(
            enrolment, briefing.keys(), clock, survives_a_kill=kept, serves=serves, drafted=load_words().drafted
        )
        click.echo("\n".join(said))
        with closing(Store(instance / OUTBOX, today=clock.day)) as store:
            for shelf in store.shelves:
                store.count(shelf)  # only to read every page of the file: a damaged one is said
        if status.nobody_can_answer(enrolment, briefing.keys(), Today(instance, clock), serves=serves):
            raise SystemExit(1)


@main.command()
@_instance
@click.argument("file", type=There(dir_okay=False))
def keys(instance: Path, file: Path) -> None:
    """Take a signed FILE, keys or notices, that was brought by hand."""
    with _plainly():
        briefing = Enrolment.load(instance).briefing()
        with file.open("rb") as opened:
            untrusted = opened.read(_MOST_FILE_BYTES)
        if _says_notices(untrusted):
            click.echo(f"Notices of {briefing.take_notices(untrusted).signed_on.isoformat()} are in force now.")
            return
        with closing(Store(instance / OUTBOX)) as store:
            taken = take_keys(briefing, store, untrusted)
        click.echo(f"Keys file {taken.serial}, signed {taken.signed_on.isoformat()}, is in force now.")
        if taken.stop:
            click.echo("It stops this survey: nobody can answer here until a newer keys file comes.")


def _says_notices(untrusted: bytes) -> bool:
    try:
        return strict_object(untrusted.decode()).get("heard") == "notices"
    except ValueError:
        return False


@main.command()
@_instance
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def rescue(instance: Path, file: Path) -> None:
    """Write a sealed copy of everything that waits here to FILE, for carrying to the centre by hand."""
    with _plainly():
        done = rescued(file, Enrolment.load(instance), _settings(instance).memory_folder)
        click.echo(f"{file} is a sealed copy of what waits here. Carry it to the centre: python -m export take-in FILE")
        if not done.whole:
            click.echo("The database is damaged; what is still whole in it was copied. Call the centre.", err=True)
        if not done.filled_up:
            click.echo(
                "Without a keys file no cover could be added, so this file's size tells how much waits.", err=True
            )


if __name__ == "__main__":
    main(prog_name="python -m kiosk")
