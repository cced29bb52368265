"""The audit log: what staff, analysts and custodians did, with the full time.

It is the one place of the centre that reads a full time (design.md, 'Time'), and no respondent's act, and nothing
that a tablet does by itself, may ever reach it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from export.centre.registry import Note, Registry

OPERATOR = "operator"


def full_time() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Audit:
    """Writes lines that stay into the registry."""

    registry: Registry
    now: Callable[[], datetime] = full_time

    def note(self, who: str, did: str, what: str) -> None:
        """Keep one line, durably, before the thing it tells of happens.

        Args:
            who: an analyst's name, or ``operator``.
            did: a verb in the past or a word such as ``pull``.
            what: what it was done to.
        """
        self.registry.add_note(Note(self.now().isoformat(timespec="seconds"), who, did, what))
