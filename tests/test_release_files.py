"""The files of a release, read back by other people's programs: the same records, labels and missing codes in each."""

from __future__ import annotations

import csv
import json
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pyreadstat
import pytest
from custodian_world import PLACES, People, sealed, victim_voice
from hypothesis import given, settings
from hypothesis import strategies as st
from release_world import AUTHORITY, RECIPE, SECRET, codebook, records, release, release_of, unpacked, who
from small_instruments import instrument, item, one_page, option, page
from small_recipes import fitting

from export.custodian.entries import Telling
from export.custodian.generalising import in_words
from export.custodian.known import Known
from export.custodian.ledger_file import LedgerRefused
from export.custodian.numbering import numbered
from export.custodian.recipe import HierarchySpec, LevelSpec, Ordered
from export.custodian.release import Released
from export.custodian.table import Table, TableBuilder, Variable
from export.manifest import verified
from forms.fitting import plain_number
from forms.instrument import Instrument
from forms.items import Page
from forms.shapes import LARGEST_NUMBER
from survey.signed import read_signed

MISSING = {"[z]": "z", "[x]": "x", "[c]": "c"}


def everything(version: str = "1", **more: Any) -> Instrument:
    """Every kind of column: a choice, several choices, a number below nought, a long name, a formula in a label."""
    several = (option("visit"), option("call-back"))
    made = instrument(
        page("p1", item("experience", core=True, disclosure="sensitive", **more)),
        page("p2", item("actions", "select_multiple", options=several), item("degrees", "decimal")),
        page("p3", item("a_name_of_more_than_thirty_two_letters"), item("by", "integer"), item("day", "date")),
        page("p4", item("court", relevant="${experience} = 'yes'"), item("words", "text")),
    )
    return replace(made, version=version)


DIGESTS = {"written": fitting(RECIPE, everything()).digest, "real": RECIPE.digest}


def people_of(made: Instrument) -> list[Any]:
    said = {"actions": ("visit",), "degrees": -2.5, "by": 41, "day": "2026-11-05", "words": "CANARY"}
    long = {"a_name_of_more_than_thirty_two_letters": "yes"}
    yes = [who(n, made, {"experience": "yes", "court": "no", **said, **long}) for n in range(20)]
    return [*yes, *(who(100 + n, made, {"experience": "no", "degrees": 3.0}) for n in range(20))]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Released:
    made = everything()
    return release_of(tmp_path_factory.mktemp("custodian"), sealed(SECRET.public, people_of(made)), made)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Released:
    people = People(40, victim_voice()).many(150)
    return release(tmp_path_factory.mktemp("custodian"), sealed(SECRET.public, people))[0]


def columns_of(released: Released) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = codebook(released)["columns"]
    return found


def plain(cell: str) -> str:
    return cell.removeprefix("'")


@pytest.mark.parametrize("which", ["written", "real"])
def test_parquet_holds_the_records_of_the_csv(which: str, request: pytest.FixtureRequest) -> None:
    released: Released = request.getfixturevalue(which)
    path = released.folder / "records.parquet"
    assert set(pl.read_parquet_schema(path).values()) == {pl.String}, "no program takes codes for an order"
    told = pl.read_parquet(path).to_dicts()
    assert told == [{name: plain(cell) for name, cell in record.items()} for record in records(released)]
    metadata = pl.read_parquet_metadata(path)
    assert metadata["recipe"] == DIGESTS[which]
    assert "MADE UP" in metadata["made_up"]
    questions, answers, missing = (json.loads(metadata[f"{name}_labels"]) for name in ("variable", "value", "missing"))
    assert missing == codebook(released)["missing"]
    for column in columns_of(released):
        assert questions[column["column"]].startswith(column["question"]["en"])
        labels = {plain(code["code"]): code["label"]["en"] for code in column["codes"]}
        assert answers[column["column"]] == labels


