"""A translator gets a workbook or .po file, fills it in, gives it back; what does not fit is refused with its row."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click
import polib
import pytest
from openpyxl import Workbook, load_workbook

from forms.authoring.lines import FILE_BYTES
from survey.catalogues import Catalogues
from survey.translated import Entry, Unfit, check, numbers, quotes, quoting
from survey.translating import taken
from survey.translators_files import HEADINGS, KINDS, written
from tests.translators import SHIPPED, copied_into

POLISH = {entry.key: entry for entry in SHIPPED.entries("pl")}
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def copies(tmp_path: Path) -> Catalogues:
    """The shipped catalogues in a folder of their own, so that a test may change them."""
    return copied_into(tmp_path)


def changed(path: Path, row: int, **cells: str | None) -> None:
    book = load_workbook(path)
    sheet = book["translation pl"]
    for heading, value in cells.items():
        sheet.cell(row, HEADINGS.index(heading) + 1).value = value
    book.save(path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", SHIPPED.languages())
def test_what_is_written_and_taken_back_untouched_changes_nothing(copies: Catalogues, language: str, kind: str) -> None:
    before = copies.entries(language)
    file = written(copies, language, copies.folders["words"].parent / f"{language}.{kind}")
    assert taken(copies, language, file) == (len(before), [])
    assert copies.entries(language) == before


@pytest.mark.parametrize("catalogue", ["questions", "words"])
def test_a_po_file_as_it_lies_in_the_program_goes_the_same_way(copies: Catalogues, catalogue: str) -> None:
    before = copies.entries("pl")
    given = shutil.copy(copies.folders[catalogue] / "pl.po", copies.folders["words"].parent / "pl.po")
    fit, refused = taken(copies, "pl", Path(given))
    assert refused == []
    assert fit == sum(entry.catalogue == catalogue for entry in before)
    assert copies.entries("pl") == before


def test_a_reviewed_translation_is_taken_as_reviewed(copies: Catalogues, tmp_path: Path) -> None:
    file = written(copies, "pl", tmp_path / "pl.xlsx")
    changed(file, 2, translation="Jak to było?", state="reviewed")
    assert taken(copies, "pl", file)[1] == []
    entry = copies.entries("pl")[0]
    assert (entry.text, entry.state) == ("Jak to było?", "reviewed")
    assert copies.counts("pl")["reviewed"] == 1


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"place": None}, "does not say where it stands"),
        ({"english": "Another question?"}, "The English here has changed"),
        ({"place": "nowhere"}, "there is no such place"),
        ({"state": "perfect"}, "The state is one of"),
        ({"translation": "x" * 2001}, "longer than 2,000"),
        ({"translation": "{minutes} of it"}, "{braces}"),
        ({"state": "same"}, "not the same as the English"),
    ],
)
def test_a_line_that_does_not_fit_is_refused_with_its_row_and_the_others_are_taken(
    copies: Catalogues, tmp_path: Path, cells: dict[str, str | None], said: str
) -> None:
    before = copies.entries("pl")
    file = written(copies, "pl", tmp_path / "pl.xlsx")
    changed(file, 5, **cells)
    fit, [refused] = taken(copies, "pl", file)
    assert fit == len(before) - 1
    assert refused.startswith("Row 5, ")
    assert said in refused
    assert copies.entries("pl") == before


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("=A1", "row 5: A cell holds a formula."),
        ("x" * 4001, "row 5, translation: The cell holds more than 4,000 characters"),
        ("#N/A", "row 5: A cell shows an error of the spreadsheet."),
    ],
)
def test_a_cell_that_cannot_be_read_is_told_with_its_row(
    copies: Catalogues, tmp_path: Path, cell: str, said: str
) -> None:
    before = copies.entries("pl")
    file = written(copies, "pl", tmp_path / "pl.xlsx")
    changed(file, 5, translation=cell)
    fit, [refused] = taken(copies, "pl", file)
    assert fit == len(before) - 1
    assert said in refused
    assert copies.entries("pl") == before


def test_a_file_that_is_something_else_is_refused_whole(copies: Catalogues, tmp_path: Path) -> None:
    wrong = tmp_path / "pl.xlsx"
    book = Workbook()
    book.active.append(["something", "else"])
    book.save(wrong)
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04 nothing")
    (tmp_path / "broken.po").write_bytes(b"\xff\xfe\x00")
    for file in (wrong, tmp_path / "broken.xlsx", tmp_path / "broken.po"):
        with pytest.raises(click.UsageError, match=r"pl\.xlsx|broken"):
            taken(copies, "pl", file)


def test_what_a_translators_program_marks_as_unsure_is_not_taken_and_is_told(
    copies: Catalogues, tmp_path: Path
) -> None:
    path = written(copies, "pl", tmp_path / "pl.po")
    file = polib.pofile(str(path))
    file[3].flags.append("fuzzy")
    file.save(str(path))
    fit, [refused] = taken(copies, "pl", path)
    assert fit == len(file) - 1
    assert refused.startswith("Line ")
    assert "as unsure (fuzzy). Look at it there, and take the mark away." in refused


@pytest.mark.parametrize(
    ("comment", "state"),
    [
        ("State: reviewed", "reviewed"),
        ("Checked by Ola.\nSTATE:  Reviewed ", "reviewed"),
        ("Checked by Ola.", "draft"),
    ],
)
def test_a_state_counts_however_it_is_written(copies: Catalogues, tmp_path: Path, comment: str, state: str) -> None:
    path = written(copies, "pl", tmp_path / "pl.po")
    file = polib.pofile(str(path))
    file[3].tcomment = comment
    file.save(str(path))
    assert taken(copies, "pl", path) == (len(file), [])
    assert copies.entries("pl")[3].state == state
    catalogue = copies.folders["questions"] / "pl.po"
    replaced(catalogue, f"# state: {state}", f"# {comment.splitlines()[-1]}")
    assert copies.entries("pl")[3].state == state


@pytest.mark.parametrize("comment", ["state: perfect", "State: perfect", "state: draft\nstate: reviewed"])
def test_a_state_that_is_none_is_refused_with_its_line(copies: Catalogues, tmp_path: Path, comment: str) -> None:
    before = copies.entries("pl")
    path = written(copies, "pl", tmp_path / "pl.po")
    file = polib.pofile(str(path))
    file[3].tcomment = comment
    file.save(str(path))
    fit, [refused] = taken(copies, "pl", path)
    assert fit == len(file) - 1
    assert re.match(rf"Line \d+, {re.escape(file[3].msgctxt)}: The state is one of draft, reviewed, same", refused)
    assert copies.entries("pl") == before


def with_other_english(copies: Catalogues, english: Mapping[str, str]) -> Catalogues:
    """The same catalogues after these English texts have changed."""
    now = (replace(entry, english=english.get(entry.english, entry.english)) for entry in copies.english)
    return replace(copies, english=tuple(now))


@pytest.mark.parametrize("kind", KINDS)
def test_a_translator_sees_what_stood_there_before_and_it_is_kept_until_there_is_a_new_one(
    copies: Catalogues, tmp_path: Path, kind: str
) -> None:
    old = next(entry for entry in copies.entries("pl") if entry.place == "bar.label")
    later = with_other_english(copies, {"Leave and help": "Leave or help"})
    path = written(later, "pl", tmp_path / f"pl.{kind}")
    assert what_stood_before(path, "Leave or help") == (old.english, old.text)
    assert taken(later, "pl", path) == (len(later.english) - 1, [])
    assert later.stale("pl") == (old,)
    filled_in(path, {"Leave or help": "Wyjście albo pomoc"})
    assert taken(later, "pl", path) == (len(later.english), [])
    assert later.stale("pl") == ()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("changed", [{0}, {1}, {0, 1}])
def test_a_question_and_its_hint_each_keep_what_stood_there_before_until_there_is_a_new_one(
    copies: Catalogues, tmp_path: Path, kind: str, changed: set[int]
) -> None:
    had = [entry for entry in copies.entries("pl") if entry.place == "crime"]
    assert len(had) == 2, "a question and its hint share a place"
    old = [entry for number, entry in enumerate(had) if number in changed]
    later = with_other_english(copies, {entry.english: f"{entry.english} Or not?" for entry in old})
    path = written(later, "pl", tmp_path / f"pl.{kind}")
    for entry in old:
        assert what_stood_before(path, f"{entry.english} Or not?") == (entry.english, entry.text)
    assert taken(later, "pl", path) == (len(later.english) - len(old), [])
    assert set(later.stale("pl")) == set(old)
    for left in range(len(old) - 1, -1, -1):
        filled_in(path, {f"{old[left].english} Or not?": "Po polsku"})
        assert taken(later, "pl", path) == (len(later.english) - left, [])
        assert set(later.stale("pl")) == set(old[:left])


@pytest.mark.parametrize("kind", KINDS)
def test_a_translation_of_a_place_that_is_no_more_is_kept(copies: Catalogues, tmp_path: Path, kind: str) -> None:
    left = tuple(entry for entry in copies.english if entry.place != "bar.label")
    later = replace(copies, english=left)
    path = written(later, "pl", tmp_path / f"pl.{kind}")
    assert taken(later, "pl", path) == (len(left), [])
    assert [entry.place for entry in later.stale("pl")] == ["bar.label"]


def what_stood_before(file: Path, english: str) -> tuple[str, str]:
    """The English and the translation that a translator is shown beside a message that has changed."""
    if file.suffix == ".po":
        (entry,) = (entry for entry in polib.pofile(str(file)) if entry.msgid == english)
        found = re.search(r"^before: (.*)\nwas translated: (.*)$", entry.tcomment, re.MULTILINE)
        assert found, entry.tcomment
        return found[1], found[2]
    rows = load_workbook(file)["translation pl"].iter_rows(values_only=True)
    headings = next(rows)
    (row,) = (row for row in rows if english in row)
    return row[headings.index("before")], row[headings.index("was translated")]


# --- of which language a file is ---


def named_otherwise(file: Path, language: str) -> None:
    """The file, as if it had been made for this language; for none where it is empty."""
    if file.suffix == ".po":
        catalogue = polib.pofile(str(file))
        catalogue.metadata["Language"] = language
        catalogue.save(str(file))
    else:
        book = load_workbook(file)
        book.active.title = f"translation {language}".strip()
        book.save(file)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_another_language_is_refused_whatever_it_is_called(
    copies: Catalogues, tmp_path: Path, kind: str
) -> None:
    before = copies.entries("ar")
    for name in ("ar", "pl"):
        file = written(copies, "pl", tmp_path / f"{name}.{kind}")
        with pytest.raises(click.UsageError, match=r"says that it is of 'pl', and not of 'ar'.*--language pl"):
            taken(copies, "ar", file)
    assert copies.entries("ar") == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_does_not_say_its_language_is_taken_by_its_name_and_else_refused(
    copies: Catalogues, tmp_path: Path, kind: str
) -> None:
    file = written(copies, "pl", tmp_path / f"from Ola.{kind}")
    assert taken(copies, "pl", file)[1] == [], "it says its language, so it may be called anything"
    named_otherwise(file, "")
    with pytest.raises(click.UsageError, match=rf"which language it is of.*name it pl\.{kind}"):
        taken(copies, "pl", file)
    assert taken(copies, "pl", file.rename(tmp_path / f"pl.{kind}"))[1] == []


@pytest.mark.parametrize(
    ("language", "said"), [("pl", "pl_PL"), ("pl", "PL"), ("pl", "pl@latin"), ("en-easy", "en_GB"), ("en-easy", "en")]
)
def test_a_translators_program_may_name_the_language_with_its_country(
    copies: Catalogues, tmp_path: Path, language: str, said: str
) -> None:
    file = written(copies, language, tmp_path / f"{language}.po")
    named_otherwise(file, said)
    assert taken(copies, language, file)[1] == []


# --- the title, and the button to leave ---


def test_the_title_is_one_word_in_every_language_and_no_file_changes_it(copies: Catalogues, tmp_path: Path) -> None:
    """It stays in a phone's history."""
    for language in SHIPPED.languages():
        (title,) = (entry for entry in SHIPPED.entries(language) if entry.place == "title")
        assert len(title.text.split()) == 1, title
    row = next(row for row, entry in enumerate(SHIPPED.english, start=2) if entry.place == "title")
    file = written(copies, "pl", tmp_path / "pl.xlsx")
    changed(file, row, state="reviewed")
    assert taken(copies, "pl", file)[1] == [], "whoever speaks the language may stand by it"
    changed(file, row, translation="Ankieta o przestępstwie")
    (refused,) = taken(copies, "pl", file)[1]
    assert re.match(rf"Row {row}, title: Only a maintainer changes the title.* Leave it: 'Ankieta'\.", refused)


