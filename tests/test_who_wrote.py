"""Nobody who has the records and the themes of a release can tell who wrote something, or narrow it below ten.

The attacker here reads ``records.csv``, ``themes.csv`` and the questionnaire, and nothing else.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from custodian_world import PLACES, sealed
from hypothesis import given
from hypothesis import strategies as st
from release_world import RECIPE, SECRET, records, release, who
from small_instruments import answers_to, instrument, item, page
from small_recipes import fitting

from export.custodian.known import Known
from export.custodian.records import Columns
from export.custodian.release import WRITERS, Released
from export.custodian.themes import CodeFrame
from export.custodian.written import Words
from forms.instrument import Instrument
from forms.response import Response
from forms.routing import on_path

SLOW = Words(CodeFrame({"slow": "A theme"}, {"slow": ("slow*",)}))
LEAST, MOVED = 10, 3
CORE = page("core", item("experience", core=True))
ALONE = instrument(
    CORE, page("before", item("complain")), page("words", item("better", "text")), page("after", item("about"))
)
TOGETHER = instrument(CORE, page("words", item("better", "text"), item("complain")), page("after", item("about")))
AFTER_WITHHELD = instrument(
    CORE, page("before", item("complain")), page("secret", item("hidden", disclosure="withhold")),
    page("words", item("better", "text", relevant="${experience} = 'yes'")), page("after", item("about")),
)  # fmt: skip
IN_THE_CORE = instrument(
    CORE, page("more", item("complain")), page("words", item("better", "text", core=True)),
    page("no", item("worse", "text", core=True), item("why", core=True), relevant="${complain} = 'no'"),
)  # fmt: skip
SAID = {"experience": "yes", "complain": "yes", "better": "so slow", "about": "yes"}
FOUR = (ALONE, TOGETHER, AFTER_WITHHELD, IN_THE_CORE)


def out(folder: Path, asked: Instrument, people: Sequence[Response]) -> Released:
    """The next release of this folder: records, counts, figures and themes."""
    known, recipe = Known.of([asked], PLACES), fitting(RECIPE, asked)
    return release(folder, sealed(SECRET.public, people), known, recipe=recipe, words=SLOW, writers=WRITERS)[0]


def answering(asked: Instrument, *groups: tuple[int, str, Sequence[str]]) -> list[Response]:
    """So many people who came to the end or not, each with these questions answered."""
    every = [(status, names) for count, status, names in groups for _ in range(count)]
    return [
        replace(who(n, asked, {name: SAID[name] for name in names}), status=status)
        for n, (status, names) in enumerate(every)
    ]


def of_themes(released: Released) -> int | None:
    """How many wrote, as it is told."""
    with (released.folder / "themes.csv").open(encoding="utf-8", newline="") as file:
        (of,) = {line["of"] for line in csv.DictReader(file)}
    return None if of == "[c]" else int(of)


class Attacker:
    """Somebody with the records of a release and its questionnaire."""

    def __init__(self, asked: Instrument, released: Released) -> None:
        self._asked, self._known = asked, next(iter(Known.of([asked], PLACES).instruments.values()))
        self._rows = records(released)
        self._texts = [one.name for one in asked.items() if one.kind == "text"]
        self._core = {one.name for one in asked.core_items()}

    def wholes(self) -> Mapping[str, tuple[int, int]]:
        """By what they reckon with the least and the most that may have written, or were asked."""
        sure, near, may = (
            sum(map(by, self._rows)) for by in (self._surely_asked, self._hardly_ruled_out, self._possible)
        )
        of_those = {"those possible": (may, may), "those likely": (near, near)}
        return {"possible": (sure, may), "likely": (sure, near), **of_those}

    def _pages(self, row: Mapping[str, str]) -> Mapping[str, int]:
        return self._known.way({name: cell for name, cell in row.items() if cell not in {"[x]", "[z]", "[c]"}}).pages

    def _open(self, row: Mapping[str, str]) -> list[int]:
        return [page for name, page in self._pages(row).items() if name in self._texts]

    def _surely_asked(self, row: Mapping[str, str]) -> bool:
        way, open_at = self._pages(row), self._open(row)
        reached = max((at for name, at in way.items() if row.get(name, "[z]") not in {"[z]", "[x]"}), default=-1)
        in_core = any(name in self._core for name in self._texts if name in way)
        return bool(open_at) and (row["status"] == "complete" or in_core or min(open_at) <= reached)

    def _possible(self, row: Mapping[str, str]) -> bool:
        return bool(self._open(row))

    def _hardly_ruled_out(self, row: Mapping[str, str]) -> bool:
        open_at = self._open(row)
        before = [name for name, at in self._pages(row).items() if open_at and at <= min(open_at)]
        return bool(open_at) and (self._surely_asked(row) or all(row.get(name) != "[z]" for name in before))


def narrowed(asked: Instrument, released: Released) -> list[str]:
    """By what reckoning the attacker is left with fewer than ten who wrote nothing, or may be, too closely known."""
    of, found = of_themes(released), []
    for how, (low, high) in () if of is None else Attacker(asked, released).wholes().items():
        least, most = max(0, low - of - MOVED), max(0, high - max(LEAST, of - MOVED))
        found += [how] if least < LEAST and most - least < LEAST else []
    return found


@pytest.mark.parametrize(
    ("asked", "stopped"),
    [(ALONE, ["experience"]), (TOGETHER, ["experience"]), (AFTER_WITHHELD, ["experience"])],
)  # fmt: skip
def test_who_stopped_before_the_open_question_hides_nobody_who_was_asked_it(
    tmp_path: Path, asked: Instrument, stopped: list[str]
) -> None:
    """Of 45 who are known to have been asked 40 wrote; the records say of the 30 others that they never came so far."""
    whole = ["experience", "complain", "about"]
    people = answering(
        asked, (40, "complete", [*whole, "better"]), (5, "complete", whole), (30, "core", stopped)
    )  # fmt: skip
    released = out(tmp_path, asked, people)
    assert of_themes(released) is None
    assert narrowed(asked, released) == []


def test_where_many_were_asked_and_wrote_nothing_it_is_still_told_how_many_wrote(tmp_path: Path) -> None:
    whole = ["experience", "complain", "about"]
    people = answering(ALONE, (40, "complete", [*whole, "better"]), (30, "complete", whole), (30, "core", whole[:1]))
    released = out(tmp_path, ALONE, people)
    assert abs((of_themes(released) or 0) - 40) <= MOVED
    assert narrowed(ALONE, released) == []


def test_an_open_question_of_the_core_that_was_not_on_their_way_hides_nobody(tmp_path: Path) -> None:
    whole = instrument(
        CORE, page("more", item("complain")),
        page("words", item("better", "text", core=True), relevant="${experience} = 'yes'"),
        page("gap", item("why"), relevant="${complain} = 'no'"),
        page("others", item("worse", "text"), relevant="${complain} = 'no'"),
    )  # fmt: skip
    yes = [{"experience": "yes", "complain": "yes"} | said for said in ([{"better": "so slow"}] * 40 + [{}] * 5)]
    people = [who(n, whole, said) for n, said in enumerate(yes)]
    others = [replace(who(100 + n, whole, {"experience": "no", "complain": "no"}), status="core") for n in range(30)]
    released = out(tmp_path, whole, [*people, *others])
    assert narrowed(whole, released) == []


@pytest.mark.parametrize("asked", FOUR[:3], ids=["alone", "on one page with another", "after one that is withheld"])
def test_the_record_of_one_who_wrote_and_then_stopped_is_that_of_one_who_did_not(
    tmp_path: Path, asked: Instrument
) -> None:
    """Who skipped the question before it stood there as having been shown that, and nothing after it was answered."""
    silent, wrote = (
        answering(asked, (30, "complete", ["experience", "complain", "about"]), (20, "core", ["experience", *more]))
        for more in ([], ["better"])
    )
    told = [records(out(tmp_path / name, asked, people)) for name, people in (("1", silent), ("2", wrote))]
    assert told[0] == told[1]
    assert {row["complain"] for row in told[0]} == {"yes", "[z]"}


@st.composite
def questionnaires(draw: st.DrawFn) -> Instrument:
    """Pages of questions that are told, withheld or open, some of them asked after a yes only."""
    kinds: dict[str, dict[str, Any]] = {
        "told": {}, "known": {"disclosure": "key"}, "withheld": {"disclosure": "withhold"}, "open": {"kind": "text"},
    }  # fmt: skip
    sizes = draw(st.lists(st.integers(1, 2), min_size=2, max_size=5))
    numbers = iter(range(20))
    pages = [
        page(
            f"p{place}",
            *(
                item(f"{kind}{next(numbers)}", **kinds[kind])
                for kind in draw(st.lists(st.sampled_from(sorted(kinds)), min_size=size, max_size=size))
            ),
            relevant=draw(st.sampled_from([None, "${experience} = 'yes'"])),
        )
        for place, size in enumerate(sizes)
    ]
    return instrument(CORE, *pages)


@given(asked=questionnaires(), data=st.data())
def test_nothing_that_is_not_told_moves_a_cell_of_any_record(asked: Instrument, data: st.DataObject) -> None:
    """The cells of whoever stopped are those of one who stopped where they last gave an answer that is told."""
    columns = Columns(Known.of([asked], PLACES))
    said = on_path(asked, {**data.draw(answers_to(asked)), "experience": data.draw(st.sampled_from(["yes", "no"]))})
    silent = {name: answer for name, answer in said.items() if name in columns.told}
    cells = [columns.cells(replace(who(1, asked, dict(one)), status="core")) for one in (said, silent)]
    assert cells[0] == cells[1]
