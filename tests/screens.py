"""Every screen that a respondent can meet, as a walk in a real browser: for the accessibility tests and the pictures.

The real questionnaire, so that what is looked at is what people see; support lines here are made up and say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from at_the_tablet import KEYS, SIGNED_ON, Tablet, a_tablet
from playwright.sync_api import Browser
from real_browser import Window, window

from export.centre.codes import could_be_a_code
from export.centre.lettering import plain
from forms.instrument import Instrument
from forms.xlsform import VICTIM_VOICE, load, shipped_translations
from kiosk.pins import ASSISTED, CORNER, WAIT_AFTER_START_SECONDS, set_pin
from survey.briefing import Notices, Place, SupportLine
from survey.notices import Figure
from survey.parts import CardCodes, Mode

MADE_UP_LINES = (
    SupportLine("A line for everybody (made up)", "0800 000 0000", "Day and night, free", (), date(2026, 11, 1)),
    SupportLine(
        "A line about theft (made up)", "0800 000 0001", "Monday to Friday, 9 to 5", ("theft",), date(2026, 11, 1)
    ),
)
NOTICES = Notices(
    SIGNED_ON,
    (
        Figure("people have answered", 1204),
        Figure("of 100 said that they were kept informed", 41),
        Figure("changes were made because of the answers", 2),
    ),
)
CORE = {
    "experience": "dis2", "contact": "sat1", "actions": "tooearly", "informed": "dis1", "treated": "neither",
    "crime": "theft", "borough": "lewisham",
}  # fmt: skip


NO_CARD_PRINTED = CardCodes(
    plain, could_be_a_code, lambda _typed: False, lambda: False, lambda _row, _typed, _replaces: False
)
"""What a centre that has printed no card says of a code."""


@cache
def victim_voice() -> Instrument:
    """The questionnaire that ships."""
    checked = load(VICTIM_VOICE, shipped_translations())
    assert checked.instrument is not None
    return checked.instrument


def swept(languages: Iterable[str], first: Set[str]) -> list[object]:
    """Those of ``first`` with every test, the rest with the sweeps of the gate's second stage."""
    return [each if each in first else pytest.param(each, marks=pytest.mark.slow) for each in languages]


@contextmanager
def shown(folder: Path, mode: Mode = "kiosk") -> Iterator[Tablet]:
    """A tablet or a link with the real questionnaire, labelled as a demonstration."""
    codes = NO_CARD_PRINTED if mode == "link" else None
    with a_tablet(folder, mode=mode, notices=lambda: NOTICES, codes=codes) as tablet:
        place = Place("lewisham", "Lewisham", "counter", ("kiosk", "link"))
        keys = replace(KEYS, instruments=(victim_voice(),), support_lines=MADE_UP_LINES, places=(place,), made_up=True)
        tablet.keys = keys
        yield tablet


def start(person: Window, _tablet: Tablet) -> None:
    """The first question."""
    person.look()


def in_their_language(person: Window, code: str) -> None:
    """Press a language where it is offered; the page comes back in it."""
    person.page.locator(f'.languages button[value="{code}"]').click()
    person.page.locator(f'.languages button[value="{code}"][aria-pressed]').wait_for(state="attached")
    person.page.mouse.move(0, 0)
    person.page.evaluate("document.fonts.ready.then(() => null)")


def question(person: Window, tablet: Tablet) -> None:
    """A question in the middle of the core, answered."""
    start(person, tablet)
    person.say("experience", CORE["experience"])
    person.say("contact", CORE["contact"])
    person.choose("actions", CORE["actions"])


def wrong(person: Window, tablet: Tablet) -> None:
    """Something has to be looked at again: a text that is too long."""
    typed(person, tablet)
    person.page.locator("#better").evaluate("box => { box.removeAttribute('maxlength'); box.value = 'x'.repeat(2000) }")
    person.press()
    person.page.locator(".problems").wait_for()


def long_list(person: Window, tablet: Tablet) -> None:
    """The longest list of answers."""
    start(person, tablet)
    for item, code in list(CORE.items())[:-1]:
        person.say(item, code)


def choice(person: Window, tablet: Tablet) -> None:
    """Finish now, or go on."""
    long_list(person, tablet)
    person.say("borough", CORE["borough"])


def typed(person: Window, tablet: Tablet) -> None:
    """The one question that is answered in one's own words."""
    choice(person, tablet)
    person.say("more", "yes")
    while person.page.locator("#better").count() == 0:
        before = person.heading()
        person.press(".skip")
        person.page.locator("h1", has_not_text=before).wait_for()


