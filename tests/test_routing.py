"""The way through an instrument: it ends, it is the same both ways, and only answers on it decide anything."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_instruments import (
    SEED,
    WORDS,
    answers_to,
    branching,
    every_kind,
    instrument,
    instruments,
    item,
    one_page,
    option,
    page,
    shown_in,
    walks,
    with_core,
)

from forms.instrument import Instrument, Page
from forms.logic import Answer
from forms.routing import after, asked, before, calculated, on_path, options, path, problems, seen

Walk = tuple[Instrument, Mapping[str, Answer]]
NOBODY: frozenset[str] = frozenset()


def names(pages: tuple[Page, ...]) -> list[str]:
    return [each.name for each in pages]


def kinds_of_problem(
    asked_for: Instrument, answers: Mapping[str, Answer], already: frozenset[str] = NOBODY
) -> dict[str, str]:
    return {each.item: each.kind for each in problems(asked_for, asked_for.pages[0], answers, already)}


@given(walks())
def test_every_walk_ends_and_shows_each_page_of_the_path_once(walk: Walk) -> None:
    small, answers = walk
    walked: list[str] = []
    following = after(small, None, answers)
    while following is not None:
        walked.append(following.name)
        assert len(walked) <= len(small.pages)
        following = after(small, following.name, answers)
    assert walked == names(path(small, answers))


@given(walks())
def test_back_undoes_continue_everywhere_on_the_path(walk: Walk) -> None:
    small, answers = walk
    places = [None, *names(path(small, answers)), None]
    for here, there in pairwise(places):
        following, earlier = after(small, here, answers), before(small, there, answers)
        assert (following.name if following else None) == there
        assert (earlier.name if earlier else None) == here


@given(walks())
def test_what_counts_counts_again(walk: Walk) -> None:
    small, answers = walk
    kept = on_path(small, answers)
    assert on_path(small, kept) == kept
    assert set(kept) <= set(answers)


@given(walks())
def test_dropping_answers_off_the_path_changes_nothing(walk: Walk) -> None:
    small, answers = walk
    kept = on_path(small, answers)
    assert path(small, kept) == path(small, answers)
    assert calculated(small, kept) == calculated(small, answers)
    for each in small.pages:
        assert asked(small, each, kept) == asked(small, each, answers)


@given(walks(), st.data())
def test_an_answer_never_changes_a_page_before_its_own(walk: Walk, data: st.DataObject) -> None:
    small, answers = walk
    changed = data.draw(st.sampled_from([each.name for each in small.items()]))
    place = next(place for place, each in enumerate(small.pages) if any(one.name == changed for one in each.items))
    fewer = {name: answer for name, answer in answers.items() if name != changed}
    earlier = small.pages[:place]
    assert [asked(small, each, answers) for each in earlier] == [asked(small, each, fewer) for each in earlier]


@given(walks())
def test_only_items_that_are_asked_are_kept(walk: Walk) -> None:
    small, answers = walk
    on_the_way = {each.name for one in path(small, answers) for each in asked(small, one, answers)}
    assert set(on_path(small, answers)) <= on_the_way


def test_pages_follow_the_answers() -> None:
    small = branching()
    assert names(path(small, {})) == ["first", "last"]
    assert names(path(small, {"first": "yes"})) == ["first", "second", "last"]
    assert names(path(small, {"first": "yes", "second": "yes"})) == ["first", "second", "third", "last"]


def test_an_answer_given_before_the_way_changed_decides_nothing() -> None:
    small = branching()
    changed: dict[str, Answer] = {"first": "no", "second": "yes", "third": "yes", "last": "no"}
    assert names(path(small, changed)) == ["first", "last"]
    assert on_path(small, changed) == {"first": "no", "last": "no"}


def test_a_page_without_anything_to_show_is_passed_over() -> None:
    small = instrument(page("first"), page("hidden", item("hidden", relevant="${first} = 'yes'")), page("last"))
    assert names(path(small, {"first": "no"})) == ["first", "last"]


def test_a_later_answer_never_reaches_back() -> None:
    small = instrument(page("first", relevant="${last} = 'yes'"), page("last"))
    assert names(path(small, {"last": "yes"})) == ["last"]


def test_a_stale_page_still_leads_on_and_back() -> None:
    small, answers = branching(), {"first": "no"}
    following, earlier = after(small, "second", answers), before(small, "third", answers)
    assert following is not None
    assert following.name == "last"
    assert earlier is not None
    assert earlier.name == "first"


def test_a_page_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(KeyError):
        after(branching(), "nowhere", {})
    with pytest.raises(KeyError):
        before(branching(), "nowhere", {})


def test_an_item_may_depend_on_one_above_it_on_the_same_page() -> None:
    small = one_page(item("hurt"), item("where", "text", relevant="${hurt} = 'yes'"))
    only = small.page("only")
    assert [each.name for each in asked(small, only, {"hurt": "no", "where": "arm"})] == ["hurt"]
    assert [each.name for each in asked(small, only, {"hurt": "yes"})] == ["hurt", "where"]


def test_calculations_are_worked_out_in_order_and_never_kept() -> None:
    small = instrument(
        page("first", item("a", "integer"), item("b", "integer")),
        page("high", relevant="${double} > 10"),
        calculations=(
            item("total", "calculate", calculation="${a} + ${b}"),
            item("double", "calculate", calculation="${total} * 2"),
            item("unasked", "calculate", calculation="1", relevant="${a} = 99"),
        ),
    )
    answers: dict[str, Answer] = {"a": 3, "b": 4}
    assert calculated(small, answers) == {"total": 7, "double": 14}
    assert calculated(small, {"a": 3}) == {}
    assert names(path(small, answers)) == ["first", "high"]
    assert on_path(small, {**answers, "total": 1000}) == answers
    assert seen(small, answers) == {**answers, "total": 7, "double": 14}


AREAS = (
    option("camden", attributes={"side": "north"}),
    option("lambeth", attributes={"side": "south"}),
    option("other", attributes={"side": "north south"}),
)


def test_a_choice_filter_decides_what_is_offered_and_what_is_kept() -> None:
    small = instrument(
        page("side", item("side", options=(option("north"), option("south")))),
        page("area", item("area", options=AREAS, choice_filter="selected(side, ${side})")),
        page("areas", item("areas", "select_multiple", options=AREAS, choice_filter="selected(side, ${side})")),
    )
    answers: dict[str, Answer] = {"side": "south", "area": "camden", "areas": ("camden", "lambeth", "other")}
    offered = options(small.item("area"), seen(small, answers), SEED)
    assert [each.code for each in offered] == ["lambeth", "other"]
    assert on_path(small, answers) == {"side": "south", "areas": ("lambeth", "other")}


def test_shuffled_options_keep_their_order_within_a_visit_and_exclusive_ones_stay_last() -> None:
    codes = tuple("abcdefgh")
    none = option("none", exclusive=True)
    shuffled = item("order", "select_multiple", options=(none, *map(option, codes)), randomize=True)
    orders = [tuple(each.code for each in options(shuffled, {}, bytes([seed]) * 16)) for seed in range(20)]
    assert orders == [tuple(each.code for each in options(shuffled, {}, bytes([seed]) * 16)) for seed in range(20)]
    assert len(set(orders)) > 15
    assert all(order[-1] == "none" and sorted(order[:-1]) == list(codes) for order in orders)
    firsts = {next(each.code for each in options(shuffled, {}, seed.to_bytes(2, "big"))) for seed in range(200)}
    assert firsts == set(codes)


def test_required_asks_once_more_and_is_never_a_wall() -> None:
    small = one_page(item("name", "text", required=True, required_messages={"en": "Do say."}), item("free", "text"))
    (problem,) = problems(small, small.pages[0], {}, NOBODY)
    assert (problem.item, problem.kind) == ("name", "required")
    assert problem.message(WORDS, shown_in("en")) == "Do say."
    assert problems(small, small.pages[0], {}, frozenset({"name"})) == ()
    assert problems(small, small.pages[0], {"name": "x"}, NOBODY) == ()


def test_a_constraint_says_its_own_message_in_the_language_of_the_page() -> None:
    small = instrument(
        page(
            "only",
            item(
                "age", "integer", constraint=". >= 16", constraint_messages={"en": "Only for 16 and over.", "cy": "16+"}
            ),
        ),
        languages=("en", "cy"),
    )
    (problem,) = problems(small, small.pages[0], {"age": 15}, NOBODY)
    assert problem.message(WORDS, shown_in("cy")) == "16+"
    assert problem.message(WORDS, shown_in("pl")) == "Only for 16 and over."
    assert problems(small, small.pages[0], {"age": 16}, NOBODY) == ()
    assert problems(small, small.pages[0], {}, NOBODY) == ()


def test_without_a_message_of_its_own_the_house_speaks() -> None:
    small = one_page(item("age", "integer", constraint=". >= 16"))
    (problem,) = problems(small, small.pages[0], {"age": 15}, NOBODY)
    assert problem.message(WORDS, shown_in("en")) == WORDS["error.constraint"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"one": "maybe"}, "choice"),
        ({"several": ("a", "z")}, "choice"),
        ({"several": ("b", "a")}, "choice"),
        ({"several": ("a", "none")}, "exclusive"),
        ({"several": ("none",)}, None),
        ({"line": "x" * 100}, None),
        ({"line": "x" * 101}, "too_long"),
        ({"line": "é" * 51}, "too_long"),
        ({"line": '"' * 51}, "too_long"),
        ({"whole": 120}, None),
        ({"whole": 121}, "range"),
        ({"whole": 1.5}, "number"),
        ({"whole": True}, "number"),
        ({"whole": 10**400}, "number"),
        ({"part": float("nan")}, "number"),
        ({"part": float("inf")}, "number"),
        ({"scale": 11}, "range"),
        ({"scale": 2.5}, "range"),
        ({"fine": 0.3}, None),
        ({"fine": 0.35}, "range"),
        ({"day": "2026-02-30"}, "date"),
        ({"day": "2024-02-29"}, None),
        ({"day": "٢٠٢٤-٠٢-٢٩"}, "date"),
        ({"agreed": False}, "constraint"),
        ({"words": "\ud800"}, "constraint"),
    ],
)
def test_an_answer_that_does_not_fit_is_named_with_its_kind(answer: dict[str, Answer], kind: str | None) -> None:
    assert kinds_of_problem(every_kind(), answer) == ({next(iter(answer)): kind} if kind else {})


def test_nothing_is_asked_about_items_that_are_not_shown() -> None:
    small = one_page(item("hurt"), item("where", "text", relevant="${hurt} = 'yes'", required=True))
    assert kinds_of_problem(small, {"hurt": "no", "where": "\ud800"}) == {}
    assert problems(branching(), branching().page("second"), {}, NOBODY) == ()


_WRONG = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.text()).map(tuple), st.binary()
)


@given(instruments(), st.data())
def test_no_value_of_any_type_makes_the_way_fail(small: Instrument, data: st.DataObject) -> None:
    answers = data.draw(st.dictionaries(st.sampled_from([each.name for each in small.items()]), _WRONG))
    for each in small.pages:
        problems(small, each, answers, NOBODY)
    assert on_path(small, on_path(small, answers)) == on_path(small, answers)


@given(instruments().flatmap(lambda small: st.tuples(st.just(small), answers_to(small), st.binary(max_size=16))))
def test_shuffling_and_filtering_only_reorder_and_leave_out(
    drawn: tuple[Instrument, Mapping[str, Answer], bytes],
) -> None:
    small, answers, seed = drawn
    for each in small.items():
        shown = options(each, seen(small, answers), seed)
        assert len(set(map(id, shown))) == len(shown)
        assert all(one in each.options for one in shown)


def test_the_choice_to_finish_leads_to_the_end() -> None:
    small = with_core()
    assert names(path(small, {"more": "finish"}))[-1] == "more"
    assert names(path(small, {"more": "yes"}))[-1] == "words"
    assert after(small, "more", {}) is None
