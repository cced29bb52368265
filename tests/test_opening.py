"""Opening: what is good comes out once and whole, what is not is counted, and the rest goes on."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from custodian_world import PLACES, People, Rows, a_cover, a_tally, fresh_secret, sealed, victim_voice
from hypothesis import given, settings
from hypothesis import strategies as st
from small_instruments import every_kind, instruments, with_core

from export.custodian.crew import BATCH, CrewLost, worked
from export.custodian.known import Known, KnownInstrument
from export.custodian.opening import OpeningReport, fullest, opened
from export.custodian.unsealing import CollectionSecret
from forms.instrument import Instrument
from forms.response import Response, UntrustworthyPlaintext, checked, framed
from forms.routing import path
from survey.tallies import COUNTS

SECRET = fresh_secret()
KEY = SECRET.public
KNOWN = Known.of([victim_voice()], PLACES)


def opening(rows: Rows, known: Known = KNOWN, processes: int = 1) -> tuple[list[Response], OpeningReport]:
    report = OpeningReport()
    return list(opened(rows, [SECRET], known, report, processes)), report


def test_what_was_sealed_comes_out_whole_and_once() -> None:
    people = People(1, victim_voice()).many(40)
    found, report = opening([*sealed(KEY, people), a_cover(KEY), ("tablet", KEY.seal(framed(a_tally(core=3))))])
    assert found == sorted(people, key=lambda response: response.response)
    assert (report.received, report.opened, report.covers, report.tally_rows) == (40, 40, 1, 1)
    assert not report.failed


def test_a_flipped_bit_costs_one_response_and_no_other() -> None:
    rows = sealed(KEY, People(2, victim_voice()).many(30))
    door, row = rows[7]
    rows[7] = (door, row[:3000] + bytes([row[3000] ^ 4]) + row[3001:])
    found, report = opening(rows)
    assert len(found) == 29
    assert report.failed == {"changed since it was sealed": 1}
    assert report.received == 30


def test_a_row_that_is_none_and_a_row_for_another_key_are_counted_apart() -> None:
    people = People(3, victim_voice()).many(3)
    rows = [*sealed(KEY, people[:1]), ("tablet", bytes(5250)), *sealed(fresh_secret().public, people[1:])]
    _, report = opening(rows)
    assert report.failed == {"not a row": 1, "no key for it": 2}


def test_old_keys_still_open() -> None:
    old = fresh_secret()
    people = People(4, victim_voice()).many(2)
    report = OpeningReport()
    rows = [*sealed(old.public, people[:1]), *sealed(KEY, people[1:])]
    assert len(list(opened(rows, [SECRET, old], KNOWN, report, 1))) == 2


def test_the_fullest_copy_is_kept_whatever_the_order() -> None:
    voice, rows = victim_voice(), []
    people = [one for one in People(5, voice).many(20) if one.status == "complete"]
    core = {item.name for item in voice.core_items()}
    for person in people:
        early = replace(
            person, status="core", answers={name: value for name, value in person.answers.items() if name in core}
        )
        rows += sealed(KEY, [early, person], "code" if person.mode == "link" else "tablet")
    random.Random(5).shuffle(rows)  # noqa: S311 - a test repeats
    found, report = opening(rows)
    assert [one.status for one in found] == ["complete"] * len(people)
    assert (report.lesser, report.received) == (len(people), len(people))
    assert opening(rows[::-1])[0] == found


def test_the_very_same_row_twice_is_one_response() -> None:
    rows = sealed(KEY, People(6, victim_voice()).many(3))
    found, report = opening(rows + rows)
    assert (len(found), report.received, report.lesser) == (3, 3, 3)


LIES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another version": lambda content: content | {"v": 2},
    "a kind that is none": lambda content: content | {"kind": "verdict"},
    "no kind": lambda content: {name: value for name, value in content.items() if name != "kind"},
    "an id that is none": lambda content: content | {"response": "7"},
    "a member nobody asked for": lambda content: content | {"device": "tablet 7"},
    "a time finer than a month": lambda content: content | {"period": "2026-11-22"},
    "a language the questionnaire has not": lambda content: content | {"language": "tlh"},
    "a status without the answers": lambda content: content | {"answers": {}},
    "complete, where only the core is in": lambda content: content | {"status": "complete"},
    "an option that is on no list": lambda content: _answers(content, experience="splendid"),
    "an item that does not exist": lambda content: _answers(content, name="Jo"),
    "an answer off the path": lambda content: _answers(content, age="25"),
    "a number for a choice": lambda content: _answers(content, experience=7),
    "a list for a choice": lambda content: _answers(content, experience=["sat3"]),
    "a truth for a choice": lambda content: _answers(content, experience=True),
    "another questionnaire's name": lambda content: content | {"instrument": "other"},
    "quick that is a number": lambda content: content | {"quick": 0},
    "a version that is a truth": lambda content: content | {"v": True},
    "a version with a point": lambda content: content | {"v": 1.0},
    "a place that is a list": lambda content: content | {"place": ["hub-1"]},
    "answers that are a list": lambda content: content | {"answers": ["experience", "sat3"]},
    "an answer that is an object": lambda content: _answers(content, experience={"a": 1}),
    "an id in capitals": lambda content: content | {"response": content["response"].upper()},
}


def _answers(content: dict[str, Any], **answers: Any) -> dict[str, Any]:
    return content | {"answers": content["answers"] | answers}


@pytest.mark.parametrize("lie", LIES, ids=str)
def test_plaintext_that_lies_is_counted_and_left_out(lie: str) -> None:
    people = [one for one in People(7, victim_voice()).many(20) if one.status == "core"]
    lying = LIES[lie](people[0].to_content())
    lie_row = ("tablet", KEY.seal(framed(lying)))
    honest = sealed(KEY, people)
    # Before and after honest ones: what is remembered of them must not make a lie believable.
    found, report = opening([lie_row, *honest, ("tablet", KEY.seal(framed(lying)))])
    assert found == sorted(people, key=lambda response: response.response)
    assert report.failed == {"not to be believed": 2}


TWICE = b'{"kind":"cover","kind":"cover","v":1}'


@pytest.mark.parametrize(
    "plaintext",
    [
        bytes(4096),
        b"\xff" * 4096,
        (4092).to_bytes(4, "big") + b"[" * 4092,
        (2).to_bytes(4, "big") + b"{}" + b"\1".rjust(4090, b"\0"),
        len(TWICE).to_bytes(4, "big") + TWICE.ljust(4092, b"\0"),
        framed({"v": 1, "kind": "cover", "note": "hello"}),
        framed({"v": 1, "kind": "tally", "offered": -1}),
    ],
)
def test_plaintext_that_is_nothing_is_counted_and_left_out(plaintext: bytes) -> None:
    _, report = opening([("tablet", KEY.seal(plaintext))])
    assert report.failed == {"not to be believed": 1}


@pytest.mark.parametrize(
    ("mode", "place", "door", "why"),
    [
        ("kiosk", "nowhere", "tablet", "unknown place"),
        ("kiosk", "counter-1", "open", "mode that its place or door does not allow"),
        ("kiosk", "counter-1", "code", "mode that its place or door does not allow"),
        ("link", "counter-1", "tablet", "mode that its place or door does not allow"),
        ("assisted", "counter-1", "tablet", "mode that its place or door does not allow"),
        ("assisted", "hub-1", "open", "mode that its place or door does not allow"),
    ],
)
def test_a_mode_that_fits_neither_door_nor_place_is_left_out(mode: str, place: str, door: str, why: str) -> None:
    response = People(8, victim_voice()).response(mode=mode, place=place)
    _, report = opening(sealed(KEY, [response], door))
    assert report.failed == {why: 1}


@pytest.mark.parametrize(
    ("mode", "door"), [("kiosk", "tablet"), ("assisted", "tablet"), ("link", "code"), ("link", "open")]
)
def test_a_mode_that_fits_its_door_is_opened(mode: str, door: str) -> None:
    response = People(9, victim_voice()).response(mode=mode, place="hub-1")
    assert opening(sealed(KEY, [response], door))[0] == [response]


def test_an_unknown_questionnaire_is_counted_now_and_opened_once_it_is_known() -> None:
    people = People(10, victim_voice()).many(4)
    rows = sealed(KEY, people)
    found, report = opening(rows, Known.of([with_core()], PLACES))
    assert (found, report.received) == ([], 4)
    assert report.failed == {"unknown questionnaire": 4}
    assert report.unknown_digests == {victim_voice().digest()}
    assert len(opening(rows, Known.of([with_core(), victim_voice()], PLACES))[0]) == 4


def test_a_later_translation_of_the_same_questionnaire_opens_too() -> None:
    voice = victim_voice()
    polish = replace(voice, languages=("en", "pl"))
    assert polish.digest() == voice.digest()
    response = People(11, voice).response(language="pl")
    assert len(opening(sealed(KEY, [response]), Known.of([voice, polish], PLACES))[0]) == 1


def test_rows_are_reconciled_with_tallies_by_place_and_month() -> None:
    people = People(12, victim_voice()).many(5, place="hub-1")
    tallies = [a_tally("hub-1", core=2, complete=3, offered=9, left=1), a_tally("counter-1", complete=4, offered=4)]
    rows = [*sealed(KEY, people), *(("tablet", KEY.seal(framed(tally))) for tally in tallies)]
    _, report = opening([*rows, rows[-1]])
    assert report.differences() == [("counter-1", "2026-11", 4, 0)]
    assert report.tallies["offered"] == 13
    assert report.tallies["complete"] == 7
    assert report.tallies.keys() == set(COUNTS), "what nobody did is nought, not missing"


def test_many_processes_find_what_one_finds() -> None:
    people = People(13, victim_voice()).many(40)
    rows = [*sealed(KEY, people), a_cover(KEY), ("tablet", bytes(5250))] * 50
    alone, report_alone = opening(rows)
    together, report_together = opening(rows, processes=2)
    assert len(rows) > 5 * BATCH
    assert alone == together
    assert report_alone == report_together


def _that_ends(number: int) -> Callable[[list[int]], list[int]]:
    def work(batch: list[int]) -> list[int]:
        if number in batch:
            os._exit(1)
        return batch

    return work


def test_a_worker_that_dies_is_said_and_not_waited_for() -> None:
    with pytest.raises(CrewLost, match="memory"):
        list(worked(range(BATCH * 10), _that_ends, (1,), 2))


def test_only_the_shape_of_a_response_waits_in_memory() -> None:
    rows = sealed(KEY, People(14, victim_voice()).many(10))
    shapes = dict(fullest(rows, [SECRET], KNOWN, OpeningReport(), _place_of, 1))
    assert set(shapes.values()) <= {"counter-1", "hub-1"}


def _place_of(_door: str, response: Response) -> str:
    return response.place


def _believes(judge: Callable[[], object]) -> bool:
    try:
        judge()
    except UntrustworthyPlaintext:
        return False
    return True


def agrees(instrument: Instrument, known: KnownInstrument, response: Response) -> None:
    assert _believes(lambda: known.checked(response)) == _believes(lambda: checked(response, instrument))


_CODES = st.sampled_from(["a", "b", "c", "d", "e", "yes", "no", "none", ""])
_ANSWER = st.one_of(
    _CODES,
    st.lists(_CODES, max_size=3).map(tuple),
    st.integers(-2, 12),
    st.floats(allow_nan=False, allow_infinity=False, width=16),
    st.booleans(),
    st.sampled_from(["2026-11-05", "2026-13-05"]),
)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.just(every_kind()), st.just(with_core()), instruments()), st.data())
def test_what_is_remembered_of_the_ways_is_what_the_questionnaire_says(
    instrument: Instrument, data: st.DataObject
) -> None:
    known = KnownInstrument(instrument)
    names = [item.name for item in instrument.items()] + ["unheard"]
    for _ in range(4):
        answers = data.draw(st.dictionaries(st.sampled_from(names), _ANSWER, max_size=8))
        response = Response(
            "0" * 32, instrument.id, instrument.digest(), "kiosk", "hub-1", "2026-11", "en",
            data.draw(st.sampled_from(["core", "complete"])), data.draw(st.booleans()), answers,
        )  # fmt: skip
        agrees(instrument, known, response)
        assert list(known.way(answers).pages) == [
            item.name
            for page in path(instrument, answers)
            for item in page.items
            if item.asked and item.name in known.way(answers).pages
        ]


def test_honest_answers_are_believed_by_both() -> None:
    voice = victim_voice()
    known = KnownInstrument(voice)
    for response in People(15, voice).many(60):
        assert known.checked(response) == checked(response, voice) == response
        agrees(voice, known, replace(response, answers={**response.answers, "limits": "lot"}))


def test_nothing_of_a_response_is_in_the_report() -> None:
    rows = sealed(KEY, People(16, victim_voice()).many(5))
    _, report = opening(rows)
    assert "sat" not in json.dumps([repr(report)])
    assert SECRET.seed.hex() not in repr(report)


def test_a_seed_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        CollectionSecret(b"short")
