"""Whatever arrives: a page in plain words, never a stack trace, never a 500, never somebody else's answer."""

from __future__ import annotations

import logging
from urllib.parse import quote_from_bytes

import pytest
from at_the_tablet import Tablet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from player import Player, raw

KIND = {200, 303, 404, 405, 413, 415}
HOSTILE = [
    b"",
    b"\x00",
    b"\xff\xfe\xc0\x80",
    b"\xed\xa0\x80",
    "\u202enekat \u200e".encode(),
    b"<script>alert(1)</script>",
    b"{{ 7*7 }}",
    b"' OR 1=1 --",
    b"%00%s%n",
    b"9" * 400,
    b"1e309",
    b"NaN",
    b"-0",
    "٣".encode(),
    b"../../etc/passwd",
    b"a" * 20_000,
    "\U0010ffff".encode() * 500,
    b"good\r\nSet-Cookie: a=b",
]


@pytest.fixture
def at_the_last_page(tablet: Tablet) -> Player:
    person = Player(tablet.address)
    person.look()
    person.say(experience="good")
    person.say(contact="easy")
    person.say(crime="theft")
    person.say(more="yes")
    person.say(helped="friend")
    return person


def pairs(*fields: tuple[bytes, bytes]) -> bytes:
    return b"&".join(f"{quote_from_bytes(name)}={quote_from_bytes(value)}".encode() for name, value in fields)


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda value: repr(value[:20]))
@pytest.mark.parametrize("name", [b"experience", b"go", b"csrf_token", b"language", b"unheard", b"\xff"])
def test_hostile_bytes_in_a_field_of_the_first_page(tablet: Tablet, name: bytes, hostile: bytes) -> None:
    person = Player(tablet.address)
    person.look()
    token = person.question().hidden["csrf_token"].encode()
    for path in ("/page/experience", "/language", "/finish"):
        body = pairs((b"csrf_token", token), (name, hostile), (name, hostile))
        answer = raw(tablet.address, path, "POST", body, person.cookie)
        assert answer.status in {200, 303}
        assert b"<script>alert" not in answer.data


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda value: repr(value[:20]))
@pytest.mark.parametrize("name", [b"times", b"better"])
def test_hostile_bytes_in_typed_answers(at_the_last_page: Player, tablet: Tablet, name: bytes, hostile: bytes) -> None:
    token = at_the_last_page.question().hidden["csrf_token"].encode()
    body = pairs((b"csrf_token", token), (name, hostile), (b"go", b"continue"))
    answer = raw(tablet.address, "/page/last", "POST", body, at_the_last_page.cookie)
    assert answer.status in {200, 303}
    assert b"<script>alert" not in answer.data
    if answer.status == 303:
        assert answer.headers["Location"] == "/thanks"
        assert tablet.only_response().status == "complete"


def test_a_free_text_of_four_megabytes_gets_a_kind_page_and_the_visit_goes_on(
    at_the_last_page: Player, tablet: Tablet
) -> None:
    token = at_the_last_page.question().hidden["csrf_token"]
    for size in (70_000, 4_000_000, 40_000_000):
        body = f"csrf_token={token}&better=".encode() + b"x" * size
        answer = raw(tablet.address, "/page/last", "POST", body, at_the_last_page.cookie)
        assert answer.status == 413
        assert b"too long" in answer.data
        assert b"Go to the questions" in answer.data
    at_the_last_page.look("/")
    assert at_the_last_page.page == "last"
    at_the_last_page.say(better="short")
    assert tablet.only_response().answers["better"] == "short"


def test_a_text_that_is_a_little_too_long_stands_there_to_be_shortened(
    at_the_last_page: Player, tablet: Tablet
) -> None:
    at_the_last_page.say(better="ż" * 1400)
    assert at_the_last_page.page == "last"
    assert at_the_last_page.screen.title == "Error: Survey"
    assert "ż" * 1400 in at_the_last_page.screen.words
    assert tablet.responses() == []


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "application/json", "text/plain", "nonsense", ""])
def test_a_body_of_another_kind_is_refused_kindly(tablet: Tablet, kind: str) -> None:
    person = Player(tablet.address)
    person.look()
    body = b'--x\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\n' + b"z" * 5000 + b"\r\n--x--\r\n"
    answer = raw(tablet.address, "/page/experience", "POST", body, person.cookie, {"Content-Type": kind})
    assert answer.status == 415
    assert b"could not read" in answer.data


