"""The whole system on one machine: centre, tablet and custodian as processes on loopback.

Everything is done through the same verbs and pages that staff, respondents and custodians use; nothing is imported
from above and nothing is sped up. The people are made up, and the signed keys file says so to every page and release.
"""

from __future__ import annotations

import json
import os
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from survey.made_up import Browser, Plan, answer_all, plans
from survey.progress import steps

_FEWEST = 50
_WAITING = 60
_PLACE = "counter-1"
_SEED = 20261
_STOP_SECONDS = 30


class DemoFailed(click.ClickException):
    """A step of the demonstration that did not work, with what the program said."""


@dataclass(frozen=True)
class Demo:
    """Where the three machines of a demonstration live."""

    folder: Path

    @property
    def centre(self) -> Path:
        """The centre's instance."""
        return self.folder / "centre"

    @property
    def tablet(self) -> Path:
        """The tablet's instance."""
        return self.folder / "tablet"

    @property
    def custodian(self) -> Path:
        """The custodian's instance; on a real site a machine without a network."""
        return self.folder / "custodian"

    @property
    def passphrase(self) -> Path:
        """Where the demonstration keeps the custodian's passphrase: a real one is remembered, not kept."""
        return self.custodian / "passphrase.txt"

    @property
    def environ(self) -> dict[str, str]:
        """The environment of every process that this starts."""
        return {**os.environ, "HEARD_PASSPHRASE_FILE": str(self.passphrase), "PYTHONUNBUFFERED": "1"}

    def verb(self, package: str, verb: str, instance: Path, *arguments: str) -> str:
        """Run one verb to its end and return what it printed.

        Raises:
            DemoFailed: it ended with another code than 0.
        """
        command = [sys.executable, "-m", package, verb, "--instance", str(instance), *arguments]
        done = subprocess.run(command, env=self.environ, capture_output=True, text=True, check=False)  # noqa: S603 - our own verbs
        if done.returncode != 0:
            raise DemoFailed(f"{package} {verb} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    @contextmanager
    def running(self, package: str, verb: str, instance: Path) -> Iterator[str]:
        """Keep a serving verb up; yields the address that it prints once it is ready."""
        command = [sys.executable, "-m", package, verb, "--instance", str(instance)]
        process = subprocess.Popen(command, env=self.environ, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own verbs
        try:
            yield _address(process, f"{package} {verb}")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_STOP_SECONDS)
            if process.stdout is not None:
                process.stdout.close()


def _address(process: subprocess.Popen[str], name: str) -> str:
    for line in process.stdout or ():
        _, _, address = line.strip().partition(": ")
        if address.startswith("http://"):
            return address
    raise DemoFailed(f"{name} did not start: it ended with {process.wait()}.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _new_folder(instance: Path | None) -> Path:
    if instance is None:
        return Path(tempfile.mkdtemp(prefix="heard-demo-"))
    if instance.exists() and any(instance.iterdir()):
        raise click.UsageError(f"{instance} is not empty. A demonstration starts in a new folder, never in a real one.")
    instance.mkdir(parents=True, exist_ok=True)
    return instance.resolve()


def _last_line(printed: str) -> str:
    return printed.strip().splitlines()[-1].strip()


def _words_of_authority(printed: str) -> str:
    return next(line.partition(":")[2].strip() for line in printed.splitlines() if line.startswith("Authority words:"))


def set_up(demo: Demo) -> None:
    """Make keys, start a centre for the first time, sign its keys, enrol one tablet."""
    for machine in (demo.centre, demo.tablet, demo.custodian):
        machine.mkdir(mode=0o700)
    demo.passphrase.write_text(secrets.token_hex(16) + "\n")
    demo.passphrase.chmod(0o600)
    (demo.centre / "settings.toml").write_text(f"port = {_free_port()}\n")
    (demo.tablet / "settings.toml").write_text(f"port = {_free_port()}\n")
    words = _words_of_authority(demo.verb("export", "keygen", demo.custodian))
    with demo.running("export", "serve", demo.centre) as centre_address:
        public_halves, keys = demo.folder / "public-halves.carried", demo.folder / "keys.signed"
        demo.verb("export", "carry-out", demo.centre, str(public_halves))
        demo.verb("export", "sign-keys", demo.custodian, "--from", str(public_halves), "--made-up", "--out", str(keys))
        demo.verb("export", "take-in", demo.centre, str(keys), "--authority", words)
        code = _last_line(demo.verb("export", "enrol-code", demo.centre, "--place", _PLACE))
        demo.verb("kiosk", "enrol", demo.tablet, centre_address, code, "--authority", words)


def play(address: str, people: Sequence[Plan]) -> Mapping[str, int]:
    """Let made-up people answer at the tablet, one after the other.

    Returns:
        How many meant to and did end as ``complete``, ``core`` and ``left``, and how many were told that theirs was
        kept (``stored``).
    """
    counts = {"complete": 0, "core": 0, "left": 0, "stored": 0}
    for plan in steps(people, len(people), "Made-up people answering"):
        browser = Browser(address)
        screen = answer_all(browser, browser.get("/"), plan.chooses(), 3 if plan.ending == "left" else None)
        counts[plan.ending] += 1
        if plan.ending != "left" and screen.status == 200 and screen.address.endswith("/thanks"):
            counts["stored"] += 1
        browser.close()
    return counts


def _release(demo: Demo) -> dict[str, Any]:
    carried = demo.folder / "intake.carried"
    demo.verb("export", "carry-out", demo.centre, str(carried))
    printed = demo.verb("export", "release", demo.custodian, "--from", str(carried), "--json")
    summary: dict[str, Any] = json.loads(_last_line(printed))
    demo.verb("export", "publish", demo.centre, str(demo.custodian / "releases" / summary["release"]))
    return summary


def once(instance: Path | None, respondents: int) -> dict[str, Any]:
    """The whole walk, unattended: people answer while the centre is down, then everything is brought home.

    Returns:
        The JSON summary of design and README: what people did, what was kept, received, opened and released.
    """
    demo = Demo(_new_folder(instance))
    click.echo(f"Setting up centre, tablet and custodian in {demo.folder}", err=True)
    set_up(demo)
    with demo.running("kiosk", "run", demo.tablet) as tablet_address:
        counts = play(tablet_address, plans(respondents, _SEED))
    click.echo("The centre comes back; the tablet sends; the custodian opens and releases.", err=True)
    with demo.running("export", "serve", demo.centre):
        demo.verb("kiosk", "sync", demo.tablet)
        summary = _release(demo)
    return {"respondents": respondents, **counts, **summary}


def _command(package: str, verb: str, instance: Path, *arguments: str) -> str:
    return shlex.join([sys.executable, "-m", package, verb, "--instance", str(instance), *arguments])


def stay_up(instance: Path | None) -> None:
    """Centre and tablet up, 60 made-up responses waiting, and what to try next; until interrupted."""
    demo = Demo(_new_folder(instance))
    click.echo(f"Setting up centre, tablet and custodian in {demo.folder}", err=True)
    set_up(demo)
    token = _last_line(demo.verb("export", "token", demo.centre, "add", "demo-analyst"))
    with ExitStack() as up:
        centre_address = up.enter_context(demo.running("export", "serve", demo.centre))
        tablet_address = up.enter_context(demo.running("kiosk", "run", demo.tablet))
        play(
            tablet_address,
            [Plan("complete" if plan.ending == "left" else plan.ending, plan.seed) for plan in plans(_WAITING, _SEED)],
        )
        click.echo(_what_to_try(demo, tablet_address, centre_address, token))
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


def _what_to_try(demo: Demo, tablet_address: str, centre_address: str, token: str) -> str:
    carried = demo.folder / "intake.carried"
    release = demo.custodian / "releases" / "heard-made-up-1"
    return "\n".join(
        [
            "",
            "Heard is up. Everybody in it so far is made up: 60 sealed responses wait on the tablet.",
            "",
            f"Tablet: {tablet_address}",
            f"Link: {centre_address}s/{_PLACE}/",
            f"Centre: {centre_address}releases/",
            f"Analyst's token: {token}",
            "",
            "Answer on the tablet, then run these four in another terminal, from this folder:",
            "",
            "  " + _command("kiosk", "sync", demo.tablet),
            "  " + _command("export", "carry-out", demo.centre, str(carried)),
            f"  HEARD_PASSPHRASE_FILE={shlex.quote(str(demo.passphrase))} "
            + _command("export", "release", demo.custodian, "--from", str(carried)),
            "  " + _command("export", "publish", demo.centre, str(release)),
            "",
            "Then open the centre's address and sign in with the token. Ctrl-C ends the demonstration.",
        ]
    )


@click.command()
@click.option("--instance", type=click.Path(path_type=Path), help="A folder that is absent or empty.")
@click.option("--once", "run_once", is_flag=True, help="Run the whole walk unattended, print a JSON summary, end.")
@click.option("--respondents", type=click.IntRange(min=_FEWEST), default=300, help="With --once: how many answer.")
def demo(instance: Path | None, *, run_once: bool, respondents: int) -> None:
    """Centre and one tablet on this machine, with made-up respondents."""
    # As Ctrl-C does: centre and tablet are stopped with it, not left serving with nobody to stop them.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if run_once:
        click.echo(json.dumps(once(instance, respondents)))
    else:
        stay_up(instance)
