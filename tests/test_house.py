"""The house rules that a machine can check, over every file, by exhaustion."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("forms", "survey", "kiosk", "export")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

# Who may read a clock: respondents' months, the schedule, and the time of what staff do.
CLOCKS = {"survey/clock.py", "survey/schedule.py", "export/centre/audit.py"}
CLOCK_CALLS = {"now", "utcnow", "today", "time", "time_ns", "localtime", "gmtime", "fromtimestamp"}
CLOCK_MODULES = {"datetime", "date", "time"}
HOMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "core", "manager", "handler", "service"}
LONGEST_MODULE, LONGEST_FUNCTION = 250, 40
# Made by the tools of a machine, never by us.
NOT_OURS = {".git", ".venv", ".oracles", "instance", "__pycache__"}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def every_text() -> Iterator[Path]:
    """Every file that git would show, where there is a git; else every file beside the tools' own folders."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        yield from (ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file())
        return
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        if path.is_file() and not any(part in NOT_OURS or part.endswith("_cache") for part in parts):
            yield path


def test_the_floors_and_rooms_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(linter), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_module_and_no_function_outgrows_its_reader(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < LONGEST_FUNCTION, f"{node.name} is too long"


@pytest.mark.parametrize("path", [path for path in MODULES if path.name == "__init__.py"], ids=name)
def test_a_package_says_what_it_is_and_does_nothing(path: Path) -> None:
    assert ast.get_docstring(tree(path))
    assert len(tree(path).body) == 1


@pytest.mark.parametrize("path", [path for path in MODULES if name(path) not in CLOCKS], ids=name)
def test_nothing_else_reads_a_clock(path: Path) -> None:
    # A time that nobody reads cannot be written down beside an answer.
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and node.module == "time"
        for alias in node.names
    }
    assert not imported & CLOCK_CALLS
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute) and node.attr in CLOCK_CALLS:
            asked = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            assert asked not in CLOCK_MODULES, f"line {node.lineno} reads a clock"


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_every_module_says_what_it_is_for_and_has_a_home_of_its_own(path: Path) -> None:
    assert ast.get_docstring(tree(path))
    assert path.stem not in HOMELESS
    assert not {part for part in path.relative_to(ROOT).parts if part in HOMELESS}


@pytest.mark.parametrize("path", TESTS, ids=name)
def test_tests_use_the_real_parts_and_wait_for_events_instead_of_time(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            assert not any("mock" in module for module in modules)
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            assert called not in {"patch", "sleep", "setattr"}, f"line {node.lineno} calls {called}"


def test_no_file_names_the_machine_it_was_written_on() -> None:
    paths = re.compile(rb"(?<![\w/.-])/(tmp|work|home|root|Users)/\w")
    for path in every_text():
        found = paths.search(path.read_bytes())
        assert found is None, f"{name(path)} names {found[0].decode()}"


def test_nothing_is_left_to_do_in_a_comment() -> None:
    marks = re.compile(r"#.*\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3)) + r")\b")
    for path in (*MODULES, *TESTS):
        assert not marks.search(path.read_text(encoding="utf-8")), name(path)
