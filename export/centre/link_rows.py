"""``POST /s/<place>/rows``: one row that a phone sealed itself, kept once; and its deletion.

The body is the row and nothing else, no cookie is read or set, and the answer is a word: the page says the rest, in the
person's language (docs/formats.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, Response, request

from export.centre.arrivals import is_ours
from export.centre.instance import Centre
from survey.ceiling import DailyCeiling
from survey.headers import add_headers
from survey.sealing import ROW_BYTES
from survey.store import StoreDamaged, StoreFull

PATHS = ("/rows", "/rows/forget")
_ROW_TYPE = "application/octet-stream"
_ID = re.compile(r"[0-9a-f]{32}")
_STATUS = {"stored": 200, "had": 200, "gone": 200, "row": 400, "unavailable": 503}


@dataclass(frozen=True)
class LinkRows:
    """The two views. ``ceiling_of`` gives a place's daily ceiling."""

    centre: Centre
    ceiling_of: Callable[[str], DailyCeiling]

    def rows(self, place: str) -> Response:
        """Keep one row, once; one that replaces another is in its place."""
        if not self._linked(place):
            return _word("unavailable")
        # A page of another site can make a browser send a form, never this kind of body.
        row = request.get_data(cache=False) if request.mimetype == _ROW_TYPE else b""
        if len(row) != ROW_BYTES or not is_ours(row, self.centre.registry.collection_keys()):
            return _word("row")
        replaces, ceiling = _id_in(request.headers.get("Heard-Replaces", "")), self.ceiling_of(place)
        if replaces is None and ceiling.reached:
            return _word("unavailable")
        (word,) = self.centre.store.put("arrivals", [row], "open")
        if replaces is not None:
            self._gone(replaces)
        elif word == "stored":
            ceiling.count()
        return _word(word)

    def forget(self, place: str) -> Response:
        """Leave and delete: gone, whether or not it was here, and also where a place has lost its link since."""
        del place
        one = _id_in(request.get_data(cache=False, as_text=True))
        if one is not None:
            self._gone(one)
        return _word("gone")

    def _gone(self, one: bytes) -> None:
        for shelf in self.centre.store.shelves:
            self.centre.store.forget(shelf, [one])

    def _linked(self, place: str) -> bool:
        briefing = self.centre.briefing()
        keys = None if briefing is None else briefing.keys()
        known = None if keys is None or keys.stop else keys.place(place)
        return known is not None and "link" in known.modes


def _id_in(untrusted: str) -> bytes | None:
    return bytes.fromhex(untrusted) if _ID.fullmatch(untrusted) else None


def _word(word: str) -> Response:
    return Response(word, _STATUS[word], mimetype="text/plain")


def rows_app(views: LinkRows) -> Flask:
    """The two routes as an application of their own, since a row is no form and no page."""
    app = Flask(__name__)
    app.logger.disabled = True
    app.config["MAX_CONTENT_LENGTH"] = ROW_BYTES
    app.add_url_rule("/s/<place>/rows", "rows", views.rows, methods=["POST"])
    app.add_url_rule("/s/<place>/rows/forget", "forget", views.forget, methods=["POST"])
    for fault in (StoreFull, StoreDamaged):
        app.register_error_handler(fault, lambda _fault: _word("unavailable"))
    app.register_error_handler(413, lambda _fault: _word("row"))
    app.after_request(add_headers)
    return app
