"""One line of a questionnaire file, whatever kind of file it came from, and how large a file may be."""

from __future__ import annotations

from dataclasses import dataclass

FILE_BYTES = 8 * 1024 * 1024
FILE_ROWS = 50_000
CELL_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True)
class Line:
    """Cells as they stand; ``opens`` names the sheet that begins here; ``trouble`` is what is wrong and what to do."""

    number: int
    opens: str | None
    cells: list[str]
    trouble: tuple[str, str] | None = None


class Unreadable(Exception):
    """A file of which nothing more can be read; what is wrong, what to do and, where known, the row."""

    def __init__(self, what: str, to_do: str, row: int = 0) -> None:
        super().__init__(what)
        self.what, self.to_do, self.row = what, to_do, row
