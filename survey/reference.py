"""What a custodian keeps as dated files beside the program: places, support lines, and the areas boroughs lie in."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from forms import shapes
from forms.shapes import Malformed, Members
from survey.places import Place, SupportLine, distinct, line

DATA = Path(__file__).parent / "data"
DEMO_PLACES = DATA / "places.toml"
SUPPORT_LINES = DATA / "support_lines.toml"
AREAS = DATA / "areas.toml"


class ReferenceRefused(ValueError):
    """A file of places, support lines or areas that cannot be used. The message names the file and what to correct."""


@dataclass(frozen=True)
class Areas:
    """Borough -> police area -> zone, all by code, as they stood on a day; ``labels`` names every code of the three."""

    as_of: date
    area_of: Mapping[str, str]
    zone_of: Mapping[str, str]
    labels: Mapping[str, str]


def read_places(path: Path) -> tuple[Place, ...]:
    """The places of a TOML file: ``[[place]]`` with code, name, kind, modes and, where wanted, time-outs.

    Raises:
        ReferenceRefused: unreadable, or a place that cannot be.
    """
    try:
        members = Members(_toml(path), "places")
        places = distinct(members.take("place", shapes.each(Place.from_json)))
        members.finish()
    except Malformed as fault:
        raise ReferenceRefused(f"{path}: {fault}") from fault
    return places


def read_support_lines(path: Path = SUPPORT_LINES) -> tuple[SupportLine, ...]:
    """The support lines of a TOML file: ``[[line]]``; one without ``verified_on`` is never shown to a respondent.

    Raises:
        ReferenceRefused: unreadable, or a line that cannot be.
    """
    try:
        members = Members(_toml(path), "support lines")
        lines = members.take("line", shapes.each(_support_line))
        members.finish()
    except Malformed as fault:
        raise ReferenceRefused(f"{path}: {fault}") from fault
    return lines


def read_areas(path: Path = AREAS) -> Areas:
    """The areas of a TOML file: ``as_of``, ``verified``, ``[zones]`` and ``[[area]]`` with its boroughs.

    Raises:
        ReferenceRefused: unreadable, a borough in two areas, or an area in no zone.
    """
    try:
        return _areas(_toml(path))
    except Malformed as fault:
        raise ReferenceRefused(f"{path}: {fault}") from fault


def _support_line(untrusted: Any) -> SupportLine:
    members = dict(untrusted) if isinstance(untrusted, dict) else {}
    # For whoever checks the number next; a respondent needs the number only.
    members.pop("source", None)
    if isinstance(members.get("verified_on"), date):
        members["verified_on"] = members["verified_on"].isoformat()
    return SupportLine.from_json(members)


def _areas(untrusted: Any) -> Areas:
    members = Members(untrusted, "areas")
    as_of = members.take("as_of", _toml_day)
    members.take("verified", shapes.flag)
    zones = members.take("zones", shapes.mapping(shapes.code, line))
    area_of: dict[str, str] = {}
    zone_of: dict[str, str] = {}
    labels = dict(zones)
    for code, name, zone, boroughs in members.take("area", shapes.each(_area)):
        if zone not in zones or code in labels or area_of.keys() & boroughs.keys():
            raise Malformed(f"area {code}: its zone is not listed, or it or one of its boroughs stands twice.")
        zone_of[code] = zone
        area_of |= dict.fromkeys(boroughs, code)
        labels |= {code: name, **boroughs}
    members.finish()
    return Areas(as_of, area_of, zone_of, labels)


def _area(untrusted: Any) -> tuple[str, str, str, dict[str, str]]:
    members = Members(untrusted, "area")
    code, name = members.take("code", shapes.code), members.take("name", line)
    members.take("force", line)
    zone = members.take("zone", shapes.code)
    boroughs = dict(members.take("boroughs", shapes.each(_borough)))
    members.finish()
    return code, name, zone, boroughs


def _borough(untrusted: Any) -> tuple[str, str]:
    members = Members(untrusted, "borough")
    code, name = members.take("code", shapes.code), members.take("name", line)
    members.take("ons", shapes.code)
    members.finish()
    return code, name


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise ReferenceRefused(
            f"{path} cannot be read ({fault.strerror}). Look for its right name and place, then try again."
        ) from fault
    except ValueError as fault:
        raise ReferenceRefused(f"{path} cannot be read: {fault}") from fault


def _toml_day(untrusted: Any) -> date:
    if type(untrusted) is not date:
        raise Malformed("a day such as 2026-11-05, without quotes, is needed.")
    return untrusted
