"""Double tap, refresh, Back, two tabs, a stale tab: one visit gives one response."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from at_the_tablet import Tablet, a_tablet
from player import Player, raw


@pytest.fixture
def tablet(tmp_path: Path) -> Iterator[Tablet]:
    with a_tablet(tmp_path) as tablet:
        yield tablet


@pytest.fixture
def at_the_choice(tablet: Tablet) -> Player:
    person = Player(tablet.address)
    person.look()
    person.say(experience="good")
    person.say(contact="easy")
    person.say(crime="theft")
    return person


def last_tap(person: Player) -> list[tuple[str, str]]:
    return [*person.question().hidden.items(), ("more", "finish"), ("go", "continue")]


def test_eight_taps_at_once_give_one_response_and_all_get_the_same_thanks(
    tablet: Tablet, at_the_choice: Player
) -> None:
    fields, cookie = last_tap(at_the_choice), at_the_choice.cookie
    ready = threading.Barrier(8)
    answers: list[tuple[int, str]] = []

    def tap() -> None:
        ready.wait()
        answer = raw(tablet.address, "/page/more", "POST", fields, cookie)
        answers.append((answer.status, answer.headers["Location"]))

    taps = [threading.Thread(target=tap) for _ in range(8)]
    for each in taps:
        each.start()
    for each in taps:
        each.join()
    assert answers == [(303, "/thanks")] * 8
    assert len(tablet.responses()) == 1
    assert tablet.counts() == {"offered": 1, "started": 1, "core": 1}


def test_refreshing_or_going_back_after_the_end_shows_the_thanks(tablet: Tablet, at_the_choice: Player) -> None:
    fields = last_tap(at_the_choice)
    at_the_choice.say(more="finish")
    for path in ("/thanks", "/", "/page/more", "/page/experience", "/ended", "/finish"):
        at_the_choice.look(path)
        assert at_the_choice.page == "thanks"
    at_the_choice.browser.post("/page/more", fields)
    assert len(tablet.responses()) == 1


def test_two_tabs_of_one_visit_give_one_response(tablet: Tablet, at_the_choice: Player) -> None:
    second_tab = at_the_choice.question()
    at_the_choice.say(more="yes")
    at_the_choice.say(helped="friend")
    after_the_other = at_the_choice.browser.send(second_tab, [("more", "finish")])
    assert after_the_other.address.endswith("/thanks")
    at_the_choice.say(times="2")
    assert at_the_choice.page == "thanks"
    assert "helped" not in tablet.only_response().answers


def test_a_tab_left_from_the_person_before_leads_to_the_start(tablet: Tablet, at_the_choice: Player) -> None:
    stale = at_the_choice.question()
    at_the_choice.look("/staff")
    at_the_choice.press("/next")
    screen = at_the_choice.browser.send(stale, [("more", "finish")])
    assert screen.heading == "What about experience?"
    assert len(tablet.responses()) == 1, "the first person's core was filed when the next one began"


def test_a_form_without_the_token_of_this_visit_changes_nothing(tablet: Tablet, at_the_choice: Player) -> None:
    for token in ("", "0" * 64, "é", at_the_choice.cookie or ""):
        fields = [("csrf_token", token), ("more", "finish")]
        answer = raw(tablet.address, "/page/more", "POST", fields, at_the_choice.cookie)
        assert (answer.status, answer.headers["Location"]) == (303, "/")
    assert tablet.responses() == []


def test_tapping_for_the_next_person_twice_counts_once(tablet: Tablet, at_the_choice: Player) -> None:
    at_the_choice.say(more="finish")
    button, cookie = at_the_choice.screen.form_to("/next"), at_the_choice.cookie
    for _ in range(2):
        answer = raw(tablet.address, "/next", "POST", list(button.hidden.items()), cookie)
        assert (answer.status, answer.headers["Location"]) == (303, "/")
    assert tablet.counts()["offered"] == 2


def test_a_full_disk_is_told_plainly_and_a_second_try_files_it_once(tablet: Tablet, at_the_choice: Player) -> None:
    with tablet.full_disk():
        at_the_choice.say(more="finish")
        assert at_the_choice.page == "finish"
        assert "were not kept" in at_the_choice.screen.words
        assert tablet.partial() is None, "nothing may be filed later behind the back of somebody who was told so"
        at_the_choice.look("/page/more")
        assert at_the_choice.page == "finish"
    at_the_choice.press("/finish")
    assert at_the_choice.page == "thanks"
    assert len(tablet.responses()) == 1


def test_a_full_disk_and_nobody_who_tries_again_leaves_nothing(tablet: Tablet, at_the_choice: Player) -> None:
    with tablet.full_disk():
        at_the_choice.say(more="finish")
        tablet.wait(1000)
    assert tablet.responses() == []
    assert tablet.partial() is None


def test_who_was_told_that_nothing_was_kept_is_not_filed_when_there_is_room_again(
    tablet: Tablet, at_the_choice: Player
) -> None:
    with tablet.full_disk():
        at_the_choice.say(more="finish")
        assert "were not kept" in at_the_choice.screen.words
    tablet.wait(1000)
    assert tablet.responses() == []
    assert tablet.counts() == {"offered": 1, "started": 1, "timed_out": 1}
