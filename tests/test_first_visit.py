"""What a phone loads when it opens the link: little, compressed beforehand, and no secret among what is compressed."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from centre_world import LINKED, ask
from on_a_phone import START, Linked, a_phone
from phone_screens import phone_shown
from playwright.sync_api import Browser, Response, expect
from real_browser import Window

MOST_BYTES = 60 * 1024


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
    assert len(sizes) == 7
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


def test_a_page_with_a_visits_token_is_never_compressed(served: Linked) -> None:
    first = ask("GET", served.address + START, headers={"Accept-Encoding": "gzip"})
    assert b"csrf_token" in first.body
    assert "Content-Encoding" not in first.headers


@pytest.mark.parametrize("path", ["phone/xx", "phone/../x", "phone/en/other"])
def test_a_language_that_nobody_knows_is_not_found(served: Linked, path: str) -> None:
    assert ask("GET", served.address + START + path).status == 404


def test_after_a_stop_no_questions_are_handed_out(served: Linked) -> None:
    served.tell(2, stop=True)
    for path in ("phone/en", "phone/en/page", "phone-words", "worker.js"):
        assert ask("GET", served.address + START + path).status == 503
    assert LINKED in START
