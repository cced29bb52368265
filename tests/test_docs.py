"""What README and docs say exists, and what exists is said: verbs, options, settings, kinds, files, examples."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import pytest
from babel import Locale

from export.__main__ import main as export
from export.manifest import MANIFEST
from forms.authoring import choices, kinds
from forms.authoring import settings as form_settings
from forms.expression import ARGUMENTS
from forms.items import KINDS
from forms.xlsform import VICTIM_VOICE, load, shipped_translations
from kiosk.__main__ import main as kiosk
from survey import settings
from survey.__main__ import main as survey
from survey.languages import EASY_READ

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("forms", "survey", "kiosk", "export")
PROGRAMS: Mapping[str, click.Group] = {"survey": survey, "kiosk": kiosk, "export": export}
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
OPERATORS = ROOT / "docs" / "operators.md"
CUSTODIANS = ROOT / "docs" / "custodians.md"
AUTHORS = ROOT / "docs" / "questionnaires.md"
CUSTODIANS_VERBS = {
    "keygen",
    "split",
    "drill",
    "restore",
    "rotate",
    "destroy",
    "sign-keys",
    "release",
    "review",
    "take-back",
    "verify",
}

_FENCE = re.compile(r"^[ ]*```[a-z]*\n(.*?)^[ ]*```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_COMMAND = re.compile(r"(?:\S*python3?|python) -m (\S+)\s*(.*)")
_IN_THE_HOUSE = re.compile(rf"(?<![\w./-])(?:{'|'.join(PACKAGES)}|tests|docs|requirements|\.ci)/[\w./-]*\w/?")
_MODULE = re.compile(r"(?<![\w/.-])[a-z_]+\.py\b")
_FILE_NAME = re.compile(r"[a-z][a-z_-]*\.(?:db|key|pub|signed|json|csv|toml|db-lock|db-journal)|[a-z-]+\.lock")
_VARIABLE = re.compile(r"\bHEARD_[A-Z_]+\b")


def page(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def prose(path: Path) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", page(path))


def commands(path: Path) -> Iterator[tuple[str, str]]:
    """(program, the rest) of every command in a fenced block; a backslash at a line's end goes on."""
    for block in _FENCE.findall(page(path)):
        for line in block.replace("\\\n", " ").splitlines():
            found = _COMMAND.match(re.sub(r"^\s*([A-Z_]+=\S+\s+)*", "", line))
            if found:
                yield found[1], found[2]


def mentions(path: Path) -> Iterator[tuple[str, str]]:
    """(program, the rest) of every command in the running text."""
    for code in _CODE.findall(prose(path)):
        found = _COMMAND.match(re.sub(r"^([A-Z_]+=\S+\s+)*", "", code))
        if found:
            yield found[1], found[2]


def verb_of(program: str, verb: str) -> click.Command:
    group = PROGRAMS[program]
    command = group.get_command(click.Context(group), verb)
    assert command is not None, f"python -m {program} has no verb {verb!r}"
    return command


VERBS = [(program, verb) for program, group in PROGRAMS.items() for verb in group.list_commands(click.Context(group))]
each_verb = pytest.mark.parametrize(("program", "verb"), VERBS, ids=[f"{program}-{verb}" for program, verb in VERBS])


def options_of(command: click.Command) -> set[str]:
    listed = [option for one in command.params if isinstance(one, click.Option) for option in one.opts]
    return {*listed, "--help"}


def check_whole(program: str, rest: str) -> None:
    """A command as one would type it: parsed by click's own parser, nothing needed left out."""
    verb, *arguments = shlex.split(rest, comments=True)
    command = verb_of(program, verb)
    context = click.Context(command, info_name=verb)
    given, left_over, _ = command.make_parser(context).parse_args(arguments)
    assert not left_over, f"python -m {program} {rest}: what is {left_over}?"
    for one in command.params:
        missing = one.required and given.get(str(one.name)) in (None, ())
        assert not missing or "--help" in arguments, f"python -m {program} {rest}: {one.name} is missing"


def check_mentioned(program: str, rest: str) -> None:
    """A command in the running text, which may leave out what its reader fills in."""
    verb, *words = rest.split()
    command = verb_of(program, verb)
    for word in words:
        if word.startswith("--"):
            assert word.rstrip(".,:;") in options_of(command), f"python -m {program} {verb} has no option {word}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_command_shown_can_be_typed(path: Path) -> None:
    for program, rest in commands(path):
        if program in PROGRAMS:
            check_whole(program, rest)
    for program, rest in mentions(path):
        if program in PROGRAMS and rest:
            check_mentioned(program, rest)


