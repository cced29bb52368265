"""The tablet's pages: the interview, three things for staff beside it, and the clean slate between people.

'Start for the next person' is one tap and a clean slate; 'Not now' is for somebody who says no. Each person counts once
as offered: by the tap, by a 'not now' without a tap, or by a first answer without one. A tap while the tablet waits for
somebody already changes nothing, so a double tap is one. Staff see words here, never a number, never an answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from flask import Blueprint, Flask, Response, make_response, url_for

from survey import pages, submission, visit_cookie
from survey.app import interview_app
from survey.interview import Interview
from survey.languages import drafts, own_name, tag
from survey.parts import Parts
from survey.store import StoreDamaged, StoreFull

State = Callable[[], Sequence[str]]
"""The tablet's state in sentences, for staff."""


@dataclass(frozen=True)
class Staff:
    """What staff can press and read."""

    interview: Interview
    state: State

    def page(self) -> Response:
        """One tap for the next person, 'not now', and how the tablet is, in words."""
        ready, parts = self.interview.parts.ready(), self.interview.parts
        with self.interview.held() as known:
            visit = self.interview.fresh(ready, None) if known is None and ready is not None else known
            unchecked = [line for line in ready.keys.support_lines if line.verified_on is None] if ready else []
            drafted = drafts(ready.instrument, parts.words.drafted) if ready else ()
            html = pages.render(
                parts, "staff.html", ready, visit,
                state=self.state(), unchecked=unchecked, drafted=[(tag(code), own_name(code)) for code in drafted],
            )  # fmt: skip
            response = make_response(html)
            return visit_cookie.give(response, visit.token) if visit else response

    def next_person(self) -> Response:
        """Somebody is handed the tablet: whatever was on it ends, and they are counted as offered, once."""
        parts = self.interview.parts
        with self.interview.held() as visit:
            if visit is not None and self.interview.belongs(visit):
                self.interview.reset()
                if not parts.visits.expected:
                    parts.tallies.offered()
                parts.visits.expected = True
        return self.interview.swept(url_for("start"))

    def not_now(self) -> Response:
        """Somebody said no, before or after the tap, or handed it back: counted as offered unless they were already."""
        parts = self.interview.parts
        with self.interview.held() as visit:
            if visit is not None and self.interview.belongs(visit):
                if not (parts.visits.expected or parts.visits.under_way()):
                    parts.tallies.offered()
                self.interview.reset()
                parts.visits.expected = False
        return self.interview.swept(url_for("start"))


@dataclass(frozen=True)
class Between:
    """What the page's own clock asks for: nobody touches the tablet, or somebody still does.

    The interview ends a visit by itself when nothing is heard for long enough; this only makes it sooner or later.
    """

    interview: Interview

    def still_here(self) -> Response:
        """Somebody reads or writes without pressing Continue: the visit goes on; 205 (start afresh) if it is over."""
        with self.interview.held() as visit:
            return make_response("", 205 if visit is None else 204)

    def reset(self) -> Response:
        """The warning has run out: what was said is filed if the core is in, else discarded; the browser is swept."""
        with self.interview.held() as visit:
            if visit is not None:
                submission.time_out(self.interview.parts, visit)
        return self.interview.swept(url_for("start"))


def tablet_app(parts: Parts, state: State) -> Flask:
    """The interview with its staff page. ``app.extensions["interview"].expire()`` is for the verb's tick."""
    app = interview_app(parts)
    staff, between = Staff(app.extensions["interview"], state), Between(app.extensions["interview"])
    rooms = Blueprint("tablet", __name__, template_folder="templates")
    rooms.add_url_rule("/staff", "staff", staff.page, methods=["GET"])
    rooms.add_url_rule("/next", "next_person", staff.next_person, methods=["POST"])
    rooms.add_url_rule("/not-now", "not_now", staff.not_now, methods=["POST"])
    rooms.add_url_rule("/still-here", "still_here", between.still_here, methods=["POST"])
    rooms.add_url_rule("/reset", "reset", between.reset, methods=["GET"])
    app.register_blueprint(rooms)
    app.jinja_env.globals["tablet"] = True
    return app


class Rewriting:
    """Writes the outbox anew after each reset, outside any request; one rewrite for however many asked meanwhile.

    The verb starts and stops it. Hand ``ask`` to ``Parts.after_reset`` and to the tick of ten minutes.
    """

    def __init__(self, rewrite: Callable[[], None]) -> None:
        self._rewrite = rewrite
        self._asked = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="rewriting", daemon=True)

    def ask(self) -> None:
        """Write the outbox anew soon. Returns at once."""
        self._asked.set()

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Do what was asked for last, then end."""
        self._over.set()
        self._asked.set()
        self._thread.join()

    def _work(self) -> None:
        while True:
            self._asked.wait()
            self._asked.clear()
            last = self._over.is_set()
            # A full disk leaves the old file whole; the next reset or tick tries again, and filing tells the person.
            with suppress(StoreFull, StoreDamaged):
                self._rewrite()
            if last:
                return
