"""A person at a tablet: what they see, what may be skipped, what is kept."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from at_the_tablet import KEYS, RESET, TODAY, WARN, Tablet, a_tablet, one_of, page
from player import Player, raw, the_core

from forms.instrument import Instrument
from kiosk.app import Rewriting
from survey.store import StoreFull
from survey.words import load as load_words


def test_the_first_question_stands_on_the_first_screen(person: Player) -> None:
    assert person.screen.heading == "What about experience?"
    assert person.question().offered == {"experience": ["good", "bad"]}
    assert "Police officers cannot see" in person.screen.words
    assert person.screen.title == "Survey"


def test_the_first_button_of_a_question_is_continue_and_the_next_skips(person: Player) -> None:
    assert person.question().submits == [("go", "continue"), ("go", "skip")]


def test_answering_everything_gives_one_complete_response(tablet: Tablet, person: Player) -> None:
    the_core(person)
    tablet.seconds += 60
    person.say(more="yes")
    person.say(helped=["police", "friend"])
    person.say(times="3", better="Ring me back — zażółć")
    assert person.page == "thanks"
    response = tablet.only_response()
    assert response.status == "complete"
    assert response.answers == {
        "experience": "good",
        "contact": "easy",
        "crime": "theft",
        "more": "yes",
        "helped": ("police", "friend"),
        "times": 3,
        "better": "Ring me back — zażółć",
    }
    assert (response.mode, response.place, response.period, response.language) == ("kiosk", "lewisham", "2026-11", "en")
    assert not response.quick
    assert tablet.counts() == {"offered": 1, "started": 1, "complete": 1}


def test_finish_now_gives_the_core(tablet: Tablet, person: Player) -> None:
    the_core(person)
    person.say(more="finish")
    assert person.page == "thanks"
    assert tablet.only_response().status == "core"
    assert tablet.counts() == {"offered": 1, "started": 1, "core": 1}


def test_a_visit_of_a_few_seconds_is_marked_quick(tablet: Tablet, person: Player) -> None:
    the_core(person)
    tablet.seconds += 24
    person.say(more="finish")
    assert tablet.only_response().quick


def test_a_visit_that_begins_within_a_minute_of_the_last_is_marked_quick(tablet: Tablet, person: Player) -> None:
    the_core(person)
    tablet.seconds += 60
    person.say(more="finish")
    person.press("/next")
    tablet.seconds += 59
    the_core(person)
    tablet.seconds += 60
    person.say(more="finish")
    assert sorted(response.quick for response in tablet.responses()) == [False, True]


def test_every_question_can_be_skipped_and_then_nothing_is_kept(tablet: Tablet, person: Player) -> None:
    skip_all(person)
    assert person.page == "ended"
    assert "Nothing was kept" in person.screen.words
    assert tablet.responses() == []
    assert tablet.counts() == {}


def test_continue_with_nothing_chosen_goes_on_too(person: Player) -> None:
    person.say()
    assert person.page == "contact"


def test_a_required_question_asks_once_more_and_then_lets_go(person: Player) -> None:
    person.say(experience="good")
    person.say()
    assert person.page == "contact"
    assert person.screen.title == "Error: Survey"
    person.say()
    assert person.page == "crime"


def test_skipping_takes_an_answer_back(tablet: Tablet, person: Player) -> None:
    the_core(person)
    person.look("/page/more")
    assert tablet.partial() is not None
    person.say(more="yes")
    person.say(helped="police")
    person.look("/page/helped")
    person.skip()
    person.say(times="1")
    assert "helped" not in tablet.only_response().answers


def test_answers_no_longer_on_the_path_are_dropped_before_sealing(tablet: Tablet, person: Player) -> None:
    person.say(experience="good")
    person.say(contact="hard")
    person.say(why="rude")
    person.look("/page/contact")
    person.say(contact="easy")
    person.say(crime="theft")
    person.say(more="finish")
    assert "why" not in tablet.only_response().answers


def test_back_shows_what_was_said_and_changes_it_within_the_core(tablet: Tablet, person: Player) -> None:
    person.say(experience="good")
    answer = raw(tablet.address, "/page/experience", cookie=person.cookie)
    assert b'value="good" autocomplete="off" checked' in answer.data
    person.look("/page/experience")
    person.say(experience="bad")
    person.say(contact="easy")
    person.say(crime="hate")
    person.say(more="finish")
    assert tablet.only_response().answers["experience"] == "bad"


def test_once_the_core_is_finished_a_tablet_goes_back_no_further_than_the_choice(person: Player) -> None:
    the_core(person)
    assert 'href="/page/crime"' not in raw(person.browser.address, "/page/more", cookie=person.cookie).data.decode()
    person.look("/page/experience")
    assert person.page == "more"
    person.say(more="yes")
    assert 'href="/page/more"' in raw(person.browser.address, "/page/helped", cookie=person.cookie).data.decode()
    person.look("/page/more")
    assert person.page == "more"


def test_a_page_out_of_turn_leads_to_where_one_is(person: Player) -> None:
    person.say(experience="good")
    person.look("/page/last")
    assert person.page == "contact"
    person.look("/page/nowhere")
    assert person.page == "contact"
    person.look("/")
    assert person.page == "contact"


def test_an_error_says_what_to_do_and_leads_to_the_control(tablet: Tablet, person: Player) -> None:
    the_core(person)
    person.say(more="yes")
    person.skip()
    person.say(times="many", better="words that must not be lost")
    assert person.page == "last"
    assert person.screen.title == "Error: Survey"
    fields = [*person.question().hidden.items(), ("times", "many"), ("better", "words that must not be lost")]
    html = raw(tablet.address, "/page/last", "POST", fields, person.cookie).data.decode()
    assert 'href="#times"' in html
    assert 'aria-invalid="true"' in html
    assert 'tabindex="-1" autofocus' in html
    assert "words that must not be lost" in html
    assert 'value="many"' in html


def test_options_that_exclude_each_other_are_asked_again(person: Player) -> None:
    the_core(person)
    person.say(more="yes")
    person.say(helped=["police", "nobody"])
    assert person.page == "helped"
    assert person.screen.title == "Error: Survey"


def test_once_the_core_is_in_what_there_is_lies_sealed_in_memory(tablet: Tablet, person: Player) -> None:
    person.say(experience="good")
    person.say(contact="easy")
    assert tablet.partial() is None
    person.say(crime="theft")
    partial = tablet.partial()
    assert partial is not None
    assert partial.status == "core"
    assert partial.answers == {"experience": "good", "contact": "easy", "crime": "theft"}
    person.say(more="yes")
    person.say(helped="friend")
    fuller = tablet.partial()
    assert fuller is not None
    assert fuller.answers["helped"] == ("friend",)
    person.say()
    assert tablet.partial() is None
    assert tablet.only_response().response == partial.response == fuller.response


def test_taking_the_core_back_takes_the_partial_back(tmp_path: Path) -> None:
    flat = Instrument(
        "flat",
        "1",
        {"en": "Flat"},
        "en",
        ("en",),
        tuple(page(one_of(name, "a", "b")) for name in ("one", "two", "three")),
    )
    with a_tablet(tmp_path) as tablet:
        tablet.change_keys(instruments=(flat,))
        person = Player(tablet.address)
        person.look()
        person.say(one="a")
        person.say(two="b")
        person.look("/page/one")
        person.skip()
        person.say(two="a")
        person.say(three="a")
        assert person.page == "ended"
        assert tablet.partial() is None
        assert tablet.responses() == []


def test_walking_away_after_the_core_is_filed_when_the_time_is_up(tablet: Tablet, person: Player) -> None:
    the_core(person)
    tablet.wait(WARN + RESET - 1)
    assert tablet.responses() == []
    tablet.wait(1)
    assert tablet.only_response().status == "core"
    assert tablet.partial() is None
    assert tablet.counts() == {"offered": 1, "started": 1, "core": 1, "timed_out": 1}
    person.look("/page/more")
    assert person.screen.heading == "What about experience?"


@pytest.mark.parametrize("years", [-10, 10], ids=["back", "forward"])
def test_a_clock_that_jumps_by_years_in_the_middle_costs_nothing_but_the_month(
    tablet: Tablet, person: Player, years: int
) -> None:
    person.say(experience="good")
    tablet.now = TODAY.replace(year=TODAY.year + years)
    tablet.wait(1)
    person.say(contact="easy")
    person.say(crime="theft")
    person.say(more="finish")
    assert person.page == "thanks"
    assert (tablet.only_response().status, tablet.only_response().period) == ("core", "unknown")


def test_walking_away_before_the_core_leaves_nothing(tablet: Tablet, person: Player) -> None:
    person.say(experience="bad")
    tablet.wait(WARN + RESET)
    assert tablet.responses() == []
    assert tablet.counts() == {"offered": 1, "started": 1, "timed_out": 1}
    assert tablet.resets == 1


def test_somebody_else_who_begins_ends_the_visit_before(tablet: Tablet, person: Player) -> None:
    the_core(person)
    another = Player(tablet.address)
    another.look()
    assert tablet.responses() == []
    another.say(experience="bad")
    assert tablet.only_response().answers["experience"] == "good"
    person.look("/page/more")
    assert person.screen.heading == "What about experience?"


def test_the_first_screen_may_stand_all_night_and_still_takes_the_first_answer(tablet: Tablet, person: Player) -> None:
    tablet.wait(60 * 60 * 12)
    person.say(experience="good")
    assert person.page == "contact"


def test_one_tap_gives_the_next_person_a_clean_slate(tablet: Tablet, person: Player) -> None:
    person.say(experience="bad")
    person.look("/staff")
    person.press("/next")
    assert person.screen.heading == "What about experience?"
    assert b" checked" not in raw(tablet.address, "/", cookie=person.cookie).data
    assert tablet.counts() == {"offered": 2, "started": 1, "timed_out": 1}


def test_each_person_counts_once_as_offered(tablet: Tablet, person: Player) -> None:
    def tap(path: str) -> None:
        person.look("/staff")
        person.press(path)

    tap("/next")
    person.say(experience="good")
    assert tablet.counts()["offered"] == 1
    tap("/next")
    tap("/next")
    assert tablet.counts()["offered"] == 2
    tap("/not-now")
    assert tablet.counts()["offered"] == 2
    tap("/not-now")
    assert tablet.counts()["offered"] == 3
    person.say(experience="good")
    assert tablet.counts()["offered"] == 4
    tap("/not-now")
    assert tablet.counts()["offered"] == 4


def test_help_lists_checked_lines_that_fit_the_crime(tablet: Tablet, person: Player) -> None:
    person.look("/help")
    assert "Theft line" in person.screen.words
    assert "Nobody checked this" not in person.screen.words
    for words in ("999", "101", "crime number", "Police officers cannot see", "16 or over", "Childline"):
        assert words in person.screen.words
    person.look("/")
    person.say(experience="good")
    person.say(contact="easy")
    person.say(crime="hate")
    person.look("/help")
    assert "Hate crime line" in person.screen.words
    assert "Victim Support" in person.screen.words
    assert "Theft line" not in person.screen.words


def test_the_thanks_page_tells_the_next_person_nothing_about_the_crime(tablet: Tablet, person: Player) -> None:
    pages = []
    for crime in ("hate", "theft"):
        person.look("/")
        person.say(experience="good")
        person.say(contact="easy")
        person.say(crime=crime)
        person.say(more="finish")
        pages.append(person.screen.words)
        person.press("/next")
    assert pages[0] == pages[1]


def test_another_language_lasts_for_the_visit_only(tablet: Tablet, person: Player) -> None:
    token = person.question().hidden["csrf_token"]
    person.browser.post("/language", [("csrf_token", token), ("language", "pl")])
    person.look("/")
    assert person.screen.heading == "Co z experience?"
    tablet.wait(WARN + RESET)
    person.look("/")
    assert person.screen.heading == "What about experience?"


@pytest.mark.parametrize("aside", ["help", "about", "safety"])
def test_whoever_changes_the_language_while_they_read_something_else_goes_on_reading_that(
    person: Player, aside: str
) -> None:
    the_core(person)
    person.look(f"/{aside}")
    before = person.screen.heading
    in_polish(person)
    assert person.page == aside
    assert person.screen.heading == load_words()["pl"][f"{aside}.heading"] != before
    person.look("/")
    assert person.screen.heading == "Co z more?"


@pytest.mark.parametrize("more", ["finish", None], ids=["kept", "too little"])
def test_the_last_page_is_read_in_another_language_too_and_there_the_next_person_begins_in_the_first(
    person: Player, more: str | None
) -> None:
    if more is None:
        skip_all(person)
    else:
        the_core(person)
        person.say(more=more)
    last = person.page
    in_polish(person)
    assert person.page == last
    heading = load_words()["pl"]["thanks.heading" if more else "ended.heading"]
    assert person.screen.heading == heading
    person.press("/next")
    assert person.screen.heading == "What about experience?"


def skip_all(person: Player) -> None:
    for _ in range(20):
        if person.screen.question is None:
            return
        person.skip()


def in_polish(person: Player) -> None:
    """Press 'Language' in the bar, then Polski."""
    page = raw(person.screen.address, "", cookie=person.cookie).data.decode()
    (way,) = re.findall(r'class="language" href="([^"]+)"', page)
    person.look(way)
    person.screen = person.browser.send(person.screen.form_to("/language"), [("language", "pl")])


def test_a_way_back_that_is_none_leads_to_the_questions(person: Player) -> None:
    for made_up in ("nowhere", "leave", "https://weather.example/", "/help"):
        token = person.question().hidden["csrf_token"]
        person.browser.post("/language", [("csrf_token", token), ("language", "en"), ("back", made_up)])
        assert person.look("/").heading == "What about experience?"
        answer = raw(person.browser.address, "/language", "POST", [("back", made_up)])
        assert answer.headers["Location"] == "/"


def test_made_up_keys_say_so_on_every_page(tablet: Tablet, person: Player) -> None:
    tablet.change_keys(made_up=True)
    for path in ("/", "/help", "/about", "/staff", "/nowhere"):
        assert "made-up respondents" in person.look(path).words


@pytest.mark.parametrize(
    "changes", [None, {"stop": True}, {"places": ()}, {"instruments": ()}], ids=["none", "stop", "place", "questions"]
)
def test_without_valid_keys_the_page_says_not_available_and_nothing_is_stored(
    tablet: Tablet, person: Player, changes: dict[str, object] | None
) -> None:
    the_core(person)
    if changes is None:
        tablet.keys = None
    else:
        tablet.change_keys(**changes)
    question = person.question()
    screen = person.browser.send(question, [("more", "finish")])
    assert screen.status == 503
    assert "not available now" in screen.words
    assert "ask for a card" in screen.words
    assert tablet.responses() == []


def test_a_mode_that_the_place_does_not_allow_is_not_available(tablet: Tablet) -> None:
    (place,) = KEYS.places
    tablet.change_keys(places=(type(place)("lewisham", "Lewisham", "counter", ("link",), WARN, RESET),))
    assert Player(tablet.address).look().status == 503


def test_help_stays_within_reach_when_the_survey_is_not_available(tablet: Tablet) -> None:
    tablet.keys = None
    screen = Player(tablet.address).look("/help")
    assert screen.status == 200
    assert "999" in screen.words


def test_ten_presses_in_a_moment_are_counted_as_one_burst(tablet: Tablet, person: Player) -> None:
    question = person.question()
    for _ in range(25):
        person.browser.send(question, [("experience", "good")])
    assert tablet.counts()["bursts"] == 1


def test_the_outbox_is_written_anew_after_each_reset_but_never_inside_a_request() -> None:
    written: list[str] = []
    first, go_on = threading.Event(), threading.Event()

    def rewrite() -> None:
        written.append(threading.current_thread().name)
        first.set()
        go_on.wait()

    rewriting = Rewriting(rewrite)
    rewriting.start()
    rewriting.ask()
    first.wait()
    for _ in range(5):
        rewriting.ask()
    go_on.set()
    rewriting.stop()
    assert written == ["rewriting", "rewriting"], "one for the first reset, one for the five that came meanwhile"


def test_a_full_disk_does_not_end_the_rewriting() -> None:
    tries: list[int] = []

    def rewrite() -> None:
        tries.append(1)
        raise StoreFull("no room")

    rewriting = Rewriting(rewrite)
    rewriting.start()
    rewriting.ask()
    rewriting.stop()
    assert tries


def test_the_first_screen_outlives_two_hundred_health_checks(tablet: Tablet, person: Player) -> None:
    for _ in range(200):
        raw(tablet.address, "/")
    person.say(experience="good")
    assert person.page == "contact"


def test_help_and_thanks_read_well_while_nobody_has_checked_a_support_line(tablet: Tablet, person: Player) -> None:
    tablet.change_keys(support_lines=tuple(replace(line, verified_on=None) for line in KEYS.support_lines))
    person.look("/help")
    assert "Ask the staff here" in person.screen.words
    assert "999" in person.screen.words
    assert "0800 000" not in person.screen.words
    person.look("/")
    the_core(person)
    person.say(more="finish")
    assert "Call 101" in person.screen.words
    assert "0800 000" not in person.screen.words
