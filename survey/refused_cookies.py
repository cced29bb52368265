"""Who refuses the visit's cookie and runs no script is told so, instead of being asked the first question for ever.

A request without the cookie may also come from a tab whose visit was left in another. So it is given a new one and sent
on to the start: what comes back with it begins anew, as everybody does, and what comes back without it keeps none. A
page that says so is told by nothing but the request: no visit is looked up for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, Response, make_response, redirect, request, url_for

from survey import pages, visit_cookie
from survey.parts import Parts, Ready
from survey.visits import COOKIE, new_token

_ASKED = "asked"
"""In the address of the start, where a cookie was given along just before."""

_WAYS_ON = frozenset({"answer_first", "answer", "language", "languages", "take_card_code"})


@dataclass(frozen=True)
class RefusedCookies:
    """What stands before the views of a link."""

    parts: Parts

    def __call__(self) -> Response | None:
        """Ask for the cookie, or say that it is missing; None where the request is for its view."""
        ready = self.parts.ready()
        # A browser that holds a visit's cookie brings none from a page of another site: a new one would take its place.
        missing = COOKIE not in request.cookies and not visit_cookie.kept_back()
        if ready is None:
            return None
        if request.endpoint == "start" and _ASKED in request.args:
            if not missing:
                return make_response(redirect(url_for("start"), 303))
            return visit_cookie.give(make_response(self._page(ready), 403), new_token())
        if request.endpoint in _WAYS_ON and missing:
            return visit_cookie.give(make_response(redirect(url_for("start", asked=""), 303)), new_token())
        return None

    def _page(self, ready: Ready) -> str:
        heading, text = "problem.forgets", "problem.forgets.text"
        return pages.render(self.parts, "plain.html", ready, heading=heading, text=text, way_on=True)


def add_refused_cookies(app: Flask, parts: Parts) -> None:
    """Ask for the cookie before every view that needs it."""
    app.before_request(RefusedCookies(parts))
