"""Every route of the centre is classified here: who may use it, and what everybody else is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from centre_world import World, ask, enrolled, told_world

from export.centre.app import centre_app
from export.centre.instance import Centre
from survey.headers import HEADERS
from survey.receipt import signed_headers

# (method, path) -> what somebody without a key, a code, a token or a form of ours is answered.
OPEN = {
    ("GET", "/"): 303,
    ("GET", "/releases/sign-in"): 200,
    ("GET", "/static/<path:filename>"): 200,
}
FOR_TABLETS = {
    ("POST", "/tablets/enrol"): 403,
    ("GET", "/news/keys"): 403,
    ("GET", "/news/notices"): 403,
    ("POST", "/intake/rows"): 403,
}
FOR_ANALYSTS = {
    ("GET", "/releases/"): 303,
    ("GET", "/releases/<name>/"): 303,
    ("GET", "/releases/<name>/<file>"): 303,
    ("POST", "/releases/sign-in"): 401,
    ("POST", "/releases/sign-out"): 303,
    ("GET", "/api/releases"): 401,
    ("GET", "/api/releases/<name>/<file>"): 401,
}
ALL = OPEN | FOR_TABLETS | FOR_ANALYSTS
FILLED = {"<path:filename>": "portal.css", "<name>": "london", "<file>": "records.csv"}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Centre, str]]:
    with told_world(tmp_path_factory.mktemp("routes") / "centre") as everything:
        yield everything


def concrete(address: str, path: str) -> str:
    for placeholder, value in FILLED.items():
        path = path.replace(placeholder, value)
    return address + path.lstrip("/")


def test_every_route_is_classified(told: tuple[World, Centre, str]) -> None:
    _, centre, _ = told
    routes = {
        (method, rule.rule)
        for rule in centre_app(centre).url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == set(ALL)


@pytest.mark.parametrize(("method", "path"), ALL, ids=str)
def test_a_stranger_is_answered_as_classified_with_every_header(
    told: tuple[World, Centre, str], method: str, path: str
) -> None:
    _, _, address = told
    answer = ask(method, concrete(address, path), b"x=1" if method == "POST" else None)
    assert answer.status == ALL[method, path]
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "Server" not in answer.headers


@pytest.mark.parametrize(("method", "path"), ALL, ids=str)
def test_a_body_that_is_too_long_is_refused_on_every_route(
    told: tuple[World, Centre, str], method: str, path: str
) -> None:
    _, _, address = told
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert ask(method, concrete(address, path), b"token=" + bytes(70_000), form).status == 413


def test_what_a_tablet_signed_for_one_path_is_good_for_no_other(told: tuple[World, Centre, str]) -> None:
    _, centre, address = told
    tablet = enrolled(centre, address)
    headers = signed_headers("GET", "/news/keys", b"", tablet.key)
    assert ask("GET", f"{address}news/keys", headers=headers).status == 200
    assert ask("GET", f"{address}news/notices", headers=headers).status == 403
    assert ask("GET", f"{address}api/releases", headers=headers).status == 401
