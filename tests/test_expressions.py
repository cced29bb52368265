"""Expressions: one table of cases that Python and a browser share, and what holds for any expression."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms.expression import ARGUMENTS, DEEPEST, Call, Column, Current, Expression, Literal, Reference
from forms.logic import (
    Answer,
    ExpressionError,
    columns,
    evaluate,
    from_json,
    number,
    parse,
    references,
    string,
    to_json,
)
from forms.patterns import PatternError, portable
from forms.strict_json import canonical

TABLE = json.loads(Path(__file__).with_name("expressions.json").read_text())
COLUMNS = ("area", "kinds", "name")


def answer(written: Any) -> Answer | None:
    return tuple(written) if isinstance(written, list) else written


def parsed(case: dict[str, Any]) -> Expression:
    return parse(case["expression"], COLUMNS if "option" in case else ())


def shown(value: object) -> Any:
    """A value as the table writes it."""
    if not isinstance(value, float):
        return value
    if repr(value) == "-0.0":
        return {"number": "-0"}
    return value if string(value)[-1].isdigit() else {"number": string(value)}


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: case["expression"][:60])
def test_an_expression_comes_to_what_the_table_says(case: dict[str, Any]) -> None:
    answers = {name: tuple(said) if isinstance(said, list) else said for name, said in case.get("answers", {}).items()}
    value = shown(evaluate(parsed(case), answers, answer(case.get("current")), case.get("option", {})))
    assert value == case["is"]
    assert isinstance(value, bool) == isinstance(case["is"], bool)


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: case["expression"][:60])
def test_a_browser_is_given_the_tree_that_the_table_shows(case: dict[str, Any]) -> None:
    assert to_json(parsed(case)) == case["tree"]
    assert from_json(case["tree"]) == parsed(case)


@pytest.mark.parametrize("case", TABLE["refused"], ids=lambda case: case["expression"][:60])
def test_a_wrong_expression_is_refused_with_its_reason_and_place(case: dict[str, Any]) -> None:
    with pytest.raises(ExpressionError, match=re.escape(case["says"])) as caught:
        parse(case["expression"])
    assert re.search(r"character [0-9]+", str(caught.value))


def test_every_function_stands_in_the_table() -> None:
    def used(tree: Any) -> set[str]:
        return {tree[0]}.union(*map(used, tree[1:])) if isinstance(tree, list) and tree else set()

    assert set(ARGUMENTS) == set().union(*(used(case["tree"]) for case in TABLE["cases"])) - {
        "item",
        "current",
        "column",
    }


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000,
        "-" * 3000,
        "not(" * 900 + "1" + ")" * 900,
        "1+" * 1999 + "1",
        "1 " * 10_000,
        "if(" * 1300,
        "'" + "x" * 5000 + "'",
    ],
    ids=lambda text: text[:8],
)
def test_an_expression_that_is_too_long_or_too_deep_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(text)


def test_a_long_list_of_alternatives_is_not_deep() -> None:
    expression = parse(" or ".join(f"${{kind}} = '{code}'" for code in range(150)))
    assert evaluate(expression, {"kind": "149"}) is True
    assert evaluate(expression, {"kind": "150"}) is False


def test_references_and_columns_are_named() -> None:
    expression = parse("area = ${where} and (name != 'x' or ${how} > 1)", COLUMNS)
    assert references(expression) == {"where", "how"}
    assert columns(expression) == {"area", "name"}


def test_a_column_is_only_known_where_a_list_of_choices_has_it() -> None:
    with pytest.raises(ExpressionError, match="not a column"):
        parse("town = ${where}", COLUMNS)


_LEAVES: st.SearchStrategy[Expression] = st.one_of(
    st.builds(Literal, st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=8))),
    st.builds(Reference, st.sampled_from(("a", "b", "c"))),
    st.just(Current()),
    st.builds(Column, st.just("area")),
)


def _calls(parts: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    names = st.sampled_from(sorted(set(ARGUMENTS) - {"regex"}))

    def call(name: str) -> st.SearchStrategy[Expression]:
        least, most = ARGUMENTS[name]
        arguments = st.lists(parts, min_size=least, max_size=least + 2 if most is None else most)
        return st.builds(Call, st.just(name), arguments.map(tuple))

    return names.flatmap(call)


EXPRESSIONS = st.recursive(_LEAVES, _calls, max_leaves=12)
ANSWERS = st.one_of(
    st.text(max_size=20), st.integers(), st.floats(), st.booleans(), st.lists(st.text("ab", min_size=1)).map(tuple)
)


@given(EXPRESSIONS, st.dictionaries(st.sampled_from(("a", "b", "c")), ANSWERS), st.one_of(st.none(), ANSWERS))
def test_every_expression_has_a_value_for_every_answer(
    expression: Expression, answers: dict[str, Answer], current: Answer | None
) -> None:
    value = evaluate(expression, answers, current)
    assert type(value) in (str, float, bool)
    assert shown(evaluate(expression, answers, current)) == shown(value)


@given(EXPRESSIONS)
def test_a_tree_survives_being_written_as_json(expression: Expression) -> None:
    assert from_json(json.loads(canonical(to_json(expression)))) == expression


_JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.sampled_from(sorted(ARGUMENTS))
    ),
    lambda parts: st.one_of(st.lists(parts, max_size=4), st.dictionaries(st.text(max_size=3), parts, max_size=2)),
)


@given(_JSON)
def test_any_json_is_a_tree_or_refused(untrusted: Any) -> None:
    try:
        expression = from_json(untrusted)
    except ExpressionError:
        return
    assert type(evaluate(expression, {})) in (str, float, bool)


def test_json_that_is_nested_too_deeply_is_refused() -> None:
    tree: Any = "x"
    for _ in range(DEEPEST + 1):
        tree = ["not", tree]
    with pytest.raises(ExpressionError):
        from_json(tree)


@given(st.text(st.sampled_from("${}ab.'\"()+-*=<>!,01 \nndorivmsectf"), max_size=40))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    try:
        expression = parse(text)
    except ExpressionError:
        return
    assert from_json(to_json(expression)) == expression


@given(st.floats())
def test_a_number_written_as_a_text_is_the_same_number_again(value: float) -> None:
    written = string(value)
    assert float(written.replace("Infinity", "inf")) == value or value != value  # noqa: PLR0124 - NaN
    if "e" not in written and written[-1].isdigit():
        assert number(written) == value


_PATTERNS = st.text(st.sampled_from("ab01.*+?^$|()[]{},-\\dwsSDW "), max_size=14)


@given(_PATTERNS, st.text(st.sampled_from("ab01 .-\n"), max_size=8))
def test_a_pattern_that_is_taken_means_what_it_says(pattern: str, value: str) -> None:
    try:
        spelled = portable(pattern)
    except PatternError:
        return
    assert portable(spelled) == spelled
    # On plain ASCII without line ends at the end, Python's own reading of the author's pattern is the same.
    dotted = pattern.replace("\\", "")
    if "\n" not in value or ("." not in dotted and "$" not in dotted):
        assert bool(re.fullmatch(spelled, value)) == bool(re.fullmatch(pattern, value, re.ASCII))


@settings(deadline=timedelta(seconds=10))
@given(_PATTERNS, st.sampled_from(("a" * 1500, "ab" * 750, "a" * 1499 + "\n", "0" * 1499 + "x")))
def test_a_pattern_that_is_taken_never_holds_anybody_up(pattern: str, value: str) -> None:
    # The deadline is the test: a pattern that backtracks without bound takes minutes and more.
    try:
        spelled = portable(pattern)
    except PatternError:
        return
    re.fullmatch(spelled, value)
