"""Figures of a year so far: the sums of what its releases told, so that subtracting them tells what was told anyway."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from custodian_world import People, sealed, victim_voice
from release_world import RECIPE, SECRET, release

from export.custodian.leaving import Leaving
from export.custodian.ledger_file import LedgerRefused
from export.custodian.long_file import write_figures
from export.custodian.release import Released
from export.custodian.so_far import published, so_far
from export.custodian.wording import NOT_APART, NOT_APART_IN_SOME, Coded, Figure
from export.manifest import ReleaseRefused
from forms.response import Response

WHERE = ("mode", "area", "area_level", "measure", "answer", "category", "responses")
Lines = dict[tuple[str, ...], dict[str, str]]


def lines(released: Released, table: str) -> Lines:
    """The figures of one table of its long file, by where they stand."""
    with (released.folder / "figures.csv").open(encoding="utf-8", newline="") as file:
        told = [line for line in csv.DictReader(file) if line["table"] == table]
    return {tuple(line[name] for name in WHERE): line for line in told}


@pytest.fixture(scope="module")
def people() -> list[Response]:
    return People(41, victim_voice()).many(420)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory, people: list[Response]) -> tuple[Path, list[Released]]:
    folder = tmp_path_factory.mktemp("custodian")
    made = [release(folder, sealed(SECRET.public, people[:last]))[0] for last in (140, 280)]
    later = [replace(one, period="2027-01") for one in people[280:]]
    made.append(release(folder, sealed(SECRET.public, people[:280] + later), month="2027-01")[0])
    return folder, made


def test_the_year_so_far_is_the_sum_of_what_its_releases_told_and_nothing_else(
    year: tuple[Path, list[Released]],
) -> None:
    first, second, _ = year[1]
    told = [lines(one, "satisfaction") for one in (first, second)]
    summed = lines(second, "satisfaction-so-far")
    assert summed.keys() == told[1].keys()
    whole = 0
    for where, line in summed.items():
        parts = list(takewhile(lambda part: part["base"].isdigit(), [one[where] for one in told]))
        for name in ("count", "base"):
            if parts and all(part[name].isdigit() for part in parts):
                assert int(line[name]) == sum(int(part[name]) for part in parts)
            else:
                assert line[name] == "[x]"
        if line["count"].isdigit():
            whole += 1
            assert NOT_APART in line["note"], "nobody was quick"
            assert float(line["proportion"]) == round(100 * int(line["count"]) / int(line["base"])) / 100
        else:
            assert line["proportion"] == line["lower95"] == line["upper95"] == "[x]"
    assert whole > 10


def test_figures_of_two_bases_are_never_added_up(year: tuple[Path, list[Released]]) -> None:
    """A recipe may leave other answers out of a base from some release on; its sum with the old ones means nothing."""
    earlier = [published(year[1][0].folder / "figures.csv", "2026-12")]
    line = next(one for one in lines(year[1][0], "satisfaction").values() if one["count"].isdigit())
    mode, area, level, measure, answer, category, responses = (line[name] for name in WHERE)
    now = Figure(
        measure, answer, mode, level, area, category, responses, 20, 40, 50, held="", base_of=line["base_of"],
        coded=Coded(**{name: line[name] for name in Coded._fields}),
    )  # fmt: skip
    (same,) = so_far([now], earlier, {})
    assert (same.count, same.base) == (20 + int(line["count"]), 40 + int(line["base"]))
    # Of areas too there may be two: where it happened, and where they live.
    assert line["area_column"] == "borough"
    for what in ({"off_base": "someelse"}, {"area_column": "home"}):
        (other,) = so_far([replace(now, coded=now.coded._replace(**what))], earlier, {})
        assert (other.count, other.base, other.held) == (None, None, "x")


def test_a_sum_says_where_a_release_told_of_everybody_without_open_links_and_quick_answers(tmp_path: Path) -> None:
    """Two quick people are told of with nobody apart, forty with two figures: their sum is neither."""
    chosen = People(41, victim_voice())
    first = [*chosen.many(160), *(replace(one, quick=True) for one in chosen.many(40))]
    second = [*chosen.many(180), *(replace(one, quick=True) for one in chosen.many(2))]
    made = [release(tmp_path, sealed(SECRET.public, people))[0] for people in (first, first + second)]
    told, summed = [lines(one, "satisfaction") for one in made], lines(made[1], "satisfaction-so-far")
    met = set[tuple[bool, ...]]()
    for where, line in summed.items():
        if line["count"].isdigit() and line["date"] == told[1][where]["date"]:
            together = tuple(NOT_APART in one[where]["note"] for one in told)
            met.add(together)
            assert (NOT_APART in line["note"]) == all(together)
            assert (NOT_APART_IN_SOME in line["note"]) == (any(together) and not all(together))
    assert (False, True) in met
    sheet = openpyxl.load_workbook(made[1].folder / "tables.xlsx")["Table 2"]
    notes = [str(cell.value) for row in sheet.iter_rows() for cell in row]
    assert any(NOT_APART_IN_SOME.capitalize() in note for note in notes)


def of(borough: str, people: list[Response]) -> list[Response]:
    """The same, but whoever said a borough said this one."""
    said = [one for one in people if "borough" in one.answers]
    return [replace(one, answers={**one.answers, "borough": borough}) for one in said]


@pytest.fixture(scope="module")
def moved_on(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Released]]:
    """Two quarters: people of Camden, then people of Croydon, of whom few say how they were treated."""
    folder, chosen = tmp_path_factory.mktemp("custodian"), People(43, victim_voice())
    camden = of("camden", chosen.many(170, period="2026-08"))
    croydon = of("croydon", chosen.many(170, period="2026-11"))
    silent = [
        replace(one, answers={name: answer for name, answer in one.answers.items() if name != "treated"})
        for one in croydon[7:]
    ]
    quarters = {"2026-08": camden, "2026-11": croydon[:7] + silent}
    return folder, [release(folder, sealed(SECRET.public, said), month=month)[0] for month, said in quarters.items()]


def test_where_too_few_are_new_the_old_figure_is_carried_on_with_its_date(
    moved_on: tuple[Path, list[Released]],
) -> None:
    """Ten new in every geography, else nothing newer: what is told again was told before, and says until when."""
    before, now, summed = (
        *(lines(one, "satisfaction") for one in moved_on[1]),
        lines(moved_on[1][1], "satisfaction-so-far"),
    )
    told = [where for where, line in before.items() if line["base"].isdigit() and not now[where]["base"].isdigit()]
    carried = [where for where in told if before[where]["count"].isdigit()]
    assert carried
    for where in told:
        assert summed[where]["date"] == "2026-09"
        noted = before[where]["note"].removeprefix("small base, read with care; ")
        assert summed[where]["note"].endswith("; ".join(filter(None, ["carried on: nothing newer is told", noted])))
        assert summed[where]["base"] == before[where]["base"]
    for where in carried:
        assert all(summed[where][name] == before[where][name] for name in ("count", "proportion", "lower95"))
    fresh = [line for where, line in summed.items() if where not in told]
    assert {line["date"] for line in fresh} == {"2026-12"}
    sheet = openpyxl.load_workbook(moved_on[1][1].folder / "tables.xlsx")["Table 2"]
    assert any("Up to 2026-09" in str(cell.value) for row in sheet.iter_rows() for cell in row)


def test_who_is_new_only_elsewhere_is_not_told_from_the_year_so_far(moved_on: tuple[Path, list[Released]]) -> None:
    """Croydon's people answered in one quarter only, and the year does not tell of fewer than its quarters do."""
    before, _, summed = (
        *(lines(one, "satisfaction") for one in moved_on[1]),
        lines(moved_on[1][1], "satisfaction-so-far"),
    )
    untold = [where for where, line in before.items() if not line["base"].isdigit()]
    assert untold
    assert {summed[where][name] for where in untold for name in ("count", "base", "proportion")} == {"[x]"}


