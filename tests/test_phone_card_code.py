"""A card's code typed where scripts run: in the one page, with one visit, one language and one history entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from centre_world import LINKED, ask
from on_a_phone import (
    Linked,
    a_code,
    a_phone,
    counted,
    expect_heading,
    finish,
    linked,
    reads_in,
    send_the_core,
    sent_by,
)
from playwright.sync_api import Browser, Locator, expect
from real_browser import OUTSIDE, Window

from survey.ceiling import MOST_A_DAY
from survey.fingerprint import authority_pin
from survey.words import load

pytestmark = pytest.mark.browser

WORDS, POLISH = load()["en"], load()["pl"]
FIRST = "What about experience?"
AN_HOUR = 120


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Linked]:
    with linked(tmp_path / "centre") as served:
        served.storable = True
        yield served


def link(person: Window) -> Locator:
    return person.page.locator("footer a[href$='/code']")


def ask_for_it(person: Window) -> None:
    link(person).click()
    expect_heading(person, WORDS["code.heading"])


def back_to_the_first(person: Window) -> None:
    back = person.page.locator(".back a")
    while back.count():
        before = person.heading()
        back.click()
        expect(person.page.locator("h1")).not_to_have_text(before)


def doors(served: Linked) -> list[str]:
    return [door for shelf in served.centre.store.shelves for door, _ in served.centre.store.rows(shelf)]


def test_who_typed_a_code_is_one_visit_that_leave_takes_back_and_back_leads_to_nothing_of_it(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.page.goto(f"{person.address}static/icon.svg")
        person.look()
        entries = person.page.evaluate("history.length")
        ask_for_it(person)
        person.page.locator("#code").fill(a_code(served))
        person.press()
        expect(person.page.locator(".hint")).to_have_text(WORDS["code.taken"])
        expect_heading(person, FIRST)
        expect(link(person)).to_have_count(0)
        send_the_core(person, served)
        assert (doors(served), person.page.evaluate("history.length")) == (["code"], entries)
        person.page.locator(".bar .leave").click()
        person.page.wait_for_url(OUTSIDE)
        person.until(lambda: served.rows() == [])
        person.page.go_back(wait_until="commit")
        assert person.page.url.endswith("static/icon.svg")


def test_a_code_is_kept_over_another_language_and_back(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        reads_in(person, "pl")
        link(person).click()
        expect_heading(person, POLISH["code.heading"])
        person.page.locator("#code").fill(a_code(served))
        person.press()
        expect(person.page.locator(".hint")).to_have_text(POLISH["code.taken"])
        person.page.locator(".bar .language").click()
        person.page.locator("main button[value=en]").click()
        expect(person.page.locator("html")).to_have_attribute("lang", "en")
        send_the_core(person, served)
    assert doors(served) == ["code"]


def test_another_cards_address_in_the_same_tab_takes_the_place_of_the_first_and_leave_takes_back_both(
    served: Linked, browser: Browser
) -> None:
    pin = authority_pin(served.world.authority.public)
    with a_phone(browser, served) as person:
        person.page.goto(f"{person.address}static/icon.svg")
        person.look(f"#k={pin}&c={a_code(served)}")
        send_the_core(person, served)
        entries = person.page.evaluate("history.length")
        with person.page.expect_navigation(wait_until="load"):
            person.page.evaluate("to => { location.href = to; }", f"#k={pin}&c={a_code(served)}")
        expect_heading(person, FIRST)
        person.the_core()
        person.until(lambda: doors(served) == ["code", "code"])
        person.page.reload()
        expect_heading(person, FIRST)
        assert person.page.evaluate("history.length") == entries
        person.page.locator(".bar .leave").click()
        person.page.wait_for_url(OUTSIDE)
        person.until(lambda: served.rows() == [])
        person.page.go_back(wait_until="commit")
        assert person.page.url.endswith("static/icon.svg")


def test_once_something_was_sent_no_code_is_asked_for_and_leave_takes_it_back(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        send_the_core(person, served)
        back_to_the_first(person)
        expect_heading(person, FIRST)
        expect(link(person)).to_have_count(0)
        person.page.reload()
        expect_heading(person, FIRST)
        expect(link(person)).to_have_count(0)
        person.page.locator(".bar .leave").click()
        person.page.wait_for_url(OUTSIDE)
        person.until(lambda: served.rows() == [])


def test_what_was_answered_before_a_code_is_the_same_response(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        person.say("experience", "good")
        back_to_the_first(person)
        ask_for_it(person)
        person.page.locator("main .skip").click()
        expect_heading(person, FIRST)
        ask_for_it(person)
        person.page.locator("#code").fill(a_code(served))
        person.press()
        expect(person.page.locator("input:checked")).to_have_value("good")
        person.the_core()
        person.say("more", "finish")
        finish(person)
        expect_heading(person, WORDS["thanks.heading"])
    assert ([each.status for each in counted(served)], doors(served)) == (["core"], ["code"])


def test_who_came_by_a_card_is_asked_for_no_other(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look(f"#c={a_code(served)}")
        expect(link(person)).to_have_count(0)
        reads_in(person, "pl")
        expect_heading(person, "Co z experience?")
        expect(link(person)).to_have_count(0)


def test_two_taps_are_one_and_lead_to_the_first_question(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        ask_for_it(person)
        person.page.locator("#code").fill(a_code(served))
        served.held = f"/s/{LINKED}/phone-code"
        person.press()
        person.press()
        person.until(lambda: len(sent_by(served)) == 1)
        served.let_go.set()
        expect_heading(person, FIRST)
        assert [path for path, _ in sent_by(served)] == [served.held]


def test_a_code_is_asked_for_and_told_about_in_the_language_that_is_read(served: Linked, browser: Browser) -> None:
    spent = a_code(served)
    with a_phone(browser, served) as person:
        person.look(f"#c={spent}")
        send_the_core(person, served)
    with a_phone(browser, served) as person:
        person.look()
        reads_in(person, "pl")
        link(person).click()
        expect_heading(person, POLISH["code.heading"])
        for code, told in (("AB12-CD34-EF56-GH78", "code.mistyped"), (spent, "code.refused")):
            person.page.locator("#code").fill(code)
            person.press()
            expect(person.page.locator(".problems a")).to_have_text(POLISH[told])
            expect(person.page.locator("#code")).to_have_value(code)
        person.page.locator("#code").fill(a_code(served))
        person.press()
        expect(person.page.locator(".hint")).to_have_text(POLISH["code.taken"])
        expect_heading(person, "Co z experience?")
        assert "/language" not in str(sent_by(served))


def test_without_a_network_the_page_says_so_and_what_was_typed_stays(served: Linked, browser: Browser) -> None:
    code = a_code(served)
    with a_phone(browser, served) as person:
        person.look()
        ask_for_it(person)
        served.broken = frozenset({"/phone-code"})
        person.page.locator("#code").fill(code)
        person.press()
        expect(person.page.locator(".problems a")).to_have_text(WORDS["phone.unloaded.text"])
        reads_in(person, "pl")
        expect(person.page.locator("#code")).to_have_value(code)
        served.broken = frozenset()
        person.press()
        expect_heading(person, "Co z experience?")
        person.wrong = [line for line in person.wrong if "502" not in line]


def test_where_a_code_is_needed_neither_help_nor_another_language_leads_past_it(
    served: Linked, browser: Browser
) -> None:
    served.tell(2, places=[replace(place, open_door=False) for place in served.world.places])
    with a_phone(browser, served) as person:
        person.look()
        expect_heading(person, WORDS["code.heading"])
        person.page.locator(".bar .help").click()
        expect_heading(person, WORDS["help.heading"])
        person.page.locator("main .back a").click()
        expect_heading(person, WORDS["code.heading"])
        reads_in(person, "pl")
        expect_heading(person, POLISH["code.heading"])
        expect(person.page.locator("main")).to_contain_text(POLISH["code.only"])
        expect(person.page.locator("main .skip")).to_have_count(0)


def test_why_a_code_is_needed_is_still_read_after_help_and_in_another_language(
    served: Linked, browser: Browser
) -> None:
    for _ in range(MOST_A_DAY):
        served.links.of(LINKED).ceiling.count()
    with a_phone(browser, served) as person:
        person.look()
        why = person.page.locator("main > p").first
        expect(why).to_have_text(WORDS["code.full"])
        person.page.locator(".bar .help").click()
        expect_heading(person, WORDS["help.heading"])
        person.page.locator("main .back a").click()
        expect_heading(person, WORDS["code.heading"])
        expect(why).to_have_text(WORDS["code.full"])
        reads_in(person, "pl")
        expect(why).to_have_text(POLISH["code.full"])
        expect(person.page.locator("main .skip")).to_have_count(0)


def test_who_may_begin_without_a_code_does_not_read_that_too_many_have_begun(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        ask_for_it(person)
        assert WORDS["code.full"] not in person.words()
        expect(person.page.locator("main .skip")).to_have_count(1)


def test_where_an_address_has_tried_too_many_codes_the_page_says_so_and_what_was_typed_stays(
    tmp_path: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARD_ADDRESS_HEADER", "X-Real-IP")
    with linked(tmp_path / "limited") as served:
        code, here = a_code(served), {"X-Real-IP": "192.0.2.7"}
        form = {"Content-Type": "application/x-www-form-urlencoded", **here}
        for _ in range(AN_HOUR):
            assert ask("POST", f"{served.address}s/{LINKED}/phone-code", b"code=AB12", form).body == b"mistyped"
        with a_phone(browser, served, extra_http_headers=here) as person:
            person.look()
            ask_for_it(person)
            person.page.locator("#code").fill(code)
            person.press()
            expect(person.page.locator(".problems a")).to_have_text(WORDS["full.heading"])
            expect(person.page.locator("#code")).to_have_value(code)
            person.wrong = [line for line in person.wrong if "503" not in line]
