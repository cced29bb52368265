"""Without scripts: a card's code holds from the first few questions on, and one that goes bad meanwhile is told so.

Whoever reads that can send the answers without the card where the place takes any, type another card's code, or delete
what they said; no other way is offered, and nothing is ever decided behind their back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from at_the_tablet import SMALL
from centre_world import LINKED
from on_a_phone import Linked, counted, linked
from player import Player, the_core
from test_card_code_page import somebody, typed

from export.centre.codes import cancel, codes_in, issue
from export.centre.link import Link
from forms.response import unframed
from survey.ceiling import MOST_A_DAY
from survey.words import load

WORDS = load()["en"]
REFUSED = WORDS["phone.refused.heading"]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Linked]:
    with linked(tmp_path / "centre") as served:
        yield served


def close_the_door(served: Linked, serial: int = 2) -> None:
    """From now on this place takes nothing without a card's code."""
    shut = [replace(place, open_door=False) if place.code == LINKED else place for place in served.world.places]
    served.world.places = tuple(shut)
    served.tell(serial)


def codes(served: Linked, count: int = 2) -> list[str]:
    return list(codes_in(issue(served.centre, LINKED, "card", count)))


def with_code(served: Linked, code: str) -> Player:
    """Somebody who has typed the code of their card and stands at the first question."""
    person = somebody(served.address, page="code")
    assert WORDS["code.taken"] in typed(person, code)
    return person


def doors(served: Linked) -> list[str]:
    """By which door each response came; a night's tally is none."""
    rows = [pair for shelf in served.centre.store.shelves for pair in served.centre.store.rows(shelf)]
    kinds = {row: unframed(served.world.collection.open(row))["kind"] for _, row in rows}
    return sorted(door for door, row in rows if kinds[row] == "response")


def press(person: Player, button: str) -> None:
    """Press this button of the page that says that the card was not taken."""
    form = person.screen.form_to("/refused")
    names = [value for _, value in form.submits]
    person.screen = person.browser.send(form, button=names.index(button))


def buttons(person: Player) -> list[str]:
    return [value for _, value in person.screen.form_to("/refused").submits]


def spend(served: Linked, code: str) -> None:
    the_core(with_code(served, code))


def withdraw(served: Linked, _code: str) -> None:
    cancel(served.centre, max(served.centre.batches.all()))


@pytest.mark.parametrize("closed", [True, False])
def test_who_walks_away_after_the_first_few_questions_is_kept_by_their_card(served: Linked, closed: bool) -> None:
    if closed:
        close_the_door(served)
    person = with_code(served, codes(served)[0])
    assert "We keep them after the first few questions" in person.screen.words
    the_core(person)
    served.links.each(Link.nightly)
    assert ([each.status for each in counted(served)], doors(served)) == (["core"], ["code"])
    assert served.centre.store.spent(1) == 1


def test_what_is_said_later_takes_the_place_of_what_was_kept_first(served: Linked) -> None:
    person = with_code(served, codes(served)[0])
    the_core(person)
    person.say(more="yes")
    person.say(helped="friend")
    assert [sorted(each.answers) for each in counted(served)] == [["contact", "crime", "experience", "helped", "more"]]
    served.links.each(Link.nightly)
    person.say(better="Listen")
    assert person.page == "thanks"
    assert ([each.status for each in counted(served)], doors(served)) == (["complete"], ["code"])
    assert served.centre.store.spent(1) == 1


def test_who_takes_the_first_answers_back_and_gives_others_needs_no_second_card(served: Linked) -> None:
    close_the_door(served)
    person = with_code(served, codes(served)[0])
    the_core(person)
    person.look(f"{person.browser.address}page/{SMALL.pages[0].name}")
    for _ in range(3):
        person.skip()
    assert counted(served) == [], "what was taken back is gone"
    person.look(f"{person.browser.address}page/{SMALL.pages[0].name}")
    the_core(person)
    person.say(more="finish")
    assert person.page == "thanks"
    assert ([each.status for each in counted(served)], doors(served)) == (["core"], ["code"])


def test_who_leaves_after_it_was_kept_takes_it_back(served: Linked) -> None:
    person = with_code(served, codes(served)[0])
    the_core(person)
    assert doors(served) == ["code"]
    person.look(f"{person.browser.address}leave")
    assert doors(served) == []


