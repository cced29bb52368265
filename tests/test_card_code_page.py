"""Somebody whose phone runs no script types the code of a card: nobody is stopped by it, and it is spent at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from centre_world import LINKED, World, listening
from linked_centre import CARDS_ONLY, address, centre, doors, links, untold, world
from on_a_phone import linked
from player import Player, raw, the_core

from export.centre.app import centre_app
from export.centre.codes import cancel, code_of, codes_in, issue
from export.centre.instance import ROWS, Centre
from export.centre.link import Links
from survey.ceiling import MOST_A_DAY
from survey.marked_store import MarkedStore
from survey.marks import Filed, Mark
from survey.words import load

__all__ = ["address", "centre", "links", "untold", "world"]  # fixtures

WORDS = load()["en"]


def somebody(address: str, place: str = LINKED, page: str = "") -> Player:
    person = Player(f"{address}s/{place}/")
    person.look(f"{address}s/{place}/{page}")
    return person


def typed(person: Player, code: str) -> str:
    """Type a code on its page; the page that follows."""
    person.screen = person.browser.send(person.screen.form_to("/code"), [("code", code)])
    return person.screen.words


def code_for(centre: Centre, place: str = LINKED) -> str:
    return next(codes_in(issue(centre, place, "card", 3)))


def test_the_first_page_leads_quietly_to_the_code_and_it_is_spent_at_the_end(centre: Centre, address: str) -> None:
    code = code_for(centre)
    person = somebody(address)
    assert WORDS["code.link"] in person.screen.words
    person.look(f"{address}s/{LINKED}/code")
    assert WORDS["code.taken"] in typed(person, code.lower().replace("-", " "))
    assert centre.store.spent(1) == 0, "who leaves now keeps it"
    person.say(experience="good")
    assert person.page == "thanks"
    assert (doors(centre), centre.store.spent(1)) == (["code"], 1)


def test_the_code_can_be_typed_in_ones_own_language_and_the_thanks_are_read_in_it(tmp_path: Path) -> None:
    words = load()["pl"]
    with linked(tmp_path / "two languages") as served:
        code, start = code_for(served.centre), f"{served.address}s/{LINKED}/"
        person = somebody(served.address, page="code")
        for shown in ("card_code", "take_card_code"):  # as it came, and with a code that was mistyped
            person.look(f"{start}language?back={shown}")
            person.screen = person.browser.send(person.screen.form_to("/language"), [("language", "pl")])
            assert (person.page, person.screen.heading) == ("code", words["code.heading"])
            assert words["code.mistyped"] in typed(person, "?")
        typed(person, code)
        the_core(person)
        person.say(more="finish")
        assert person.screen.heading == words["thanks.heading"]
        person.look(f"{start}language")
        person.screen = person.browser.send(person.screen.form_to("/language"), [("language", "en")])
        assert person.screen.heading == WORDS["thanks.heading"]


def test_a_mistyped_code_is_told_kindly_and_stays_to_be_mended(centre: Centre, address: str) -> None:
    code = code_for(centre)
    person = somebody(address, page="code")
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    assert WORDS["code.mistyped"] in typed(person, wrong)
    assert WORDS["code.taken"] in typed(person, code)


@pytest.mark.parametrize(("place", "other"), [(LINKED, CARDS_ONLY), (CARDS_ONLY, LINKED)])
def test_every_code_that_is_no_good_is_answered_by_one_page_to_the_byte(
    centre: Centre, address: str, place: str, other: str
) -> None:
    spent, gone, elsewhere = code_for(centre, place), code_for(centre, place), code_for(centre, other)
    first = somebody(address, place, "code")
    typed(first, spent)
    first.say(experience="good")
    cancel(centre, 2)
    late = next(codes_in(issue(centre, place, "card", 1, until=centre.clock.day().replace(year=2020))))
    guessed = code_of(replace(centre.batches.all()[3], key=b"a guess"), 0)
    person = somebody(address, place, "code")
    token = dict(person.screen.form_to("/code").hidden)
    said = set()
    for code in (spent, gone, elsewhere, late, guessed, "0" * 16):
        answer = raw(address, f"s/{place}/code", "POST", [*token.items(), ("code", code)], person.cookie)
        said.add((answer.status, answer.data))
    ((status, page),) = said
    assert (status, WORDS["code.refused"] in page.decode()) == (403, True)
    assert (WORDS["code.without"] in page.decode()) == (place == LINKED)


def test_who_goes_on_without_a_code_comes_in_by_the_open_door(centre: Centre, address: str) -> None:
    person = somebody(address, page="code")
    assert WORDS["code.refused"] in typed(person, "0" * 16)
    person.look(f"{address}s/{LINKED}/")
    person.say(experience="good")
    assert person.page == "thanks"
    assert doors(centre) == ["open"]


def test_a_code_that_somebody_else_used_meanwhile_costs_nobody_an_answer(centre: Centre, address: str) -> None:
    code = code_for(centre)
    first, second = (somebody(address, page="code") for _ in range(2))
    for person in (first, second):
        assert WORDS["code.taken"] in typed(person, code)
    for person in (first, second):
        person.say(experience="bad")
    assert (first.page, second.page, doors(centre)) == ("thanks", "refused", ["code"]), "one is asked first"
    second.press("/refused")
    assert (second.page, doors(centre)) == ("thanks", ["code", "open"])


class CutOff(MarkedStore):
    """A centre's rows, whose process is cut off as soon as the first row is kept, before anything else is written."""

    cut = False

    def admit(self, row: bytes, mark: Mark | None = None, replaces: Sequence[bytes] = ()) -> Filed:
        filed = super().admit(row, mark, replaces)
        if not self.cut:
            self.cut = True
            raise RuntimeError("cut off")
        return filed


