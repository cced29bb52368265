"""The link's interview at the centre: a place's own path, its own door, and nothing where nothing may be asked."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest
from centre_world import LINKED, PLACE, Answer, World, ask, listening
from linked_centre import address, centre, links, untold, world

from export.centre.app import centre_app
from export.centre.holds import Hold
from export.centre.instance import Centre
from export.centre.link import Link, Links
from export.centre.running import hide_times
from forms.response import Response, unframed
from survey.headers import HEADERS

__all__ = ["address", "centre", "links", "untold", "world"]  # fixtures


def answered(address: str, value: str = "good", place: str = LINKED) -> tuple[str, Answer]:
    """Somebody with a phone opens the link and answers the one question: the cookie, and what came back."""
    first = ask("GET", f"{address}s/{place}/")
    assert first.status == 200, first.body
    cookie = SimpleCookie(first.headers["Set-Cookie"])["visit"]
    assert cookie["path"] == f"/s/{place}"
    mac = re.search(rb'name="csrf_token" value="([0-9a-f]+)"', first.body)
    assert mac
    fields = {"experience": value, "csrf_token": mac[1].decode(), "go": "continue"}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"visit={cookie.value}"}
    action = re.search(rb'<form id="question"[^>]* action="([^"]+)"', first.body)
    path = action[1].decode() if action else f"/s/{place}/"
    return cookie.value, ask("POST", address + path.lstrip("/"), urlencode(fields).encode(), headers)


def opened(world: World, centre: Centre, shelf: str = "arrivals") -> list[tuple[str, dict[str, object]]]:
    """What lies on a shelf, opened by the custodian's key: door and content."""
    return [(door, unframed(world.collection.open(row))) for door, row in centre.store.rows(shelf)]


def test_before_the_first_keys_file_the_link_is_not_available_and_keeps_nothing(untold: Centre) -> None:
    with listening(Links(untold, centre_app(untold))) as address:
        answer = ask("GET", f"{address}s/{LINKED}/")
    assert answer.status == 503
    assert b"available" in answer.body
    assert untold.store.count("arrivals") == 0


def test_an_answer_by_the_link_is_sealed_into_the_arrivals_by_the_open_door(
    world: World, centre: Centre, address: str
) -> None:
    _, answer = answered(address)
    assert answer.status == 303
    assert answer.headers["Location"].endswith(f"/s/{LINKED}/thanks")
    ((door, content),) = opened(world, centre)
    response = Response.from_content(content)
    assert (door, response.mode, response.place) == ("open", "link", LINKED)
    assert response.answers == {"experience": "good"}


def test_many_phones_answer_at_once_without_ending_each_others_visits(
    world: World, centre: Centre, address: str
) -> None:
    first = [ask("GET", f"{address}s/{LINKED}/") for _ in range(3)]
    cookies = {SimpleCookie(answer.headers["Set-Cookie"])["visit"].value for answer in first}
    assert len(cookies) == 3
    for _ in range(3):
        answered(address)
    assert len(opened(world, centre)) == 3


@pytest.mark.parametrize("place", [PLACE, "nowhere", "-"])
def test_a_place_without_a_link_is_not_available(world: World, centre: Centre, address: str, place: str) -> None:
    assert ask("GET", f"{address}s/{place}/").status == 503


def test_a_stop_closes_the_link_at_once(world: World, centre: Centre, address: str) -> None:
    assert ask("GET", f"{address}s/{LINKED}/").status == 200
    world.tell(centre, serial=2, stop=True)
    assert ask("GET", f"{address}s/{LINKED}/").status == 503


def test_the_path_without_its_slash_leads_to_the_one_with_it(address: str) -> None:
    answer = ask("GET", f"{address}s/{LINKED}")
    assert (answer.status, answer.headers["Location"]) == (308, f"/s/{LINKED}/")
    for name, value in HEADERS.items():
        assert answer.headers[name] == value


def test_where_no_script_runs_a_font_may_stay_for_an_hour_and_nothing_else_may(address: str) -> None:
    def kept(path: str) -> str | None:
        answer = ask("GET", f"{address}s/{LINKED}/{path}")
        assert answer.status == (404 if "none" in path else 200)
        return answer.headers["Cache-Control"]

    assert kept("letters/noto-nastaliq-urdu.woff2") == "private, max-age=3600"
    for path in (
        "", "letters/fonts.css", "letters/none.woff2", "static/heard.css", "static/phone.js", "static/fonts/fonts.css",
        "static/fonts/noto-nastaliq-urdu.woff2",
    ):  # fmt: skip
        assert kept(path) == "no-store"


def test_what_was_counted_goes_into_a_sealed_tally_each_night(
    world: World, centre: Centre, links: Links, address: str
) -> None:
    answered(address)
    links.each(Link.nightly)
    kinds = sorted(str(content["kind"]) for _, content in opened(world, centre))
    assert kinds == ["response", "tally"]
    (tally,) = [content for _, content in opened(world, centre) if content["kind"] == "tally"]
    assert (tally["place"], tally["started"], tally["complete"]) == (LINKED, 1, 1)
    links.each(Link.nightly)
    assert len(opened(world, centre)) == 2


def test_a_draft_lies_locked_and_names_nobody(world: World, centre: Centre, address: str, tmp_path: Path) -> None:
    cookie, _ = answered(address, "bad")
    for file in tmp_path.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert cookie.encode() not in content
            assert b'"experience":"bad"' not in content
            assert cookie not in file.name


def test_after_the_tick_no_file_tells_when_somebody_answered(
    world: World, centre: Centre, links: Links, address: str, tmp_path: Path
) -> None:
    answered(address)
    memory = tmp_path / "memory"
    lasting = [centre.folder, centre.folder / "centre.db"]
    passing = [memory, *memory.rglob("*")]
    assert len(passing) > 3
    before_the_tick = tmp_path / "before-the-tick"
    while not before_the_tick.exists() or before_the_tick.stat().st_ctime_ns <= max(
        path.stat().st_ctime_ns for path in (*lasting, *passing)
    ):
        before_the_tick.touch()
    hide_times(centre, links, Hold(centre.folder / "night.lock"))
    month = datetime.combine(centre.clock.day().replace(day=1), datetime.min.time(), tzinfo=UTC).timestamp()
    assert {path.stat().st_mtime for path in lasting} == {month}
    assert {path.stat().st_mtime for path in passing} == {0}
    for path in (*lasting, *passing):
        assert path.stat().st_ctime_ns >= before_the_tick.stat().st_ctime_ns, f"{path.name} tells more than the tick"
    assert len(opened(world, centre)) == 1, "the store goes on"


def test_what_was_left_behind_at_a_place_without_a_link_is_filed_at_the_next_start(
    world: World, centre: Centre, links: Links
) -> None:
    links.of(LINKED).partials.keep("somebody", world.rows(1)[0])
    world.tell(centre, serial=2, places=world.places[:1])
    Links(centre, centre_app(centre)).start(alone=True)
    assert centre.store.count("arrivals") == 1


def test_a_demonstration_says_so_where_nothing_may_be_asked_too(world: World, centre: Centre, address: str) -> None:
    assert b'class="made-up" role="note"' in ask("GET", f"{address}s/{PLACE}/").body
    world.tell(centre, serial=2, stop=True)
    stopped = ask("GET", f"{address}s/{LINKED}/")
    assert (stopped.status, b'class="made-up" role="note"' in stopped.body) == (503, True)
    world.tell(centre, serial=3, made_up=False, stop=True)
    assert b'class="made-up" role="note"' not in ask("GET", f"{address}s/{LINKED}/").body
