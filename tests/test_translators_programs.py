"""What translators' programs and spreadsheets do to a file on its way: nothing of it is lost, and nothing slips in."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Callable
from pathlib import Path

import click
import polib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from forms.authoring.lines import Unreadable
from forms.authoring.po_files import read_po_file
from survey.catalogues import Catalogues, po_file
from survey.translated import Entry
from survey.translating import taken
from survey.translators_files import HEADINGS, KINDS, written
from tests.translators import SHIPPED, copied_into

LANGUAGES = SHIPPED.languages()
DALEJ = 'msgctxt "question.continue"\nmsgid "Continue"\nmsgstr "Dalej"\n'
"""How one message stands in the Polish file."""


@pytest.fixture
def copies(tmp_path: Path) -> Catalogues:
    """The shipped catalogues in a folder of their own, so that a test may change them."""
    return copied_into(tmp_path)


def a_po(copies: Catalogues, edited: Callable[[str], str], language: str = "pl") -> Path:
    """A language's .po as it is written out, after somebody's program has had it."""
    path = written(copies, language, copies.folders["words"].parent / f"{language}.po")
    path.write_text(edited(path.read_text()))
    return path


def replacing(old: str, new: str) -> Callable[[str], str]:
    def edited(text: str) -> str:
        assert text.count(old) == 1, old
        return text.replace(old, new)

    return edited


def dalej(written_as: str) -> Callable[[str], str]:
    """The message 'Continue' with its msgstr written like this."""
    return replacing(DALEJ, DALEJ.replace('msgstr "Dalej"', f"msgstr {written_as}"))


def line_of(path: Path, text: str) -> int:
    return path.read_text().split("\n").index(text) + 1


def nothing_has_changed(copies: Catalogues, language: str = "pl") -> bool:
    return copies.entries(language) == SHIPPED.entries(language)


# --- nothing to read ---


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u2003 ", "\u200d", "\u200c\u00a0\u200d", "\u200b", "\u2028"])
def test_a_translation_of_which_nothing_can_be_read_counts_as_none(copies: Catalogues, kind: str, blank: str) -> None:
    """People would see an empty button."""
    path = written(copies, "pl", copies.folders["words"].parent / f"pl.{kind}")
    in_file(path, "Continue", blank)
    fit, refused = taken(copies, "pl", path)
    assert fit == len(SHIPPED.english) - 1
    assert [re.sub(r"\d+", "N", line) for line in refused] == [
        f"{'Line' if kind == 'po' else 'Row'} N, question.continue: "
        "There is no translation; what stood there stays. Write one."
    ]
    assert nothing_has_changed(copies)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["...", "—", "\u200d?"])
def test_a_translation_without_a_letter_is_refused(copies: Catalogues, kind: str, text: str) -> None:
    path = written(copies, "pl", copies.folders["words"].parent / f"pl.{kind}")
    in_file(path, "Continue", text)
    (refused,) = taken(copies, "pl", path)[1]
    assert "question.continue: There is no letter in it." in refused
    assert nothing_has_changed(copies)


def test_what_nobody_has_translated_and_a_program_filled_with_spaces_stays_missing(copies: Catalogues) -> None:
    path = copies.folders["words"] / "pl.po"
    path.write_text(dalej('" "')(path.read_text()))
    assert copies.counts("pl")["missing"] == 1


def in_file(path: Path, english: str, text: str) -> None:
    """A translator types this beside this English."""
    if path.suffix == ".po":
        file = polib.pofile(str(path))
        (entry,) = (entry for entry in file if entry.msgid == english)
        entry.msgstr = text
        file.save(str(path))
        return
    book = load_workbook(path)
    rows = [row for row in book.active.iter_rows() if row[HEADINGS.index("english")].value == english]
    rows[0][HEADINGS.index("translation")].value = text
    book.save(path)


# --- a .po that a program has written anew ---


def wrapped(text: str) -> str:
    file = polib.pofile(text)
    file.wrapwidth = 40
    return str(file)


def with_what_programs_add(text: str) -> str:
    noted = text.replace(
        "# state:",
        "#. From the questionnaire\n#: forms/victim-voice.md:12 page.html:3\n#, python-brace-format\n# state:",
    )
    gone = '\n# state: reviewed\n#, fuzzy\n#~| msgid "Gone"\n#~ msgctxt "gone"\n#~ msgid "Gone"\n#~ msgstr "Nie ma"\n'
    return f"# SOME TITLE.\n# Ola, 2026.\n#\n#, fuzzy\n{noted}{gone}#:\n#,\n#.\n# state: draft\n"


AS_PROGRAMS_WRITE = {
    "line ends of Windows": lambda text: text.replace("\n", "\r\n"),
    "line ends of an old Mac": lambda text: text.replace("\n", "\r"),
    "a mark of the encoding": lambda text: f"\ufeff{text}",
    "long lines wrapped": wrapped,
    "another charset in the head": lambda text: text.replace("charset=UTF-8", "charset=ISO-8859-2"),
    "comments, flags and obsolete entries": with_what_programs_add,
    "comments without a space": lambda text: text.replace("# state", "#state"),
    "no empty lines": lambda text: text.replace("\n\n", "\n"),
    "no head": lambda text: text[text.index("# state") :],
    "spaces before lines": lambda text: text.replace("\nmsg", "\n   msg").replace('"\n', '"  \n'),
    "letters in two parts": lambda text: unicodedata.normalize("NFD", text),
    "a line end after a text": lambda text: re.sub(r'(?m)^(msgstr "[^"\n]+)"$', r'\1\\n"', text),
    "what the English was": lambda text: text.replace("msgctxt", '#| msgctxt "x"\n#| msgid ""\n#| "Was"\nmsgctxt'),
}


@pytest.mark.parametrize("language", ["pl", "ar", "en-easy"])
@pytest.mark.parametrize("how", AS_PROGRAMS_WRITE)
def test_a_po_that_a_program_has_written_anew_changes_nothing(copies: Catalogues, how: str, language: str) -> None:
    path = a_po(copies, AS_PROGRAMS_WRITE[how], language)
    assert taken(copies, language, path) == (len(SHIPPED.english), [])
    assert nothing_has_changed(copies, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_po_that_went_through_several_programs_changes_nothing_in_any_language(
    copies: Catalogues, language: str
) -> None:
    path = a_po(copies, lambda text: with_what_programs_add(wrapped(unicodedata.normalize("NFD", text))), language)
    assert taken(copies, language, path) == (len(SHIPPED.english), [])
    assert nothing_has_changed(copies, language)


# Where CI runs it fails, rather than skip, on a machine without.
@pytest.mark.skipif(shutil.which("msgcat") is None and "CI" not in os.environ, reason="needs GNU gettext")
@pytest.mark.parametrize("options", [[], ["--width=30"], ["--sort-output"], ["--no-wrap", "--indent"]])
def test_a_po_that_gettext_has_written_anew_changes_nothing(copies: Catalogues, options: list[str]) -> None:
    for language in LANGUAGES:
        path = written(copies, language, copies.folders["words"].parent / f"{language}.po")
        subprocess.run(["msgcat", *options, str(path), "-o", str(path)], check=True, timeout=60)
        assert taken(copies, language, path) == (len(SHIPPED.english), [])
        assert nothing_has_changed(copies, language)


@pytest.mark.parametrize("path", [path for folder in SHIPPED.folders.values() for path in folder.glob("*.po")], ids=str)
def test_a_file_of_ours_says_to_us_what_it_says_to_polib(path: Path) -> None:
    read, expected = read_po_file(path), polib.pofile(str(path))
    assert read.language == expected.metadata["Language"]
    found = [(each.line, each.place, each.english, each.text) for each in read.entries]
    assert found == [(each.linenum, each.msgctxt, each.msgid, each.msgstr) for each in expected]


@settings(max_examples=200)
@given(
    text=st.text(st.characters(codec="utf-8"), min_size=1), english=st.text(st.characters(codec="utf-8"), min_size=1)
)
def test_whatever_a_text_holds_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, text: str, english: str
) -> None:
    path = tmp_path_factory.mktemp("po") / "pl.po"
    po_file("pl", [Entry("words", "here", english, text, "reviewed")]).save(str(path), newline="\n")
    (entry,) = read_po_file(path).entries
    assert (entry.place, entry.english, entry.text, entry.state) == ("here", english, text, "reviewed")


@settings(max_examples=300)
@given(content=st.binary(max_size=200) | st.text('#~,.|msgidctr"\\n []01\n', max_size=80).map(str.encode))
def test_whatever_a_file_holds_it_is_read_or_refused_with_what_to_do(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("po") / "pl.po"
    path.write_bytes(content)
    try:
        read_po_file(path)
    except Unreadable as refused:
        said = refused
    else:
        return
    assert said.row > 0
    assert said.to_do


# --- the state ---


def test_a_po_whose_comments_a_program_left_out_keeps_what_was_checked_and_is_the_same(copies: Catalogues) -> None:
    reviewed = written(copies, "pl", copies.folders["words"].parent / "pl.po")
    reviewed.write_text(reviewed.read_text().replace("state: draft", "state: reviewed"))
    assert taken(copies, "pl", reviewed)[1] == []
    before = copies.entries("pl")
    path = a_po(copies, lambda text: re.sub(r"(?m)^# .*\n", "", dalej('"Naprzód"')(text)))
    assert "state:" not in path.read_text()
    assert taken(copies, "pl", path) == (len(before), [])
    changed = [
        (was.state, now.text, now.state) for was, now in zip(before, copies.entries("pl"), strict=True) if was != now
    ]
    assert changed == [("reviewed", "Naprzód", "draft")]
    assert {entry.state for entry in before} == {"reviewed", "same"}


def test_a_row_whose_state_was_emptied_keeps_it_while_its_text_is_unchanged(copies: Catalogues, tmp_path: Path) -> None:
    path = written(copies, "pl", tmp_path / "pl.xlsx")
    book = load_workbook(path)
    for row in book.active.iter_rows(min_row=2):
        row[HEADINGS.index("state")].value = None
    book.save(path)
    assert taken(copies, "pl", path) == (len(SHIPPED.english), [])
    assert nothing_has_changed(copies)


@pytest.mark.parametrize("kind", KINDS)
def test_reviewed_written_down_a_whole_file_leaves_what_is_the_same_on_purpose(copies: Catalogues, kind: str) -> None:
    path = written(copies, "pl", copies.folders["words"].parent / f"pl.{kind}")
    if kind == "po":
        path.write_text(re.sub("state: (draft|same)", "state: reviewed", path.read_text()))
    else:
        book = load_workbook(path)
        for row in book.active.iter_rows(min_row=2):
            row[HEADINGS.index("state")].value = "Reviewed"
        book.save(path)
    assert taken(copies, "pl", path)[1] == []
    for was, now in zip(SHIPPED.entries("pl"), copies.entries("pl"), strict=True):
        assert now.state == ("same" if was.state == "same" else "reviewed")


@pytest.mark.parametrize("kind", KINDS)
def test_english_that_a_program_filled_in_is_no_translation(copies: Catalogues, kind: str) -> None:
    path = written(copies, "pl", copies.folders["words"].parent / f"pl.{kind}")
    in_file(path, "Continue", "Continue")
    (refused,) = taken(copies, "pl", path)[1]
    assert "question.continue: This is the English. Translate it, or write the state 'same'" in refused
    assert nothing_has_changed(copies)


# --- what does not fit in a .po ---


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85"])
@pytest.mark.parametrize("at", [2, 5])
def test_a_text_with_an_unseen_line_end_in_it_is_refused_and_loses_no_letter(
    copies: Catalogues, mark: str, at: int
) -> None:
    path = a_po(copies, dalej(f'"{"Dalej"[:at]}{mark}{"Dalej"[at:]} już"'))
    fit, [refused] = taken(copies, "pl", path)
    assert fit == len(SHIPPED.english) - 1
    assert "question.continue: It stands on one line in English. Write it on one line." in refused
    assert nothing_has_changed(copies)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('"Dalej', "not as a .po file has it: 'msgstr \"Dalej'. A text stands between straight quotes"),
        ('Dalej"', "between straight quotes"),
        ("Dalej", "between straight quotes"),
        ("“Dalej”", "between straight quotes"),
        ("'Dalej'", "between straight quotes"),
        ('"Da"lej"', 'a quote in it is written \\"'),
        (r'"Da\dlej"', "a backslash \\\\"),
        ('"Dalej" (next)', "between straight quotes"),
    ],
)
def test_a_line_that_is_none_of_a_po_file_is_named_and_nothing_is_taken(
    copies: Catalogues, line: str, said: str
) -> None:
    path = a_po(copies, dalej(line))
    number = line_of(path, f"msgstr {line}")
    with pytest.raises(click.UsageError) as refused:
        taken(copies, "pl", path)
    assert f"pl.po, line {number}: " in str(refused.value)
    assert said in str(refused.value)
    assert nothing_has_changed(copies)


@pytest.mark.parametrize(
    ("new", "line", "said"),
    [
        ('msgctxt "question.continue"\nmsgid "Continue"\n# A note.\n', 5, "msgctxt stands here after msgid."),
        ('msgctxt "question.continue"\nmsgid "Continue"\n#~ msgid "Gone"\n', 0, "This entry has no msgstr."),
        ('msgctxt "question.continue"\nmsgstr "Dalej"\n', 1, "msgstr stands here after msgctxt."),
        ('msgid "Continue"\nmsgctxt "x"\nmsgstr "Dalej"\n', 1, "msgctxt stands here after msgid."),
        (f'{DALEJ}msgstr "Tu"\n', 3, "msgstr stands here where an entry begins."),
        (f'{DALEJ}# A note.\n"tu"\n', 4, "A text stands here where an entry begins."),
    ],
)
def test_an_entry_that_is_not_whole_or_not_in_order_is_named_and_nothing_is_taken(
    copies: Catalogues, new: str, line: int, said: str
) -> None:
    path = a_po(copies, replacing(f"# state: draft\n{DALEJ}", new))
    number = path.read_text().split("\n").index(new.split("\n", maxsplit=1)[0]) + 1 + line
    with pytest.raises(click.UsageError) as refused:
        taken(copies, "pl", path)
    assert f"pl.po, line {number}: {said} An entry is msgctxt, msgid and msgstr, one" in str(refused.value)
    assert nothing_has_changed(copies)


def test_a_file_that_was_cut_off_within_an_entry_is_refused(copies: Catalogues) -> None:
    for end in (DALEJ[:-5], 'msgid "Continue"\n', 'msgctxt "question.continue"\n'):
        path = a_po(copies, lambda text, end=end: text[: text.index(DALEJ)] + DALEJ[: DALEJ.index(end) + len(end)])
        with pytest.raises(click.UsageError, match=r"pl\.po, line \d+: "):
            taken(copies, "pl", path)


@pytest.mark.parametrize(
    "content", [b"Dear Ola,\nhere it is.\n", b"\xff\xfem\x00s\x00", b"PK\x03\x04", b"{}", b"msgid\n"]
)
def test_what_is_no_po_file_is_told_so_with_its_line(copies: Catalogues, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pl.po").write_bytes(content)
    with pytest.raises(click.UsageError, match=r"pl\.po, line 1: .*(UTF-8|as a \.po file has it)"):
        taken(copies, "pl", tmp_path / "pl.po")


@pytest.mark.parametrize(
    "edited", [replacing("Language: pl", "Language: \x1b[2J\x07"), dalej('"Dalej \x1b[2J\x07'), dalej('"{\x1b[2J\x07"')]
)
def test_nothing_that_a_file_holds_commands_the_terminal(copies: Catalogues, edited: Callable[[str], str]) -> None:
    path = a_po(copies, edited)
    try:
        said = "".join(taken(copies, "pl", path)[1])
    except click.UsageError as refused:
        said = refused.message
    assert said.isprintable()
    assert said


def test_a_file_in_another_encoding_is_refused_with_the_line_and_what_to_do(copies: Catalogues) -> None:
    path = a_po(copies, lambda text: text)
    path.write_bytes(path.read_text().replace("„", "'").replace("”", "'").encode("iso-8859-2", "replace"))
    with pytest.raises(click.UsageError, match=r"pl\.po, line 12: The file is not UTF-8 text\. Save it again with the"):
        taken(copies, "pl", path)


@pytest.mark.parametrize("unsure", ["#, fuzzy", "#,fuzzy", "#, python-format, fuzzy", "#, fuzzy, no-wrap"])
def test_what_is_marked_as_unsure_in_whatever_way_is_refused(copies: Catalogues, unsure: str) -> None:
    path = a_po(copies, replacing(DALEJ, f"{unsure}\n{DALEJ}"))
    (refused,) = taken(copies, "pl", path)[1]
    assert "question.continue: The translator's program marks it as unsure (fuzzy)." in refused


def test_a_mark_of_an_entry_that_is_no_more_is_not_the_next_ones(copies: Catalogues) -> None:
    gone = '# state: reviewed\n#, fuzzy\n#~ msgctxt "gone"\n#~ msgid "Gone"\n#~ msgstr "Nie ma"\n\n'
    path = a_po(copies, replacing(DALEJ, f"{DALEJ}\n{gone}"))
    assert taken(copies, "pl", path) == (len(SHIPPED.english), [])
    assert nothing_has_changed(copies)


def test_plural_forms_are_refused_and_said_to_be_none_of_ours(copies: Catalogues) -> None:
    plural = 'msgid_plural "Continue all"\nmsgstr[0] "Dalej"\nmsgstr[1] "Dalej wszystkie"\nmsgstr[2] "Dalej tam"'
    path = a_po(copies, replacing(DALEJ, DALEJ.replace('msgstr "Dalej"', plural)))
    (refused,) = taken(copies, "pl", path)[1]
    assert "question.continue: It has plural forms, and ours has none. Write one msgid and one msgstr" in refused


def test_an_entry_whose_place_a_program_left_out_is_told_so(copies: Catalogues) -> None:
    path = a_po(copies, replacing(DALEJ, DALEJ.partition("\n")[2]))
    (refused,) = taken(copies, "pl", path)[1]
    assert re.match(r"Line \d+, Continue: It does not say where it stands\. Leave the msgctxt", refused)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "text",
    [
        "Dalej &quot;tu&quot;",
        "Dalej&#160;",
        "Dalej <b>tu</b>",
        "Dalej<br/>",
        r"Dalej\ntu",
        r"Dalej \"tu\"",
        "Da_x000D_",
    ],
)
def test_what_a_program_writes_in_place_of_letters_is_refused(copies: Catalogues, kind: str, text: str) -> None:
    """People would read it as it stands."""
    path = written(copies, "pl", copies.folders["words"].parent / f"pl.{kind}")
    in_file(path, "Continue", text)
    (refused,) = taken(copies, "pl", path)[1]
    assert "question.continue: " in refused
    assert re.search("A program wrote '.*' in place of what people should read|the same numbers: none", refused)
    assert nothing_has_changed(copies)


# --- of which language it is ---


@pytest.mark.parametrize("said", ["Polish", "polski", "Polish (pl)"])
def test_a_po_that_calls_its_language_by_a_name_is_told_what_to_write(copies: Catalogues, said: str) -> None:
    path = a_po(copies, replacing("Language: pl", f"Language: {said}"))
    with pytest.raises(click.UsageError) as refused:
        taken(copies, "pl", path)
    told = (
        f"says that it is of '{said}', which is the code of no language here. If it is polski, write 'Language: pl' in"
    )
    assert told in str(refused.value)
    assert "--language" not in str(refused.value)


def test_a_file_of_another_language_of_ours_is_told_with_our_code_of_it(copies: Catalogues) -> None:
    path = a_po(copies, replacing("Language: pl", "Language: cy_GB"))
    with pytest.raises(click.UsageError, match=r"of 'cy_GB', and not of 'pl'\. Take it with --language cy, or ask"):
        taken(copies, "pl", path)


@pytest.mark.parametrize("said", ["language: pl", "Language:pl", "Language:  pl_PL ", "Language: pl_PL.UTF-8"])
def test_a_head_counts_however_it_is_written(copies: Catalogues, tmp_path: Path, said: str) -> None:
    path = a_po(copies, replacing("Language: pl", said)).rename(tmp_path / "from Ola.po")
    assert taken(copies, "pl", path) == (len(SHIPPED.english), [])


# --- a workbook that a spreadsheet has saved ---


def saved(copies: Catalogues, changed: Callable[[Workbook], object], language: str = "pl") -> Path:
    """A language's workbook after somebody had it open in a spreadsheet program."""
    path = written(copies, language, copies.folders["words"].parent / f"{language}.xlsx")
    book = load_workbook(path)
    changed(book)
    book.save(path)
    return path


