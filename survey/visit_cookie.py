"""The one cookie: given with a visit, gone with the browser, swept away with everything else when the visit ends."""

from __future__ import annotations

from flask import Response, request

from survey.visits import COOKIE, Visit

HERE = "here"
"""In the address of the start, where a page of ours led there: then the browser sends what it has."""


def give(response: Response, token: str) -> Response:
    """Give the visit's cookie along: gone with the browser, for this site's own pages only."""
    response.set_cookie(COOKIE, token, httponly=True, samesite="Strict", secure=request.is_secure, path=_path())
    return response


def sweep(response: Response, *, alone: bool) -> Response:
    """Let the browser forget this visit: its cookie, what it cached and, where it is ours alone, everything besides.

    Else the cookie goes by its name and path, as it came: a browser that is told to clear cookies clears those of the
    whole registered domain, and somebody would be signed out of a force's other services.
    """
    response.delete_cookie(COOKIE, path=_path(), httponly=True, samesite="Strict")
    response.headers["Clear-Site-Data"] = '"cache"' + (', "cookies", "storage"' if alone else "")
    return response


def offer(response: Response, visit: Visit) -> Response:
    """Give the visit's cookie along, unless it could take the place of one that leads to a draft."""
    return response if kept_back() else give(response, visit.token)


def kept_back() -> bool:
    """Whether the browser may hold a cookie that it kept back: a page of another site led here (Fetch Metadata)."""
    led_here = request.headers.get("Sec-Fetch-Site") == "cross-site"
    return led_here and COOKIE not in request.cookies and HERE not in request.args


def _path() -> str:
    return request.script_root or "/"
