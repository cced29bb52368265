"""A centre for tests: real files, a real waitress on loopback, tablets that sign their requests."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import urllib3

from export.centre.admitting import issue_code
from export.centre.app import centre_app
from export.centre.carrying import take_in
from export.centre.instance import Centre, make_centre, open_centre
from export.custodian.unsealing import CollectionSecret
from forms.instrument import Instrument, Item, Option, Page
from survey.briefing import Keys, Place, write_keys
from survey.receipt import read_receipt, signed_headers
from survey.sealing import PLAINTEXT_BYTES, SigningKey
from survey.serving import WSGI, server

PLACE = "counter-1"
LINKED = "hub-1"
SIGNED_ON = date(2026, 11, 1)


def instrument() -> Instrument:
    """The smallest questionnaire that can be signed: one question."""
    how = Item(
        name="experience",
        kind="select_one",
        labels={"en": "How was it?"},
        hints={},
        options=(Option("good", {"en": "Good"}), Option("bad", {"en": "Bad"})),
        core=True,
    )
    return Instrument("tiny", "1", {"en": "Survey"}, "en", ("en",), (Page("first", {}, (how,)),), ())


@dataclass
class World:
    """One centre in a folder, with the custodian's keys beside it for the test's own use."""

    folder: Path
    authority: SigningKey = field(default_factory=SigningKey.generate)
    collection: CollectionSecret = field(default_factory=CollectionSecret.generate)
    places: tuple[Place, ...] = (
        Place(PLACE, "A counter", "counter", ("kiosk",)),
        Place(LINKED, "A hub", "hub", ("kiosk", "link")),
    )

    def opened(self) -> Centre:
        """The centre's folder, made as at a first start where there is none, and opened."""
        make_centre(self.folder)
        return open_centre(self.folder, os.environ)

    def keys(self, centre: Centre, serial: int = 1, **changes: Any) -> bytes:
        """A keys file signed for this centre."""
        content: dict[str, Any] = {
            "serial": serial,
            "signed_on": SIGNED_ON + timedelta(days=serial),
            "collection": self.collection.public,
            "intake": centre.intake_key.public,
            "content": centre.content_key.public,
            "instruments": (instrument(),),
            "places": self.places,
            "support_lines": (),
            "neutral_address": "https://www.bbc.co.uk/weather",
            "stop": False,
            "made_up": True,
        }
        return write_keys(Keys(**{**content, **changes}), self.authority)

    def tell(self, centre: Centre, serial: int = 1, **changes: Any) -> None:
        """Have the custodian sign a keys file and take it in."""
        path = self.folder / "carried.signed"
        path.write_bytes(self.keys(centre, serial, **changes))
        take_in(centre, path, lambda public: public == self.authority.public)
        path.unlink()

    def rows(self, count: int) -> list[bytes]:
        """Fresh sealed rows."""
        return [self.collection.public.seal(os.urandom(PLAINTEXT_BYTES)) for _ in range(count)]


@dataclass
class Answer:
    """What came back."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def json(self) -> dict[str, Any]:
        """The body as JSON."""
        content: dict[str, Any] = json.loads(self.body)
        return content


def ask(method: str, address: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    """One request over real HTTP, on its own connection; redirects are not followed."""
    with urllib3.PoolManager(retries=False, timeout=20) as pool:
        answer = pool.request(method, address, body=body, headers=dict(headers or {}), redirect=False)
        return Answer(answer.status, answer.data, answer.headers)


@dataclass
class Tablet:
    """A tablet as the centre sees one: a key, and requests signed with it."""

    address: str
    key: SigningKey = field(default_factory=SigningKey.generate)

    def enrol(self, code: str) -> Answer:
        """Spend a code."""
        content = json.dumps({"code": code, "tablet": self.key.public.hex()}).encode()
        return ask("POST", f"{self.address}tablets/enrol", content, {"Content-Type": "application/json"})

    def signed(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """A signed request."""
        signed = signed_headers(method, path, body, self.key)
        return ask(method, self.address + path.lstrip("/"), body or None, {**signed, **headers})

    def send(self, rows: Sequence[bytes], intake: bytes) -> list[str]:
        """Send rows as one packet; what the verified receipt says became of each."""
        body = b"".join(rows)
        headers = signed_headers("POST", "/intake/rows", body, self.key)
        answer = ask("POST", f"{self.address}intake/rows", body, headers)
        assert answer.status == 200, answer.body
        return read_receipt(answer.body, bytes.fromhex(headers["Heard-Nonce"]), rows, intake)


@contextmanager
def serving(centre: Centre) -> Iterator[str]:
    """The centre's application behind a real waitress, in a thread of this process."""
    with listening(centre_app(centre)) as address:
        yield address


@contextmanager
def listening(app: WSGI) -> Iterator[str]:
    """Any application behind a real waitress."""
    waitress = server(app, "127.0.0.1", 0)
    thread = threading.Thread(target=waitress.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{waitress.effective_port}/"
    finally:
        waitress.close()
        thread.join(20)


@contextmanager
def told_world(folder: Path) -> Iterator[tuple[World, Centre, str]]:
    """A serving centre that has its keys file."""
    world = World(folder)
    centre = world.opened()
    world.tell(centre)
    try:
        with serving(centre) as address:
            yield world, centre, address
    finally:
        centre.close()


def enrolled(centre: Centre, address: str, place: str = PLACE) -> Tablet:
    """A tablet that has joined."""
    tablet = Tablet(address)
    answer = tablet.enrol(issue_code(centre, place))
    assert answer.status == 200, answer.body
    return tablet
