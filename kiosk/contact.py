"""What a tablet remembers of its dealings with the centre: the day of the last contact, and which news it refused.

Only the day, and set by tablets that nobody answered at just as by others, so it says nothing about anyone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from survey.durable import write_whole

_CONTACT = "last-contact"
_TROUBLE = "news-trouble"
_LONGEST_TROUBLE = 2000


def note_contact(instance: Path, day: date) -> None:
    """Something signed by the centre or the custodian was verified on this day.

    Raises:
        OSError: the folder cannot be written.
    """
    _replace(instance / _CONTACT, f"{day.isoformat()}\n")


def last_contact(instance: Path) -> date | None:
    """The day of the last contact, or None where it is not known."""
    try:
        return date.fromisoformat(_read(instance / _CONTACT).strip())
    except ValueError:
        return None


def note_trouble(instance: Path, trouble: Sequence[str]) -> None:
    """Keep in words what was wrong with the newest news; nothing where it was as it should be.

    Raises:
        OSError: the folder cannot be written.
    """
    _replace(instance / _TROUBLE, "".join(f"{line}\n" for line in trouble)[:_LONGEST_TROUBLE])


def news_trouble(instance: Path) -> list[str]:
    """What was wrong with the newest news, in words."""
    return _read(instance / _TROUBLE).splitlines()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _replace(path: Path, text: str) -> None:
    # Written only where it says something new, so that the file's own time adds no more than its words.
    if _read(path) == text:
        return
    write_whole(path, text.encode())
