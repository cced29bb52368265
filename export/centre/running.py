"""``serve``: the centre up until it is told to stop, with its one nightly task.

Threads and the schedule start here and nowhere else. What is printed is the address, once; no request is ever logged.
It stands apart from the other verbs so that none of them has to load the web.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from socket import socket

import click

from export.centre.app import centre_app
from export.centre.holds import Hold
from export.centre.instance import Centre, make_centre
from export.centre.link import Link, Links
from export.centre.plainly import instance_folder, opened, told
from export.centre.preparing import prepare
from export.centre.workers import keep_up
from survey.schedule import Schedule
from survey.serving import bound, serving_on
from survey.settings import Settings
from survey.store import StoreDamaged, StoreFull

_TALLY_MINUTES = 60
_TICK_MINUTES = 10
# After the merge, so that a span's last rows are in.
_PREPARED_FROM, _PREPARED_UNTIL = 5, 7


class CannotListen(click.ClickException):
    """The address is in use or is not this machine's. Set another host or port in settings.toml."""


class CannotShare(click.ClickException):
    """Several processes without storage that they share: pages would meet a process that knows nothing of them."""


def run(centre: Centre, listening: socket, ready: Callable[[], None]) -> None:
    """Serve on a socket until SIGTERM; ``ready`` is told once requests are answered."""
    centre.remember_collection_key()
    links = Links(centre, centre_app(centre))
    watch = Hold(centre.folder / "night.lock")
    serving = serving_on(links, listening)
    links.start(alone=watch.taken())
    # Whoever has the watch at its start writes the nights down; who takes it over later goes on without.
    schedule = Schedule(centre.clock, centre.folder / "nights.json" if watch.taken() else None)
    schedule.nightly("merge", lambda: _night(centre, links, watch))
    schedule.nightly("preparation", lambda: _prepare(centre, watch), _PREPARED_FROM, _PREPARED_UNTIL)
    schedule.every("tallies", _TALLY_MINUTES, 0, lambda: links.each(_keep_tally))
    schedule.every("times", _TICK_MINUTES, 0, lambda: hide_times(centre, links, watch))
    schedule.every("addresses", 1, 0, links.forget_addresses)
    schedule.every("tries", 1, 0, centre.entrance.forget_addresses)
    schedule.every("instruments", 1, 0, lambda: links.each(_follow))
    for told_to_stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told_to_stop, lambda _number, _frame: serving.close())
    schedule.start()
    try:
        ready()
        serving.run()
    finally:
        schedule.stop()
        links.each(Link.file if watch.taken() else Link.file_counts)
        links.close()
        watch.let_go()


def _night(centre: Centre, links: Links, watch: Hold) -> None:
    if not watch.taken():
        links.each(Link.file_counts)
        return
    # Whatever fails at one place holds up no other and never the merge, without which an order of arrival stands.
    with ExitStack() as night:
        night.callback(centre.store.merge)
        links.put_all_together()
        links.each(lambda link: _also(night, link))


def _also(night: ExitStack, link: Link) -> None:
    night.callback(link.nightly)


def _prepare(centre: Centre, watch: Hold) -> None:
    prepared = prepare(centre) if watch.taken() else None
    if prepared is not None:
        click.echo(f"A span of months has ended: take {prepared} to the custodian.")


def hide_times(centre: Centre, links: Links, watch: Hold) -> None:
    """Every ten minutes, whether or not anybody answered: files and folders then tell this moment and no other."""
    if watch.taken():
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
@click.option("--workers", type=click.IntRange(1, 64), help="How many processes serve; else as settings.toml says.")
def serve(instance: Path, workers: int | None) -> None:
    """Run the centre: the tablets' intake, the link, the analysts' pages.

    Its two keys are made at the first start. It listens on this machine only, unless settings.toml says otherwise; put
    a server that speaks https in front of it.
    """
    # Made and opened once before anything is forked: a fault is told here, once.
    with told():
        make_centre(instance)
    with opened(instance) as centre:
        settings = centre.settings
    count = workers or settings.workers
    if count > 1 and settings.memory_folder is None:
        raise CannotShare(
            "Several processes share drafts in memory-backed storage, and this machine has none to use. Set"
            f" memory_folder in {settings.instance / 'settings.toml'}, or run one."
        )
    listening = _listening(settings)

    def work(announcing: str) -> None:
        with opened(instance) as centre:
            run(centre, listening, lambda: click.echo(announcing, nl=bool(announcing)))

    announcing = f"Centre: http://{settings.host}:{listening.getsockname()[1]}/"
    if count > 1:
        raise SystemExit(keep_up(count, work, announcing))
    work(announcing)


def _listening(settings: Settings) -> socket:
    try:
        return bound(settings.host, settings.port)
    except OSError as fault:
        raise CannotListen(
            f"The centre cannot listen on {settings.host}:{settings.port} ({fault.strerror}). Stop what runs there, or"
            f" set another port in {settings.instance / 'settings.toml'}."
        ) from fault