@pytest.mark.parametrize("language", SHIPPED.languages())
def test_every_text_of_today_quotes_the_button_to_leave_by_its_whole_name(language: str) -> None:
    entries = SHIPPED.entries(language)
    (button,) = (entry for entry in entries if entry.place == "bar.leave")
    naming = quoting(entries, button.english)
    assert len(naming) >= 3
    assert all(quotes(entry.text, button.text) for entry in naming)


def with_the_button_called(copies: Catalogues, name: str) -> dict[str, str]:
    """The Polish texts that quote the button to leave, by their English, as if it had this name."""
    naming = quoting(copies.entries("pl"), "Leave and delete")
    return {entry.english: entry.text.replace("Wyjdź i usuń", name) for entry in naming}


@pytest.mark.parametrize("kind", KINDS)
def test_the_button_to_leave_and_the_texts_that_quote_it_change_together_or_not_at_all(
    copies: Catalogues, tmp_path: Path, kind: str
) -> None:
    before = copies.entries("pl")
    texts = with_the_button_called(copies, "Wyjdź")
    for given in ({"Leave and delete": "Wyjdź"}, dict(list(texts.items())[1:])):
        file = written(copies, "pl", tmp_path / f"pl.{kind}")
        filled_in(file, given)
        refused = taken(copies, "pl", file)[1]
        assert len(refused) == len(given)
        assert all("called" in line and "in quotes" in line for line in refused)
        assert [each.text for each in copies.entries("pl")] == [each.text for each in before]
    file = written(copies, "pl", tmp_path / f"pl.{kind}")
    filled_in(file, {"Leave and delete": "Wyjdź", **texts})
    assert taken(copies, "pl", file)[1] == []
    assert with_the_button_called(copies, "?") == with_the_button_called(copies, "!"), "no text has the old name"