@pytest.mark.parametrize("closed", [True, False])
def test_every_code_that_went_bad_meanwhile_leads_to_one_page_to_the_byte(served: Linked, closed: bool) -> None:
    if closed:
        close_the_door(served)
    said = set()
    for gone_bad in (spend, withdraw):
        first, _ = codes(served)
        person = with_code(served, first)
        gone_bad(served, first)
        the_core(person)
        assert (person.page, person.screen.heading) == ("refused", REFUSED)
        said.add(person.screen.words)
    (words,) = said
    assert (WORDS["code.unkept"] in words, WORDS["phone.refused.before"] in words) == (True, True)
    assert (WORDS["code.another"] in words, WORDS["phone.refused.open"] in words) == (closed, not closed)
    assert buttons(person) == (["delete"] if closed else ["open-door", "delete"])
    assert WORDS["code.without"] not in words


def test_nobody_is_led_round_in_a_circle_where_a_card_is_needed(served: Linked) -> None:
    close_the_door(served)
    first, other = codes(served)
    person = with_code(served, first)
    spend(served, first)
    the_core(person)
    for page in ("", "finish", f"page/{SMALL.pages[1].name}", "thanks"):
        person.look(f"{person.browser.address}{page}")
        assert person.screen.heading == REFUSED, "wherever they look"
    person.look(f"{person.browser.address}code")
    assert WORDS["code.only"] in person.screen.words
    assert WORDS["code.without"] not in person.screen.words
    assert WORDS["code.refused"] in typed(person, first)
    assert WORDS["code.without"] not in person.screen.words
    assert "more" in typed(person, other), "with another card they go on where they were"
    assert doors(served) == ["code", "code"]
    person.say(more="finish")
    assert (person.page, doors(served)) == ("thanks", ["code", "code"])


def test_who_sends_the_answers_without_the_card_goes_on_by_the_open_door(served: Linked) -> None:
    first, _ = codes(served)
    person = with_code(served, first)
    withdraw(served, first)
    the_core(person)
    served.links.each(Link.nightly)
    assert doors(served) == [], "not before they were asked"
    press(person, "open-door")
    assert "more" in person.screen.words
    person.say(more="finish")
    assert (person.page, doors(served)) == ("thanks", ["open"])


def test_who_deletes_instead_reads_that_in_their_language_and_nothing_stays(served: Linked) -> None:
    first, _ = codes(served)
    person = with_code(served, first)
    withdraw(served, first)
    the_core(person)
    person.look(f"{person.browser.address}language?back=refused_card")
    person.screen = person.browser.send(person.screen.form_to("/language"), [("language", "pl")])
    assert person.screen.heading == load()["pl"]["phone.refused.heading"]
    press(person, "delete")
    assert person.screen.heading == load()["pl"]["phone.deleted.heading"]
    served.links.each(Link.nightly)
    assert doors(served) == []
    assert person.look(person.browser.address).heading != REFUSED


def cancelled_in_the_middle(served: Linked, person: Player) -> None:
    the_core(person)
    withdraw(served, "")
    person.say(more="finish")


def test_a_card_that_is_cancelled_after_the_first_few_questions_is_asked_about_at_the_end(served: Linked) -> None:
    person = with_code(served, codes(served)[0])
    cancelled_in_the_middle(served, person)
    assert person.screen.heading == REFUSED
    assert [each.status for each in counted(served)] == ["core"], "what was first said with it may be kept already"
    press(person, "open-door")
    assert (person.page, len(counted(served))) == ("thanks", 1)


def test_and_where_a_card_is_needed_another_ends_it_with_thanks(served: Linked) -> None:
    close_the_door(served)
    person = with_code(served, codes(served)[0])
    cancelled_in_the_middle(served, person)
    person.look(f"{person.browser.address}code")
    typed(person, codes(served)[0])
    assert person.page == "thanks"
    assert len(counted(served)) == 1


def test_after_the_days_ceiling_no_way_without_a_card_is_offered(served: Linked) -> None:
    first, _ = codes(served)
    person = with_code(served, first)
    withdraw(served, first)
    the_core(person)
    for _ in range(MOST_A_DAY):
        served.links.of(LINKED).ceiling.count()
    form = person.screen.form_to("/refused")
    person.screen = person.browser.send(form, button=0)  # the page is from before
    assert (person.screen.heading, buttons(person), doors(served)) == (REFUSED, ["delete"], [])


def test_a_place_that_closes_its_door_meanwhile_says_that_a_card_is_needed(served: Linked) -> None:
    person = somebody(served.address)
    the_core(person)
    close_the_door(served)
    person.say(more="finish")
    assert person.page == "code"
    assert WORDS["code.only"] in person.screen.words
    assert WORDS["code.without"] not in person.screen.words
    typed(person, codes(served)[0])
    assert (person.page, doors(served)) == ("thanks", ["code"])
