"""Scripts off and cookies refused: who cannot be asked a second question is told why, and nobody else is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from centre_world import LINKED
from linked_centre import CARDS_ONLY, address, centre, links, untold, world
from player import Form, Player, cookies_of, raw

from export.centre.instance import Centre
from survey.words import load

__all__ = ["address", "centre", "links", "untold", "world"]  # fixtures

WORDS = load()["en"]
WHY = WORDS["problem.forgets"]


class Refused(dict[str, str]):
    """The cookies of a browser that takes none."""

    def __setitem__(self, name: str, value: str) -> None:
        """Refuse it."""


def somebody(address: str, place: str = LINKED, page: str = "", *, refuses: bool = False) -> Player:
    person = Player(f"{address}s/{place}/")
    person.browser.cookies = Refused() if refuses else {}
    person.look(f"{address}s/{place}/{page}")
    return person


def ways_on(person: Player) -> Iterator[Form]:
    """The first question, the same on its own page, and the choice of a language."""
    question = person.question()
    for path in ("", "page/experience", "language"):
        yield replace(question, action=f"{person.browser.address}{path}")


def kept(centre: Centre) -> int:
    return sum(centre.store.count(shelf) for shelf in centre.store.shelves)


def test_who_refuses_the_cookie_is_told_why_and_what_to_do_on_every_way_on(centre: Centre, address: str) -> None:
    person = somebody(address, refuses=True)
    assert person.screen.status == 200
    for form in ways_on(person):
        told = person.browser.send(form, [("experience", "good"), ("language", "pl")])
        assert (told.status, told.heading.strip()) == (403, WHY)
        assert WORDS["problem.forgets.text"] in told.words
        assert WORDS["problem.return"] in told.words
    person.look(f"{address}s/{LINKED}/language")
    assert person.screen.heading.strip() == WHY
    person.look(f"{address}s/{LINKED}/help")
    assert person.screen.status == 200, "Help needs no cookie"
    assert kept(centre) == 0


def test_who_types_a_card_s_code_and_refuses_the_cookie_is_told_so_too(address: str) -> None:
    for place in (LINKED, CARDS_ONLY):
        person = somebody(address, place, "code", refuses=True)
        told = person.browser.send(person.screen.form_to("/code"), [("code", "7F3KA-9XM2Q-TT4WE")])
        assert told.heading.strip() == WHY


def test_who_then_lets_the_browser_keep_cookies_goes_on(address: str) -> None:
    person = somebody(address, refuses=True)
    told = person.say(experience="good")
    assert told.heading.strip() == WHY
    person.browser.cookies = {}
    for _ in range(2):  # the page once more, which gives the cookie again, and then with it
        person.look(told.address)
    assert (person.screen.heading.strip(), person.screen.address) == ("How was it?", f"{address}s/{LINKED}/")
    person.say(experience="good")
    assert person.page == "thanks"


def test_a_tab_that_was_left_elsewhere_begins_anew_as_if_nobody_had_been_there(address: str) -> None:
    person = somebody(address)
    stale = list(ways_on(person))
    assert person.browser.cookies
    person.look(f"{address}s/{LINKED}/leave")
    for form in stale:
        person.browser.cookies.clear()
        again = person.browser.send(form, [("experience", "good")])
        assert (again.address, again.heading.strip()) == (f"{address}s/{LINKED}/", "How was it?")
        assert person.browser.cookies


def test_a_foreign_cookie_leads_to_the_start_and_a_place_that_is_none_to_what_it_says_itself(address: str) -> None:
    for cookie in ("0" * 32, "nobody"):
        answer = raw(address, f"s/{LINKED}/", "POST", [("experience", "good")], cookie)
        assert (answer.status, answer.headers["Location"]) == (303, f"/s/{LINKED}/")
        assert cookies_of(answer) == {}
    answer = raw(address, "s/nowhere/", "POST", [("experience", "good")])
    assert answer.status == 503
    assert WORDS["unavailable.heading"].encode() in answer.data
    assert WHY.encode() not in answer.data


def test_a_form_on_another_site_s_page_takes_no_cookie_s_place(address: str) -> None:
    """The browser keeps a visit's cookie back there, so that one would look like somebody who has none."""
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    posted = raw(address, f"s/{LINKED}/", "POST", [("experience", "good")], headers=elsewhere)
    assert (posted.status, posted.headers["Location"]) == (303, f"/s/{LINKED}/")
    led = raw(address, f"s/{LINKED}/?asked=", headers=elsewhere)
    assert (led.status, led.headers["Location"]) == (303, f"/s/{LINKED}/")
    assert cookies_of(posted) == cookies_of(led) == {}
