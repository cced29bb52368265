"""A release is the analysts' until a publisher makes it public: then everybody reads its tables, nobody its records."""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from centre_world import ask
from portal_world import RELEASE, PortalWorld, mac_in, portal_world

from export.centre.audit import Audit

TOKENS = "releases/account/tokens"


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[PortalWorld]:
    with portal_world(tmp_path) as world:
        yield world


def public(portal: PortalWorld, file: str) -> int:
    return ask("GET", f"{portal.address}public/{RELEASE}/{file}").status


def test_until_a_publisher_says_so_only_analysts_see_it(portal: PortalWorld) -> None:
    assert RELEASE.encode() not in ask("GET", f"{portal.address}public/").body
    assert public(portal, "tables.csv") == 404
    assert portal.at_work("analyst").get(f"releases/{RELEASE}/tables.csv").status == 200


def test_then_everybody_reads_its_tables_and_nobody_its_records(portal: PortalWorld) -> None:
    publisher = portal.at_work("publisher")
    page = f"releases/{RELEASE}/"
    assert publisher.post(f"{page}public", page=page).status == 303
    assert public(portal, "tables.csv") == 404, "without the tick nothing happens"
    publisher.post(f"{page}public", page=page, sure="yes")
    assert RELEASE.encode() in ask("GET", f"{portal.address}public/").body
    assert public(portal, "tables.csv") == 200
    # The hash of a small file in the manifest tells what stands in it, to whoever tries.
    for file in ("records.csv", "codebook.json", "manifest.json", "../authority.pub"):
        assert public(portal, file) == 404
    publisher.post_raw(f"{page}public", sure="yes")
    assert portal.did("made public") == [("publisher", RELEASE)]


@pytest.mark.parametrize("role", ["analyst", "publisher"])
def test_the_page_of_a_release_points_at_nothing_that_whoever_reads_it_may_not_pull(
    portal: PortalWorld, role: str
) -> None:
    reader, page = portal.at_work(role), f"releases/{RELEASE}/"
    body = reader.get(page).body.decode()
    named = set(re.findall(r"\b[\w-]+\.(?:json|csv|xlsx|parquet|sav|dta)\b", body))
    assert named
    assert {name: reader.get(page + name).status for name in named} == dict.fromkeys(named, 200)
    assert ("manifest.json" in named) == ("sha256sum" in body) == (role == "analyst"), "nothing signed here is for both"


def no_time() -> datetime:
    """The machine's disk is full, say: no line can be written."""
    raise OSError


def test_nothing_becomes_public_and_nobody_gets_a_token_without_a_line_that_says_who_did_it(
    portal: PortalWorld,
) -> None:
    publisher, analyst = portal.at_work("publisher"), portal.at_work("analyst")
    page = f"releases/{RELEASE}/"
    forms = [
        (publisher, page, f"{page}public", {"sure": "yes"}),
        (analyst, "releases/account", TOKENS, {"label": "mine"}),
    ]
    ready = [
        (browser, path, {**fields, "csrf_token": mac_in(browser.get(start).body)})
        for browser, start, path, fields in forms
    ]
    written, portal.centre.audit = portal.centre.audit, Audit(portal.centre.registry, no_time)
    assert [browser.post_raw(path, **fields).status for browser, path, fields in ready] == [500, 500]
    assert public(portal, "tables.csv") == 404
    assert portal.centre.people.token_names() == []
    portal.centre.audit = written
    assert [browser.post_raw(path, **fields).status for browser, path, fields in ready] == [303, 200]
    assert portal.did("made public") == [("publisher", RELEASE)]
    assert portal.did("token add") == [("analyst", "analyst/mine")]


def test_nothing_is_written_down_about_who_reads_what_is_public(portal: PortalWorld) -> None:
    portal.centre.people.make_public(RELEASE)
    before = {file: file.read_bytes() for file in portal.world.folder.rglob("*") if file.is_file()}
    assert public(portal, "tables.csv") == 200
    answer = ask("GET", f"{portal.address}public/")
    assert "Set-Cookie" not in answer.headers
    assert b"Made up" in answer.body
    assert {file: file.read_bytes() for file in portal.world.folder.rglob("*") if file.is_file()} == before


