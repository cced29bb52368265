"""A response: framed to one size, sized beforehand, and believed only as far as its instrument allows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_instruments import answers_to, every_kind, instrument, instruments, item, one_page, option, page, with_core

from forms.fitting import misfit
from forms.instrument import Instrument
from forms.logic import Answer
from forms.response import (
    CONTENT_BYTES,
    PLAINTEXT_BYTES,
    OutgrownRow,
    Response,
    UntrustworthyPlaintext,
    checked,
    framed,
    largest_answer_bytes,
    status,
    unframed,
)
from forms.routing import on_path, path

CORE: Mapping[str, Answer] = {"whole": "yes", "contact": "no", "informed": "yes"}
ALL_PAGES = ["whole", "contact", "informed", "more", "rights", "words"]


def response_to(asked: Instrument, answers: Mapping[str, Answer], **more: Any) -> Response:
    given_members: dict[str, Any] = {
        "response": "0123456789abcdef" * 2,
        "instrument": asked.id,
        "digest": asked.digest(),
        "mode": "kiosk",
        "place": "counter-1",
        "period": "2026-11",
        "language": "en",
        "status": "core",
        "quick": False,
        "answers": dict(answers),
    }
    return Response(**{**given_members, **more})


def fitting(asked: Instrument, answers: Mapping[str, Answer]) -> dict[str, Answer]:
    """Those of the answers that their items allow."""
    items = {each.name: each for each in asked.items()}
    return {name: answer for name, answer in answers.items() if not misfit(items[name], answer, items[name].options)}


def opened(response: Response) -> Response:
    return Response.from_content(unframed(response.to_bytes()))


def framed_text(text: bytes) -> bytes:
    return (len(text).to_bytes(4, "big") + text).ljust(PLAINTEXT_BYTES, b"\0")


def test_the_plaintext_is_the_one_of_the_format() -> None:
    data = response_to(with_core(), {"whole": "yes", "contact": "no"}).to_bytes()
    length = int.from_bytes(data[:4], "big")
    assert len(data) == PLAINTEXT_BYTES
    assert set(data[4 + length :]) == {0}
    assert data[4 : 4 + length].decode() == (
        '{"answers":{"contact":"no","whole":"yes"},"digest":"' + with_core().digest() + '","instrument":"small",'
        '"kind":"response","language":"en","mode":"kiosk","period":"2026-11","place":"counter-1","quick":false,'
        '"response":"0123456789abcdef0123456789abcdef","status":"core","v":1}'
    )


def test_answers_of_every_kind_come_back_as_they_were() -> None:
    answers: dict[str, Answer] = {
        "one": "yes",
        "several": ("a", "b"),
        "words": 'Zażółć "gęślą"\n\t\\ 😀',
        "line": "x" * 100,
        "whole": 120,
        "part": -0.125,
        "scale": 10,
        "fine": 0.3,
        "day": "2024-02-29",
        "agreed": True,
    }
    response = response_to(every_kind(), answers, again="f" * 32)
    assert opened(response) == response
    assert checked(opened(response), every_kind()) == response


def test_answers_are_not_shown_where_a_response_is_printed() -> None:
    assert "secret" not in repr(response_to(one_page(item("words", "text")), {"words": "secret"}))


@given(instruments().flatmap(lambda small: st.tuples(st.just(small), answers_to(small))))
def test_what_is_on_the_path_can_be_framed_and_is_believed(drawn: tuple[Instrument, Mapping[str, Answer]]) -> None:
    small, answers = drawn
    kept = on_path(small, fitting(small, answers))
    everything = [each.name for each in small.pages]
    reached = status(small, kept, everything, end_reached=True)
    response = response_to(small, kept, status=reached)
    if reached == "started":
        with pytest.raises(UntrustworthyPlaintext):
            checked(response, small)
    else:
        assert checked(opened(response), small) == response


@given(st.binary(max_size=PLAINTEXT_BYTES))
def test_any_bytes_are_a_plaintext_or_refused(untrusted: bytes) -> None:
    for data in (untrusted, untrusted.ljust(PLAINTEXT_BYTES, b"\0"), framed_text(untrusted[:CONTENT_BYTES])):
        try:
            content = unframed(data)
        except UntrustworthyPlaintext:
            continue
        assert isinstance(content, dict)


@given(st.dictionaries(st.text(max_size=5), st.one_of(st.text(max_size=50), st.integers(), st.booleans()), max_size=8))
def test_content_survives_its_frame(content: dict[str, Any]) -> None:
    assert unframed(framed(content)) == content


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * PLAINTEXT_BYTES,
        framed_text(b"{}")[:-1],
        framed_text(b"{}") + b"\0",
        framed_text(b"{}")[:-1] + b"\x01",
        b"\xff\xff\xff\xff" + b"{}".ljust(CONTENT_BYTES, b"\0"),
        (CONTENT_BYTES + 1).to_bytes(4, "big") + b"{}".ljust(CONTENT_BYTES, b" "),
        framed_text(b"[]"),
        framed_text(b"null"),
        framed_text(b'{"a":1,"a":2}'),
        framed_text(b'{"a":{"b":1,"b":2}}'),
        framed_text(b'{"a":NaN}'),
        framed_text(b'{"a":Infinity}'),
        framed_text(b'{"a":1e999}'),
        framed_text(b'{"a":"\\ud800"}'),
        framed_text(b'{"a":"\xff"}'),
        framed_text(b'{"a":1}{}'),
        framed_text(b"[" * 4000),
        framed_text(b'{"a":' * 800 + b"1" + b"}" * 8),
        framed_text(b'{"a":' + b"9" * 4080 + b"}")[:-1] + b"\x01",
    ],
)
def test_a_plaintext_that_is_not_strict_is_refused(data: bytes) -> None:
    with pytest.raises(UntrustworthyPlaintext):
        unframed(data)


def test_what_does_not_fit_is_never_cut() -> None:
    fitting = {"a": "x" * (CONTENT_BYTES - len('{"a":""}'))}
    assert unframed(framed(fitting)) == fitting
    with pytest.raises(OutgrownRow):
        framed({"a": fitting["a"] + "x"})


GOOD = {**response_to(with_core(), CORE).to_content(), "again": "0" * 32}
WRONG_MEMBERS: list[tuple[str, Any]] = [
    ("v", 2),
    ("v", True),
    ("v", 1.0),
    ("v", "1"),
    ("kind", "tally"),
    ("kind", None),
    ("response", "0" * 31),
    ("response", "0" * 31 + "G"),
    ("response", "0" * 31 + "A"),
    ("response", "0" * 32 + "\n"),
    ("instrument", ""),
    ("instrument", "a b"),
    ("instrument", ["small"]),
    ("digest", "0" * 63),
    ("mode", "web"),
    ("mode", ["kiosk"]),
    ("place", ""),
    ("place", "a/b"),
    ("place", "x" * 65),
    ("period", "2026-13"),
    ("period", "2026-00"),
    ("period", "2026-11-03"),
    ("period", "2026-11\n"),
    ("period", "٢٠٢٦-11"),
    ("period", ""),
    ("language", "english language"),
    ("status", "started"),
    ("status", "left"),
    ("quick", 0),
    ("quick", None),
    ("again", "0"),
    ("again", None),
    ("answers", []),
    ("answers", {"a": None}),
    ("answers", {"a": {"b": 1}}),
    ("answers", {"a": [1]}),
    ("answers", {"a": [["b"]]}),
    ("answers", {"a b": "c"}),
    ("answers", {"a": 2**53}),
    ("answers", {"a": float("nan")}),
    ("answers", {"a": "\0"}),
    ("device", "tablet-7"),
    ("time", "12:00"),
]


@pytest.mark.parametrize(("member", "value"), WRONG_MEMBERS, ids=lambda value: ascii(value)[:30])
def test_a_member_of_another_shape_is_refused(member: str, value: Any) -> None:
    assert Response.from_content(GOOD)
    with pytest.raises(UntrustworthyPlaintext):
        Response.from_content({**GOOD, member: value})


@pytest.mark.parametrize("member", sorted(set(GOOD) - {"again"}))
def test_a_missing_member_is_refused(member: str) -> None:
    with pytest.raises(UntrustworthyPlaintext):
        Response.from_content({name: value for name, value in GOOD.items() if name != member})


def test_the_unknown_month_is_a_month() -> None:
    assert Response.from_content({**GOOD, "period": "unknown"}).period == "unknown"


WRONG_ANSWERS: list[dict[str, Any]] = [
    {"nowhere": "yes"},
    {"told": "read"},
    {"one": "maybe"},
    {"one": ("yes",)},
    {"one": True},
    {"several": "a"},
    {"several": ()},
    {"several": ("a", "a")},
    {"several": ("b", "a")},
    {"several": ("a", "z")},
    {"several": ("a", "none")},
    {"words": ""},
    {"words": 5},
    {"words": "x" * 1501},
    {"words": "\n" * 751},
    {"words": "\udfff"},
    {"whole": True},
    {"whole": 1.0},
    {"whole": "1"},
    {"whole": -1},
    {"whole": 121},
    {"part": True},
    {"part": float("nan")},
    {"part": float("-inf")},
    {"scale": 11},
    {"scale": 0.5},
    {"fine": 0.25},
    {"day": "2026-02-29"},
    {"day": "29.02.2024"},
    {"day": "20240229"},
    {"day": 20240229},
    {"agreed": False},
    {"agreed": 1},
    {"agreed": "yes"},
]


@pytest.mark.parametrize("lie", WRONG_ANSWERS, ids=lambda lie: ascii(lie)[:40])
def test_an_answer_that_the_instrument_does_not_allow_is_refused(lie: dict[str, Any]) -> None:
    small = replace(every_kind(), pages=(page("zero", item("zero", core=True)), *every_kind().pages))
    checked(response_to(small, {"zero": "yes"}), small)
    with pytest.raises(UntrustworthyPlaintext):
        checked(response_to(small, {"zero": "yes", **lie}), small)


def test_an_answer_off_the_path_is_refused() -> None:
    small = with_core()
    checked(response_to(small, {**CORE, "more": "yes", "rights": "no"}, status="complete"), small)
    with pytest.raises(UntrustworthyPlaintext, match="off the path"):
        checked(response_to(small, {**CORE, "more": "finish", "rights": "no"}), small)


def test_an_option_that_a_choice_filter_took_away_is_refused() -> None:
    areas = (option("camden", attributes={"side": "north"}), option("brent", attributes={"side": "west"}))
    small = instrument(
        page("side", item("side", options=(option("north"), option("west")))),
        page("area", item("area", options=areas, choice_filter="side = ${side}")),
    )
    checked(response_to(small, {"side": "north", "area": "camden"}, status="complete"), small)
    with pytest.raises(UntrustworthyPlaintext):
        checked(response_to(small, {"side": "north", "area": "brent"}, status="complete"), small)


@pytest.mark.parametrize(
    "lie",
    [
        {"digest": "0" * 64},
        {"instrument": "other"},
        {"language": "pl"},
        {"status": "complete"},
        {"status": "started"},
        {"answers": {"contact": "yes", "informed": "yes"}},
        {"answers": {"whole": "yes"}},
        {"answers": {}},
    ],
)
def test_a_response_that_says_more_than_it_holds_is_refused(lie: dict[str, Any]) -> None:
    checked(response_to(with_core(), CORE), with_core())
    with pytest.raises(UntrustworthyPlaintext) as caught:
        checked(
            response_to(with_core(), CORE, **lie) if "answers" not in lie else response_to(with_core(), lie["answers"]),
            with_core(),
        )
    assert not re.search("yes|contact|informed", str(caught.value))


def test_a_constraint_that_no_longer_holds_costs_nobody_their_response() -> None:
    small = instrument(page("a", item("a", "integer")), page("b", item("b", "integer", constraint=". > ${a}")))
    checked(response_to(small, {"a": 5, "b": 3}, status="complete"), small)


_JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6), st.sampled_from(("yes", "a", "none"))
    ),
    lambda parts: st.one_of(st.lists(parts, max_size=3), st.dictionaries(st.text(max_size=4), parts, max_size=3)),
)


@given(
    st.sampled_from(sorted(GOOD)),
    _JSON,
    st.dictionaries(st.sampled_from([each.name for each in every_kind().items()]), _JSON),
)
def test_opened_plaintext_that_lies_is_refused_and_never_fails(
    member: str, value: Any, answers: dict[str, Any]
) -> None:
    small = every_kind()
    for content in (
        {**GOOD, member: value},
        {**response_to(small, {}).to_content(), "answers": answers},
        {**response_to(small, {}).to_content(), "answers": answers, member: value},
    ):
        try:
            response = checked(Response.from_content(content), small)
        except UntrustworthyPlaintext:
            continue
        assert on_path(small, response.answers) == response.answers
        json.dumps(response.to_content(), allow_nan=False).encode()


@pytest.mark.parametrize(
    ("answers", "shown", "end_reached", "expected"),
    [
        ({}, ["whole"], False, "started"),
        ({"whole": "yes"}, ALL_PAGES[:1], False, "started"),
        ({"whole": "yes", "contact": "no"}, ALL_PAGES[:2], False, "started"),  # the last core page was not shown
        ({"whole": "yes", "contact": "no"}, ALL_PAGES[:3], False, "core"),  # one of two others is half
        ({"whole": "yes"}, ALL_PAGES[:4], True, "started"),  # none of two others
        ({"contact": "no", "informed": "no"}, ALL_PAGES[:4], True, "started"),  # not the whole experience
        (CORE, ALL_PAGES[:3], False, "core"),
        ({**CORE, "more": "finish"}, ALL_PAGES[:4], True, "core"),  # finish now
        (CORE, ALL_PAGES[:4], True, "core"),  # the choice skipped
        ({**CORE, "more": "yes"}, ALL_PAGES[:5], False, "core"),  # timed out after the choice
        ({**CORE, "more": "yes"}, ALL_PAGES, True, "complete"),  # every later question skipped
        ({**CORE, "more": "yes", "rights": "no"}, ALL_PAGES, True, "complete"),
        ({**CORE, "more": "yes"}, ALL_PAGES[:5], True, "core"),  # a page of the path was never shown
        ({**CORE, "more": "finish", "rights": "no"}, ALL_PAGES, True, "core"),  # changed their mind
    ],
)
def test_how_far_a_respondent_came(
    answers: Mapping[str, Answer], shown: list[str], end_reached: bool, expected: str
) -> None:
    assert status(with_core(), answers, shown, end_reached) == expected


def test_without_marked_core_every_item_counts() -> None:
    small = instrument(page("a"), page("b"), page("c"))
    assert status(small, {"a": "yes"}, ["a", "b", "c"], end_reached=True) == "started"
    assert status(small, {"a": "yes", "c": "no"}, ["a", "b", "c"], end_reached=False) == "core"
    assert status(small, {"a": "yes", "c": "no"}, ["a", "b", "c"], end_reached=True) == "complete"
    assert status(small, {"b": "yes", "c": "no"}, ["a", "b", "c"], end_reached=True) == "started"


def test_a_core_item_off_the_path_is_not_waited_for() -> None:
    small = instrument(
        page("a", item("a", core=True)), page("b", item("b", core=True), relevant="${a} = 'yes'"), page("c")
    )
    assert status(small, {"a": "no"}, ["a"], end_reached=False) == "core"
    assert status(small, {"a": "yes"}, ["a"], end_reached=False) == "started"


@given(instruments().flatmap(lambda small: st.tuples(st.just(small), answers_to(small), st.booleans())))
def test_a_status_never_falls_when_more_is_shown(drawn: tuple[Instrument, Mapping[str, Answer], bool]) -> None:
    small, answers, end_reached = drawn
    order = ["started", "core", "complete"]
    way = [each.name for each in path(small, answers)]
    reached = [order.index(status(small, answers, way[:count], end_reached)) for count in range(len(way) + 1)]
    assert reached == sorted(reached)
    assert end_reached or max(reached) < 2


@given(instruments().flatmap(lambda small: st.tuples(st.just(small), answers_to(small))))
def test_no_response_is_larger_than_was_said_beforehand(drawn: tuple[Instrument, Mapping[str, Answer]]) -> None:
    small, answers = drawn
    response = response_to(
        small, fitting(small, answers), mode="assisted", status="complete", place="x" * 64, again="0" * 32
    )
    body = response.to_bytes()
    assert int.from_bytes(body[:4], "big") <= largest_answer_bytes(small)


def test_the_largest_response_is_nearly_reached() -> None:
    small = every_kind()
    fullest: dict[str, Answer] = {
        "one": "yes", "several": ("a", "b"), "words": "é" * 750, "line": "x" * 100, "whole": 120,
        "part": -1.1234567890123456e-300, "scale": 10, "fine": 0.1, "day": "2026-11-30", "agreed": True,
    }  # fmt: skip
    response = response_to(small, fullest, mode="assisted", status="complete", place="x" * 64, again="0" * 32)
    length = int.from_bytes(response.to_bytes()[:4], "big")
    assert length <= largest_answer_bytes(small) <= length + 40


def test_a_second_long_text_is_seen_to_outgrow_a_row() -> None:
    texts = [item(f"t{number}", "text") for number in range(3)]
    assert largest_answer_bytes(one_page(*texts[:2])) <= CONTENT_BYTES < largest_answer_bytes(one_page(*texts))
