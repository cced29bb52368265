"""``POST /s/<place>/rows``: one row that a phone sealed itself, by the open door or for a card's code.

The body is the row and nothing else; what the page knows beside goes in two headers, and no cookie is read or set. The
answer is a word: the page says the rest, in the person's language (docs/formats.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, Response, request

from export.centre.arrivals import is_ours
from export.centre.codes import Codes
from export.centre.instance import Centre
from survey.ceiling import DailyCeiling
from survey.headers import add_headers
from survey.marks import NO_MARK, Filed, Mark
from survey.sealing import ROW_BYTES
from survey.store import StoreDamaged, StoreFull

PATHS = ("/rows", "/rows/forget")
_ROW_TYPE = "application/octet-stream"
_ID = re.compile(r"[0-9a-f]{32}")
_MOST_REPLACED = 64
_WORDS: dict[Filed, str] = {"stored": "stored", "replaced": "stored", "had": "had", "refused": "code"}
_STATUS = {"stored": 200, "had": 200, "gone": 200, "row": 400, "code": 403, "unavailable": 503}


@dataclass(frozen=True)
class LinkRows:
    """The two views. ``ceiling_of`` gives a place's daily ceiling; ``busy`` whether this address sent too much."""

    centre: Centre
    codes: Codes
    ceiling_of: Callable[[str], DailyCeiling]
    busy: Callable[[], bool]

    def rows(self, place: str) -> Response:
        """Keep one row, once."""
        if not self._linked(place) or self.busy():
            return _word("unavailable")
        # A page of another site can make a browser send a form, never this kind of body.
        row = request.get_data(cache=False) if request.mimetype == _ROW_TYPE else b""
        if len(row) != ROW_BYTES or not is_ours(row, self.centre.registry.collection_keys()):
            return _word("row")
        replaces = _ids_in(request.headers.get("Heard-Replaces", ""))
        ceiling = self.ceiling_of(place)
        mark = self._mark(place, ceiling, request.headers.get("Heard-Code"))
        filed = self.centre.store.admit(row, mark, replaces)
        if filed == "stored" and mark is None:
            ceiling.count()
        return _word(_WORDS[filed])

    def _mark(self, place: str, ceiling: DailyCeiling, untrusted_code: str | None) -> Mark | None:
        # A code that is no good never falls back to the open door by itself: the page asks the person first.
        if untrusted_code is not None:
            return self.codes.mark_of(untrusted_code, place)
        return NO_MARK if ceiling.reached else None

    def forget(self, place: str) -> Response:
        """Leave and delete: what only this page knows the id of is gone, whether or not it was here."""
        del place  # also where a place has lost its link since
        one = _id_in(request.get_data(cache=False, as_text=True))
        if one is not None:
            self.centre.store.take_back([one])
        return _word("gone")

    def _linked(self, place: str) -> bool:
        briefing = self.centre.briefing()
        keys = None if briefing is None else briefing.keys()
        known = None if keys is None or keys.stop else keys.place(place)
        return known is not None and "link" in known.modes


def _id_in(untrusted: str) -> bytes | None:
    return bytes.fromhex(untrusted) if _ID.fullmatch(untrusted) else None


def _ids_in(untrusted: str) -> list[bytes]:
    named = untrusted.split(",", _MOST_REPLACED)[:_MOST_REPLACED]
    return [one for one in map(_id_in, named) if one is not None]


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
