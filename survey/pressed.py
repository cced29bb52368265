"""What a phone loads first, compressed: files and pages that are the same for everybody, and the first page.

The length of a compressed page tells a secret in it to whoever can ask for that page again and again, each time with a
guess of his own beside the secret (BREACH, Gluck, Harris and Prado 2013). Files and pages that are the same for
everybody hold no secret. The first page holds a form's token; where no cookie came with the request it was made for
this one answer, no other is compressed with it, and nothing of the request stands in the page. Every other page that
holds a token is sent as it is.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from flask import Flask, Response, make_response, request

_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class Pressed:
    """Content as gzip, without a time in its header, and as brotli (RFC 7932) where somebody made that, else empty."""

    small: bytes
    kind: str
    smaller: bytes = b""

    @classmethod
    def of(cls, content: bytes, kind: str, smaller: bytes = b"") -> Pressed:
        """Compress once."""
        return cls(gzip.compress(content, mtime=0), kind, smaller)

    @property
    def content(self) -> bytes:
        """The content again, for the rare browser that cannot unpack it."""
        return gzip.decompress(self.small)

    def response(self) -> Response:
        """The form that this browser understands."""
        forms = {"br": self.smaller, "gzip": self.small}
        understood = next((one for one, form in forms.items() if form and request.accept_encodings[one] > 0), None)
        response = Response(self.content if understood is None else forms[understood], mimetype=self.kind)
        response.vary.add("Accept-Encoding")
        if understood is not None:
            response.content_encoding = understood
        return response


def press_static_files(app: Flask) -> None:
    """Serve the style sheets, scripts and drawings of an application compressed; other files as they are."""
    pressed = pressed_files(Path(app.static_folder or ""))

    def static(filename: str) -> Response:
        known = pressed.get(filename)
        return app.send_static_file(filename) if known is None else known.response()

    app.view_functions["static"] = static


def press_first_page(app: Flask, brotli: Callable[[bytes], bytes]) -> None:
    """Serve an application's start compressed to whoever brings no cookie, and so meets a token that is new."""
    page = app.view_functions["start"]
    packed: dict[str, Callable[[bytes], bytes]] = {"br": brotli, "gzip": partial(gzip.compress, mtime=0)}

    def start() -> Response:
        response = make_response(page())
        response.vary.update(("Accept-Encoding", "Cookie"))
        if "Cookie" not in request.headers:
            for form, pack in packed.items():
                if request.accept_encodings[form] > 0 and (small := pack(response.get_data())):
                    response.set_data(small)
                    response.content_encoding = form
                    break
        return response

    app.view_functions["start"] = start


@cache
def pressed_files(folder: Path) -> Mapping[str, Pressed]:
    """What is served compressed of a folder, as it was when this was first asked: whole, and one version."""
    files = [path for path in folder.rglob("*") if path.suffix in _KINDS]
    return {path.relative_to(folder).as_posix(): _pressed(path) for path in files}


def _pressed(path: Path) -> Pressed:
    packed = path.with_name(path.name + ".br")
    smaller = packed.read_bytes() if packed.is_file() else b""
    return Pressed.of(path.read_bytes(), _KINDS[path.suffix], smaller)