def test_a_publisher_sees_no_records(portal: PortalWorld) -> None:
    publisher = portal.at_work("publisher")
    page = publisher.get(f"releases/{RELEASE}/")
    assert b"records.csv" not in page.body
    assert b"How was it?" not in page.body, "the codebook tells exact counts, and is refused as a file"
    assert publisher.get(f"releases/{RELEASE}/records.csv").status == 404
    assert publisher.get(f"releases/{RELEASE}/tables.csv").status == 200


def test_an_analyst_previews_the_first_records_and_that_is_written_down(portal: PortalWorld) -> None:
    page = portal.at_work("analyst").get(f"releases/{RELEASE}/")
    assert b'<th scope="col">a</th><th scope="col">b</th>' in page.body
    assert b"<td>1</td><td>2</td>" in page.body
    assert portal.did("preview") == [("analyst", f"{RELEASE}/records.csv")]


def test_a_pull_goes_on_where_it_broke_and_carries_its_hash(portal: PortalWorld) -> None:
    browser = portal.at_work("analyst")
    address, cookie = f"{portal.address}releases/{RELEASE}/tables.csv", {"Cookie": f"analyst={browser.cookie}"}
    whole = ask("GET", address, headers=cookie)
    assert (
        b64decode(whole.headers["Repr-Digest"].removeprefix("sha-256=:").removesuffix(":"))
        == hashlib.sha256(whole.body).digest()
    )
    rest = ask("GET", address, headers=cookie | {"Range": "bytes=1000-", "If-Range": whole.headers["ETag"]})
    assert (rest.status, rest.body) == (206, whole.body[1000:])
    assert rest.headers["Content-Range"] == f"bytes 1000-{len(whole.body) - 1}/{len(whole.body)}"
    changed = ask("GET", address, headers=cookie | {"Range": "bytes=1000-", "If-Range": '"another"'})
    assert (changed.status, changed.body) == (200, whole.body)
    assert ask("GET", address, headers=cookie | {"Range": f"bytes={len(whole.body)}-"}).status == 416
    assert (("analyst", f"{RELEASE}/tables.csv from byte 1000")) in portal.did("pull")


def test_a_pull_stands_in_the_audit_log_only_where_bytes_were_sent_and_from_the_byte_they_began_at(
    portal: PortalWorld,
) -> None:
    browser = portal.at_work("analyst")
    address, cookie = f"{portal.address}releases/{RELEASE}/tables.csv", {"Cookie": f"analyst={browser.cookie}"}
    whole = ask("GET", address, headers=cookie)
    pulled = portal.did("pull")
    had = {"If-None-Match": whole.headers["ETag"]}
    assert ask("GET", address, headers=cookie | had).status == 304
    assert ask("GET", address, headers=cookie | {"If-Match": '"another"'}).status == 412
    assert ask("GET", address, headers=cookie | {"Range": f"bytes={len(whole.body)}-"}).status == 416
    assert portal.did("pull") == pulled
    assert ask("GET", address, headers=cookie | {"Range": "bytes=-10"}).body == whole.body[-10:]
    assert portal.did("pull")[1:] == [("analyst", f"{RELEASE}/tables.csv from byte {len(whole.body) - 10}")]


@pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "bytes=3-1", "bytes=junk", "junk", "lines=1-2", "bytes="])
def test_several_ranges_or_what_is_none_are_answered_with_the_whole_file(portal: PortalWorld, asked: str) -> None:
    browser = portal.at_work("analyst")
    address, cookie = f"{portal.address}releases/{RELEASE}/tables.csv", {"Cookie": f"analyst={browser.cookie}"}
    whole = ask("GET", address, headers=cookie)
    answered = ask("GET", address, headers=cookie | {"Range": asked})
    assert (answered.status, answered.body) == (200, whole.body)
    assert answered.headers["Accept-Ranges"] == "bytes"
    assert set(portal.did("pull")) == {("analyst", f"{RELEASE}/tables.csv")}
