"""The instrument: a questionnaire that was checked, in the form in which it is signed, shown, walked and answered.

Its digest leaves out every text, language and note on wording, so that a new translation is the same instrument and
its responses can be read together; whatever changes what may be asked or answered changes the digest. A version holds
the words of the default language too: other words are another question.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Set
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self, TypeVar

from forms import shapes
from forms.item_json import in_one, item_json, page_json, read_calculation, read_page, texts
from forms.items import ASKED_KINDS, KINDS, TEXT_BYTES, Disclosure, Item, Option, Page, Texts
from forms.logic import Expression, ExpressionError, columns, references
from forms.strict_json import canonical

__all__ = [
    "ASKED_KINDS",
    "KINDS",
    "TEXT_BYTES",
    "Disclosure",
    "Instrument",
    "InstrumentError",
    "Item",
    "Option",
    "Page",
    "Texts",
]


class InstrumentError(ValueError):
    """An instrument that cannot be used. The message says which part; check the questionnaire and sign it anew."""


@dataclass(frozen=True)
class Instrument:
    """A questionnaire in its checked form. ``calculations`` stand in the order in which they are worked out."""

    id: str
    version: str
    title: Texts
    default_language: str
    languages: tuple[str, ...]
    pages: tuple[Page, ...]
    calculations: tuple[Item, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Everything, texts included, as ``from_json`` reads it."""
        return _written(self, texts=True)

    @classmethod
    def from_json(cls, untrusted: Any) -> Self:
        """The instrument again; ``from_json(i.to_json()) == i``.

        Raises:
            InstrumentError: a member that is missing, unknown or of another shape; a name that stands twice; a
                reference to nothing; calculations out of order.
        """
        try:
            instrument = _read(cls, untrusted)
            _check_names(instrument)
            _check_references(instrument)
        except (shapes.Malformed, ExpressionError) as fault:
            raise InstrumentError(f"This questionnaire cannot be used: {fault}") from fault
        return instrument

    def canonical(self) -> bytes:
        """The one spelling with texts, which is signed."""
        return canonical(self.to_json()).encode()

    def digest(self) -> str:
        """Hexadecimal SHA-256 of ``routing_json``: what a response was an answer to."""
        return self._digest

    def routing_json(self) -> str:
        """The one spelling without texts: all that decides what is asked, for a browser that walks by itself."""
        return canonical(_written(self, texts=False))

    def parts_in_words(self) -> dict[str, str]:
        """What a version means for good: item -> its spelling with the texts of the default language; under the empty
        name, all between the items. Translations and notes on wording may come and go."""
        language, items = self.default_language, (*self.items(), *self.calculations)
        told = {one.name: canonical(in_one(item_json(one, texts=True), language)) for one in items}
        pages = [in_one(page_json(replace(one, items=()), texts=True), language) for one in self.pages]
        order = [[item.name for item in page.items] for page in self.pages]
        between = {"language": language, "title": self.title.get(language), "pages": pages, "order": order}
        return told | {"": canonical(between)}

    def page(self, name: str) -> Page:
        """The page of this name.

        Raises:
            KeyError: there is none.
        """
        return self._pages[name]

    def item(self, name: str) -> Item:
        """The item or calculation of this name.

        Raises:
            KeyError: there is none.
        """
        return self._items[name]

    def items(self) -> Iterator[Item]:
        """Every item on a page, notes included, in page order."""
        for page in self.pages:
            yield from page.items

    def core_items(self) -> tuple[Item, ...]:
        """The items of the core, in page order: those marked, or every item that takes an answer."""
        return self._core

    @cached_property
    def choice_page(self) -> Page | None:
        """The page on which people choose to go on or to finish now, where there is one.

        It comes straight after the last page of the core, asks one thing (select_one), and every later page's
        relevance looks at its answer.
        """
        core = {item.name for item in self.core_items()}
        last = max(
            (at for at, page in enumerate(self.pages) if any(item.name in core for item in page.items)), default=-1
        )
        following, later = self.pages[last + 1 : last + 2], self.pages[last + 2 :]
        if not following or not later:
            return None
        asking = [item for item in following[0].items if item.asked]
        if len(asking) != 1 or asking[0].kind != "select_one":
            return None
        decided = all(page.relevant is not None and asking[0].name in references(page.relevant) for page in later)
        return following[0] if decided else None

    @cached_property
    def _digest(self) -> str:
        return hashlib.sha256(self.routing_json().encode()).hexdigest()

    @cached_property
    def _pages(self) -> dict[str, Page]:
        return {page.name: page for page in self.pages}

    @cached_property
    def _items(self) -> dict[str, Item]:
        return {item.name: item for item in (*self.items(), *self.calculations)}

    @cached_property
    def _core(self) -> tuple[Item, ...]:
        asked = tuple(item for item in self.items() if item.asked)
        return tuple(item for item in asked if item.core) or asked


_I = TypeVar("_I", bound=Instrument)


def _written(instrument: Instrument, *, texts: bool) -> dict[str, Any]:
    content: dict[str, Any] = {"id": instrument.id, "version": instrument.version}
    content["pages"] = [page_json(one, texts=texts) for one in instrument.pages]
    if instrument.calculations:
        content["calculations"] = [item_json(one, texts=texts) for one in instrument.calculations]
    if texts:
        content["title"] = dict(instrument.title)
        content["default_language"] = instrument.default_language
        content["languages"] = list(instrument.languages)
    return content


def _read(kind: type[_I], untrusted: Any) -> _I:
    members = shapes.Members(untrusted, "instrument")
    instrument = kind(
        id=members.take("id", shapes.code),
        version=members.take("version", shapes.code),
        title=members.take("title", texts),
        default_language=members.take("default_language", shapes.language),
        languages=members.take("languages", shapes.each(shapes.language)),
        pages=members.take("pages", shapes.each(read_page)),
        calculations=members.maybe("calculations", shapes.each(read_calculation), ()),
    )
    members.finish()
    return instrument


def _check_names(instrument: Instrument) -> None:
    pages = [one.name for one in instrument.pages]
    items = [one.name for one in (*instrument.items(), *instrument.calculations)]
    for what, names in (("page", pages), ("item", items), ("language", instrument.languages)):
        if len(set(names)) != len(names):
            raise shapes.Malformed(f"a {what} stands twice.")
    if not pages or not instrument.languages or instrument.default_language not in instrument.languages:
        raise shapes.Malformed("it needs a page, and languages with the default one among them.")


def _check_references(instrument: Instrument) -> None:
    known = {item.name for item in instrument.items()}
    for item in instrument.calculations:
        _check_item(item, known)
        known.add(item.name)
    for one in instrument.pages:
        _check_expression(one.name, one.relevant, known)
        for item in one.items:
            _check_item(item, known)


def _check_item(item: Item, known: set[str]) -> None:
    for expression in (item.relevant, item.constraint, item.calculation):
        _check_expression(item.name, expression, known)
    offered = {"name"}.union(*(option.attributes for option in item.options))
    _check_expression(item.name, item.choice_filter, known, offered)


def _check_expression(
    where: str, expression: Expression | None, known: Set[str], offered: Set[str] = frozenset()
) -> None:
    if expression is None:
        return
    lost = (references(expression) - known) | (columns(expression) - offered)
    if lost:
        raise shapes.Malformed(f"{where} refers to {min(lost)}, which is not there or is worked out later.")
