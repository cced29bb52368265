"""In a lift, in a cellar, cut off in the middle: what was answered waits sealed, is sent later and counts once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from at_the_tablet import SMALL
from centre_world import LINKED
from on_a_phone import (
    DELETED,
    NOT_YET,
    NOTHING,
    OTHER,
    START,
    THANKS,
    TYPED,
    WAITING,
    Linked,
    a_code,
    a_phone,
    chooses,
    counted,
    cut_off,
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
from real_browser import OUTSIDE, Window

from export.custodian.unsealing import CollectionSecret
from survey.sealing import ROW_BYTES
from survey.words import load

pytestmark = pytest.mark.browser

NO_STORAGE = """
  const refused = () => { throw new DOMException("no storage here", "SecurityError"); };
  for (const [kind, names] of [
    [IDBFactory, ["open", "deleteDatabase"]],
    [CacheStorage, ["keys", "open"]],
    [ServiceWorkerContainer, ["register", "getRegistration"]],
  ]) {
    names.forEach((name) => Object.defineProperty(kind.prototype, name, { value: refused }));
  }
"""


NO_TURNS = """
  const refused = () => Promise.reject(new DOMException("no turns here", "SecurityError"));
  Object.defineProperty(LockManager.prototype, "request", { value: refused });
"""
UNREADABLE = """
  IDBObjectStore.prototype.get = () => { throw new DOMException("not now", "UnknownError"); };
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Linked]:
    with linked(tmp_path / "centre") as served:
        yield served


def leave_unsent(person: Window) -> None:
    """Answer to the end while nothing can be sent."""
    person.look()
    to_the_end(person)
    finish(person)
    expect_heading(person, WAITING)


def open_again(person: Window) -> None:
    """The same phone, later."""
    person.page.close()
    person.page = person.context.new_page()
    person.look()


