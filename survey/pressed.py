"""Files and pages that are the same for everybody, compressed once and not for each request.

A page that holds a secret, such as a form's token, is never compressed: its length could tell the secret. What goes
through here holds none.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, request

_WORTH_IT = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class Pressed:
    """Content in both forms. ``small`` is gzip without a time in its header."""

    content: bytes
    small: bytes
    kind: str

    @classmethod
    def of(cls, content: bytes, kind: str) -> Pressed:
        """Compress once."""
        return cls(content, gzip.compress(content, mtime=0), kind)

    def response(self) -> Response:
        """The form that this browser understands."""
        understood = request.accept_encodings["gzip"] > 0
        response = Response(self.small if understood else self.content, mimetype=self.kind)
        response.vary.add("Accept-Encoding")
        if understood:
            response.content_encoding = "gzip"
        return response


def press_static_files(app: Flask) -> None:
    """Serve the style sheets, scripts and drawings of an application compressed; other files as they are."""
    folder = Path(app.static_folder or "")
    pressed = {
        path.name: Pressed.of(path.read_bytes(), _WORTH_IT[path.suffix])
        for path in folder.iterdir()
        if path.suffix in _WORTH_IT
    }

    def static(filename: str) -> Response:
        known = pressed.get(filename)
        return app.send_static_file(filename) if known is None else known.response()

    app.view_functions["static"] = static