def rows_of(book: Workbook) -> list[list[object]]:
    return [list(row) for row in book.active.iter_rows(values_only=True)]


def laid_down(book: Workbook, rows: list[list[object]]) -> None:
    book.active.delete_rows(1, book.active.max_row)
    for row in rows:
        book.active.append(row)


def with_columns_moved(book: Workbook) -> None:
    laid_down(book, [list(reversed(row)) for row in rows_of(book)])


def with_rows_sorted(book: Workbook) -> None:
    first, *rows = rows_of(book)
    laid_down(book, [first, *sorted(rows, key=lambda row: str(row[3]))])


def with_empty_rows_and_headings_in_capitals(book: Workbook) -> None:
    first, *rows = rows_of(book)
    headings = [f" {str(cell).upper()} " for cell in first]
    laid_down(book, [headings, *(line for row in rows for line in ([None], row))])


def with_a_sheet_of_notes(book: Workbook) -> None:
    notes = book.create_sheet("notes", 0)
    for row in (["what"], ["Ask Ola", None, "=A1"], [None, "why?"], ["#N/A"]):
        notes.append(row)


def with_bold_letters(book: Workbook) -> None:
    for row in book.active.iter_rows(min_row=2):
        text = str(row[3].value)
        row[3].value = CellRichText(text[:1], TextBlock(InlineFont(b=True), text[1:]))


