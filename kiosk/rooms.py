"""What stands beside the tablet's interview: the staff corner, assisted entry, and the mark for the screen's loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Flask, Response, make_response, redirect, request, url_for

from kiosk.app import tablet_app
from kiosk.assisted import AssistedPages, BehindTheDoor, allowed
from kiosk.corner import Corner, CornerPages
from kiosk.pins import Door
from kiosk.sitting import Sitting
from survey.interview import Interview
from survey.parts import Parts
from survey.visits import Visits

State = Callable[[], Sequence[str]]


@dataclass(frozen=True)
class Whole:
    """A tablet's application and the interviews in it: its own, and the assisted one."""

    app: Flask
    interviews: tuple[Interview, ...]

    @property
    def own(self) -> Interview:
        """The tablet's own interview, that people answer by themselves."""
        return self.interviews[0]

    def expire(self) -> None:
        """End the visits that nobody touches."""
        for interview in self.interviews:
            interview.expire()

    def reset(self) -> None:
        """End what is under way."""
        for interview in self.interviews:
            interview.reset()


def whole_tablet(parts: Parts, state: State, corner: Corner, assisted_door: Door, *, assisted_only: bool) -> Whole:
    """The tablet's own interview with everything beside it. ``assisted_only``: its first page is the assisted one."""
    others = Visits()
    sitting = Sitting(parts.visits, others)
    tell_reset = parts.after_reset

    def after_reset() -> None:
        sitting.ended()
        tell_reset()

    parts = replace(parts, after_reset=after_reset)
    app, assisted = tablet_app(parts, state), tablet_app(replace(parts, mode="assisted", visits=others), state)
    own, other = (each.extensions["interview"] for each in (app, assisted))
    whole = Whole(app, (own, other))

    def first_page() -> Any:
        only = assisted_only or (allowed(parts) and parts.ready() is None)
        if request.endpoint == "start" and only and allowed(parts):
            return redirect(url_for("rooms.assisted"), 303)
        return None

    assisted.register_blueprint(Blueprint("aloud", __name__, static_folder="static", static_url_path="/aloud"))
    assisted.jinja_env.globals["aloud"] = True
    app.register_blueprint(
        _rooms(sitting, CornerPages(parts, whole.reset, corner, state), AssistedPages(parts, other, assisted_door))
    )
    app.before_request(first_page)
    app.jinja_env.globals.update(rooms=True, assisted_allowed=lambda: allowed(parts))
    app.wsgi_app = BehindTheDoor(app.wsgi_app, assisted, parts, assisted_door)  # type: ignore[method-assign]
    return whole


def _rooms(sitting: Sitting, corner: CornerPages, entry: AssistedPages) -> Blueprint:
    def mark() -> Response:
        response = make_response(sitting.mark())
        response.mimetype = "text/plain"
        return response

    rooms = Blueprint("rooms", __name__)
    rooms.add_url_rule("/sitting", "sitting", mark, methods=["GET"])
    rooms.add_url_rule("/corner", "corner", corner.show, methods=["GET"])
    rooms.add_url_rule("/corner", "corner_enter", corner.enter, methods=["POST"])
    rooms.add_url_rule("/assisted", "assisted", entry.show, methods=["GET"])
    rooms.add_url_rule("/assisted", "assisted_enter", entry.enter, methods=["POST"])
    rooms.add_url_rule("/assisted/", "assisted_shut", entry.show, methods=["GET", "POST"])
    rooms.add_url_rule("/assisted/<path:rest>", "assisted_shut", entry.show, methods=["GET", "POST"])
    return rooms
