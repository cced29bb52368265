"""Bringing rows home: packets out, receipts back, and only then forgetting.

Every packet is twelve rows. Where fewer wait, covers fill it, sealed like the rest and in among them by id, so that
neither the network nor the centre can tell how many answered. The centre's word counts only as a receipt signed with
the intake key that the pinned authority named, for this very request and these very rows: anything else, a login page,
a proxy, a cut or an old reply, changes nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from forms.response import framed
from kiosk.contact import note_contact, note_trouble
from kiosk.enrolment import Enrolment
from kiosk.sending import AT_ONCE, Reply, Send
from kiosk.unconfirmed import PACKET_ROWS, Unconfirmed
from survey.briefing import Briefing, Keys, KeysRefused
from survey.clock import Clock
from survey.receipt import NONCE_HEADER, UnverifiedReceipt, read_receipt, signed_headers
from survey.sealing import row_id
from survey.store import Store
from survey.tallies import cover

FEW = 5
"""By hand a packet goes at a moment that somebody chose, so fewer rows than these could be tied to one person."""
_PACKETS_A_COMMIT = 20
ROWS_PATH = "/intake/rows"
KEYS_PATH = "/news/keys"
NOTICES_PATH = "/news/notices"
_MOST_RECEIPT_BYTES = 16 << 10
_MOST_NEWS_BYTES = 16 << 20


class NotSent(Exception):
    """The centre did not confirm this exchange, so nothing was forgotten. The message says what to do."""


@dataclass(frozen=True)
class SyncReport:
    """What became of one's packets. For whoever checks the books in a test; staff are never shown a number."""

    packets: int
    forgotten: int
    refused: int


def retry_refused(store: Store) -> None:
    """Put rows that the centre refused back into the outbox: a newer keys file may make it take them."""
    store.move("quarantine", "outbox", [row_id(row) for _, row in store.rows("quarantine")])


