"""Who lays releases of two versions of a questionnaire over each other compares what both tell, and so does Heard."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from custodian_world import PLACES, sealed
from release_world import AUTHORITY, RECIPE, SECRET, records, release, who
from small_instruments import instrument, item, option, page
from small_recipes import fitting

from export.custodian.known import Known
from export.custodian.ledger_file import LedgerRefused
from export.custodian.release import Released
from forms.instrument import Instrument
from forms.response import Response
from survey.signed import read_signed, write_signed


def version(number: str, ways: tuple[str, ...] = ("phone", "letter"), **of_item: dict[str, Any]) -> Instrument:
    """A short questionnaire; ``of_item`` has what differs in one."""
    told: dict[str, dict[str, Any]] = {
        "experience": {"options": tuple(map(option, ("good", "fair", "poor")))},
        "told": {},
        "ways": {"kind": "select_multiple", "options": tuple(map(option, ways))},
        "extra": {},
    }
    asked = {name: {"core": True, **more, **of_item.get(name, {})} for name, more in told.items()}
    asked = {name: more for name, more in of_item.items() if name not in told} | asked
    return replace(instrument(page("p1", *(item(name, **more) for name, more in asked.items()))), version=number)


FIRST = version("1")
CHANGES: dict[str, Instrument | None] = {
    "nothing is changed": None,
    "a question is added": version("2", more={}),
    "a question is withheld": version("2", extra={"disclosure": "withhold"}),
    "an option is added": version("2", ways=("phone", "letter", "text")),
    "an option of one answer is added": version("2", told={"options": tuple(map(option, ("yes", "no", "unsure")))}),
    "a question becomes a key": version("2", told={"disclosure": "key"}),
    "a question takes the name of a column": version("2", ways_phone={"core": True}),
    "all at once": version(
        "2", ("phone", "letter", "text"), told={"disclosure": "key"}, extra={"disclosure": "withhold"}
    ),
}


def folk(seed: int, many: int, first: int, asked: Instrument = FIRST) -> list[Response]:
    """People of different answers, numbered on from ``first``."""
    chance = random.Random(seed)  # noqa: S311
    ways = ("phone",), ("letter",), ("phone", "letter")
    given: dict[str, Callable[[], Any]] = {
        "experience": lambda: chance.choice(["good", "fair", "poor"]),
        "told": lambda: chance.choice(["yes", "no"]),
        "ways": lambda: chance.choice(ways),
        "extra": lambda: chance.choice(["yes", "no"]),
    }
    return [who(first + number, asked, {name: said() for name, said in given.items()}) for number in range(many)]


def of_versions(folder: Path, people: list[Response], newest: Instrument | None, *signed: Instrument) -> Released:
    asked = [FIRST] if newest is None else [newest, FIRST]
    known = Known.of(signed or asked, PLACES)
    return release(folder, sealed(SECRET.public, people), known, recipe=fitting(RECIPE, *asked))[0]


@pytest.mark.parametrize("change", CHANGES)
def test_people_who_come_again_beside_three_new_ones_are_not_released_whatever_a_new_version_changes(
    tmp_path: Path, change: str
) -> None:
    early, newest = folk(1, 60, 0), CHANGES[change]
    of_versions(tmp_path, early, newest, FIRST)
    again = [replace(one, response=f"{10_000 + number:032x}") for number, one in enumerate(early)]
    with pytest.raises(LedgerRefused, match=r"groups of heard-made-up-1 come again .* would single out [1-9] people"):
        of_versions(tmp_path, early + again + folk(2, 3, 20_000), newest)


@pytest.mark.parametrize("change", CHANGES)
def test_other_people_are_released_whatever_a_new_version_changes(tmp_path: Path, change: str) -> None:
    early, newest = folk(1, 60, 0), CHANGES[change]
    of_versions(tmp_path, early, newest, FIRST)
    second = of_versions(tmp_path, early + folk(3, 80, 20_000), newest)
    assert len(records(second)) == 80


def test_a_group_by_a_new_key_is_not_narrowed_below_ten_though_the_old_keys_leave_more_over(tmp_path: Path) -> None:
    early, newest = folk(1, 60, 0), version("2", told={"disclosure": "key"})
    of_versions(tmp_path, early, newest, FIRST)
    again = [replace(one, response=f"{10_000 + number:032x}") for number, one in enumerate(early)]
    late = folk(2, 12, 20_000)
    with pytest.raises(LedgerRefused, match=r"2 groups of heard-made-up-1 come again .* would single out 12 people"):
        of_versions(tmp_path, early + again + late, newest)


def test_a_release_that_the_ledger_cannot_set_anything_against_lets_none_follow(tmp_path: Path) -> None:
    of_versions(tmp_path, folk(1, 60, 0), None)
    path = tmp_path / "ledger.json"
    said = read_signed("ledger", path.read_bytes(), AUTHORITY.public)
    said["releases"][0]["contents"] = "AAAAAAAAAAAAAAAAAAAAAA=="
    said["releases"][0].pop("told", None)
    path.write_bytes(write_signed("ledger", said, AUTHORITY))
    with pytest.raises(LedgerRefused, match=r"heard-made-up-1 is of before the ledger kept what its records told"):
        of_versions(tmp_path, folk(3, 80, 20_000), None)
