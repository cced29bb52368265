"""Prepares the file for the custodian once a span of months has ended, and reminds until somebody has fetched it.

The key lies on a machine without a network, so nothing here opens or releases anything: a person does that. Whether a
span was prepared is looked up in the audit log, so one that was missed is made up once, and one that was fetched is not
made again.

The calendar and the day of the first keys alone decide, never whether a row is there: the night after the first answer
would otherwise be the first one with a line, a file and a word in the service's log.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from export.centre.audit import SCHEDULE
from export.centre.carrying import carry_out
from export.centre.instance import Centre

_DID, _TOO_EARLY = "prepared", "found prepared too early"
_SUFFIX = ".carried"


def last_span(day: date, months: int) -> str:
    """The span of so many whole months that ended last before this day: ``2026-07-to-2026-09``.

    Args:
        months: 1, 2, 3, 4, 6 or 12, counted from January, as the custodian's recipe counts them.
    """
    ended = (day.year * 12 + day.month - 1) // months * months - 1
    began = ended - months + 1
    return f"{began // 12:04}-{began % 12 + 1:02}-to-{ended // 12:04}-{ended % 12 + 1:02}"


def cadence(centre: Centre) -> int:
    """How many months a release covers: as the recipe of the one that closed last says, before any as settings do."""
    releases = centre.releases()
    told = [] if releases is None else [one.more for one in releases.listed() if "epoch_months" in one.more]
    newest = max(told, key=lambda more: str(more["closes"]), default=None)
    return centre.settings.release_months if newest is None else int(newest["epoch_months"])


def prepare(centre: Centre) -> Path | None:
    """Carry out for the span that ended last, unless that was done; the file, or None where nothing was to do.

    Raises:
        RowsChanged, StoreFull, StoreDamaged, OSError: nothing was written; the next night tries again.
    """
    day, folder = centre.clock.day(), centre.folder / "prepared"
    _take_back_what_was_too_early(centre, day)
    span = last_span(day, cadence(centre))
    name, since = span + _SUFFIX, _first_keys_month(centre)
    if name in _prepared(centre) or since is None or _last_month(span) < since:
        return None
    folder.mkdir(mode=0o700, exist_ok=True)
    carry_out(centre, folder / name, SCHEDULE)
    centre.audit.note(SCHEDULE, _DID, name)
    return folder / name


def _last_month(span: str) -> str:
    return span.removesuffix(_SUFFIX)[-len("2026-09") :]


def _first_keys_month(centre: Centre) -> str | None:
    taken_in = [note.at for note in centre.registry.notes() if (note.did, note.what[:10]) == ("take-in", "keys file ")]
    return min(taken_in)[: len("2026-09")] if taken_in else None


def _prepared(centre: Centre) -> set[str]:
    by_us = [note for note in centre.registry.notes() if note.who == SCHEDULE and note.did in {_DID, _TOO_EARLY}]
    last = {note.what: note.did for note in by_us}
    return {name for name, did in last.items() if did == _DID}


def _take_back_what_was_too_early(centre: Centre, day: date) -> None:
    # A clock that was ahead for one night must not take a whole span's file away once those months have really passed.
    for name in sorted(_prepared(centre)):
        if _last_month(name) >= f"{day:%Y-%m}":
            centre.audit.note(SCHEDULE, _TOO_EARLY, name)
            (centre.folder / "prepared" / name).unlink(missing_ok=True)


def waiting(centre: Centre) -> list[str]:
    """The files that somebody has to take to the key machine, oldest first."""
    return sorted(path.name for path in (centre.folder / "prepared").glob("*" + _SUFFIX))
