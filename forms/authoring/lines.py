"""One line of a questionnaire file, whatever kind of file it came from, and how large a file may be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

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


def content(path: Path) -> bytes:
    """The bytes of a file from outside.

    Raises:
        Unreadable: it is not there, or larger than ``FILE_BYTES``.
    """
    try:
        size = path.stat().st_size
        untrusted = path.read_bytes() if size <= FILE_BYTES else b""
    except OSError as fault:
        raise Unreadable(f"The file cannot be read ({fault.strerror}).", "Check its name and place.") from fault
    if size > FILE_BYTES:
        raise Unreadable(
            f"The file is {size:,} bytes; no more than {FILE_BYTES:,} are read.",
            "Take out of it what does not belong there.",
        )
    return untrusted


def text_of(untrusted: bytes) -> str:
    """These bytes as text.

    Raises:
        Unreadable: they are no UTF-8; it names the first such line.
    """
    try:
        return untrusted.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        row = untrusted.count(b"\n", 0, fault.start) + 1
        raise Unreadable("The file is not UTF-8 text.", "Save it again with the encoding UTF-8.", row) from fault
