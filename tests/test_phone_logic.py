"""A phone walks the same way as the server: one table is put to Python and to the browser, and random walks to both."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phone_modules import modules, run
from playwright.sync_api import Browser, Page
from small_instruments import instruments, walks
from test_expressions import ANSWERS, EXPRESSIONS, TABLE, shown

from forms.fitting import steps
from forms.instrument import Instrument
from forms.item_json import item_json
from forms.items import Item, Option
from forms.logic import Answer, evaluate, to_json
from forms.reading import read
from forms.response import status
from forms.routing import after, before, on_path, path, problems

pytestmark = pytest.mark.browser

WAYS = json.loads(Path(__file__).with_name("ways.json").read_text())

_SHOWN = """
  const shown = (value) => {
    if (typeof value !== "number" || (Number.isFinite(value) && !Object.is(value, -0))) return value;
    return { number: Object.is(value, -0) ? "-0" : String(value) };
  };
  const answersOf = (given) => new Map(Object.entries(given ?? {}));
"""
_EVALUATED = (
    _SHOWN
    + """
  return given.map(({ tree, answers, current, option }) =>
    shown(phone.evaluate(tree, answersOf(answers), current ?? undefined, option)));
"""
)
_WALKED = (
    _SHOWN
    + """
  return given.map(({ instrument, answers, shown, end_reached, already_asked }) => {
    const said = answersOf(answers);
    const names = instrument.pages.map((page) => page.name);
    return {
      path: phone.path(instrument, said),
      after: [null, ...names].map((name) => phone.after(instrument, name, said)),
      before: [...names, null].map((name) => phone.before(instrument, name, said)),
      on_path: Object.fromEntries(phone.onPath(instrument, said)),
      problems: names.map((name) => phone.problems(instrument, name, said, new Set(already_asked))),
      status: phone.status(instrument, said, new Set(shown), end_reached),
      choice: phone.choicePage(instrument),
    };
  });
"""
)
_READ = (
    "return given.map(({ item, posted }) => phone.read(item, posted, item.options ?? []).map((each) => each ?? null));"
)


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with modules(browser) as page:
        yield page


def plain(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Answers as JSON writes them."""
    return {name: list(said) if isinstance(said, tuple) else said for name, said in answers.items()}


def answers_of(case: Mapping[str, Any]) -> dict[str, Answer]:
    return {name: tuple(said) if isinstance(said, list) else said for name, said in case["answers"].items()}


def without_texts(asked: Instrument) -> dict[str, Any]:
    """What a phone is handed of an instrument."""
    return dict(json.loads(asked.routing_json()))


def walked(asked: Instrument, case: Mapping[str, Any]) -> dict[str, Any]:
    """The same as the browser is asked for, by Python."""
    answers, already_asked = answers_of(case), frozenset(case["already_asked"])
    names = [each.name for each in asked.pages]
    nexts = [after(asked, name, answers) for name in [None, *names]]
    lasts = [before(asked, name, answers) for name in [*names, None]]
    return {
        "path": [each.name for each in path(asked, answers)],
        "after": [each.name if each else None for each in nexts],
        "before": [each.name if each else None for each in lasts],
        "on_path": plain(on_path(asked, answers)),
        "problems": [
            [[each.item, each.kind] for each in problems(asked, one, answers, already_asked)] for one in asked.pages
        ],
        "status": status(asked, answers, case["shown"], case["end_reached"]),
        "choice": asked.choice_page.name if asked.choice_page else None,
    }


def test_a_browser_works_out_every_expression_of_the_table(page: Page) -> None:
    found = run(page, "expressions.js", _EVALUATED, TABLE["cases"])
    assert [(case["expression"], each) for case, each in zip(TABLE["cases"], found, strict=True)] == [
        (case["expression"], case["is"]) for case in TABLE["cases"]
    ]


@settings(max_examples=30)
@given(expressions=st.lists(EXPRESSIONS, min_size=20, max_size=40), data=st.data())
def test_any_expression_comes_to_the_same_in_a_browser(page: Page, expressions: list[Any], data: st.DataObject) -> None:
    answers = data.draw(st.dictionaries(st.sampled_from(("a", "b", "c")), ANSWERS.filter(writable)))
    cases = [{"tree": to_json(each), "answers": plain(answers), "option": {"area": "x"}} for each in expressions]
    expected = [shown(evaluate(each, answers, None, {"area": "x"})) for each in expressions]
    assert run(page, "expressions.js", _EVALUATED, cases) == expected