def with_a_column_of_numbers(book: Workbook) -> None:
    for number, row in enumerate(book.active.iter_rows()):
        book.active.cell(row[0].row, 9).value = float(number) if number else "my number"


def with_remarks_beside(book: Workbook) -> None:
    for number, remark in ((3, "Ask Ola."), (4, 12), (5, "x" * 5000)):
        book.active.cell(number, 8).value = remark


def with_a_column_of_long_remarks(book: Workbook) -> None:
    for column in (8, 9):
        for number, remark in ((1, "remarks"), (3, "x" * 5000)):
            book.active.cell(number, column).value = remark


AS_SPREADSHEETS_SAVE: dict[str, Callable[[Workbook], object]] = {
    "unchanged": lambda book: None,
    "columns moved": with_columns_moved,
    "rows sorted": with_rows_sorted,
    "empty rows, headings in capitals": with_empty_rows_and_headings_in_capitals,
    "a sheet of notes with formulas": with_a_sheet_of_notes,
    "bold letters": with_bold_letters,
    "a column of numbers": with_a_column_of_numbers,
    "remarks beside the columns": with_remarks_beside,
    "a column of long remarks": with_a_column_of_long_remarks,
    "the sheet renamed": lambda book: renamed(book, "Sheet1"),
    "the sheet in capitals": lambda book: renamed(book, "Translation PL"),
    "the sheet copied": lambda book: renamed(book, "translation pl (2)"),
}


