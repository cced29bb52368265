"""The instrument: read back as it was written, refused where it is anything else, known by a digest without texts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_instruments import branching, every_kind, instrument, instruments, item, one_page, option, page, with_core

from forms.instrument import Instrument, InstrumentError
from forms.strict_json import strict_object


def translated(original: Instrument) -> Instrument:
    """The same questionnaire with every text in another language too."""

    def more(texts: Any) -> dict[str, str]:
        return {**texts, "pl": "po polsku"} if texts else {}

    pages = tuple(
        replace(
            one,
            labels=more(one.labels),
            items=tuple(
                replace(
                    each,
                    labels=more(each.labels),
                    hints={"pl": "wskazówka"},
                    constraint_messages={"pl": "nie"},
                    required_messages={"pl": "proszę"},
                    options=tuple(replace(choice, labels=more(choice.labels)) for choice in each.options),
                    unverified=frozenset({"pl"}),
                )
                for each in one.items
            ),
        )
        for one in original.pages
    )
    return replace(original, pages=pages, title=more(original.title), languages=(*original.languages, "pl"))


@given(instruments())
def test_an_instrument_survives_being_signed_and_read(small: Instrument) -> None:
    again = Instrument.from_json(strict_object(small.canonical().decode()))
    assert again == small
    assert again.canonical() == small.canonical()
    assert again.digest() == small.digest()


@given(instruments())
def test_a_translation_is_the_same_instrument(small: Instrument) -> None:
    assert translated(small).digest() == small.digest()
    assert translated(small).canonical() != small.canonical()


CHANGES = {
    "version": lambda small: replace(small, version="2"),
    "id": lambda small: replace(small, id="other"),
    "order of pages": lambda small: replace(small, pages=small.pages[::-1]),
    "an item fewer": lambda small: replace(small, pages=small.pages[:-1]),
}
MEMBERS: dict[str, Any] = {
    "name": "renamed",
    "kind": "select_multiple",
    "options": (option("yes"), option("no"), option("maybe")),
    "relevant": item("x", relevant="1 = 1").relevant,
    "constraint": item("x", constraint="1 = 1").constraint,
    "choice_filter": item("x", relevant="1 = 1").relevant,
    "required": True,
    "randomize": True,
    "default": "yes",
    "core": True,
    "disclosure": "key",
    "low": 1,
    "high": 2,
    "step": 1,
    "max_bytes": 5,
}


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_changes_the_questions_changes_the_digest(what: str) -> None:
    assert CHANGES[what](branching()).digest() != branching().digest()


@pytest.mark.parametrize("member", MEMBERS)
def test_every_member_of_an_item_but_its_texts_is_in_the_digest(member: str) -> None:
    plain = item("a")
    changed = replace(plain, **{member: MEMBERS[member]})
    assert one_page(changed).digest() != one_page(plain).digest()


@pytest.mark.parametrize("change", [{"exclusive": True}, {"attributes": {"side": "north"}}, {"code": "y"}])
def test_every_member_of_an_option_but_its_label_is_in_the_digest(change: dict[str, Any]) -> None:
    plain = item("a", options=(option("x"),))
    changed = item("a", options=(replace(option("x"), **change),))
    assert one_page(changed).digest() != one_page(plain).digest()


def test_a_digest_never_drifts() -> None:
    # Responses at rest name this digest: a change here is a change of the format (docs/formats.md).
    assert every_kind().digest() == "5d8bfe92bd235bc511d2b4f8aca26ae355bb0177561fecaae3b94b9ad3aa0918"


def test_core_items_are_those_marked_or_all_that_are_asked() -> None:
    assert [each.name for each in with_core().core_items()] == ["whole", "contact", "informed"]
    asked = [each.name for each in every_kind().core_items()]
    assert asked[:2] == ["one", "several"]
    assert "told" not in asked


def test_the_choice_page_stands_after_the_core_and_decides_every_later_page() -> None:
    small = with_core()
    assert small.choice_page == small.page("more")
    assert branching().choice_page is None
    assert replace(small, pages=small.pages[:4]).choice_page is None
    assert replace(small, pages=(*small.pages, page("always"))).choice_page is None
    assert replace(small, pages=(*small.pages[:3], page("between"), *small.pages[3:])).choice_page is None


def test_pages_and_items_are_found_by_name() -> None:
    small = with_core()
    assert small.page("rights").items[0] == small.item("rights")
    for finder in (small.page, small.item):
        with pytest.raises(KeyError):
            finder("nowhere")


def content(*path: str | int, value: Any, of: Instrument | None = None) -> Any:
    """The JSON of a good instrument with one member set to something else."""
    good = json.loads((of or every_kind()).canonical())
    inside = good
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = value
    return good


FIRST = ("pages", 0, "items", 0)
NUMBER = ("pages", 0, "items", 4)
RANGE = ("pages", 0, "items", 6)
WRONG: dict[str, Any] = {
    "no object": [],
    "nothing": {},
    "an unknown member": content("colour", value="red"),
    "an unknown member of an item": content(*FIRST, "colour", value="red"),
    "an unknown kind": content(*FIRST, "kind", value="geopoint"),
    "a kind that is no text": content(*FIRST, "kind", value=["text"]),
    "a calculation on a page": content(*FIRST, "kind", value="calculate"),
    "an item name with a space": content(*FIRST, "name", value="a b"),
    "an item name with a line end": content(*FIRST, "name", value="a\n"),
    "a name twice": content(*FIRST, "name", value="several"),
    "no pages": content("pages", value=[]),
    "an empty page": content("pages", 0, "items", value=[]),
    "a page twice": content("pages", value=[branching().to_json()["pages"][0]] * 2),
    "no options": content(*FIRST, "options", value=[]),
    "an option twice": content(*FIRST, "options", value=[{"code": "a"}, {"code": "a"}]),
    "a code with a space": content(*FIRST, "options", value=[{"code": "a b"}]),
    "options on a number": content(*NUMBER, "options", value=[{"code": "a"}]),
    "a flag that is a number": content(*FIRST, "required", value=1),
    "a bound that is a truth value": content(*NUMBER, "low", value=True),
    "a bound that is too large": content(*NUMBER, "high", value=10**30),
    "a bound without end": content(*NUMBER, "high", value=float("inf")),
    "bounds the wrong way round": content(*NUMBER, "low", value=500),
    "a range without steps": content(*RANGE, "step", value=0),
    "a range with a million steps": content(*RANGE, "high", value=1_000_000),
    "a text longer than a row takes": content("pages", 0, "items", 2, "max_bytes", value=1501),
    "a language that is none": content("languages", value=["english please"]),
    "a default language that is not there": content("default_language", value="pl"),
    "a label that is a number": content(*FIRST, "labels", value={"en": 1}),
    "a label with half a character": content(*FIRST, "labels", value={"en": "\ud800"}),
    "an unknown disclosure": content(*FIRST, "disclosure", value="secret"),
    "an expression that is none": content(*FIRST, "relevant", value=["today"]),
    "a slow pattern": content(*FIRST, "constraint", value=["regex", ["current"], "(a+)+"]),
    "a reference to nothing": content(*FIRST, "relevant", value=["item", "nowhere"]),
    "a column outside a choice_filter": content(*FIRST, "relevant", value=["column", "name"]),
    "a column that no option has": content(*FIRST, "choice_filter", value=["column", "side"]),
    "a calculation that is an item": content("calculations", value=[{"name": "c", "kind": "text"}]),
    "a calculation before what it needs": content(
        "calculations",
        value=[
            {"name": "a", "kind": "calculate", "calculation": ["item", "b"]},
            {"name": "b", "kind": "calculate", "calculation": 1},
        ],
    ),
    "a calculation of itself": content(
        "calculations", value=[{"name": "a", "kind": "calculate", "calculation": ["item", "a"]}]
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_an_instrument_of_another_shape_is_refused(what: str) -> None:
    with pytest.raises(InstrumentError):
        Instrument.from_json(WRONG[what])


def test_calculations_in_order_are_taken() -> None:
    small = instrument(
        page("first"),
        calculations=(item("a", "calculate", calculation="${first}"), item("b", "calculate", calculation="${a}")),
    )
    assert Instrument.from_json(small.to_json()) == small


_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4)),
    lambda parts: st.one_of(st.lists(parts, max_size=3), st.dictionaries(st.text(max_size=4), parts, max_size=3)),
)


@given(st.data())
def test_any_json_in_any_place_is_read_or_refused(data: st.DataObject) -> None:
    good: Any = every_kind().to_json()
    inside = good
    while True:
        keys = sorted(inside) if isinstance(inside, dict) else list(range(len(inside)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(inside[key], dict | list) or not inside[key] or data.draw(st.booleans()):
            break
        inside = inside[key]
    inside[key] = data.draw(_JSON)
    try:
        read = Instrument.from_json(good)
    except InstrumentError:
        return
    assert Instrument.from_json(read.to_json()) == read