@pytest.mark.parametrize("which", ["written", "real"])
def test_a_workbook_holds_the_records_of_the_csv_and_what_the_codes_mean(
    which: str, request: pytest.FixtureRequest
) -> None:
    released: Released = request.getfixturevalue(which)
    book = openpyxl.load_workbook(released.folder / "records.xlsx", read_only=True)
    assert book.sheetnames == ["Records", "Codes"]
    assert DIGESTS[which] in book.properties.description
    assert "MADE UP" in book.properties.description
    header, *rows = book["Records"].iter_rows(values_only=True)
    told = [dict(zip(header, map(str, row), strict=True)) for row in rows]
    assert [{name: number_or_text(cell) for name, cell in record.items()} for record in told] == [
        {name: number_or_text(plain(cell)) for name, cell in record.items()} for record in records(released)
    ]
    codes = [tuple(cell or "" for cell in row) for row in book["Codes"].iter_rows(min_row=2, values_only=True)]
    expected = [
        (column["column"], plain(code["code"]), code["label"]["en"])
        for column in columns_of(released)
        for code in column["codes"]
    ]
    assert [(str(name), str(code), str(meaning)) for name, _, code, meaning in codes[3:]] == expected
    book.close()


def number_or_text(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell


@pytest.mark.parametrize("which", ["written", "real"])
def test_spss_reads_the_records_with_labels_and_missing_codes(which: str, request: pytest.FixtureRequest) -> None:
    released: Released = request.getfixturevalue(which)
    told, meta = pyreadstat.read_sav(released.folder / "records.sav", user_missing=True, output_format="dict")
    assert any(DIGESTS[which] in note for note in meta.notes)
    assert meta.file_label == released.name
    for column in columns_of(released):
        name = column["spss_and_stata"]["name"]
        missing: Mapping[str, float] = column["spss_and_stata"]["missing_in_spss"]
        number_of = {code["code"]: code["number"] for code in column["codes"]} | missing
        assert list(told[name]) == [number_of[record[column["column"]]] for record in records(released)]
        declared = meta.missing_ranges[name][0]
        assert sorted(missing.values()) == [declared["lo"], declared["lo"] + 1, declared["hi"]]
        labels = meta.variable_value_labels[name]
        assert {text: labels[number] for text, number in missing.items()} == codebook(released)["missing"]
        if column["kind"] not in {"integer", "decimal"}:
            assert all(labels[code["number"]] == code["label"]["en"][:120] for code in column["codes"])
        assert meta.column_names_to_labels[name].startswith(column["question"]["en"][:70])
    by_default, _ = pyreadstat.read_sav(released.folder / "records.sav", output_format="polars")
    assert by_default["experience"].null_count() == sum(one["experience"] in MISSING for one in records(released))


@pytest.mark.parametrize("which", ["written", "real"])
def test_stata_reads_the_records_with_labels_and_missing_codes(which: str, request: pytest.FixtureRequest) -> None:
    released: Released = request.getfixturevalue(which)
    told, meta = pyreadstat.read_dta(released.folder / "records.dta", user_missing=True, output_format="dict")
    assert DIGESTS[which] in meta.file_label
    assert "MADE UP" in meta.file_label
    for column in columns_of(released):
        name = column["spss_and_stata"]["name"]
        assert len(name) <= 32
        number_of = {code["code"]: code["number"] for code in column["codes"]} | MISSING
        assert list(told[name]) == [number_of[record[column["column"]]] for record in records(released)]
        labels = meta.variable_value_labels[name]
        assert {text: labels[letter] for text, letter in MISSING.items()} == codebook(released)["missing"]
    by_default, _ = pyreadstat.read_dta(released.folder / "records.dta", output_format="polars")
    assert by_default["experience"].null_count() == sum(one["experience"] in MISSING for one in records(released))


def test_several_choices_are_a_column_an_option_of_nought_and_one(written: Released) -> None:
    told, meta = pyreadstat.read_sav(written.folder / "records.sav", user_missing=True, output_format="dict")
    assert set(told["actions_visit"]) <= {1, -1, -2, -3}
    assert meta.column_names_to_labels["actions_call_back"] == "What about actions? - Call-Back"
    labels = meta.variable_value_labels["actions_call_back"]
    assert (labels[0], labels[1]) == ("Not chosen", "Chosen")


def test_numbers_stay_numbers_and_missing_codes_keep_out_of_their_way(written: Released) -> None:
    told, meta = pyreadstat.read_sav(written.folder / "records.sav", user_missing=True, output_format="dict")
    assert {-2.5, 3.0} <= set(told["degrees"])
    assert meta.missing_ranges["degrees"] == [{"lo": -13.0, "hi": -11.0}]


def test_spss_is_told_what_is_measured_what_has_an_order_and_what_has_neither(
    written: Released, real: Released, tmp_path: Path
) -> None:
    made = everything()
    bands = {"groups": {}, "rest": None, "labels": {}}
    by_age = HierarchySpec("by", "ten years", (LevelSpec("ten years", None, bands=(0, 30, 60), **bands),))
    fits = fitting(RECIPE, made)
    aged = replace(fits, series="aged", hierarchies=(*fits.hierarchies, by_age))
    keyed = replace(made, pages=tuple(_with_a_key(one, "by") for one in made.pages))
    banded, _ = release(tmp_path, sealed(SECRET.public, people_of(keyed)), Known.of([keyed], PLACES), recipe=aged)
    own, shipped, coarse = map(measures, (written, real, banded))
    assert {own[name] for name in ("degrees", "by")} == {"scale"}
    assert coarse["by"] == "ordinal"
    assert {shipped[name] for name in ("experience", "treated", "month", "age", "limits", "interest")} == {"ordinal"}
    assert {shipped[name] for name in ("actions", "informed")} == {"ordinal"}
    unsure = [replace(one, period="unknown") if n % 2 else one for n, one in enumerate(people_of(made))]
    dated, _ = release(tmp_path / "dated", sealed(SECRET.public, unsure), Known.of([made], PLACES), recipe=fits)
    assert measures(dated)["month"] == "ordinal"
    neither = {"actions_visit", "actions_call-back", "day", "place", "language", "quick", "release", "recipe"}
    assert {own[name] for name in neither} == {"nominal"}
    assert {shipped[name] for name in ("crime", "ethnic", "borough", "status")} == {"nominal"}


def test_an_answer_that_is_no_step_of_its_order_is_missing_in_spss_and_apart_in_every_file(real: Released) -> None:
    """Who would not tell their age is not the oldest; who cannot say yet is not the least satisfied."""
    told, meta = pyreadstat.read_sav(real.folder / "records.sav", user_missing=True, output_format="dict")
    columns = {one["column"]: one for one in columns_of(real)}
    orders = json.loads(pl.read_parquet_metadata(real.folder / "records.parquet")["orders"])
    for name, apart in (("age", "prefer"), ("actions", "tooearly"), ("treated", None), ("interest", "dontknow")):
        column = columns[name]
        number = {code["code"]: code["number"] for code in column["codes"]}
        assert column["order"] == orders[name] == [code for code in number if code != apart]
        assert [number[code] for code in column["order"]] == sorted(number[code] for code in column["order"])
        lone = [] if apart is None else [{"lo": number[apart], "hi": number[apart]}]
        assert meta.missing_ranges[name] == [{"lo": -3, "hi": -1}, *lone]
    assert number["dontknow"] in told["interest"], "the answer is in the file all the same"
    assert columns["crime"]["order"] is None
    assert "crime" not in orders


def test_an_order_that_a_later_questionnaire_added_to_is_told_only_once_the_recipe_knows_the_new_answer(
    tmp_path: Path,
) -> None:
    codes = ("a16", "a25", "a45", "none")
    made = one_page(item("age", disclosure="key", options=tuple(map(option, codes))))
    people = [who(n, made, {"age": codes[n % 4]}) for n in range(80)]
    wide = LevelSpec("wide", None, {"young": ("a16", "a25")}, (), None, {"young": "Young"})
    for place, (answers, apart, finest, order) in enumerate((
        (codes[:3], ("none",), "band", list(codes[:3])), (codes[:3], (), "band", None),
        (codes, (), "band", list(codes)), (codes[:3], ("none",), "wide", ["young", "a45"]),
        (("a45", "a16", "a25"), ("none",), "band", ["a45", "a16", "a25"]),
    )):  # fmt: skip
        fits = fitting(RECIPE, made)
        kept = [one for one in fits.hierarchies if one.variable != "age"]
        aged = (*kept, HierarchySpec("age", finest, (wide,)))
        tables = replace(fits.tables, ordered=(Ordered(("age",), answers, apart),))
        recipe = replace(fits, hierarchies=aged, tables=tables)
        known = Known.of([made], PLACES)
        made_so, _ = release(tmp_path / str(place), sealed(SECRET.public, people), known, recipe=recipe)
        (age,) = [one for one in columns_of(made_so) if one["column"] == "age"]
        assert age["order"] == order
        rising = order is not None and order[0] != "a45"
        assert measures(made_so)["age"] == ("ordinal" if rising else "nominal")


def measures(released: Released) -> dict[str, str]:
    """Column -> what SPSS takes its numbers for."""
    _, meta = pyreadstat.read_sav(released.folder / "records.sav")
    return {one["column"]: meta.variable_measure[one["spss_and_stata"]["name"]] for one in columns_of(released)}


def _with_a_key(one: Page, name: str) -> Page:
    return replace(
        one, items=tuple(replace(each, disclosure="key") if each.name == name else each for each in one.items)
    )


def test_what_must_not_leave_is_in_no_file_however_packed(real: Released, written: Released) -> None:
    for released in (real, written):
        with zipfile.ZipFile(released.folder / "records.xlsx") as book:
            assert not any(b"CANARY" in book.read(name) for name in book.namelist())
            assert {entry.date_time for entry in book.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert "CANARY" not in pl.read_parquet(released.folder / "records.parquet").write_csv()
        for read, name in ((pyreadstat.read_sav, "records.sav"), (pyreadstat.read_dta, "records.dta")):
            told, meta = read(released.folder / name, user_missing=True, output_format="dict")
            assert "CANARY" not in str(told) + str(meta.__dict__)


def test_the_list_for_everybody_is_signed_and_tells_nothing_of_what_is_for_analysts(tmp_path: Path) -> None:
    released, _ = release(tmp_path, sealed(SECRET.public, People(42, victim_voice()).many(60)))
    manifest = verified(released.folder, AUTHORITY.public)
    told = read_signed("public", (released.folder / "public.json").read_bytes(), AUTHORITY.public)
    assert set(told["files"]) == set(manifest.public) - {"public.json"} >= {"tables.xlsx", "figures.csv"}
    assert all(manifest.files[name] == digest for name, digest in told["files"].items())
    assert (told["name"], told["made_up"]) == (manifest.name, True)
    others = set(manifest.files) - set(manifest.public)
    assert "counts.csv" in others
    text = (released.folder / "public.json").read_text()
    assert not any(name in text or manifest.files[name] in text for name in others)
    assert str(manifest.records) not in {str(value) for value in told.values()}


def test_the_recipe_and_the_manifest_before_are_signed_in_the_manifest(tmp_path: Path) -> None:
    people = People(41, victim_voice())
    early, late = people.many(30), people.many(60)
    first, _ = release(tmp_path, sealed(SECRET.public, early))
    second, _ = release(tmp_path, sealed(SECRET.public, early + late))
    said = [verified(one.folder, AUTHORITY.public).more for one in (first, second)]
    assert [one["recipe"] for one in said] == [RECIPE.digest] * 2
    assert said[0]["previous"] is None
    assert said[1]["previous"] is not None
    assert {one["epoch_months"] for one in said} == {3}
    assert codebook(first)["recipe"] == RECIPE.digest


def test_every_file_of_a_release_says_alone_by_which_recipe_it_was_made(real: Released) -> None:
    report = (real.folder.parents[1] / "reports" / f"{real.name}.txt").read_text()
    for name, text in {**unpacked(real), "the report": report}.items():
        assert RECIPE.digest in text, name
    for name in ("records.csv", "counts.csv", "figures.csv"):
        with (real.folder / name).open(encoding="utf-8", newline="") as file:
            assert {line["recipe"] for line in csv.DictReader(file)} == {RECIPE.digest}, name


def test_the_codebook_says_since_when_until_when_and_under_which_other_name_a_question_is_asked(tmp_path: Path) -> None:
    core = item("experience", core=True)
    old = replace(
        instrument(page("p1", core), page("p2", item("gone")), page("p3", item("before", kind="integer"))), version="1"
    )
    renamed = replace(item("after", kind="integer"), labels={"en": "What about before?"})
    new = replace(instrument(page("p1", core), page("p2", renamed), page("p3", item("fresh"))), version="2")
    people = [who(n, old, {"experience": "yes", "gone": "no", "before": 3}) for n in range(15)]
    people += [who(100 + n, new, {"experience": "no", "after": 4, "fresh": "no"}) for n in range(15)]
    released = release_of(tmp_path, sealed(SECRET.public, people), new, old)
    told = {one["column"]: one for one in columns_of(released)}
    versions = {"1": {"id": "small", "version": "1"}, "2": {"id": "small", "version": "2"}}
    since_until = {
        name: (told[name]["since"], told[name]["until"]) for name in ("experience", "gone", "before", "fresh")
    }
    assert since_until == {
        "experience": (versions["1"], None),
        "gone": (versions["1"], versions["1"]),
        "before": (versions["1"], versions["1"]),
        "fresh": (versions["2"], None),
    }
    assert (told["before"]["same_as"], told["after"]["same_as"], told["fresh"]["same_as"]) == (
        ["after"],
        ["before"],
        [],
    )


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> tuple[Released, Released]:
    """Two releases; before the second the questionnaire got options in front and in between, and a question more."""
    folder = tmp_path_factory.mktemp("custodian")
    scale = tuple(option(code) for code in ("1", "2"))
    old = replace(
        instrument(page("p1", item("experience", core=True)), page("p2", item("kept", options=scale)),
                   page("p3", item("long_enough_to_be_cut_by_both_1"), item("day", "date"))),
        version="1",
    )  # fmt: skip
    more = (option("unsure"), option("no"), option("later"), option("yes"))
    new = replace(
        instrument(page("p1", item("experience", core=True, options=more)),
                   page("p2", item("kept", options=(option("dk"), *reversed(scale)))),
                   page("p3", item("long_enough_to_be_cut_by_both_0"), item("day", "date"),
                        item("long_enough_to_be_cut_by_both_1"))),
        version="2",
    )  # fmt: skip
    early = [who(n, old, {"experience": ("yes", "no")[n % 2], "kept": "2", "day": "2026-11-05"}) for n in range(40)]
    late = [
        replace(who(100 + n, new, {"experience": ("unsure", "yes", "later")[n % 3], "kept": ("dk", "1")[n % 2],
                                   "day": "2026-11-04"}), period="2027-02", place="hub-1")
        for n in range(90)
    ]  # fmt: skip
    known, recipe = Known.of([new, old], PLACES), fitting(RECIPE, old)
    first, _ = release(folder, sealed(SECRET.public, early), Known.of([old], PLACES), recipe=recipe)
    second, _ = release(folder, sealed(SECRET.public, [*early, *late]), known, recipe=recipe, month="2027-02")
    return first, second


def test_labels_say_in_words_which_months_and_languages_and_how_coarsely_a_key_is_told(
    series: tuple[Released, Released], real: Released
) -> None:
    told = {one["column"]: one for one in columns_of(series[0])}
    labels = {name: {code["code"]: code["label"]["en"] for code in told[name]["codes"]} for name in told}
    assert labels["month"] == {"2026-11": "November 2026"}
    assert labels["language"] == {"en": "English"}
    for read, name in ((pyreadstat.read_sav, "records.sav"), (pyreadstat.read_dta, "records.dta")):
        plain = read(series[0].folder / name)[1].column_names_to_labels
        assert (plain["month"], plain["place"]) == ("Month", "Place")
        coarse = read(real.folder / name)[1].column_names_to_labels
        assert coarse["place"] == "Place (told as: kind)"
        assert real.levels["place"] == "kind"


@pytest.mark.parametrize(
    ("span", "words"),
    [
        ("2026-11", "November 2026"),
        ("2026-Q4", "October to December 2026"),
        ("2026-H1", "January to June 2026"),
        ("2026", "2026"),
        ("unknown", "Not known"),
    ],
)
def test_a_span_of_months_is_told_in_words(span: str, words: str) -> None:
    assert in_words(span) == words


def test_a_number_means_one_thing_in_every_release_of_a_series(series: tuple[Released, Released]) -> None:
    meant: dict[tuple[str, float], str] = {}
    numbers: dict[tuple[str, str], float] = {}
    for released in series:
        for column in columns_of(released):
            name = column["spss_and_stata"]["name"]
            for code in column["codes"]:
                assert meant.setdefault((name, code["number"]), code["code"]) == code["code"], name
                assert numbers.setdefault((column["column"], code["code"]), code["number"]) == code["number"], name
    assert [numbers["experience", code] for code in ("yes", "no", "unsure", "later")] == [1, 2, 3, 4]
    assert [numbers["kept", code] for code in ("1", "2", "dk")] == [1, 2, 3]
    assert numbers["month", codebook(series[0])["columns"][2]["codes"][0]["code"]] == 1


def test_a_variable_of_spss_and_stata_keeps_its_name_through_a_series(series: tuple[Released, Released]) -> None:
    names = [{one["column"]: one["spss_and_stata"]["name"] for one in columns_of(released)} for released in series]
    assert names[0].items() <= names[1].items()
    assert len(set(names[1].values())) == len(names[1])


def test_records_that_are_stacked_tell_which_release_each_is_from(series: tuple[Released, Released]) -> None:
    stacked = [record for released in series for record in records(released)]
    assert Counter(record["release"] for record in stacked) == {"heard-made-up-1": 40, "heard-made-up-2": 90}
    for read, name in ((pyreadstat.read_sav, "records.sav"), (pyreadstat.read_dta, "records.dta")):
        files = [read(released.folder / name, user_missing=True, output_format="dict") for released in series]
        assert [set(told["release"]) for told, _ in files] == [{1}, {2}]
        labels = [meta.variable_value_labels["release"] for _, meta in files]
        assert [labels[0][1], labels[1][2]] == ["heard-made-up-1", "heard-made-up-2"]
    for released in series:
        assert set(pl.read_parquet(released.folder / "records.parquet")["release"]) == {released.name}
        told = next(one for one in columns_of(released) if one["column"] == "release")
        assert told["question"]["en"] == "The release that this record is in"
        assert told["treatment"] == "kept as answered"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(alphabet="aA_b-.1é", min_size=1, max_size=40), min_size=1, max_size=30, unique=True))
