"""What a phone loads when it opens the link: little, compressed, and no secret in it that another answer would hold."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from centre_world import LINKED, Answer, ask
from flask import template_rendered
from on_a_phone import START, Linked, a_phone
from phone_screens import phone_shown
from playwright.sync_api import Browser, Response, expect
from real_browser import Window

MOST_BYTES = 60 * 1024
PRESSED = {"Accept-Encoding": "gzip, deflate, br, zstd"}
TOKEN = re.compile(rb"[0-9a-f]{64}")
SAID = "somebodysguess"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Linked]:
    with phone_shown(tmp_path / "centre") as served:
        yield served


def over_the_wire(answers: list[Response]) -> dict[str, int]:
    """Bytes of each answer as they travelled, headers included, fonts apart."""
    sizes = {answer.url: answer.request.sizes() for answer in answers if not answer.url.endswith(".woff2")}
    return {url: size["responseBodySize"] + size["responseHeadersSize"] for url, size in sizes.items()}


@pytest.mark.browser
def test_a_first_visit_is_small_with_the_whole_questionnaire_and_all_that_seals(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        answers = opened(person)
        sizes = over_the_wire(answers)
    assert len(sizes) == 8
    assert sum(sizes.values()) < MOST_BYTES, sizes


def opened(person: Window) -> list[Response]:
    answers: list[Response] = []
    person.page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - Playwright marks what it is given
    person.look()
    person.page.wait_for_load_state("networkidle")
    expect(person.page.locator("h1")).to_be_visible()
    return answers


@pytest.mark.parametrize("path", ["phone/en", "phone/en/page", "phone-words", "worker.js", "static/sealing.js"])
def test_what_is_compressed_is_the_same_for_everybody_and_whole_without_it_too(served: Linked, path: str) -> None:
    small = ask(
        "GET", served.address + START + path, headers={"Accept-Encoding": "gzip", "Cookie": f"visit={'a' * 32}"}
    )
    whole = ask("GET", served.address + START + path)
    assert "Content-Encoding" not in whole.headers
    assert "Set-Cookie" not in small.headers
    assert small.headers["Vary"] == whole.headers["Vary"] == "Accept-Encoding"
    # The client has unpacked the first by now: both say the same.
    assert small.headers["Content-Encoding"] == "gzip"
    assert small.body == whole.body
    assert int(small.headers["Content-Length"]) == len(gzip.compress(whole.body, mtime=0))


@pytest.mark.parametrize("path", ["phone/en", "phone/ur", "phone-words", "static/phone.js", "static/symbols.svg"])
def test_a_browser_that_knows_brotli_gets_the_same_in_fewer_bytes(served: Linked, path: str) -> None:
    small, smaller = (
        ask("GET", served.address + START + path, headers={"Accept-Encoding": known}) for known in ("gzip", "gzip, br")
    )
    assert smaller.headers["Content-Encoding"] == "br"
    assert smaller.body == small.body
    assert int(smaller.headers["Content-Length"]) < 0.95 * int(small.headers["Content-Length"])


def test_the_first_page_comes_in_the_smallest_form_that_the_browser_knows(served: Linked) -> None:
    ways = ("", "gzip", "gzip, br")
    pages = [ask("GET", served.address + START, headers={"Accept-Encoding": known}) for known in ways]
    assert [page.headers.get("Content-Encoding", "") for page in pages] == ["", "gzip", "br"]
    whole, small, smaller = (int(page.headers["Content-Length"]) for page in pages)
    assert smaller < 0.97 * small < whole
    assert len({TOKEN.sub(b"", page.body) for page in pages}) == 1


def token_in(page: Answer) -> bytes:
    """The one token of its forms."""
    (token,) = set(TOKEN.findall(page.body))
    return token


@pytest.mark.parametrize(
    "guesses",
    [
        {"Accept-Language": "ar,ur;q=0.9", "User-Agent": SAID, "Referer": f"https://{SAID}/"},
        {"Host": f"{SAID}.example", "X-Forwarded-Host": SAID, "Origin": SAID},
        {"X-Forwarded-Prefix": f"/{SAID}", "X-Script-Name": f"/{SAID}", "X-Real-IP": "192.0.2.1"},
    ],
    ids=["whose browser", "from where", "through what"],
)
def test_the_first_page_holds_a_token_of_its_own_and_nothing_of_the_request(
    served: Linked, guesses: dict[str, str]
) -> None:
    plain = ask("GET", served.address + START, headers=PRESSED)
    asked = f"{served.address}{START}?next&csrf_token={SAID}&language=ar&go={SAID}"
    guessed = ask("GET", asked, headers={**PRESSED, **guesses})
    again = ask("GET", asked, headers={**PRESSED, **guesses})
    assert {each.headers["Content-Encoding"] for each in (plain, guessed, again)} == {"br"}
    assert len({token_in(each) for each in (plain, guessed, again)}) == 3
    assert len({each.headers["Set-Cookie"] for each in (plain, guessed, again)}) == 3
    assert len({TOKEN.sub(b"", each.body) for each in (plain, guessed, again)}) == 1
    assert SAID.encode() not in guessed.body


@pytest.mark.parametrize(
    "cookie", ["{visit}", "visit=", "visit=nobody", f"visit={'a' * 32}", "other=1", "{visit}; other=1"]
)
def test_the_first_page_is_never_compressed_for_a_browser_that_brings_a_cookie(served: Linked, cookie: str) -> None:
    visit = ask("GET", served.address + START).headers["Set-Cookie"].partition(";")[0]
    page = ask("GET", served.address + START, headers={**PRESSED, "Cookie": cookie.format(visit=visit)})
    assert token_in(page)
    assert "Content-Encoding" not in page.headers
    assert page.headers["Vary"] == "Accept-Encoding, Cookie"


def test_no_other_page_with_a_visits_token_is_compressed(served: Linked) -> None:
    visit = ask("GET", served.address + START).headers["Set-Cookie"].partition(";")[0]
    rules = [rule for rule in served.links.of(LINKED).app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    with_a_token = set()
    for rule in rules:
        address = served.address + START + re.sub("<.*>", "experience", rule.rule.lstrip("/"))
        page = ask("GET", address, headers={**PRESSED, "Cookie": visit})
        if TOKEN.search(page.body):
            with_a_token.add(rule.rule)
            assert "Content-Encoding" not in page.headers, rule.rule
    assert with_a_token == {"/", "/page/<page>", "/language", "/code"}


@pytest.mark.parametrize("path", ["phone/xx", "phone/../x", "phone/en/other"])
def test_a_language_that_nobody_knows_is_not_found(served: Linked, path: str) -> None:
    assert ask("GET", served.address + START + path).status == 404


def test_after_a_stop_no_questions_are_handed_out(served: Linked) -> None:
    served.tell(2, stop=True)
    for path in ("phone/en", "phone/en/page", "phone-words", "worker.js"):
        assert ask("GET", served.address + START + path).status == 503
    assert LINKED in START


def test_what_is_the_same_for_everybody_is_rendered_once_a_language_until_another_keys_file(
    served: Linked,
) -> None:
    app, keys = served.links.of(LINKED).app, served.centre.told().keys()
    assert keys is not None
    paths = [f"phone/{language}{kind}" for language in ("en", "ar", "en-easy") for kind in ("", "/page")]

    def rendered(*asked: str) -> int:
        count = 0

        def one_more(_sender: object, **_told: object) -> None:
            nonlocal count
            count += 1

        with template_rendered.connected_to(one_more, app):
            for path in asked:
                assert ask("GET", served.address + START + path).status == 200
        return count

    first = [rendered(path) for path in paths]
    assert all(first), "each language is made when it is first asked for"
    assert rendered(*paths * 3, "phone-words", "worker.js") == 0
    served.tell(2, instruments=keys.instruments, support_lines=())
    assert [rendered(path) for path in paths] == first
    assert rendered(*paths) == 0
