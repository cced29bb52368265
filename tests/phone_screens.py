"""Every screen that differs on a phone, as a walk through the real questionnaire: for access tests and the pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from on_a_phone import START, Linked, a_code, expect_heading, finish, linked, sent_by
from playwright.sync_api import expect
from real_browser import Window
from screens import CORE, MADE_UP_LINES, at, victim_voice

from export.centre.codes import cancel
from survey.words import load as load_words


@contextmanager
def phone_shown(folder: Path, language: str = "en") -> Iterator[Linked]:
    """A link with the real questionnaire, which opens in this language, labelled as a demonstration."""
    instruments = (replace(victim_voice(), default_language=language),)
    with linked(folder, instruments=instruments, support_lines=MADE_UP_LINES, made_up=True) as served:
        yield served


def expect_place(person: Window, place: str) -> None:
    """Wait for the screen with this heading, in the language that the questions come in."""
    language = (person.page.locator("body").get_attribute("data-bundle") or "").rpartition("/")[2]
    expect_heading(person, load_words()[language][place])


def start(person: Window, _served: Linked) -> None:
    """The first question."""
    person.look()


def question(person: Window, served: Linked) -> None:
    """A question in the middle of the core, answered."""
    start(person, served)
    person.say("experience", CORE["experience"])
    person.choose("contact", CORE["contact"])


def card_code(person: Window, served: Linked) -> None:
    """The code of a card is asked for, and was mistyped once."""
    start(person, served)
    person.page.locator("footer a[href$='/code']").click()
    person.page.locator("#code").fill("AB12-CD34-EF56-GH78")
    person.press()
    person.page.locator("[role=alert]").wait_for()


def safety(person: Window, served: Linked) -> None:
    """What leaving can do."""
    start(person, served)
    person.page.locator(".promise a").nth(1).click()
    expect_place(person, "safety.heading")


def again(person: Window, served: Linked) -> None:
    """Four words to come back with, offered."""
    start(person, served)
    for item, code in [*CORE.items(), ("more", "finish")]:
        person.say(item, code)


def words(person: Window, served: Linked) -> None:
    """Four words to come back with, drawn."""
    again(person, served)
    person.page.locator("#again-give button").click()
    expect(person.page.locator(".four")).to_be_focused()


def thanks(person: Window, served: Linked) -> None:
    """Sent."""
    again(person, served)
    finish(person)
    expect_place(person, "thanks.heading")


def waiting(person: Window, served: Linked) -> None:
    """Kept on the phone, not sent yet."""
    served.broken = frozenset({"/rows"})
    again(person, served)
    finish(person)
    expect_place(person, "phone.waiting.heading")


def waiting_before(person: Window, served: Linked) -> None:
    """The first question, while something waits from before."""
    waiting(person, served)
    person.look()
    person.page.locator("#delete-now").wait_for()


def undeleted(person: Window, served: Linked) -> None:
    """Deleted on the phone, and the centre has not heard of it yet."""
    served.broken = frozenset({"/rows", "/rows/forget"})
    again(person, served)
    finish(person)
    person.page.locator("#delete-now button").click()
    expect_place(person, "phone.undeleted.heading")


def refused(person: Window, served: Linked) -> None:
    """A card that is no good, where the door is open."""
    person.look("#c=7KQ2M9XT")
    for item, code in [*CORE.items(), ("more", "finish")]:
        person.say(item, code)
    finish(person)
    expect_place(person, "phone.refused.heading")


def unloaded(person: Window, served: Linked) -> None:
    """The questions did not come."""
    served.broken = frozenset(f"/phone/{language}" for language in victim_voice().languages)
    start(person, served)
    person.press()
    expect_place(person, "phone.unloaded.heading")


Walk = Callable[[Window, Linked], None]
ON_A_PHONE: Mapping[str, Walk] = {
    "start": start, "card-code": card_code, "question": question, "safety": safety, "again": again, "words": words,
    "thanks": thanks, "waiting": waiting, "waiting-before": waiting_before, "undeleted": undeleted,
    "refused": refused, "unloaded": unloaded,
}  # fmt: skip


# --- screens without a picture of their own ---

_NOTHING_STORED = """Object.defineProperty(IDBFactory.prototype, "open", {
    value: () => { throw new DOMException("no storage here", "SecurityError"); } })"""


def by_its_link(link: str, place: str) -> Walk:
    """A screen that a link of the first question leads to."""

    def walk(person: Window, served: Linked) -> None:
        start(person, served)
        person.page.locator(link).first.click()
        expect_place(person, place)

    return walk


def languages(person: Window, served: Linked) -> None:
    """The languages, in the middle of the questions."""
    start(person, served)
    person.say("experience", CORE["experience"])
    person.page.locator("footer a").click()
    expect_place(person, "language.choose")


def ended(person: Window, served: Linked) -> None:
    """Finished with too little to keep."""
    start(person, served)
    while person.page.locator("input[name=more]").count() == 0:
        before = person.heading()
        person.press(".skip")
        expect(person.page.locator("h1")).not_to_have_text(before)
    person.say("more", "finish")
    expect_place(person, "ended.heading")


def unstored(person: Window, served: Linked) -> None:
    """Not sent yet, on a phone that stores nothing."""
    person.page.add_init_script(_NOTHING_STORED)
    served.broken = frozenset({"/rows"})
    again(person, served)
    finish(person)
    expect_place(person, "phone.unstored.heading")


def words_wait(person: Window, served: Linked) -> None:
    """Sent, but for the four words."""
    again(person, served)
    person.until(lambda: sum(path.endswith("/rows") for path, _ in sent_by(served)) == 2)
    person.page.evaluate("async () => { await navigator.locks.request('heard rows', () => {}); }")
    served.broken = frozenset({"/rows"})
    person.page.locator("#again-give button").click()
    person.page.locator("#again-done button").click()
    expect_place(person, "thanks.heading")


def loading(person: Window, served: Linked) -> None:
    """The questions are still on their way."""
    served.swallowed = frozenset(f"/{START}phone/{language}" for language in victim_voice().languages)
    start(person, served)
    person.press()
    person.page.get_by_role("alert").wait_for()


def deleted(person: Window, served: Linked) -> None:
    """What waited was deleted."""
    waiting(person, served)
    person.page.locator("#delete-now button").click()
    expect_place(person, "phone.deleted.heading")


def late(person: Window, served: Linked) -> None:
    """Deleted, and something may still be on its way to the centre."""
    person.page.route("**/rows", lambda route: route.fulfill(status=504, body="Gateway Timeout"))
    again(person, served)
    finish(person)
    expect_place(person, "phone.waiting.heading")
    person.page.locator("#delete-now button").click()
    expect_place(person, "phone.late.heading")


def unwiped(person: Window, served: Linked) -> None:
    """Deleted, and the phone has not said that it has wiped it."""
    waiting(person, served)
    person.page.evaluate("IDBFactory.prototype.open = () => new EventTarget()")
    person.page.locator("#delete-now button").click()
    expect_place(person, "phone.unwiped.heading")


def sent_before(person: Window, served: Linked) -> None:
    """The first question, once what waited from before is sent."""
    waiting(person, served)
    served.broken = frozenset()
    person.page.close()
    person.page = person.context.new_page()
    person.look()
    person.page.locator("main .before").wait_for()


def unkept(person: Window, served: Linked) -> None:
    """The centre could not take what came."""
    person.page.route("**/rows", lambda route: route.fulfill(status=400, body="row"))
    again(person, served)
    finish(person)
    expect_place(person, "phone.lost.heading")


ON_THE_WAY: Mapping[str, Walk] = {"loading": loading}
"""What leads nowhere else until more has come."""
BESIDE: Mapping[str, Walk] = {
    "help": by_its_link(".bar .help", "help.heading"), "about": by_its_link(".promise a", "about.heading"),
    "languages": languages, "ended": ended, "unstored": unstored, "deleted": deleted, "late": late, "unkept": unkept,
    "unwiped": unwiped, "sent-before": sent_before, "words-wait": words_wait,
}  # fmt: skip


# --- where no script runs: the browser sends forms, and the centre seals ---


def by_a_card_gone_bad(person: Window, served: Linked) -> None:
    """A card's code was taken, and its batch cancelled before the first few questions were answered."""
    code = a_code(served)
    start(person, served)
    person.page.locator("footer a[href$='/code']").click()
    person.page.locator("#code").fill(code)
    person.press()
    person.page.locator("#question").wait_for()
    cancel(served.centre, max(served.centre.batches.all()))
    for item, answer in CORE.items():
        person.say(item, answer)
    person.page.locator("form[action$='/refused']").wait_for()


WITHOUT_SCRIPTS: Mapping[str, Walk] = {
    "start": start, "card-code": card_code, "languages": at("language"), "help": at("help"), "safety": at("safety"),
    "refused": by_a_card_gone_bad, "thanks": again,  # no words are offered there
}  # fmt: skip
