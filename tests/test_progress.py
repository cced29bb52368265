"""Long steps show how far they are, in a log as plain lines, without changing what passes through."""

from __future__ import annotations

import pytest

from survey.progress import steps


@pytest.mark.parametrize(("length", "lines"), [(0, 1), (1, 2), (7, 8), (10, 11), (1000, 11), (1001, 11)])
def test_a_log_gets_about_ten_plain_lines(length: int, lines: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert list(steps(range(length), length, "Opening")) == list(range(length))
    shown = capsys.readouterr()
    assert shown.out == "", "standard output is for results"
    said = shown.err.splitlines()
    assert said[0] == f"Opening: 0 of {length}"
    assert said[-1] == f"Opening: {length} of {length}"
    assert len(said) == lines
