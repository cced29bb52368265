"""``run``: the tablet up until it is told to stop. Threads and the schedule start here and nowhere else.

What a killed process left in memory is filed before the first page is served. At a stop the interview under way ends as
if it had timed out, the counts go into the outbox, and only then the rest is taken down. Nothing is ever logged because
somebody answered.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any

from kiosk import assisted as entry
from kiosk import status
from kiosk.app import Rewriting
from kiosk.by_hand import ByHand
from kiosk.closing import Today
from kiosk.corner import Corner
from kiosk.enrolment import OUTBOX, Enrolment
from kiosk.exchange import FORESEEN
from kiosk.nightly import Nightly
from kiosk.pins import ASSISTED, CORNER, Door
from kiosk.rooms import Whole, whole_tablet
from kiosk.sending import Centre
from kiosk.single import alone
from kiosk.sync import Sync, retry_refused
from kiosk.version import software
from survey import clips
from survey.briefing import Keys
from survey.clock import Clock
from survey.partials import Partials
from survey.parts import Parts
from survey.schedule import Schedule
from survey.serving import server
from survey.settings import Settings
from survey.store import Store
from survey.tallies import Tallies
from survey.tallying import TallyRows
from survey.visits import Visits
from survey.words import load

HERE = "127.0.0.1"
_TICK_SECONDS = 1.0
_NEWS_MINUTES = 15
_NEWS_JITTER_SECONDS = 240
_REWRITE_MINUTES = 10
_TALLY_MINUTES = 60
_TRY_AGAIN_MINUTES = 1
_NO_INSTRUMENT = "0" * 64


class CannotServe(Exception):
    """The tablet's page cannot be served here. The message says what to change."""


@dataclass(frozen=True)
class Tablet:
    """A tablet, put together and not yet started."""

    enrolment: Enrolment
    store: Store
    clock: Clock
    partials: Partials
    tally_rows: TallyRows
    sync: Sync
    rewriting: Rewriting
    whole: Whole

    def tick(self) -> None:
        """Each second: end a visit that nobody touches, and count apart where another questionnaire has come."""
        # What fails is tried again a second later: who sits next must not find the last one's answers.
        with suppress(*FORESEEN):
            self.whole.expire()
        with suppress(*FORESEEN):
            self.tally_rows.follow_instrument()

    def ask_for_news(self) -> None:
        """By day: newer keys and notices, if the centre can be reached."""
        with suppress(*FORESEEN):
            self.sync.news()

    def keep_tally(self) -> None:
        """Each hour, so that a killed process costs no more than that of the counts."""
        with suppress(*FORESEEN):
            self.tally_rows.keep()

    def hide_times(self) -> None:
        """Every ten minutes, whether or not anybody answered: files and folders then tell this moment and no other."""
        self.rewriting.ask()
        self.partials.tick()

    def end(self) -> None:
        """File what is under way and what was counted.

        Raises:
            StoreFull, StoreDamaged: it stays in memory-backed storage for the next start.
        """
        self.whole.reset()
        self.tally_rows.file()
        self.partials.file_all()


def run(settings: Settings, enrolment: Enrolment, ready: Callable[[str], None], *, assisted: bool = False) -> None:
    """Serve until SIGTERM or Ctrl-C; ``ready`` is told the address once requests are answered.

    ``assisted``: the first page is the door to assisted entry, where the place allows that.

    Raises:
        CannotServe: the port is taken, or settings ask for another address than this machine's own.
        AlreadyRunning, UnsafeFolder, StoreFull, StoreDamaged: nothing was started.
    """
    if settings.host != HERE:
        raise CannotServe(
            f"A tablet is for whoever holds it: it serves on {HERE} only. Remove 'host' from the settings."
        )
    with ExitStack() as up:
        up.enter_context(alone(enrolment.instance))
        tablet = put_together(settings, enrolment, up, assisted=assisted)
        if assisted and not entry.allowed(tablet.whole.own.parts):
            raise CannotServe(
                "This place does not allow assisted entry. Ask the custodian, or start without --assisted."
            )
        tablet.tally_rows.follow_instrument()
        tablet.partials.file_all()
        retry_refused(tablet.store)
        serving = _listening(tablet.whole.app, settings.port)
        up.callback(serving.close)
        signal.signal(signal.SIGTERM, _stop)
        up.callback(_start(tablet))
        tablet.rewriting.ask()
        ready(f"http://{HERE}:{serving.effective_port}/")
        serving.run()


