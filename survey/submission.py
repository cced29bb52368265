"""The one use case that ends a response's life as plaintext: ``submit``. And the three other ways a visit ends.

on_path -> Response.to_bytes -> seal -> store.put, then the draft is wiped. Nothing else in the house writes an answer.
"""

from __future__ import annotations

from contextlib import suppress

from forms.response import Response, Status, framed, status
from forms.routing import on_path
from survey.parts import Parts
from survey.sealing import CollectionKey, row_id
from survey.store import StoreDamaged, StoreFull
from survey.tallies import cover
from survey.visits import Visit

_IDLE_SECONDS_UNTOLD = 90


class NotKept(Exception):
    """The response could not be sealed or stored, and nothing of it was. Tell the person; they may try again."""


class FiledLater(NotKept):
    """Too many come from one address. What there is stays sealed in memory and is filed at night; or try again."""


class CodeNeeded(NotKept):
    """This place takes nothing without a card's code, and none was typed. Ask for one."""


class CodeRefused(NotKept):
    """The card's code is no good any more. What was said waits until the person has chosen (``Visit.refused``)."""


def _status(visit: Visit) -> Status:
    return status(visit.instrument, visit.answers, visit.shown, visit.end_reached)


def _key(parts: Parts) -> CollectionKey:
    ready = parts.ready()
    if ready is None:
        raise NotKept("There is no valid keys file to seal to: take in a new one.")
    return ready.keys.collection


def _sealed(parts: Parts, visit: Visit, reached: Status) -> bytes:
    """One row with what is on the path now: answers that a later answer took off it are not in it."""
    response = Response(
        response=visit.response,
        instrument=visit.instrument.id,
        digest=visit.instrument.digest(),
        mode=parts.mode,
        place=parts.place,
        period=parts.clock.month(),
        language=visit.language,
        status=reached,
        quick=visit.quick,
        answers=on_path(visit.instrument, visit.answers),
    )
    return _key(parts).seal(response.to_bytes())


def keep_partial(parts: Parts, visit: Visit) -> None:
    """Once the core is in: seal what there is in place of the last, so that walking away loses nothing.

    Where answers were taken back until the core is no longer in, the last one is dropped too. With a card's code what
    there is goes in for that, as from a phone that seals by itself: a night would file it without.

    Raises:
        NotKept: there is no valid key to seal to.
        CodeRefused: nothing new is kept, and nobody but this person decides what becomes of it.
    """
    if visit.code:
        _keep_by_code(parts, visit)
        return
    if _status(visit) == "started" or _code_needed(parts):
        _drop_partial(parts, visit)
        _take_back(parts, visit)
        return
    row = _sealed(parts, visit, "core")
    visit.sealed.append(row_id(row).hex())
    parts.partials.keep(visit.partial, row)
    visit.partial_kept = True


def _keep_by_code(parts: Parts, visit: Visit) -> None:
    started = _status(visit) == "started"
    if started and not visit.sealed:
        return
    # What a card let in is covered and not deleted: the next copy then has a row to replace, and needs no code.
    row = _key(parts).seal(framed(cover())) if started else _sealed(parts, visit, "core")
    # An interview must not stop for a full disk: the next page tries again, and the end says whether it was kept.
    with suppress(StoreFull, StoreDamaged):
        if _filed_by_code(parts, visit, row):
            _drop_partial(parts, visit)
        elif started:
            _take_back(parts, visit)
        else:
            _refuse(parts, visit)


def _filed_by_code(parts: Parts, visit: Visit, row: bytes) -> bool:
    copies = [bytes.fromhex(each) for each in _written_down(parts, visit, row)]
    return parts.codes is not None and parts.codes.file(row, visit.code, copies)


def _written_down(parts: Parts, visit: Visit, row: bytes) -> list[str]:
    """The copies before this one, which is noted before it can be kept: who is cut off may come with a spent card."""
    earlier, visit.sealed = visit.sealed, [*visit.sealed, row_id(row).hex()]
    parts.visits.keep(visit)
    return earlier


def _refuse(parts: Parts, visit: Visit) -> None:
    _drop_partial(parts, visit)
    visit.refused = True
    raise CodeRefused("The card's code is no good any more: the person is asked first.")