def writable(answer: Answer) -> bool:
    """Whether JSON and a browser's numbers can hold it exactly, as those of every response must be."""
    if isinstance(answer, bool | str | tuple):
        return True
    return answer == answer and abs(answer) < 2**53  # noqa: PLR0124 - NaN


@pytest.mark.parametrize("case", WAYS["cases"], ids=lambda case: case["about"])
def test_python_goes_the_way_that_the_table_says(case: dict[str, Any]) -> None:
    asked = Instrument.from_json({**case["instrument"], **WAYS["texts"]})
    assert walked(asked, case) == case["is"]


def test_a_browser_goes_every_way_of_the_table(page: Page) -> None:
    found = run(page, "routing.js", _WALKED, WAYS["cases"])
    for case, each in zip(WAYS["cases"], found, strict=True):
        assert each == case["is"], case["about"]


@settings(max_examples=40)
@given(drawn=st.lists(st.tuples(walks(), st.integers(0), st.booleans()), min_size=5, max_size=12))
def test_any_answers_to_any_instrument_lead_the_same_way_in_a_browser(
    page: Page, drawn: list[tuple[tuple[Instrument, Mapping[str, Answer]], int, bool]]
) -> None:
    cases = []
    for (asked, answers), chosen, end_reached in drawn:
        names = [each.name for each in asked.pages]
        shown_pages = [name for place, name in enumerate(names) if not chosen >> place & 1]
        again = [each.name for place, each in enumerate(asked.items()) if chosen >> place & 2]
        cases.append({
            "instrument": without_texts(asked), "answers": plain(answers), "shown": shown_pages,
            "end_reached": end_reached, "already_asked": again,
        })  # fmt: skip
    expected = [walked(asked, case) for ((asked, _), _, _), case in zip(drawn, cases, strict=True)]
    assert run(page, "routing.js", _WALKED, cases) == expected


def test_a_browser_reads_what_is_typed_as_python_does(page: Page) -> None:
    found = run(page, "answers.js", _READ, WAYS["typed"])
    for case, each in zip(WAYS["typed"], found, strict=True):
        assert each == case["is"], case


@pytest.mark.parametrize("case", WAYS["typed"], ids=lambda case: f"{case['item']['kind']} {case['posted']}"[:60])
def test_python_reads_what_is_typed_as_the_table_says(case: dict[str, Any]) -> None:
    answer, wrong = read(item_of(case["item"]), case["posted"], item_of(case["item"]).options)
    assert [list(answer) if isinstance(answer, tuple) else answer, wrong] == case["is"]


@settings(max_examples=40)
@given(asked=instruments(), typed=st.lists(st.lists(st.text(max_size=12), max_size=3), min_size=8, max_size=8))
def test_whatever_is_typed_is_read_the_same_in_a_browser(page: Page, asked: Instrument, typed: list[list[str]]) -> None:
    items = [each for each in asked.items() if each.asked]
    cases = [{"item": item_json(each, texts=False), "posted": posted} for each in items for posted in typed]
    expected = [read(each, posted, each.options) for each in items for posted in typed]
    assert run(page, "answers.js", _READ, cases) == [
        [list(answer) if isinstance(answer, tuple) else answer, wrong] for answer, wrong in expected
    ]


def test_the_steps_of_a_range_are_the_same_in_a_browser(page: Page) -> None:
    ranges = [Item("r", "range", {}, low=low, high=5, step=step) for low in (0, -3.3) for step in (0.1, 0.3, 1, 2.5)]
    given_items = [item_json(each, texts=False) for each in ranges]
    found = run(page, "answers.js", "return given.map(phone.steps);", given_items)
    assert found == [list(steps(each)) for each in ranges]


def item_of(content: dict[str, Any]) -> Item:
    more = {
        **content,
        "options": tuple(Option(each["code"], {}, each.get("exclusive", False)) for each in content.get("options", [])),
    }
    return Item(labels={}, **more)