def thanks(person: Window, tablet: Tablet) -> None:
    """Kept, and what happens next."""
    choice(person, tablet)
    person.say("more", "finish")


def ended(person: Window, tablet: Tablet) -> None:
    """Finished with too little to keep."""
    start(person, tablet)
    while person.page.locator("#question").count():
        before = person.heading()
        if person.page.locator('input[name="more"]').count():
            person.choose("more", "finish")
            person.press()
        else:
            person.press(".skip")
        person.page.locator("h1", has_not_text=before).wait_for()


def unkept(person: Window, tablet: Tablet) -> None:
    """The disk was full at the end."""
    choice(person, tablet)
    with tablet.full_disk():
        person.say("more", "finish")


def unanswered(person: Window, tablet: Tablet) -> None:
    """Something else has to be looked at again: a choice among answers that was never offered."""
    question(person, tablet)
    person.page.locator("#actions-1").evaluate("box => { box.value = 'unheard'; box.click() }")
    person.press()
    person.page.locator(".problems").wait_for()


def cover(person: Window, tablet: Tablet) -> None:
    """The warning over whatever stood there."""
    person.page.clock.install()
    question(person, tablet)
    person.page.clock.run_for(65_000)
    person.page.locator("#idle.warning").wait_for()


def at(path: str) -> Callable[[Window, Tablet], None]:
    """A page with an address of its own, seen by somebody with a visit."""

    def walk(person: Window, tablet: Tablet) -> None:
        start(person, tablet)
        person.page.goto(person.address + path)

    return walk


def unavailable(person: Window, tablet: Tablet) -> None:
    """No valid keys file."""
    tablet.keys = None
    person.look()
    person.wrong = [line for line in person.wrong if "503" not in line]


def missing(person: Window, tablet: Tablet) -> None:
    """A page that does not exist."""
    start(person, tablet)
    person.page.goto(tablet.address + "nowhere")
    person.wrong = [line for line in person.wrong if "404" not in line]


Walk = Callable[[Window, Tablet], None]
ON_BOTH: Mapping[str, Walk] = {
    "start": start, "question": question, "wrong": wrong, "long-list": long_list, "choice": choice, "typed": typed,
    "thanks": thanks, "ended": ended, "help": at("help"), "about": at("about"), "safety": at("safety"),
    "languages": at("language"), "missing": missing, "unavailable": unavailable,
}  # fmt: skip
ON_A_TABLET: Mapping[str, Walk] = {
    **ON_BOTH, "wrong-choice": unanswered, "unkept": unkept, "cover": cover, "staff": at("staff"),
}  # fmt: skip


# --- what staff and advocates see ---

DIGITS, OTHER_DIGITS = "917351", "402817"


@contextmanager
def at_a_hub(folder: Path) -> Iterator[Tablet]:
    """A hub's tablet with both PINs set, where assisted entry is allowed."""
    set_pin(folder / CORNER, DIGITS)
    set_pin(folder / ASSISTED, OTHER_DIGITS)
    with shown(folder) as tablet:
        assert tablet.keys is not None
        tablet.keys = replace(tablet.keys, places=(Place("lewisham", "A hub", "hub", ("kiosk", "assisted")),))
        tablet.seconds += WAIT_AFTER_START_SECONDS
        yield tablet


def digits(person: Window, tablet: Tablet) -> None:
    """The six digits are asked for, and were wrong once."""
    person.page.goto(tablet.address + "corner")
    person.page.locator("#pin").fill("000000")
    person.press()
    person.page.locator("[role=alert]").wait_for()


def corner(person: Window, tablet: Tablet) -> None:
    """The staff corner, open."""
    person.page.goto(tablet.address + "corner")
    person.page.locator("#pin").fill(DIGITS)
    person.press()
    person.page.locator("button[value=stop]").wait_for()


def assisted(person: Window, tablet: Tablet) -> None:
    """A question as an advocate reads it out."""
    person.page.goto(tablet.address + "assisted")
    person.page.locator("#pin").fill(OTHER_DIGITS)
    person.press()
    person.page.locator("#question").wait_for()
    person.page.wait_for_load_state()  # with the style sheet of its own


FOR_STAFF: Mapping[str, Walk] = {
    "digits": digits, "corner": corner, "assisted": assisted, "staff at a hub": at("staff"),
}  # fmt: skip


@contextmanager
def screen(browser: Browser, tablet: Tablet, name: str, size: dict[str, int], **more: object) -> Iterator[Window]:
    """A window in which this screen stands."""
    with window(browser, tablet.address, size, **more) as person:
        {**ON_A_TABLET, **ON_BOTH, **FOR_STAFF}[name](person, tablet)
        yield person
