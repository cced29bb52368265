"""The link: what a phone's whole interview costs the centre's processor, and how many bytes a first visit takes.

The bar is 0.4 for the pages by themselves and for whole interviews: every page is rendered once a language.

Beside it stands as little as Flask can do: pages of the same size, and each row into a bare table under the store's own
pragmas, since what a durable commit costs is not the link's doing; and the pages beside bare pages by themselves.
Everything is asked for as a browser asks over https, which is what cards and posters say; over plain http it asks for
less compression, and seals nothing.
"""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import brotli
from flask import Flask, Response, request
from werkzeug.test import Client
from werkzeug.test import TestResponse as Answer

from export.centre.app import centre_app
from export.centre.instance import open_centre
from export.centre.link import Links
from forms.response import PLAINTEXT_BYTES
from survey.demo import Demo, set_up
from tests.bench.bare import INSERT, bare_store

INTERVIEWS = 150
ROWS_AN_INTERVIEW = 2
_ROW_TYPE = "application/octet-stream"
_ASKED_FOR = re.compile(rb'(?:src|href|data-bundle|data-sealing)="(/[^"]+(?:\.js|\.css|\.svg|/phone/en))"')
_AS_A_BROWSER = {"Accept-Encoding": "gzip, deflate, br, zstd"}
# The status line, and the two headers that waitress adds.
_AROUND_AN_ANSWER = 80


def measure(folder: Path, *, full: bool) -> dict[str, float]:
    """``link_per_s``, ``link_ratio``, ``link_pages_ratio`` and ``first_visit_bytes``."""
    del full
    demo = Demo(folder / "link-bench")
    demo.folder.mkdir()
    set_up(demo)
    centre = open_centre(demo.centre, os.environ)
    try:
        keys = centre.told().keys()
        assert keys is not None
        place = next(each.code for each in keys.places if "link" in each.modes)
        client = Client(Links(centre, centre_app(centre)), use_cookies=False)
        start = f"/s/{place}/"
        rows = [keys.collection.seal(os.urandom(PLAINTEXT_BYTES)) for _ in range((INTERVIEWS + 1) * ROWS_AN_INTERVIEW)]
        visit = first_visit(client, start)
        pages = {path: answer.data for path, answer in visit.items()}
        with closing(bare_store(folder / "bare-link.db")) as table:
            plain = Client(bare(pages, table), use_cookies=False)
            seconds, seconds_plain = (_seconds(each, start, list(visit), list(rows)) for each in (client, plain))
            for_pages, for_plain_pages = (_seconds(each, start, list(visit), []) for each in (client, plain))
        return {
            "link_per_s": INTERVIEWS / seconds,
            "link_ratio": seconds_plain / seconds,
            "link_pages_ratio": for_plain_pages / for_pages,
            "first_visit_bytes": float(sum(map(bytes_of, visit.values()))),
        }
    finally:
        centre.close()


def first_visit(client: Client, start: str) -> dict[str, Answer]:
    """Everything that a phone asks for when it opens the link: path to answer."""
    first = _get(client, start)
    page = brotli.decompress(first.data)
    others = dict.fromkeys(found.decode() for found in _ASKED_FOR.findall(page))
    return {start: first, **{path: _get(client, path) for path in others}}


def bytes_of(answer: Answer) -> int:
    """An answer's size over the wire, headers included."""
    return len(answer.data) + len(str(answer.headers).encode()) + _AROUND_AN_ANSWER


def bare(pages: Mapping[str, bytes], table: sqlite3.Connection) -> Flask:
    """As little as Flask can do: the same bytes by the same paths, and a body that is kept."""
    app = Flask("bare", static_folder=None)

    def page(path: str) -> Response:
        return Response(pages["/" + path], mimetype="text/html")

    def rows(path: str) -> Response:
        del path
        row = request.get_data(cache=False)
        table.execute(INSERT, (hashlib.sha256(row).digest()[:16], "open", row))
        return Response("stored", mimetype="text/plain")

    app.add_url_rule("/<path:path>", "page", page, methods=["GET"])
    app.add_url_rule("/<path:path>", "rows", rows, methods=["POST"])
    return app


def _get(client: Client, path: str) -> Answer:
    return client.get(path, headers=_AS_A_BROWSER)


def _seconds(client: Client, start: str, paths: list[str], rows: list[bytes]) -> float:
    """Processor time of so many interviews, after one to warm up; without rows, of their pages."""

    def interview() -> None:
        answers = [_get(client, path) for path in paths]
        for _ in range(ROWS_AN_INTERVIEW if rows else 0):
            answers.append(client.post(f"{start}rows", data=rows.pop(), content_type=_ROW_TYPE))
        assert {answer.status_code for answer in answers} == {200}

    interview()
    before = time.process_time()
    for _ in range(INTERVIEWS):
        interview()
    return time.process_time() - before
