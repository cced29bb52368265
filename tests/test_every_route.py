"""Every route is classified here, and every one of them keeps the headers, the cookie and the silence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from at_the_tablet import Tablet, a_tablet
from player import Player, cookies_of, raw

from survey.clips import name_of

# What a person with a visit may ask for: (method, path) -> the status it must answer with.
PAGES = {
    ("GET", "/"): 200,
    ("GET", "/page/<page>"): 200,
    ("GET", "/help"): 200,
    ("GET", "/about"): 200,
    ("GET", "/safety"): 200,
    ("GET", "/language"): 200,
    ("GET", "/staff"): 200,
    ("GET", "/sitting"): 200,
    ("GET", "/corner"): 200,
    ("POST", "/corner"): 200,
    ("GET", "/static/<path:filename>"): 200,
    ("GET", "/sound/<names>.mp3"): 200,
}
ACTIONS = {
    ("POST", "/"): 303,
    ("POST", "/page/<page>"): 303,
    ("POST", "/finish"): 303,
    ("POST", "/language"): 303,
    ("POST", "/leave"): 303,
    ("POST", "/next"): 303,
    ("POST", "/not-now"): 303,
    ("POST", "/still-here"): 204,
}
ELSEWHERE = {
    ("GET", "/leave"): 303,
    ("GET", "/reset"): 303,
    ("GET", "/thanks"): 303,
    ("GET", "/ended"): 303,
    ("GET", "/finish"): 303,
    # This place is a counter, where nobody answers for another.
    ("GET", "/assisted"): 404,
    ("POST", "/assisted"): 404,
    ("GET", "/assisted/"): 404,
    ("POST", "/assisted/"): 404,
    ("GET", "/assisted/<path:rest>"): 404,
    ("POST", "/assisted/<path:rest>"): 404,
}
NEEDS_NO_TOKEN = {"/leave", "/still-here"}
ALL = PAGES | ACTIONS | ELSEWHERE

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}
CLOCK = re.compile(r"\d{4}-\d\d-\d\d|\d\d:\d\d|1[6-9]\d{8}")


@pytest.fixture
def tablet(tmp_path: Path) -> Iterator[Tablet]:
    with a_tablet(tmp_path) as tablet:
        yield tablet


def concrete(path: str) -> str:
    known = {
        "<page>": "experience", "<path:filename>": "heard.css", "<path:rest>": "help",
        "<names>": name_of("Finish now", "en"),
    }  # fmt: skip
    for place, value in known.items():
        path = path.replace(place, value)
    return path


def test_every_route_is_classified(tablet: Tablet) -> None:
    routes = {
        (method, rule.rule)
        for rule in tablet.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == set(ALL)


@pytest.mark.parametrize(("method", "path"), ALL, ids=str)
def test_every_route_answers_as_classified_and_keeps_every_header(tablet: Tablet, method: str, path: str) -> None:
    person = Player(tablet.address)
    person.look()
    fields: Sequence[tuple[str, str]] | None = None
    if method == "POST":
        fields = [*person.question().hidden.items(), ("experience", "good")]
    answer = raw(tablet.address, concrete(path), method, fields, person.cookie)
    assert answer.status == ALL[method, path]
    check_headers(answer.headers)
    for cookie in cookies_of(answer).values():
        morsel = cookie["visit"]
        assert morsel["httponly"]
        assert morsel["samesite"] == "Strict"
        assert morsel["path"] == "/"
        assert re.fullmatch(r"([0-9a-f]{32})?", morsel.value)
        assert not CLOCK.search(morsel.value)
        assert morsel["max-age"] in {"", "0"}, "gone with the browser, or gone now"


def check_headers(headers: object) -> None:
    assert hasattr(headers, "get")
    for name, value in HEADERS.items():
        assert headers.get(name) == value, name
    policy = headers.get("Content-Security-Policy")
    assert policy is not None
    told = {name: sources for name, _, sources in (each.partition(" ") for each in policy.split("; "))}
    assert told["default-src"] == "'self'", "no other host, nothing written into a page, no data: or blob:"
    assert {told[name] for name in ("object-src", "base-uri", "frame-ancestors")} == {"'none'"}
    assert set(told.values()) == {"'self'", "'none'"}
    assert "Server" not in headers  # type: ignore[operator]


@pytest.mark.parametrize("path", ["/nowhere", "/page/", "/static/nothing.js", "/help/", "/page//more"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"])
def test_a_page_that_does_not_exist_is_a_kind_page_with_every_header(tablet: Tablet, method: str, path: str) -> None:
    answer = raw(tablet.address, path, method)
    assert answer.status in {200, 308, 404, 405}
    check_headers(answer.headers)
    if method == "GET" and answer.status == 404:
        assert b"There is no such page" in answer.data
        assert b"Go to the questions" in answer.data


@pytest.mark.parametrize("path", [path for method, path in ACTIONS if path not in NEEDS_NO_TOKEN])
def test_a_form_of_another_visit_leads_to_the_start_and_changes_nothing(tablet: Tablet, path: str) -> None:
    person = Player(tablet.address)
    person.look()
    fields = [("csrf_token", "0" * 64), ("experience", "good"), ("language", "pl")]
    answer = raw(tablet.address, concrete(path), "POST", fields, person.cookie)
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    assert tablet.counts() == {}
    assert b'lang="en"' in raw(tablet.address, "/", cookie=person.cookie).data


@pytest.mark.parametrize(("method", "path"), ALL, ids=str)
def test_no_valid_keys_closes_every_route_but_help_and_leaving(tablet: Tablet, method: str, path: str) -> None:
    tablet.keys = None
    answer = raw(tablet.address, concrete(path), method, [("a", "b")] if method == "POST" else None)
    open_still = {
        "/help", "/about", "/safety", "/leave", "/staff", "/next", "/not-now", "/reset", "/still-here",
        "/static/<path:filename>", "/sound/<names>.mp3",
    }  # fmt: skip
    open_still |= {"/sitting", "/corner", "/assisted", "/assisted/", "/assisted/<path:rest>"}
    open_still |= {"/language"} if method == "POST" else set()
    assert (answer.status == 503) == (path not in open_still)
    check_headers(answer.headers)


def test_pages_ask_no_other_host_and_carry_no_script_or_style_of_their_own(tablet: Tablet) -> None:
    person = Player(tablet.address)
    person.look()
    for method, path in PAGES:
        html = raw(tablet.address, concrete(path), method, cookie=person.cookie).data.decode(errors="replace")
        assert not re.findall(r"(?:src|href|action)=\"(?:https?:)?//", html)
        assert re.findall(r"<script.*", html) in ([], ['<script src="/static/heard.js" defer></script>'])
        assert "<style" not in html
        assert " style=" not in html
        assert " onclick" not in html


def test_the_tablet_starts_no_session_and_remembers_no_secret(tablet: Tablet) -> None:
    assert tablet.app.secret_key is None
    answer = raw(tablet.address, "/")
    assert set(cookies_of(answer)) == {"visit"}
    assert "Vary" not in answer.headers