# --- what a file says that nobody may have meant ---


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ("\u202e", r"U\+202E \(RIGHT-TO-LEFT OVERRIDE\)"),
        ("\u200b", "ZERO WIDTH SPACE"),
        ("\u2066", "LEFT-TO-RIGHT"),
        ("\x1b", "U\\+001B"),
    ],
)
def test_a_mark_that_nobody_can_see_is_unfit(mark: str, said: str) -> None:
    english = next(entry for entry in SHIPPED.english if entry.place == "help.101")
    with pytest.raises(Unfit, match=f"nobody can see, .*{said}"):
        check("pl", POLISH, replace(english, text=f"{english.english}{mark}", state="draft"))


def test_a_text_that_a_spreadsheet_would_calculate_is_unfit() -> None:
    """The next translator's workbook would hold it as a formula."""
    english = next(entry for entry in SHIPPED.english if entry.place == "help.101")
    with pytest.raises(Unfit, match="would take this for a formula"):
        check("pl", POLISH, replace(english, text=f'=HYPERLINK("{english.english}")', state="draft"))


@pytest.mark.parametrize("joiner", ["\u200c", "\u200d"])
def test_the_joiners_that_scripts_are_written_with_are_fit(joiner: str) -> None:
    english = next(entry for entry in SHIPPED.english if entry.place == "help.101")
    check("pl", POLISH, replace(english, text=f"{english.english}{joiner}", state="draft"))