@pytest.mark.parametrize("forged", ["counted anew", "one more"])
def test_a_year_so_far_that_narrows_what_was_held_back_is_refused(
    moved_on: tuple[Path, list[Released]], tmp_path: Path, forged: str
) -> None:
    folder = shutil.copytree(moved_on[0], tmp_path / "custodian")

    def forcing(beside: Path, leaving: Leaving) -> None:
        write_figures(beside, leaving)
        told = pl.read_csv(beside / "figures.csv", infer_schema=False)
        held = pl.col("base") == "[x]"
        bases = {
            "counted anew": pl.when(pl.col("table").str.ends_with("-so-far") & held).then(pl.lit("44")),
            "one more": pl.when(pl.col("table").str.ends_with("-so-far") & ~held).then(
                (pl.col("base").cast(pl.Int64, strict=False) + 1).cast(pl.String)
            ),
        }
        told.with_columns(base=bases[forged].otherwise("base")).write_csv(beside / "figures.csv")

    more = of("camden", People(44, victim_voice()).many(120, period="2026-12"))
    with pytest.raises(LedgerRefused, match=r"narrow what an earlier release held back.*coarser geography"):
        release(folder, sealed(SECRET.public, more), month="2026-12", writers=[forcing])
    assert len(list((folder / "releases").iterdir())) == 2
    assert release(folder, sealed(SECRET.public, more), month="2026-12")[0].records > 0


