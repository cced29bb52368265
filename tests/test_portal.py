"""What an analyst sees and pulls, what nobody else does, and that each pull is written down first."""

from __future__ import annotations

import gc
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest
from centre_world import Answer, World, ask, told_world
from test_publish import built

from export.centre.admitting import issue_token, revoke_token
from export.centre.instance import Centre
from survey.headers import HEADERS

RELEASE = "london-2026-1"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[tuple[World, Centre, str]]:
    with told_world(tmp_path / "centre") as (world, centre, address):
        releases = centre.releases()
        assert releases is not None
        releases.publish(built(tmp_path, world.authority))
        yield world, centre, address


def analyst_cookie(answer: Answer) -> str:
    """The analysts' cookie that an answer sets, or nothing."""
    morsel = SimpleCookie(answer.headers.get("Set-Cookie", "")).get("analyst")
    return morsel.value if morsel else ""


def mac_in(page: bytes) -> str:
    """The hidden field of the page's form."""
    found = re.search(rb'name="csrf_token" value="([0-9a-f]{64})"', page)
    assert found
    return found[1].decode()


def post(address: str, cookie: str, **fields: str) -> Answer:
    """A posted form."""
    return ask("POST", address, urlencode(fields).encode(), {**FORM, "Cookie": f"analyst={cookie}"})


def signed_in(address: str, token: str) -> str:
    """The cookie of somebody who has signed in by the page."""
    page = ask("GET", f"{address}releases/sign-in")
    before = analyst_cookie(page)
    answer = post(f"{address}releases/sign-in", before, token=token, csrf_token=mac_in(page.body))
    assert answer.status == 303, answer.body
    after = analyst_cookie(answer)
    assert after
    assert after != before
    return after


def get(address: str, cookie: str) -> Answer:
    """A page with the cookie."""
    return ask("GET", address, headers={"Cookie": f"analyst={cookie}"})


def test_an_analyst_signs_in_sees_the_release_and_pulls_it(portal: tuple[World, Centre, str]) -> None:
    _, centre, address = portal
    cookie = signed_in(address, issue_token(centre, "ana"))
    listed = get(f"{address}releases/", cookie)
    assert listed.status == 200
    assert RELEASE.encode() in listed.body
    assert b"Made up" in listed.body
    page = get(f"{address}releases/{RELEASE}/", cookie)
    assert b"How was it?" in page.body
    assert b"do not exist" in page.body
    assert b"the records, as text" in page.body
    assert b"8 bytes" in page.body
    pulled = get(f"{address}releases/{RELEASE}/records.csv", cookie)
    assert (pulled.status, pulled.body) == (200, b"a,b\n1,2\n")
    disposition = pulled.headers["Content-Disposition"]
    assert disposition == f"attachment; filename={RELEASE}-records.csv", "the release's name says whether made up"
    assert get(f"{address}releases/{RELEASE}/manifest.json", cookie).status == 200


def test_a_program_pulls_with_a_bearer_token(portal: tuple[World, Centre, str]) -> None:
    _, centre, address = portal
    bearer = {"Authorization": f"Bearer {issue_token(centre, 'ana')}"}
    (release,) = ask("GET", f"{address}api/releases", headers=bearer).json["releases"]
    assert (release["name"], release["made_up"], release["records"]) == (RELEASE, True, 1)
    assert set(release["files"]) == {"records.csv", "codebook.json"}
    pulled = ask("GET", f"{address}api/releases/{RELEASE}/records.csv", headers=bearer)
    assert (pulled.status, pulled.body) == (200, b"a,b\n1,2\n")


def test_every_pull_is_in_the_audit_log_with_the_full_time(portal: tuple[World, Centre, str]) -> None:
    _, centre, address = portal
    token = issue_token(centre, "ana")
    get(f"{address}releases/{RELEASE}/records.csv", signed_in(address, token))
    ask("GET", f"{address}api/releases/{RELEASE}/codebook.json", headers={"Authorization": f"Bearer {token}"})
    pulls = [note for note in centre.registry.notes() if note.did == "pull"]
    assert [(note.who, note.what) for note in pulls] == [
        ("ana", f"{RELEASE}/records.csv"),
        ("ana", f"{RELEASE}/codebook.json"),
    ]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", note.at) for note in pulls)


