"""What runs by itself: the only place that knows APScheduler.

A tablet's clock may be wrong by years and be set right at any moment, and APScheduler then waits for the old time
(after a jump back of ten years it next runs in ten years: measured). So wall clock and monotonic clock are compared
every few seconds, and everything is planned anew where they part. Nights are at a random minute, so that no run tells
where a tablet stands or what it holds; of a run only its day is written down.
"""

from __future__ import annotations

import logging
import os
import random
import secrets
import sys
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger

from forms.strict_json import canonical, strict_object
from survey.clock import Clock
from survey.durable import replacement

_JUMP_SECONDS = 60.0
_LOOK_SECONDS = 15.0
_MAKE_UP_MINUTES = 60
_RANDOM = random.SystemRandom()


def local_now() -> datetime:
    """Now, by this machine's clock and in its time zone: nights are local."""
    return datetime.now().astimezone()


def next_night(
    now: datetime, last: date, first_hour: int, last_hour: int, below: Callable[[int], int] = secrets.randbelow
) -> datetime:
    """When to run next: a random minute of the night between two hours.

    ``last`` is the day of the last night that ran (or of the first start). A night that was missed since is made up at
    a random minute of the next hour. ``below(n)`` gives a whole number from 0 to n - 1.
    """
    opens, closes = (datetime.combine(now.date(), time(hour), tzinfo=now.tzinfo) for hour in (first_hour, last_hour))
    if last >= now.date():
        # The last one may also lie ahead of a clock that was set back since: then the next night is the next.
        opens, closes = opens + timedelta(days=1), closes + timedelta(days=1)
    elif now >= closes - timedelta(minutes=1):
        opens, closes = now, now + timedelta(minutes=_MAKE_UP_MINUTES)
    earliest = max(opens, now + timedelta(minutes=1))
    return earliest + timedelta(minutes=below(max(1, int((closes - earliest).total_seconds()) // 60)))


class Schedule:
    """Named actions, each run again and again in the background, never twice at once, never piled up."""

    def __init__(self, clock: Clock, state: Path | None = None, wall: Callable[[], datetime] = local_now) -> None:
        """``state`` is a small file of the days on which nightly actions last ran, kept from one start to the next."""
        self._clock = clock
        self._state = state
        self._wall = wall
        self._days = _read_days(state)
        self._plans: dict[str, Callable[[], None]] = {}
        self._thread = threading.Lock()
        self._planning = threading.Lock()
        self._stopped = threading.Event()
        self._watch = threading.Thread(target=self._watch_clocks, name="clock watch", daemon=True)
        self._apart = self._clocks_apart()
        # Its lines carry the times of runs; what goes wrong is told by _failed instead.
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL + 1)
        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        )
        self._scheduler.add_listener(self._failed, EVENT_JOB_ERROR)

    def every(self, name: str, minutes: float, jitter_seconds: float, action: Callable[[], object]) -> None:
        """Run an action so many minutes after it last ended, give or take some seconds."""

        def when() -> datetime:
            return self._wall() + timedelta(minutes=minutes, seconds=_RANDOM.uniform(-jitter_seconds, jitter_seconds))

        self._repeat(name, action, when)

    def nightly(self, name: str, action: Callable[[], object], first_hour: int = 0, last_hour: int = 5) -> None:
        """Run an action once a night at a random minute; one that was missed is made up soon after the next start."""

        def when() -> datetime:
            with self._thread:
                # The first start counts like a night, so that a tablet switched off every night does its first one too.
                last = self._days.setdefault(name, self._wall().date())
            return next_night(self._wall(), last, first_hour, last_hour)

        def act() -> None:
            try:
                action()
            finally:
                with self._thread:
                    self._days[name] = self._wall().date()
                self._write_days()

        self._repeat(name, act, when)
        self._write_days()

    def _repeat(self, name: str, action: Callable[[], object], when: Callable[[], datetime]) -> None:
        # One date at a time, and the next when it is done: an interval would count up every run that a clock put
        # forward by years has missed, before it dropped them.
        def plan() -> None:
            with self._planning:
                if not self._stopped.is_set():
                    self._scheduler.add_job(run, DateTrigger(when()), id=name, replace_existing=True)

        def run() -> None:
            try:
                action()
            finally:
                plan()

        self._plans[name] = plan
        plan()

    def start(self) -> None:
        """Begin. Verbs do this; whatever is only put together must not run."""
        self._scheduler.start()
        self._watch.start()

    def stop(self) -> None:
        """End, after the action that is running, if any."""
        # An action that ends now must plan nothing more: APScheduler would wait for it, and it for APScheduler.
        with self._planning:
            self._stopped.set()
        if self._scheduler.running:
            # Stopped while it starts what is due, APScheduler fails over a job that it has just dropped. Paused, it
            # starts nothing more, and whoever asks for its jobs has waited for what it was at.
            self._scheduler.pause()
            self._scheduler.get_jobs()
            self._scheduler.shutdown(wait=True)
            self._watch.join()

    def look(self) -> bool:
        """Plan everything anew where the clocks have parted by a minute since the last look; whether they had."""
        apart = self._clocks_apart()
        if abs(apart - self._apart) < _JUMP_SECONDS:
            return False
        self._apart = apart
        for plan in self._plans.values():
            plan()
        return True

    def _clocks_apart(self) -> float:
        return self._wall().timestamp() - self._clock.monotonic()

    def _watch_clocks(self) -> None:
        while not self._stopped.wait(_LOOK_SECONDS):
            self.look()

    def _failed(self, event: Any) -> None:
        # An action that fails must not end the others, nor go unseen.
        sys.stderr.write(f"{event.job_id} did not work this time and will be tried again: {event.exception!r}\n")

    def _write_days(self) -> None:
        if self._state is None:
            return
        with self._thread:
            days = {name: day.isoformat() for name, day in self._days.items()}
            newest = datetime.combine(max(self._days.values()), time(), tzinfo=UTC).timestamp()
            try:
                with replacement(self._state) as file:
                    file.write(canonical(days).encode() + b"\n")
                    file.flush()
                    os.utime(file.fileno(), (newest, newest))
            except OSError as fault:
                # A full disk must not keep the night's sync from making room on it.
                sys.stderr.write(f"The day of the last night could not be written to {self._state}: {fault}\n")


def _read_days(state: Path | None) -> dict[str, date]:
    if state is None:
        return {}
    try:
        told = strict_object(state.read_text(encoding="utf-8"))
        return {name: date.fromisoformat(day) for name, day in told.items()}
    except (OSError, ValueError, TypeError):
        # Missing or damaged, it is made anew: the worst that can happen is one night made up or left out.
        return {}