def test_the_check_finds_a_verb_an_option_and_an_argument_that_do_not_exist() -> None:
    with pytest.raises(AssertionError):
        check_whole("kiosk", "fly")
    with pytest.raises(click.NoSuchOption):
        check_whole("export", "release --form intake.carried")
    with pytest.raises(AssertionError):
        check_whole("export", "split --shares 5")
    with pytest.raises(AssertionError):
        check_whole("kiosk", "rescue one two")
    with pytest.raises(AssertionError):
        check_mentioned("export", "enrol-code --where")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_other_program_shown_is_there(path: Path) -> None:
    for program, _ in [*commands(path), *mentions(path)]:
        ours = program in PROGRAMS or (ROOT / program.replace(".", "/") / "__main__.py").is_file()
        assert ours or program in {"venv", "pip", "pytest"}, f"{path.name}: python -m {program}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_make_target_shown_is_in_the_makefile(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", page(ROOT / "Makefile"), re.MULTILINE))
    said = {found for code in _CODE.findall(prose(path)) for found in re.findall(r"^make ([a-z-]+)$", code)}
    said |= {found for block in _FENCE.findall(page(path)) for found in re.findall(r"^make ([a-z-]+)", block, re.M)}
    assert said <= targets


@each_verb
def test_every_verb_is_in_the_readme_and_has_an_example_on_its_page(program: str, verb: str) -> None:
    for_whom = CUSTODIANS if program == "export" and verb in CUSTODIANS_VERBS else OPERATORS
    if program == "survey":
        assert f"python -m survey {verb}" in page(ROOT / "README.md")
        return
    row = re.search(rf"^\| `{verb}` \| `python -m {program} {verb}\b", page(for_whom), re.MULTILINE)
    assert row, f"{for_whom.name} has no line with an example of {program} {verb}"
    table = "".join(re.findall(r"^\|.*$", page(ROOT / "README.md"), re.MULTILINE))
    assert re.search(rf"`python -m {program} [^|]*|`{verb}", table)
    assert re.search(rf"(?<![\w-]){verb}(?![\w-])", table), f"README's table lacks {verb}"


@each_verb
def test_every_option_is_explained(program: str, verb: str) -> None:
    said = "\n".join(code for path in PAGES for code in [*_CODE.findall(prose(path)), *_FENCE.findall(page(path))])
    for option in sorted(options_of(verb_of(program, verb))):
        assert re.search(rf"{option}(?![\w-])", said), f"no page explains {option} of {program} {verb}"


def test_every_setting_and_variable_is_in_the_operators_table() -> None:
    for name in settings._NAMES:
        assert re.search(rf"^\| `{name}` \| `HEARD_{name.upper()}` \|", page(OPERATORS), re.MULTILINE), name
    rows = re.findall(r"^\| `([a-z_]+)` \| `HEARD_", page(OPERATORS), re.MULTILINE)
    assert set(rows) == set(settings._NAMES), "the table names a setting that does not exist"
    read = {found for source in sources() for found in _VARIABLE.findall(page(source))}
    read |= {f"HEARD_{name.upper()}" for name in settings._NAMES}
    read |= set(_VARIABLE.findall(page(ROOT / "Makefile")))
    assert set(_VARIABLE.findall(page(OPERATORS))) == read
    assert {found for path in PAGES for found in _VARIABLE.findall(page(path))} <= read


def test_the_defaults_in_the_settings_table_are_those_of_the_code() -> None:
    row = next(line for line in page(OPERATORS).splitlines() if line.startswith("| `port`"))
    assert f"{settings.TABLET_PORT} on a tablet, {settings.CENTRE_PORT} at a centre" in row


def test_authors_find_every_kind_function_and_column() -> None:
    said = " ".join(re.split(r"[`|]", page(AUTHORS)))
    words = set(re.findall(r"[A-Za-z_][\w-]*", said))
    wanted = set(KINDS) | {name for name in ARGUMENTS if name[0].isalpha()} | set(kinds.FITS)
    wanted |= set(choices._KNOWN) | set(form_settings._KNOWN)
    assert sorted(wanted - words) == []
    for sign in (name for name in ARGUMENTS if not name[0].isalpha()):
        assert f" {sign} " in f" {said} " or f"`{sign}`" in page(AUTHORS), sign


def test_authors_are_told_of_no_kind_that_cannot_be_asked() -> None:
    section = page(AUTHORS).partition("## What can be asked")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]+) \|", section.partition("###")[0], re.MULTILINE)
    told = {name.split()[0] for row in rows for name in _CODE.findall(row)}
    assert told == set(KINDS) | {"begin_group", "end_group"}


def sources() -> list[Path]:
    return sorted(source for package in PACKAGES for source in (ROOT / package).rglob("*.py"))


def test_every_file_that_is_named_exists() -> None:
    modules = {path.name for package in (*PACKAGES, "tests") for path in (ROOT / package).rglob("*.py")}
    for path in [*PAGES, ROOT / "instance/README.md", ROOT / "requirements/README.md"]:
        for name in _IN_THE_HOUSE.findall(page(path)):
            assert (ROOT / name).exists(), f"{path.name} names {name}"
        for name in _MODULE.findall(page(path)):
            assert name in modules, f"{path.name} names {name}"