@pytest.mark.parametrize("letter", ["\u65e5", "\U0001f600", "\u0995"])
def test_a_letter_that_no_font_of_the_language_draws_is_unfit(letter: str) -> None:
    english = next(entry for entry in SHIPPED.english if entry.place == "help.101")
    with pytest.raises(Unfit, match=rf"No font that we serve draws U\+{ord(letter):04X} .*"):
        check("pl", POLISH, replace(english, text=f"{english.english} {letter}", state="draft"))


def test_a_row_that_stands_twice_and_not_alike_is_named_and_the_first_is_taken(
    copies: Catalogues, tmp_path: Path
) -> None:
    file = written(copies, "pl", tmp_path / "pl.xlsx")
    book = load_workbook(file)
    rows = list(book.active.iter_rows(min_row=2, max_row=3, values_only=True))
    book.active.append(rows[0])
    book.active.append([*rows[1][:3], "Coś innego", "reviewed"])
    book.save(file)
    last = len(SHIPPED.english) + 3
    fit, [refused] = taken(copies, "pl", file)
    assert fit == len(SHIPPED.english)
    assert refused.startswith(f"Row {last}, ")
    assert "Row 3 translates the same otherwise, and was taken" in refused
    assert copies.entries("pl") == SHIPPED.entries("pl")


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_that_was_emptied_is_named_and_what_stood_there_stays(
    copies: Catalogues, tmp_path: Path, kind: str
) -> None:
    file = written(copies, "pl", tmp_path / f"pl.{kind}")
    filled_in(file, {"Leave and help": "", "Continue": ""})
    fit, refused = taken(copies, "pl", file)
    assert fit == len(SHIPPED.english) - 2
    assert len(refused) == 2
    assert all("There is no translation; what stood there stays." in line for line in refused)
    assert copies.entries("pl") == SHIPPED.entries("pl")


