"""Every route of the centre is classified here: who may use it, and what everybody else is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from centre_world import World, ask, enrolled, told_world
from portal_world import RELEASE, Browser, PortalWorld, mac_in, portal_world

from export.centre.app import centre_app
from export.centre.instance import Centre
from export.centre.people import Role
from survey.headers import HEADERS
from survey.receipt import signed_headers

# (method, path) -> what somebody without a key, a code, a token or a form of ours is answered.
OPEN = {
    ("GET", "/"): 303,
    ("GET", "/releases/sign-in"): 200,
    ("GET", "/public/"): 200,
    ("GET", "/public/<name>/<file>"): 404,
    ("GET", "/static/<path:filename>"): 200,
}
FOR_TABLETS = {
    ("POST", "/tablets/enrol"): 403,
    ("GET", "/news/keys"): 403,
    ("GET", "/news/notices"): 403,
    ("POST", "/intake/rows"): 403,
}
SIGN_IN = {("POST", "/releases/sign-in"): 401}
# (method, path) -> the roles that it is for. Everybody else is sent to the sign-in, told 403 or, by the API, 401.
EVERY: tuple[Role, ...] = ("analyst", "publisher", "operator")
PAGES: dict[tuple[str, str], tuple[Role, ...]] = {
    ("GET", "/releases/"): ("analyst", "publisher"),
    ("GET", "/releases/<name>/"): ("analyst", "publisher"),
    ("GET", "/releases/<name>/<file>"): ("analyst",),
    ("POST", "/releases/<name>/public"): ("publisher",),
    ("POST", "/releases/sign-out"): EVERY,
    ("GET", "/releases/account"): EVERY,
    ("POST", "/releases/account/passphrase"): EVERY,
    ("POST", "/releases/account/tokens"): ("analyst",),
    ("POST", "/releases/account/tokens/drop"): ("analyst",),
    ("GET", "/releases/audit"): ("operator",),
}
FOR_PROGRAMS = {
    ("GET", "/api/authority"): 401,
    ("GET", "/api/releases"): 401,
    ("GET", "/api/releases/<name>/<file>"): 401,
}
ALL = OPEN | FOR_TABLETS | SIGN_IN | dict.fromkeys(PAGES, 303) | FOR_PROGRAMS
FILLED = {"<path:filename>": "portal.css", "<name>": RELEASE, "<file>": "records.csv"}


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


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalWorld]:
    with portal_world(tmp_path_factory.mktemp("roles")) as world:
        yield world


def used(portal: PortalWorld, browser: Browser, method: str, path: str) -> int:
    """What somebody with a form of ours is answered; a redirect to the sign-in counts as 401."""
    address = concrete("", path)
    if method == "GET":
        answer = browser.get(address)
    else:
        # Any page of theirs has the hidden field that every form of theirs needs.
        answer = browser.post_raw(address, csrf_token=mac_in(browser.get("releases/account").body))
    to_sign_in = answer.status == 303 and answer.headers["Location"].endswith("/releases/sign-in")
    return 401 if to_sign_in and path != "/releases/sign-out" else answer.status


@pytest.mark.parametrize("role", EVERY)
@pytest.mark.parametrize(("method", "path"), PAGES, ids=str)
def test_each_role_may_do_what_is_its_own_and_nothing_else(
    portal: PortalWorld, role: Role, method: str, path: str
) -> None:
    status = used(portal, portal.at_work(role), method, path)
    if role in PAGES[method, path]:
        assert status in {200, 303, 400}, "400 is a form that was not filled in"
    elif (role, path) == ("publisher", "/releases/<name>/<file>"):
        assert status == 404, "records are not there for a publisher"
    else:
        assert status == 403


@pytest.mark.parametrize(("method", "path"), [route for route in PAGES if route[0] == "POST"], ids=str)
def test_a_form_that_another_site_wrote_does_nothing_for_anybody(portal: PortalWorld, method: str, path: str) -> None:
    for role in PAGES[method, path]:
        browser = portal.at_work(role)
        before = len(portal.centre.registry.notes())
        for token in ("", "0" * 64):
            answer = browser.post_raw(concrete("", path), csrf_token=token, sure="yes", label="x")
            assert answer.headers["Location"].endswith("/releases/sign-in")
        assert browser.get("releases/account").status == 200
        assert len(portal.centre.registry.notes()) == before
