"""Old, full and sleepy browsers: a phone that lacks something still lets the person finish, and says how."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from on_a_phone import (
    NOTHING,
    START,
    THANKS,
    Linked,
    a_phone,
    counted,
    expect_heading,
    finish,
    kept_on,
    linked,
    queue_of,
    send_the_core,
    sent_by,
    the_rest,
    to_the_end,
    without_network_noise,
)
from playwright.sync_api import Browser, Route, expect
from real_browser import Window

from export.centre.link import Link
from survey.words import load

pytestmark = pytest.mark.browser

SERVER_SEALS = "sealed when they reach us, not on this phone"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Linked]:
    with linked(tmp_path / "centre") as served:
        yield served


@pytest.mark.parametrize(
    "lacks", ["Object.hasOwn", "Array.prototype.findLast", "AbortSignal.timeout", "Navigator.prototype.locks"]
)
def test_a_browser_too_old_to_seal_answers_as_without_scripts_and_the_page_says_so(
    served: Linked, browser: Browser, lacks: str
) -> None:
    with a_phone(browser, served) as person:
        person.page.add_init_script(f"delete {lacks};")
        person.look()
        assert SERVER_SEALS in person.words()
        for item, code in (("experience", "good"), ("contact", "easy"), ("crime", "theft"), ("more", "finish")):
            person.choose(item, code)
            person.press()
        expect_heading(person, THANKS)
    served.links.each(Link.nightly)
    (response,) = counted(served)
    assert response.status == "core"


def test_a_page_that_came_without_tls_asks_nothing_though_it_lacks_what_seals(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.page.add_init_script(
            "Object.defineProperty(window, 'isSecureContext', { value: false });"
            "delete Navigator.prototype.locks; delete Crypto.prototype.subtle;"
        )
        person.look()
        expect_heading(person, "The survey is not available now")
        assert person.page.locator("input").count() == 0
    assert sent_by(served) == []


def full(person: Window) -> None:
    """The phone has no room for anything more."""
    where = {"origin": person.address.partition("/s/")[0], "quotaSize": 1}
    person.context.new_cdp_session(person.page).send("Storage.overrideQuotaForOrigin", where)


def test_a_phone_that_is_full_keeps_the_row_in_the_page_and_sends_it(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        full(person)
        served.broken = frozenset({"/rows"})
        to_the_end(person)
        finish(person)
        expect_heading(person, "Not sent yet")
        served.broken = frozenset()
        person.page.locator("#send-now button").click()
        expect_heading(person, THANKS)
        without_network_noise(person)
    assert [response.status for response in counted(served)] == ["complete"]


def answered_with_the_worker_up(person: Window, served: Linked) -> None:
    """The core is answered, and the page was opened again by what the worker keeps."""
    person.look()
    person.the_core()
    if "/rows" in served.broken:
        # The next question does not wait until the core is sealed: a reload before that takes it along.
        person.until(lambda: len(queue_of(person)) == 1)
    person.page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    person.page.reload()
    assert person.page.evaluate("navigator.serviceWorker.controller !== null")


def test_a_phone_that_is_full_still_shows_another_language_once_the_worker_is_up(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        served.broken = frozenset({"/rows"})
        answered_with_the_worker_up(person, served)
        person.page.locator("#delete-now").wait_for()
        assert kept_on(person)["caches"] != []
        full(person)
        person.page.locator('button[value="pl"]').click()
        expect_heading(person, "Co z experience?")
        without_network_noise(person)


def test_once_wiped_the_worker_keeps_nothing_anew_though_its_page_is_still_open(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        answered_with_the_worker_up(person, served)
        person.until(lambda: kept_on(person) == NOTHING)
        person.page.locator('button[value="pl"]').click()
        expect_heading(person, "Co z experience?")
        assert kept_on(person) == NOTHING


def with_a_slow_network(person: Window, served: Linked, held: str, act: Callable[[], object]) -> None:
    """Do something whose request the centre has and does not answer, until the worker's patience is over."""
    (worker,) = person.context.service_workers
    worker.evaluate("() => { const wait = setTimeout; self.setTimeout = (act) => wait(act, 0); }")
    served.held = f"/{START}{held}"
    served.bodies.clear()
    act()
    person.until(lambda: (f"GET {served.held}?", b"") in served.bodies)
    worker.evaluate("() => new Promise((over) => setTimeout(over))")


