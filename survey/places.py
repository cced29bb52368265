"""Where Heard asks, and whom it can point people to: what the keys file says of each place and support line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from forms import shapes
from forms.shapes import Malformed, Members

KINDS = ("counter", "hub", "line")
MODES = ("kiosk", "link", "assisted")

CODE = re.compile(r"[A-Za-z0-9_-]{1,32}")
"""How a place is named in files and addresses."""
_NUMBER = re.compile(r"[0-9][0-9 ]{1,19}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOST_SECONDS = 600
# WCAG 2.2, 2.2.1: twenty seconds at least in which to say 'I am still here'.
_LEAST_SECONDS = 20
_LONGEST_LINE = 200


@dataclass(frozen=True)
class Place:
    """A place and what it allows. After ``warn_seconds`` untouched a warning counts down ``reset_seconds``.

    ``come_back``: whether its link offers four words by which a person can answer again later.
    ``open_door``: whether its link can be used without a card's one-time code.
    """

    code: str
    name: str
    kind: str
    modes: tuple[str, ...]
    warn_seconds: int = 60
    reset_seconds: int = 30
    come_back: bool = True
    open_door: bool = True

    def __post_init__(self) -> None:
        """Refuse a place that could harm someone, whoever describes it.

        Raises:
            Malformed: among others assisted mode at a police counter, where nobody may read an answer aloud.
        """
        if not CODE.fullmatch(self.code):
            raise Malformed(f"place {self.code!a}: a code of up to 32 letters, digits, - and _ is needed.")
        if self.kind not in KINDS or not self.modes or not set(self.modes) <= set(MODES):
            raise Malformed(f"place {self.code}: the kind is one of {KINDS}, and each mode one of {MODES}.")
        if self.kind == "counter" and "assisted" in self.modes:
            raise Malformed(f"place {self.code}: assisted mode is never allowed at a police counter.")
        for seconds in (self.warn_seconds, self.reset_seconds):
            if not _LEAST_SECONDS <= seconds <= _MOST_SECONDS:
                raise Malformed(f"place {self.code}: time-outs are {_LEAST_SECONDS} to {_MOST_SECONDS} seconds each.")

    def to_json(self) -> dict[str, Any]:
        """As it stands in the keys file."""
        told = {
            "code": self.code,
            "name": self.name,
            "kind": self.kind,
            "modes": list(self.modes),
            "warn_seconds": self.warn_seconds,
            "reset_seconds": self.reset_seconds,
        }
        # Said only where it differs, so that a tablet from before it was known still reads the file.
        differs = {"come_back": self.come_back, "open_door": self.open_door}
        return told | {name: value for name, value in differs.items() if not value}

    @classmethod
    def from_json(cls, untrusted: Any) -> Self:
        """Read one place.

        Raises:
            Malformed: says what is wrong with which place.
        """
        members = Members(untrusted, "place")
        place = cls(
            code=members.take("code", shapes.text),
            name=members.take("name", line),
            kind=members.take("kind", shapes.one_of(*KINDS)),
            modes=members.take("modes", shapes.each(shapes.one_of(*MODES))),
            warn_seconds=members.maybe("warn_seconds", whole, 60),
            reset_seconds=members.maybe("reset_seconds", whole, 30),
            come_back=members.maybe("come_back", shapes.flag, otherwise=True),
            open_door=members.maybe("open_door", shapes.flag, otherwise=True),
        )
        members.finish()
        return place


@dataclass(frozen=True)
class SupportLine:
    """A helpline. Only one that somebody verified, on a day that is written down, is shown to respondents."""

    name: str
    number: str
    hours: str
    crimes: tuple[str, ...]
    verified_on: date | None

    def __post_init__(self) -> None:
        """Refuse a number that a telephone could not dial.

        Raises:
            Malformed: says which line.
        """
        if not _NUMBER.fullmatch(self.number):
            raise Malformed(
                f"support line {self.name}: {self.number!a} is not a telephone number of digits and spaces."
            )

    def to_json(self) -> dict[str, Any]:
        """As it stands in the keys file."""
        return {
            "name": self.name,
            "number": self.number,
            "hours": self.hours,
            "crimes": list(self.crimes),
            "verified_on": None if self.verified_on is None else self.verified_on.isoformat(),
        }

    @classmethod
    def from_json(cls, untrusted: Any) -> Self:
        """Read one support line.

        Raises:
            Malformed: says what is wrong with it.
        """
        members = Members(untrusted, "support line")
        found = cls(
            name=members.take("name", line),
            number=members.take("number", shapes.text),
            hours=members.maybe("hours", _maybe_line, ""),
            crimes=members.maybe("crimes", shapes.each(shapes.code), ()),
            verified_on=members.maybe("verified_on", _maybe_day, None),
        )
        members.finish()
        return found


def distinct(places: Sequence[Place]) -> tuple[Place, ...]:
    """The places, none of which may share a code.

    Raises:
        Malformed: one stands twice.
    """
    if len({place.code for place in places}) != len(places):
        raise Malformed("a place stands twice.")
    return tuple(places)


def line(untrusted: Any) -> str:
    """One short line of text."""
    found = shapes.text(untrusted)
    if not found.strip() or len(found) > _LONGEST_LINE or not found.isprintable():
        raise Malformed(f"one line of up to {_LONGEST_LINE} characters is needed.")
    return found


def whole(untrusted: Any) -> int:
    """A whole number from zero."""
    if isinstance(untrusted, bool) or not isinstance(untrusted, int) or not 0 <= untrusted <= shapes.LARGEST_NUMBER:
        raise Malformed("a whole number is needed.")
    return untrusted


def day(untrusted: Any) -> date:
    """A day such as 2026-11-05."""
    if not isinstance(untrusted, str) or not _DAY.fullmatch(untrusted):
        raise Malformed("a day such as 2026-11-05 is needed.")
    try:
        return date.fromisoformat(untrusted)
    except ValueError as fault:
        raise Malformed("a day of the calendar is needed.") from fault


def _maybe_day(untrusted: Any) -> date | None:
    return None if untrusted is None else day(untrusted)


def _maybe_line(untrusted: Any) -> str:
    return "" if untrusted == "" else line(untrusted)
