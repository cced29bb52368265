"""``serve``: the centre up until it is told to stop, with its one nightly task.

Threads and the schedule start here and nowhere else. What is printed is the address, once; no request is ever logged.
"""

from __future__ import annotations

import signal
from collections.abc import Callable

from export.centre.app import centre_app
from export.centre.instance import Centre
from survey.schedule import Schedule
from survey.serving import server


class CannotListen(RuntimeError):
    """The address is in use or is not this machine's. Set another host or port in settings.toml."""


def run(centre: Centre, ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; ``ready`` is told the address once requests are answered.

    Raises:
        CannotListen: another program has the port.
    """
    centre.remember_collection_key()
    host, port = centre.settings.host, centre.settings.port
    try:
        serving = server(centre_app(centre), host, port)
    except OSError as fault:
        raise CannotListen(
            f"The centre cannot listen on {host}:{port} ({fault.strerror}). Stop what runs there, or set another port"
            f" in {centre.folder / 'settings.toml'}."
        ) from fault
    schedule = Schedule(centre.clock, centre.folder / "nights.json")
    schedule.nightly("merge", centre.store.merge)
    for told_to_stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told_to_stop, lambda _number, _frame: serving.close())
    schedule.start()
    try:
        ready(f"http://{host}:{serving.effective_port}/")
        serving.run()
    finally:
        schedule.stop()
