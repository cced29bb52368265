"""A page that says in plain words what is wrong and what to do, in the language of whoever meets it.

The visit says which language that is, and a link to the others then stands there too. Where it is the visit itself that
cannot be read or shown, the page comes without it: what tells of a fault must not fail by the same fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any

from flask import Response, make_response, request
from markupsafe import Markup

from survey import pages
from survey.parts import Parts
from survey.visits import COOKIE, Visit


def plain_page(
    parts: Parts,
    status: int,
    heading: str,
    text: str | None,
    *,
    way_on: bool = True,
    screens: Mapping[str, Markup] = MappingProxyType({}),
) -> Response:
    """A heading, what to do, a way on; both texts are named by their places in the catalogues.

    ``screens`` are what a phone shows in the page's place, by name (``phone_pages``).
    """
    more: dict[str, Any] = {"heading": heading, "text": text, "way_on": way_on, "screens": screens}
    with suppress(Exception):
        return make_response(pages.render(parts, "plain.html", parts.ready(), _whose(parts), **more), status)
    return make_response(pages.render(parts, "plain.html", parts.ready(), **more), status)


def _whose(parts: Parts) -> Visit | None:
    """The visit of this request's cookie. To be told of a fault is no touch, which would keep it from ending."""
    with parts.visits.holding(request.cookies.get(COOKIE)) as visit:
        return visit