def test_answers_wait_sealed_are_sent_when_the_network_is_back_and_leave_nothing(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.look()
        person.say("experience", "good")
        person.page.evaluate("async () => { await navigator.serviceWorker.ready; }")
        cut_off(person)
        person.say("contact", "easy")
        person.say("crime", "theft")
        # The words to come back with never came, so none are offered.
        the_rest(person)
        expect_heading(person, WAITING)
        assert "Open this again within 7 days" in person.words()
        (row,) = queue_of(person)
        assert len(row) == ROW_BYTES
        assert served.rows() == []
        person.context.set_offline(False)
        expect_heading(person, THANKS)
        assert served.rows() == [row]
        person.until(lambda: kept_on(person) == NOTHING)
        without_network_noise(person)
    assert served.only().answers["better"] == TYPED


def test_a_row_whose_answer_was_lost_on_the_way_is_sent_again_and_counts_once(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        send_the_core(person, served)

        def cut(route: Route) -> None:
            route.fetch()
            route.abort()

        person.page.route("**/rows", cut)
        person.say("more", "finish")
        finish(person)
        expect_heading(person, WAITING)
        assert len(served.rows()) == 1
        person.page.unroute("**/rows")
        person.page.locator("#send-now button").click()
        expect_heading(person, THANKS)
        without_network_noise(person)
    assert served.only().status == "core"
    assert served.only().answers["more"] == "finish"


@pytest.mark.parametrize(
    "said",
    [{"status": 200}, {"status": 400}, {"status": 403}, {"status": 302, "headers": {"Location": "/s/hub-1/about"}}],
    ids=["for maintenance", "not understood", "not allowed", "please log in"],
)
def test_what_somebody_on_the_way_answers_never_passes_for_a_row_that_is_kept_or_refused(
    served: Linked, browser: Browser, said: dict[str, Any]
) -> None:
    with a_phone(browser, served) as person:
        code = a_code(served)
        person.page.route("**/rows", lambda route: route.fulfill(body="<h1>Back soon</h1>", **said))
        person.look(f"#c={code}")
        to_the_end(person)
        finish(person)
        expect_heading(person, WAITING)
        assert served.rows() == []
        person.page.unroute("**/rows")
        person.page.locator("#send-now button").click()
        expect_heading(person, THANKS)
        person.wrong = [line for line in person.wrong if "Failed to load resource" not in line]
        without_network_noise(person)
    assert served.only().status == "complete"


def test_two_pages_that_send_the_same_at_once_send_it_once(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        served.broken = frozenset({"/rows"})
        person.look()
        to_the_end(person)
        cut_off(person)
        finish(person)
        expect_heading(person, WAITING)
        before = len(sent_by(served))
        served.broken = frozenset()
        person.context.set_offline(False)
        others = [person.context.new_page() for _ in range(2)]
        for other in others:
            other.goto(person.address)
        expect_heading(person, THANKS)
        for other in others:
            other.evaluate("for (const kind of ['online', 'pageshow', 'online']) dispatchEvent(new Event(kind))")
        person.until(lambda: kept_on(person)["databases"] == [])
        assert len(sent_by(served)) == before + 1
        without_network_noise(person)
    assert served.only().status == "complete"


def test_the_survey_opens_again_without_a_network_and_sends_with_one(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        served.broken = frozenset({"/rows"})
        person.look()
        to_the_end(person)
        person.page.evaluate("async () => { await navigator.serviceWorker.ready; }")
        cut_off(person)
        served.broken = frozenset()
        finish(person)
        expect_heading(person, WAITING)
        open_again(person)
        expect_heading(person, "What about experience?")
        expect(person.page.locator("main")).to_contain_text("They are not sent yet.")
        (row,) = queue_of(person)
        person.context.set_offline(False)
        person.until(lambda: served.rows() == [row])
        # Nobody goes on reading that they are not sent, and nothing of it stays on the phone.
        expect(person.page.locator("main")).not_to_contain_text("They are not sent yet.")
        person.until(lambda: kept_on(person) == NOTHING)
        without_network_noise(person)


def test_a_centre_that_is_down_behind_its_server_does_not_hide_what_the_phone_keeps(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        served.broken = frozenset({"/rows"})
        leave_unsent(person)
        person.page.evaluate("async () => { await navigator.serviceWorker.ready; }")
        served.broken = frozenset({f"/{START}", "/rows", "/en"})
        open_again(person)
        expect(person.page.locator("main")).to_contain_text("They are not sent yet.")
        served.tell(2, stop=True)  # which the centre says itself, with the same status
        served.broken = frozenset()
        person.look()
        expect_heading(person, "The survey is not available now")
        without_network_noise(person)
        person.wrong = [line for line in person.wrong if "503" not in line]


@pytest.mark.parametrize("spoilt", ["/en/page", "/phone/en", "/heard.css"])
@pytest.mark.parametrize("how", ["maintained", "led_away"])
def test_somebody_elses_page_is_never_kept_for_ours_and_ours_is_kept_with_the_next_answer(
    served: Linked, browser: Browser, how: str, spoilt: str
) -> None:
    with a_phone(browser, served) as person:
        person.look()
        person.until(lambda: any("sealing.js" in path for path, _ in served.bodies))
        person.page.wait_for_load_state("networkidle")
        served.broken = frozenset({"/rows"})
        if how == "maintained":
            served.maintained = frozenset({spoilt})
        else:
            served.led_away = frozenset({spoilt})
        served.bodies.clear()
        person.the_core()
        person.until(lambda: any(f"{spoilt}?" in path for path, _ in served.bodies))
        person.until(lambda: not person.page.evaluate(_INSTALLING))
        served.maintained = served.led_away = frozenset()
        person.say("more", "yes")
        person.choose("helped", "friend")
        person.go_on()
        person.page.evaluate("async () => { await navigator.serviceWorker.ready; }")
        cut_off(person)
        person.look()
        expect_heading(person, "What about experience?")
        expect(person.page.locator(".before")).to_contain_text("They are not sent yet.")
        without_network_noise(person)
        person.wrong = [line for line in person.wrong if "ServiceWorker" not in line]


_INSTALLING = "async () => Boolean((await navigator.serviceWorker.getRegistration())?.installing)"


def test_a_page_for_maintenance_does_not_hide_what_the_phone_keeps(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        served.broken = frozenset({"/rows"})
        leave_unsent(person)
        person.page.evaluate("async () => { await navigator.serviceWorker.ready; }")
        served.maintained = frozenset({f"/{START}", "/phone/en", ".js", ".css"})
        open_again(person)
        expect(person.page.locator("main")).to_contain_text("They are not sent yet.")
        without_network_noise(person)


def test_who_answers_anew_while_earlier_answers_wait_still_reads_of_them_until_they_are_sent(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        served.broken = frozenset({"/rows"})
        leave_unsent(person)
        open_again(person)
        before = person.page.locator("main", has_text="They are not sent yet.")
        expect(before).to_have_count(1)
        person.page.evaluate("dispatchEvent(new Event('online'))")
        person.until(lambda: sum(path.endswith("/rows") for path, _ in sent_by(served)) >= 3)
        expect(before).to_have_count(1)
        assert person.page.locator("#delete-now").count() == 1, "said once"
        served.broken = frozenset()
        to_the_end(person)
        finish(person)
        expect_heading(person, THANKS)
        person.until(lambda: kept_on(person) == NOTHING)
        without_network_noise(person)
    assert len(counted(served)) == 2


def test_what_waits_from_before_is_still_told_and_deletable_in_another_language_and_after_help(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        served.broken = frozenset({"/rows"})
        leave_unsent(person)
        open_again(person)
        expect(person.page.locator("#delete-now")).to_have_count(1)
        person.page.locator(".bar .help").click()
        person.page.locator("main .back a").click()
        expect(person.page.locator("#delete-now")).to_have_count(1)
        person.page.locator("footer button[value=pl]").click()
        expect(person.page.locator("html")).to_have_attribute("lang", "pl")
        expect(person.page.locator("main .before p")).to_have_text(load()["pl"]["phone.before"])
        person.page.locator("#delete-now button").click()
        expect_heading(person, load()["pl"]["phone.deleted.heading"])
        assert queue_of(person) == []
        without_network_noise(person)


def test_what_was_sent_while_somebody_answered_is_not_called_unsent_once_they_skip_that(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        served.broken = frozenset({"/rows"})
        leave_unsent(person)
        open_again(person)
        expect(person.page.locator(".before")).to_contain_text("They are not sent yet.")
        person.say("experience", "good")
        served.broken = frozenset()
        person.page.evaluate("dispatchEvent(new Event('online'))")
        person.until(lambda: queue_of(person) == [])
        person.page.locator(".back a").click()
        expect_heading(person, "What about experience?")
        person.page.locator("main .skip").click()
        expect_heading(person, "What about contact?")
        person.page.locator(".back a").click()
        expect_heading(person, "What about experience?")
        expect(person.page.locator(".before")).to_contain_text("Your answers from before are now sent.")
        without_network_noise(person)


def test_what_one_tab_deletes_no_other_tab_says_was_kept(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        served.broken = frozenset({"/rows"})
        leave_unsent(person)
        waits = person.page
        person.page = person.context.new_page()
        person.look()
        person.page.locator("#delete-now button").click()
        expect_heading(person, DELETED)
        served.broken = frozenset()
        for tab in (waits, person.page):
            tab.evaluate("dispatchEvent(new Event('online'))")
        expect_heading(person, DELETED)
        person.page = waits
        expect_heading(person, DELETED)
        person.until(lambda: kept_on(person) == NOTHING)
        without_network_noise(person)
    assert served.rows() == []


def test_a_language_that_does_not_come_is_told_in_the_pages_own_and_nothing_is_lost(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.look()
        person.say("experience", "good")
        person.choose("contact", "hard")
        person.page.locator(".bar .language").click()
        cut_off(person)
        person.page.locator('button[value="pl"]').click()
        expect(person.page.get_by_role("alert")).to_have_text(NOT_YET)
        expect(person.page.locator('input[value="hard"]')).to_be_checked()
        assert person.page.locator("html").get_attribute("lang") == "en"
        person.go_on()
        expect(person.page.get_by_role("alert")).to_have_count(0)
        without_network_noise(person)


def test_without_a_network_somebody_goes_back_to_the_language_that_they_had(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        person.say("experience", "good")
        chooses(person, "pl")
        expect_heading(person, "Co z contact?")
        cut_off(person)
        chooses(person, "en")
        expect_heading(person, "What about contact?")
        chooses(person, "pl")
        expect_heading(person, "Co z contact?")
        without_network_noise(person)


def test_what_the_worker_keeps_are_pages_and_nothing_that_anybody_said(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        to_the_end(person)
        person.page.evaluate("async () => { await navigator.serviceWorker.ready; }")
        kept = person.page.evaluate(
            """async () => {
              const found = [];
              for (const name of await caches.keys()) {
                for (const asked of await (await caches.open(name)).keys()) {
                  const answer = await caches.match(asked);
                  found.push([asked.method, new URL(asked.url).pathname, await answer.text()]);
                }
              }
              return found;
            }"""
        )
    names = {f"phone/{part}" for part in ("en", "en/page")} | {
        f"static/{name}"
        for name in ("phone.js", "sealing.js", "heard.css", "fonts/fonts.css", "icon.svg", "symbols.svg", "voice.js")
    }
    assert {(method, path) for method, path, _ in kept} == {("GET", f"/{START}{name}") for name in names}
    assert not any(TYPED in text for _, _, text in kept)


def test_a_phone_that_was_wiped_while_the_page_is_open_thanks_nobody_before_the_centre_has_the_answers(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        served.broken = frozenset({"/rows"})
        person.look()
        to_the_end(person)
        finish(person)
        expect_heading(person, WAITING)
        where = {"origin": person.address.partition("/s/")[0], "storageTypes": "all"}
        person.context.new_cdp_session(person.page).send("Storage.clearDataForOrigin", where)
        person.page.locator("#send-now button").click()
        expect_heading(person, "Not sent yet")
        assert queue_of(person) == []
        served.broken = frozenset()
        person.page.evaluate("dispatchEvent(new Event('online'))")
        expect_heading(person, THANKS)
        without_network_noise(person)
    assert served.only().status == "complete"


def test_a_phone_that_keeps_nothing_still_finishes_and_sends(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        served.broken = frozenset({"/rows"})
        person.page.add_init_script(NO_STORAGE)
        person.look()
        to_the_end(person)
        cut_off(person)
        finish(person)
        expect_heading(person, "Not sent yet")
        assert "Leave the page open" in person.words()
        served.broken = frozenset()  # Not before: a sending that was begun at the offer may land after the cut.
        person.context.set_offline(False)
        expect_heading(person, THANKS)
        without_network_noise(person)
    assert served.only().status == "complete"


def test_on_a_phone_that_keeps_nothing_leave_leads_away_all_the_same(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.page.add_init_script(NO_STORAGE)
        person.look()
        send_the_core(person, served)
        person.page.locator("a.leave").click()
        person.page.wait_for_url(OUTSIDE)
        person.until(lambda: served.rows() == [])


@pytest.mark.parametrize(
    "event", ["window.dispatchEvent(new Event('online'))", "window.dispatchEvent(new Event('pageshow'))",
              "document.dispatchEvent(new Event('visibilitychange'))"],
)  # fmt: skip
def test_what_waits_is_sent_when_the_network_comes_or_the_page_is_looked_at_again(
    served: Linked, browser: Browser, event: str
) -> None:
    with a_phone(browser, served) as person:
        person.look()
        served.broken = frozenset({"/rows"})
        to_the_end(person)
        finish(person)
        expect_heading(person, WAITING)
        served.broken = frozenset()
        assert served.rows() == []
        person.page.evaluate(event)
        expect_heading(person, THANKS)
        person.wrong = [line for line in person.wrong if "502" not in line]
    assert served.only().status == "complete"


def test_whom_the_open_door_takes_in_no_more_today_keeps_the_answers_for_another_day(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.look()
        ceiling = served.links.of(LINKED).ceiling
        while not ceiling.reached:
            ceiling.count()
        to_the_end(person)
        finish(person)
        expect_heading(person, WAITING)
        assert person.page.locator("#open-door").count() == 0
        assert len(queue_of(person)) == 1
        person.wrong = [line for line in person.wrong if "403" not in line]
    assert served.rows() == []


def test_a_page_from_before_an_update_goes_on_and_its_answers_still_open(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        person.the_core()
        served.tell(2, instruments=(OTHER, SMALL), collection=CollectionSecret.generate().public)
        person.say("more", "finish")
        finish(person)
        expect_heading(person, THANKS)
        assert served.only().digest == SMALL.digest()
        person.look()
        expect_heading(person, "What about weather?")


def test_after_an_update_the_worker_keeps_the_new_pages_and_only_those(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        person.say("experience", "good")
        person.page.evaluate("async () => { await navigator.serviceWorker.ready; }")
        (before,) = kept_on(person)["caches"]
        served.tell(2, instruments=(OTHER, SMALL))
        person.look()
        person.say("weather", "dry")
        person.until(lambda: kept_on(person)["caches"] not in ([], [before]))
        person.until(lambda: before not in kept_on(person)["caches"])


# The second look into what waits: between the first and the worst of a slow phone, long enough for a tap.
SLOW_TO_LOOK = """
  const open = IDBFactory.prototype.open;
  let looks = 0;
  IDBFactory.prototype.open = function (...asked) {
    looks += 1;
    if (looks === 2) {
      const held = open.apply(this, asked);
      held.onsuccess = () => { globalThis.lookedAtLast = () => held.result.close(); };
      this.deleteDatabase(asked[0]);
    }
    return open.apply(this, asked);
  };
"""


def test_who_answers_while_a_slow_phone_still_tidies_keeps_the_pages(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.page.add_init_script(SLOW_TO_LOOK)
        person.look()
        person.page.wait_for_function("() => globalThis.lookedAtLast")
        person.say("experience", "good")
        person.page.evaluate("async () => { await navigator.serviceWorker.ready; }")
        person.page.evaluate("() => { lookedAtLast(); }")
        person.until(lambda: kept_on(person)["databases"] == [])
        cut_off(person)
        person.say("contact", "easy")
        person.page.reload()
        expect_heading(person, "What about experience?")
        without_network_noise(person)


def test_without_a_network_the_survey_opens_a_second_time_too(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        person.say("experience", "good")
        person.page.evaluate("async () => { await navigator.serviceWorker.ready; }")
        cut_off(person)
        for _ in range(3):
            person.page.reload()
            expect_heading(person, "What about experience?")
            person.say("experience", "good")
        assert len(kept_on(person)["caches"]) == 1
        without_network_noise(person)


def everything_is_kept(person: Window) -> bool:
    """A worker has fetched all that it was told to."""
    done: bool = person.page.evaluate(
        """async () => {
          const { active, installing } = (await navigator.serviceWorker.getRegistration()) ?? {};
          return (await caches.keys()).length > 0 && active?.state === "activated" && !installing;
        }"""
    )
    return done


def test_pages_that_stayed_from_before_are_fetched_anew_once_somebody_answers(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.look()
        person.say("experience", "good")
        person.page.evaluate("async () => { await navigator.serviceWorker.ready; }")
        person.page.reload()
        person.until(lambda: kept_on(person) == NOTHING)
        person.say("experience", "good")
        person.until(lambda: everything_is_kept(person))
        cut_off(person)
        person.page.reload()
        expect_heading(person, "What about experience?")
        without_network_noise(person)


LATE_TO_TIDY = """
  const real = IDBFactory.prototype.deleteDatabase;
  IDBFactory.prototype.deleteDatabase = function (name) {
    const asked = {};
    globalThis.goOn = () => {
      const done = real.call(this, name);
      done.onsuccess = done.onerror = done.onblocked = () => { globalThis.tidied = true; asked.onsuccess?.(); };
    };
    return asked;
  };
"""


def test_a_tab_that_tidies_late_takes_no_answers_of_another_along(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        late = person.page
        late.add_init_script(LATE_TO_TIDY)
        late.goto(person.address)
        late.wait_for_function("() => globalThis.goOn")  # it has looked, and found nothing that waits
        person.page = person.context.new_page()
        person.look()
        served.broken = frozenset({"/rows"})
        person.say("experience", "good")
        late.evaluate("() => goOn()")
        late.wait_for_function("() => globalThis.tidied")
        person.say("contact", "easy")
        person.say("crime", "theft")
        the_rest(person)
        finish(person)
        expect_heading(person, WAITING)
        assert len(queue_of(person)) == 1
        served.broken = frozenset()
        person.page.evaluate("dispatchEvent(new Event('online'))")
        expect_heading(person, THANKS)
        without_network_noise(person)
    assert served.only().status == "complete"


def test_a_second_tab_that_is_only_looked_at_takes_the_pages_of_the_first_not_away(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        person.look()
        person.say("experience", "good")
        person.until(lambda: everything_is_kept(person))
        other = person.context.new_page()
        other.goto(person.address)
        other.wait_for_load_state("networkidle")
        other.evaluate("dispatchEvent(new Event('online'))")
        other.close()
        cut_off(person)
        person.say("contact", "easy")
        person.say("crime", "theft")
        person.say("more", "finish")
        expect_heading(person, WAITING)
        open_again(person)
        expect(person.page.locator("main")).to_contain_text("They are not sent yet.")
        person.context.set_offline(False)
        person.until(lambda: kept_on(person) == NOTHING)
        without_network_noise(person)
    assert served.only().status == "core"


def test_where_a_network_swallows_what_is_sent_the_page_says_soon_that_it_is_kept(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        served.held = f"/{START}rows"
        person.look()
        to_the_end(person)
        finish(person)
        expect(person.page.locator("h1")).to_have_text(WAITING, timeout=9000)
        served.let_go.set()
        expect_heading(person, THANKS)
    assert served.only().status == "complete"


def test_a_row_that_the_centre_cannot_take_any_more_is_not_passed_over_in_silence(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        served.broken = frozenset({"/rows"})
        leave_unsent(person)
        person.page.close()
        person.page = person.context.new_page()
        person.page.route("**/rows", lambda route: route.fulfill(status=400, body="row"))
        person.look()
        expect(person.page.locator("main .before")).to_have_text("Sorry: your answers were not kept")
        person.page.evaluate("dispatchEvent(new Event('online'))")
        person.until(lambda: kept_on(person) == NOTHING)
        expect(person.page.locator("main .before")).to_have_count(1)
        person.wrong = [line for line in person.wrong if "400" not in line]
        without_network_noise(person)


def test_where_a_browser_gives_no_turns_somebody_finishes_and_leaves_nothing(served: Linked, browser: Browser) -> None:
    with a_phone(browser, served) as person:
        person.page.add_init_script(NO_TURNS)
        person.look()
        to_the_end(person)
        finish(person)
        expect_heading(person, THANKS)
        person.until(lambda: kept_on(person) == NOTHING)
    assert served.only().status == "complete"


def test_a_row_that_the_phone_cannot_read_now_is_never_called_kept_by_the_centre(
    served: Linked, browser: Browser
) -> None:
    with a_phone(browser, served) as person:
        served.broken = frozenset({"/rows"})
        leave_unsent(person)
        person.page.close()
        served.broken = frozenset()
        person.page = person.context.new_page()
        person.page.add_init_script(UNREADABLE)
        person.look()
        expect(person.page.locator("main")).to_contain_text("They are not sent yet.")
        assert served.rows() == []
        open_again(person)
        person.until(lambda: len(served.rows()) == 1)
        without_network_noise(person)
    assert served.only().status == "complete"
