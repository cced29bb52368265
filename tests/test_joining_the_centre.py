"""A code admits one tablet, once and for a day, whatever else is sent to the door that takes codes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from centre_world import PLACE, Answer, Tablet, World, ask, told_world

from export.centre.admitting import issue_code
from export.centre.audit import Audit
from export.centre.instance import Centre

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(hours=24)
A_TABLET = "ab" * 32


@pytest.fixture
def told(tmp_path: Path) -> Iterator[tuple[World, Centre, str]]:
    with told_world(tmp_path / "centre") as everything:
        yield everything


def the_time_is(centre: Centre, moment: datetime) -> None:
    centre.audit = Audit(centre.registry, lambda: moment)


def join_with(address: str, body: bytes) -> Answer:
    return ask("POST", f"{address}tablets/enrol", body, {"Content-Type": "application/json"})


def test_a_code_works_for_a_day_and_then_no_more(told: tuple[World, Centre, str]) -> None:
    _, centre, address = told
    the_time_is(centre, NOON)
    early, late = issue_code(centre, PLACE), issue_code(centre, PLACE)
    the_time_is(centre, NOON + DAY - timedelta(seconds=1))
    assert Tablet(address).enrol(early).status == 200
    the_time_is(centre, NOON + DAY)
    too_late, wrong = Tablet(address).enrol(late), Tablet(address).enrol("0000-0000-0000-0000")
    assert too_late.status == 403
    assert "ask the centre for a new one" in too_late.json["problem"]
    assert too_late.body == wrong.body, "which of them it was helps only somebody who tries codes"


def test_eight_tablets_with_one_code_at_once_are_one_tablet(told: tuple[World, Centre, str]) -> None:
    _, centre, address = told
    code = issue_code(centre, PLACE)
    with ThreadPoolExecutor(8) as at_once:
        said = [answer.status for answer in at_once.map(lambda tablet: tablet.enrol(code), [Tablet(address)] * 8)]
    assert sorted(said)[0] == 200
    assert said.count(200) == 1
    assert len(centre.registry.tablets()) == 1


@pytest.mark.parametrize(
    "untrusted",
    [
        b"",
        b"\xff\xfe\x00",
        b"null",
        b"[]",
        b"{}",
        b'{"code":' + b"[" * 30_000,
        b'{"code":"x","code":"y","tablet":"%s"}' % A_TABLET.encode(),
        json.dumps({"code": "\ud800", "tablet": A_TABLET}).encode(),
        json.dumps({"code": "\x00" * 9000, "tablet": A_TABLET}).encode(),
        json.dumps({"code": {"a": [1]}, "tablet": A_TABLET}).encode(),
        json.dumps({"code": "x", "tablet": 5}).encode(),
        json.dumps({"code": "x", "tablet": "é" * 64}).encode(),
        json.dumps({"code": "x", "tablet": A_TABLET + "00"}).encode(),
        json.dumps({"code": "' OR 1=1 --", "tablet": A_TABLET}).encode(),
    ],
    ids=lambda body: repr(body[:30]),
)
def test_hostile_bytes_at_the_tablets_door_are_a_code_that_does_not_work(
    told: tuple[World, Centre, str], untrusted: bytes
) -> None:
    _, centre, address = told
    code = issue_code(centre, PLACE)
    answer = join_with(address, untrusted)
    assert answer.status == 403
    assert "ask the centre for a new one" in answer.json["problem"]
    assert centre.registry.tablets() == {}
    assert Tablet(address).enrol(code).status == 200