def put_together(settings: Settings, enrolment: Enrolment, up: ExitStack, *, assisted: bool) -> Tablet:
    """The tablet's parts; ``up`` closes what has to be closed. Nothing is started."""
    briefing = enrolment.briefing()
    clock = Clock(briefing.newest_day)
    store = Store(enrolment.instance / OUTBOX, today=clock.day)
    up.callback(store.close)
    partials = Partials(settings.memory_folder, store)
    tallies = Tallies(enrolment.place, _NO_INSTRUMENT, clock)
    rewriting = Rewriting(store.rewrite)
    send = Centre(enrolment.centre, clock.monotonic)
    up.callback(send.close)
    today, sync = Today(enrolment.instance, clock), Sync(store, enrolment, briefing, send, clock)

    def open_keys() -> Keys | None:
        return None if today.closed else briefing.keys()

    parts = Parts(
        keys=open_keys, place=enrolment.place, mode="kiosk", visits=Visits(), store=store,
        shelf="outbox", door="tablet", tallies=tallies, partials=partials, clock=clock, words=load(),
        clips=clips.load(), after_reset=rewriting.ask, notices=briefing.notices,
    )  # fmt: skip

    def state() -> Sequence[str]:
        kept, drafted = partials.survives_a_kill, parts.words.drafted
        return status.sentences(enrolment, briefing.keys(), clock, survives_a_kill=kept, drafted=drafted)

    corner_door = Door(enrolment.instance / CORNER, clock.monotonic)
    assisted_door = Door(enrolment.instance / ASSISTED, clock.monotonic, entry.OPEN_SECONDS)
    corner = Corner(corner_door, ByHand(sync, rewriting.ask), today, software())
    whole = whole_tablet(parts, state, corner, assisted_door, assisted_only=assisted)
    tally_rows = TallyRows(tallies, partials, store, briefing.keys, clock)
    return Tablet(enrolment, store, clock, partials, tally_rows, sync, rewriting, whole)


def _listening(app: Any, port: int) -> Any:
    try:
        return server(app, HERE, port)
    except OSError as fault:
        raise CannotServe(
            f"The tablet cannot listen on port {port} ({fault.strerror}). Stop what runs there, or set another port in "
            "settings.toml."
        ) from fault


def _start(tablet: Tablet) -> Callable[[], None]:
    """Start what runs beside the pages; gives back what ends it again, filing first."""
    nightly = Nightly(tablet.sync, tablet.tally_rows.file, tablet.clock.monotonic, tablet.rewriting.ask)
    schedule = Schedule(tablet.clock, tablet.enrolment.instance / "nights.json")
    schedule.nightly("sync", nightly.send)
    schedule.every("try again", _TRY_AGAIN_MINUTES, 20, nightly.try_again)
    schedule.every("news", _NEWS_MINUTES, _NEWS_JITTER_SECONDS, tablet.ask_for_news)
    schedule.every("rewrite", _REWRITE_MINUTES, 0, tablet.hide_times)
    schedule.every("tally", _TALLY_MINUTES, 0, tablet.keep_tally)
    over = threading.Event()

    def tick() -> None:
        while not over.wait(_TICK_SECONDS):
            tablet.tick()

    ticking = threading.Thread(target=tick, name="tick", daemon=True)
    tablet.rewriting.start()
    schedule.start()
    ticking.start()

    def end() -> None:
        # A second signal must not cut short what the first one began.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        over.set()
        ticking.join()
        try:
            tablet.end()
        finally:
            tablet.rewriting.stop()
            schedule.stop()

    return end


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
