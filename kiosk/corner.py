"""The staff corner: the tablet's state in words, send now, the software's version, stop for today. Behind six digits.

The open corner is known by a key in its own forms, never by a cookie: the next person's browser holds nothing of it,
and Back shows the digits again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from flask import Response, make_response, redirect, request, url_for

from kiosk.closing import Today
from kiosk.pins import Door, TooSoon
from survey import pages
from survey.parts import Parts

WRONG = "These are not the digits."
NO_PIN = "No PIN has been set for this. At the tablet, in a terminal, run: python -m kiosk pin"


class Sends(Protocol):
    """What 'send now' presses: ``start`` returns at once, ``words`` says how it went."""

    @property
    def words(self) -> str:
        """How the last sending went."""

    def start(self) -> None:
        """Send, soon."""


@dataclass(frozen=True)
class Corner:
    """What the corner shows and does."""

    door: Door
    by_hand: Sends
    today: Today
    software: str


@dataclass(frozen=True)
class CornerPages:
    """The corner's two pages: the digits, and what is behind them."""

    parts: Parts
    reset: Callable[[], None]
    corner: Corner
    state: Callable[[], Sequence[str]]

    def show(self) -> Response:
        """The digits."""
        return self._digits()

    def enter(self) -> Response:
        """Digits, or something pressed behind them."""
        pressed = request.form.get("do", "")
        key: str | None = request.form.get("key", "")
        if not self.corner.door.holds(key or ""):
            if not self.corner.door.has_pin or "pin" not in request.form:
                return self._digits()
            try:
                key = self.corner.door.open(request.form["pin"].strip())
            except TooSoon as wait:
                return self._digits(str(wait))
            return self._inside(key) if key else self._digits(WRONG)
        self._do(pressed)
        return _away() if pressed == "close" else self._inside(key or "")

    def _do(self, pressed: str) -> None:
        match pressed:
            case "send":
                self.corner.by_hand.start()
            case "stop":
                # Whoever is in the middle of it keeps what is theirs: it ends as if they had walked away.
                self.reset()
                self.corner.today.close()
            case "again":
                self.corner.today.reopen()
            case "close":
                self.corner.door.close()

    def _digits(self, trouble: str = "") -> Response:
        parts = self.parts
        known = self.corner.door.has_pin
        html = pages.render(
            parts, "digits.html", parts.ready(), heading="Staff corner", trouble=trouble if known else NO_PIN,
            action=url_for("rooms.corner_enter"), known=known,
        )  # fmt: skip
        return make_response(html)

    def _inside(self, key: str) -> Response:
        parts, corner = self.parts, self.corner
        html = pages.render(
            parts, "corner.html", parts.ready(), key=key, state=self.state(), sent=corner.by_hand.words,
            closed=corner.today.closed, software=corner.software,
        )  # fmt: skip
        return make_response(html)


def _away() -> Response:
    return make_response(redirect(url_for("start"), 303))
