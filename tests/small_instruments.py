"""Tiny instruments, one a behaviour, built in code; and hypothesis strategies for any instrument and any answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from hypothesis import strategies as st

from forms.expression import Expression
from forms.instrument import Instrument, Item, Option, Page, Texts
from forms.logic import Answer, parse

SEED = b"\x01" * 16

WORDS = {
    "error.required": "Please answer this, or press Continue again.",
    "error.choice": "Choose one of the answers on this page.",
    "error.exclusive": "One of these cannot go together with the others.",
    "error.constraint": "This answer does not fit.",
    "error.number": "Write this as a number.",
    "error.range": "This number is too small or too big.",
    "error.date": "Write this as a day.",
    "error.too_long": "This is too long to keep.",
}


def shown_in(language: str) -> Callable[[Texts], str]:
    """How a page in this language shows a text, in the tests of what knows no pages."""
    return lambda texts: texts.get(language) or texts.get("en", "")


def option(code: str, **more: Any) -> Option:
    """An option whose label is its code."""
    return Option(code, {"en": code.title()}, **more)


YES_NO = (option("yes"), option("no"))


def item(name: str, kind: str = "select_one", **more: Any) -> Item:
    """An item whose label is its name; yes or no where it is a choice. Expressions may be written as texts."""
    if kind.startswith("select_"):
        more.setdefault("options", YES_NO)
    for rule in ("relevant", "constraint", "calculation"):
        if isinstance(more.get(rule), str):
            more[rule] = parse(more[rule])
    if isinstance(more.get("choice_filter"), str):
        columns = {"name"}.union(*(each.attributes for each in more["options"]))
        more["choice_filter"] = parse(more["choice_filter"], columns)
    return Item(name, kind, {"en": f"What about {name}?"}, **more)


def page(name: str, *items: Item, relevant: str | Expression | None = None) -> Page:
    """A page; its relevance may be written as a text."""
    rule = parse(relevant) if isinstance(relevant, str) else relevant
    return Page(name, {"en": name.title()}, items or (item(name),), rule)


def instrument(*pages: Page, calculations: Sequence[Item] = (), languages: tuple[str, ...] = ("en",)) -> Instrument:
    """An instrument of these pages."""
    return Instrument("small", "1", {"en": "Small"}, languages[0], languages, pages, tuple(calculations))


def one_page(*items: Item) -> Instrument:
    """An instrument of one page, named ``only``."""
    return instrument(page("only", *items))


def branching() -> Instrument:
    """The second page only after a yes on the first, the third only after a yes on the second."""
    return instrument(
        page("first"),
        page("second", relevant="${first} = 'yes'"),
        page("third", relevant="${second} = 'yes'"),
        page("last"),
    )


def with_core() -> Instrument:
    """Three core items, the choice to finish or go on, and two pages after it."""
    more = item("more", options=(option("yes"), option("finish")))
    return instrument(
        page("whole", item("whole", core=True)),
        page("contact", item("contact", core=True)),
        page("informed", item("informed", core=True)),
        page("more", more),
        page("rights", relevant="${more} = 'yes'"),
        page("words", item("words", "text", max_bytes=100), relevant="${more} = 'yes'"),
    )


def every_kind() -> Instrument:
    """One item of each kind on one page."""
    several = (option("a"), option("b"), option("none", exclusive=True))
    return one_page(
        item("one"),
        item("several", "select_multiple", options=several),
        item("words", "text"),
        item("line", "text", max_bytes=100),
        item("whole", "integer", low=0, high=120),
        item("part", "decimal"),
        item("scale", "range", low=0, high=10, step=1),
        item("fine", "range", low=0, high=5, step=0.1),
        item("day", "date"),
        item("told", "note"),
        item("agreed", "acknowledge"),
    )


_CODES = tuple("abcde")
_KINDS = ("select_one", "select_multiple", "text", "integer", "decimal", "range", "date", "acknowledge", "note")


@st.composite
def instruments(draw: st.DrawFn) -> Instrument:
    """Any instrument: pages of items whose relevance looks at any other item, earlier, later or itself."""
    sizes = draw(st.lists(st.integers(1, 2), min_size=1, max_size=4))
    names = tuple(f"q{number}" for number in range(sum(sizes)))
    calculations = tuple(f"c{number}" for number in range(draw(st.integers(0, 2))))
    rest = iter([draw(_items(name, names + calculations)) for name in names])
    pages = [
        page(f"p{number}", *(next(rest) for _ in range(size)), relevant=draw(_rules(names + calculations)))
        for number, size in enumerate(sizes)
    ]
    worked_out = [
        item(name, "calculate", calculation=draw(_rules(names + calculations[:place])) or "count-selected(${q0})")
        for place, name in enumerate(calculations)
    ]
    return instrument(*pages, calculations=worked_out)


@cache
def _rules(names: tuple[str, ...]) -> st.SearchStrategy[str | None]:
    name, code, digit = st.sampled_from(names), st.sampled_from(_CODES), st.integers(0, 9)
    simple = st.one_of(
        st.tuples(name, code).map(lambda drawn: "${{{}}} = '{}'".format(*drawn)),
        st.tuples(name, code).map(lambda drawn: "selected(${{{}}}, '{}')".format(*drawn)),
        st.tuples(name, name).map(lambda drawn: "not(${{{}}} = ${{{}}})".format(*drawn)),
        st.tuples(name, digit).map(lambda drawn: "string-length(${{{}}}) > {}".format(*drawn)),
        st.tuples(name, digit).map(lambda drawn: "${{{}}} < {}".format(*drawn)),
    )
    either = st.tuples(simple, st.sampled_from(("and", "or")), simple)
    return st.one_of(st.none(), simple, either.map(lambda drawn: "({}) {} ({})".format(*drawn)))


@st.composite
def _items(draw: st.DrawFn, name: str, names: tuple[str, ...]) -> Item:
    kind = draw(st.sampled_from(_KINDS))
    more: dict[str, Any] = {
        "relevant": draw(_rules(names)),
        "required": draw(st.booleans()),
        "core": draw(st.booleans()),
    }
    if kind.startswith("select_"):
        codes = draw(st.lists(st.sampled_from(_CODES), min_size=1, unique=True))
        more["options"] = tuple(option(code, exclusive=code == "e", attributes={"kin": code}) for code in codes)
        more["randomize"] = draw(st.booleans())
        if draw(st.booleans()):
            more["choice_filter"] = f"kin != ${{{draw(st.sampled_from(names))}}}"
    if kind == "range":
        more |= {"low": 0, "high": 10, "step": draw(st.sampled_from((1, 2.5)))}
    if kind == "text":
        more["max_bytes"] = draw(st.integers(1, 40))
    return item(name, kind, **({} if kind == "note" else more))


@st.composite
def answers_to(draw: st.DrawFn, asked: Instrument) -> Mapping[str, Answer]:
    """Any answers of the right kind to any of the items, on the path or off it."""
    chosen = [each for each in asked.items() if each.asked and draw(st.booleans())]
    return {each.name: draw(_answers(each)) for each in chosen}


def _answers(asked: Item) -> st.SearchStrategy[Any]:
    codes = tuple(each.code for each in asked.options)
    return _choices(asked.kind, codes) if codes else _BY_KIND[asked.kind]


@cache
def _choices(kind: str, codes: tuple[str, ...]) -> st.SearchStrategy[Any]:
    if kind == "select_one":
        return st.sampled_from(codes)
    several = st.sets(st.sampled_from(codes), min_size=1)
    return several.map(lambda chosen: tuple(code for code in codes if code in chosen))


_BY_KIND: Mapping[str, st.SearchStrategy[Any]] = {
    "text": st.text(st.sampled_from("abcé"), min_size=1, max_size=5),
    "integer": st.integers(-5, 15),
    "decimal": st.floats(-5, 15),
    "range": st.sampled_from((0, 5, 10)),
    "date": st.dates().map(str),
    "acknowledge": st.just(value=True),
}


@st.composite
def walks(draw: st.DrawFn) -> tuple[Instrument, Mapping[str, Answer]]:
    """Any instrument with any answers."""
    asked = draw(instruments())
    return asked, draw(answers_to(asked))
