"""A phone where the survey has been stopped: what waits is told and can be deleted, and nobody is led astray."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from centre_world import LINKED
from on_a_phone import (
    DELETED,
    NOTHING,
    START,
    THANKS,
    Linked,
    a_code,
    a_phone,
    chooses,
    counted,
    expect_heading,
    finish,
    kept_on,
    linked,
    queue_of,
    reads_in,
    send_the_core,
    sent_by,
    to_the_end,
    waits_on_a_shared_device,
    without_network_noise,
)
from playwright.sync_api import Browser, expect
from real_browser import OUTSIDE, Window
from test_phone_deleting import UNDELETED, deletes, waits_with_the_rest

from export.centre.link import Link
from survey.ceiling import MOST_DRAFTS
from survey.fingerprint import authority_pin
from survey.words import load as load_words

pytestmark = pytest.mark.browser


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Linked]:
    with linked(tmp_path / "centre") as served:
        yield served


NOT_NOW = "The survey is not available now"


def stops(served: Linked) -> None:
    served.broken = frozenset()
    served.tell(2, stop=True)


def without_noise(person: Window) -> None:
    without_network_noise(person)
    person.wrong = [line for line in person.wrong if "503" not in line]


def a_cards(served: Linked) -> str:
    """What stands after the # of a card's address."""
    return f"#k={authority_pin(served.world.authority.public)}&c={a_code(served)}"


def in_a_new_tab(person: Window) -> None:
    person.page.close()
    person.page = person.context.new_page()


def waits_and_the_survey_is_stopped(person: Window, served: Linked, how: str = "") -> None:
    waits_with_the_rest(person, served)
    stops(served)
    in_a_new_tab(person)
    person.look(how)
    expect_heading(person, NOT_NOW)
    expect(person.page.locator("main .before")).to_contain_text("They are not sent yet.")


@pytest.mark.parametrize("how", ["an address", "a card"])
def test_what_waits_is_told_and_can_be_deleted(served: Linked, browser: Browser, how: str) -> None:
    with a_phone(browser, served) as person:
        waits_and_the_survey_is_stopped(person, served, a_cards(served) if how == "a card" else "")
        deletes(person)
        expect_heading(person, DELETED)
        assert served.rows() == []
        person.until(lambda: kept_on(person) == NOTHING)
        without_noise(person)


