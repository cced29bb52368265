"""A release of several versions of a questionnaire says of everybody what they were asked, and in words of it."""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pyreadstat
import pytest
from custodian_world import PLACES, sealed
from release_world import SECRET, SHIPPED, codebook, records, release, release_of, who
from small_instruments import instrument, item, option, page
from small_recipes import fitting

from export.custodian.known import Known
from export.custodian.recipe import TableSpec
from export.custodian.release import Released
from forms.instrument import Instrument, Item
from forms.response import Response

BOROUGHS = ("barnet", "camden", "lambeth")
ASKED = "What about ways?"


def options(*codes: str) -> tuple[Any, ...]:
    return tuple(map(option, codes))


def version(number: str, *items: Item) -> Instrument:
    """The whole experience, and what else one asks; then the borough, by which figures are told."""
    experience = item("experience", core=True, options=options("good", "fair", "poor"))
    borough = item("borough", disclosure="key", options=options(*BOROUGHS))
    return replace(instrument(page("p1", experience, *items), page("p2", borough)), version=number)


def ways(*codes: str, **more: Any) -> Item:
    return item("ways", "select_multiple", options=options(*codes), **more)


OLD, NEW = version("1", ways("phone", "letter")), version("2", ways("phone", "text"))


def answers(n: int, **said: Any) -> dict[str, Any]:
    """Of ten one skips what is asked, another says no borough: where everybody answers, more is held back."""
    borough = {} if n % 10 == 9 else {"borough": BOROUGHS[n % 3]}
    return {"experience": ("good", "fair", "poor")[n // 3 % 3]} | ({} if n % 10 == 4 else said) | borough


def people(made: Instrument, first: int, count: int, *said: Any, of: str = "ways") -> list[Response]:
    chance = random.Random(first)  # noqa: S311 - a test repeats
    return [who(first + n, made, answers(n, **{of: chance.choice(said)})) for n in range(count)]


def told(folder: Path, rows: Sequence[Response], *asked: Instrument, table: TableSpec, month: str = "2026-11") -> Any:
    """The next release with one table."""
    fits = fitting(SHIPPED, *asked)
    recipe = replace(fits, tables=replace(fits.tables, tables=(table,), grouped=(), off_base=(), ordered=()))
    return release(folder, sealed(SECRET.public, rows), Known.of(asked, PLACES), recipe=recipe, month=month)[0]


def figures(released: Released, **where: str) -> list[dict[str, str]]:
    where = {"area": "London", "responses": "All", **where}
    with (released.folder / "figures.csv").open(encoding="utf-8", newline="") as file:
        return [one for one in csv.DictReader(file) if where.items() <= one.items()]


WAYS = TableSpec("ways", "Ways", ("ways",), None, ("London",), so_far=True)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Released:
    """120 people of an old version and 80 of a new one, of whom about half chose what only theirs offered."""
    rows = [*people(OLD, 0, 120, ("letter",), ("phone",)), *people(NEW, 1000, 80, ("text",), ("phone",))]
    released: Released = told(tmp_path_factory.mktemp("custodian"), rows, NEW, OLD, table=WAYS)
    return released


def test_who_was_not_offered_an_answer_did_not_leave_it_unchosen(both: Released) -> None:
    cells = {name: Counter(one[name] for one in records(both)) for name in ("ways_text", "ways_letter", "ways_phone")}
    assert {name: said["[z]"] for name, said in cells.items()} == {
        "ways_text": 120, "ways_letter": 80, "ways_phone": 0,
    }  # fmt: skip
    assert {name: said["0"] + said["1"] for name, said in cells.items()} == {
        "ways_text": 72, "ways_letter": 108, "ways_phone": 180,
    }  # fmt: skip


def test_figures_of_an_answer_are_of_those_who_could_choose_it(both: Released) -> None:
    by_option = {one["measure"]: one for one in figures(both, answer="Chosen")}
    assert by_option.keys() == {f"{ASKED} - {one}" for one in ("Text", "Phone", "Letter")}
    for name, base in (("Text", 64), ("Letter", 96), ("Phone", 160)):
        assert abs(int(by_option[f"{ASKED} - {name}"]["base"]) - base) <= 3
    everybody = "Everybody who answered the question"
    assert by_option[f"{ASKED} - Phone"]["base_of"] == everybody
    assert {by_option[f"{ASKED} - {name}"]["base_of"] for name in ("Text", "Letter")} == {
        f"{everybody} and could choose this answer"
    }
    sheet = openpyxl.load_workbook(both.folder / "tables.xlsx")["Table 1"]
    said = [str(cell.value) for row in sheet.iter_rows() for cell in row]
    assert f"Base: {everybody} and could choose this answer" in said


def test_the_codebook_says_since_when_and_until_when_an_answer_was_offered(both: Released) -> None:
    columns = {one["column"]: one for one in codebook(both)["columns"]}
    one, two = ({"id": "small", "version": number} for number in "12")
    assert {name: (columns[name]["since"], columns[name]["until"]) for name in columns if name.startswith("ways")} == {
        "ways_text": (two, None), "ways_phone": (one, None), "ways_letter": (one, one),
    }  # fmt: skip
    assert columns["ways_text"]["questionnaires"] == [NEW.digest()]


def test_of_a_single_choice_the_codebook_says_it_answer_by_answer(tmp_path: Path) -> None:
    old, new = (
        version(number, item("end", options=options(*codes)))
        for number, codes in (("1", ("open", "gone")), ("2", ("open", "new")))
    )
    rows = [*people(old, 0, 30, "open", "gone", of="end"), *people(new, 1000, 30, "open", "new", of="end")]
    (column,) = [one for one in codebook(release_of(tmp_path, sealed(SECRET.public, rows), new, old))["columns"]
                 if one["column"] == "end"]  # fmt: skip
    one, two = ({"id": "small", "version": number} for number in "12")
    assert {code["code"]: (code["since"], code["until"]) for code in column["codes"]} == {
        "open": (one, None), "new": (two, None), "gone": (one, one),
    }  # fmt: skip
    assert (column["since"], column["until"]) == (one, None)


def test_the_codebook_lists_the_words_that_people_read_before_they_were_mended(tmp_path: Path) -> None:
    """Released in the newest words, an answer to a question that read otherwise says so, and until when it did."""
    slip = replace(option("yes"), labels={"en": "Yess"})
    kept, mended = item("end"), item("end", options=(slip, option("no")))
    in_other_words = replace(mended, labels={"en": "Waht about end?", "pl": "Co z tym?"})
    ways_before = item("ways", "select_multiple", options=(slip, option("no")))
    old, between = version("1", in_other_words, ways_before), version("2", mended, ways_before)
    new = version("3", kept, replace(ways_before, options=kept.options))
    rows = [
        *people(old, 0, 30, "yes", "no", of="end"), *people(between, 1000, 30, "yes", "no", of="end"),
        *people(new, 2000, 30, "yes", "no", of="end"),
    ]  # fmt: skip
    released = release_of(tmp_path, sealed(SECRET.public, rows), new, between, old)
    columns = {one["column"]: one for one in codebook(released)["columns"]}
    one, two = ({"id": "small", "version": number} for number in "12")
    yes = [{"words": {"en": "Yess"}, "since": one, "until": two}]
    assert columns["end"]["question"] == {"en": "What about end?"}
    assert columns["end"]["earlier_words"] == [
        {"words": {"en": "Waht about end?", "pl": "Co z tym?"}, "since": one, "until": one}
    ]
    assert {code["code"]: code["earlier_words"] for code in columns["end"]["codes"]} == {"yes": yes, "no": []}
    assert {name: columns[name]["earlier_option_words"] for name in ("end", "ways_yes", "ways_no")} == {
        "end": [], "ways_yes": yes, "ways_no": [],
    }  # fmt: skip
    assert columns["ways_yes"]["earlier_words"] == columns["experience"]["earlier_words"] == []


@pytest.mark.parametrize("few_have", ["the new version", "the old version"])
def test_the_few_who_answered_another_version_cannot_be_told_by_what_they_were_not_offered(
    tmp_path: Path, few_have: str
) -> None:
    few, many = (NEW, OLD) if few_have == "the new version" else (OLD, NEW)
    rows = [*people(many, 0, 60, ("phone",)), *people(few, 1000, 3, ("phone",))]
    said = records(release_of(tmp_path, sealed(SECRET.public, rows), NEW, OLD))
    offered = Counter(tuple(one[f"ways_{name}"].strip("01") for name in ("text", "letter")) for one in said)
    assert min(offered.values()) >= 5
    assert len(said) >= 60


def test_one_answer_to_a_sensitive_question_is_alike_whatever_a_newer_version_offers(tmp_path: Path) -> None:
    old = version("1", ways("phone", "letter", disclosure="sensitive"))
    new = version("2", ways("text", "phone", disclosure="sensitive"))
    rows = [
        who(n, made, {"experience": "good", "borough": "camden", "ways": chosen})
        for n in range(80)
        for made, chosen in [((old, ("phone",)), (new, ("phone",)), (old, ("phone",)), (new, ("text",)))[n % 4]]
    ]
    said = records(release_of(tmp_path, sealed(SECRET.public, rows), new, old))
    of_old = [one for one in said if one["ways_text"] == "[z]"]
    assert len(of_old) == 40
    assert {one["alike"] for one in of_old} == {"yes"}


@pytest.fixture(scope="module")
def retired(tmp_path_factory: pytest.TempPathFactory) -> Released:
    """A version that said 'okay' and 'letter', and a newer one that says neither."""
    said = replace(option("okay"), labels={"en": "Neither good nor bad", "pl": "Ani dobrze, ani źle"})
    letter = replace(option("letter"), labels={"en": "By a letter", "pl": "Listem"})
    old = version("1", item("end", options=(option("open"), said)), ways("phone"))
    several = replace(old.item("ways"), options=(*options("phone"), letter))
    old = replace(old, pages=(replace(old.pages[0], items=(*old.pages[0].items[:2], several)), old.pages[1]))
    new = version("2", item("end", options=options("new", "open")), ways("phone", "text"))
    rows = []
    for n in range(150):
        made, end, chosen = ((old, "okay", ("letter",)), (new, "new", ("text", "phone")))[n % 2]
        rows.append(who(n, made, answers(n // 2, end=end, ways=chosen)))
    table = TableSpec("ends", "Ends", ("end", "ways"), None, ("London",))
    released: Released = told(tmp_path_factory.mktemp("custodian"), rows, new, old, table=table)
    return released


def test_a_retired_answer_keeps_its_label_in_every_file(retired: Released) -> None:
    columns = {one["column"]: one for one in codebook(retired)["columns"]}
    labels = {code["code"]: code["label"] for code in columns["end"]["codes"]}
    assert labels["okay"] == {"en": "Neither good nor bad", "pl": "Ani dobrze, ani źle"}
    assert columns["ways_letter"]["option"] == {"en": "By a letter", "pl": "Listem"}
    for read, name in ((pyreadstat.read_sav, "records.sav"), (pyreadstat.read_dta, "records.dta")):
        meta = read(retired.folder / name)[1]
        assert "Neither good nor bad" in meta.variable_value_labels["end"].values()
        assert meta.column_names_to_labels["ways_letter"] == f"{ASKED} - By a letter"
    assert "Neither good nor bad" in pl.read_parquet_metadata(retired.folder / "records.parquet")["value_labels"]
    assert "Neither good nor bad" in {one["answer"] for one in figures(retired)}
    assert f"{ASKED} - By a letter" in {one["measure"] for one in figures(retired)}


def test_a_retired_answer_is_no_reason_to_think_two_questions_were_not_the_same(tmp_path: Path) -> None:
    before = item("before", options=options("yes", "no"))
    renamed = replace(before, name="after")
    versions = [
        version("3", renamed),
        version("2", before),
        version("1", replace(before, options=options("yes", "no", "gone"))),
    ]
    rows = [*people(versions[0], 0, 30, "yes", of="after"), *people(versions[2], 1000, 30, "gone", of="before")]
    book = codebook(release_of(tmp_path, sealed(SECRET.public, rows), *versions))
    same = {one["column"]: one["same_as"] for one in book["columns"] if one["column"] in {"before", "after"}}
    assert same == {"before": ["after"], "after": ["before"]}


def summed(folder: Path, asked: Instrument, table: TableSpec, *of_each: Sequence[Response]) -> list[Released]:
    """A release for each, one after the other."""
    rows: list[Response] = []
    made = []
    for more in of_each:
        rows += more
        made.append(told(folder, rows, asked, table=table))
    return made


def test_two_questions_in_the_same_words_are_summed_each_for_itself(tmp_path: Path) -> None:
    """Figures found by their words would be taken for each other's."""
    words = {"en": "How did it end?"}
    asked = version("1", *(replace(item(name), labels=words) for name in ("first", "later")))
    table = TableSpec("ends", "Ends", ("first", "later"), None, ("London",), so_far=True)

    def many(first: int) -> list[Response]:
        said = [{"first": "yes" if n % 3 else "no", "later": "no" if n % 3 else "yes"} for n in range(240)]
        return [who(first + n, asked, answers(n * 7, **one)) for n, one in enumerate(said)]

    made = summed(tmp_path, asked, table, many(0), many(1000))
    parts = [{(one["column"], one["code"]): one for one in figures(each, table="ends")} for each in made]
    sums = {(one["column"], one["code"]): one for one in figures(made[1], table="ends-so-far")}
    assert sums.keys() == {(column, code) for column in ("first", "later") for code in ("yes", "no")}
    for where, line in sums.items():
        assert int(line["count"]) == sum(int(part[where]["count"]) for part in parts)
    assert {(line["column"], line["measure"]) for line in sums.values()} == {
        (column, f"How did it end? ({column})") for column in ("first", "later")
    }
    sheet = openpyxl.load_workbook(made[1].folder / "tables.xlsx")["Table 1"]
    said = [str(cell.value) for row in sheet.iter_rows() for cell in row]
    assert {"How did it end? (first)", "How did it end? (later)"} <= set(said)


def test_two_answers_in_the_same_words_are_told_apart_by_their_codes(tmp_path: Path) -> None:
    """An answer that got another code has its old words still, and a sheet has a column for each."""
    dk, dontknow = (replace(option(code), labels={"en": "I don't know"}) for code in ("dk", "dontknow"))
    old, new = (version(n, item("end", options=(*options("open"), own))) for n, own in (("1", dk), ("2", dontknow)))
    rows = [*people(old, 0, 100, "open", "dk", of="end"), *people(new, 1000, 100, "open", "dontknow", of="end")]
    released = told(tmp_path, rows, new, old, table=TableSpec("ends", "Ends", ("end",), None, ("London",)))
    assert {one["code"]: one["answer"] for one in figures(released)} == {
        "open": "Open", "dk": "I don't know (dk)", "dontknow": "I don't know (dontknow)",
    }  # fmt: skip


def test_groups_of_two_questions_in_the_same_words_are_summed_each_for_itself(tmp_path: Path) -> None:
    asked = version("1", item("hurt"), item("told"))
    tables = tuple(
        TableSpec(f"by-{name}", f"Whole by {name}", ("experience",), name, ("London",), so_far=True)
        for name in ("hurt", "told")
    )
    fits = fitting(SHIPPED, asked)
    recipe = replace(fits, tables=replace(fits.tables, tables=tables, grouped=(), off_base=(), ordered=()))

    def many(first: int) -> list[Response]:
        said = [{"hurt": "yes" if n % 3 else "no", "told": "no" if n % 3 else "yes"} for n in range(240)]
        return [who(first + n, asked, answers(n * 7, **one)) for n, one in enumerate(said)]

    rows, made = list[Response](), []
    for first in (0, 1000):
        rows += many(first)
        made.append(release(tmp_path, sealed(SECRET.public, rows), Known.of([asked], PLACES), recipe=recipe)[0])
    names, whole = ("by", "category_code", "code"), 0
    for name in ("hurt", "told"):
        parts = [{tuple(o[n] for n in names): o for o in figures(each, table=f"by-{name}")} for each in made]
        for line in figures(made[1], table=f"by-{name}-so-far"):
            where = tuple(line[n] for n in names)
            assert line["by"] in {name, ""}
            told_parts = [part[where]["count"] for part in parts]
            if all(count.isdigit() for count in told_parts):
                whole += 1
                assert int(line["count"]) == sum(map(int, told_parts))
    assert whole > 6


def test_an_answer_that_was_retired_in_between_is_summed_on(tmp_path: Path) -> None:
    """Its old figures are found by its column, and both releases' bases are those who could choose it."""
    early = people(OLD, 0, 150, ("letter",), ("phone",), ("phone", "letter"))
    late = [*people(NEW, 5000, 150, ("text",), ("phone",)), *people(OLD, 9000, 150, ("letter",), ("phone",))]
    first = told(tmp_path, early, OLD, table=WAYS)
    second = told(tmp_path, [*early, *late], NEW, OLD, table=WAYS)
    parts = [{one["column"]: one for one in figures(each, table="ways", answer="Chosen")} for each in (first, second)]
    sums = {one["column"]: one for one in figures(second, table="ways-so-far", answer="Chosen")}
    for column in ("ways_letter", "ways_phone"):
        for name in ("count", "base"):
            assert int(sums[column][name]) == sum(int(part[column][name]) for part in parts)
    assert parts[1]["ways_letter"]["base_of"] != parts[0]["ways_letter"]["base_of"]


def test_an_answer_that_was_added_in_mid_year_was_given_by_nobody_before(tmp_path: Path) -> None:
    """Of several its base is who could choose it; of one the base is everybody who answered, as in one release."""
    early = people(OLD, 0, 150, ("letter",), ("phone",), ("phone", "letter"))
    late = people(NEW, 5000, 150, ("text",), ("phone",))
    told(tmp_path / "several", early, OLD, table=WAYS)
    second = told(tmp_path / "several", [*early, *late], NEW, OLD, table=WAYS)
    for answer in ("Chosen", "Not chosen"):
        (part,), (line,) = (
            figures(second, table=table, answer=answer, column="ways_text") for table in ("ways", "ways-so-far")
        )
        assert {name: line[name] for name in ("count", "base", "date")} == {
            name: part[name] for name in ("count", "base", "date")
        }
    old, new = (version(n, item("end", options=options(*codes))) for n, codes in (("1", "ab"), ("2", "abc")))
    ends = TableSpec("ends", "Ends", ("end",), None, ("London",), so_far=True)
    early, late = people(old, 0, 150, "a", "b", of="end"), people(new, 5000, 150, *"abc", of="end")
    releases = [told(tmp_path / "one", early, old, table=ends)]
    releases.append(told(tmp_path / "one", [*early, *late], new, old, table=ends))
    parts = [{one["code"]: one for one in figures(each, table="ends")} for each in releases]
    sums = {one["code"]: one for one in figures(releases[1], table="ends-so-far")}
    assert sums["c"]["count"] == parts[1]["c"]["count"]
    assert {int(one["base"]) for one in sums.values()} == {int(parts[0]["a"]["base"]) + int(parts[1]["a"]["base"])}


def test_a_category_that_was_added_in_mid_year_had_nobody_before(tmp_path: Path) -> None:
    old, new = (version(n, item("end", options=options(*codes))) for n, codes in (("1", "ab"), ("2", "abc")))
    by_end = TableSpec("by-end", "Whole by end", ("experience",), "end", ("London",), so_far=True)
    early, late = people(old, 0, 200, "a", "b", of="end"), people(new, 5000, 300, *"abc", of="end")
    told(tmp_path, early, old, table=by_end)
    second = told(tmp_path, [*early, *late], new, old, table=by_end)
    part, line = (
        {one["code"]: (one["count"], one["base"]) for one in figures(second, table=table, category_code="c")}
        for table in ("by-end", "by-end-so-far")
    )
    assert any(base.isdigit() for _, base in part.values())
    assert {code: told for code, told in line.items() if told[1].isdigit()} == {
        code: told for code, told in part.items() if told[1].isdigit()
    }


def test_of_an_answer_that_was_added_and_is_held_back_the_year_tells_nothing(tmp_path: Path) -> None:
    early = people(OLD, 0, 150, ("letter",), ("phone",), ("phone", "letter"))
    late = [*people(OLD, 3000, 150, ("letter",), ("phone",)), *people(NEW, 5000, 6, ("text",))]
    told(tmp_path, early, OLD, table=WAYS)
    second = told(tmp_path, [*early, *late], NEW, OLD, table=WAYS)
    lines = figures(second, table="ways-so-far", column="ways_text")
    assert lines
    assert {line[name] for line in lines for name in ("count", "base", "proportion")} == {"[x]"}
    assert {line["date"] for line in lines} == {"2026-12"}


def test_a_question_in_other_words_is_summed_on_where_its_meaning_is_the_same(tmp_path: Path) -> None:
    mended = version("2", replace(ways("phone", "letter"), labels={"en": "What about the ways?"}))
    early = people(OLD, 0, 150, ("letter",), ("phone",), ("phone", "letter"))
    late = people(mended, 5000, 150, ("letter",), ("phone",))
    first = told(tmp_path, early, OLD, table=WAYS)
    second = told(tmp_path, [*early, *late], mended, OLD, table=WAYS)
    parts = [{one["column"]: one for one in figures(each, table="ways", answer="Chosen")} for each in (first, second)]
    for one in figures(second, table="ways-so-far", answer="Chosen"):
        assert int(one["count"]) == sum(int(part[one["column"]]["count"]) for part in parts)