def test_looking_without_pulling_and_being_refused_are_no_pulls(portal: tuple[World, Centre, str]) -> None:
    _, centre, address = portal
    cookie = signed_in(address, issue_token(centre, "ana"))
    get(f"{address}releases/{RELEASE}/", cookie)
    get(f"{address}releases/{RELEASE}/nothing.csv", cookie)
    ask("GET", f"{address}releases/{RELEASE}/records.csv")
    looked = ask("HEAD", f"{address}releases/{RELEASE}/records.csv", headers={"Cookie": f"analyst={cookie}"})
    assert (looked.status, looked.body) == (200, b"")
    assert [note for note in centre.registry.notes() if note.did == "pull"] == []


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=2-"}], ids=["whole", "from where it broke off"])
def test_nothing_leaves_where_its_line_cannot_be_written_and_the_file_is_closed(
    portal: tuple[World, Centre, str], headers: dict[str, str]
) -> None:
    """A file that nobody closed would be warned of, and that fails a test."""
    world, centre, address = portal
    bearer = {"Authorization": f"Bearer {issue_token(centre, 'ana')}"}
    with closing(sqlite3.connect(world.folder / "registry.db")) as register:
        register.execute("ALTER TABLE audit RENAME TO gone")
    answer = ask("GET", f"{address}api/releases/{RELEASE}/records.csv", headers=bearer | headers)
    gc.collect()
    assert answer.status == 503
    assert b"1,2" not in answer.body


@pytest.mark.parametrize("path", ["releases/", f"releases/{RELEASE}/", f"releases/{RELEASE}/records.csv"])
@pytest.mark.parametrize("cookie", ["", "analyst=", "analyst=made-up", 'analyst="\\303\\244"'])
def test_without_a_token_a_page_leads_to_the_sign_in(portal: tuple[World, Centre, str], path: str, cookie: str) -> None:
    _, _, address = portal
    answer = ask("GET", address + path, headers={"Cookie": cookie} if cookie else {})
    assert answer.status == 303
    assert answer.headers["Location"].endswith("/releases/sign-in")
    assert RELEASE.encode() not in answer.body


@pytest.mark.parametrize("path", ["api/releases", f"api/releases/{RELEASE}/records.csv"])
@pytest.mark.parametrize("authorization", ["", "Bearer ", "Bearer wrong", "Basic YTpi", "Bearer \xe4\xf6"])
def test_without_a_token_the_api_answers_401_the_same_for_each_reason(
    portal: tuple[World, Centre, str], path: str, authorization: str
) -> None:
    _, _, address = portal
    answer = ask("GET", address + path, headers={"Authorization": authorization} if authorization else {})
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.body == ask("GET", f"{address}api/releases").body


def test_a_wrong_token_is_told_so_beside_the_field(portal: tuple[World, Centre, str]) -> None:
    _, _, address = portal
    page = ask("GET", f"{address}releases/sign-in")
    answer = post(f"{address}releases/sign-in", analyst_cookie(page), token="wrong", csrf_token=mac_in(page.body))
    assert answer.status == 401
    assert b"This token is not known here" in answer.body
    assert b"Your account" in answer.body
    assert b"newest code" not in answer.body, "a token has no code"
    assert b'aria-invalid="true"' in answer.body
    assert b"<title>Error: " in answer.body


def test_a_form_that_another_site_wrote_signs_nobody_in(portal: tuple[World, Centre, str]) -> None:
    _, centre, address = portal
    token = issue_token(centre, "ana")
    cookie = analyst_cookie(ask("GET", f"{address}releases/sign-in"))
    for fields in ({"token": token}, {"token": token, "csrf_token": "0" * 64}):
        assert post(f"{address}releases/sign-in", cookie, **fields).status == 401
    assert post(f"{address}releases/sign-in", "", token=token, csrf_token="0" * 64).status == 401


def test_a_revoked_token_ends_the_sign_in_too(portal: tuple[World, Centre, str]) -> None:
    _, centre, address = portal
    token = issue_token(centre, "ana")
    cookie = signed_in(address, token)
    revoke_token(centre, "ana")
    assert get(f"{address}releases/", cookie).status == 303
    assert ask("GET", f"{address}api/releases", headers={"Authorization": f"Bearer {token}"}).status == 401


