"""Printing cards, posters and messages: count them, make their codes, and draw what leads to a place's link.

What is printed is counted before it is drawn, so that no card is out of which nobody knows; where the file cannot be
written, the batch is cancelled.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from export.centre.admitting import PlaceUnknown, current_keys
from export.centre.audit import OPERATOR
from export.centre.batches import Batch, NotPrintable
from export.centre.cards import Printed, Spoken, cards, poster
from export.centre.codes import codes_in, issue
from export.centre.instance import Centre
from export.printings import Route
from survey.fingerprint import authority_pin
from survey.words import ENGLISH, load

MOST_LANGUAGES = 2


@dataclass(frozen=True)
class Order:
    """What an operator asks for. ``paper`` is a poster's; ``until`` the last day of the codes."""

    place: str
    route: Route
    count: int
    languages: tuple[str, ...] = (ENGLISH,)
    paper: str = "a4"
    until: date | None = None


def check(centre: Centre, order: Order) -> None:
    """Whether this can be printed.

    Raises:
        NotPrintable, PlaceUnknown, NotYetTold: nothing was counted.
    """
    if not centre.settings.public_address:
        raise NotPrintable('Say in settings.toml where people reach the link: public_address = "https://..."')
    place = current_keys(centre).place(order.place)
    if place is None or "link" not in place.modes:
        raise PlaceUnknown(f"The keys file allows no link at a place {order.place!r}. Ask the custodian.")
    if order.route != "card" and not place.open_door:
        raise NotPrintable(f"At {order.place} the link takes answers with a code only: print cards with codes.")
    if order.until is not None and order.until < centre.clock.day():
        raise NotPrintable(f"{order.until.isoformat()} is over: no code would work. Say a later --until, or none.")
    known = load()
    unknown = [language for language in order.languages if language not in known]
    twice = next((language for language in order.languages if order.languages.count(language) > 1), None)
    if twice is not None:
        raise NotPrintable(f"The language {twice} is said twice. Say it once, or another one besides.")
    if unknown or not 1 <= len(order.languages) <= MOST_LANGUAGES:
        raise NotPrintable(f"One or two languages fit on a card, of {', '.join(sorted(known))}.")


def printed(centre: Centre, order: Order) -> tuple[Batch, bytes]:
    """Count a batch, make its codes, and draw it: the batch and a PDF.

    Raises:
        NotPrintable, PlaceUnknown, NotYetTold, BatchesFull: nothing was counted.
    """
    batch = _counted(centre, order)
    spoken = [Spoken(language, load()[language]) for language in order.languages]
    if order.route == "poster":
        return batch, poster(_leading_to(centre, order.place), spoken, order.paper)
    codes = codes_in(batch) if order.route == "card" else [""] * order.count
    return batch, cards((_leading_to(centre, order.place, code) for code in codes), spoken)


def message(centre: Centre, order: Order) -> tuple[Batch, str]:
    """Count and write a text for a message or letter: a line a language, then the address.

    Raises:
        NotPrintable, PlaceUnknown, NotYetTold, BatchesFull: nothing was counted.
    """
    batch = _counted(centre, order)
    known = load()
    said = [known[language] for language in order.languages]
    lines = [f"{words['title']}: {words['card.ask']} {words['card.promise']}" for words in said]
    return batch, "\n".join((*lines, _leading_to(centre, order.place).address))


def _counted(centre: Centre, order: Order) -> Batch:
    check(centre, order)
    centre.audit.note(OPERATOR, "cards", f"{order.count} by {order.route} for {order.place}")
    return issue(centre, order.place, order.route, order.count, order.until, order.languages)


def _leading_to(centre: Centre, place: str, code: str = "") -> Printed:
    address = f"{centre.settings.public_address}/s/{place}/"
    pin = authority_pin(centre.told().authority)
    behind = f"#k={pin}&c={code.replace('-', '')}" if code else f"#k={pin}"
    short = address.partition("://")[2].rstrip("/")
    return Printed(address + behind, short, code)
