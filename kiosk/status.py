"""How the tablet is, in words for staff: the same words whatever waits in it, and never a number of answers.

An officer stands beside this tablet. 'Working' or 'Has not sent for 3 days' is all that staff need; a count would tell
who of the day's visitors answered.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from kiosk.closing import CLOSED, Today
from kiosk.contact import last_contact, news_trouble
from kiosk.enrolment import Enrolment
from survey.briefing import Keys
from survey.clock import Clock
from survey.languages import drafts, own_name

SILENT_DAYS = 3
"""A night that was missed is made up the day after; after this many days somebody has to look."""


def nobody_can_answer(enrolment: Enrolment, keys: Keys | None, today: Today, *, serves: bool) -> str | None:
    """Why that is so and what to do; None where people can. ``serves``: whether the interview's page is up."""
    if keys is None:
        return (
            "Not working: the keys file is missing or damaged, so nobody can answer. Call the centre for a fresh one, "
            "then run: python -m kiosk keys FILE"
        )
    if keys.stop:
        return "Stopped: the custodian has stopped this survey, so nobody can answer. Call the centre."
    if keys.place(enrolment.place) is None:
        return "Not working: the keys file no longer names this tablet's place. Call the centre."
    if not serves:
        return "Not running, so nobody can answer. Start it with: python -m kiosk run"
    return CLOSED if today.closed else None


def state(enrolment: Enrolment, keys: Keys | None, clock: Clock, *, serves: bool) -> str:
    """The one sentence that matters most."""
    trouble = nobody_can_answer(enrolment, keys, Today(enrolment.instance, clock), serves=serves)
    if trouble is not None:
        return trouble
    contact, today = last_contact(enrolment.instance), clock.day()
    if contact is None or contact > today:
        return (
            "Working, but the day of the last contact with the centre is not known. If this stays so, call the centre."
        )
    silent = (today - contact).days
    return "Working" if silent < SILENT_DAYS else f"Has not sent for {silent} days: call the centre"


def sentences(
    enrolment: Enrolment,
    keys: Keys | None,
    clock: Clock,
    *,
    drafted: Collection[str],
    survives_a_kill: bool,
    serves: bool = True,
) -> Sequence[str]:
    """The state first, then what staff or the operator may want to pass on when they call.

    ``drafted``: the languages in which nobody has checked some of the words around the questions.
    """
    said = [state(enrolment, keys, clock, serves=serves)]
    contact = last_contact(enrolment.instance)
    said.append(f"Last contact with the centre: {contact.isoformat() if contact else 'not known'}")
    if keys is not None:
        said.append(f"Keys file: number {keys.serial}, signed {keys.signed_on.isoformat()}")
        old = keys.age_warning(clock.day())
        said += [old] if old else []
        unchecked = [own_name(code) for code in drafts(keys.instruments[0], drafted)]
        if unchecked:
            said.append(f"Translated by a computer, and checked by nobody yet: {', '.join(unchecked)}")
        if keys.made_up:
            said.append("This is a demonstration: everything in it is made up.")
    said += news_trouble(enrolment.instance)
    if not survives_a_kill:
        said.append(
            "This machine has no memory-backed storage (/dev/shm) to use: if the program is killed, the interview "
            "under way is lost. Tell whoever set the tablet up."
        )
    return said
