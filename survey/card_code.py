"""'I have a card with a code': the one page on which somebody types it.

The part of the address that carries the code never leaves a phone by itself, so without scripts it is typed; with them
by whoever has only the code, and then the phone asks about it from within its one page. Nobody is stopped by it: where
the place allows that, one goes on without. The code is looked at here and spent once the core is filed, so that who
leaves before that keeps it. One that went bad meanwhile leads to a page that asks what to do, whatever the cause.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, Response, make_response, request

from survey import pages, submission, visit_cookie
from survey.interview import Interview, to
from survey.parts import CardCodes, Ready
from survey.visits import Visit, new_token

_LONGEST = 64


@dataclass(frozen=True)
class CardCode:
    """The four views."""

    interview: Interview
    codes: CardCodes

    def page(self) -> Response:
        """Where to type it; also where nobody can begin without one."""
        ready = self.interview.ready_now()
        with self.interview.held() as known:
            visit = known or Visit(new_token(), ready.instrument, ready.instrument.default_language)
            return visit_cookie.give(self._shown(ready, visit, ""), visit.token)

    def take(self) -> Response:
        """Remember a code that works now; every other gets one answer."""
        ready = self.interview.ready_now()
        untrusted = request.form.get("code", "")[:_LONGEST]
        with self.interview.held() as visit:
            if visit is None or not self.interview.belongs(visit):
                return to("card_code")
            if self.codes.tried_too_many():
                return make_response(self._shown(ready, visit, "full.heading", untrusted), 503)
            if not self.codes.fits(untrusted):
                return self._shown(ready, visit, "code.mistyped", untrusted)
            if not self.codes.works(untrusted):
                return make_response(self._shown(ready, visit, "code.refused"), 403)
            self.interview.parts.visits.check_room(visit)
            visit.code = self.codes.plain(untrusted)
            return self._gone_on(visit) if visit.refused or visit.end_reached else to("start")

    def refused(self) -> Response:
        """The code went bad meanwhile: what this person wants. Nothing falls to the open door by itself."""
        ready = self.interview.ready_now()
        with self.interview.held() as visit:
            if visit is None or not visit.refused:
                return to("start")
            chosen = request.form.get("go") if self.interview.belongs(visit) else None
            parts = self.interview.parts
            may_send = not parts.visits.only_with_code
            if chosen == "delete":
                submission.leave(parts, visit)
            elif chosen == "open-door" and may_send:
                visit.code = ""
                return self._gone_on(visit)
            gone = chosen == "delete"
            return make_response(pages.render(parts, "refused_card.html", ready, visit, gone=gone, may_send=may_send))

    def _gone_on(self, visit: Visit) -> Response:
        """From where the card stopped this visit, with another code or by the open door."""
        visit.refused = False
        if visit.end_reached:
            return self.interview.submit(visit)
        try:
            submission.keep_partial(self.interview.parts, visit)
        except submission.CodeRefused:
            return to("refused_card")
        return to("page", page=visit.current())

    def tell(self) -> Response:
        """What a phone that seals by itself asks about a code: its letters where it works now, else one word.

        The phone keeps it and sends it in a header, so nothing is remembered here and no visit is looked up.
        """
        self.interview.ready_now()
        untrusted = request.form.get("code", "")[:_LONGEST]
        if self.codes.tried_too_many():
            return Response("busy", 503, mimetype="text/plain")
        if not self.codes.fits(untrusted):
            word = "mistyped"
        else:
            word = self.codes.plain(untrusted) if self.codes.works(untrusted) else "refused"
        return Response(word, mimetype="text/plain")

    def _shown(self, ready: Ready, visit: Visit, problem: str, typed: str = "") -> Response:
        # Who has begun may go on when the day's ceiling is reached; where the door is closed nobody is taken without.
        bound = visit.began is None or visit.refused or not ready.place.open_door
        closed = self.interview.parts.visits.only_with_code and bound
        why = "" if not closed else "code.full" if ready.place.open_door else "code.only"
        html = pages.render(
            self.interview.parts, "card_code.html", ready, visit, problem=problem, typed=typed, why=why, closed=closed
        )
        return make_response(html)


def add_card_code(app: Flask, interview: Interview) -> None:
    """The page's routes, where the place's link knows codes."""
    if interview.parts.codes is None:
        return
    views = CardCode(interview, interview.parts.codes)
    app.add_url_rule("/code", "card_code", views.page, methods=["GET"])
    app.add_url_rule("/code", "take_card_code", views.take, methods=["POST"])
    app.add_url_rule("/refused", "refused_card", views.refused, methods=["GET", "POST"])
    app.add_url_rule("/phone-code", "phone_code", views.tell, methods=["POST"])