def test_what_waits_and_was_never_sent_is_called_deleted_once_it_is(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        served.broken = frozenset({"/rows"})
        person.the_core()
        person.until(lambda: len(queue_of(person)) == 1)
        stops(served)
        in_a_new_tab(person)
        person.look()
        expect(person.page.locator("main .before")).to_contain_text("They are not sent yet.")
        deletes(person)
        expect_heading(person, DELETED)
        person.until(lambda: kept_on(person) == NOTHING)
        without_noise(person)


def test_what_waits_is_not_called_deleted_before_it_is(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        waits_and_the_survey_is_stopped(person, served)
        served.broken = frozenset({"/rows/forget"})
        deletes(person)
        expect_heading(person, UNDELETED)
        served.broken = frozenset()
        deletes(person)
        expect_heading(person, DELETED)
        assert served.rows() == []
        without_noise(person)


@pytest.mark.parametrize("how", ["an address", "a card"])
def test_who_leaves_keeps_what_was_finished_and_waits_as_on_the_first_page(
    served: Linked, browser: Browser, how: str
) -> None:
    with a_phone(browser, served) as person:
        waits_and_the_survey_is_stopped(person, served, a_cards(served) if how == "a card" else "")
        leaves_and_finds_what_waited(person, served)


def leaves_and_finds_what_waited(person: Window, served: Linked) -> None:
    """The row and the pages to open it with are still there, and the centre has what it had."""
    person.page.locator(".bar .leave").click()
    person.page.wait_for_url(OUTSIDE)
    served.broken = frozenset({"/rows"})
    served.tell(3)
    person.look()
    expect_heading(person, "What about experience?")
    expect(person.page.locator("main .before")).to_contain_text("They are not sent yet.")
    assert len(queue_of(person)) == len(served.rows()) == 1
    without_noise(person)


def test_who_leaves_takes_back_what_they_have_not_finished(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        send_the_core(person, served)
        stops(served)
        person.page.reload()
        expect_heading(person, NOT_NOW)
        person.page.locator(".bar .leave").click()
        person.page.wait_for_url(OUTSIDE)
        person.until(lambda: served.rows() == [])
        person.page.goto(person.address + "static/icon.svg")
        assert kept_on(person) == NOTHING
        without_noise(person)


def test_what_was_finished_is_nobodys_to_take_back_who_scans_the_card_again_under_a_stop(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        card = a_cards(served)
        waits_and_the_survey_is_stopped(person, served, card)
        served.broken = frozenset({"/rows"})
        served.tell(3)
        person.page.evaluate("(card) => { location.hash = card; }", card)
        expect_heading(person, "What about experience?")
        leaves_and_finds_what_waited(person, served)


def test_by_a_card_the_page_is_there_and_its_address_is_not(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        card = a_cards(served)
        stops(served)
        person.look(card)
        expect(person.page.get_by_text("The survey is not available now")).to_be_visible()
        expect(person.page).to_have_url(person.address)
        without_noise(person)


@pytest.mark.parametrize("waits", [False, True])
def test_help_opens_in_the_same_entry_and_leads_back_to_the_same(served: Linked, browser: Browser, waits: bool) -> None:
    with a_phone(browser, served) as person:
        if waits:
            waits_and_the_survey_is_stopped(person, served)
        else:
            stops(served)
            person.look()
        entries = person.page.evaluate("history.length")
        for link, heading in ((".bar .help", "Help"), (".onward a", "What is kept")):
            person.page.locator(link).first.click()
            expect_heading(person, heading)
            expect(person.page.locator(".back a")).to_have_text("Back")
        person.page.locator(".back a").click()
        expect_heading(person, NOT_NOW)
        expect(person.page.locator("main .before")).to_have_count(int(waits))
        assert person.page.evaluate("history.length") == entries
        person.page.locator(".bar .help").click()
        expect_heading(person, "Help")
        person.page.locator(".bar .leave").click()
        person.page.wait_for_url(OUTSIDE)
        assert len(served.rows()) == int(waits)
        without_noise(person)


def test_help_after_deleting_leads_back_to_what_was_said_of_it(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        waits_and_the_survey_is_stopped(person, served)
        deletes(person)
        expect_heading(person, DELETED)
        person.page.locator(".bar .help").click()
        expect_heading(person, "Help")
        expect(person.page.locator(".back a")).to_have_text("Back")
        person.page.locator(".back a").click()
        expect_heading(person, DELETED)
        without_noise(person)


def test_on_a_device_that_people_share_nobody_deletes_what_others_left_there(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        waits_on_a_shared_device(person, served)
        stops(served)
        for _ in range(2):  # the second time from where the first led
            person.page.locator(".shared button, .bar .leave").last.click()
            expect_heading(person, NOT_NOW)
            expect(person.page).to_have_url(person.address)
            expect(person.page.locator("main .before")).to_have_count(0)
        assert len(queue_of(person)) == 1
        served.tell(3)
        person.page.reload()
        person.until(lambda: len(served.rows()) == 1)
        without_noise(person)


def test_a_device_that_people_share_looks_again_by_itself_and_stays_shared(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        stops(served)
        person.page.clock.install()
        person.look("#t")
        expect_heading(person, NOT_NOW)
        served.tell(3)
        person.page.clock.run_for(62_000)
        expect_heading(person, "What about experience?")
        person.page.locator(".bar .leave").click()
        expect_heading(person, "What about experience?")
        expect(person.page.locator("#idle")).to_have_count(1)
        without_noise(person)


def test_nobody_is_called_away_from_what_was_deleted(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        waits_and_the_survey_is_stopped(person, served)
        expect(person.page.locator("body")).to_have_attribute("data-retry", "here")
        deletes(person)
        expect_heading(person, DELETED)
        expect(person.page.locator("body")).not_to_have_attribute("data-retry", "here")
        without_noise(person)


def test_a_device_that_people_share_looks_again_also_where_somebody_left_help_open(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        stops(served)
        person.page.clock.install()
        person.look("#t")
        person.page.locator(".bar .help").click()
        expect_heading(person, "Help")
        served.tell(3)
        person.page.clock.run_for(62_000)
        expect_heading(person, "What about experience?")
        expect(person.page.locator("#idle")).to_have_count(1)
        without_noise(person)


def test_on_a_phone_of_ones_own_nobody_is_called_away_from_help(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        stops(served)
        person.look()
        person.page.locator(".bar .help").click()
        expect_heading(person, "Help")
        expect(person.page.locator("body")).not_to_have_attribute("data-retry", "here")
        without_noise(person)


def test_its_screens_are_in_the_language_of_their_page(served: Linked, browser: Browser) -> None:
    words = load_words()["pl"]
    with a_phone(browser, served, java_script_enabled=False) as person:
        person.look()
        chooses(person, "pl")
        expect(person.page.locator("html")).to_have_attribute("lang", "pl")
        begun = person.context.storage_state()
    with a_phone(browser, served, storage_state=begun) as person:
        person.look()
        served.broken = frozenset({"/rows"})
        person.the_core()
        person.until(lambda: len(queue_of(person)) == 1)
        stops(served)
        in_a_new_tab(person)
        person.look()
        expect_heading(person, words["unavailable.heading"])
        for press, name in ((".help", "help"), (".back a", "unavailable"), ("#delete-now button", "phone.deleted")):
            person.page.locator(press).click()
            expect_heading(person, words[f"{name}.heading"])
        without_noise(person)


@pytest.mark.parametrize("page", ["help", "about", "safety"])
def test_leave_keeps_what_waits_also_on_a_page_that_was_opened_by_its_own_address(
    served: Linked, browser: Browser, page: str
) -> None:
    with a_phone(browser, served) as person:
        waits_with_the_rest(person, served)
        stops(served)
        in_a_new_tab(person)
        person.look(page)
        expect(person.page.locator(".bar .leave")).to_have_text("Leave and delete")
        leaves_and_finds_what_waited(person, served)


def test_on_a_device_that_people_share_leave_on_such_a_page_deletes_nothing_of_others(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        waits_on_a_shared_device(person, served)
        stops(served)
        person.look("help#t")
        person.page.locator(".bar .leave").click()
        expect_heading(person, NOT_NOW)
        assert len(queue_of(person)) == 1
        without_noise(person)


def test_a_page_that_does_not_exist_says_what_waits_too_and_leads_to_no_questions(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        waits_with_the_rest(person, served)
        stops(served)
        in_a_new_tab(person)
        person.look("page-of-another-time")
        expect_heading(person, NOT_NOW)
        expect(person.page.locator("main .before")).to_contain_text("They are not sent yet.")
        deletes(person)
        expect_heading(person, DELETED)
        assert served.rows() == []
        person.wrong = [line for line in person.wrong if "404" not in line]
        without_noise(person)


def test_help_where_too_many_are_answering_leads_back_to_where_that_is_said(served: Linked, browser: Browser) -> None:
    drafts = served.links.of(LINKED).drafts
    for number in range(MOST_DRAFTS):
        drafts.put(f"{number:064x}", b"")
    with a_phone(browser, served) as person:
        person.page.route("**/phone.js", lambda route: route.abort())
        person.look()
        person.page.unroute("**/phone.js")
        person.choose("experience", "good")
        person.press()
        expect_heading(person, "Too many people are answering just now")
        person.page.locator(".bar .help").click()
        expect_heading(person, "Help")
        expect(person.page.locator(".back a")).to_have_text("Back")
        person.page.locator(".back a").click()
        expect_heading(person, "Too many people are answering just now")
        without_noise(person)


def test_where_too_many_are_answering_the_page_that_looks_again_sends_no_form_again(
    served: Linked, browser: Browser
) -> None:
    drafts = served.links.of(LINKED).drafts
    for number in range(MOST_DRAFTS):
        drafts.put(f"{number:064x}", b"")
    with a_phone(browser, served) as person:
        person.page.clock.install()
        person.page.route("**/phone.js", lambda route: route.abort())
        person.look()
        person.page.unroute("**/phone.js")
        person.choose("experience", "good")
        person.press()
        expect_heading(person, "Too many people are answering just now")
        assert person.page.locator("body").get_attribute("data-retry") == "", "where some browsers ask to send it again"
        posted = sent_by(served)
        person.page.clock.run_for(62_000)
        expect_heading(person, "What about experience?")
        assert sent_by(served) == posted
        without_noise(person)


SENT = "What you sent before may still be with us, sealed. You can delete it."


def test_whose_core_is_at_the_centre_is_not_told_that_nothing_is_kept_and_can_delete_it(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.look()
        send_the_core(person, served)
        stops(served)
        person.page.reload()
        expect_heading(person, NOT_NOW)
        expect(person.page.locator("main")).to_contain_text(SENT)
        assert "Nothing you said here is kept" not in person.words()
        person.page.locator(".bar .help").click()
        expect_heading(person, "Help")
        person.page.locator(".back a").click()
        expect(person.page.locator("main")).to_contain_text(SENT)
        deletes(person)
        expect_heading(person, DELETED)
        assert served.rows() == []
        without_noise(person)


def test_who_had_finished_is_not_told_that_nothing_is_kept(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        to_the_end(person)
        finish(person)
        expect_heading(person, THANKS)
        stops(served)
        for _ in range(2):
            person.page.reload()
            expect_heading(person, NOT_NOW)
            assert "kept" not in person.words()
        person.page.locator(".bar .help").click()
        expect_heading(person, "Help")
        person.page.locator(".back a").click()
        expect_heading(person, NOT_NOW)
        assert "kept" not in person.words()
        served.tell(3)
        person.page.reload()
        expect_heading(person, "What about experience?")
        person.say("experience", "good")
        served.tell(4, stop=True)
        person.page.reload()
        expect_heading(person, NOT_NOW)
        # Nobody whose answers are with us reads that nothing is kept, also where they had begun to answer again.
        expect(person.page.locator("main .before")).to_contain_text("Your answers from before are now sent.")
        assert "is kept" not in person.words()
        assert len(served.rows()) == 1
        without_noise(person)


@pytest.mark.parametrize("waits", [True, False])
def test_who_reads_there_what_waits_or_was_sent_does_not_read_that_nothing_is_kept(
    served: Linked, browser: Browser, *, waits: bool
) -> None:
    with a_phone(browser, served) as person:
        waits_with_the_rest(person, served)
        if not waits:
            served.broken = frozenset()
            person.page.locator("#send-now button").click()
            expect_heading(person, THANKS)
        stops(served)
        person.page.reload()
        expect_heading(person, NOT_NOW)
        told = "They are not sent yet." if waits else "Your answers from before are now sent."
        expect(person.page.locator("main .before")).to_contain_text(told)
        assert "Nothing you said here is kept" not in person.words()
        without_noise(person)


@pytest.mark.parametrize("page", ["help", "about", "safety"])
def test_what_waits_is_told_also_on_a_page_that_was_opened_by_its_own_address(
    served: Linked, browser: Browser, page: str
) -> None:
    with a_phone(browser, served) as person:
        waits_with_the_rest(person, served)
        stops(served)
        in_a_new_tab(person)
        person.look(page)
        heading = person.heading()
        assert heading != NOT_NOW
        expect(person.page.locator("main .before")).to_contain_text("They are not sent yet.")
        person.page.locator(".back a").first.click()
        expect_heading(person, NOT_NOW)
        expect(person.page.locator("main .before")).to_contain_text("They are not sent yet.")
        person.page.locator(".bar .help").click()
        expect_heading(person, "Help")
        person.page.locator(".back a").first.click()
        expect_heading(person, NOT_NOW)
        deletes(person)
        expect_heading(person, DELETED)
        assert served.rows() == []
        person.until(lambda: kept_on(person) == NOTHING)
        without_noise(person)


def test_without_scripts_too(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served, java_script_enabled=False) as person:
        person.look()
        person.the_core()
        stops(served)
        person.page.reload()
        expect_heading(person, NOT_NOW)
        expect(person.page.locator("main")).to_contain_text(SENT)
        assert "Nothing you said here is kept" not in person.words()
        person.page.locator(".bar .leave").click()
        served.links.each(Link.nightly)
        assert [response.status for response in counted(served)] == []
        without_noise(person)


def test_without_scripts_who_had_finished_is_not_told_that_nothing_is_kept(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served, java_script_enabled=False) as person:
        person.look()
        to_the_end(person)
        expect_heading(person, THANKS)
        stops(served)
        person.page.reload()
        expect_heading(person, NOT_NOW)
        assert "kept" not in person.words()
        without_noise(person)


# --- in the language that somebody reads ---


def test_a_stop_that_comes_while_somebody_answers_is_told_in_their_language(served: Linked, browser: Browser) -> None:
    words = load_words()["pl"]
    with a_phone(browser, served) as person:
        person.look()
        reads_in(person, "pl")
        stops(served)
        person.page.reload()
        expect_heading(person, words["unavailable.heading"])
        expect(person.page.locator("html")).to_have_attribute("lang", "pl")
        person.page.locator(".bar .help").click()
        expect_heading(person, words["help.heading"])
        served.tell(3)
        person.page.reload()
        expect_heading(person, "Co z experience?")
        without_noise(person)


@pytest.mark.parametrize("waits", [False, True])
def test_whoever_cannot_read_that_the_survey_is_stopped_finds_their_language_there(
    served: Linked, browser: Browser, waits: bool
) -> None:
    words = load_words()["pl"]
    with a_phone(browser, served) as person:
        if waits:
            waits_and_the_survey_is_stopped(person, served)
        else:
            stops(served)
            person.look()
        entries = person.page.evaluate("history.length")
        person.page.locator('main .languages button[lang="pl"]').click()
        expect_heading(person, words["unavailable.heading"])
        expect(person.page).to_have_url(person.address)
        assert person.page.evaluate("history.length") == entries
        expect(person.page.locator("main .before")).to_have_count(int(waits))
        if waits:
            deletes(person)
            expect_heading(person, words["phone.deleted.heading"])
        else:
            person.page.reload()
            expect_heading(person, words["unavailable.heading"])
        without_noise(person)


@pytest.mark.parametrize("network", ["none", "broken", "slow"])
def test_a_stop_in_a_language_that_does_not_come_stays_as_it_is_and_says_so(
    served: Linked, browser: Browser, network: str
) -> None:
    with a_phone(browser, served) as person:
        stops(served)
        person.look()
        person.context.set_offline(network == "none")
        served.broken = frozenset({f"/{START}"} if network == "broken" else ())
        served.swallowed = frozenset({f"/{START}"} if network == "slow" else ())
        person.page.locator('main .languages button[lang="pl"]').click()
        expect(person.page.get_by_role("alert")).to_have_text(load_words()["en"]["phone.language"])
        expect_heading(person, NOT_NOW)
        person.context.set_offline(False)
        served.broken = served.swallowed = frozenset()
        person.page.locator('main .languages button[lang="pl"]').click()
        expect_heading(person, load_words()["pl"]["unavailable.heading"])
        without_noise(person)


def test_without_scripts_a_stop_is_read_in_another_language_too(served: Linked, browser: Browser) -> None:
    words = load_words()["pl"]
    with a_phone(browser, served, java_script_enabled=False) as person:
        stops(served)
        person.look()
        person.page.locator('main .languages button[lang="pl"]').click()
        expect_heading(person, words["unavailable.heading"])
        without_noise(person)


def test_an_address_that_does_not_exist_is_told_in_the_language_that_is_read(served: Linked, browser: Browser) -> None:
    words = load_words()["pl"]
    with a_phone(browser, served) as person:
        person.look()
        reads_in(person, "pl")
        person.look("nowhere")
        expect_heading(person, words["problem.missing"])
        person.page.locator("main .continue").click()
        expect_heading(person, "Co z experience?")
        person.wrong = [line for line in person.wrong if "404" not in line]