def test_names_fit_both_programs_and_no_two_are_one(names: list[str]) -> None:
    found = [one.name for one in numbered(empty(dict.fromkeys(names, ("yes",))))]
    assert len({name.lower() for name in found}) == len(names)
    assert all(len(name) <= 28 and name.isascii() and name.isidentifier() and name[0].isalpha() for name in found)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.integers(-LARGEST_NUMBER, LARGEST_NUMBER) | st.floats(-LARGEST_NUMBER, LARGEST_NUMBER).map(plain_number),
        min_size=1,
        max_size=20,
        unique=True,
    )
)
def test_every_number_that_somebody_may_type_stays_itself_and_none_is_ever_taken_for_missing(
    values: list[int | float],
) -> None:
    (one,) = numbered(empty({"many": tuple(map(str, values))}))
    assert one.measured
    assert list(one.numbers[3:]) == values
    assert max(one.missing) < min(one.numbers[3:])
    assert len(set(one.missing)) == 3


# Two of them are no number exactly, and of three two are the same one.
ODD = ["1", "01", "001", "1e-07", "12345678901234567890", "12345678901234567891", "0.1000000000000000055"]
CODES = st.lists(st.sampled_from(["yes", "no", "2", "3", "2.5", "-7", "2026-11", *ODD]), max_size=8, unique=True)


