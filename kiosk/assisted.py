"""Assisted entry: an advocate or a call handler reads the questions out and enters what the person says.

A second interview beside the tablet's own, under ``/assisted/`` and behind a PIN of its own, only where the keys file
names the place for it, never at a counter. It has visits of its own and the same store, so a response that was
finished is as gone here as there; its mode stands in the row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, abort, make_response, redirect, request, url_for

from kiosk.pins import Door, TooSoon
from survey import pages
from survey.interview import Interview
from survey.parts import Parts

OPEN_SECONDS = 1800
"""A call may pause for long; each page that is asked for keeps the door open."""
WRONG = "These are not the digits."
NO_PIN = "No PIN has been set for this. At the tablet, in a terminal, run: python -m kiosk pin --assisted"
_ROOM = "/assisted"
WSGI = Callable[..., Iterable[bytes]]


def allowed(parts: Parts) -> bool:
    """Whether this place may enter answers for people, as the keys file in force says."""
    keys = parts.keys()
    place = keys.place(parts.place) if keys else None
    return place is not None and "assisted" in place.modes and place.kind != "counter"


@dataclass(frozen=True)
class AssistedPages:
    """The door to assisted entry, on the tablet's own side."""

    parts: Parts
    interview: Interview
    door: Door

    def show(self, rest: str = "") -> Response:
        """The digits; also for whatever lies behind a door that has shut meanwhile."""
        self._allowed()
        if rest or request.path != url_for("rooms.assisted"):
            return make_response(redirect(url_for("rooms.assisted"), 303))
        return self._digits()

    def enter(self) -> Response:
        """Digits, or 'close' from within."""
        self._allowed()
        if request.form.get("do") == "close":
            self.interview.reset()
            self.door.close()
            return make_response(redirect(url_for("start"), 303))
        if not self.door.has_pin or "pin" not in request.form:
            return self._digits()
        try:
            key = self.door.open(request.form["pin"].strip())
        except TooSoon as wait:
            return self._digits(str(wait))
        return make_response(redirect(_ROOM + "/", 303)) if key else self._digits(WRONG)

    def _allowed(self) -> None:
        if not allowed(self.parts):
            abort(404)

    def _digits(self, trouble: str = "") -> Response:
        known = self.door.has_pin
        html = pages.render(
            self.parts, "digits.html", self.parts.ready(), heading="Assisted entry",
            trouble=trouble if known else NO_PIN, action=url_for("rooms.assisted_enter"), known=known,
        )  # fmt: skip
        return make_response(html)


class BehindTheDoor:
    """Hands what is asked for under ``/assisted/`` to the assisted interview, while its door stands open."""

    def __init__(self, own: WSGI, assisted: Flask, parts: Parts, door: Door) -> None:
        self._own = own
        self._assisted = assisted
        self._parts = parts
        self._door = door

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """One request."""
        path = environ.get("PATH_INFO", "")
        if not path.startswith(_ROOM + "/") or not allowed(self._parts) or not self._door.stands_open(touch=True):
            return self._own(environ, start_response)
        inside = {**environ, "SCRIPT_NAME": environ.get("SCRIPT_NAME", "") + _ROOM, "PATH_INFO": path[len(_ROOM) :]}
        return self._assisted.wsgi_app(inside, start_response)
