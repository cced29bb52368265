"""The pages that a respondent sees. A view is: parse, one use case, redirect or page.

Nobody meets a wall: a stale tab, a foreign cookie or a page out of turn leads to the start, the thanks or the question
that this person is at. No session, no log, no clock; the cookie is one random number (``visits``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Response, make_response, redirect, request, url_for

from forms.instrument import Page
from forms.routing import asked
from survey import answering, pages, submission, visit_cookie
from survey.csrf import CSRF_FIELD, belongs
from survey.parts import Parts, Ready
from survey.question_page import FirstPages, question_page
from survey.stopped import beside_a_stop
from survey.visits import COOKIE, Visit


class NotAvailable(Exception):
    """There is nothing that may be asked here now: no valid keys, a stop, an unknown place. Take in a keys file."""


@dataclass(frozen=True)
class Interview:
    """The views of one place's interview."""

    parts: Parts
    first_pages: FirstPages

    def start(self) -> Response:
        """The first question itself, or the one that this person is at."""
        ready = self.ready_now()
        with self.held() as known:
            begun = known is not None and (known.outcome or known.shown[1:] or known.answers or known.code)
            visit = known if known is not None and begun else self.fresh(ready, known)
            first = visit.way[0]
            elsewhere = self._elsewhere(visit, first)
            if elsewhere is None and visit.position in (None, first):
                page = self._question_page if begun else self._first_page
                return visit_cookie.offer(page(ready, visit, visit.instrument.page(first)), visit)
            return elsewhere or to("page", page=visit.current())

    def fresh(self, ready: Ready, visit: Visit | None) -> Visit:
        """The visit in which nobody has answered yet, or a new one."""
        # Nobody has answered yet, so a questionnaire that arrived since the page was first shown may take its place.
        if visit is not None and visit.instrument.digest() == ready.instrument.digest():
            return visit
        default = ready.instrument.default_language
        language = visit.language if visit is not None and visit.language in ready.instrument.languages else default
        return self.parts.visits.fresh(ready.instrument, language)

    def page(self, page: str) -> Response:
        """One question page, as far as this person has come."""
        ready = self.ready_now()
        with self.held() as visit:
            if visit is None:
                return to("start")
            return self._elsewhere(visit, page) or self._question_page(ready, visit, visit.instrument.page(page))

    def answer(self, page: str | None = None) -> Response:
        """Take one page's answers and go on; without a page: the first."""
        ready = self.ready_now()
        with self.held() as visit:
            if visit is None or not self.belongs(visit):
                return to("start")
            name = page or visit.way[0]
            elsewhere = self._elsewhere(visit, name)
            if elsewhere is not None:
                return elsewhere
            return self._take(ready, visit, visit.instrument.page(name))

    def _take(self, ready: Ready, visit: Visit, page: Page) -> Response:
        asked_before = frozenset(item.name for item in asked(visit.instrument, page, visit.answers))
        if request.form.get("go") == "skip":
            answering.skip(self.parts, visit, page)
            asked_before |= {item.name for item in page.items}
        else:
            errors = answering.take(self.parts, visit, page, request.form)
            if errors:
                return self._question_page(ready, visit, page, errors)
        self._show(visit, page)
        following = answering.go_on(self.parts, visit, page, asked_before)
        return self._submit(visit) if following is None else to("page", page=following.name)

    def finish(self) -> Response:
        """Where filing failed: say that nothing was kept; a POST tries again."""
        ready = self.ready_now()
        with self.held() as visit:
            if visit is None or (request.method == "POST" and not self.belongs(visit)):
                return to("start")
            if visit.outcome is not None or not visit.end_reached:
                return self._elsewhere(visit, visit.position) or to("page", page=visit.current())
            if request.method == "POST":
                return self._submit(visit)
            return make_response(pages.render(self.parts, "unkept.html", ready, visit))

    def _submit(self, visit: Visit) -> Response:
        try:
            submission.submit(self.parts, visit)
        except submission.NotKept as fault:
            return to("card_code" if isinstance(fault, submission.CodeNeeded) else "finish")
        return to("thanks" if visit.outcome == "kept" else "ended")

    def leave(self) -> Response:
        """'Leave and delete': nothing of this visit is left. Needs no token, so that it can never fail."""
        with self.held() as visit:
            if visit is not None:
                submission.leave(self.parts, visit)
        keys = self.parts.keys()
        outside = keys.neutral_address if keys and not self.parts.on_tablet else ""
        return self.swept(outside or url_for("start"))

    def swept(self, address: str) -> Response:
        """Go there with a browser that has forgotten this visit."""
        # A phone may hold sealed responses of its own that still wait for a network: its storage stays.
        return visit_cookie.sweep(_see(address), alone=self.parts.on_tablet)

    def help(self) -> Response:
        """Who helps, who runs this; also where the survey itself is not available."""
        ready = self.parts.ready()
        with self.held() as visit:
            lines = pages.fitting(ready.keys.support_lines, visit.answers if visit else {}) if ready else ()
            return self._beside("help.html", ready, visit, lines=lines)

    def about(self) -> Response:
        """What is kept, in plain words."""
        with self.held() as visit:
            return self._beside("about.html", self.parts.ready(), visit)

    def safety(self) -> Response:
        """What leaving can and cannot do, said honestly."""
        with self.held() as visit:
            return self._beside("safety.html", self.parts.ready(), visit)

    def _beside(self, template: str, ready: Ready | None, visit: Visit | None, **more: Any) -> Response:
        screens = beside_a_stop(self.parts, ready, visit)
        return make_response(pages.render(self.parts, template, ready, visit, screens=screens, **more))

    def thanks(self) -> Response:
        """The response is kept. The same lines for everybody: what was said is not known here any more."""
        return self._closing("kept", "thanks.html")

    def ended(self) -> Response:
        """The questions are over and there was too little to keep."""
        return self._closing("ended", "ended.html")

    def _closing(self, outcome: str, template: str) -> Response:
        ready = self.ready_now()
        with self.held() as visit:
            if visit is None:
                return to("start")
            if visit.outcome != outcome:
                return self._elsewhere(visit, visit.position) or to("page", page=visit.current())
            lines = pages.fitting(ready.keys.support_lines, {})
            figures = pages.figures(self.parts, visit.language)
            return make_response(pages.render(self.parts, template, ready, visit, lines=lines, figures=figures))

    def expire(self) -> None:
        """The server's own idle reset, for the verb's tick; every request brings it too."""
        submission.expire(self.parts)

    def reset(self) -> None:
        """A clean slate for the next person, and at a stop."""
        submission.reset(self.parts)

    def ready_now(self) -> Ready:
        """What may be asked now.

        Raises:
            NotAvailable: nothing may.
        """
        ready = self.parts.ready()
        if ready is None:
            raise NotAvailable
        return ready

    @contextmanager
    def held(self) -> Iterator[Visit | None]:
        """The visit of this request's cookie, or None; whoever sat here too long ago has been ended first."""
        self.expire()
        with self.parts.visits.holding(request.cookies.get(COOKIE)) as visit:
            if visit is not None:
                visit.touched = self.parts.clock.monotonic()
            yield visit

    def belongs(self, visit: Visit) -> bool:
        """Whether the form of this request was written for this visit."""
        return belongs(request.form.get(CSRF_FIELD, ""), visit.token)

    def _elsewhere(self, visit: Visit, page: str | None) -> Response | None:
        if visit.outcome is not None:
            return to("thanks" if visit.outcome == "kept" else "ended")
        if visit.end_reached:
            return to("finish")
        if page is None or visit.reachable(page, may_go_back=not self.parts.on_tablet):
            return None
        return to("page", page=visit.current())

    def _show(self, visit: Visit, page: Page) -> None:
        items = asked(visit.instrument, page, visit.answers)
        visit.show(page.name, items[-1].name if items else None)

    def _first_page(self, ready: Ready, visit: Visit, page: Page) -> Response:
        self._show(visit, page)
        return make_response(self.first_pages.page(ready, visit))

    def _question_page(
        self, ready: Ready, visit: Visit, page: Page, errors: Mapping[str, list[str]] | None = None
    ) -> Response:
        self._show(visit, page)
        return make_response(question_page(self.parts, ready, visit, page, errors))


def _see(address: str) -> Response:
    return make_response(redirect(address, 303))


def to(endpoint: str, **where: Any) -> Response:
    """See this page instead."""
    return _see(url_for(endpoint, **where))
