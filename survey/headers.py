"""What every page of tablet and centre tells the browser: keep nothing, fetch nothing from elsewhere, tell nobody.

A phone on a link that runs no script may keep the letters of its language for an hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flask import Response, request

HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
            # Of workers the same is said as of scripts; each byte here is sent nine times before the first question.
            "media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "X-Robots-Tag": "noindex",
    }
)


def add_headers(response: Response) -> Response:
    """Set every header on a response, also on errors and static files: for ``app.after_request``.

    Static files are not stored either: on a shared tablet a cached picture tells which help page was read.
    """
    for name, value in HEADERS.items():
        response.headers[name] = value
    return response


def let_fonts_stay(response: Response) -> Response:
    """Let a font lie in the browser for an hour: for a link's ``app.after_request``, registered before ``add_headers``.

    Without scripts every page is a document of its own, and would fetch up to 140 KB of letters again. With them there
    is one document, and a font that stayed would tell whoever has the phone next what language was read on it.
    """
    if response.status_code == 200 and request.endpoint == "letters" and request.path.endswith(".woff2"):
        response.headers["Cache-Control"] = "private, max-age=3600"
    return response
