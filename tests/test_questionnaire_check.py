"""Checking a questionnaire: every fault in one list, at the row that the file itself counts, whatever the file is."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import get_args

import pytest
from flask_wtf import FlaskForm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from forms.authoring.faults import Fault
from forms.authoring.kinds import FITS
from forms.authoring.lines import Unreadable
from forms.authoring.pages import RESERVED
from forms.authoring.workbook import workbook_lines
from forms.expression import ARGUMENTS
from forms.instrument import Instrument
from forms.items import KINDS, Disclosure
from forms.routing import path as way
from forms.xlsform import load

TINY = Path(__file__).parent / "questionnaires"
MEGABYTE = 1024 * 1024


def expected(file: Path) -> list[tuple[str, ...]]:
    """What a tiny questionnaire says of itself below the line 'Expected:'."""
    _, _, listed = file.read_text().partition("\nExpected:\n")
    rows = [line.removeprefix("- ") for line in listed.split("\n") if line.startswith("- ")]
    return sorted((word, *place.split(", ")) for word, _, place in (row.partition(": ") for row in rows) if place)


def found(faults: tuple[Fault, ...]) -> list[tuple[str, ...]]:
    return sorted(
        tuple(part for part in ("warning" if each.warning else "fault", each.sheet, str(each.row), each.column) if part)
        for each in faults
    )


@pytest.mark.parametrize("file", sorted(TINY.glob("*.md")), ids=lambda file: file.stem)
def test_every_fault_is_named_with_its_sheet_row_and_column(file: Path) -> None:
    checked = load(file)
    assert found(checked.faults) == expected(file)
    assert (checked.instrument is None) == any(place[0] == "fault" for place in expected(file))
    assert all(each.what and each.to_do and "\n" not in str(each) for each in checked.faults)


def test_the_tiny_questionnaires_hold_something_for_every_fault() -> None:
    assert sum(len(expected(file)) for file in TINY.glob("*.md")) > 100


def tiny(tmp_path: Path, rows: str, name: str = "tiny.md") -> Path:
    """A questionnaire of these survey rows (type, name, label, relevant, core, disclosure)."""
    file = tmp_path / name
    file.write_text(
        f"| survey | type | name | label | relevant | core | disclosure |\n{rows}\n"
        "| choices | list_name | name | label |\n| | yn | yes | Yes |\n| | yn | no | No |\n"
        "| settings | form_id | version |\n| | tiny | 1 |\n"
    )
    return file


def instrument_of(file: Path, *translations: Path) -> Instrument:
    checked = load(file, translations)
    assert checked.instrument is not None, [str(each) for each in checked.faults]
    return checked.instrument


# --- what a good questionnaire becomes ---


@pytest.fixture(scope="module")
def every_kind() -> Instrument:
    return instrument_of(TINY / "every-kind.md")


def test_every_kind_of_item_is_taken(every_kind: Instrument) -> None:
    assert {item.kind for item in (*every_kind.items(), *every_kind.calculations)} == KINDS


def test_a_checked_questionnaire_can_be_read_back_by_a_tablet(every_kind: Instrument) -> None:
    assert Instrument.from_json(every_kind.to_json()) == every_kind


def test_a_field_list_is_one_page_and_everything_else_stands_alone(every_kind: Instrument) -> None:
    pages = {page.name: [item.name for item in page.items] for page in every_kind.pages}
    assert pages["page"] == ["hello", "visits", "hours", "ways"]
    assert pages["first"] == ["first"]
    assert list(pages).index("ways_other") == list(pages).index("page") + 1


def test_the_groups_around_a_page_decide_whether_it_is_shown(every_kind: Instrument) -> None:
    assert "page" in [page.name for page in way(every_kind, {"first": "yes"})]
    assert "page" not in [page.name for page in way(every_kind, {"first": "no"})]
    north = {"first": "yes", "area": "north", "ways": ("other",)}
    assert "ways_other" in [page.name for page in way(every_kind, north)]
    assert "ways_other" not in [page.name for page in way(every_kind, {**north, "ways": ("bus",)})]
    assert "ways_other" not in [page.name for page in way(every_kind, {**north, "area": "south"})]


def test_columns_of_ours_reach_the_instrument(every_kind: Instrument) -> None:
    items = {item.name: item for item in every_kind.items()}
    assert [item.name for item in every_kind.core_items()] == ["first", "area", "town"]
    assert (items["first"].disclosure, items["words"].disclosure) == ("sensitive", "withhold")
    assert (items["words"].bytes_allowed, items["first"].unverified) == (300, frozenset({"en"}))
    assert [option.code for option in items["ways"].options if option.exclusive] == ["home"]
    assert (items["score"].low, items["score"].high, items["score"].step) == (0, 10, 0.5)
    assert (items["ways"].default, items["hours"].default, items["day"].default) == (("bus",), 1.5, "2026-11-01")
    assert items["first"].required
    assert items["town"].randomize


def test_wording_is_unverified_where_that_stands_on_a_group_around_it(tmp_path: Path) -> None:
    file = tmp_path / "groups.md"
    file.write_text(
        "| survey | type | name | label | appearance | unverified |\n"
        "| | begin_group | both | Of the label | field-list | yes |\n"
        "| | begin_group | part | Of both | | |\n| | integer | one | One? | | |\n| | end_group | | | | |\n"
        "| | note | two | Two. | | no |\n| | end_group | | | | |\n| | integer | three | Three? | | |\n"
        "| settings | form_id | version | default_language |\n| | groups | 1 | en |\n"
    )
    told = {item.name: item.unverified for item in instrument_of(file).items()}
    assert told == {"one": frozenset({"en"}), "two": frozenset({"en"}), "three": frozenset()}
    file.write_text(file.read_text().replace("field-list | yes", "field-list | perhaps"))
    (fault,) = load(file).faults
    assert "names no language" in str(fault)


def test_calculations_stand_in_the_order_in_which_they_can_be_worked_out(tmp_path: Path) -> None:
    file = tmp_path / "order.md"
    file.write_text(
        "| survey | type | name | label | calculation |\n| | calculate | second | | ${first} + 1 |\n"
        "| | integer | typed | How many? | |\n| | calculate | first | | ${typed} + 1 |\n"
        "| settings | form_id | version |\n| | order | 1 |\n"
    )
    assert [item.name for item in instrument_of(file).calculations] == ["first", "second"]


def test_or_other_adds_the_option_and_asks_what_it_is_straight_after(tmp_path: Path) -> None:
    instrument = instrument_of(tiny(tmp_path, "| | select_one yn or_other | told | Were you told? | | yes | open |"))
    assert [option.code for option in instrument.item("told").options] == ["yes", "no", "other"]
    assert [page.name for page in way(instrument, {"told": "other"})] == ["told", "told_other"]
    assert [page.name for page in way(instrument, {"told": "yes"})] == ["told"]
    assert instrument.item("told_other").disclosure == "withhold"


@pytest.mark.parametrize("name", ["release", "recipe", "alike", "came_back"])
def test_no_item_can_take_the_name_of_a_column_that_every_release_has(tmp_path: Path, name: str) -> None:
    checked = load(tiny(tmp_path, f"| | select_one yn | {name} | Were you told? | |"))
    assert any("is a name that pages or releases use" in str(fault) for fault in checked.faults)


def test_no_item_can_take_the_name_of_something_that_a_form_has_already() -> None:
    assert {name for name in dir(FlaskForm) if name[0].islower()} <= RESERVED


# --- languages ---

POLISH = """
msgid ""
msgstr "Language: pl\\nContent-Type: text/plain; charset=UTF-8\\n"

