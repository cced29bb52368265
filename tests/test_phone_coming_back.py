"""Four words to come back with: drawn, never chosen; only their slow hash is sealed, and no page says if they exist."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from at_the_tablet import SMALL
from centre_world import LINKED
from on_a_phone import TYPED, Linked, a_phone, finish, linked, sent_by, to_the_end
from phone_modules import modules, run
from playwright.sync_api import Browser, expect
from real_browser import OUTSIDE, Window

from survey.fingerprint import word_list
from survey.words import load as load_words

pytestmark = pytest.mark.browser

THANKS = "Thank you. Your answers are kept."


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Linked]:
    with linked(tmp_path / "centre") as served:
        yield served


def slowly(words: str) -> str:
    """The hash, by Python."""
    return hashlib.pbkdf2_hmac("sha256", words.encode(), SMALL.id.encode(), 1_000_000, 16).hex()


def answered_with_words(person: Window, typed: str = "") -> str:
    person.look()
    to_the_end(person)
    expect(person.page.locator("h1")).to_have_text("Would you like to come back?")
    if typed:
        person.page.locator("#again-words").fill(typed)
        person.page.locator("#again-use button").click()
    else:
        person.page.locator("#again-give button").click()
        typed = person.page.locator(".four").inner_text()
        assert "who may find the paper" in person.words()
        person.page.locator("#again-done button").click()
    expect(person.page.locator("h1")).to_have_text(THANKS)
    return typed


def test_the_same_words_are_the_same_hash_and_nobody_learns_whether_they_were_known(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        words = answered_with_words(person)
        assert len(words.split()) == 4
        assert set(words.split()) <= set(word_list())
        answered_with_words(person, f"  {words.upper()} ")
        answered_with_words(person, "academic acid acne acquire")
    hashes = [response.again for response in served.responses()]
    assert sorted(hashes, key=str) == sorted([slowly(words)] * 2 + [slowly("academic acid acne acquire")])
    for line, body in [*served.bodies, *sent_by(served)]:
        assert words.split()[0] not in line
        assert words.encode() not in body


def test_who_writes_four_words_down_and_closes_the_page_has_good_ones(served: Linked, browser: Browser) -> None:
    """The paper says that the words work; nobody has to press one more button for that."""
    with a_phone(browser, served) as person:
        person.look()
        to_the_end(person)
        person.page.locator("#again-give button").click()
        meant = slowly(person.page.locator(".four").inner_text())
        person.until(lambda: [response.again for response in served.responses()] == [meant])
        person.page.close()
    assert served.only().again == meant
    assert len(sent_by(served)) == 3, "the core, everything, and everything with the words: nothing is sealed once more"


def test_who_leaves_while_the_words_are_being_hashed_leaves_nothing(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.page.add_init_script(HASHES_WHEN_TOLD)
        person.look()
        to_the_end(person)
        person.until(lambda: [response.status for response in served.responses()] == ["complete"])
        person.page.locator("#again-give button").click()
        expect(person.page.locator(".four")).to_be_visible()
        person.page.locator(".bar .leave").click()
        person.page.wait_for_url(OUTSIDE)
        person.until(lambda: served.rows() == [])
    assert served.rows() == []


def test_who_says_that_they_have_their_words_sends_no_other_copy(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        words = answered_with_words(person)
    assert served.only().again == slowly(words)
    assert len(sent_by(served)) == 3


HASHES_WHEN_TOLD = """(() => {
  const derive = crypto.subtle.deriveBits.bind(crypto.subtle);
  crypto.subtle.deriveBits = async (rule, ...rest) => {
    if (rule.name === "PBKDF2") {
      await new Promise((told) => addEventListener("pagehide", told));
    }
    return derive(rule, ...rest);
  };
})()"""


FAILS_TO_HASH = """(() => {
  const derive = crypto.subtle.deriveBits.bind(crypto.subtle);
  crypto.subtle.deriveBits = async (rule, ...rest) => {
    if (rule.name === "PBKDF2" && !window.failed) {
      await new Promise((told) => (window.fail = told));
      window.failed = true;
      throw new DOMException("not this time", "OperationError");
    }
    return derive(rule, ...rest);
  };
})()"""
NOT_YET = load_words()["en"]["again.failed"]


def takes_words(person: Window, whose: str) -> str:
    """New ones, or some from before."""
    if whose == "own":
        words = "academic acid acne acquire"
        person.page.locator("#again-words").fill(words)
        person.page.locator("#again-use button").click()
    else:
        person.page.locator("#again-give button").click()
        words = person.page.locator(".four").inner_text()
        person.page.locator("#again-done button").click()
    return words


def fails(person: Window) -> None:
    """What hashes the words gives up now."""
    person.until(lambda: person.page.evaluate("Boolean(window.fail)"))
    person.page.evaluate("window.fail()")


@pytest.mark.parametrize("whose", ["drawn", "own"])
def test_where_the_words_cannot_be_hashed_the_page_says_so_and_offers_the_same_again(
    served: Linked, browser: Browser, whose: str
) -> None:
    with a_phone(browser, served) as person:
        person.page.add_init_script(FAILS_TO_HASH)
        person.look()
        to_the_end(person)
        words = takes_words(person, whose)
        fails(person)
        expect(person.page.get_by_text(NOT_YET)).to_be_visible()
        if whose == "own":
            expect(person.page.locator("#again-words")).to_have_value(words)
        looks_away(person)
        expect(person.page.get_by_text(NOT_YET)).to_be_visible()
        assert takes_words(person, whose) == words
        expect(person.page.locator("h1")).to_have_text(THANKS)
    assert (served.only().again, served.only().status) == (slowly(words), "complete")


def test_who_finishes_without_the_words_that_could_not_be_hashed_is_kept_without_them(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.page.add_init_script(FAILS_TO_HASH)
        person.look()
        to_the_end(person)
        person.page.locator("#again-give button").click()
        fails(person)
        expect(person.page.get_by_text(NOT_YET)).to_be_visible()
        person.until(lambda: [response.status for response in served.responses()] == ["complete"])
        finish(person)
        expect(person.page.locator("h1")).to_have_text(THANKS)
    assert (served.only().again, served.only().answers["better"]) == (None, TYPED)


def looks_away(person: Window) -> None:
    """Help and back, then Polish and English again."""
    person.page.locator(".bar .help").click()
    expect(person.page.locator("h1")).to_have_text("Help")
    person.page.locator(".back a").click()
    expect(person.page.locator("h1")).to_have_text("Would you like to come back?")
    for code, heading in (("pl", load_words()["pl"]["again.heading"]), ("en", "Would you like to come back?")):
        person.page.locator(".bar .language").click()
        person.page.locator(f"main button[value={code}]").click()
        expect(person.page.locator("h1")).to_have_text(heading)


def test_help_and_another_language_lead_back_to_the_same_words(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        to_the_end(person)
        person.page.locator("#again-words").fill("academic acid acne")
        looks_away(person)
        expect(person.page.locator("#again-words")).to_have_value("academic acid acne")
        person.page.locator("#again-give button").click()
        words = person.page.locator(".four").inner_text()
        looks_away(person)
        expect(person.page.locator(".four")).to_have_text(words)
        expect(person.page.locator("#again-give")).to_have_count(0)
        person.page.locator("#again-done button").click()
        expect(person.page.locator("h1")).to_have_text(THANKS)
    assert served.only().again == slowly(words)


def test_who_stops_at_the_offer_of_words_has_sent_everything(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        to_the_end(person)
        person.until(lambda: [response.status for response in served.responses()] == ["complete"])
        person.page.locator("#again-give button").click()
    assert (served.only().again, served.only().answers["better"]) == (None, TYPED)


def test_words_that_are_not_on_the_list_are_asked_for_again(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        to_the_end(person)
        person.page.locator("#again-words").fill("my own secret words")
        person.page.locator("#again-use button").click()
        expect(person.page.locator("#again-error")).to_be_visible()
        expect(person.page.locator("#again-words")).to_be_focused()
        looks_away(person)
        expect(person.page.locator("#again-error")).to_be_visible()
        finish(person)
        expect(person.page.locator("h1")).to_have_text(THANKS)
    assert served.only().again is None


def test_a_place_can_say_that_nobody_is_asked_to_come_back(served: Linked, browser: Browser) -> None:
    here = [replace(place, come_back=place.code != LINKED) for place in served.world.places]
    served.tell(2, places=tuple(here))
    with a_phone(browser, served) as person:
        person.look()
        to_the_end(person)
        expect(person.page.locator("h1")).to_have_text(THANKS)
    assert served.only().again is None


def test_every_word_is_drawn_as_often_as_any_other(browser: Browser) -> None:
    with modules(browser) as page:
        drawn = run(page, "again.js", "return Array.from({length: given.times}, () => phone.draw(given.list));", {
            "times": 4000, "list": list(word_list()),
        })  # fmt: skip
    words = [word for four in drawn for word in four.split()]
    assert len(words) == 16_000
    assert len(set(words)) > 1000, "16,000 draws out of 1,024 leave out hardly any"
    assert max(map(words.count, set(words))) < 60
