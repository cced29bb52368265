"""Thousands of made-up requests against every route: plain words, never a 500, never somebody else's answer."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import quote_from_bytes, urlencode

import pytest
from at_the_tablet import KEYS, RESET, WARN, Tablet, a_tablet
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kiosk.pins import ASSISTED, LONGEST_WAIT_SECONDS, set_pin
from survey.briefing import Place
from survey.csrf import csrf_token

Where = Literal["kiosk", "link", "assisted"]
PIN = "402817"
KIND = {200, 204, 205, 303, 308, 404, 405, 413, 415}
SECRET_WORDS = "Quetzalcoatl-said-so"
SECRET_CHOICE = re.compile(r'value="(hard|rude|hate|friend)"[^>]*checked')

METHODS = ("GET", "POST", "POST", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW")
KINDS = ("application/x-www-form-urlencoded",) * 6 + (
    "multipart/form-data; boundary=x",
    "application/json",
    "nonsense",
    "",
)
NAMES = ("experience", "contact", "why", "crime", "more", "helped", "times", "better", "go", "csrf_token", "language",
         "pin", "key", "do", "", "x" * 300, "\x00", "__proto__")  # fmt: skip
VALUES = ("good", "easy", "slow", "theft", "yes", "finish", "police", "nobody", "3", "skip", "continue", "en", "pl",
          "send", "stop", "close", "000000",
          "xx", "", "\x00", "\ud800", "<script>alert(1)</script>", "{{ 7*7 }}", "9" * 400, "NaN", "1e309", "../..",
          "\u202e", "a" * 5000, "good\r\nSet-Cookie: a=b")  # fmt: skip
PAGES = (
    "experience",
    "contact",
    "why",
    "crime",
    "more",
    "helped",
    "last",
    "nowhere",
    "",
    "%00",
    "..",
    "%ff",
    "a" * 900,
)


class Generator:
    """Requests of one hostile or confused browser, the same for the same seed."""

    def __init__(self, tablet: Tablet, room: str, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
        rules = sorted({rule.rule for rule in tablet.app.url_map.iter_rules()})
        self.rules = [*rules, *(room + rule for rule in rules if room)]
        self.client = tablet.app.test_client(use_cookies=False)
        self.tokens: list[str] = []

    def path(self) -> str:
        rule = self.chance.choice([*self.rules, "/nowhere"])
        for name in ("<page>", "<path:filename>", "<path:rest>"):
            rule = rule.replace(name, self.chance.choice(PAGES))
        return rule + self.chance.choice(("", "", "", "/", "?" + urlencode({"page": "last", "language": "xx"})))

    def cookie(self) -> str | None:
        """Its own visit, one of its own that is over, one that somebody made up, rubbish, or none."""
        known = self.chance.choice(self.tokens) if self.tokens else None
        latest = self.tokens[-1] if self.tokens else None
        made_up = f"{self.chance.getrandbits(128):032x}"
        return self.chance.choice((latest, latest, latest, known, made_up, "z" * 32, "", "a;b", None))

    def fields(self, cookie: str | None) -> list[tuple[str, str]]:
        fields = [(self.chance.choice(NAMES), self.chance.choice(VALUES)) for _ in range(self.chance.randrange(6))]
        if cookie is not None and self.chance.random() < 0.7:
            fields.append(("csrf_token", csrf_token(cookie)))
        return fields * self.chance.choice((1, 1, 1, 2))

    def send(self) -> TestResponse:
        cookie, method = self.cookie(), self.chance.choice(METHODS)
        headers = {} if cookie is None else {"Cookie": f"visit={cookie}"}
        body = b"&".join(
            b"%s=%s" % (quoted(name), quoted(value)) for name, value in self.fields(cookie)
        ) + self.chance.choice((b"", b"", b"&%ff=%fe", b"&&==&", b"\x00", b"&better=" + b"x" * 70_000))
        answer = self.client.open(
            self.path(), method=method, headers=headers, content_type=self.chance.choice(KINDS),
            data=body if method not in {"GET", "HEAD"} else None,
        )  # fmt: skip
        for line in answer.headers.getlist("Set-Cookie"):
            given = re.match(r"visit=([0-9a-f]{32});", line)
            self.tokens += [given[1]] if given else []
        return answer


def quoted(text: str) -> bytes:
    return quote_from_bytes(text.encode(errors="surrogatepass")).encode()


def post(client: FlaskClient, room: str, path: str, said: Sequence[tuple[str, str]]) -> TestResponse:
    cookie = client.get_cookie("visit", path=room or "/")
    assert cookie is not None
    return client.post(room + path, data=dict([*said, ("csrf_token", csrf_token(cookie.value))]))


def somebody_answers(tablet: Tablet, room: str) -> FlaskClient:
    """Another person, whose answers nobody else may see: on the screen still, with words of their own."""
    client = tablet.app.test_client()
    client.get(f"{room}/")
    for page, code in (("experience", "bad"), ("contact", "hard"), ("why", "rude"), ("crime", "hate"), ("more", "yes")):
        post(client, room, f"/page/{page}", [(page, code)])
    post(client, room, "/page/helped", [("helped", "friend")])
    last = post(client, room, "/page/last", [("times", "many"), ("better", SECRET_WORDS)])
    assert SECRET_WORDS in last.get_data(as_text=True)
    return client


@contextmanager
def served(folder: Path, where: Where) -> Iterator[Tablet]:
    """A tablet at a counter, a link, or a hub's tablet whose assisted entry is allowed."""
    if where != "assisted":
        with a_tablet(folder, mode=where) as tablet:
            yield tablet
        return
    set_pin(folder / ASSISTED, PIN)
    hub = replace(KEYS, places=(Place("lewisham", "A hub", "hub", ("kiosk", "assisted"), WARN, RESET),))
    with a_tablet(folder, keys=hub) as tablet:
        yield tablet


def open_the_door(tablet: Tablet) -> None:
    """Whoever presses 'close', or tries digits, shuts it again."""
    tablet.seconds += LONGEST_WAIT_SECONDS
    assert tablet.app.test_client().post("/assisted", data={"pin": PIN}).status_code == 303


def try_many(folder: Path, where: Where, requests: int, seed: int) -> None:
    room = "/assisted" if where == "assisted" else ""
    with served(folder, where) as tablet:
        generator = Generator(tablet, room, seed)
        mine = 0
        for number in range(requests):
            if number % 100 == 0:
                if room:
                    open_the_door(tablet)
                somebody_answers(tablet, room)
            answer = generator.send()
            mine += answer.status_code == 200
            said = answer.get_data(as_text=True)
            assert answer.status_code in KIND, (answer.request.method, answer.request.path)
            assert "Traceback" not in said
            assert SECRET_WORDS not in said
            assert "<script>alert" not in said
            assert "\nSet-Cookie" not in said
            assert answer.headers["Cache-Control"] == "no-store"
            assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
            if answer.status_code == 303:
                assert answer.headers["Location"].startswith("/") or where == "link"
            # What is ticked on this browser's page was never what the other person chose: it offers other codes only.
            assert not SECRET_CHOICE.search(said)
        assert mine > requests / 20, "most of them must not be turned away at the door"


@pytest.mark.parametrize("where", get_args(Where))
def test_a_thousand_requests_get_kind_pages_and_nobodys_answers(tmp_path: Path, where: Where) -> None:
    try_many(tmp_path, where, 334, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 14))
def test_ten_thousand_requests_get_kind_pages_and_nobodys_answers(tmp_path: Path, seed: int) -> None:
    try_many(tmp_path, get_args(Where)[seed % 3], 1000, seed)
