"""'I have a card with a code': the one page on which somebody types it.

The part of the address that carries the code never leaves a phone by itself, so without scripts it is typed; with them
by whoever has only the code, and then the page says that the phone seals. Nobody is stopped by it: where the place
allows that, one goes on without. The code is looked at here and spent when the response is filed, so that who leaves
keeps it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import Flask, Response, make_response, request

from survey import pages, visit_cookie
from survey.interview import Interview, to
from survey.parts import CardCodes, Ready
from survey.question_page import question_page
from survey.visits import Visit, new_token

_LONGEST = 64
_SEALS, _PHONE = "seals", "phone"
_LANGUAGE = "language"


@dataclass(frozen=True)
class CardCode:
    """The two views."""

    interview: Interview
    codes: CardCodes

    def page(self) -> Response:
        """Where to type it; also where nobody can begin without one. A phone that seals says in which language."""
        ready = self.interview.ready_now()
        with self.interview.held() as known:
            visit = known or Visit(new_token(), ready.instrument, ready.instrument.default_language)
            return visit_cookie.give(self._shown(ready, _in_their_language(visit), ""), visit.token)

    def take(self) -> Response:
        """Remember a code that works now; every other gets one answer."""
        if "code" not in request.form:
            return self.page()
        ready = self.interview.ready_now()
        untrusted = request.form["code"][:_LONGEST]
        with self.interview.held() as visit:
            if visit is None or not self.interview.belongs(visit):
                return to("card_code")
            if not self.codes.fits(untrusted):
                return self._shown(ready, _in_their_language(visit), "code.mistyped", untrusted)
            if not self.codes.works(untrusted):
                return make_response(self._shown(ready, _in_their_language(visit), "code.refused"), 403)
            code = self.codes.plain(untrusted)
            if request.form.get(_SEALS) == _PHONE:
                # It keeps the code itself and sends it in a header, so that no draft has to have room here.
                return self._first_question(ready, replace(_in_their_language(visit), code=code))
            self.interview.parts.visits.check_room(visit)
            visit.code = code
            return to("start")

    def _first_question(self, ready: Ready, visit: Visit) -> Response:
        first = visit.instrument.page(visit.way[0])
        return make_response(question_page(self.interview.parts, ready, visit, first))

    def _shown(self, ready: Ready, visit: Visit, problem: str, typed: str = "") -> Response:
        closed = self.interview.parts.visits.only_with_code and visit.began is None
        why = "" if not closed else "code.full" if ready.place.open_door else "code.only"
        html = pages.render(
            self.interview.parts, "card_code.html", ready, visit, problem=problem, typed=typed, why=why, closed=closed
        )
        return make_response(html)


def _in_their_language(visit: Visit) -> Visit:
    """As this page's form says; a phone that seals has told the centre of no other, and no draft has to have room."""
    untrusted = request.form.get(_LANGUAGE)
    return replace(visit, language=untrusted) if untrusted in visit.instrument.languages else visit


def add_card_code(app: Flask, interview: Interview) -> None:
    """The page's routes, where the place's link knows codes."""
    if interview.parts.codes is None:
        return
    views = CardCode(interview, interview.parts.codes)
    app.add_url_rule("/code", "card_code", views.page, methods=["GET"])
    app.add_url_rule("/code", "take_card_code", views.take, methods=["POST"])