@settings(max_examples=300, deadline=None)
@given(told=CODES, asked=CODES)
def test_whatever_a_later_release_tells_a_number_that_was_told_keeps_its_meaning(
    told: list[str], asked: list[str]
) -> None:
    (first,) = numbered(empty({"many": tuple(told)}))
    earlier = {"many": Telling(first.name, dict(zip(first.values, first.numbers[3:], strict=True)))}
    (second,) = numbered(empty({"many": tuple(asked)}), earlier)
    meaning = dict(zip(first.numbers[3:], first.values, strict=True))
    assert len(meaning) == len(first.values), "no two answers are one"
    for number, value in zip(second.numbers[3:], second.values, strict=True):
        assert meaning.setdefault(number, value) == value
        assert value not in earlier["many"].numbers or earlier["many"].numbers[value] == number
    assert max(second.missing) < min(meaning, default=0)


def test_a_series_that_told_two_answers_by_one_number_makes_no_more_files() -> None:
    """A release of before could; from then on nobody can say which of the two the number means."""
    earlier = {"many": Telling("many", {"1": 1, "01": 1, "2": 2})}
    with pytest.raises(LedgerRefused, match=r"many.*one number.*Name a new series.*Nothing was written"):
        numbered(empty({"many": ("1", "01", "2")}), earlier)


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Released:
    """Codes that are the same number, as a keys file of before may hold them, and numbers of many digits."""
    several = tuple(map(option, ("1", "01", "2")))
    made = instrument(
        page("p1", item("experience", core=True)),
        page("p2", item("num", options=several), item("degrees", "decimal")),
    )
    typed = [0.30000000000000004, 1e-07, 3, -LARGEST_NUMBER]
    people = [
        who(n, made, {"experience": "yes", "num": several[n % 3].code, "degrees": typed[n % len(typed)]})
        for n in range(48)
    ]
    return release_of(tmp_path_factory.mktemp("odd"), sealed(SECRET.public, people), made)


