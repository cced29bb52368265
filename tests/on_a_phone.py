"""A centre with a link, for tests that answer on a phone in a real browser; what it keeps is opened with its key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from threading import Event
from typing import Any

from at_the_tablet import LINES, SMALL, one_of, page
from centre_world import LINKED, World, listening
from playwright.sync_api import Browser, expect
from real_browser import OUTSIDE, PHONE, Window, window

from export.centre.app import centre_app
from export.centre.codes import codes_in, issue
from export.centre.instance import Centre
from export.centre.link import Links
from export.custodian.known import Known
from export.custodian.opening import OpeningReport, opened
from forms.instrument import Instrument
from forms.response import Response, unframed

START = f"s/{LINKED}/"
TYPED = "Zanzibar"
THANKS = "Thank you. Your answers are kept."
DELETED = "Your answers are deleted"
NOT_YET = "The other language has not come yet. You can go on in this one, or choose it again."
WAITING = "Kept sealed on this phone, not sent yet"
TOLD: dict[str, Any] = {
    "instruments": (SMALL,), "support_lines": LINES, "neutral_address": OUTSIDE, "made_up": False,
}  # fmt: skip
OTHER = Instrument(
    "other", "2", {"en": "Other", "pl": "Inny"}, "en", ("en", "pl"), (page(one_of("weather", "dry", "wet", core=True)),)
)
"""Another questionnaire, where the custodian signs one while people answer."""


@dataclass
class Linked:
    """A serving centre that was told its keys. ``bodies`` and ``gets`` are every request that came, as it came."""

    world: World
    centre: Centre
    links: Links
    address: str = ""
    bodies: list[tuple[str, bytes]] = field(default_factory=list)
    broken: frozenset[str] = frozenset()
    maintained: frozenset[str] = frozenset()
    led_away: frozenset[str] = frozenset()
    swallowed: frozenset[str] = frozenset()
    storable: bool = False
    held: str = ""
    let_go: Event = field(default_factory=Event)

    def tell(self, serial: int = 1, **changes: Any) -> None:
        """Another keys file from the custodian."""
        self.world.tell(self.centre, serial, **{**TOLD, **changes})

    def rows(self) -> list[bytes]:
        """What the centre holds, sealed."""
        return [row for shelf in self.centre.store.shelves for _, row in self.centre.store.rows(shelf)]

    def responses(self) -> list[Response]:
        """The same, opened."""
        return [Response.from_content(unframed(self.world.collection.open(row))) for row in self.rows()]

    def only(self) -> Response:
        """The one that is there."""
        (response,) = self.responses()
        return response


@contextmanager
def linked(folder: Path, **changes: Any) -> Iterator[Linked]:
    """A centre whose link is up until the block ends.

    Paths among ``broken`` are answered with a 502, among ``maintained`` with somebody else's page and a 200, and among
    ``led_away`` the browser is sent to another page of ours; what asks for ``held``, or is ``swallowed``, waits
    until ``let_go``; with ``storable`` a browser may keep every page.
    """
    world = World(folder)
    centre = world.opened()
    inner = Links(centre, centre_app(centre))
    served = Linked(world, centre, inner)
    served.tell(**changes)

    def kept(start_response: Any) -> Any:
        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start_response(status, [pair for pair in headers if pair[0] != "Cache-Control"], *rest)

        return start

    def recorded(environ: dict[str, Any], start_response: Any) -> Any:
        path = environ["PATH_INFO"]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        served.bodies.append((f"{environ['REQUEST_METHOD']} {path}?{environ['QUERY_STRING']}", body))
        if any(path.endswith(end) for end in served.broken):
            start_response("502 Bad Gateway", [("Content-Type", "text/plain")])
            return [b""]
        if any(path.endswith(end) for end in served.maintained):
            start_response("200 OK", [("Content-Type", "text/html")])
            return [b"<!doctype html><title>Maintenance</title><h1>Back soon</h1>"]
        if any(path.endswith(end) for end in served.led_away):
            start_response("302 Found", [("Location", f"/{START}phone/pl/page")])
            return [b""]
        if path == served.held or path in served.swallowed:
            served.let_go.wait(60)
        environ["wsgi.input"] = BytesIO(body)
        return inner(environ, kept(start_response) if served.storable else start_response)

    with listening(recorded) as address:
        served.address = address
        try:
            yield served
        finally:
            served.let_go.set()
            centre.close()


@contextmanager
def a_phone(browser: Browser, served: Linked, **more: Any) -> Iterator[Window]:
    """Somebody's phone: a profile of its own."""
    with window(browser, served.address + START, PHONE, **more) as person:
        yield person