@pytest.mark.parametrize("place", [LINKED, CARDS_ONLY])
def test_who_is_cut_off_once_the_answers_are_kept_still_gets_thanks_by_the_same_card(world: World, place: str) -> None:
    centre = world.opened()
    world.tell(centre)
    code = code_for(centre, place)
    centre.store.close()
    centre.store = CutOff(world.folder / ROWS)
    with listening(Links(centre, centre_app(centre))) as address:
        person = somebody(address, place, "code")
        assert WORDS["code.taken"] in typed(person, code)
        assert person.say(experience="good").status == 500
        assert "tablet" not in person.screen.words
        person.look(f"{address}s/{place}/")
        assert person.screen.heading == WORDS["phone.lost.heading"]
        assert "tablet" not in person.screen.words
        person.press("/finish")
        assert person.page == "thanks"
    assert (doors(centre), centre.store.spent(1)) == (["code"], 1)
    centre.close()


def test_where_a_code_is_needed_one_is_asked_first_and_nothing_is_kept_without(centre: Centre, address: str) -> None:
    person = somebody(address, CARDS_ONLY)
    assert person.page == "code"
    assert WORDS["code.only"] in person.screen.words
    assert WORDS["code.without"] not in person.screen.words
    code = code_for(centre, CARDS_ONLY)
    second = somebody(address, CARDS_ONLY, "code")
    for one in (person, second):
        assert WORDS["code.taken"] in typed(one, code)
    person.say(experience="good")
    assert person.page == "thanks"
    second.say(experience="good")
    assert second.page == "refused", "used meanwhile: another card is asked for, and the answers wait"
    assert doors(centre) == ["code"]
    other = list(codes_in(centre.batches.all()[1]))[1]
    second.look(f"{address}s/{CARDS_ONLY}/code")
    typed(second, other)
    assert (second.page, doors(centre)) == ("thanks", ["code", "code"])


def test_after_the_days_ceiling_a_card_still_opens(centre: Centre, links: Links, address: str) -> None:
    begun = somebody(address)
    begun.say(experience="good")
    for _ in range(MOST_A_DAY):
        links.of(LINKED).ceiling.count()
    person = somebody(address)
    assert (person.page, WORDS["code.full"] in person.screen.words) == ("code", True)
    assert WORDS["code.taken"] in typed(person, code_for(centre))
    person.say(experience="good")
    assert (person.page, doors(centre)) == ("thanks", ["code", "open"])


def test_a_form_of_another_visit_changes_nothing(centre: Centre, address: str) -> None:
    code = code_for(centre)
    person = somebody(address, page="code")
    answer = raw(address, f"s/{LINKED}/code", "POST", [("code", code), ("csrf_token", "0" * 64)], person.cookie)
    assert answer.status == 303
    assert WORDS["code.taken"] not in person.look(f"{address}s/{LINKED}/").words


def test_the_code_lies_nowhere_in_the_clear(centre: Centre, address: str, tmp_path: Path) -> None:
    code = code_for(centre)
    typed(somebody(address, page="code"), code)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            content = path.read_bytes().upper()
            assert code.encode() not in content
            assert code.replace("-", "").encode() not in content, path
