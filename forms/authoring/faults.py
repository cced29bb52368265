"""What is wrong with a questionnaire, said so that its author can find the place and mend it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong, and what to do.

    ``row`` counts as the file itself does, and 0 is the whole sheet; an empty ``column`` is the whole row.
    """

    sheet: str
    row: int
    column: str
    what: str
    to_do: str
    warning: bool = False

    def __str__(self) -> str:
        """One line: where, what, what to do."""
        place = ", ".join(part for part in (self.sheet, f"row {self.row}" if self.row else "", self.column) if part)
        line = f"{'Warning: ' if self.warning else ''}{place}: {self.what} {self.to_do}"
        return printable(line)


def printable(untrusted: str) -> str:
    """A text on one line; what stood in a file may hold line ends, or commands to the terminal."""
    return "".join(character if character.isprintable() else " " for character in untrusted)


class Faults:
    """The list that every step of a check adds to, so that an author sees all faults at once."""

    def __init__(self) -> None:
        self._found: dict[Fault, None] = {}

    def add(self, sheet: str, row: int, column: str, what: str, to_do: str) -> None:
        """A fault: the questionnaire cannot be used until it is mended."""
        self._found.setdefault(Fault(sheet, row, column, what, to_do))

    def warn(self, sheet: str, row: int, column: str, what: str, to_do: str) -> None:
        """A warning: the questionnaire can be used, and somebody should look."""
        self._found.setdefault(Fault(sheet, row, column, what, to_do, warning=True))

    def serious(self) -> bool:
        """Whether anything but warnings was found."""
        return any(not fault.warning for fault in self)

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._found)