def test_what_can_be_subtracted_from_the_year_so_far_was_told_anyway(year: tuple[Path, list[Released]]) -> None:
    first, second, _ = year[1]
    before, now, summed = (
        lines(first, "satisfaction"),
        lines(second, "satisfaction"),
        lines(second, "satisfaction-so-far"),
    )
    both = [where for where, line in summed.items() if line["count"].isdigit() and line["date"] == now[where]["date"]]
    assert both
    for where in both:
        assert int(summed[where]["count"]) - int(before[where]["count"]) == int(now[where]["count"])


def test_a_first_release_and_one_of_another_year_have_nothing_to_add_up(year: tuple[Path, list[Released]]) -> None:
    first, _, other = year[1]
    for one in (first, other):
        assert lines(one, "satisfaction")
        assert not lines(one, "satisfaction-so-far")


def test_the_workbook_has_a_sheet_of_the_year_so_far_that_says_what_it_is(year: tuple[Path, list[Released]]) -> None:
    book = openpyxl.load_workbook(year[1][1].folder / "tables.xlsx")
    assert book.sheetnames == ["Cover", "Contents", "Notes", "Table 1", "Table 2"]
    quarter, year_so_far = (book[sheet]["A1"].value for sheet in book.sheetnames[3:])
    assert (quarter, year_so_far) == (
        "Table 1: Satisfaction with the police, per cent",
        "Table 2: Satisfaction with the police, 2026 so far, per cent",
    )
    listed = {cell.value for row in book["Contents"].iter_rows() for cell in row}
    assert {quarter, year_so_far} <= listed
    told = [str(cell.value) for row in book["Table 2"].iter_rows() for cell in row]
    assert any("2026 so far: the sum of 2 releases" in text for text in told)
    figures = lines(year[1][1], "satisfaction-so-far").values()
    bases = {line["base"] for line in figures if line["base"].isdigit()}
    assert bases & set(told)


@pytest.mark.parametrize("what", ["gone", "changed"])
def test_a_year_is_not_summed_over_what_nobody_can_vouch_for(
    year: tuple[Path, list[Released]], tmp_path: Path, people: list[Response], what: str
) -> None:
    folder = shutil.copytree(year[0], tmp_path / "custodian")
    earlier = folder / "releases" / year[1][2].name
    if what == "gone":
        shutil.rmtree(earlier)
        refused: type[ValueError] = LedgerRefused
    else:
        long_file = earlier / "figures.csv"
        long_file.write_bytes(long_file.read_bytes().replace(b"satisfaction", b"satisfaktion", 1))
        refused = ReleaseRefused
    more = People(42, victim_voice()).many(60, period="2027-02")
    with pytest.raises(
        refused, match="gone, and the year so far" if what == "gone" else "differs from what was signed"
    ):
        release(folder, sealed(SECRET.public, more), month="2027-02")
    untold = replace(RECIPE, tables=replace(RECIPE.tables, tables=(replace(RECIPE.tables.tables[0], so_far=False),)))
    assert release(folder, sealed(SECRET.public, more), recipe=untold, month="2027-02")[0].records == 60
