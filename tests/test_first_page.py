"""A link's first page is rendered once for everybody who has not begun, and nobody's token ever reaches another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from http.cookies import SimpleCookie
from pathlib import Path
from threading import Lock

import pytest
from all_at_once import at_once
from at_the_tablet import SMALL, one_of, page
from centre_world import LINKED
from flask import template_rendered
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from on_a_phone import Linked, linked
from player import raw

from export.centre.codes import codes_in, issue
from survey.briefing import Place
from survey.csrf import csrf_token
from survey.visits import is_token
from survey.words import load

OTHER = "hub-3"
TOKEN = re.compile(rb"[0-9a-f]{64}")
OF_THE_CODE = load()["en"]["code.taken"].encode()
FROM_ELSEWHERE = {"Sec-Fetch-Site": "cross-site"}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Linked]:
    with linked(tmp_path / "centre") as served:
        yield served


def opened(served: Linked, cookie: str | None = None, place: str = LINKED, **headers: str) -> tuple[str, bytes]:
    """The visit's cookie, the one that was given or the one that was brought, and the page."""
    answer = raw(served.address, f"s/{place}/", cookie=cookie, headers=headers)
    assert answer.status == 200
    given = SimpleCookie(answer.headers.get("Set-Cookie", "")).get("visit")
    return given.value if given else cookie or "", answer.data


def posts(served: Linked, cookie: str, path: str, **fields: str) -> None:
    token = csrf_token(cookie)
    answer = raw(served.address, f"s/{LINKED}/{path}", "POST", [("csrf_token", token), *fields.items()], cookie)
    assert answer.status == 303


def alike(page: bytes) -> bytes:
    """A page without what is each visitor's own."""
    return TOKEN.sub(b"", page)


def tokens(page: bytes) -> set[str]:
    return {found.decode() for found in TOKEN.findall(page)}


def rendered(served: Linked, cookies: Sequence[str | None], place: str = LINKED) -> int:
    """How often a page was made for so many visitors."""
    count = 0

    def one_more(_sender: object, **_told: object) -> None:
        nonlocal count
        count += 1

    with template_rendered.connected_to(one_more, served.links.of(place).app):
        for cookie in cookies:
            opened(served, cookie, place)
    return count


def test_it_is_rendered_once_a_place_and_language_until_another_keys_file(served: Linked) -> None:
    served.world.places = (*served.world.places, Place(OTHER, "Another hub", "hub", ("link",)))
    served.tell(2)
    pole, _ = opened(served)
    posts(served, pole, "language", language="pl")
    assert [rendered(served, [None] * 3), rendered(served, [None] * 3, OTHER)] == [0, 1]
    assert rendered(served, [pole, pole, None]) == 1
    served.tell(3, made_up=True)
    assert [rendered(served, [None, pole]), rendered(served, [None, pole])] == [2, 0]
    here, there = (opened(served, place=place)[1].decode() for place in (LINKED, OTHER))
    assert here.replace(LINKED, OTHER).count(f"/s/{OTHER}/") == there.count(f"/s/{OTHER}/") > 0
    assert LINKED not in there


def test_it_says_what_the_keys_in_force_say_and_nothing_without_any(served: Linked) -> None:
    _, before = opened(served)
    assert b"What about experience?" in before
    first, *others = SMALL.pages
    asked = replace(first, items=(replace(first.items[0], labels={"en": "How was it?"}),))
    served.tell(2, instruments=(replace(SMALL, pages=(asked, *others)),))
    assert b"How was it?" in opened(served)[1]
    served.tell(3, stop=True)
    assert raw(served.address, f"s/{LINKED}/").status == 503


def test_a_kept_page_lets_nobody_in_whom_the_place_does_not(served: Linked) -> None:
    opened(served)
    served.world.places = tuple(replace(each, open_door=False) for each in served.world.places)
    served.tell(2)
    assert raw(served.address, f"s/{LINKED}/").headers["Location"].endswith("/code")
    served.world.places = tuple(replace(each, open_door=True) for each in served.world.places)
    served.tell(3)
    opened(served)
    for _ in range(500):
        served.links.of(LINKED).ceiling.count()
    assert raw(served.address, f"s/{LINKED}/").headers["Location"].endswith("/code")


def test_what_one_person_did_stands_on_nobody_elses(served: Linked) -> None:
    _, untouched = opened(served)
    (code, *_) = codes_in(issue(served.centre, LINKED, "card", 3))
    reader, typist, answering = (opened(served)[0] for _ in range(3))
    posts(served, reader, "language", language="pl")
    posts(served, typist, "code", code=code)
    posts(served, answering, "", go="continue", experience="bad")
    assert b"Co z experience?" in opened(served, reader)[1]
    assert OF_THE_CODE in opened(served, typist)[1]
    assert b" checked" in raw(served.address, f"s/{LINKED}/page/experience", cookie=answering).data
    assert alike(opened(served)[1]) == alike(untouched)


def test_who_comes_from_another_site_is_led_on_and_others_are_not(served: Linked) -> None:
    for headers in (FROM_ELSEWHERE, {}, FROM_ELSEWHERE, {}):
        _, page = opened(served, **headers)
        assert (b'http-equiv="refresh"' in page) is bool(headers)
        assert len(tokens(page)) == 1


def test_answers_that_are_shuffled_are_shuffled_for_each_person(served: Linked) -> None:
    shuffled = page(one_of("experience", *"abcdef", core=True, randomize=True))
    served.tell(2, instruments=(replace(SMALL, pages=(shuffled, *SMALL.pages[1:])),))
    orders = {tuple(re.findall(rb'value="([a-f])"', opened(served)[1])) for _ in range(12)}
    assert {tuple(sorted(order)) for order in orders} == {tuple(each.encode() for each in "abcdef")}
    assert len(orders) > 1


STEPS = ("opens", "comes again", "reads Polish", "types a code", "comes from elsewhere", "custodian signs")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plans=st.lists(st.lists(st.sampled_from(STEPS), min_size=1, max_size=5), min_size=6, max_size=12))
def test_whoever_comes_when_only_their_own_token_stands_on_their_page(served: Linked, plans: list[list[str]]) -> None:
    code, signing = next(codes_in(issue(served.centre, LINKED, "card", 1))), Lock()
    told = served.centre.told().keys()
    serials = iter(range((told.serial if told else 0) + 1, 1_000_000))
    seen: list[tuple[str, bytes]] = []

    def one(number: int) -> str:
        cookie: str | None = None
        for step in plans[number]:
            if step == "custodian signs":
                with signing:
                    served.tell(next(serials), made_up=number % 2 == 0)
            if step == "opens" or cookie is None:
                cookie, first = opened(served)
                seen.append((cookie, first))
            if step == "reads Polish":
                posts(served, cookie, "language", language="pl")
            if step == "types a code":
                posts(served, cookie, "code", code=code)
            elsewhere = FROM_ELSEWHERE if step == "comes from elsewhere" else {}
            seen.append(opened(served, cookie, **elsewhere))
        return cookie or ""

    at_once(len(plans), one)
    for cookie, page_of_theirs in seen:
        assert is_token(cookie)
        assert tokens(page_of_theirs) == {csrf_token(cookie)}