def renamed(book: Workbook, title: str) -> None:
    book.active.title = "another"
    book.active.title = title


@pytest.mark.parametrize("how", AS_SPREADSHEETS_SAVE)
def test_a_workbook_that_a_spreadsheet_has_saved_changes_nothing(copies: Catalogues, how: str) -> None:
    path = saved(copies, AS_SPREADSHEETS_SAVE[how])
    assert taken(copies, "pl", path) == (len(SHIPPED.english), [])
    assert nothing_has_changed(copies)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_saved_workbook_changes_nothing_in_any_language(copies: Catalogues, language: str) -> None:
    assert taken(copies, language, saved(copies, with_bold_letters, language)) == (len(SHIPPED.english), [])
    assert nothing_has_changed(copies, language)


def test_a_sheet_without_its_language_is_known_by_the_name_of_the_file(copies: Catalogues, tmp_path: Path) -> None:
    path = saved(copies, lambda book: renamed(book, "Sheet1")).rename(tmp_path / "from Ola.xlsx")
    with pytest.raises(click.UsageError, match=r"Nothing in .* says which language it is of.*name it pl\.xlsx"):
        taken(copies, "pl", path)


def test_a_sheet_that_calls_its_language_by_a_name_is_told_what_to_call_it(copies: Catalogues) -> None:
    path = saved(copies, lambda book: renamed(book, "translation Polish"))
    with pytest.raises(
        click.UsageError, match=r"no language here\. If it is polski, call its sheet 'translation pl'\."
    ):
        taken(copies, "pl", path)


