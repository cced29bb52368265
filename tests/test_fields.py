"""A page as a form: what is posted is read as an answer or kindly asked again, whatever it is."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from flask_wtf import FlaskForm
from hypothesis import given
from hypothesis import strategies as st
from small_instruments import SEED, WORDS, every_kind, instrument, instruments, item, one_page, option, page, shown_in
from werkzeug.datastructures import MultiDict
from wtforms.csrf.core import CSRF
from wtforms.validators import ValidationError

from forms.fields import answers_from, form_for
from forms.fitting import misfit
from forms.instrument import Instrument, Item
from forms.logic import Answer

Posted = list[tuple[str, Any]]


@pytest.fixture(autouse=True, scope="module")
def _no_requests_are_needed() -> Iterator[None]:
    app = Flask(__name__)
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        yield


def posted_to(
    small: Instrument, posted: Posted, answers: Mapping[str, Answer] | None = None, language: str = "en"
) -> FlaskForm:
    form = form_for(small, small.pages[0], shown_in(language), answers or {}, SEED, WORDS)
    return form(formdata=MultiDict(posted))


def answered(small: Instrument, posted: Posted) -> dict[str, Answer]:
    form = posted_to(small, posted)
    assert form.validate(), form.errors
    return answers_from(form, small.pages[0])


def errors(small: Instrument, posted: Posted) -> dict[str, list[str]]:
    form = posted_to(small, posted)
    assert not form.validate()
    assert answers_from(form, small.pages[0]) == {}
    return {name: [str(line) for line in lines] for name, lines in form.errors.items()}


def test_answers_of_every_kind_are_read() -> None:
    posted = [
        ("one", "yes"), ("several", "b"), ("several", "a"), ("words", "Two\r\nlines "),
        ("line", " x "), ("whole", "42"),
        ("part", "-2.50"), ("scale", "7"), ("fine", "0.3"), ("day", "27 03 2026"), ("agreed", "yes"),
    ]  # fmt: skip
    assert answered(every_kind(), posted) == {
        "one": "yes", "several": ("a", "b"), "words": "Two\nlines", "line": "x", "whole": 42,
        "part": -2.5, "scale": 7, "fine": 0.3, "day": "2026-03-27", "agreed": True,
    }  # fmt: skip


def test_nothing_posted_is_no_answer_and_no_wall() -> None:
    empty = [(each.name, "") for each in every_kind().items()]
    for posted in ([], empty, [(name, "  \t ") for name, _ in empty], [("go", "continue")]):
        assert answered(every_kind(), posted) == {}


@pytest.mark.parametrize(
    "name", ["data", "errors", "validate", "process", "meta", "on_submit", "hidden_tag", "_fields", "form"]
)
def test_an_item_may_be_called_like_a_part_of_a_form(name: str) -> None:
    small = one_page(item(name), item("other"))
    assert answered(small, [(name, "yes"), ("other", "no")]) == {name: "yes", "other": "no"}
    assert errors(small, [(name, "z")]) == {name: [WORDS["error.choice"]]}


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0", 0), ("007", 7), (" 12 ", 12), ("+5", 5), ("3.0", 3), ("١٢", 12), ("৪২", 42), ("４２", 42),
        ("੪੨", 42), ("૪૨", 42), ("௪௨", 42),
        ("\u200f۱۲\u200e", 12), ("\u2067 ١٢ \u2069", 12), ("\u061c٣", 3), ("\u200f" * 100 + "7", 7), ("\u200f", None),
        ("\u00a012", 12),
        ("1e3", None), ("0x10", None), ("1_0", None), ("½", None), ("²", None), ("1.5", None),
        ("-1", None), ("121", None),
        ("--1", None), ("1 2", None), ("NaN", None), ("nan", None), ("Infinity", None),
        ("-inf", None), ("twelve", None),
        (".", None), ("-", None), ("9" * 39, None), ("9" * 5000, None), ("9" * 100_000, None),
        ("0" * 100_000 + "1", None),
        ("1" + "\0", None), ("\ud800", None), ("१" * 4301, None),
    ],
    ids=lambda value: ascii(value)[:20],
)  # fmt: skip
def test_whole_numbers_are_read_in_any_digits_or_asked_again(typed: str, number: int | None) -> None:
    small = one_page(item("whole", "integer", low=0, high=120))
    if number is None:
        assert errors(small, [("whole", typed)])["whole"][0] in (WORDS["error.number"], WORDS["error.range"])
    else:
        assert answered(small, [("whole", typed)]) == {"whole": number}
        assert type(answered(small, [("whole", typed)])["whole"]) is int


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("1.5", 1.5),
        ("1,5", 1.5),
        ("١٫٥", 1.5),
        ("\u22122", -2),
        (".5", 0.5),
        ("5.", 5),
        ("-0", 0),
        ("1.2.3", None),
        ("1,2,3", None),
    ],
)
def test_decimals_are_read_with_a_point_or_a_comma(typed: str, number: float | None) -> None:
    small = one_page(item("part", "decimal"))
    if number is None:
        assert errors(small, [("part", typed)]) == {"part": [WORDS["error.number"]]}
    else:
        assert repr(answered(small, [("part", typed)])["part"]) == repr(number)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("27 03 2026", "2026-03-27"), ("27/3/2026", "2026-03-27"), ("27.03.2026", "2026-03-27"),
        ("1-1-1999", "1999-01-01"),
        ("2026-03-27", "2026-03-27"), ("٢٧ ٠٣ ٢٠٢٦", "2026-03-27"),
        ("۲۷/۳/۲۰۲۶", "2026-03-27"), ("২৭-০৩-২০২৬", "2026-03-27"),
        ("\u200f٢٧\u200f/٣\u200f/٢٠٢٦", "2026-03-27"), ("29 02 2024", "2024-02-29"),
        ("29 02 2026", None), ("31 04 2026", None), ("03 2026", None), ("27 03 26", None), ("0 0 0000", None),
        ("27 March 2026", None), ("99 99 9999", None), ("1 1 0000", None), ("9" * 100_000, None),
        ("27\0 03 2026", None),
        ("27 03 2026 27", None), ("tomorrow", None),
    ],
    ids=lambda value: ascii(value)[:20],
)  # fmt: skip
def test_days_are_read_as_people_write_them_or_asked_again(typed: str, day: str | None) -> None:
    small = one_page(item("day", "date"))
    if day is None:
        assert errors(small, [("day", typed)]) == {"day": [WORDS["error.date"]]}
    else:
        assert answered(small, [("day", typed)]) == {"day": day}


@pytest.mark.parametrize(
    ("parts", "day"),
    [
        (("27", "3", "2026"), "2026-03-27"),
        (("٢٧", "٣", "٢٠٢٦"), "2026-03-27"),
        (("", "", ""), None),
        (("27", "", ""), "wrong"),
        (("27", "13", "2026"), "wrong"),
        (("27", "3", "9" * 5000), "wrong"),
        (("\0", "\ud800", "x"), "wrong"),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_days_may_come_in_three_parts(parts: tuple[str, str, str], day: str | None) -> None:
    small = one_page(item("day", "date"))
    posted: Posted = list(zip(("day-day", "day-month", "day-year"), parts, strict=True))
    if day == "wrong":
        assert errors(small, posted) == {"day": [WORDS["error.date"]]}
    else:
        assert answered(small, posted) == ({"day": day} if day else {})


@pytest.mark.parametrize(
    ("posted", "key"),
    [
        ([("one", "maybe")], "choice"),
        ([("one", "YES")], "choice"),
        ([("one", "yes\0")], "choice"),
        ([("one", "yes"), ("one", "no")], "choice"),
        ([("several", "a"), ("several", "z")], "choice"),
        ([("several", "a"), ("several", "none")], "exclusive"),
        ([("several", "a b")], "choice"),
        ([("line", "x" * 101)], "too_long"),
        ([("words", "x" * 1501)], "too_long"),
        ([("words", "x" * 4_000_000)], "too_long"),
        ([("words", "x" + " " * 20_000 + "y")], "too_long"),
        ([("words", "😀" * 376)], "too_long"),
        ([("words", "a"), ("words", "b")], "choice"),
        ([("whole", "1"), ("whole", "2")], "choice"),
        ([("scale", "10.5")], "range"),
        ([("scale", "-1")], "range"),
        ([("fine", "0.25")], "range"),
        ([("agreed", "no")], "choice"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_what_cannot_be_kept_is_asked_again_in_plain_words(posted: Posted, key: str) -> None:
    assert errors(every_kind(), posted) == {posted[0][0]: [WORDS[f"error.{key}"]]}


def test_the_same_answer_twice_is_one_answer() -> None:
    twice: Posted = [
        ("one", "yes"),
        ("one", "yes"),
        ("several", "a"),
        ("several", "a"),
        ("agreed", "yes"),
        ("agreed", "yes"),
    ]
    assert answered(every_kind(), twice) == {"one": "yes", "several": ("a",), "agreed": True}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a\0b", "ab"),
        ("a\ud800b", "ab"),
        ("a\x07\x1b[31mb", "a[31mb"),
        ("a\r\nb\rc\nd\te", "a\nb\nc\nd\te"),
        ("e\u0301", "é"),
        ("\ufffd", "\ufffd"),
        ("\u200f\u0645", "\u200f\u0645"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
    ids=ascii,
)
def test_a_text_is_kept_without_what_means_nothing_in_a_text(typed: str, kept: str) -> None:
    assert answered(every_kind(), [("words", typed)]) == {"words": kept}


def test_a_text_of_nothing_but_controls_is_no_answer() -> None:
    assert answered(every_kind(), [("words", "\0\x01\ud800")]) == {}


def test_the_questionnaires_own_message_wins_in_the_language_of_the_page() -> None:
    messages = {"en": "A number from 0 to 9.", "pl": "Liczba od 0 do 9."}
    small = instrument(
        page("only", item("n", "integer", low=0, high=9, constraint_messages=messages)), languages=("en", "pl")
    )
    for language, message in messages.items():
        form = posted_to(small, [("n", "x")], language=language)
        assert not form.validate()
        assert form.errors == {"n": [message]}


def test_only_what_is_asked_now_is_in_the_form() -> None:
    small = one_page(item("hurt"), item("where", "text", relevant="${hurt} = 'yes'"))
    assert "where" not in posted_to(small, [])
    assert answers_from(posted_to(small, [("hurt", "yes"), ("where", "arm")]), small.pages[0]) == {"hurt": "yes"}
    again = posted_to(small, [("hurt", "yes"), ("where", "arm")], answers={"hurt": "yes"})
    assert answers_from(again, small.pages[0]) == {"hurt": "yes", "where": "arm"}


def test_an_option_that_is_filtered_away_cannot_be_chosen() -> None:
    areas = (option("camden", attributes={"side": "north"}), option("brent", attributes={"side": "west"}))
    small = one_page(item("area", options=areas, choice_filter="side = 'north'"))
    assert answered(small, [("area", "camden")]) == {"area": "camden"}
    assert errors(small, [("area", "brent")]) == {"area": [WORDS["error.choice"]]}


def test_shuffled_choices_are_kept_in_the_order_of_the_list() -> None:
    codes = tuple("abcdefgh")
    small = one_page(item("order", "select_multiple", options=tuple(map(option, codes)), randomize=True))
    form = posted_to(small, [("order", code) for code in reversed(codes)])
    assert [choice.value for choice in form["order"].choices] != list(codes)
    assert answers_from(form, small.pages[0]) == {"order": codes}


class _Inputs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("input", "textarea", "select"):
            self.found.append({"tag": tag, **dict(attrs)})


def inputs(form: FlaskForm) -> list[dict[str, str | None]]:
    parser = _Inputs()
    parser.feed("".join(str(field) for field in form))
    return parser.found


def test_the_form_shows_what_was_answered_before_under_the_names_of_the_items() -> None:
    answers: dict[str, Answer] = {
        "one": "no",
        "several": ("b",),
        "words": "<b>",
        "scale": 7,
        "day": "2026-03-27",
        "agreed": True,
    }
    small = every_kind()
    shown = inputs(form_for(small, small.pages[0], shown_in("en"), answers, SEED, WORDS)(formdata=None))
    ticked = {(each["name"], each["value"]) for each in shown if "checked" in each}
    assert ticked == {("one", "no"), ("several", "b"), ("scale", "7"), ("agreed", "yes")}
    values = {each["name"]: each.get("value") for each in shown if each.get("type") == "text"}
    assert values["day"] == "2026-03-27"
    assert {each["name"] for each in shown} == {each.name for each in small.items() if each.asked}
    assert not any("required" in each for each in shown)


def test_a_default_stands_in_the_form_and_is_no_answer_until_it_is_posted() -> None:
    small = one_page(item("one", default="no"), item("n", "integer", default=3))
    shown = inputs(form_for(small, small.pages[0], shown_in("en"), {}, SEED, WORDS)(formdata=None))
    assert [each["value"] for each in shown if "checked" in each or each.get("type") == "text"] == ["no", "3"]
    assert answered(small, [("go", "continue")]) == {}


def test_a_range_of_few_steps_is_shown_as_radios_and_never_as_a_slider() -> None:
    shown = inputs(posted_to(every_kind(), []))
    assert {each.get("type") for each in shown if each["name"] == "scale"} == {"radio"}
    assert [each.get("type") for each in shown if each["name"] == "fine"] == ["text"]
    assert not any(each.get("type") == "range" for each in shown)


def test_what_was_typed_wrong_is_shown_again() -> None:
    form = posted_to(every_kind(), [("whole", "twelve"), ("words", "x" * 50_000)])
    form.validate()
    assert form["whole"].data == "twelve"
    assert len(form["words"].data) == 10_000


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data", "application/json", "application/x-www-form-urlencoded"]
)
def test_bodies_that_no_page_of_ours_sends_are_no_answers(content_type: str) -> None:
    app, small = Flask(__name__), every_kind()
    app.config["WTF_CSRF_ENABLED"] = False
    bodies: dict[str, dict[str, Any]] = {
        "multipart/form-data": {"data": {"one": (io.BytesIO(b"yes"), "one.txt"), "words": (io.BytesIO(b"x"), "w")}},
        "application/json": {"data": '["one"', "content_type": content_type},
        "application/x-www-form-urlencoded": {
            "data": b"one=%ff%fe&whole=%ed%a0%80&%00=%00&day-day=%80",
            "content_type": content_type,
        },
    }
    with app.test_request_context("/", method="POST", **bodies[content_type]):
        form = form_for(small, small.pages[0], shown_in("en"), {}, SEED, WORDS)()
        form.validate()
        assert answers_from(form, small.pages[0]) == {}


class _Refusing(CSRF):
    def generate_csrf_token(self, csrf_token_field: Any) -> str:
        return "token"

    def validate_csrf_token(self, form: Any, field: Any) -> None:
        if field.data != "token":
            raise ValidationError("Not this visit.")


def test_the_app_hands_in_who_may_post() -> None:
    small = one_page(item("one"))
    form = form_for(small, small.pages[0], shown_in("en"), {}, SEED, WORDS)
    meta = {"csrf": True, "csrf_class": _Refusing, "csrf_field_name": "csrf_token"}
    assert not form(formdata=MultiDict([("one", "yes")]), meta=meta).validate()
    assert form(formdata=MultiDict([("one", "yes"), ("csrf_token", "token")]), meta=meta).validate()


_HOSTILE = st.one_of(
    st.text(max_size=30),
    st.text(st.characters(categories=("Cs", "Cc", "Nd", "No", "Zs")), max_size=10),
    st.sampled_from(
        ("yes", "a", "none", "9" * 10_000, "NaN", "-Infinity", "1e309", "\0", "٣", "29 02 2026", "0" * 5000, "0.1")
    ),
    st.binary(max_size=10),
    st.none(),
)
_NAMES = [each.name for each in every_kind().items()] + ["day-day", "day-month", "day-year", "csrf_token", "", "\0"]


@given(st.lists(st.tuples(st.sampled_from(_NAMES), _HOSTILE), max_size=12))
def test_nothing_that_is_posted_makes_a_form_fail(posted: Posted) -> None:
    small = every_kind()
    form = posted_to(small, posted)
    form.validate()
    items: dict[str, Item] = {each.name: each for each in small.items()}
    answers = answers_from(form, small.pages[0])
    for name, answer in answers.items():
        assert misfit(items[name], answer, items[name].options) is None
        assert not form[name].errors
    str(list(map(str, form)))


@given(instruments(), st.lists(st.tuples(st.sampled_from([f"q{number}" for number in range(8)]), _HOSTILE), max_size=8))
def test_no_instrument_makes_a_form_fail(small: Instrument, posted: Posted) -> None:
    for each in small.pages:
        form = form_for(small, each, shown_in("en"), {}, SEED, WORDS)(formdata=MultiDict(posted))
        assert set(answers_from(form, each)).isdisjoint(form.errors if not form.validate() else {})
