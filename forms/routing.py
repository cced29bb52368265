"""The way through an instrument: which pages, which items, and what to say about an answer.

One pass in page order, with only the answers that are still on the path in view: an answer that a later page gave, or
that was given before the way changed, decides nothing. So every walk ends, ``on_path`` of ``on_path`` is ``on_path``,
and dropping what is off the path never changes the path.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from forms.fitting import Misfit, misfit, narrowed
from forms.instrument import Instrument, Item, Option, Page, Texts
from forms.logic import Answer, evaluate, truth

Answers = Mapping[str, Answer]
"""By item name. Items that were not answered are not among them."""


@dataclass(frozen=True)
class Problem:
    """Something to ask again, kindly. Any kind but ``required`` means that the answer cannot be kept as it is."""

    item: str
    kind: Misfit
    own_texts: Texts

    @property
    def key(self) -> str:
        """Which of the words around the questions say what to do."""
        return f"error.{self.kind}"

    def message(self, words: Mapping[str, str], shown: Callable[[Texts], str]) -> str:
        """What to do about it: the questionnaire's own message where it has one, else the house's.

        ``shown``: its texts as the page shows them, in the language of the page.
        """
        return shown(self.own_texts) or words.get(self.key, self.key)


@dataclass(frozen=True)
class Stop:
    """One page on the way, with the items that it asks or shows now; none where it is off the path."""

    page: Page
    items: tuple[Item, ...]
    answers: Answers
    """On the path up to and with this page."""
    view: Answers
    """The same, with what is calculated from them."""


def stops(instrument: Instrument, answers: Answers) -> Iterator[Stop]:
    """Every page in order, as these answers lead over it or past it."""
    kept: dict[str, Answer] = {}
    view = _calculated(instrument, kept)
    for page in instrument.pages:
        items: list[Item] = []
        if page.relevant is None or truth(evaluate(page.relevant, view)):
            for item in page.items:
                if item.relevant is not None and not truth(evaluate(item.relevant, view)):
                    continue
                items.append(item)
                answer = _counted(item, answers, view)
                if answer is not None:
                    kept[item.name] = answer
                    view = kept | _calculated(instrument, kept)
        yield Stop(page, tuple(items), dict(kept), view)


def path(instrument: Instrument, answers: Answers) -> tuple[Page, ...]:
    """The pages that these answers lead over: those that are relevant and have something to show."""
    return tuple(stop.page for stop in stops(instrument, answers) if stop.items)


def asked(instrument: Instrument, page: Page, answers: Answers) -> tuple[Item, ...]:
    """What this page shows, notes included; nothing where the page is off the path."""
    return next((stop.items for stop in stops(instrument, answers) if stop.page.name == page.name), ())


def after(instrument: Instrument, page_name: str | None, answers: Answers) -> Page | None:
    """The next page on the path; the first after None; None at the end.

    Raises:
        KeyError: there is no such page.
    """
    place = -1 if page_name is None else _place(instrument, page_name)
    return next((page for page in path(instrument, answers) if _place(instrument, page.name) > place), None)


def before(instrument: Instrument, page_name: str | None, answers: Answers) -> Page | None:
    """The page before on the path; the last before None, which is the end; None at the start.

    Raises:
        KeyError: there is no such page.
    """
    place = len(instrument.pages) if page_name is None else _place(instrument, page_name)
    earlier = [page for page in path(instrument, answers) if _place(instrument, page.name) < place]
    return earlier[-1] if earlier else None


def on_path(instrument: Instrument, answers: Answers) -> dict[str, Answer]:
    """The answers that count: to items on the path, with options that are still offered, in page order."""
    *_, last = stops(instrument, answers)
    return dict(last.answers)


def calculated(instrument: Instrument, answers: Answers) -> dict[str, Answer]:
    """What the calculations come to for the answers on the path; empty ones are left out. Never stored."""
    return _calculated(instrument, on_path(instrument, answers))


def seen(instrument: Instrument, answers: Answers) -> dict[str, Answer]:
    """What an expression sees at the end of the path: the answers that count and what is calculated from them."""
    *_, last = stops(instrument, answers)
    return dict(last.view)


def options(item: Item, answers: Answers, seed: bytes) -> tuple[Option, ...]:
    """The options to show, in the order to show them.

    Args:
        item: a choice.
        answers: as from ``seen``, for the choice_filter.
        seed: with ``randomize``, what the order is a function of. Exclusive options ('none of these') stay last.
    """
    offered = _offered(item, answers)
    if not item.randomize:
        return offered

    def rank(option: Option) -> tuple[bool, bytes]:
        return option.exclusive, hashlib.sha256(b"\0".join((seed, item.name.encode(), option.code.encode()))).digest()

    free = sorted((option for option in offered if not option.exclusive), key=rank)
    return (*free, *(option for option in offered if option.exclusive))


def problems(
    instrument: Instrument, page: Page, answers: Answers, already_asked: frozenset[str]
) -> tuple[Problem, ...]:
    """What to ask again on this page, in the order of its items; at most one thing an item.

    Args:
        instrument: the instrument.
        page: the page that was answered.
        answers: what was answered here, with what was answered before.
        already_asked: items that were asked for once more: ``required`` never asks twice.
    """
    stop = next((stop for stop in stops(instrument, answers) if stop.page.name == page.name), None)
    if stop is None:
        return ()
    found = (_problem(item, answers, already_asked, stop.view) for item in stop.items if item.asked)
    return tuple(each for each in found if each is not None)


def problem(item: Item, kind: Misfit) -> Problem:
    """One problem with an item, with the questionnaire's own words for it where they fit."""
    if kind == "required":
        return Problem(item.name, kind, item.required_messages)
    own = kind in ("constraint", "number", "range", "date")
    return Problem(item.name, kind, item.constraint_messages if own else {})


def _problem(item: Item, answers: Answers, already_asked: frozenset[str], view: Answers) -> Problem | None:
    if item.name not in answers:
        missing = item.required and item.name not in already_asked
        return problem(item, "required") if missing else None
    answer = answers[item.name]
    kind = misfit(item, answer, _offered(item, view))
    if kind is None and item.constraint is not None and not truth(evaluate(item.constraint, view, answer)):
        kind = "constraint"
    return problem(item, kind) if kind else None


def _place(instrument: Instrument, page_name: str) -> int:
    return instrument.pages.index(instrument.page(page_name))


def _counted(item: Item, answers: Answers, view: Answers) -> Answer | None:
    answer = answers.get(item.name)
    return None if answer is None else narrowed(item, answer, [option.code for option in _offered(item, view)])


def _offered(item: Item, view: Answers) -> tuple[Option, ...]:
    rule = item.choice_filter
    if rule is None:
        return item.options
    return tuple(
        option
        for option in item.options
        if truth(evaluate(rule, view, option={"name": option.code, **option.attributes}))
    )


def _calculated(instrument: Instrument, kept: Answers) -> dict[str, Answer]:
    results: dict[str, Answer] = {}
    for item in instrument.calculations:
        view = {**kept, **results}
        if item.calculation is None or (item.relevant is not None and not truth(evaluate(item.relevant, view))):
            continue
        value = evaluate(item.calculation, view)
        if value != "" and not (isinstance(value, float) and math.isnan(value)):
            results[item.name] = value
    return results