def sent_by(served: Linked) -> list[tuple[str, bytes]]:
    """What was posted: path and body."""
    return [(line.removeprefix("POST ").rstrip("?"), body) for line, body in served.bodies if line.startswith("POST")]


def kept_on(person: Window) -> dict[str, Any]:
    """What this phone keeps of the survey, its cookie apart: no script sees that."""
    found: dict[str, Any] = person.page.evaluate(
        """async () => ({
          databases: (await indexedDB.databases()).map((each) => each.name),
          caches: await caches.keys(),
          workers: (await navigator.serviceWorker.getRegistrations()).length,
          local: localStorage.length, session: sessionStorage.length,
        })"""
    )
    return found


NOTHING = {"databases": [], "caches": [], "workers": 0, "local": 0, "session": 0}


def cookies_on(person: Window) -> list[str | None]:
    """The names of the cookies that this phone would send, also those that no script sees."""
    return [cookie.get("name") for cookie in person.context.cookies(person.address)]


def counted(served: Linked) -> list[Response]:
    """What the custodian counts of the responses that the centre holds."""
    rows = [pair for shelf in served.centre.store.shelves for pair in served.centre.store.rows(shelf)]
    report = OpeningReport()
    found = list(opened(rows, [served.world.collection], Known.of([SMALL], served.world.places), report, 1))
    assert report.failed == {}
    return found


_QUEUE = """
  () => new Promise((resolve, reject) => {
    const asked = indexedDB.open("heard " + document.body.dataset.start, 1);
    asked.onupgradeneeded = () => asked.transaction.abort(); // looking makes no database
    asked.onerror = () => (asked.error.name === "AbortError" ? resolve([]) : reject(asked.error));
    asked.onsuccess = () => {
      const all = asked.result.transaction("rows").objectStore("rows").getAll();
      all.onsuccess = () => { asked.result.close(); resolve(all.result.map((row) => [...row])); };
    };
  })
"""


def queue_of(person: Window) -> list[bytes]:
    """What waits in the phone's queue."""
    return [bytes(row) for row in person.page.evaluate(_QUEUE)]


def a_code(served: Linked) -> str:
    """Of a card that was handed over at this place, as its address has it."""
    return next(codes_in(issue(served.centre, LINKED, "card", 1))).replace("-", "")


def send_the_core(person: Window, served: Linked) -> None:
    """From the first question until the centre has the core, and nothing else."""
    person.the_core()
    person.until(lambda: len(served.rows()) == 1)


def to_the_end(person: Window) -> None:
    """From the first question to the offer at the end, with words typed on the way."""
    person.the_core()
    the_rest(person)


def the_rest(person: Window) -> None:
    """From the question whether to go on to the offer at the end."""
    person.say("more", "yes")
    person.choose("helped", "friend")
    person.go_on()
    person.page.locator("#better").fill(TYPED)
    person.go_on()


def finish(person: Window) -> None:
    """No, thank you: no words to come back with."""
    person.page.locator("#again-no button").click()


def waits_on_a_shared_device(person: Window, served: Linked) -> None:
    """Somebody has finished there, and what they said could not be sent."""
    person.look("#t")
    served.broken = frozenset({"/rows"})
    to_the_end(person)
    finish(person)
    expect_heading(person, WAITING)


def chooses(person: Window, language: str) -> None:
    """Another language, by the globe in the bar."""
    person.page.locator(".bar .language").click()
    person.page.locator(f'main button[value="{language}"]').click()


def reads_in(person: Window, language: str) -> None:
    """Another language, and it has come."""
    chooses(person, language)
    expect(person.page.locator("html")).to_have_attribute("lang", language)


def expect_heading(person: Window, words: str) -> None:
    """Wait for the screen with this heading."""
    expect(person.page.locator("h1")).to_have_text(words)


def cut_off(person: Window) -> None:
    """No network from now on; what the browser says of it is no fault of the page."""
    person.context.set_offline(True)


def without_network_noise(person: Window) -> None:
    """Forget what the browser said of the network, or of the centre while that was broken."""
    noise = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "502", "504", "error occurred when fetching the script")
    person.wrong = [line for line in person.wrong if not any(each in line for each in noise)]
