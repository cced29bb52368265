"""Rows that came through a tablet's door, on their way to the arrivals: which are ours, and what became of each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from itertools import compress

from export.centre.instance import Centre
from export.centre.together import Put
from survey.sealing import ROW_BYTES, NotARow, key_id_of

PACKET_ROWS = 12


class NotAPacket(ValueError):
    """A body that is not 1 to 12 whole rows. Nothing of it is kept; send it again whole."""


def rows_of(untrusted_body: bytes) -> list[bytes]:
    """The rows of a packet, not yet looked at.

    Raises:
        NotAPacket: cut, empty or too many.
    """
    count, left_over = divmod(len(untrusted_body), ROW_BYTES)
    if left_over or not 1 <= count <= PACKET_ROWS:
        raise NotAPacket(f"A packet is 1 to {PACKET_ROWS} whole rows of {ROW_BYTES} bytes. Send it again whole.")
    return [untrusted_body[start : start + ROW_BYTES] for start in range(0, len(untrusted_body), ROW_BYTES)]


def is_ours(untrusted_row: bytes, collection_keys: Collection[bytes]) -> bool:
    """Whether these bytes are a row sealed to a key that a signed keys file of this centre has named."""
    try:
        return key_id_of(untrusted_row) in collection_keys
    except NotARow:
        return False


def arriving(centre: Centre) -> Put:
    """Keeps rows among the arrivals, as come through a tablet's door."""
    return partial(centre.store.put, "arrivals", door="tablet")


def kept(centre: Centre, untrusted_rows: Sequence[bytes], put: Put) -> list[str]:
    """Keep rows that came through a tablet's door, as ``put`` does; one word a row, in order.

    Returns:
        ``stored``, ``had`` or ``refused`` for each.

    Raises:
        StoreFull: the disk is full, and nothing was kept.
    """
    collection_keys = centre.registry.collection_keys()
    ours = [is_ours(row, collection_keys) for row in untrusted_rows]
    words = iter(put(list(compress(untrusted_rows, ours))))
    return [next(words) if fits else "refused" for fits in ours]
