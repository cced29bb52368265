"""How many were asked: counted where somebody can count honestly, told in round numbers, and nowhere else a number."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from custodian_world import PASSPHRASE, PLACES, People, Rows, a_tally, carried_out, sealed, victim_voice
from release_world import AUTHORITY, RECIPE, SECRET, WAITING, codebook, release, who
from small_instruments import instrument, item, page
from small_recipes import fitting
from test_custodian_verbs import custodian, heard, made, refused, signed, well

from export.custodian.codebook import write_codebook
from export.custodian.counts import write_counts
from export.custodian.custody import Custody
from export.custodian.formats import write_csv
from export.custodian.known import Known
from export.manifest import verified
from export.printings import Printing, UntrustworthyPrintings, read_printings
from forms.response import framed
from survey.parcel import CARRY_OUT, open_parcel
from survey.places import Place
from survey.sealing import CollectionKey

__all__ = ["custodian", "made", "signed"]  # fixtures

WAYS = {"tablet", "card", "open-card", "poster", "text", "link"}


def tallied(*tallies: dict[str, Any], door: str = "tablet", key: CollectionKey = SECRET.public) -> Rows:
    return [(door, key.seal(framed(tally))) for tally in tallies]


def lines(folder: Path) -> dict[tuple[str, str, str], str]:
    with (folder / "counts.csv").open(encoding="utf-8", newline="") as file:
        return {(line["place"], line["way"], line["measure"]): line["count"] for line in csv.DictReader(file)}


def counted(
    folder: Path, rows: Rows, printings: Sequence[Printing] = (), **more: Any
) -> dict[tuple[str, str, str], str]:
    people = sealed(SECRET.public, People(41, victim_voice()).many(40))
    made, _ = release(
        folder, [*people, *rows], writers=(write_csv, write_codebook, write_counts), printings=printings, **more
    )
    assert "counts.csv" in verified(made.folder, AUTHORITY.public).files
    assert verified(made.folder, AUTHORITY.public).public == (), "for named analysts"
    return lines(made.folder)


def test_what_tablets_counted_stands_in_round_numbers_by_place_as_the_records_tell_it(tmp_path: Path) -> None:
    offered = a_tally("counter-1", offered=113, started=58, core=12, complete=31, left=9, timed_out=13)
    found = counted(tmp_path, tallied(offered, a_tally("counter-1", offered=4, started=4)))
    told = {measure: count for (place, way, measure), count in found.items() if (place, way) == ("counter", "tablet")}
    assert told == {"offered": "115", "started": "60", "core": "10", "complete": "30", "left": "[c]", "timed_out": "15"}
    assert {place for place, *_ in found} == {"counter", "hub"}, "at the level of the records"
    assert found["hub", "tablet", "offered"] == "[c]", "nobody and nine are one"


def test_every_place_and_way_has_its_line_whatever_was_counted(tmp_path: Path) -> None:
    nothing = counted(tmp_path / "nothing", [])
    printings = [Printing("hub-1", "poster", 12, 0)]
    something = counted(tmp_path / "something", tallied(a_tally("hub-1", offered=400)), printings)
    assert nothing.keys() == something.keys()
    assert {way for _, way, _ in nothing} == WAYS
    assert set(nothing.values()) == {"[c]", "not counted"}


def test_nobody_counts_who_opens_a_link_and_the_release_says_so(tmp_path: Path) -> None:
    behind = tallied(a_tally("hub-1", offered=90, started=90, core=40, complete=40), door="open")
    found = counted(tmp_path, behind)
    assert {count for (_, way, _), count in found.items() if way == "link"} == {"not counted"}
    assert [measure for _, way, measure in found if way == "link"] == ["interviews", "interviews"]
    assert found["hub", "tablet", "offered"] == "[c]"


@pytest.mark.parametrize("door", ["open", "code"])
def test_who_sends_counts_by_a_link_moves_no_count_and_no_reconciliation(tmp_path: Path, door: str) -> None:
    people = People(42, victim_voice()).many(20, place="hub-1")
    honest = [*sealed(SECRET.public, people), *tallied(a_tally("hub-1", offered=30, core=20))]
    forged = tallied(a_tally("hub-1", offered=9_000, core=9_000), door=door)
    _, before = release(tmp_path / "before", honest, writers=(write_csv, write_counts))
    _, after = release(tmp_path / "after", [*honest, *forged], writers=(write_csv, write_counts))
    assert (after.tallies, after.differences()) == (before.tallies, before.differences())
    assert before.differences() == []
    assert after.tallies["offered"] == 30
    assert after.behind_links["offered"] == 9_000, "told to the custodian, by itself"


def test_months_that_are_not_over_are_not_counted_yet(tmp_path: Path) -> None:
    over, running = a_tally("hub-1", "2026-11", offered=40), a_tally("hub-1", "2027-01", offered=500)
    nobody_knows = a_tally("hub-1", "unknown", offered=20)
    found = counted(tmp_path, tallied(over, running, nobody_knows), recipe=WAITING, month="2027-02")
    assert found["hub", "tablet", "offered"] == "60"


def test_cards_and_cancelled_cards_stand_apart_by_route(tmp_path: Path) -> None:
    printings = [
        Printing("hub-1", "card", 118, 50), Printing("hub-1", "poster", 3, 0), Printing("hub-1", "text", 4_000, 0),
        Printing("gone", "card", 900, 0),
    ]  # fmt: skip
    found = counted(tmp_path, [], printings)
    assert (found["hub", "card", "printed"], found["hub", "card", "cancelled"]) == ("120", "50")
    assert (found["hub", "poster", "printed"], found["hub", "text", "printed"]) == ("[c]", "4000")
    assert "900" not in found.values(), "a place that no keys file names"


def test_a_told_count_is_ten_or_more_and_the_nearest_multiple_of_five(tmp_path: Path) -> None:
    places = tuple(Place(f"hub-{count}", "A hub", "hub", ("kiosk",)) for count in range(1, 61))
    single = replace(RECIPE, hierarchies=tuple(one for one in RECIPE.hierarchies if one.variable != "place"))
    printings = [Printing(f"hub-{count}", "card", count, 0) for count in range(1, 61)]
    tallies = tallied(*(a_tally(f"hub-{count}", left=count) for count in range(1, 61)))
    known = Known.of([victim_voice()], [*PLACES, *places])
    found = counted(tmp_path, tallies, printings, known=known, recipe=single)
    for exact in range(1, 61):
        for told in (found[f"hub-{exact}", "tablet", "left"], found[f"hub-{exact}", "card", "printed"]):
            assert (told == "[c]") == (exact < 10)
            assert told == "[c]" or (int(told) % 5 == 0 and abs(int(told) - exact) <= 2)


@pytest.mark.parametrize(("forged", "left_out", "told"), [(103, 6, "[c]"), (120, 23, "25")])
def test_what_counts_tell_in_round_numbers_is_not_all_less_the_records(
    tmp_path: Path, forged: int, left_out: int, told: str
) -> None:
    """Records and the exact number of those left out came to all who were kept: less other places', a hidden count."""
    made = instrument(page("p1", item("experience", core=True)), page("p2", item("age", "integer", disclosure="key")))
    ages = [40] * 60 + [900, 901, 902]
    people = [who(number, made, {"experience": "no", "age": age}) for number, age in enumerate(ages)]
    linked = [
        replace(who(100 + age, made, {"experience": "no", "age": 200 + age}), mode="link") for age in range(forged)
    ]
    released, _ = release(
        tmp_path, [*sealed(SECRET.public, people), *sealed(SECRET.public, linked, "open")], Known.of([made], PLACES),
        recipe=fitting(RECIPE, made), writers=(write_csv, write_codebook, write_counts),
    )  # fmt: skip
    assert released.left_out == left_out, "the custodian is told exactly"
    assert codebook(released)["left_out"] == told


