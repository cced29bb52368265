"""A tablet for tests: the real application, store, partials and tallies behind real HTTP on loopback.

Only the monotonic clock is the test's own, so that waiting takes no time. What was sealed is opened with a key that
the test made; a tablet has no such thing.
"""

from __future__ import annotations

import resource
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from flask import Flask

from export.custodian.unsealing import CollectionSecret
from forms.instrument import Instrument, Item, Option, Page
from forms.logic import parse
from forms.response import Response, unframed
from kiosk.closing import Today
from kiosk.corner import Corner
from kiosk.pins import ASSISTED, CORNER, Door
from kiosk.rooms import whole_tablet
from survey.app import interview_app
from survey.briefing import Keys, Notices, Place, SupportLine
from survey.clips import Clips
from survey.clips import load as load_clips
from survey.clock import Clock
from survey.keys import phones_part
from survey.partials import Partials
from survey.parts import CardCodes, Mode, Parts
from survey.sealing import SigningKey
from survey.serving import server
from survey.store import Store
from survey.tallies import Tallies
from survey.visits import Visits
from survey.words import WordsOfAll, load

SIGNED_ON = date(2026, 11, 2)
TODAY = datetime(2026, 11, 20, 12, tzinfo=UTC)
WARN, RESET = 60, 30
SECRET = CollectionSecret(bytes(range(32)))
AUTHORITY = SigningKey(b"a" * 32)


def options(*codes: str) -> tuple[Option, ...]:
    """Options whose labels are their codes, in capitals."""
    return tuple(Option(code, {"en": code.upper(), "pl": f"{code} po polsku"}) for code in codes)


def page(*items: Item, name: str = "", relevant: str = "", label: str = "") -> Page:
    """One page; named after its first item unless told otherwise."""
    labels = {"en": label} if label else {}
    return Page(name or items[0].name, labels, items, parse(relevant) if relevant else None)


def one_of(name: str, *codes: str, core: bool = False, **more: Any) -> Item:
    """A select_one."""
    labels = {"en": f"What about {name}?", "pl": f"Co z {name}?"}
    return Item(name, "select_one", labels, options=options(*codes), core=core, **more)


SMALL = Instrument(
    id="small",
    version="1",
    title={"en": "Small"},
    default_language="en",
    languages=("en", "pl"),
    pages=(
        page(one_of("experience", "good", "bad", core=True)),
        page(one_of("contact", "easy", "hard", core=True, required=True)),
        page(one_of("why", "slow", "rude", core=True), relevant="${contact} = 'hard'"),
        page(one_of("crime", "theft", "hate", core=True)),
        page(one_of("more", "yes", "finish")),
        page(
            Item(
                "helped",
                "select_multiple",
                {"en": "Who helped?"},
                options=(*options("police", "friend"), Option("nobody", {"en": "Nobody"}, exclusive=True)),
            ),
            relevant="${more} = 'yes'",
        ),
        page(
            Item("times", "integer", {"en": "How many times?"}, low=0, high=20),
            Item("better", "text", {"en": "What should be better?"}, hints={"en": "Name nobody."}),
            name="last",
            label="Two last things",
            relevant="${more} = 'yes'",
        ),
    ),
)

LINES = (
    SupportLine("Victim Support", "08 08 16 89 111", "Day and night", (), date(2026, 10, 1)),
    SupportLine("Hate crime line", "0800 000 0001", "Weekdays", ("hate",), date(2026, 10, 1)),
    SupportLine("Theft line", "0800 000 0002", "Weekdays", ("theft",), date(2026, 10, 1)),
    SupportLine("Nobody checked this", "0800 000 0003", "", (), None),
)

KEYS = Keys(
    serial=1,
    signed_on=SIGNED_ON,
    collection=SECRET.public,
    intake=SigningKey(b"i" * 32).public,
    content=SigningKey(b"c" * 32).public,
    instruments=(SMALL,),
    places=(Place("lewisham", "Lewisham", "counter", ("kiosk", "link"), WARN, RESET),),
    support_lines=LINES,
    neutral_address="https://weather.example/",
    stop=False,
    made_up=False,
)

KEYS = replace(KEYS, phones=phones_part(KEYS, AUTHORITY))


class NoSending:
    """There is no centre here; ``asked`` counts how often staff wanted to send."""

    def __init__(self) -> None:
        self.asked = 0

    @property
    def words(self) -> str:
        """What staff read."""
        return "Not sent." if self.asked else ""

    def start(self) -> None:
        """Somebody pressed 'send now'."""
        self.asked += 1


