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

from survey import pages
from survey.parts import Parts
from survey.stopped import NOTHING_ASKED, others, screens_of_a_stop, true_of
from survey.visits import COOKIE, Visit

_OURS = 500


@dataclass(frozen=True)
class PlainPages:
    """A heading, what to do, a way on; both texts are named by their places in the catalogues.

    ``report`` is told of a fault of ours.
    """

    parts: Parts
    report: Callable[[Exception], None]

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
            told = NOTHING_ASKED
        # A phone may still have something to delete where nothing is asked.
        stopped = not told["way_on"] and not self.parts.on_tablet
        language = self._asked_for()
        screens = screens_of_a_stop(self.parts, ready, visit, language) if stopped else {}
        more = {"posted": request.method == "POST", "languages": others(self.parts) if ready is None else ()}
        told = {**told, **more, "text": true_of(visit, told["text"])}
        return pages.render(self.parts, "plain.html", ready, visit, language, screens=screens, **told)

    def _asked_for(self) -> str:
        untrusted = request.args.get("language", "")
        return untrusted if untrusted in self.parts.words and not self.parts.on_tablet else ""


def _whose(parts: Parts) -> Visit | None:
    """The visit of this request's cookie. To be told of a fault is no touch, which would keep it from ending."""
    with parts.visits.holding(request.cookies.get(COOKIE)) as visit:
        return visit