def test_every_file_of_an_instance_that_is_named_is_one_that_the_programs_know() -> None:
    known = "".join(page(source) for source in sources())
    for path in PAGES:
        for code in _CODE.findall(prose(path)):
            # The lock and the journal stand beside a database under its own name.
            if _FILE_NAME.fullmatch(code):
                name = re.sub(r"-(lock|journal)$", "", code)
                assert name in known or (ROOT / name).is_file(), f"{path.name} names {code}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    for link in _LINK.findall(prose(path)):
        target, _, anchor = link.partition("#")
        if target.startswith("https:"):
            continue
        aimed = (path.parent / target).resolve() if target else path
        assert aimed.exists(), f"{path.name} links to {link}"
        if anchor:
            assert anchor in anchors(aimed), f"{path.name} links to {link}"


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ (.*)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def sayings() -> list[str]:
    """Every text in the programs; where something is filled in there stands a NUL."""
    found = []
    for source in sources():
        for node in ast.walk(ast.parse(page(source))):
            if isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else "\0" for part in node.values]
                found.append("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return found


def test_what_programs_are_said_to_say_is_what_they_say() -> None:
    texts = sayings()
    for path in (OPERATORS, CUSTODIANS):
        for table in re.findall(r"^\| it says \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", page(path), re.MULTILINE):
            for row in table.splitlines():
                for said in _CODE.findall(row.split(" | ")[0]):
                    assert is_said(said, texts), f"{path.name}: no program says {said!r}"


def is_said(said: str, texts: list[str]) -> bool:
    """``…`` stands for what is filled in; a reason may be a text of its own behind ``left out,``."""
    pattern = re.compile(".*".join(re.escape(part.strip()) for part in said.split("…")), re.DOTALL)
    if any(pattern.search(text) for text in texts):
        return True
    reason = re.fullmatch(r"left out, (.*): …", said)
    return reason is not None and reason[1] in texts and any("left out, \0: \0" in text for text in texts)


def test_every_reason_for_leaving_a_row_out_is_explained_to_the_custodian() -> None:
    tree = ast.parse(page(ROOT / "export/custodian/judging.py"))
    judge = next(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == "_Judge")
    returned = [node.value for node in ast.walk(judge) if isinstance(node, ast.Return)]
    either = [way for one in returned for way in ((one.body, one.orelse) if isinstance(one, ast.IfExp) else (one,))]
    firsts = [one.elts[0] if isinstance(one, ast.Tuple) else one for one in either]
    reasons = {str(one.value) for one in firsts if isinstance(one, ast.Constant)} - {"response", "tally", "cover"}
    assert {"not a row", "no key for it", "not to be believed"} <= reasons, "the search finds all three shapes"
    assert {reason for reason in reasons if f"`left out, {reason}: …`" not in page(CUSTODIANS)} == set()


def worked_example(known: Mapping[str, Any]) -> str:
    """The lines of docs/formats.md about the first known answer."""
    answer = known["rows"][0]
    row, plain = bytes.fromhex(answer["row"]), bytes.fromhex(answer["plaintext_without_padding"])
    body = plain[4:].decode()
    lines = [
        ("Seed", known["seed"]),
        ("Key id", known["key_id"]),
        ("Row", f"{len(row):,} bytes"),
        ("Bytes 0 to 9", row[:10].hex()),
        ("Bytes 10 to 17", row[10:18].hex()),
        ("Bytes 18 to 33", row[18:34].hex() + " and so on"),
        ("SHA-256", hashlib.sha256(row).hexdigest()),
        ("Id", answer["row_id"]),
        ("Length", f"{plain[:4].hex()} = {len(body.encode())}"),
    ]
    shown = "\n".join(f"{name + ':':<16}{value}" for name, value in lines)
    return f"```text\n{shown}\n```\n\n```json\n{body}\n```\n"


def test_the_worked_example_is_the_known_answer() -> None:
    known = json.loads(page(ROOT / "tests/fixtures/sealed/known_answers.json"))
    assert worked_example(known) in page(ROOT / "docs/formats.md")


def test_custodians_find_every_file_of_a_release() -> None:
    for name in ("records.csv", "tables.xlsx", "figures.csv", "counts.csv", "codebook.json", MANIFEST):
        assert f"| `{name}` |" in page(CUSTODIANS)


def test_every_test_that_attacks_a_promise_is_named_with_the_files_that_keep_it() -> None:
    four_cells = re.compile(r"^\| [^|]+ \| [^|]+ \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
    rows = four_cells.findall(page(ROOT / "docs/threat-model.md"))
    promises = [row for row in rows if row[0].strip() not in {"kept by", "---"}]
    assert len(promises) > 10
    for keeps, attacks in promises:
        assert _CODE.findall(keeps)
        assert any(name.startswith("tests/") for name in _CODE.findall(attacks)), f"nothing attacks what {keeps} keeps"


def test_the_accessibility_statement_names_every_language_that_can_be_chosen() -> None:
    checked = load(VICTIM_VOICE, shipped_translations())
    assert checked.instrument is not None
    said = page(ROOT / "docs/accessibility-statement.md")
    for code in checked.instrument.languages:
        name = "Easy Read" if code == EASY_READ else Locale.parse(code).english_name
        assert name in said, code
