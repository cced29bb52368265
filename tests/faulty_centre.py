"""A centre for tests that speaks the tablets' side of the protocol over real HTTP, and misbehaves when it is told to.

It checks signatures, keeps rows by their id and signs receipts as the real one does; each entry of ``faults`` spoils
one exchange, in order. What it was sent is written down, so that a test can say what somebody on the network saw.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from export.custodian.unsealing import CollectionSecret
from forms.instrument import Instrument, Item, Option, Page
from kiosk.enrolment import OUTBOX, Enrolment, enrol
from kiosk.sending import Centre
from kiosk.sync import Sync
from survey.briefing import Keys, Notices, Place, authority_words, write_keys, write_notices
from survey.clock import Clock
from survey.receipt import RequestRefused, check_request, write_receipt
from survey.sealing import ROW_BYTES, CollectionKey, SigningKey, row_id
from survey.store import Store

PLACE = "lewisham"
SIGNED_ON = date(2026, 11, 2)
TODAY = datetime(2026, 11, 20, 12, tzinfo=UTC)
CODE = "ABCD-EFGH-JKLM-NPQR"
SECRET = CollectionSecret(bytes(range(32)))
LOGIN_PAGE = b"<!doctype html><title>Guest Wi-Fi</title><form><input name=room></form>"
PATIENCE_SECONDS = 0.3
_OPTIONS = (Option("good", {"en": "Good"}), Option("bad", {"en": "Bad"}))
_EXPERIENCE = Item("experience", "select_one", {"en": "How was it?"}, options=_OPTIONS, core=True)
INSTRUMENT = Instrument("tiny", "1", {"en": "Survey"}, "en", ("en",), (Page("first", {}, (_EXPERIENCE,)),), ())


@dataclass
class Seen:
    """One request as somebody on the network sees it."""

    method: str
    path: str
    header_sizes: tuple[tuple[str, int], ...]
    body: bytes

    @property
    def outline(self) -> tuple[str, str, tuple[tuple[str, int], ...], int]:
        """What TLS does not hide from the centre's own network: everything but the bytes themselves."""
        return self.method, self.path, self.header_sizes, len(self.body)


def rows_in(body: bytes) -> set[bytes]:
    """The rows of a packet, without their order."""
    return {body[at : at + ROW_BYTES] for at in range(0, len(body), ROW_BYTES)}


