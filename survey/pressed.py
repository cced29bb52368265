"""Files and pages that are the same for everybody, compressed once and not for each request.

A page that holds a secret, such as a form's token, is never compressed: its length could tell the secret. What goes
through here holds none.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Flask, Response, request

_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class Pressed:
    """Content as gzip, without a time in its header."""

    small: bytes
    kind: str

    @classmethod
    def of(cls, content: bytes, kind: str) -> Pressed:
        """Compress once."""
        return cls(gzip.compress(content, mtime=0), kind)

    @property
    def content(self) -> bytes:
        """The content again, for the rare browser that cannot unpack it."""
        return gzip.decompress(self.small)

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
    pressed = _pressed_files(Path(app.static_folder or ""))

    def static(filename: str) -> Response:
        known = pressed.get(filename)
        return app.send_static_file(filename) if known is None else known.response()

    app.view_functions["static"] = static


@cache
def _pressed_files(folder: Path) -> Mapping[str, Pressed]:
    files = [path for path in folder.rglob("*") if path.suffix in _KINDS]
    return {path.relative_to(folder).as_posix(): Pressed.of(path.read_bytes(), _KINDS[path.suffix]) for path in files}