def test_signing_out_ends_the_sign_in(portal: tuple[World, Centre, str]) -> None:
    _, centre, address = portal
    cookie = signed_in(address, issue_token(centre, "ana"))
    mac = mac_in(get(f"{address}releases/", cookie).body)
    post(f"{address}releases/sign-out", cookie, csrf_token="0" * 64)
    assert get(f"{address}releases/", cookie).status == 200
    post(f"{address}releases/sign-out", cookie, csrf_token=mac)
    assert get(f"{address}releases/", cookie).status == 303


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(portal: tuple[World, Centre, str]) -> None:
    _, _, address = portal
    set_cookie = ask("GET", f"{address}releases/sign-in").headers["Set-Cookie"]
    assert "HttpOnly" in set_cookie
    assert "SameSite=Strict" in set_cookie
    assert "Path=/releases" in set_cookie
    assert "Expires" not in set_cookie


def test_behind_a_server_that_speaks_https_the_cookie_is_for_https_only(portal: tuple[World, Centre, str]) -> None:
    _, _, address = portal
    plain = ask("GET", f"{address}releases/sign-in").headers["Set-Cookie"]
    behind = ask("GET", f"{address}releases/sign-in", headers={"X-Forwarded-Proto": "https"}).headers["Set-Cookie"]
    assert ("Secure" in plain, "Secure" in behind) == (False, True)


def test_a_file_that_was_changed_at_the_centre_is_not_sent(portal: tuple[World, Centre, str]) -> None:
    world, centre, address = portal
    bearer = {"Authorization": f"Bearer {issue_token(centre, 'ana')}"}
    (world.folder / "releases" / RELEASE / "records.csv").write_text("a,b\n9,9\n")
    answer = ask("GET", f"{address}api/releases/{RELEASE}/records.csv", headers=bearer)
    assert answer.status == 503
    assert b"9,9" not in answer.body
    assert [note for note in centre.registry.notes() if note.did == "pull"] == []


@pytest.mark.parametrize(
    "path",
    ["../../authority.pub", "..%2f..%2fintake.key", "%2e%2e/%2e%2e/registry.db", "records.csv%00", "manifest.json/x"],
)
def test_no_path_leads_out_of_a_release(portal: tuple[World, Centre, str], path: str) -> None:
    _, centre, address = portal
    bearer = {"Authorization": f"Bearer {issue_token(centre, 'ana')}"}
    assert ask("GET", f"{address}api/releases/{RELEASE}/{path}", headers=bearer).status == 404


def test_only_the_digest_of_a_token_lies_on_the_disk(portal: tuple[World, Centre, str]) -> None:
    world, centre, address = portal
    token = issue_token(centre, "ana")
    cookie = signed_in(address, token)
    for file in world.folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert token.encode() not in content
            assert cookie.encode() not in content


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("", 303),
        ("releases/", 303),
        ("releases/sign-in", 200),
        ("api/releases", 401),
        ("news/keys", 403),
        ("static/portal.css", 200),
        ("nothing", 404),
        ("intake/rows", 405),
    ],
)
def test_every_answer_carries_the_strict_headers_and_no_server_name(
    portal: tuple[World, Centre, str], path: str, status: int
) -> None:
    _, _, address = portal
    answer = ask("GET", address + path)
    assert answer.status == status
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "Server" not in answer.headers


class Outline(HTMLParser):
    """What a screen reader needs of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.labels: set[str] = set()
        self.fields: set[str] = set()
        self.language = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {key: value or "" for key, value in attrs}
        self.tags.append(tag)
        self.ids += [named["id"]] if "id" in named else []
        self.language = named.get("lang", self.language)
        if tag == "label":
            self.labels.add(named["for"])
        if tag == "input" and named.get("type") != "hidden":
            self.fields.add(named["id"])
        assert not any(key.startswith("on") or key == "style" for key in named)


def test_the_pages_are_readable_without_sight_and_without_scripts(portal: tuple[World, Centre, str]) -> None:
    _, centre, address = portal
    cookie = signed_in(address, issue_token(centre, "ana"))
    for path in ("releases/sign-in", "releases/", f"releases/{RELEASE}/", "nothing"):
        outline = Outline()
        outline.feed(get(address + path, cookie).body.decode())
        assert outline.language == "en-GB"
        assert outline.tags.count("h1") == 1
        assert outline.tags.count("title") == 1
        assert len(outline.ids) == len(set(outline.ids))
        assert outline.labels == outline.fields
        assert "script" not in outline.tags


@pytest.mark.parametrize("path", ["releases/sign-in", "nothing"])
def test_a_demonstration_says_so_before_anybody_signs_in_and_on_a_problem(
    portal: tuple[World, Centre, str], path: str
) -> None:
    world, centre, address = portal
    assert b"Made up." in ask("GET", address + path).body
    world.tell(centre, serial=2, made_up=False)
    assert b"Made up." not in ask("GET", address + path).body
