"""What leads on from a link's page where nothing is asked now: a phone may still have something to delete.

There is no bundle then, so each such page brings the few screens that its script may need.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from survey import pages
from survey.parts import Parts, Ready
from survey.visits import Visit

NOTHING_KEPT = "unavailable.text.link"
NOTHING_ASKED: Mapping[str, Any] = {"heading": "unavailable.heading", "text": NOTHING_KEPT, "way_on": False}
"""The plain page behind a link then, whatever was asked for: no page leads to questions."""
_INDENTATION = re.compile(r"\s*\n\s*")


def lean(html: str) -> str:
    """Without the templates' indentation, which a phone would have to load; where there was space some is left."""
    return _INDENTATION.sub("\n", html)


def true_of(visit: Visit | None, text: str | None) -> str | None:
    """Where scripts do not run only the centre knows whether anything is kept; a phone that seals by itself says so."""
    if text != NOTHING_KEPT or visit is None:
        return text
    if visit.outcome == "kept":
        return None
    return "unavailable.sent" if visit.partial_kept else text


def screens_of_a_stop(parts: Parts, ready: Ready | None, visit: Visit | None) -> dict[str, Markup]:
    """What the page that says so leads on to, by name."""
    return {
        "deleted": _page(parts, ready, visit, "on_phone.html", name="deleted", buttons=()),
        "undeleted": _page(parts, ready, visit, "on_phone.html", name="undeleted", buttons=("delete-now",)),
        "unwiped": _page(parts, ready, visit, "on_phone.html", name="unwiped", buttons=("delete-now",)),
        "late": _page(parts, ready, visit, "on_phone.html", name="late", buttons=()),
        "help": _page(parts, ready, visit, "help.html", lines=()),
        "about": _page(parts, ready, visit, "about.html"),
        "safety": _page(parts, ready, visit, "safety.html"),
    }


def beside_a_stop(parts: Parts, ready: Ready | None, visit: Visit | None) -> dict[str, Markup]:
    """The same for Help, opened by its own address, with the page that it leads back to; else nothing."""
    if ready is not None or parts.on_tablet:
        return {}
    told = {**NOTHING_ASKED, "text": true_of(visit, NOTHING_KEPT)}
    itself = _page(parts, ready, visit, "plain.html", **told)
    return {**screens_of_a_stop(parts, ready, visit), "stopped": itself}


def _page(parts: Parts, ready: Ready | None, visit: Visit | None, template: str, **more: Any) -> Markup:
    html = pages.render(parts, template, ready, visit, inner=True, **more)
    return Markup(lean(html))  # noqa: S704 - a page of ours, which was escaped as one
