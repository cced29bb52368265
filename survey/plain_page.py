"""A page that says in plain words what is wrong and what to do, in the language of whoever meets it.

The visit says which language that is, and a link to the others then stands there too; a phone, whose visit only it
knows, asks for it in the address, and where nothing is asked the others stand on the page itself. Where it is the visit
itself that cannot be read or shown, the page comes without it: what tells of a fault must not fail by the same fault.
That one is ours, whatever else was wrong, so it is reported and the status says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, make_response, request
from markupsafe import Markup

from survey import pages
from survey.languages import Language, offered
from survey.parts import Parts, Ready
from survey.visits import COOKIE, Visit

NOTHING_KEPT = "unavailable.text.link"
_OURS = 500
# Whatever was asked for: behind a link no page leads to questions then.
_NOTHING_ASKED: Mapping[str, Any] = {"heading": "unavailable.heading", "text": "unavailable.text.link", "way_on": False}


@dataclass(frozen=True)
class PlainPages:
    """A heading, what to do, a way on; both texts are named by their places in the catalogues.

    ``report`` is told of a fault of ours, ``screens_of_a_stop`` makes what a phone shows where nothing is asked.
    """

    parts: Parts
    report: Callable[[Exception], None]
    screens_of_a_stop: Callable[[Parts, Ready | None, Visit | None, str], Mapping[str, Markup]]

    def __call__(self, status: int, heading: str, text: str | None, *, way_on: bool = True) -> Response:
        """The page with this status. ``way_on``: whether the survey may be gone on with."""
        told = {"heading": heading, "text": text, "way_on": way_on}
        try:
            return make_response(self._page(_whose(self.parts), told), status)
        except Exception as fault:  # noqa: BLE001 - whatever it is, somebody waits for a page
            self.report(fault)
            return make_response(self._page(None, told), _OURS)

    def _page(self, visit: Visit | None, told: Mapping[str, Any]) -> str:
        ready = self.parts.ready()
        if ready is None and not self.parts.on_tablet:
            told = _NOTHING_ASKED
        # A phone may still have something to delete where nothing is asked.
        stopped = not told["way_on"] and not self.parts.on_tablet
        language = self._asked_for()
        screens = self.screens_of_a_stop(self.parts, ready, visit, language) if stopped else {}
        told = {**told, "text": _true_of(visit, told["text"]), "languages": self._others() if ready is None else ()}
        return pages.render(self.parts, "plain.html", ready, visit, language, screens=screens, **told)

    def _asked_for(self) -> str:
        untrusted = request.args.get("language", "")
        return untrusted if untrusted in self.parts.words and not self.parts.on_tablet else ""

    def _others(self) -> tuple[Language, ...]:
        """What the questionnaire can be read in once it is there again."""
        keys = None if self.parts.on_tablet else self.parts.keys()
        return offered(keys.instruments[0], self.parts.words) if keys and keys.instruments else ()


def _true_of(visit: Visit | None, text: str | None) -> str | None:
    """Where scripts do not run only the centre knows whether anything is kept; a phone that seals by itself says so."""
    if text != NOTHING_KEPT or visit is None:
        return text
    if visit.outcome == "kept":
        return None
    return "unavailable.sent" if visit.partial_kept else text


def _whose(parts: Parts) -> Visit | None:
    """The visit of this request's cookie. To be told of a fault is no touch, which would keep it from ending."""
    with parts.visits.holding(request.cookies.get(COOKIE)) as visit:
        return visit
