"""What is carried in and out by hand: signed keys and notices, tablets' rescue files, and the rows for the custodian.

The machine with the key has no network, so a person with a stick stands between it and the centre. Everything that
comes in on a stick is untrusted until its signature holds, and is told in words, never as a count of a tablet's rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from export.centre.admitting import current_keys
from export.centre.arrivals import arriving, kept
from export.centre.audit import OPERATOR
from export.centre.instance import Centre
from forms.strict_json import strict_object
from survey.briefing import read_keys, untrusted_authority
from survey.parcel import CARRY_OUT, RESCUE, open_parcel, refuse_another_parcel, write_parcel
from survey.progress import steps

_FIRST_LINE_BYTES = 64 * 1024 * 1024
_BATCH_ROWS = 240
_ATTEMPTS = 3


class UnfamiliarFile(ValueError):
    """A file that this centre has no use for. The message says where it may belong."""


class AuthorityRefused(ValueError):
    """The words of the custodian's authority do not fit the file. Nothing was taken in; ask the custodian."""


class KeysOfAnotherCentre(ValueError):
    """A keys file made from another centre's carry-out: tablets would believe none of our receipts."""


class RowsChanged(RuntimeError):
    """The intake changed under a carry-out each time it was tried."""


def take_in(centre: Centre, path: Path, confirmed: Callable[[bytes], bool]) -> str:
    """Take in a signed keys file, a signed notices file or a tablet's rescue file.

    Args:
        confirmed: asked once, with the public half of the authority that the first keys file names.

    Returns:
        What was done, in words.

    Raises:
        UnfamiliarFile, AuthorityRefused, KeysOfAnotherCentre, KeysRefused, ParcelRefused: nothing was taken in.
    """
    kind = _kind(path)
    if kind == "keys":
        return _take_keys(centre, path.read_bytes(), confirmed)
    if kind == "notices":
        return _take_notices(centre, path.read_bytes())
    if kind == RESCUE:
        return _take_rescue(centre, path)
    belongs = {CARRY_OUT: "the custodian's machine", "release": "publish, as a folder"}.get(kind)
    if belongs is not None:
        raise UnfamiliarFile(f"{path} is a {kind} file: it is for {belongs}.")
    raise UnfamiliarFile(f"{path} is no keys file, notices file or rescue file of Heard. Nothing was taken in.")


def _kind(path: Path) -> str:
    with path.open("rb") as file:
        first_line = file.readline(_FIRST_LINE_BYTES)
    try:
        return str(strict_object(first_line.decode()).get("heard"))
    except ValueError:
        return ""


def _take_keys(centre: Centre, untrusted: bytes, confirmed: Callable[[bytes], bool]) -> str:
    briefing = centre.briefing()
    authority = untrusted_authority(untrusted) if briefing is None else briefing.authority
    # Read before anything is pinned: a file that does not hold must leave no trace.
    keys = read_keys(untrusted, authority, 0)
    if (keys.intake, keys.content) != (centre.intake_key.public, centre.content_key.public):
        raise KeysOfAnotherCentre(
            "This keys file names other intake and content keys than this centre's. Carry out here, and have the"
            " custodian sign the keys from that file: python -m export carry-out FILE"
        )
    if briefing is None:
        if not confirmed(authority):
            raise AuthorityRefused("The words do not fit. Nothing was taken in: compare them with the custodian's.")
        centre.pin(authority)
        briefing = centre.told()
    briefing.take_keys(untrusted)
    centre.registry.add_collection_key(keys.collection.key_id)
    centre.audit.note(OPERATOR, "take-in", f"keys file {keys.serial}, signed on {keys.signed_on.isoformat()}")
    done = f"Took in keys file {keys.serial}, signed on {keys.signed_on.isoformat()}. Tablets fetch it by themselves."
    return f"{done} It is a stop: nobody will be asked until the next one." if keys.stop else done


def _take_notices(centre: Centre, untrusted: bytes) -> str:
    current_keys(centre)
    notices = centre.told().take_notices(untrusted)
    centre.audit.note(OPERATOR, "take-in", f"notices, signed on {notices.signed_on.isoformat()}")
    return f"Took in the notices signed on {notices.signed_on.isoformat()}. Tablets fetch them by themselves."


def _take_rescue(centre: Centre, path: Path) -> str:
    current_keys(centre)
    parcel = open_parcel(path, RESCUE, None)
    tablet = centre.registry.tablets().get(parcel.signer)
    if tablet is None:
        raise UnfamiliarFile(f"{path} was signed by a tablet that is not enrolled here. Nothing was taken in.")
    if tablet.revoked:
        # Whoever has a lost tablet has its key, so what it signs now may be anybody's.
        raise UnfamiliarFile(f"{path} was signed by tablet {tablet.short}, which is revoked. Nothing was taken in.")
    centre.audit.note(OPERATOR, "take-in", f"rescue file of tablet {tablet.short}")
    results: Counter[str] = Counter()
    # No progress here: its numbers would tell how many rows wait on that tablet.
    rows = (row for _, row in parcel.rows)
    while batch := list(islice(rows, _BATCH_ROWS)):
        results.update(kept(centre, batch, arriving(centre)))
    centre.store.merge()
    return " ".join(_rescued(results))


def _rescued(results: Counter[str]) -> Iterator[str]:
    yield "Took in the rescue file." if results["stored"] else "Nothing in the rescue file was new."
    if results["had"]:
        yield "Rows that were here already were left as they are."
    if results["refused"]:
        yield "Rows that are not sealed to a key of this centre were refused: keep the file and ask the custodian."


@dataclass(frozen=True)
class Carried:
    """How many rows lie in a parcel, covers and tallies included, and how many the disk has spoilt since."""

    rows: int
    left_behind: int


def carry_out(centre: Centre, path: Path, who: str = OPERATOR) -> Carried:
    """Fold the arrivals into the intake, then write every row and what was printed into one signed parcel, or nothing.

    Args:
        who: in the audit log; only an operator, who waits for it, is shown how far it is.

    Raises:
        AnotherFile: something else than an earlier carry-out of this centre has this name.
        RowsChanged: rows kept coming in by hand meanwhile.
        StoreFull, StoreDamaged, OSError: nothing was written.
    """
    refuse_another_parcel(path, CARRY_OUT, centre.intake_key)
    centre.audit.note(who, "carry-out", path.name)
    public_halves = {"intake": centre.intake_key.public.hex(), "content": centre.content_key.public.hex()}
    header = {"keys": public_halves, "printed": [one.to_json() for one in centre.batches.printings()]}
    centre.store.merge()
    count = centre.store.count("intake")
    for _ in range(_ATTEMPTS):
        try:
            rows = centre.store.rows("intake")
            if who == OPERATOR:  # a service's log must keep no count of rows
                rows = steps(rows, count, "Carrying out")
            write_parcel(path, CARRY_OUT, header, rows, count, centre.intake_key)
        except ValueError:
            # A row that the disk spoilt, or the nightly merge of a serving centre: count again what can travel.
            # A phone's fuller copy takes the place of one that lay here, and lies among the arrivals until a merge.
            centre.store.merge()
            count = sum(1 for _ in centre.store.rows("intake"))
            continue
        return Carried(count, centre.store.count("intake") - count)
    raise RowsChanged("Rows came in while they were carried out. Run carry-out again.")