GOOD = Printing("hub-1", "card", 100, 20).to_json()
BAD: list[Any] = [
    None, {}, "printed", [1], [{}], [GOOD | {"batch": 7}], [GOOD | {"place": "a b"}], [GOOD | {"place": 1}],
    [GOOD | {"route": "dove"}], [GOOD | {"route": ["card"]}], [GOOD | {"printed": -1}], [GOOD | {"printed": True}],
    [GOOD | {"printed": 1.0}], [GOOD | {"cancelled": 101}], [GOOD | {"cancelled": -1}],
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD)
def test_a_carry_out_that_counts_as_no_centre_does_is_refused(bad: Any) -> None:
    assert read_printings({"printed": [GOOD]}) == (Printing("hub-1", "card", 100, 20),)
    with pytest.raises(UntrustworthyPrintings, match=r"arry.out"):
        read_printings({"printed": bad})


def test_the_walk_with_what_was_printed(signed: Path, tmp_path: Path) -> None:
    (secret,) = Custody(signed).collection(PASSPHRASE)
    people = People(2, victim_voice()).many(40, period="2026-02", place="hub-1")
    rows = sealed(secret.public, people)
    rows += tallied(a_tally("hub-1", "2026-02", offered=57, core=40), key=secret.public)
    rows += tallied(a_tally("hub-1", "2026-02", offered=6, started=6), door="open", key=secret.public)
    printings = [Printing("hub-1", "card", 118, 0)]
    path = carried_out(tmp_path / "rows.carried", rows, printings=printings)
    assert read_printings(open_parcel(path, CARRY_OUT, None).header) == tuple(printings)
    told = well(heard(signed, "release", "--from", str(path), "--json"))
    summary = json.loads(told.strip().splitlines()[-1])
    assert summary["tallies"]["offered"] == 57, "tablets alone"
    assert "By links, without scripts: 6 began. Who answers with scripts is not counted: no rate." in told
    assert "tallies tell" not in told
    assert lines(signed / "releases" / summary["release"])["hub", "card", "printed"] == "120"
    changed = tmp_path / "changed.carried"
    changed.write_bytes(path.read_bytes().replace(b'"printed":118', b'"printed":119', 1))
    refused(heard(signed, "release", "--from", str(changed)), "changed after it was signed")