def test_a_word_that_a_spreadsheet_took_for_true_or_false_is_refused(copies: Catalogues, tmp_path: Path) -> None:
    file = written(copies, "pl", tmp_path / "pl.xlsx")
    book = load_workbook(file)
    book.active.cell(5, HEADINGS.index("translation") + 1).value = True
    book.save(file)
    (refused,) = taken(copies, "pl", file)[1]
    assert "Row 5, " in refused
    assert "took this word for true or false" in refused


def test_a_file_of_another_kind_or_with_nothing_translated_is_refused_with_what_to_do(
    copies: Catalogues, tmp_path: Path
) -> None:
    for name in ("pl.ods", "pl.csv"):
        (tmp_path / name).write_bytes(b"PK")
        with pytest.raises(click.UsageError, match=r"neither \.xlsx nor \.po.*save it as \.xlsx") as refused:
            taken(copies, "pl", tmp_path / name)
        assert "questionnaire" not in str(refused.value)
    polib.POFile().save(str(tmp_path / "pl.po"))
    with pytest.raises(click.UsageError, match="Nothing is translated in"):
        taken(copies, "pl", tmp_path / "pl.po")


# --- the verb, as a maintainer calls it ---


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A copy of the program, so that a verb may change its catalogues."""
    for package in ("forms", "survey"):
        ignored = shutil.ignore_patterns("clips", "static", "__pycache__")
        shutil.copytree(ROOT / package, tmp_path / "program" / package, ignore=ignored)
    return tmp_path / "program"


def languages(program: Path, *given: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "survey", "languages", *given]
    return subprocess.run(command, cwd=program, capture_output=True, text=True, check=False, timeout=60)


def replaced(file: Path, old: str, new: str) -> None:
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def filled_in(file: Path, texts: dict[str, str]) -> None:
    """What a translator does: texts by their English, each of them reviewed."""
    left = dict(texts)
    if file.suffix == ".po":
        catalogue = polib.pofile(str(file))
        for entry in catalogue:
            if entry.msgid in left:
                entry.msgstr, entry.tcomment = left.pop(entry.msgid), "state: reviewed"
        catalogue.save(str(file))
    else:
        book = load_workbook(file)
        for row in book["translation pl"].iter_rows(min_row=2):
            if row[HEADINGS.index("english")].value in left:
                text = left.pop(row[HEADINGS.index("english")].value)
                row[HEADINGS.index("translation")].value, row[HEADINGS.index("state")].value = text, "reviewed"
        book.save(file)
    assert left == {}


@pytest.mark.parametrize("kind", KINDS)
def test_the_verb_writes_a_file_takes_it_back_and_refuses_what_is_stale_or_lost_a_placeholder(
    program: Path, tmp_path: Path, kind: str
) -> None:
    kept = program / "survey" / "translations" / "pl.po"
    done = languages(program, "--write", str(tmp_path), "--as", kind, "--language", "pl")
    assert (done.returncode, done.stdout) == (0, f"{tmp_path / f'pl.{kind}'}\n"), done.stderr
    filled_in(
        tmp_path / f"pl.{kind}",
        {"Continue": "Naprzód", "Leave and help": "Wyjście", "About {minutes} minutes left": "Zostało kilka minut"},
    )
    replaced(program / "survey" / "translations" / "en.po", 'msgid "Leave and help"', 'msgid "Leave or help"')
    done = languages(program)
    assert done.returncode == 1
    assert re.search(r"^pl  .* 1 missing, 1 stale  polski$", done.stdout, re.MULTILINE)
    done = languages(program, "--take", str(tmp_path / f"pl.{kind}"))
    assert done.returncode == 1, done.stderr
    where = "Line" if kind == "po" else "Row"
    assert re.search(rf"^{where} \d+, bar\.label: The English here has changed", done.stdout, re.MULTILINE)
    assert re.search(rf"^{where} \d+, left\.minutes: What stands in {{braces}}", done.stdout, re.MULTILINE)
    said = f"Took {len(SHIPPED.english) - 2} translations into polski, 1 of them new or changed; 2 not taken.\n"
    assert done.stdout.endswith(said)
    assert "question.continue: 'Dalej' is now 'Naprzód'" in done.stdout
    entries = {entry.msgctxt: (entry.msgstr, entry.tcomment) for entry in polib.pofile(str(kept))}
    assert re.search(r"^pl  .* 1 missing, 1 stale  polski$", languages(program).stdout, re.MULTILINE)
    assert entries["question.continue"] == ("Naprzód", "state: reviewed")
    assert "{minutes}" in entries["left.minutes"][0]
    (stale,) = (entry for entry in polib.pofile(str(kept)) if entry.msgctxt == "bar.label")
    assert stale.msgid == "Leave and help", "people see the new English until somebody translates it"


def test_a_translators_file_that_is_too_large_is_told_so_and_of_no_line(program: Path, tmp_path: Path) -> None:
    (tmp_path / "pl.po").write_bytes(b"#" * (FILE_BYTES + 1))
    taken_in = languages(program, "--take", str(tmp_path / "pl.po"))
    shutil.copy(tmp_path / "pl.po", program / "survey" / "translations" / "pl.po")
    for done in (taken_in, languages(program)):
        assert done.returncode != 0
        assert "The file is 8,388,609 bytes; no more than 8,388,608 are read. Take out of it what" in done.stderr
        assert not re.search("Line 0|questionnaire|pictures|Traceback", done.stderr)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_missing_stands_in_the_file_is_filled_in_and_is_missing_no_more(
    program: Path, tmp_path: Path, kind: str
) -> None:
    replaced(program / "survey" / "translations" / "en.po", 'msgid "Leave and help"', 'msgid "Leave or help"')
    assert languages(program, "--write", str(tmp_path), "--as", kind).returncode == 0
    assert {path.stem for path in tmp_path.glob(f"*.{kind}")} == set(SHIPPED.languages())
    filled_in(tmp_path / f"pl.{kind}", {"Leave or help": "Wyjście albo pomoc"})
    done = languages(program, "--take", str(tmp_path / f"pl.{kind}"))
    assert (done.returncode, done.stderr) == (0, "")
    report = languages(program).stdout
    assert re.search(r"^pl  .* 1 reviewed, .* 0 missing, 0 stale  polski$", report, re.MULTILINE)
    assert re.search(r"^ro  .* 1 missing, 1 stale  română$", report, re.MULTILINE)


def test_the_verb_reports_one_language_and_does_one_thing_at_a_time(program: Path) -> None:
    done = languages(program, "--language", "pl")
    assert re.findall(r"^(\S+) .* stale ", done.stdout, re.MULTILINE) == ["pl"]
    done = languages(program, "--language", "pl", "--take", "pl.po", "--write", "here")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Say --write or --take, not both." in done.stderr
    assert not (program / "here").exists()


@pytest.mark.parametrize("given", [["--write", "here", "--language", "xx"], ["--take", "xx.po"]])
def test_a_language_that_nobody_knows_is_refused_before_anything_is_written(
    program: Path, tmp_path: Path, given: list[str]
) -> None:
    (program / "xx.po").write_text("")
    done = languages(program, *given)
    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no language 'xx' here." in done.stderr
    assert not (program / "here").exists()


@pytest.mark.parametrize(
    ("place", "text", "said"),
    [
        ("help.999", "999 এ ফোন করুন। কথা বলতে না পারলে ৯৯৯ এ ফোন করে 55 টিপুন।", "the same numbers"),
        ("help.999", "Call 112.", "the same numbers: 55, 999, 999."),
        ("help.999", "Call 999. If you cannot speak, call 999 and press the button.", "the same numbers"),
        ("help.101", "Call 1 01.", "the same numbers"),
        ("help.101", "Call 101 101.", "the same numbers: 101."),
        ("help.101", "Call 101, 101.", "the same numbers: 101."),
        ("help.999", "Call 999. If you cannot speak, then press 55.", "the same numbers: 55, 999, 999."),
        ("question.date", "Day, month and year, like 27, 2026, 03", "the same numbers: 27 03 2026."),
        ("help.999", "Call 999.\nIf you cannot speak, call 999 and then press 55.", "on one line"),
        ("help.999", "Call 999.\u2028If you cannot speak, call 999 and then press 55.", "on one line"),
        ("bar.label", "Leave, or call 0800 123 456", "the same numbers: none."),
    ],
)
def test_another_number_to_call_or_a_line_end_is_unfit(place: str, text: str, said: str) -> None:
    english = next(entry for entry in SHIPPED.english if entry.place == place)
    with pytest.raises(Unfit, match=said):
        check("pl", POLISH, Entry(english.catalogue, place, english.english, text, "draft"))


def labels(copies: Catalogues) -> dict[str, str]:
    """What the answers of the first question are called in Polish."""
    return {entry.english: entry.text for entry in copies.entries("pl") if entry.place.startswith("feel/")}


@pytest.mark.parametrize("kind", KINDS)
def test_two_answers_that_would_read_the_same_are_refused_and_named(
    copies: Catalogues, tmp_path: Path, kind: str
) -> None:
    before = labels(copies)
    file = written(copies, "pl", tmp_path / f"pl.{kind}")
    filled_in(file, {"Fairly satisfied": f"  {before['Very satisfied'].upper()}"})
    fit, refused = taken(copies, "pl", file)
    assert len(refused) == 2, refused
    assert all("reads the same as another answer of its list" in line for line in refused)
    assert any("Very satisfied" in line for line in refused)
    assert any("Fairly satisfied" in line for line in refused)
    assert fit == len(SHIPPED.english) - 2
    assert labels(copies) == before


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("unseen", ["\u200c", "\u200d", "\u200d\u200c", "\u00a0", "\u3000"])
def test_two_answers_that_only_an_unseen_joiner_or_another_space_tells_apart_are_refused(
    copies: Catalogues, tmp_path: Path, kind: str, unseen: str
) -> None:
    before = labels(copies)
    assert " " in before["Very satisfied"]
    alike = before["Very satisfied"].replace(" ", f" {unseen}", 1)
    file = written(copies, "pl", tmp_path / f"pl.{kind}")
    filled_in(file, {"Fairly satisfied": alike})
    refused = taken(copies, "pl", file)[1]
    assert len(refused) == 2, refused
    assert all("reads the same as another answer of its list" in line for line in refused)
    assert labels(copies) == before


@pytest.mark.parametrize("kind", KINDS)
def test_two_answers_that_change_places_are_refused_and_both_are_named(
    copies: Catalogues, tmp_path: Path, kind: str
) -> None:
    """Who is fairly satisfied would choose what says that they are fairly dissatisfied."""
    before = labels(copies)
    one, other, between = "Fairly satisfied", "Fairly dissatisfied", "Neither satisfied nor dissatisfied"
    file = written(copies, "pl", tmp_path / f"pl.{kind}")
    filled_in(file, {one: before[other].upper(), other: before[one], between: "Ani tak, ani nie"})
    fit, refused = taken(copies, "pl", file)
    assert fit == len(SHIPPED.english) - 2
    assert len(refused) == 2, refused
    assert f"feel/sat1: '{one}' would read as '{other}' did, '{before[other]}'. Write each answer in its" in refused[0]
    assert f"feel/dis1: '{other}' would read as '{one}' did, '{before[one]}'. Write each answer in its" in refused[1]
    assert labels(copies) == before | {between: "Ani tak, ani nie"}


def test_an_answer_that_takes_over_what_another_was_called_is_refused_and_the_others_new_words_are_taken(
    copies: Catalogues, tmp_path: Path
) -> None:
    before = labels(copies)
    file = written(copies, "pl", tmp_path / "pl.xlsx")
    filled_in(file, {"Very satisfied": "Zadowolenie", "Fairly satisfied": before["Very satisfied"]})
    fit, [refused] = taken(copies, "pl", file)
    assert fit == len(SHIPPED.english) - 1
    assert "'Fairly satisfied' would read as 'Very satisfied' did" in refused
    assert labels(copies) == before | {"Very satisfied": "Zadowolenie"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_a_translator_has_filled_in_is_not_written_over(program: Path, tmp_path: Path, kind: str) -> None:
    arguments = ("--write", str(tmp_path), "--as", kind, "--language", "pl")
    assert languages(program, *arguments).returncode == 0
    filled_in(tmp_path / f"pl.{kind}", {"Continue": "Naprzód"})
    before = (tmp_path / f"pl.{kind}").read_bytes()
    again = languages(program, *arguments)
    assert (again.returncode, f"There is pl.{kind} in" in again.stderr) == (2, True), again.stderr
    assert (tmp_path / f"pl.{kind}").read_bytes() == before


def said_at(copies: Catalogues) -> dict[str, str]:
    """What each message says in Polish, by its English."""
    return {entry.english: entry.text for entry in copies.entries("pl")}


QUESTIONS = tuple(entry.english for entry in SHIPPED.english if entry.place in ("contact", "actions", "informed"))
BUTTONS = tuple(entry.english for entry in SHIPPED.english if entry.place in ("bar.language", "question.skip"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("places", [QUESTIONS[:2], BUTTONS, QUESTIONS], ids=["questions", "buttons", "in a ring"])
def test_texts_that_change_places_are_refused_whatever_they_are_and_all_are_named(
    copies: Catalogues, tmp_path: Path, kind: str, places: tuple[str, ...]
) -> None:
    """Whoever answers one question would be counted under another."""
    before = said_at(copies)
    file = written(copies, "pl", tmp_path / f"pl.{kind}")
    moved = dict(zip(places, (before[each] for each in (*places[1:], places[0])), strict=True))
    filled_in(file, moved | {"Continue": "Naprzód"})
    fit, refused = taken(copies, "pl", file)
    assert fit == len(SHIPPED.english) - len(places)
    assert len(refused) == len(places) > 1, refused
    for one, text in moved.items():
        (line,) = (line for line in refused if f"'{one}' would read as" in line)
        assert f"did, '{text}'. Write each text in its own row." in line
    assert said_at(copies) == before | {"Continue": "Naprzód"}


def test_two_buttons_may_come_to_say_the_same(copies: Catalogues, tmp_path: Path) -> None:
    before = said_at(copies)
    file = written(copies, "pl", tmp_path / "pl.xlsx")
    one, other = BUTTONS
    filled_in(file, {one: before[other]})
    assert taken(copies, "pl", file) == (len(SHIPPED.english), [])
    assert said_at(copies) == before | {one: before[other]}


def test_of_two_answers_that_change_places_half_is_not_taken(copies: Catalogues, tmp_path: Path) -> None:
    before = labels(copies)
    half = written(copies, "pl", tmp_path / "pl.xlsx")
    filled_in(half, {"Very satisfied": before["Fairly satisfied"], "Fairly satisfied": "x" * 2001})
    assert len(taken(copies, "pl", half)[1]) == 2
    assert labels(copies) == before


@pytest.mark.parametrize(
    "text",
    [
        "Zostało kilka minut",
        "Zostało {Minutes} minut",
        "Zostało { minutes } minut",
        "Zostało {minutes minut",
        "Zostało minutes} minut",
        "Zostało {minutes} minut, {minutes}",
        "Zostało {minutes} minut {x",
        "Zostało {minutes} minut}",
        "Zostało {{minutes}} minut",
        "Zostało {minuty} minut",
    ],
)
def test_a_placeholder_that_was_lost_or_broken_is_unfit(text: str) -> None:
    """People would read the braces, or no number."""
    english = next(entry for entry in SHIPPED.english if "{minutes}" in entry.english)
    with pytest.raises(Unfit, match="braces"):
        check("pl", POLISH, replace(english, text=text, state="draft"))


def test_easy_read_may_say_a_number_again_in_a_sentence_of_its_own() -> None:
    present = {entry.key: entry for entry in SHIPPED.entries("en-easy")}
    english = next(entry for entry in SHIPPED.english if entry.place == "help.101")
    assert numbers(present[english.key].text) == ["101", "101"]
    check("en-easy", present, present[english.key])
    for text in ("Call 101 101.", "Call 101, 101.", "Call 101. Call 111.", "Call them."):
        with pytest.raises(Unfit, match=r"the same numbers: 101\."):
            check("en-easy", present, replace(english, text=text, state="draft"))


def test_the_report_names_every_language_and_what_is_left_to_do() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "survey", "languages"], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for language in SHIPPED.languages():
        counts = SHIPPED.counts(language)
        assert f"{counts['draft']} draft, {counts['reviewed']} reviewed" in done.stdout
    assert "0 missing, 0 stale" in done.stdout