class Sync:
    """One tablet's dealings with its centre. Threads and processes may use several: a row sent twice counts once."""

    def __init__(self, store: Store, enrolment: Enrolment, briefing: Briefing, send: Send, clock: Clock) -> None:
        self._store = store
        self._enrolment = enrolment
        self._briefing = briefing
        self._send = send
        self._clock = clock
        self._turn = threading.Lock()
        self._etags: dict[str, str] = {}
        self._unconfirmed = Unconfirmed(enrolment.instance)

    def push(self, *, by_hand: bool = False) -> SyncReport:
        """Send what waits, at least one packet; forget what the centre confirms, put aside what it refuses.

        What an earlier try left unconfirmed goes first, byte for byte. By hand fewer than five rows stay where they are
        until the night, and the packet is all cover.

        Raises:
            NotSent: no usable keys file, or the centre did not confirm a packet; those before it are done with.
            NoReply: the centre could not be reached, or its reply broke off; likewise.
            StoreFull, StoreDamaged: rows may be sent again later, which changes nothing.
            OSError: the folder cannot be written.
        """
        with self._turn, self._unconfirmed.turn():
            keys = self._usable_keys()
            before = self._store.count("outbox")
            again = self._unconfirmed.packets()
            # One at a time: a line that is too slow for several got none of them through.
            refused = self._deliver(keys, again, at_once=1)
            waiting = self._store.count("outbox")
            stays = by_hand and waiting < FEW
            packets = 1 if stays else max(1, -(-waiting // PACKET_ROWS))
            covers = self._covers(keys, packets * PACKET_ROWS - (0 if stays else waiting))
            for first in range(0, packets, _PACKETS_A_COMMIT):
                due = min(_PACKETS_A_COMMIT, packets - first) * PACKET_ROWS
                taken = [] if stays else self._store.take("outbox", due)
                batch = self._packed(keys, taken, covers, due)
                refused += self._deliver(keys, batch)
                covers = [row for row in covers if not any(row in packet for packet in batch)]
            forgotten = max(0, before - self._store.count("outbox") - refused)
            return SyncReport(len(again) + packets, forgotten, refused)

    def _usable_keys(self) -> Keys:
        keys = self._briefing.keys()
        if keys is None:
            raise NotSent(
                "The keys file is missing or damaged, so nothing can be sent safely. Get a fresh one from the centre, "
                "then run: python -m kiosk keys FILE"
            )
        return keys

    @staticmethod
    def _covers(keys: Keys, needed: int) -> list[bytes]:
        plaintext = framed(cover())
        return [keys.collection.seal(plaintext) for _ in range(needed)]

    def _packed(self, keys: Keys, taken: Sequence[bytes], covers: Sequence[bytes], due: int) -> list[list[bytes]]:
        """Packets of the first ``due`` rows, by id, of what was taken and the covers."""
        missing = due - len(taken) - len(covers)  # some rows lost their size and cannot travel
        rows = sorted([*taken, *covers, *self._covers(keys, max(0, missing))], key=row_id)[:due]
        return [rows[first : first + PACKET_ROWS] for first in range(0, due, PACKET_ROWS)]

    def _deliver(self, keys: Keys, packets: Sequence[Sequence[bytes]], at_once: int = AT_ONCE) -> int:
        """Send packets, then forget what was confirmed; how many rows of the outbox were put aside.

        Several are under way at once, so that the centre keeps some in one commit while it reads the next. One step
        forgets for all of them: a row that was confirmed and not forgotten is sent again and is ``had``.
        """
        self._unconfirmed.keep(packets)
        results: dict[bytes, str] = {}
        refused = 0
        try:
            with ThreadPoolExecutor(at_once) as senders:
                try:
                    for packet, said in zip(packets, senders.map(partial(self._confirmed, keys), packets), strict=True):
                        results.update(zip(packet, said, strict=True))
                finally:
                    senders.shutdown(cancel_futures=True)
        finally:
            if results:
                refused = self._settle(results)
            self._unconfirmed.keep([packet for packet in packets if packet[0] not in results])
        return refused

    def _settle(self, results: Mapping[bytes, str]) -> int:
        note_contact(self._enrolment.instance, self._clock.day())
        # Covers lie in no outbox, so forgetting or moving their ids changes nothing.
        self._store.forget("outbox", [row_id(row) for row, result in results.items() if result != "refused"])
        refused = [row_id(row) for row, result in results.items() if result == "refused"]
        if not refused:
            return 0
        before = self._store.count("quarantine")
        self._store.move("outbox", "quarantine", refused)
        return self._store.count("quarantine") - before

    def _confirmed(self, keys: Keys, packet: Sequence[bytes]) -> list[str]:
        body = b"".join(packet)
        reply, nonce = self._ask(
            "POST", ROWS_PATH, body, {"Content-Type": "application/octet-stream"}, _MOST_RECEIPT_BYTES
        )
        if reply.status != HTTPStatus.OK:
            raise NotSent(_why(reply))
        try:
            return read_receipt(reply.untrusted_body, nonce, packet, keys.intake)
        except UnverifiedReceipt as fault:
            raise NotSent(_LOGIN_PAGE) from fault

    def news(self) -> list[str]:
        """Ask for newer keys and notices, and take what is signed as it must be.

        Returns:
            What was refused, in words; the files held stay as they are.

        Raises:
            NotSent: the centre does not serve this tablet, or something else answers in its place.
            NoReply: the centre could not be reached, or its reply broke off.
            OSError: the folder cannot be written.
        """
        with self._turn:
            trouble = self._fetch(KEYS_PATH, "keys", self._take_keys)
            trouble += self._fetch(NOTICES_PATH, "notices", self._briefing.take_notices)
            note_trouble(self._enrolment.instance, trouble)
            return trouble

    def _fetch(self, path: str, name: str, take: Callable[[bytes], object]) -> list[str]:
        known = self._etags.get(path, "")
        reply, _ = self._ask("GET", path, b"", {"If-None-Match": known} if known else {}, _MOST_NEWS_BYTES)
        if reply.status in (HTTPStatus.NOT_MODIFIED, HTTPStatus.NO_CONTENT):
            return []
        if reply.status != HTTPStatus.OK:
            raise NotSent(_why(reply))
        try:
            take(reply.untrusted_body)
        except KeysRefused as fault:
            return [f"A {name} file that the network brought was not taken: {fault}"]
        self._etags[path] = reply.etag
        note_contact(self._enrolment.instance, self._clock.day())
        return []

    def _take_keys(self, untrusted: bytes) -> None:
        take_keys(self._briefing, self._store, untrusted)

    def _ask(self, method: str, path: str, body: bytes, more: dict[str, str], limit: int) -> tuple[Reply, bytes]:
        headers = signed_headers(method, path, body, self._enrolment.key)
        reply = self._send(method, path, body, {**headers, **more}, limit)
        return reply, bytes.fromhex(headers[NONCE_HEADER])


def take_keys(briefing: Briefing, store: Store, untrusted: bytes) -> Keys:
    """Take a keys file, whoever brought it; where it is newer, what the centre refused is tried again.

    Raises:
        KeysRefused: foreign, old or damaged; the one held stays.
        StoreFull, StoreDamaged: the keys file was taken, and what was refused waits for the next start.
    """
    before = briefing.keys()
    keys = briefing.take_keys(untrusted)
    if before is None or keys.serial > before.serial:
        retry_refused(store)
    return keys


_LOGIN_PAGE = (
    "What answered is not the centre's signed receipt: a login page or a proxy, perhaps. Nothing was lost. Sign in to "
    "the network, then try again; if that does not help, call the centre."
)


def _why(reply: Reply) -> str:
    if reply.status == HTTPStatus.FORBIDDEN:
        return (
            "The centre takes nothing from this tablet: it may have been revoked, and then no rescue file of it "
            "is taken either. What waits stays here, sealed. Keep this folder and call the centre: if the tablet was "
            "revoked by mistake, it can join again in a new folder and take along what waits."
        )
    if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "The centre has trouble of its own at the moment. Nothing was lost. Try again later."
    return _LOGIN_PAGE
