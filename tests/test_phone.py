"""The interview on a phone where scripts run: the same questions, and the centre only ever sees rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from at_the_tablet import SMALL
from canary import spellings
from centre_world import LINKED
from on_a_phone import (
    OTHER,
    START,
    THANKS,
    TYPED,
    Linked,
    a_code,
    a_phone,
    expect_heading,
    finish,
    linked,
    send_the_core,
    sent_by,
    to_the_end,
)
from playwright.sync_api import Browser, Route, expect
from real_browser import Window

from export.centre.link import Link
from export.custodian.unsealing import CollectionSecret
from survey.ceiling import MOST_DRAFTS
from survey.fingerprint import authority_pin
from survey.keys import phones_part
from survey.sealing import ROW_BYTES, SigningKey
from survey.words import load as load_words

pytestmark = pytest.mark.browser

CODES = ("experience", "contact", "theft", "friend", "good", "easy")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Linked]:
    with linked(tmp_path / "centre") as served:
        yield served


def bundles(person: Window, change: str, to: str) -> None:
    """Somebody on the way changes what the questions come with."""

    def changed(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(body=answer.text().replace(change, to), content_type="application/json")

    person.page.route("**/phone/en", changed)


def test_after_the_end_help_and_the_languages_lead_back_to_the_thanks(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        back = person.page.locator(".back a")
        person.page.locator(".bar .help").click()
        expect(back).to_have_text("Go back to the questions")
        back.click()
        to_the_end(person)
        finish(person)
        expect_heading(person, THANKS)
        for link in (".bar .help", ".bar .language"):
            person.page.locator(link).click()
            expect(back).to_have_text("Back")
            back.click()
            expect_heading(person, THANKS)
        person.page.locator(".bar .language").click()
        person.page.locator("main button[value=pl]").click()
        expect_heading(person, load_words()["pl"]["thanks.heading"])


def test_another_language_comes_back_to_what_is_being_read(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        person.say("experience", "good")
        person.choose("contact", "easy")
        for link, place in ((".bar .help", "help.heading"), (".onward a >> nth=0", "about.heading")):
            person.page.locator(link).click()
            person.page.locator(".bar .language").click()
            person.page.locator("main button[value=pl]").click()
            expect_heading(person, load_words()["pl"][place])
            person.page.locator(".bar .language").click()
            person.page.locator(".back a").click()
            expect_heading(person, load_words()["pl"][place])
        person.page.locator(".back a").click()
        expect_heading(person, "Co z contact?")
        expect(person.page.locator('input[value="easy"]')).to_be_checked()


def test_a_phone_asks_the_same_and_the_centre_sees_one_sealed_response(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        send_the_core(person, served)
        assert served.only().status == "core"
        person.say("more", "yes")
        person.choose("helped", "friend")
        person.go_on()
        expect(person.page.locator("h1")).to_have_text("Two last things")
        person.page.locator("#times").fill("3")
        person.page.locator("#better").fill(TYPED)
        person.go_on()
        finish(person)
        expect(person.page.locator("h1")).to_have_text("Thank you. Your answers are kept.")
    response = served.only()
    assert (response.status, response.mode, response.place, response.language) == ("complete", "link", LINKED, "en")
    assert response.quick, "nobody reads that fast"
    assert response.answers == {
        "experience": "good", "contact": "easy", "crime": "theft", "more": "yes", "helped": ("friend",), "times": 3,
        "better": TYPED,
    }  # fmt: skip
    served.links.each(Link.nightly)
    assert len(served.rows()) == 1, "nothing was counted of somebody whose phone asked by itself"


def test_nothing_but_rows_ever_leaves_the_phone(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        to_the_end(person)
        finish(person)
        expect(person.page.locator("h1")).to_contain_text("Thank you")
    assert {(path, len(body)) for path, body in sent_by(served)} == {(f"/{START}rows", ROW_BYTES)}
    for line, body in served.bodies:
        for spelling in spellings(TYPED):
            assert spelling not in body
            assert spelling not in line.encode()
        assert not any(code in line for code in CODES), line


def test_what_is_sent_before_the_questions_have_come_waits_for_them(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        held: list[Route] = []
        person.page.route("**/phone/en", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks what it is given
        person.look()
        person.choose("experience", "bad")
        person.press()
        person.press()
        person.until(lambda: bool(held))
        assert person.heading() == "What about experience?"
        assert sent_by(served) == []
        held[0].continue_()
        expect(person.page.locator("h1")).to_have_text("What about contact?")
        person.say("contact", "easy")
        person.say("crime", "theft")
        person.until(lambda: len(served.rows()) == 1)
    assert served.only().answers["experience"] == "bad"


def test_where_the_questions_do_not_come_it_says_so_and_posts_nothing(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        served.broken = frozenset({"/phone/en"})
        person.look()
        person.choose("experience", "good")
        person.press()
        expect(person.page.locator("h1")).to_have_text("The questions did not load")
        assert sent_by(served) == []
        served.broken = frozenset()
        person.press()
        expect(person.page.locator("h1")).to_have_text("What about experience?")
        send_the_core(person, served)
        person.wrong = [line for line in person.wrong if "502" not in line]


def test_without_scripts_the_server_seals_and_the_page_says_so(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served, java_script_enabled=False) as person:
        person.look()
        assert "sealed when they reach us, not on this phone" in person.words()
        for item, code in (("experience", "good"), ("contact", "easy"), ("crime", "theft"), ("more", "finish")):
            person.choose(item, code)
            person.press()
        expect(person.page.locator("h1")).to_have_text("Thank you. Your answers are kept.")
    assert served.only().status == "core"
    with a_phone(browser, served) as person:
        person.look()
        assert "sealed when they reach us" not in person.words()


def test_the_address_of_a_card_that_names_the_authority_opens_and_is_never_sent(
    served: Linked, browser: Browser
) -> None:
    pin, code = authority_pin(served.world.authority.public), a_code(served)
    with a_phone(browser, served) as person:
        person.look(f"#k={pin}&c={code}")
        send_the_core(person, served)
        expect(person.page).to_have_url(person.address)
        person.page.reload()
        person.the_core()
        person.until(lambda: len(sent_by(served)) == 2)
        codes = [each.headers.get("heard-code") for each in person.asked if each.url.endswith("/rows")]
        assert codes == [code, code]
    for line, body in served.bodies:
        assert pin not in line
        assert quote_plus(code) not in line
        assert pin.encode() not in body


def doors(served: Linked) -> set[str]:
    """By which doors the rows that the centre holds came in."""
    return {door for shelf in served.centre.store.shelves for door, _ in served.centre.store.rows(shelf)}


ARABIC = {ord(str(digit)): chr(0x660 + digit) for digit in range(10)}


@pytest.mark.parametrize("as_typed", [{}, ARABIC, {ord("0"): "\u200e0"}], ids=["as printed", "Arabic digits", "marks"])
def test_who_types_a_cards_code_before_the_first_question_comes_in_by_the_cards_door(
    served: Linked, browser: Browser, as_typed: dict[int, str]
) -> None:
    with a_phone(browser, served) as person:
        person.look()
        person.page.locator("footer a[href$='/code']").click()
        person.page.locator("#code").fill(a_code(served).lower().translate(as_typed))
        person.press()
        send_the_core(person, served)
    assert doors(served) == {"code"}


def test_who_types_a_cards_code_needs_no_draft_at_the_centre_and_a_reload_still_knows_it(
    served: Linked, browser: Browser
) -> None:
    served.tell(2, places=[replace(place, open_door=False) for place in served.world.places])
    drafts = served.links.of(LINKED).drafts
    for number in range(MOST_DRAFTS):
        drafts.put(f"{number:064x}", b"")
    assert drafts.full
    with a_phone(browser, served) as person:
        person.look()
        person.page.locator("#code").fill(a_code(served))
        person.press()
        for _ in range(2):
            expect(person.page.locator("h1")).to_have_text("What about experience?")
            expect(person.page).to_have_url(person.address)
            person.page.reload()
        send_the_core(person, served)
    assert doors(served) == {"code"}


def test_where_a_place_asks_for_a_code_the_one_in_the_address_opens_at_the_first_question(
    served: Linked, browser: Browser
) -> None:
    served.tell(2, places=[replace(place, open_door=False) for place in served.world.places])
    with a_phone(browser, served) as person:
        person.look(f"#k={authority_pin(served.world.authority.public)}&c={a_code(served)}")
        send_the_core(person, served)
    assert doors(served) == {"code"}


def test_another_cards_address_in_the_same_tab_is_another_visit_by_that_card(served: Linked, browser: Browser) -> None:
    pin = authority_pin(served.world.authority.public)
    with a_phone(browser, served) as person:
        for number in (1, 2):
            person.look(f"#k={pin}&c={a_code(served)}")
            expect(person.page.locator("h1")).to_have_text("What about experience?")
            person.the_core()
            person.until(lambda now=number: len(served.rows()) == now)  # type: ignore[misc]
        person.look(f"#k={authority_pin(SigningKey.generate().public)}")
        expect(person.page.locator("h1")).to_have_text("The survey is not available now")
    assert doors(served) == {"code"}
    assert len({response.response for response in served.responses()}) == 2


def test_another_cards_address_is_heard_also_where_the_page_notes_something_just_then(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        noting = "history.replaceState(history.state, '', location.pathname)"
        person.page.add_init_script(f"addEventListener('hashchange', () => {noting})")
        person.look(f"#k={authority_pin(served.world.authority.public)}")
        expect(person.page.locator("h1")).to_have_text("What about experience?")
        person.look(f"#k={authority_pin(SigningKey.generate().public)}")
        expect(person.page.locator("h1")).to_have_text("The survey is not available now")


def test_a_card_of_another_authority_stops_before_the_first_question(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        for pin in (
            authority_pin(SigningKey.generate().public),
            "x",
            "",
            authority_pin(served.world.authority.public)[:-1],
        ):
            person.page.goto("about:blank")
            person.look(f"#k={pin}")
            expect(person.page.locator("h1")).to_have_text("The survey is not available now")
            assert person.page.locator("input").count() == 0
    assert sent_by(served) == []


def test_until_the_authority_was_checked_no_question_is_on_the_screen(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        held: list[Route] = []
        person.page.route("**/phone/en", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks what it is given
        person.look(f"#k={authority_pin(served.world.authority.public)}")
        person.until(lambda: bool(held))
        expect(person.page.locator("h1")).to_be_hidden()
        held[0].continue_()
        expect(person.page.locator("h1")).to_be_visible()


@pytest.mark.parametrize("what", ["collection", "questions", "signature"])
def test_questions_or_a_key_that_nobody_signed_are_never_sealed_to(served: Linked, browser: Browser, what: str) -> None:
    keys = served.centre.told().keys()
    assert keys is not None
    told = json.loads(json.loads(keys.phones)["body"])
    change, to = {
        "collection": (told["collection"], CollectionSecret.generate().public.public.hex()),
        "questions": (r"\"code\":\"good\"", r"\"code\":\"best\""),
        "signature": (json.loads(keys.phones)["signature"][:20], "0" * 20),
    }[what]
    with a_phone(browser, served) as person:
        bundles(person, change, to)
        person.look()
        expect(person.page.locator("h1")).to_have_text("The survey is not available now")
    assert sent_by(served) == []


def test_another_authority_that_signed_it_all_is_found_by_the_cards_address_alone(
    served: Linked, browser: Browser
) -> None:
    keys = served.centre.told().keys()
    assert keys is not None
    forged = json.dumps(phones_part(keys, SigningKey.generate()))[1:-1]
    for address, heading in (("", "What about contact?"), ("#k=", "The survey is not available now")):
        with a_phone(browser, served) as person:
            bundles(person, json.dumps(keys.phones)[1:-1], forged)
            person.look(f"{address}{authority_pin(served.world.authority.public)}" if address else "")
            if not address:
                person.choose("experience", "good")
                person.press()
            expect(person.page.locator("h1")).to_have_text(heading)


def test_what_cannot_be_kept_is_asked_again_as_on_any_page(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        person.say("experience", "good")
        person.press()
        problems = person.page.locator(".problems")
        expect(problems).to_be_focused()
        expect(problems).to_contain_text("We would like to know this.")
        assert person.page.title() == "Error: Survey"
        problems.locator("a").click()
        expect(person.page.locator("#contact-1")).to_be_focused()
        person.press()
        expect(person.page.locator("h1")).to_have_text("What about crime?")
        person.say("crime", "theft")
        person.say("more", "yes")
        person.press(".skip")
        expect(person.page.locator("#times")).to_be_visible()
        person.page.locator("#times").fill("21")
        person.page.locator("#better").fill(TYPED)
        person.press()
        expect(person.page.locator(".error")).to_have_text("This number is too small or too big.")
        assert person.page.locator("#times").input_value() == "21"
        assert person.page.locator("#better").input_value() == TYPED


def test_another_language_keeps_the_answers_and_the_place(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        person.say("experience", "bad")
        person.page.locator(".for-staff a").click()
        person.page.locator('button[value="pl"]').click()
        expect(person.page.locator("h1")).to_have_text("Co z contact?")
        assert person.page.locator("html").get_attribute("lang") == "pl"
        person.page.locator(".back a").click()
        expect(person.page.locator('input[value="bad"]')).to_be_checked()
        person.say("experience", "bad")
        person.say("contact", "easy")
        person.say("crime", "theft")
        person.until(lambda: len(served.rows()) == 1)
    assert (served.only().language, served.only().answers["experience"]) == ("pl", "bad")


def test_another_language_and_a_look_at_help_keep_what_stands_on_the_page_and_is_not_sent(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.look()
        person.choose("experience", "bad")
        person.page.locator('.languages button[value="pl"]').click()
        expect(person.page.locator("html")).to_have_attribute("lang", "pl")
        expect(person.page.locator('input[value="bad"]')).to_be_checked()
        person.go_on()
        person.say("contact", "easy")
        person.say("crime", "theft")
        person.say("more", "yes")
        person.say("helped", "friend")
        person.page.locator("#better").fill(TYPED * 40)
        person.page.locator("#times").fill("99")
        person.page.locator(".bar .language").click()
        person.page.locator('button[value="en"]').click()
        expect(person.page.locator("#better")).to_have_value(TYPED * 40)
        person.page.locator(".bar .help").click()
        person.page.locator(".back a").click()
        expect(person.page.locator("#times")).to_have_value("99")
        expect(person.page.locator(".problems")).to_have_count(0)


def test_a_core_that_is_changed_or_taken_back_is_changed_or_taken_back_at_the_centre(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.look()
        send_the_core(person, served)
        for _ in range(3):
            person.page.locator(".back a").click()
        person.say("experience", "bad")
        person.say("contact", "hard")
        person.choose("why", "rude")
        person.go_on()
        person.go_on()
        person.until(lambda: [response.answers.get("why") for response in served.responses()] == ["rude"])
        for _ in range(4):
            person.page.locator(".back a").click()
        person.press(".skip")
        expect(person.page.locator("h1")).to_have_text("What about contact?")
        person.until(lambda: served.rows() == [])


def test_a_reload_before_the_centre_has_answered_still_knows_what_it_replaces(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        person.page.route("**/rows", lambda route: [route.fetch()], times=1)
        send_the_core(person, served)
        person.page.reload()
        to_the_end(person)
        finish(person)
        expect(person.page.locator("h1")).to_contain_text("Thank you")
        assert len(served.rows()) == 1


def test_a_reload_in_the_middle_begins_again_and_still_gives_one_response(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        send_the_core(person, served)
        person.page.reload()
        expect(person.page.locator("h1")).to_have_text("What about experience?")
        to_the_end(person)
        finish(person)
        expect(person.page.locator("h1")).to_contain_text("Thank you")
        assert len(served.rows()) == 1
        person.page.reload()
        to_the_end(person)
        finish(person)
        expect(person.page.locator("h1")).to_contain_text("Thank you")
    assert len({response.response for response in served.responses()}) == 2, "another sitting is another response"


def test_two_taps_are_one(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        to_the_end(person)
        person.page.evaluate("() => { const b = document.querySelector('#again-no button'); b.click(); b.click(); }")
        expect(person.page.locator("h1")).to_contain_text("Thank you")
    assert served.only().status == "complete"


def test_too_little_to_keep_is_not_kept(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        for _ in range(3):
            person.go_on(".skip")
        person.say("more", "finish")
        expect(person.page.locator("h1")).to_have_text("Thank you. Nothing was kept.")
    assert served.rows() == []
    assert not any(path.endswith("/rows") for path, _ in sent_by(served))


def test_help_leads_to_the_lines_for_this_crime_and_back(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        person.say("experience", "good")
        person.say("contact", "easy")
        person.say("crime", "hate")
        person.page.locator(".bar .help").click()
        assert person.page.locator(".lines .who").all_inner_texts() == ["Hate crime line", "Victim Support"]
        person.page.locator(".back a").click()
        expect(person.page.locator("h1")).to_have_text("What about more?")
        assert person.page.evaluate("history.length") <= 2


def test_a_visit_that_goes_on_with_another_questionnaire_is_still_one_response_by_the_same_card(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.look(f"#c={a_code(served)}")
        send_the_core(person, served)
        person.page.reload()
        expect(person.page.locator("h1")).to_have_text("What about experience?")
        served.tell(2, instruments=(OTHER, SMALL))
        person.page.locator(".languages button[value='pl']").first.click()
        person.choose("weather", "dry")
        person.press()
        finish(person)
        expect(person.page.locator("h1")).not_to_have_text("What about weather?")
        person.until(lambda: [response.instrument for response in served.responses()] == ["other"])
    assert doors(served) == {"code"}


def test_the_phones_history_gets_a_line_for_what_changed_and_not_for_every_press(
    served: Linked, browser: Browser
) -> None:
    counts = "const real = history.replaceState; globalThis.lines = 0;"
    counts += "history.replaceState = function (...said) { lines += 1; return real.apply(this, said); };"
    with a_phone(browser, served) as person:
        person.page.add_init_script(counts)
        person.look()
        person.say("experience", "good")
        before = person.page.evaluate("lines")
        for _ in range(3):
            person.page.locator(".back a").click()
            expect(person.page.locator("h1")).to_have_text("What about experience?")
            person.go_on()
        assert person.page.evaluate("lines") == before


def test_who_chooses_a_language_after_the_end_takes_nothing_back_by_it(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        to_the_end(person)
        finish(person)
        expect_heading(person, THANKS)
        before = served.rows()
        served.tell(2, instruments=(OTHER, SMALL))
        person.page.locator(".bar .language").click()
        person.page.locator(".languages button[value='pl']").click()
        expect_heading(person, THANKS)
        assert served.rows() == before
