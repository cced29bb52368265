"""Tallies: counts about interviews that add up, and never one that tells of a single interview's moment."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.response import framed, unframed
from survey.clock import Clock
from survey.tallies import COUNTS, Tallies, Tally, UntrustworthyTally, cover

DIGEST = "ab" * 32


class Day:
    """A clock whose day the test sets."""

    def __init__(self, month: int = 11) -> None:
        self.month = month
        self.clock = Clock(lambda: date(2026, 11, 1), lambda: datetime(2026, self.month, 5, 12, 30, tzinfo=UTC))


def tallies(day: Day | None = None) -> Tallies:
    return Tallies("counter-1", DIGEST, (day or Day()).clock)


def test_each_count_is_counted_under_its_own_name() -> None:
    found = tallies()
    found.offered()
    found.offered()
    found.started("pl")
    found.ended("complete", "borough")
    found.started("en")
    found.ended("core", "crime")
    found.timed_out()
    found.started("en")
    found.ended("started", None)
    found.started("en")
    found.left("experience")
    found.burst()
    assert found.content() == {
        "v": 1,
        "kind": "tally",
        "place": "counter-1",
        "period": "2026-11",
        "digest": DIGEST,
        "offered": 2,
        "started": 4,
        "core": 1,
        "complete": 1,
        "left": 1,
        "timed_out": 1,
        "bursts": 1,
        "languages": {"pl": 1, "en": 3},
        "last": {"borough": 1, "crime": 1, "-": 1, "experience": 1},
    }


def test_tallies_that_are_taken_add_up_to_what_happened() -> None:
    found, taken = tallies(), []
    for number in range(10):
        found.started("en")
        if number % 3 == 0:
            taken.append(found.take())
    taken.append(found.take())
    assert sum(tally["started"] for tally in taken) == 10
    assert found.empty
    assert found.take()["started"] == 0


def test_looking_at_the_counts_does_not_take_them() -> None:
    found = tallies()
    assert found.empty
    found.offered()
    assert found.content() == found.content()
    assert not found.empty


def test_a_tally_belongs_to_one_month() -> None:
    day = Day()
    found = tallies(day)
    found.offered()
    day.month = 12
    found.offered()
    found.offered()
    first, second = found.take(), found.take()
    assert (first["period"], first["offered"]) == ("2026-11", 1)
    assert (second["period"], second["offered"]) == ("2026-12", 2)
    assert found.empty


def test_what_was_counted_in_november_is_a_tally_of_november_in_december() -> None:
    day = Day()
    found = tallies(day)
    found.offered()
    day.month = 12
    assert found.take()["period"] == "2026-11"


def test_nothing_is_lost_between_threads() -> None:
    found, taken, done = tallies(), [], threading.Event()

    def count() -> None:
        for _ in range(2000):
            found.started("en")

    def take() -> None:
        while not done.is_set():
            taken.append(found.take())

    counting = [threading.Thread(target=count) for _ in range(4)]
    taking = threading.Thread(target=take)
    for thread in (*counting, taking):
        thread.start()
    for thread in counting:
        thread.join()
    done.set()
    taking.join()
    assert sum(tally["started"] for tally in [*taken, found.take()]) == 8000


names = st.text(min_size=1, max_size=40) | st.from_regex(r"[a-z_.-]{1,32}", fullmatch=True)


@given(st.lists(st.tuples(names, names), max_size=400))
def test_whatever_is_counted_fits_a_row_and_is_read_again(happened: list[tuple[str, str]]) -> None:
    found = tallies()
    for language, item in happened:
        found.started(language)
        found.left(item)
    content = unframed(framed(found.content()))
    read = Tally.from_content(content)
    assert read.counts["started"] == sum(read.languages.values()) == sum(read.last.values()) == len(happened)
    assert read.content() == content


def test_the_longest_tally_that_can_be_fits_a_row() -> None:
    most = 999_999_999
    longest = Tally(
        place="p" * 32,
        period="unknown",
        digest=DIGEST,
        counts=dict.fromkeys(COUNTS, most),
        languages={f"{number:a>12}": most for number in range(20)},
        last={f"{number:a>32}": most for number in range(60)},
    ).content()
    assert Tally.from_content(unframed(framed(longest))).content() == longest


def _with(name: str, value: Any) -> Any:
    return lambda content: content.update({name: value})


@pytest.mark.parametrize(
    "change",
    [
        *(lambda content, name=name: content.pop(name) for name in tallies().content()),
        _with("more", 1),
        _with("v", 2),
        _with("kind", "response"),
        _with("offered", -1),
        _with("offered", 1.0),
        _with("offered", True),  # noqa: FBT003 - as it would stand in the JSON
        _with("offered", "1"),
        _with("offered", 10**9),
        _with("place", "../counter"),
        _with("place", ["counter-1"]),
        _with("period", "2026-13"),
        _with("period", "2026-11-05"),
        _with("digest", "ab"),
        _with("languages", ["en"]),
        _with("languages", {"en": -1}),
        _with("languages", {"": 1}),
        _with("languages", {"<b>": 1}),
        _with("last", {"x" * 33: 1}),
        _with("last", {f"item{number}": 1 for number in range(61)}),
    ],
)
def test_a_tally_that_lies_is_not_believed(change: Any) -> None:
    content = tallies().content()
    change(content)
    with pytest.raises(UntrustworthyTally):
        Tally.from_content(content)


def test_a_cover_says_nothing() -> None:
    assert cover() == {"v": 1, "kind": "cover"}
