"""``serve``: the centre up until it is told to stop, with its one nightly task.

Threads and the schedule start here and nowhere else. What is printed is the address, once; no request is ever logged.
It stands apart from the other verbs so that none of them has to load the web.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import click

from export.centre.app import centre_app
from export.centre.instance import Centre
from export.centre.link import Link, Links
from export.centre.preparing import prepare
from export.centre.verbs import instance_folder, opened
from survey.schedule import Schedule
from survey.serving import server
from survey.store import StoreDamaged, StoreFull

_TALLY_MINUTES = 60
_TICK_MINUTES = 10
# After the merge, so that a span's last rows are in.
_PREPARED_FROM, _PREPARED_UNTIL = 5, 7


class CannotListen(click.ClickException):
    """The address is in use or is not this machine's. Set another host or port in settings.toml."""


def run(centre: Centre, ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; ``ready`` is told the address once requests are answered.

    Raises:
        CannotListen: another program has the port.
    """
    centre.remember_collection_key()
    host, port = centre.settings.host, centre.settings.port
    links = Links(centre, centre_app(centre))
    try:
        serving = server(links, host, port)
    except OSError as fault:
        raise CannotListen(
            f"The centre cannot listen on {host}:{port} ({fault.strerror}). Stop what runs there, or set another port"
            f" in {centre.folder / 'settings.toml'}."
        ) from fault
    links.start()
    schedule = Schedule(centre.clock, centre.folder / "nights.json")
    schedule.nightly("merge", lambda: _night(centre, links))
    schedule.nightly("preparation", lambda: _prepare(centre), _PREPARED_FROM, _PREPARED_UNTIL)
    schedule.every("tallies", _TALLY_MINUTES, 0, lambda: links.each(_keep_tally))
    schedule.every("times", _TICK_MINUTES, 0, lambda: hide_times(centre, links))
    schedule.every("instruments", 1, 0, lambda: links.each(_follow))
    for told_to_stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told_to_stop, lambda _number, _frame: serving.close())
    schedule.start()
    try:
        ready(f"http://{host}:{serving.effective_port}/")
        serving.run()
    finally:
        schedule.stop()
        links.each(Link.file)


def _night(centre: Centre, links: Links) -> None:
    links.each(Link.nightly)
    centre.store.merge()


def _prepare(centre: Centre) -> None:
    prepared = prepare(centre)
    if prepared is not None:
        click.echo(f"A span of months has ended: take {prepared} to the custodian.")


def hide_times(centre: Centre, links: Links) -> None:
    """Every ten minutes, whether or not anybody answered: files and folders then tell this moment and no other."""
    with suppress(StoreFull, StoreDamaged):
        centre.store.hide_times()
    links.hide_times()


def _keep_tally(link: Link) -> None:
    with suppress(StoreFull, StoreDamaged):
        link.tally_rows.keep()


def _follow(link: Link) -> None:
    with suppress(StoreFull, StoreDamaged):
        link.tally_rows.follow_instrument()


@click.command()
@instance_folder
def serve(instance: Path) -> None:
    """Run the centre: the tablets' intake, the link, the analysts' pages.

    Its two keys are made at the first start. It listens on this machine only, unless settings.toml says otherwise; put
    a server that speaks https in front of it.
    """
    with opened(instance) as centre:
        run(centre, lambda address: click.echo(f"Centre: {address}"))