def submit(parts: Parts, visit: Visit) -> None:
    """File what was said, once, and wipe the draft. Plaintext ends here.

    Raises:
        NotKept: no key, a full disk, a damaged store, a code that is no good, or too many from one address. Nothing
            was kept, the partial included; the draft still is in memory, so that the person can try again.
    """
    reached = _status(visit)
    try:
        _file(parts, visit, reached)
    except FiledLater:
        raise
    except NotKept:
        # The page says that nothing was kept, so nothing may be filed behind this person's back later, or be by now.
        _drop_partial(parts, visit)
        if not visit.code:
            # A card may be spent by a row that was kept although nobody heard: the next try needs that row's place.
            _take_back(parts, visit)
        raise
    _count_end(parts, visit, reached)
    visit.close("ended" if reached == "started" else "kept")
    parts.visits.finished(visit, parts.clock.monotonic())
    parts.after_reset()


def _file(parts: Parts, visit: Visit, reached: Status) -> None:
    if reached != "started":
        row = _sealed(parts, visit, reached)
        try:
            _put(parts, visit, row)
        except (StoreFull, StoreDamaged) as fault:
            raise NotKept("The response could not be filed.") from fault
    else:
        _take_back(parts, visit)
    _drop_partial(parts, visit)


def _put(parts: Parts, visit: Visit, row: bytes) -> None:
    if visit.code:
        if not _filed_by_code(parts, visit, row):
            _refuse(parts, visit)
        return
    _written_down(parts, visit, row)
    if _code_needed(parts):
        raise CodeNeeded("This place takes nothing without a card's code.")
    if not parts.visits.may_file():
        raise FiledLater("One address has filed all that it may within an hour: try again in the next.")
    parts.store.put(parts.shelf, [row], parts.door)


def _code_needed(parts: Parts) -> bool:
    # A partial is filed by the open door, so where that is closed none is kept.
    ready = parts.ready()
    return parts.codes is not None and ready is not None and not ready.place.open_door


def _drop_partial(parts: Parts, visit: Visit) -> None:
    if visit.partial_kept:
        parts.partials.drop(visit.partial)
        visit.partial_kept = False


def _count_end(parts: Parts, visit: Visit, reached: Status) -> None:
    if visit.began is not None:
        parts.tallies.ended(reached, visit.last_item)


def leave(parts: Parts, visit: Visit) -> None:
    """'Leave and delete': the draft and every partial are destroyed; one is counted as having left."""
    _drop_partial(parts, visit)
    if visit.outcome is None:
        _take_back(parts, visit)
        if visit.began is not None:
            parts.tallies.left(visit.last_item)
    _wipe(parts, visit)


def _take_back(parts: Parts, visit: Visit) -> None:
    """Behind a link a night or a restart files what lies in memory; whoever leaves after it takes that along."""
    ids = [bytes.fromhex(each) for each in visit.sealed] if not parts.on_tablet else []
    # A full disk must not keep anybody on the page: the way out comes first.
    with suppress(StoreFull, StoreDamaged):
        for shelf in parts.store.shelves if ids else ():
            parts.store.forget(shelf, ids)


def time_out(parts: Parts, visit: Visit) -> None:
    """Nobody goes on with this visit: filed if the core is in, else discarded."""
    if visit.began is not None and visit.outcome is None:
        # At the end without a partial: this person was told that nothing was kept, so nothing is filed by now either.
        told = visit.end_reached and not visit.partial_kept
        reached = "started" if told else _status(visit)
        parts.tallies.timed_out()
        try:
            _file(parts, visit, reached)
        except NotKept:
            # The partial stays where it is and is filed at the next start; without one there is nothing to file.
            reached = "core" if visit.partial_kept else "started"
        _count_end(parts, visit, reached)
    _wipe(parts, visit)


def _wipe(parts: Parts, visit: Visit) -> None:
    visit.close("ended")
    parts.visits.forget(visit, parts.clock.monotonic())
    parts.after_reset()


def expire(parts: Parts) -> None:
    """The idle reset: a visit that nobody touches is filed if the core is in, else discarded."""
    ready = parts.ready()
    idle = ready.place.warn_seconds + ready.place.reset_seconds if ready else _IDLE_SECONDS_UNTOLD
    with parts.visits.holding(None):
        overdue = parts.visits.overdue(parts.clock.monotonic(), idle)
        if overdue is not None:
            time_out(parts, overdue)


def reset(parts: Parts) -> None:
    """A clean slate for the next person: an open visit ends as if it had timed out."""
    with parts.visits.holding(None):
        left_open = parts.visits.clear()
        if left_open is not None:
            time_out(parts, left_open)
