"""A process that puts a fuller copy in the place of a row, and is killed in the middle of it, by itself or by others.

``PLACE at-step N`` kills itself at the Nth step of one replacement: an instruction of SQLite's machine, an exchange
with PostgreSQL. ``PLACE at-size N`` dies in the middle of SQLite's commit: where it first writes so far into a file,
the journal or the store's own. ``PLACE on-and-on N`` replaces copies until somebody kills it, from the Nth code on, and
says each.
"""

from __future__ import annotations

import itertools
import os
import resource
import signal
import sys
from typing import Any

from centre_stores import Engine
from made_up_rows import a_row

from survey.marked_store import MarkedStore
from survey.marks import NO_MARK, CentreStore, Mark
from survey.sealing import row_id

CORE, FULLER = a_row(1), a_row(2)
COPIES = 5


def strike_at(store: CentreStore, step: int) -> None:
    """Kill this process at a step of whatever the store does next."""
    steps = itertools.count(1)

    def strike() -> None:
        if next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    if isinstance(store, MarkedStore):
        with store._file.opened() as connection:
            connection.set_progress_handler(strike, 1)
        return
    import psycopg  # noqa: PLC0415 - only where the rows lie in a database

    exchange = psycopg.Connection.wait

    def struck(self: Any, *arguments: Any, **named: Any) -> Any:
        strike()
        return exchange(self, *arguments, **named)

    psycopg.Connection.wait = struck  # type: ignore[method-assign]


def on_and_on(store: CentreStore, first: int) -> None:
    """A code's core, then copy after copy in its place, code after code."""
    for serial in itertools.count(first):
        rows = [a_row(serial * COPIES + copy) for copy in range(COPIES)]
        said(store.admit(rows[0], Mark(1, serial)))
        for old, new in itertools.pairwise(rows):
            said(store.admit(new, Mark(1, serial), [row_id(old)]))


def said(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    place, how, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
    opened = Engine(place).opened()
    opened.is_spent(NO_MARK)  # connected, so that what is counted is the replacement alone
    if how == "on-and-on":
        on_and_on(opened, number)
    elif how == "at-step":
        strike_at(opened, number)
    else:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (number, number))
    said(opened.admit(FULLER, Mark(1, 0), [row_id(CORE)]))
