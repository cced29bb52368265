"""Moves a stopped centre's rows and spent codes from the file in its folder into the database that it is told of."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from export.centre.audit import OPERATOR, Audit
from export.centre.holds import Hold
from export.centre.instance import ROWS, database_at
from export.centre.registry import Registry
from survey.marked_store import MarkedStore

MOVED = "centre-moved.db"


class NothingToMove(RuntimeError):
    """The settings name no database, or no file with rows lies in the folder."""


class CentreServes(RuntimeError):
    """A process serves this folder: what came in while rows are moved would be left behind. Stop it first."""


class RowsThere(RuntimeError):
    """The database holds something already: it is another centre's, or an earlier move got so far."""


def move_rows(folder: Path, address: str) -> int:
    """Merge the file, copy all that is in it in one transaction, and put it out of use under another name.

    Returns:
        How many rows were left behind because the disk has spoilt them.

    Raises:
        NothingToMove, CentreServes, RowsThere, StoreFull, StoreDamaged: nothing was moved.
    """
    file, moved = folder / ROWS, folder / MOVED
    if not address or not file.exists() or moved.exists():
        raise NothingToMove(
            f"There is nothing to move: store in settings.toml names the database, {file} has the rows, and {moved} is"
            " not there yet."
        )
    watch = Hold(folder / "night.lock")
    if not watch.taken():
        raise CentreServes("The centre is serving. Stop it, then move its rows.")
    try:
        with closing(MarkedStore(file)) as old, closing(database_at(address)) as new:
            if not new.is_empty():
                raise RowsThere(
                    f"The database holds rows or codes already, and {file} still has everything of this centre. Make an"
                    " empty database, for this centre alone, then move again."
                )
            with closing(Registry(folder / "registry.db")) as registry:
                Audit(registry).note(OPERATOR, "move-rows", "into the database")
            old.merge()
            new.take_over(old)
            left_behind = old.count("intake") - new.count("intake")
            file.rename(moved)
            return left_behind
    finally:
        watch.let_go()