@pytest.mark.parametrize(
    "cookie", ["", "0" * 32, "z" * 32, "0" * 5000, "../../x", "\u00e9", '"', "a" * 31, "a;visit=b", "%00"]
)
def test_a_cookie_from_yesterday_or_from_nowhere_leads_to_the_start(tablet: Tablet, cookie: str) -> None:
    headers = {"Cookie": f"visit={cookie}".encode().decode("latin-1")}
    answer = raw(tablet.address, "/", headers=headers)
    assert answer.status == 200
    assert b"What about experience?" in answer.data
    for path in ("/page/contact", "/thanks", "/ended", "/finish"):
        answer = raw(tablet.address, path, headers=headers)
        assert (answer.status, answer.headers["Location"]) == (303, "/")
    body = pairs((b"csrf_token", b"0" * 64), (b"experience", b"good"))
    answer = raw(tablet.address, "/page/experience", "POST", body, headers=headers)
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    assert tablet.counts() == {}


@pytest.mark.parametrize("language", ["", "xx", "pl-PL", "../en", "en\x00", "PL"])
def test_an_unknown_language_changes_nothing(tablet: Tablet, language: str) -> None:
    person = Player(tablet.address)
    person.look()
    token = person.question().hidden["csrf_token"]
    person.browser.post("/language", [("csrf_token", token), ("language", language)])
    assert person.look().heading == "What about experience?"


def test_a_choice_that_was_not_offered_is_asked_again(tablet: Tablet) -> None:
    person = Player(tablet.address)
    person.look()
    person.say(experience="excellent")
    assert person.page == "experience"
    assert person.screen.title == "Error: Survey"
    assert tablet.counts() == {}


_NAMES = st.sampled_from(["experience", "contact", "go", "csrf_token", "more", "helped", "times", "better", "x"])
_FIELDS = st.lists(
    st.tuples(_NAMES, st.text(max_size=40) | st.sampled_from(["good", "hard", "yes", "skip"])), max_size=6
)
_PATHS = st.sampled_from(
    ["/", "/page/experience", "/page/contact", "/page/more", "/page/last", "/page/%00", "/page/..", "/finish", "/leave",
     "/language", "/next", "/not-now", "/thanks", "/ended", "/help", "/about", "/staff", "/static/../app.py", "/%ff"]
)  # fmt: skip


@given(requests=st.lists(st.tuples(_PATHS, st.sampled_from(["GET", "POST"]), _FIELDS, st.booleans()), max_size=25))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_sequence_of_requests_gets_kind_pages(
    tablet: Tablet, requests: list[tuple[str, str, list[tuple[str, str]], bool]]
) -> None:
    client = tablet.app.test_client()
    for path, method, fields, honest in requests:
        cookie = client.get_cookie("visit")
        given = list(fields)
        if honest and cookie is not None:
            given.append(("csrf_token", _token(cookie.value)))
        data: dict[str, list[str]] = {}
        for name, value in given:
            data.setdefault(name, []).append(value)
        answer = client.open(path, method=method, data=data if method == "POST" else None)
        assert answer.status_code in KIND


def _token(cookie: str) -> str:
    from survey.csrf import csrf_token  # noqa: PLC0415 - beside its only use: an honest form

    return csrf_token(cookie)


def test_a_fault_of_ours_shows_a_kind_page_and_logs_its_class_alone_and_once(
    tablet: Tablet, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> str:
        raise LookupError("the answer was: marker-in-a-message")

    tablet.app.add_url_rule("/broken", "broken", broken)
    with caplog.at_level(logging.DEBUG):
        for _ in range(3):
            answer = raw(tablet.address, "/broken")
            assert answer.status == 500
            assert b"not your fault" in answer.data
            assert b"marker" not in answer.data
    ours = [record for record in caplog.records if record.name == "heard"]
    assert [record.getMessage() for record in ours] == [
        "A page failed with LookupError. Please report this to whoever looks after Heard."
    ]
    assert "marker" not in caplog.text
