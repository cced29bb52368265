"""A file of a release on its way: with its hash, and from any byte on, so that a broken pull goes on where it broke."""

from __future__ import annotations

import base64
import os
from io import BufferedReader

from flask import Response, request, send_file

from export.manifest import MANIFEST, Manifest

_MEDIA = {
    "csv": "text/csv",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def one_range() -> tuple[int, int | None] | None:
    """The one range of bytes that was asked for. Several, or what is none, RFC 9110 lets us answer with the whole."""
    asked = request.range
    return asked.ranges[0] if asked and asked.units == "bytes" and len(asked.ranges) == 1 else None


def sent(file: BufferedReader, manifest: Manifest, name: str) -> Response:
    """The whole file, or the range that was asked for (RFC 9110, 14); ``Repr-Digest`` (RFC 9530) is of the whole.

    Raises:
        RequestedRangeNotSatisfiable: the range begins after the end; whoever opened the file closes it.

    Args:
        file: opened at its start, its bytes checked already.
        manifest: the release it belongs to.
        name: of the file, one that the manifest lists, or the manifest's own.
    """
    # Among somebody's downloads its name alone says which release it is of, and whether that is made up.
    kind = _MEDIA.get(name.rpartition(".")[2], "application/octet-stream")
    response = send_file(
        file, mimetype=kind, as_attachment=True, download_name=f"{manifest.name}-{name}", conditional=False, etag=False
    )
    size = os.fstat(file.fileno()).st_size
    response.content_length = size
    if name != MANIFEST:
        digest = manifest.files[name]
        response.set_etag(digest)
        response.headers["Repr-Digest"] = f"sha-256=:{base64.b64encode(bytes.fromhex(digest)).decode()}:"
    whole = () if one_range() else ("HTTP_RANGE",)
    asked = {name: said for name, said in request.environ.items() if name not in whole}
    response.make_conditional(asked, accept_ranges=True, complete_length=size)
    return response