@dataclass
class FaultyCentre:
    """The centre's memory; ``serving`` puts it behind HTTP."""

    authority: SigningKey = field(default_factory=lambda: SigningKey(b"a" * 32))
    intake: SigningKey = field(default_factory=lambda: SigningKey(b"i" * 32))
    content: SigningKey = field(default_factory=lambda: SigningKey(b"c" * 32))
    collection: CollectionKey = SECRET.public
    faults: deque[str] = field(default_factory=deque)
    refuses: Callable[[bytes], bool] = lambda _row: False
    rows: dict[bytes, bytes] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    receipts: list[bytes] = field(default_factory=list)
    elsewhere: str = ""
    enough: threading.Event = field(default_factory=threading.Event)
    keys: bytes = b""
    notices: bytes | None = None
    address: str = ""

    def __post_init__(self) -> None:
        self.keys = self.keys or self.signed_keys()

    def signed_keys(self, serial: int = 1, authority: SigningKey | None = None, **changes: Any) -> bytes:
        """A keys file of this centre's custodian."""
        content: dict[str, Any] = {
            "serial": serial,
            "signed_on": SIGNED_ON,
            "collection": self.collection,
            "intake": self.intake.public,
            "content": self.content.public,
            "instruments": (INSTRUMENT,),
            "places": (Place(PLACE, "Lewisham", "counter", ("kiosk",)),),
            "support_lines": (),
            "neutral_address": "https://weather.example/",
        }
        return write_keys(Keys(**{**content, **changes}), authority or self.authority)

    def signed_notices(self, signed_on: date = SIGNED_ON) -> bytes:
        """Notices of this centre."""
        return write_notices(Notices(signed_on), self.content)

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the custodian's authority."""
        return authority_words(self.authority.public)

    def packets(self) -> list[Seen]:
        """What was sent to the intake."""
        return [seen for seen in self.seen if seen.path == "/intake/rows"]

    def share_all_or_nothing(self) -> bool:
        """Whether every two packets are the same or have no row in common: else their rows could be told apart."""
        bodies = {seen.body for seen in self.packets()}
        return sum(map(len, map(rows_in, bodies))) == len(set().union(*map(rows_in, bodies)))

    def results(self, packet: Sequence[bytes]) -> list[tuple[bytes, str]]:
        """Keep what it does not refuse; what becomes of each row, beside the row's whole hash."""
        said = []
        for row in packet:
            result = "had" if row_id(row) in self.rows else "stored"
            if self.refuses(row):
                result = "refused"
            else:
                self.rows[row_id(row)] = row
            said.append((hashlib.sha256(row).digest(), result))
        return said


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    centre: FaultyCentre

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._exchange()

    def do_POST(self) -> None:
        self._exchange()

    def _exchange(self) -> None:
        centre = self.centre
        fault = centre.faults.popleft() if centre.faults else ""
        length = int(self.headers.get("Content-Length", "0"))
        if fault == "cut inside the packet":
            self.rfile.read(length // 2)
            self.close_connection = True
            return
        body = self.rfile.read(length)
        sizes = tuple((name, len(value)) for name, value in self.headers.items())
        centre.seen.append(Seen(self.command, self.path, sizes, body))
        before = getattr(self, "_before_" + fault.replace(" ", "_").replace("-", "_"), None)
        if before is not None:
            before()
            return
        status, reply = self._answer(body)
        after = getattr(self, "_after_" + fault.replace(" ", "_").replace("-", "_"), None)
        if after is not None:
            after(reply)
        elif fault:
            raise AssertionError(f"no such fault: {fault}")
        else:
            self._say(status, reply)

    # Faults before the centre has understood anything.

    def _before_login_page(self) -> None:
        self._say(200, LOGIN_PAGE)

    def _before_slow(self) -> None:
        self.close_connection = True
        self.centre.enough.wait(30)

    def _before_drip(self) -> None:
        self._head(200, {"Content-Length": str(10_000)})
        self.close_connection = True
        while not self.centre.enough.wait(PATIENCE_SECONDS / 10):
            try:
                self.wfile.write(b"h")
            except OSError:
                return

    def _before_redirect(self) -> None:
        self._head(307, {"Location": self.centre.elsewhere + self.path, "Content-Length": "0"})

    def _before_huge(self) -> None:
        self._head(200, {"Connection": "close"})
        self.close_connection = True
        try:
            while not self.centre.enough.is_set():
                self.wfile.write(b"x" * 65_536)
        except OSError:
            return

    def _before_trouble(self) -> None:
        self._say(503, b"")

    def _before_revoked(self) -> None:
        self._say(403, b'{"problem":"This tablet may not send any more."}')

    # Faults after the centre has done its part.

    def _after_reply_lost(self, _reply: bytes) -> None:
        self.close_connection = True

    def _after_cut_inside_the_reply(self, reply: bytes) -> None:
        self._head(200, {"Content-Length": str(len(reply))})
        self.wfile.write(reply[: len(reply) // 2])
        self.close_connection = True

    def _after_length_too_long(self, reply: bytes) -> None:
        self._head(200, {"Content-Length": str(len(reply) + 10)})
        self.wfile.write(reply)
        self.close_connection = True

    def _after_length_too_short(self, reply: bytes) -> None:
        self._head(200, {"Content-Length": str(len(reply) - 10)})
        self.wfile.write(reply)
        self.close_connection = True

    def _after_old_receipt(self, _reply: bytes) -> None:
        self._say(200, self.centre.receipts[0])

    def _after_forged_receipt(self, reply: bytes) -> None:
        covered = reply.rstrip(b"\n").rpartition(b"\n")[0] + b"\n"
        self._say(200, covered + SigningKey(b"f" * 32).sign(covered).hex().encode() + b"\n")

    def _after_receipt_changed(self, reply: bytes) -> None:
        self._say(200, reply.replace(b" refused", b" stored", 1).replace(b" stored", b" had", 1))

    def _after_receipt_for_fewer_rows(self, reply: bytes) -> None:
        covered = b"".join(line + b"\n" for line in reply.split(b"\n")[:5])
        self._say(200, covered + self.centre.intake.sign(covered).hex().encode() + b"\n")

    def _answer(self, body: bytes) -> tuple[int, bytes]:
        centre = self.centre
        if self.path == "/tablets/enrol":
            return self._enrolled(body)
        try:
            _, nonce = check_request(self.command, self.path, self.headers, body)  # type: ignore[arg-type]
        except RequestRefused:
            return 403, b""
        if self.path == "/news/keys":
            return 200, centre.keys
        if self.path == "/news/notices":
            return (204, b"") if centre.notices is None else (200, centre.notices)
        packet = [body[start : start + ROW_BYTES] for start in range(0, len(body), ROW_BYTES)]
        receipt = write_receipt(nonce, centre.results(packet), centre.intake)
        centre.receipts.append(receipt)
        return 200, receipt

    def _enrolled(self, body: bytes) -> tuple[int, bytes]:
        centre, said = self.centre, json.loads(body)
        if said["code"] != CODE:
            return 403, b'{"problem":"no"}'
        notices = None if centre.notices is None else centre.notices.decode()
        told = {"authority": centre.authority.public.hex(), "place": PLACE, "keys": centre.keys.decode()}
        return 200, json.dumps({**told, "notices": notices}).encode()

    def _say(self, status: int, reply: bytes) -> None:
        etag = hashlib.sha256(reply).hexdigest()
        if self.command == "GET" and self.headers.get("If-None-Match") == f'"{etag}"':
            status, reply = 304, b""
        lengthless = status in (204, 304)
        self._head(
            status, {"ETag": f'"{etag}"'} if lengthless else {"ETag": f'"{etag}"', "Content-Length": str(len(reply))}
        )
        self.wfile.write(reply)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


@contextmanager
def serving(centre: FaultyCentre | None = None) -> Iterator[FaultyCentre]:
    """A centre that answers at ``address`` until the block ends."""
    centre = centre or FaultyCentre()
    handler = type("Exchange", (_Exchange,), {"centre": centre})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        http.daemon_threads = True
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        centre.address = f"http://127.0.0.1:{http.server_address[1]}"
        try:
            yield centre
        finally:
            centre.enough.set()
            http.shutdown()
            thread.join(5)


@dataclass
class Tablet:
    """A tablet that has joined a centre: real files, a real outbox, real requests."""

    enrolment: Enrolment
    store: Store
    clock: Clock
    send: Centre

    def __post_init__(self) -> None:
        self.briefing = self.enrolment.briefing()
        self.sync = Sync(self.store, self.enrolment, self.briefing, self.send, self.clock)

    def answers(self, count: int, key: CollectionKey = SECRET.public) -> set[bytes]:
        """So many sealed answers wait; their ids."""
        rows = [key.seal(bytes(4096)) for _ in range(count)]
        self.store.put("outbox", rows)
        return {row_id(row) for row in rows}

    def waiting(self, shelf: str = "outbox") -> set[bytes]:
        """The ids of what lies on a shelf."""
        return {row_id(row) for _, row in self.store.rows(shelf)}


@contextmanager
def joined(folder: Path, centre: FaultyCentre) -> Iterator[Tablet]:
    """A tablet in this folder, enrolled at this centre."""
    clock = Clock(lambda: SIGNED_ON, lambda: TODAY)
    send = Centre(centre.address, clock.monotonic, silent=PATIENCE_SECONDS, whole=2 * PATIENCE_SECONDS)
    enrolment = enrol(folder, centre.address, CODE, centre.words, send, clock)
    tablet = Tablet(enrolment, Store(folder / OUTBOX), clock, send)
    centre.seen.clear()
    try:
        yield tablet
    finally:
        send.close()
        tablet.store.close()
