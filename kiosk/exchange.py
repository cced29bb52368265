"""One exchange with the centre, the same at night, from the staff corner and by the verb: news, then what waits."""

from __future__ import annotations

from kiosk.sending import NoReply
from kiosk.sync import NotSent, Sync
from survey.store import StoreDamaged, StoreFull

FORESEEN = (NoReply, NotSent, StoreFull, StoreDamaged, OSError)
"""What may stand in the way without anything being lost."""


def exchange(sync: Sync, *, by_hand: bool = False) -> list[str]:
    """Ask for news, then send what waits, since packets may pass where news does not.

    Whatever became of news, rows are sealed and receipts checked under a keys file that is held and was checked; a stop
    that came is in force, and stops asking, not sending.

    Returns:
        What news did not bring, and why, in words.

    Raises:
        NotSent, NoReply, StoreFull, StoreDamaged, OSError: as ``Sync.push``.
    """
    try:
        trouble = sync.news()
    except FORESEEN as fault:
        trouble = [f"No news came. {fault}"]
    sync.push(by_hand=by_hand)
    return trouble
