"""A card whose code is no good, on a phone: one kind page whatever is wrong, and the open door where there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from centre_world import LINKED, PLACE, ask
from on_a_phone import (
    NOTHING,
    START,
    THANKS,
    WAITING,
    Linked,
    a_phone,
    cut_off,
    expect_heading,
    finish,
    kept_on,
    linked,
    queue_of,
    to_the_end,
    without_network_noise,
)
from open_to_everybody import BOXES
from playwright.sync_api import Browser, expect
from real_browser import OUTSIDE, Window

from export.centre.codes import cancel, code_of, codes_in, issue

pytestmark = pytest.mark.browser

REFUSED = "We could not take your answers with this card"
OFFERED = "You can send them without the card"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Linked]:
    with linked(tmp_path / "centre") as served:
        yield served


@pytest.fixture
def cards_only(served: Linked) -> Linked:
    served.tell(2, places=[replace(place, open_door=False) for place in served.world.places])
    return served


def spent(served: Linked) -> str:
    code = next(codes_in(issue(served.centre, LINKED, "card", 1)))
    answer = ask(
        "POST", f"{served.address}{START}rows", served.world.rows(1)[0],
        {"Content-Type": "application/octet-stream", "Heard-Code": code},
    )  # fmt: skip
    assert answer.body == b"stored"
    return code


def cancelled(served: Linked) -> str:
    batch = issue(served.centre, LINKED, "card", 1)
    cancel(served.centre, batch.number)
    return next(codes_in(batch))


def late(served: Linked) -> str:
    return next(codes_in(issue(served.centre, LINKED, "card", 1, until=served.centre.clock.day().replace(year=2020))))


def guessed(served: Linked) -> str:
    """The letters fit together, and no batch of this centre proves them."""
    return code_of(replace(issue(served.centre, LINKED, "card", 1), key=b"a guess"), 0)


def mistyped(_served: Linked) -> str:
    return "7KQ2M9XT"


def of_another_place(served: Linked) -> str:
    return next(codes_in(issue(served.centre, PLACE, "card", 1)))


BAD: Mapping[str, Callable[[Linked], str]] = {
    each.__name__: each for each in (spent, cancelled, late, guessed, mistyped, of_another_place)
}


def refused(person: Window, code: str) -> str:
    """Answer everything with a card that is no good; every byte of the page that says so."""
    person.look(f"#c={code.replace('-', '')}")
    to_the_end(person)
    finish(person)
    expect_heading(person, REFUSED)
    person.wrong = [line for line in person.wrong if "403" not in line]
    html: str = person.page.evaluate("document.documentElement.outerHTML")
    return html


@pytest.mark.parametrize("name", ["spent", "guessed"])
def test_who_has_answered_the_core_reads_at_once_that_the_card_was_not_taken_and_nothing_moves(
    served: Linked, browser: Browser, name: str
) -> None:
    """The first page says that the first few answers are kept: whoever walks away here has to know."""
    code = BAD[name](served)
    served.held = f"/{START}rows"
    with a_phone(browser, served) as person:
        person.look(f"#c={code.replace('-', '')}")
        person.the_core()
        expect(person.page.locator("#question input[name=more]").first).to_be_visible()
        before = person.page.evaluate(BOXES)
        expect(person.page.get_by_role("alert")).to_have_count(0)
        served.let_go.set()
        expect(person.page.get_by_role("alert")).to_have_text(REFUSED)
        assert person.page.evaluate(BOXES) == before
        person.wrong = [line for line in person.wrong if "403" not in line]


@pytest.mark.parametrize("place", ["served", "cards_only"])
def test_whatever_is_wrong_with_a_code_the_page_is_the_same_to_the_byte(
    place: str, request: pytest.FixtureRequest, browser: Browser
) -> None:
    served: Linked = request.getfixturevalue(place)
    said = {}
    for name, bad in BAD.items():
        code = bad(served)
        before = served.rows()
        with a_phone(browser, served) as person:
            said[name] = refused(person, code)
            assert len(queue_of(person)) == 1
        assert served.rows() == before, "nothing comes in by a door that nobody chose"
        assert code.replace("-", "") not in said[name]
    assert len(set(said.values())) == 1, {name: len(html) for name, html in said.items()}


def test_where_the_door_is_open_one_press_sends_the_answers_by_it(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        refused(person, cancelled(served))
        assert OFFERED in person.words()
        person.page.locator("#open-door button").click()
        expect_heading(person, THANKS)
        person.until(lambda: kept_on(person) == NOTHING)
    assert [door for door, _ in served.centre.store.rows("arrivals")] == ["open"]
    assert served.only().status == "complete"


def test_where_it_is_not_none_is_offered_and_the_answers_can_be_deleted(cards_only: Linked, browser: Browser) -> None:
    with a_phone(browser, cards_only) as person:
        refused(person, cancelled(cards_only))
        assert OFFERED not in person.words()
        assert person.page.locator("#open-door").count() == 0
        assert "Here we take answers only with a card that still works." in person.words()
        person.page.locator("#delete-now button").click()
        expect_heading(person, "Your answers are deleted")
        person.until(lambda: kept_on(person) == NOTHING)
    assert cards_only.rows() == []


def test_who_learns_only_on_opening_again_that_the_card_is_no_good_can_send_without_it(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        batch = issue(served.centre, LINKED, "card", 1)
        served.broken = frozenset({"/rows"})
        person.look(f"#c={next(codes_in(batch)).replace('-', '')}")
        to_the_end(person)
        finish(person)
        expect_heading(person, WAITING)
        cancel(served.centre, batch.number)
        served.broken = frozenset()
        person.page.close()
        person.page = person.context.new_page()
        for _ in range(2):
            person.look()
            expect(person.page.locator("main .before")).to_contain_text(REFUSED)
        assert OFFERED in person.words()
        expect_heading(person, "What about experience?")
        person.page.locator("#open-door button").click()
        person.until(lambda: len(served.rows()) == 1)
        expect(person.page.locator("main .before")).to_contain_text("Your answers from before are now sent.")
        person.until(lambda: kept_on(person) == NOTHING)
        person.wrong = [line for line in person.wrong if "403" not in line and "502" not in line]
    assert served.only().status == "complete"


@pytest.mark.parametrize("how", ["at once", "after a reload", "after Help"])
def test_who_leaves_a_card_that_was_not_taken_leaves_no_answers_behind(
    served: Linked, browser: Browser, how: str
) -> None:
    with a_phone(browser, served) as person:
        refused(person, cancelled(served))
        if how == "after a reload":
            person.page.reload()
            expect(person.page.locator("main .before")).to_contain_text(REFUSED)
        elif how == "after Help":
            person.page.locator(".bar .help").click()
            expect_heading(person, "Help")
        expect(person.page.locator(".bar .leave")).to_have_text("Leave and delete")
        person.page.locator(".bar .leave").click()
        person.page.wait_for_url(OUTSIDE)
        person.look()
        expect_heading(person, "What about experience?")
        person.until(lambda: kept_on(person) == NOTHING)
        person.page.evaluate("async () => { await navigator.locks.request('heard rows', () => {}); }")
        expect(person.page.locator("main .before")).to_have_count(0)
        person.wrong = [line for line in person.wrong if "403" not in line]
    assert served.rows() == []


def test_a_refused_row_that_lies_on_the_phone_is_never_called_lost_with_the_page(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.look(f"#c={cancelled(served).replace('-', '')}")
        to_the_end(person)
        finish(person)
        expect_heading(person, REFUSED)
        cut_off(person)
        person.page.locator("#open-door button").click()
        expect_heading(person, WAITING)
        assert len(queue_of(person)) == 1
        person.context.set_offline(False)
        expect_heading(person, THANKS)
        person.wrong = [line for line in person.wrong if "403" not in line]
        without_network_noise(person)
    assert served.only().status == "complete"


def test_where_the_phone_keeps_nothing_the_refused_page_does_not_say_that_it_does(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.context.add_init_script("IDBFactory.prototype.open = () => { throw new Error('no'); }")
        person.look(f"#c={cancelled(served)}")
        to_the_end(person)
        finish(person)
        expect_heading(person, REFUSED)
        assert "on this phone" not in person.words()
        assert "Your answers are sealed, and not sent yet. Please choose before you close this page." in person.words()
        person.wrong = [line for line in person.wrong if "403" not in line]
