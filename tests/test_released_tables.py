"""What everybody gets of a release: a workbook and a long file, over the same people as its records."""

from __future__ import annotations

import csv
import stat
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from custodian_world import PASSPHRASE, People, sealed, victim_voice
from release_world import AUTHORITY, RECIPE, SECRET, SHIPPED, codebook, records, release

from export.custodian.closing import CannotClose
from export.custodian.custody import Custody, CustodyRefused, WrongPassphrase
from export.custodian.leaving import MADE_UP
from export.custodian.ledger import Ledger
from export.custodian.ledger_file import LedgerRefused
from export.custodian.long_file import COLUMNS
from export.custodian.release import Released
from export.custodian.table import RESPONSE
from export.custodian.telling import series_secret
from export.custodian.wording import NOT_APART, SURE_SAID, wilson
from forms.response import Response

CORE = replace(SHIPPED, tables=replace(SHIPPED.tables, tables=SHIPPED.tables.tables[:2]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("custodian")


@pytest.fixture(scope="module")
def people() -> list[Response]:
    chosen = People(1, victim_voice())
    return [*chosen.many(230), *chosen.many(12, mode="link", place="hub-1"), *chosen.many(15, quick=True)]


@pytest.fixture(scope="module")
def first(folder: Path, people: list[Response]) -> Released:
    released, _ = release(folder, sealed(SECRET.public, people[:230] + people[242:]), recipe=CORE)
    return released


def figures(released: Released) -> list[dict[str, str]]:
    with (released.folder / "figures.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_long_file_has_the_columns_that_such_files_have_and_every_figure(first: Released) -> None:
    told = figures(first)
    assert tuple(told[0]) == (*COLUMNS, "recipe")
    assert COLUMNS[:9] == (
        "date", "survey", "mode", "area", "measure", "proportion", "base", "lower95", "upper95",
    )  # fmt: skip
    assert {one["date"] for one in told} == {"2026-12"}
    assert all(MADE_UP in one["survey"] for one in told)
    per_mode = Counter(one["mode"] for one in told)
    assert set(per_mode) == {"On a tablet"}, "a figure never tells of two modes"
    assert {one["table"] for one in told} == {"satisfaction", "satisfaction-by-crime"}


def test_who_cannot_say_yet_is_in_no_base_and_every_file_says_so(first: Released) -> None:
    told, too_early = figures(first), "It is too early to say"
    actions, treated = (victim_voice().item(name).labels["en"] for name in ("actions", "treated"))
    assert too_early not in {one["answer"] for one in told}
    assert {one["base_of"] for one in told if one["measure"] == actions} == {
        f"Everybody who answered the question, but not: {too_early}"
    }
    assert {one["base_of"] for one in told if one["measure"] == treated} == {"Everybody who answered the question"}
    said = [record["actions"] for record in records(first)]
    in_base = sum(not answer.startswith("[") and answer != "tooearly" for answer in said)
    assert said.count("tooearly") > 10
    whole = {"measure": actions, "table": "satisfaction", "area": "London", "responses": "All"}
    (base,) = {one["base"] for one in told if whole.items() <= one.items()}
    blank = said.count("[c]") + sum(record["borough"] in {"[c]", "[x]", "[z]", "outside"} for record in records(first))
    assert in_base - blank - 3 <= int(base) <= in_base + blank + 3
    assert f"but not: {too_early}" in words_of(first, "Table 1")
    columns = {one["column"]: one for one in codebook(first)["columns"]}
    assert (columns["actions"]["off_base"], columns["treated"]["off_base"]) == (["tooearly"], [])


def test_figures_of_the_long_file_follow_from_its_counts_and_nothing_else(first: Released) -> None:
    shown = [one for one in figures(first) if not one["proportion"].startswith("[")]
    assert len(shown) > 20
    for one in shown:
        count, base = int(one["count"]), int(one["base"])
        assert count >= 10
        assert base >= 30
        assert float(one["proportion"]) == min(100, round(100 * count / base)) / 100
        low, high = wilson(min(count, base), base)
        assert (one["lower95"], one["upper95"]) == (f"{low:.2f}", f"{high:.2f}")
        assert (one["note"] != "") == (base < 50)
    held = {one["proportion"] for one in figures(first)} - {one["proportion"] for one in shown}
    assert held == {"[c]", "[u]"}


def test_counts_are_near_those_of_the_records_and_not_the_same(first: Released) -> None:
    experience = victim_voice().item("experience")
    codes = {option.labels["en"]: {option.code} for option in experience.options}
    (scale,) = CORE.tables.grouped
    codes |= {scale.labels[group]: set(answers) for group, answers in scale.groups.items()}
    exact = Counter(record["experience"] for record in records(first))
    london = {"measure": experience.labels["en"], "table": "satisfaction", "area": "London", "responses": "All"}
    whole = [one for one in figures(first) if london.items() <= one.items() and one["count"][0] != "["]
    assert whole
    assert all(int(one["count"]) <= sum(exact[code] for code in codes[one["answer"]]) + 3 for one in whole)
    assert {"Satisfied: completely, very or fairly", "Dissatisfied: completely, very or fairly"} <= {
        one["answer"] for one in whole
    }


def test_no_file_that_leaves_has_an_exact_count_or_a_key(first: Released) -> None:
    for name in ("figures.csv", "tables.xlsx"):
        content = (first.folder / name).read_bytes()
        assert b"_key" not in content
        assert b"small" not in content.replace(b"small base", b"").replace(b"small count", b"")


def test_every_figure_stands_there_again_without_open_links_and_quick_answers(first: Released) -> None:
    told, place = figures(first), ("mode", "area", "measure", "answer", "table", "area_level", "category")
    with_all, without = (
        {tuple(one[name] for name in place) for one in told if (one["responses"] == SURE_SAID) is sure}
        for sure in (False, True)
    )
    assert with_all == without


def test_where_few_came_by_an_open_link_or_quickly_one_figure_is_told_and_a_note_says_so(first: Released) -> None:
    place = ("mode", "area", "measure", "answer", "table", "area_level", "category")
    told = {(tuple(one[name] for name in place), one["responses"]): one for one in figures(first)}
    noted = {(where, said): one for (where, said), one in told.items() if NOT_APART in one["note"]}
    assert noted
    for where, said in noted:
        whole, sure = noted[where, "All"], noted[where, SURE_SAID]
        assert all(whole[name] == sure[name] for name in ("count", "base", "proportion")), said
    for (where, said), one in told.items():
        if said == "All" and one["base"].isdigit() and (where, said) not in noted:
            sure_base = told[where, SURE_SAID]["base"]
            assert sure_base == "[c]" or int(one["base"]) - int(sure_base) >= 6
    notes = {row[-1] for row in rows_of(openpyxl.load_workbook(first.folder / "tables.xlsx")["Table 2"])[1:]}
    assert any(NOT_APART.capitalize() in note for note in notes)


def test_the_workbook_is_one_that_everybody_can_use(first: Released) -> None:
    book = openpyxl.load_workbook(first.folder / "tables.xlsx")
    assert book.sheetnames == ["Cover", "Contents", "Notes", "Table 1", "Table 2"]
    assert "MADE UP" in " ".join(str(cell.value) for row in book["Cover"].iter_rows() for cell in row)
    for sheet in book.worksheets[3:]:
        assert len(sheet.tables) == 1
        assert not sheet.merged_cells.ranges
        header, *rows = rows_of(sheet)
        assert rows
        assert all(value not in {None, ""} for row in rows for value in [*header, *row])
        base = header.index("Base")
        percent = [value for row in rows for value in row[base + 1 : -1]]
        assert all(isinstance(value, int) or value in {"[c]", "[u]", "[z]"} for value in percent)
        assert any(isinstance(value, int) for value in percent)
        assert all(row[base] >= 10 for row in rows)
    # The hour of a release is nobody's business.
    assert book.properties.created.year == 2000


def test_each_sheet_explains_the_shorthand_that_stands_in_it_and_whose_answers_it_tells(first: Released) -> None:
    book = openpyxl.load_workbook(first.folder / "tables.xlsx")
    explained = set()
    for sheet in book.worksheets[3:]:
        texts = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]
        stands = {value for row in rows_of(sheet)[1:] for value in row if str(value).startswith("[")}
        legend = {text[:3]: text for text in texts if text.startswith("[") and text not in stands}
        assert legend.keys() == stands, "no more and no less: in the records [x] means something else"
        explained |= set(legend.values())
        assert "Up to 2026-12, without what an earlier release of the series told" in texts
    assert "[u] held back: the base, as it is told, is under 30" in explained
    cover = " ".join(str(cell.value) for row in book["Cover"].iter_rows() for cell in row)
    assert "Answers are not weighted" in cover
    assert CORE.digest in cover


def rows_of(sheet: Any) -> list[list[Any]]:
    """A sheet's table, its heading without the marks of notes."""
    table = next(iter(sheet.tables.values()))
    header, *rows = [[cell.value for cell in row] for row in sheet[table.ref]]
    return [[str(name).split("\n")[0].split("[note")[0].strip() for name in header], *rows]


def test_the_workbook_and_the_long_file_tell_the_same(first: Released) -> None:
    header, *rows = rows_of(openpyxl.load_workbook(first.folder / "tables.xlsx")["Table 1"])
    said = {
        (one["mode"], one["area"], one["measure"], one["responses"], one["answer"]): one
        for one in figures(first) if one["table"] == "satisfaction"
    }  # fmt: skip
    for row in rows:
        told = dict(zip(header, row, strict=True))
        address = tuple(told[name] for name in ("How it was answered", "Area", "Question", "Responses counted"))
        for answer in header[header.index("Base") + 1 : -1]:
            if told[answer] != "[z]":
                figure = said[(*address, answer)]
                assert figure["base"] == str(told["Base"])
                shown = isinstance(told[answer], int)
                assert figure["proportion"] == (f"{told[answer] / 100:.2f}" if shown else told[answer])


def test_the_attacker_report_does_not_lie_in_the_release_and_only_its_owner_reads_it(
    folder: Path, first: Released
) -> None:
    report = folder / "reports" / f"{first.name}.txt"
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    text = report.read_text()
    for part in (
        "For the publisher only",
        "Covered:",
        "Not covered:",
        "The first release of its series",
        "interval of 10",
    ):
        assert part in text
    assert report.name not in {path.name for path in first.folder.iterdir()}


def test_a_release_that_shares_somebody_with_an_earlier_one_is_refused(folder: Path, first: Released) -> None:
    ledger = Ledger(folder, AUTHORITY)
    forced = pl.DataFrame({RESPONSE: [bytes.fromhex(People(1, victim_voice()).response().response)]})
    with pytest.raises(LedgerRefused, match="1 of these people are in an earlier release"):
        ledger.nobody_again(forced[RESPONSE])
    ledger.nobody_again(pl.Series([b"somebody else"], dtype=pl.Binary))
    assert first.records


def test_where_no_group_is_large_enough_the_workbook_says_so(tmp_path: Path, people: list[Response]) -> None:
    few = [replace(one, mode=mode, place="hub-1") for one, mode in zip(people, ["kiosk", "link"] * 6, strict=False)]
    released, _ = release(tmp_path, sealed(SECRET.public, few[::2]) + sealed(SECRET.public, few[1::2], "code"))
    assert released.records
    _, row = rows_of(openpyxl.load_workbook(released.folder / "tables.xlsx")["Table 1"])
    assert set(row) == {"[c]"}
    assert "No percentage is told here" in words_of(released, "Table 1")


def words_of(released: Released, sheet: str) -> str:
    """Everything that a sheet says."""
    cells = openpyxl.load_workbook(released.folder / "tables.xlsx")[sheet].iter_rows()
    return "\n".join(str(cell.value) for row in cells for cell in row if cell.value is not None)


def test_a_busy_counter_where_everybody_is_quick_is_told_of(tmp_path: Path, people: list[Response]) -> None:
    quick = [replace(one, quick=True) for one in people[:120]]
    released, _ = release(tmp_path, sealed(SECRET.public, quick))
    told = [one for one in figures(released) if not one["proportion"].startswith("[")]
    assert told
    assert {one["responses"] for one in told} == {"All"}, "without quick answers nothing is left"
    assert "No percentage is told here" not in words_of(released, "Table 1")


def test_tables_of_too_few_are_refused_with_how_long_to_wait(tmp_path: Path, people: list[Response]) -> None:
    strict = replace(RECIPE, tables=replace(RECIPE.tables, threshold=20))
    with pytest.raises(CannotClose, match=r"number of responses alone\. Wait for 8 more: at this pace about 3 weeks\."):
        release(tmp_path, sealed(SECRET.public, people[:12]), recipe=strict)
    assert not list(tmp_path.rglob("*.csv"))


def test_a_rounding_recipe_rounds_and_says_so(tmp_path: Path, people: list[Response]) -> None:
    rounding = replace(RECIPE, tables=replace(RECIPE.tables, protection="round"))
    released, _ = release(tmp_path, sealed(SECRET.public, people[:120]), recipe=rounding)
    counts = [int(one["count"]) for one in figures(released) if one["count"][0] != "["]
    assert counts
    assert all(count % 5 == 0 for count in counts)
    assert "rounded to 5" in (tmp_path / "reports" / f"{released.name}.txt").read_text()


def test_one_table_secret_a_folder_and_another_for_each_series(tmp_path: Path) -> None:
    custody = Custody(tmp_path)
    custody.make(PASSPHRASE)
    secret = custody.table_secret(PASSPHRASE)
    assert secret == custody.table_secret(PASSPHRASE)
    assert series_secret(secret, "one") != series_secret(secret, "two")
    assert secret not in (tmp_path / "tables.key").read_bytes()
    assert stat.S_IMODE((tmp_path / "tables.key").stat().st_mode) == 0o600
    with pytest.raises(WrongPassphrase):
        custody.table_secret("another passphrase")
    (tmp_path / "tables.key").unlink()
    with pytest.raises(CustodyRefused, match="tables key"):
        custody.table_secret(PASSPHRASE)


@pytest.mark.parametrize(
    ("count", "base", "low", "high"),
    # statsmodels 0.14, proportion_confint(method="wilson")
    [(45, 112, 0.3157, 0.4944), (0, 30, 0.0, 0.1135), (30, 30, 0.8865, 1.0), (1, 2, 0.0945, 0.9055)],
)
def test_intervals_are_those_of_wilson(count: int, base: int, low: float, high: float) -> None:
    assert wilson(count, base) == pytest.approx((low, high), abs=0.0001)
