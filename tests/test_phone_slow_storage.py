"""A phone whose storage is slow to answer: nothing is called deleted before the phone itself has said that it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from on_a_phone import (
    DELETED,
    NOTHING,
    Linked,
    a_phone,
    expect_heading,
    kept_on,
    linked,
    queue_of,
    sent_by,
    without_network_noise,
)
from playwright.sync_api import Browser, expect
from real_browser import OUTSIDE, Window
from test_phone_deleting import deletes
from test_phone_odd_browsers import winds_on_until
from test_phone_stopped import NOT_NOW, in_a_new_tab, stops, without_noise

pytestmark = pytest.mark.browser

NOT_DELETED_YET = "Not deleted yet"

_SLOW = """
  globalThis.slow = %s;
  const real = IDBFactory.prototype.open;
  IDBFactory.prototype.open = function (...given) {
    if (!globalThis.slow) {
      return real.apply(this, given);
    }
    const asked = new EventTarget();
    setTimeout(() => {
      const opening = real.apply(this, given);
      for (const kind of ["upgradeneeded", "success", "error"]) {
        opening.addEventListener(kind, () => {
          const { transaction } = opening;
          const [result, error] = kind === "error" ? [null, opening.error] : [opening.result, null];
          Object.assign(asked, { transaction, result, error });
          asked[`on${kind}`]?.();
        });
      }
    }, 4000);
    return asked;
  };"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Linked]:
    with linked(tmp_path / "centre") as served:
        yield served


def the_core_waits(person: Window, served: Linked) -> None:
    person.look()
    served.broken = frozenset({"/rows"})
    person.the_core()
    person.until(lambda: len(queue_of(person)) == 1)


def gets_slow(person: Window) -> None:
    """Each access to its storage takes four seconds from now on."""
    person.page.evaluate("window.slow = true")


def is_quick_again(person: Window) -> None:
    person.page.evaluate("window.slow = false")


def test_what_waits_is_not_called_deleted_before_a_slow_phone_has_deleted_it(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.context.add_init_script(_SLOW % "false")
        the_core_waits(person, served)
        in_a_new_tab(person)
        person.page.clock.install()
        person.look()
        expect(person.page.locator("main .before")).to_contain_text("They are not sent yet.")
        gets_slow(person)
        deletes(person)
        winds_on_until(person, lambda: person.heading() == NOT_DELETED_YET)
        assert "Keep this page open: we go on trying." in person.words()
        winds_on_until(person, lambda: person.heading() == DELETED)
        is_quick_again(person)
        assert queue_of(person) == []
        served.broken = frozenset()
        in_a_new_tab(person)
        person.look()
        person.page.evaluate("async () => { await navigator.locks.request('heard rows', () => {}); }")
        assert served.rows() == []
        without_network_noise(person)


def test_a_reload_before_a_slow_phone_has_said_what_waits_sends_nothing_of_it(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.context.add_init_script(_SLOW % "false")
        the_core_waits(person, served)
        in_a_new_tab(person)
        person.look()
        expect(person.page.locator("main .before")).to_contain_text("They are not sent yet.")
        served.broken = frozenset()
        gets_slow(person)
        deletes(person)
        person.page.reload()
        expect_heading(person, DELETED)
        assert queue_of(person) == []
        assert served.rows() == []
        without_network_noise(person)


def test_what_somebody_deletes_of_their_own_is_not_called_deleted_sooner_either(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.context.add_init_script(_SLOW % "false")
        person.page.clock.install()
        the_core_waits(person, served)
        for _ in range(3):
            before = person.heading()
            person.page.locator(".back a").click()
            expect(person.page.locator("h1")).not_to_have_text(before)
        for heading in ("What about contact?", "What about crime?", "What about more?"):
            person.press(".skip")
            expect_heading(person, heading)
        gets_slow(person)
        person.say("more", "finish")
        said: list[str] = []

        def over() -> bool:
            said.append(person.heading())
            return said[-1] not in ("What about more?", NOT_DELETED_YET)

        winds_on_until(person, over)
        is_quick_again(person)
        assert queue_of(person) == []
        without_network_noise(person)


def test_under_a_stop_a_slow_phone_tells_what_waits_all_the_same(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        the_core_waits(person, served)
        stops(served)
        in_a_new_tab(person)
        person.page.add_init_script(_SLOW % "true")
        person.page.clock.install()
        person.look()
        expect_heading(person, NOT_NOW)
        winds_on_until(person, lambda: person.page.locator("main .before").count() == 1)
        deletes(person)
        winds_on_until(person, lambda: person.heading() == DELETED)
        is_quick_again(person)
        assert queue_of(person) == []
        without_noise(person)


def test_what_a_slow_phone_does_not_say_takes_no_pages_away(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        the_core_waits(person, served)
        person.until(lambda: kept_on(person)["workers"] == 1)
        stops(served)
        in_a_new_tab(person)
        person.page.add_init_script(_SLOW % "true")
        person.page.clock.install()
        person.look()
        winds_on_until(person, lambda: person.page.locator("main .before").count() == 1)
        assert kept_on(person)["workers"] == 1
        is_quick_again(person)
        assert len(queue_of(person)) == 1
        without_noise(person)


def leaves_while_it_is_slow(person: Window, served: Linked) -> None:
    """The core waits there, and the worker is up."""
    person.context.add_init_script(_SLOW % "false")
    the_core_waits(person, served)
    person.until(lambda: kept_on(person)["workers"] == 1)
    gets_slow(person)
    person.page.locator(".bar .leave").click()
    person.page.wait_for_url(OUTSIDE)


def test_who_leaves_a_slow_phone_leaves_nothing_of_the_survey_on_it_and_nothing_is_sent(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        leaves_while_it_is_slow(person, served)
        person.page.goto(person.address + "static/icon.svg")
        person.until(lambda: kept_on(person) == NOTHING)
        opens_it_again_and_nothing_is_sent(person, served)


def test_who_opens_the_survey_again_while_a_slow_phone_still_wipes_sends_nothing(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.context.on("serviceworker", lambda worker: worker.evaluate(f"() => {{ {_SLOW % 'true'} }}"))
        leaves_while_it_is_slow(person, served)
        opens_it_again_and_nothing_is_sent(person, served)
        person.until(lambda: kept_on(person)["databases"] == [])


def opens_it_again_and_nothing_is_sent(person: Window, served: Linked) -> None:
    served.broken = frozenset()
    asked = len(sent_by(served))
    person.look()
    expect_heading(person, "What about experience?")
    person.page.evaluate("async () => { await navigator.locks.request('heard rows', () => {}); }")
    person.until(lambda: queue_of(person) == [])
    assert [path for path, _ in sent_by(served)[asked:] if path.endswith("/rows")] == []
    assert served.rows() == []
    expect(person.page.locator("main .before")).to_have_count(0)
    without_network_noise(person)