msgctxt "told"
msgid "Were you told?"
msgstr "Czy powiedziano?"

msgctxt "yn/yes"
msgid "Yes"
msgstr "Tak"

#, fuzzy
msgctxt "yn/no"
msgid "No"
msgstr "Nie?"

msgctxt "told"
msgid "Were you ever told?"
msgstr "Wording of last year"
"""


def test_translations_are_laid_over_and_what_is_missing_is_a_warning(tmp_path: Path) -> None:
    overlay = tmp_path / "pl.po"
    overlay.write_text(POLISH)
    checked = load(tiny(tmp_path, "| | select_one yn | told | Were you told? | |"), [overlay])
    assert checked.instrument is not None
    assert checked.instrument.languages == ("en", "pl")
    told = checked.instrument.item("told")
    assert (told.labels["pl"], told.options[0].labels["pl"]) == ("Czy powiedziano?", "Tak")
    assert "pl" not in told.options[1].labels
    assert found(checked.faults) == [
        ("warning", "pl.po", "0", "yn/no"),
        ("warning", "pl.po", "13", "yn/no"),
        ("warning", "pl.po", "18", "told"),
    ]


def test_a_translation_changes_no_digest(tmp_path: Path) -> None:
    overlay = tmp_path / "pl.po"
    overlay.write_text(POLISH)
    file = tiny(tmp_path, "| | select_one yn | told | Were you told? | |")
    assert instrument_of(file).digest() == instrument_of(file, overlay).digest()


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b'msgid "open\nmsgstr', b"msgstr\x00", b"a" * (9 * MEGABYTE)])
def test_translations_that_cannot_be_read_are_a_fault(tmp_path: Path, content: bytes) -> None:
    overlay = tmp_path / "pl.po"
    overlay.write_bytes(content)
    checked = load(tiny(tmp_path, "| | text | a | A? | |"), [overlay, tmp_path / "missing.po"])
    assert {each.sheet for each in checked.faults if not each.warning} == {"pl.po", "missing.po"}


@pytest.mark.parametrize(
    ("old", "new", "row"),
    [('"Tak"', '"Tak', 11), ('"Tak"', "Tak", 11), ('"Tak"', "“Tak”", 11), ('msgstr "Tak"\n', "", 13)],
)
def test_a_translation_is_never_laid_over_with_a_letter_or_an_entry_lost(
    tmp_path: Path, old: str, new: str, row: int
) -> None:
    overlay = tmp_path / "pl.po"
    overlay.write_text(POLISH.replace(old, new))
    checked = load(tiny(tmp_path, "| | select_one yn | told | Were you told? | |"), [overlay])
    assert [(each.sheet, each.row) for each in checked.faults if not each.warning] == [("pl.po", row)]


@pytest.mark.parametrize("mark", ["\u2028", "\x0b", "\x85"])
def test_an_unseen_line_end_within_a_translation_takes_no_letter_from_it(tmp_path: Path, mark: str) -> None:
    overlay = tmp_path / "pl.po"
    overlay.write_text(POLISH.replace('"Tak"', f'"Ta{mark}k"'))
    instrument = instrument_of(tiny(tmp_path, "| | select_one yn | told | Were you told? | |"), overlay)
    assert instrument.item("told").options[0].labels["pl"] == f"Ta{mark}k"


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u200d", "\u200b"])
def test_a_translation_of_which_nothing_can_be_read_is_missing(tmp_path: Path, blank: str) -> None:
    overlay = tmp_path / "pl.po"
    overlay.write_text(POLISH.replace('"Tak"', f'"{blank}"'))
    instrument = instrument_of(tiny(tmp_path, "| | select_one yn | told | Were you told? | |"), overlay)
    assert "pl" not in instrument.item("told").options[0].labels


# --- the three kinds of file say the same ---


def cells_of(file: Path) -> Iterator[tuple[str, list[list[str]]]]:
    """The sheets of a Markdown questionnaire as plain cells, for writing them into other files."""
    sheets: dict[str, list[list[str]]] = {}
    name = ""
    for line in file.read_text().split("\n"):
        if not line.startswith("|") or set(line) <= set("|-"):
            continue
        first, *cells = (cell.strip() for cell in line.strip().strip("|").split("|"))
        name = first or name
        sheets.setdefault(name, []).append(cells)
    yield from sheets.items()


def as_workbook(file: Path, target: Path, blank_rows: int = 0) -> Path:
    book = Workbook()
    book.remove(book.active)
    for name, rows in cells_of(file):
        sheet = book.create_sheet(name)
        for place, row in enumerate(rows):
            for column, cell in enumerate(row, start=1):
                number = place + 1 + (blank_rows if place else 0)
                sheet.cell(number, column, int(cell) if cell.isdecimal() else cell or None)
    book.save(target)
    return target


def as_csv(file: Path, target: Path) -> Path:
    with target.open("w", newline="", encoding="utf-8-sig") as opened:
        writer = csv.writer(opened)
        for name, rows in cells_of(file):
            writer.writerow([name])
            writer.writerows([["", *row] for row in rows])
    return target


def test_a_workbook_and_a_csv_file_become_the_same_instrument(tmp_path: Path, every_kind: Instrument) -> None:
    assert instrument_of(as_workbook(TINY / "every-kind.md", tmp_path / "every.xlsx")) == every_kind
    assert instrument_of(as_csv(TINY / "every-kind.md", tmp_path / "every.csv")) == every_kind


def test_a_workbook_row_has_the_number_that_the_spreadsheet_shows(tmp_path: Path) -> None:
    file = as_workbook(TINY / "disclosure.md", tmp_path / "blank.xlsx", blank_rows=7)
    assert ("fault", "survey", "11", "disclosure") in found(load(file).faults)


def test_a_csv_row_has_the_number_of_its_line_though_a_cell_holds_several(tmp_path: Path) -> None:
    file = tmp_path / "lines.csv"
    file.write_text(
        'survey\n,type,name,label\n,text,a,"A\n\nlong label"\n\n,nonsense,b,B?\nsettings\n,form_id,version\n,x,1\n'
    )
    assert found(load(file).faults) == [("fault", "survey", "7", "type")]


def test_formulas_and_errors_in_a_workbook_are_faults(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    sheet.title = "survey"
    for row in (
        ["type", "name", "label"],
        ["text", "a", '=CONCAT("A", "?")'],
        ["text", "b", "#REF!"],
        ["text", "c", "C?"],
    ):
        sheet.append(row)
    sheet["C3"].data_type = "e"
    settings_sheet = book.create_sheet("settings")
    settings_sheet.append(["form_id", "version"])
    settings_sheet.append(["x", 1.0])
    book.save(tmp_path / "formula.xlsx")
    assert found(load(tmp_path / "formula.xlsx").faults) == [("fault", "survey", "2"), ("fault", "survey", "3")]


# --- hostile files ---


def zipped(tmp_path: Path, parts: dict[str, bytes]) -> Path:
    file = tmp_path / "hostile.xlsx"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file


def workbook_parts(tmp_path: Path) -> dict[str, bytes]:
    file = as_workbook(TINY / "every-kind.md", tmp_path / "good.xlsx")
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def refused(file: Path) -> str:
    checked = load(file)
    assert checked.instrument is None
    [fault] = checked.faults
    return str(fault)


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    parts = workbook_parts(tmp_path)
    parts["xl/worksheets/sheet1.xml"] = b" " * (100 * MEGABYTE)
    assert "unpacks to more than" in refused(zipped(tmp_path, parts))


def test_a_workbook_with_macros_is_refused(tmp_path: Path) -> None:
    assert "macros" in refused(zipped(tmp_path, {**workbook_parts(tmp_path), "xl/vbaProject.bin": b"x"}))


def test_entities_that_swell_are_refused(tmp_path: Path) -> None:
    parts = workbook_parts(tmp_path)
    swelling = b"".join(b'<!ENTITY e%d "%s">' % (level, b"&e%d;" % (level - 1) * 10) for level in range(1, 12))
    parts["xl/workbook.xml"] = b'<!DOCTYPE w [<!ENTITY e0 "ha">' + swelling + b"]><w>&e11;</w>"
    assert "cannot be read" in refused(zipped(tmp_path, parts))


def test_a_row_with_a_huge_number_costs_nothing(tmp_path: Path) -> None:
    parts = workbook_parts(tmp_path)
    sheet = parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(b'<row r="2"', b'<row r="1048576000"', 1)
    assert load(zipped(tmp_path, parts)).instrument is None


def test_a_cell_of_ten_megabytes_is_a_fault(tmp_path: Path) -> None:
    parts = workbook_parts(tmp_path)
    swollen = {name: text.replace(b"Were you told?", b"A" * (10 * MEGABYTE)) for name, text in parts.items()}
    assert swollen != parts
    assert ("fault", "survey", "2", "label") in found(load(zipped(tmp_path, swollen)).faults)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("large.md", b"| survey | type |\n" + b"a" * (9 * MEGABYTE)),
        ("binary.md", bytes(range(256)) * 40),
        ("binary.csv", b"survey\n,type\n\x00\xff\xfe"),
        ("latin.csv", "survey\n,type,name,label\n,text,a,Café\n".encode("latin-1")),
        ("binary.xlsx", bytes(range(256)) * 40),
        ("empty.xlsx", b""),
        ("empty.md", b""),
        ("prose.md", b"No table stands here.\n"),
        ("cell.csv", b"survey\n,type,name,label\n,text,a," + b"a" * 200_000),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("locked.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000)),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_rubbish_gets_one_fault_that_says_what_to_do(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert refused(tmp_path / name).startswith(name)


def test_a_folder_or_a_file_that_is_not_there_gets_a_fault(tmp_path: Path) -> None:
    (tmp_path / "folder.md").mkdir()
    assert "cannot be read" in refused(tmp_path / "folder.md")
    assert "cannot be read" in refused(tmp_path / "nothing.md")


def test_more_rows_than_a_questionnaire_can_have_are_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.md").write_text("| survey | type |\n" + "| | text |\n" * 60_000)
    assert "more than 50,000 rows" in refused(tmp_path / "rows.md")


def test_groups_that_stand_inside_each_other_without_end_are_refused(tmp_path: Path) -> None:
    opened = "\n".join(f"| | begin_group | g{place} | | true() |" for place in range(3_000))
    closed = "\n".join("| | end_group | | | |" for _ in range(3_000))
    checked = load(tiny(tmp_path, f"{opened}\n| | text | a | A? | |\n{closed}"))
    assert ("fault", "survey", "23", "type") not in found(checked.faults)[:1]
    assert ("fault", "survey", "22", "type") in found(checked.faults)


def test_a_condition_as_deep_as_one_may_be_can_stand_inside_a_group(tmp_path: Path) -> None:
    deep = f"${{typed}}{' + 1' * 39} > 3"
    rows = "| | integer | typed | How many? | |\n| | begin_group | g | | ${typed} != '' |\n"
    assert load(tiny(tmp_path, f"{rows}| | integer | a | A? | {deep} |\n| | end_group | | | |")).faults == ()


CHARACTERS = st.characters(codec="utf-8")


@given(position=st.integers(0, 10_000), rubbish=st.text(CHARACTERS, max_size=12), length=st.integers(0, 40))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_typed_into_a_questionnaire_nothing_is_raised(
    tmp_path: Path, position: int, rubbish: str, length: int
) -> None:
    good = (TINY / "every-kind.md").read_text()
    at = position % len(good)
    (tmp_path / "typed.md").write_bytes((good[:at] + rubbish + good[at + length :]).encode())
    checked = load(tmp_path / "typed.md")
    assert (checked.instrument is None) == any(not each.warning for each in checked.faults)


@pytest.fixture(scope="module")
def good_workbook(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return as_workbook(TINY / "every-kind.md", tmp_path_factory.mktemp("book") / "good.xlsx").read_bytes()


@given(position=st.integers(0), value=st.integers(0, 255), cut=st.none() | st.integers(0))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_byte_of_a_workbook_is_damaged_nothing_is_raised(
    tmp_path: Path, good_workbook: bytes, position: int, value: int, cut: int | None
) -> None:
    damaged = bytearray(good_workbook)
    damaged[position % len(damaged)] = value
    (tmp_path / "damaged.xlsx").write_bytes(damaged if cut is None else damaged[: cut % len(damaged)])
    load(tmp_path / "damaged.xlsx")


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_whatever_stands_in_the_xml_of_a_workbook_nothing_but_unreadable_is_raised(
    good_workbook: bytes, data: st.DataObject
) -> None:
    with zipfile.ZipFile(io.BytesIO(good_workbook)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = data.draw(st.sampled_from(sorted(parts)))
    content = parts[name]
    at = data.draw(st.integers(0, len(content)))
    rubbish = data.draw(st.sampled_from([b"", b"<", b'"', b"9" * 30, b"</row>", b"<v>-1</v>", b' t="s"', b' r="XFE0"']))
    parts[name] = content[:at] + rubbish + content[at + data.draw(st.integers(0, 60)) :]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for each, text in parts.items():
            archive.writestr(each, text)
    with suppress(Unreadable):
        assert all(line.number >= 0 for line in workbook_lines(packed.getvalue()))


# --- the command ---


def check(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "survey", "check", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_survey_check_prints_each_fault_on_a_line_and_fails() -> None:
    done = check(TINY / "settings.md")
    *lines, last = done.stdout.splitlines()
    assert done.returncode == 1
    assert [line.split(":")[0] for line in lines] == [
        "settings, row 7, public_key",
        "settings, row 9, form_id",
        "settings, row 9, version",
        "settings, row 9, default_language",
        "settings, row 10",
    ]
    assert last == "5 faults, 0 warnings: this cannot be used yet."
    assert "Traceback" not in done.stderr


def test_survey_check_says_in_short_what_a_good_questionnaire_is(tmp_path: Path) -> None:
    overlay = tmp_path / "pl.po"
    overlay.write_text(POLISH)
    done = check(tiny(tmp_path, "| | select_one yn | told | Were you told? | |"), "--translation", overlay)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "tiny, version 1: no fault, 3 warnings." in done.stdout
    assert "languages: en, pl" in done.stdout


def test_survey_check_of_a_hostile_file_shows_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "binary.xlsx").write_bytes(b"PK\x03\x04" + bytes(range(256)))
    done = check(tmp_path / "binary.xlsx")
    assert (done.returncode, done.stderr) == (1, "")
    assert "damaged" in done.stdout


def test_seven_thousand_rows_are_checked_in_150_megabytes(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from forms.xlsform import load\n"
        "checked = load(Path(sys.argv[1])); assert checked.instrument, checked.faults[:3]\n"
        # Not getrusage: that remembers the size of the process which started this one.
        "print(Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0])"
    )
    command = [sys.executable, "-c", code, str(seven_thousand_rows(tmp_path / "large.md"))]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert int(done.stdout) < 150 * 1024


def seven_thousand_rows(file: Path) -> Path:
    """Questions that depend on each other as far as a row can hold them, notes, and long lists."""
    rows = ["| survey | type | name | label | relevant |", "| | select_one l0 | q0 | Question? | |"]
    rows += [f"| | select_one l{at % 20} | q{at} | Question {at}? | ${{q{at - 1}}} = 'c1' |" for at in range(1, 200)]
    rows += [f"| | note | n{at} | Note {at} | ${{q{at % 200}}} != 'c1' and ${{q0}} = 'c2' |" for at in range(3_800)]
    rows += ["| choices | list_name | name | label |"]
    rows += [f"| | l{at % 20} | c{at // 20} | Option {at} |" for at in range(3_000)]
    rows += ["| settings | form_id | version |", "| | large | 1 |"]
    file.write_text("\n".join(rows))
    return file


def test_the_authors_guide_names_every_kind_column_and_function() -> None:
    guide = (Path(__file__).parent.parent / "docs" / "questionnaires.md").read_text()
    functions = {name for name in ARGUMENTS if name.isascii() and name[0].isalpha()}
    for word in (*KINDS, *FITS, *get_args(Disclosure), "begin_group", "end_group", "exclusive", "list_name", "form_id"):
        assert f"`{word}" in guide, word
    for function in functions - {"and", "or", "div", "mod"}:
        assert f"`{function}(" in guide, function


def test_the_example_in_the_authors_guide_has_no_fault(tmp_path: Path) -> None:
    guide = (Path(__file__).parent.parent / "docs" / "questionnaires.md").read_text()
    example = next(part for part in guide.split("```") if part.startswith("\n| survey |"))
    (tmp_path / "example.md").write_text(example)
    assert load(tmp_path / "example.md").faults == ()