def test_codes_that_are_the_same_number_stay_two_answers_in_every_program(odd: Released) -> None:
    told = [one["num"] for one in records(odd)]
    assert {"1", "01", "2"} <= set(told)
    for read, name in ((pyreadstat.read_sav, "records.sav"), (pyreadstat.read_dta, "records.dta")):
        found, meta = read(odd.folder / name, user_missing=True, output_format="dict")
        labels = meta.variable_value_labels["num"]
        assert [labels[number] for number in found["num"]] == [labelled(odd, "num", value) for value in told]
        assert len(set(zip(told, found["num"], strict=True))) == len(set(told)) == len(set(found["num"]))
    sheet = openpyxl.load_workbook(odd.folder / "records.xlsx", read_only=True)["Records"]
    header, *rows = sheet.iter_rows(values_only=True)
    assert [str(row[header.index("num")]) for row in rows] == told


def labelled(released: Released, column: str, value: str) -> str:
    """What a value of a column is called in English, or why there is none."""
    book = codebook(released)
    (about,) = (one for one in book["columns"] if one["column"] == column)
    return str({code["code"]: code["label"]["en"] for code in about["codes"]}.get(value) or book["missing"][value])


def test_a_number_of_many_digits_leaves_its_column_one_of_numbers(odd: Released) -> None:
    assert measures(odd)["degrees"] == "scale"
    told = [float(one["degrees"]) for one in records(odd)]
    assert {0.30000000000000004, 1e-07, -LARGEST_NUMBER} < set(told)
    for read, name in ((pyreadstat.read_sav, "records.sav"), (pyreadstat.read_dta, "records.dta")):
        found, _ = read(odd.folder / name, user_missing=True, output_format="dict")
        assert list(found["degrees"]) == told


def empty(values: Mapping[str, tuple[str, ...]]) -> Table:
    return TableBuilder([Variable(name, (name,)) for name in values], values, {}, ()).table()
