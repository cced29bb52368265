"""What leads on from a link's page where nothing is asked now: a phone may still have something to delete.

There is no bundle then, so each such page brings the few screens that its script may need.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from survey import pages
from survey.languages import Language, offered
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


def others(parts: Parts) -> tuple[Language, ...]:
    """What the questionnaire of a link can be read in once it is there again."""
    keys = None if parts.on_tablet else parts.keys()
    return offered(keys.instruments[0], parts.words) if keys and keys.instruments else ()


def screens_of_a_stop(parts: Parts, ready: Ready | None, visit: Visit | None, language: str = "") -> dict[str, Markup]:
    """What the page that says so leads on to, by name; in the visit's language where no other was asked for."""

    def page(template: str, **more: Any) -> Markup:
        return _page(parts, ready, visit, template, language, **more)

    return {
        "deleted": page("on_phone.html", name="deleted", buttons=()),
        "undeleted": page("on_phone.html", name="undeleted", buttons=("delete-now",)),
        "unwiped": page("on_phone.html", name="unwiped", buttons=("delete-now",)),
        "late": page("on_phone.html", name="late", buttons=()),
        "help": page("help.html", lines=()),
        "about": page("about.html"),
        "safety": page("safety.html"),
    }


def beside_a_stop(parts: Parts, ready: Ready | None, visit: Visit | None) -> dict[str, Markup]:
    """The same for Help, opened by its own address, with the page that it leads back to; else nothing."""
    if ready is not None or parts.on_tablet:
        return {}
    told = {**NOTHING_ASKED, "text": true_of(visit, NOTHING_KEPT), "languages": others(parts)}
    itself = _page(parts, ready, visit, "plain.html", **told)
    return {**screens_of_a_stop(parts, ready, visit), "stopped": itself}


def _page(
    parts: Parts, ready: Ready | None, visit: Visit | None, template: str, language: str = "", **more: Any
) -> Markup:
    html = pages.render(parts, template, ready, visit, language, inner=True, **more)
    return Markup(lean(html))  # noqa: S704 - a page of ours, which was escaped as one