@dataclass
class Tablet:
    """One tablet that answers at ``address``. Change ``keys``, set ``now`` or move ``seconds`` as the test needs."""

    folder: Path
    mode: Mode = "kiosk"
    visits: Visits = field(default_factory=Visits)
    keys: Keys | None = KEYS
    seconds: float = 1000.0
    now: datetime = TODAY
    address: str = ""
    resets: int = 0
    notices: Callable[[], Notices | None] = lambda: None
    assisted: bool = False
    codes: CardCodes | None = None
    clips: Clips = field(default_factory=load_clips)
    words: WordsOfAll = field(default_factory=load)

    def __post_init__(self) -> None:
        shelf: Literal["outbox", "arrivals"] = "outbox" if self.mode == "kiosk" else "arrivals"
        shelves = (shelf, "quarantine") if self.mode == "kiosk" else (shelf, "intake")
        door = "tablet" if self.mode == "kiosk" else "open"
        self.clock = Clock(lambda: SIGNED_ON, lambda: self.now, lambda: self.seconds)
        self.shelf = shelf
        self.store = Store(self.folder / "outbox.db", shelves)
        self.memory = self.folder / "memory"
        self.partials = Partials(self.memory, self.store, shelf, door)
        self.tallies = Tallies("lewisham", SMALL.digest(), self.clock)
        self.parts = Parts(
            keys=self._keys_today, place="lewisham", mode=self.mode, visits=self.visits, store=self.store,
            shelf=shelf, door=door, tallies=self.tallies, partials=self.partials, clock=self.clock,
            words=self.words, clips=self.clips, after_reset=self._after_reset, notices=self.notices, codes=self.codes,
        )  # fmt: skip
        self.app: Flask = self._whole() if self.mode == "kiosk" else interview_app(self.parts)

    def _keys_today(self) -> Keys | None:
        return None if Today(self.folder, self.clock).closed else self.keys

    def _whole(self) -> Flask:
        self.corner_door, self.assisted_door = (
            Door(self.folder / name, self.clock.monotonic) for name in (CORNER, ASSISTED)
        )
        self.today = Today(self.folder, self.clock)
        corner = Corner(self.corner_door, NoSending(), self.today, "0123abcd")
        state = ("Working.", "For the telephone.")
        self.whole = whole_tablet(self.parts, lambda: state, corner, self.assisted_door, assisted_only=self.assisted)
        return self.whole.app

    def _after_reset(self) -> None:
        self.resets += 1

    def change_keys(self, **changes: Any) -> None:
        """Another keys file has arrived."""
        self.keys = replace(KEYS, **changes)

    def wait(self, seconds: float) -> None:
        """So much time goes by, and the verb's tick comes."""
        self.seconds += seconds
        self.whole.expire() if self.mode == "kiosk" else self.app.extensions["interview"].expire()

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        """The system lets no file of this process grow beyond what the store has now, as a full disk would."""
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, ((self.folder / "outbox.db").stat().st_size, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    def responses(self) -> list[Response]:
        """What is in the store, opened."""
        rows = [row for _, row in self.store.rows(self.shelf)]
        return [Response.from_content(unframed(SECRET.open(row))) for row in rows]

    def only_response(self) -> Response:
        """The one that is in the store."""
        (response,) = self.responses()
        return response

    def partial(self) -> Response | None:
        """The sealed partial that lies in memory, opened."""
        rows = [path.read_bytes() for path in self.memory.iterdir()]
        assert len(rows) <= 1
        return Response.from_content(unframed(SECRET.open(rows[0]))) if rows else None

    def counts(self) -> dict[str, int]:
        """The tally so far: every count that is not zero."""
        content = self.tallies.content()
        return {name: count for name, count in content.items() if isinstance(count, int) and count and name != "v"}


@contextmanager
def a_tablet(folder: Path, **more: Any) -> Iterator[Tablet]:
    """A tablet that serves on loopback until the block ends."""
    tablet = Tablet(folder, **more)
    serving = server(tablet.app, "127.0.0.1", 0)
    thread = threading.Thread(target=serving.run, daemon=True)
    thread.start()
    tablet.address = f"http://127.0.0.1:{serving.effective_port}/"
    try:
        yield tablet
    finally:
        serving.close()
        thread.join()
        tablet.store.close()