def test_where_something_is_kept_a_network_that_says_nothing_is_not_waited_for(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        served.broken = frozenset({"/rows"})
        answered_with_the_worker_up(person, served)
        with_a_slow_network(person, served, "", person.look)
        assert not served.let_go.is_set()
        expect_heading(person, "What about experience?")
        served.let_go.set()
        without_network_noise(person)


def test_a_network_that_says_nothing_is_waited_for_once_and_not_for_every_file(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        served.broken = frozenset({"/rows"})
        answered_with_the_worker_up(person, served)
        (worker,) = person.context.service_workers
        worker.evaluate(
            "() => { self.waits = []; const wait = setTimeout;"
            " self.setTimeout = (act, ms) => { waits.push(ms); return wait(act, ms / 100); }; }"
        )
        files = [
            f"static/{each}"
            for each in ("phone.js", "sealing.js", "heard.css", "fonts/fonts.css", "icon.svg", "voice.js")
        ]
        served.swallowed = frozenset(f"/{START}{each}" for each in ("", "phone/en", *files))
        person.page.goto(person.address, wait_until="commit")
        expect_heading(person, "What about experience?")
        person.page.locator("#delete-now").wait_for()
        waits = worker.evaluate("waits")
        assert waits[0] == 8_000
        assert max(waits[1:]) < 1_000
        served.let_go.set()
        person.page.wait_for_load_state("networkidle")
        without_network_noise(person)


def test_where_nothing_is_kept_the_network_is_waited_for_however_slow_it_is(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        served.broken = frozenset({"/rows"})
        answered_with_the_worker_up(person, served)
        with_a_slow_network(person, served, "phone/pl", person.page.locator('button[value="pl"]').click)
        expect_heading(person, "What about experience?")
        served.let_go.set()
        expect_heading(person, "Co z experience?")
        without_network_noise(person)


def test_a_tab_that_fell_asleep_while_it_sent_does_not_stop_another_one(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        asleep = person.context.new_page()
        asleep.goto(f"{person.address}static/icon.svg")
        person.page.clock.install()
        person.look()
        send_the_core(person, served)
        asleep.evaluate("() => { navigator.locks.request('heard rows', () => new Promise(() => {})); }")
        asleep.evaluate("async () => { while (!(await navigator.locks.query()).held.length); }")
        the_rest(person)
        finish(person)
        person.until(lambda: len(queue_of(person)) == 1)
        person.page.clock.run_for(20_000)
        expect_heading(person, THANKS)
    assert [response.status for response in counted(served)] == ["complete"]


def test_where_what_seals_never_comes_the_page_says_so_instead_of_waiting(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        held: list[Route] = []
        person.page.route("**/sealing.js", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks what it is given
        person.page.clock.install()
        person.look()
        person.choose("experience", "good")
        person.press()
        person.until(lambda: bool(held))
        person.page.clock.run_for(30_000)
        expect_heading(person, "The questions did not load")
        assert sent_by(served) == []


def test_a_phone_whose_storage_never_answers_stops_nobody(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.page.clock.install()
        person.page.add_init_script("IDBFactory.prototype.open = () => new EventTarget();")
        person.look()
        person.the_core()
        winds_on_until(person, lambda: len(served.rows()) == 1)
        the_rest(person)
        finish(person)
        winds_on_until(person, lambda: person.heading() == THANKS)
        assert [response.status for response in counted(served)] == ["complete"]


def test_what_a_slow_storage_was_given_up_for_is_not_put_by_later(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.page.clock.install()
        person.page.add_init_script(_STORAGE_HELD_UP)
        served.broken = frozenset({"/rows"})
        person.look()
        to_the_end(person)
        finish(person)
        winds_on_until(person, lambda: person.heading() == "Not sent yet")
        person.page.evaluate("letGo()")
        assert queue_of(person) == []
        assert kept_on(person)["databases"] == []
        without_network_noise(person)


_STORAGE_HELD_UP = """
  const real = IDBFactory.prototype.open;
  const held = [];
  IDBFactory.prototype.open = function (...given) {
    const asked = new EventTarget();
    held.push(() => {
      const opening = real.apply(this, given);
      for (const kind of ["upgradeneeded", "success", "error"]) {
        opening.addEventListener(kind, () => {
          const { transaction } = opening;
          const [result, error] = kind === "error" ? [null, opening.error] : [opening.result, null];
          Object.assign(asked, { transaction, result, error });
          asked[`on${kind}`]?.();
        });
      }
    });
    return asked;
  };
  window.letGo = () => {
    IDBFactory.prototype.open = real;
    held.forEach((each) => each());
  };"""


def winds_on_until(person: Window, true: Callable[[], bool]) -> None:
    """Second after second, as somebody waits."""

    def a_second_later() -> bool:
        person.page.clock.run_for(1_000)
        return true()

    person.until(a_second_later)


def test_where_something_fails_in_the_middle_the_page_says_so_and_the_answers_are_still_there(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.look()
        person.say("experience", "good")
        person.choose("contact", "easy")
        person.page.evaluate(
            """() => {
              const { parseFromString } = DOMParser.prototype;
              DOMParser.prototype.parseFromString = function () {
                DOMParser.prototype.parseFromString = parseFromString;
                throw new Error("not this time");
              };
            }"""
        )
        person.press()
        expect(person.page.get_by_role("alert")).to_have_text(load()["en"]["phone.lost.text"])
        expect_heading(person, "What about contact?")
        person.press()
        expect_heading(person, "What about crime?")
        expect(person.page.get_by_role("alert")).to_have_count(0)
        person.say("crime", "theft")
        person.say("more", "finish")
        finish(person)
        expect_heading(person, THANKS)
    assert served.only().answers["contact"] == "easy"