def test_two_sheets_with_a_translation_are_refused_instead_of_one_being_left_unread(copies: Catalogues) -> None:
    path = saved(copies, lambda book: book.copy_worksheet(book.active))
    with pytest.raises(
        click.UsageError, match=r"several sheets with a translation: translation pl, translation pl copy"
    ):
        taken(copies, "pl", path)
    assert nothing_has_changed(copies)


def test_a_column_that_stands_twice_is_refused_instead_of_one_being_left_unread(copies: Catalogues) -> None:
    def doubled(book: Workbook) -> None:
        for row, text in ((1, "translation"), (5, "Po polsku")):
            book.active.cell(row, 8).value = text

    with pytest.raises(click.UsageError, match=r"pl\.xlsx.* the column 'translation' twice\. Keep one of them\."):
        taken(copies, "pl", saved(copies, doubled))
    assert nothing_has_changed(copies)


@pytest.mark.parametrize("shifted", [False, True])
def test_a_column_that_was_sorted_or_shifted_by_itself_is_refused_whole(copies: Catalogues, shifted: bool) -> None:
    """Every text of the file would stand at another's place."""

    def misplaced(book: Workbook) -> None:
        cells = [row[3] for row in book.active.iter_rows(min_row=2)]
        texts = [str(cell.value) for cell in cells]
        for cell, text in zip(cells, [texts[-1], *texts[:-1]] if shifted else sorted(texts), strict=True):
            cell.value = text

    with pytest.raises(
        click.UsageError, match=r"pl\.xlsx: \d+ translations stand where another's .* by itself\? Write"
    ):
        taken(copies, "pl", saved(copies, misplaced))
    assert nothing_has_changed(copies)


def test_rows_that_were_deleted_stay_as_they_are(copies: Catalogues) -> None:
    path = saved(copies, lambda book: laid_down(book, rows_of(book)[:101]))
    assert taken(copies, "pl", path) == (100, [])
    assert nothing_has_changed(copies)


@pytest.mark.parametrize("value", [101.0, 3, 4.5])
def test_a_number_that_a_spreadsheet_keeps_as_one_is_judged_like_any_text(copies: Catalogues, value: float) -> None:
    def typed(book: Workbook) -> None:
        book.active.cell(5, 4).value = value

    (refused,) = taken(copies, "pl", saved(copies, typed))[1]
    assert refused.startswith("Row 5, ")
    assert nothing_has_changed(copies)


def test_a_broken_catalogue_of_our_own_is_named_with_its_line(copies: Catalogues) -> None:
    path = copies.folders["words"] / "pl.po"
    path.write_text(dalej('"Dalej')(path.read_text()))
    with pytest.raises(Unreadable, match=r"pl\.po of words: This is not as a \.po file has it"):
        copies.entries("pl")
