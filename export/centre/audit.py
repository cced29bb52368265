"""The audit log: what staff, analysts and custodians did, with the full time, each line chained to the last.

A line's link is the SHA-256 of the link before it and of the line itself, so a line that was changed, dropped or
slipped in breaks every link after it. Lines cut off at the end break none: who wrote down the newest link finds out.

It is the one place of the centre that reads a full time (design.md, 'Time'), and no respondent's act, and nothing
that a tablet does by itself, may ever reach it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from export.centre.registry import Note, Registry
from forms.strict_json import canonical

OPERATOR, SCHEDULE, SOMEBODY = "operator", "schedule", "somebody"
"""Whom the log means where no account or token does a thing: no account and no token may be called so."""


def is_nobodys_name(name: str) -> bool:
    """Whether the log calls no person by this name, however it is written."""
    return name.casefold() in {OPERATOR, SCHEDULE, SOMEBODY}


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
            who: an account's name, ``operator``, or ``somebody`` who was not let in.
            did: a verb in the past or a word such as ``pull``.
            what: what it was done to.
        """
        self.registry.add_note(Note(self.now().isoformat(timespec="seconds"), who, did, what), chained)

    def newest_link(self) -> str:
        """The last link of the chain, to be written down; it holds all lines. Empty where there are none.

        Raises:
            ChainBroken: a line was changed, dropped or slipped in.
        """
        last = ""
        for number, (note, link) in enumerate(self.registry.links(), start=1):
            if chained(last, note) != link:
                raise ChainBroken(f"Line {number} of the audit log, or one before it, is not as it was written.")
            last = link
        return last

    def holds(self, link: str) -> bool:
        """Whether a link that somebody wrote down is in the chain still."""
        return link in {held for _, held in self.registry.links()}


class ChainBroken(RuntimeError):
    """The audit log is not as it was written. Keep the file as it is, and look who could write to it."""


def chained(last: str, note: Note) -> str:
    """A line's link: lower-case hex SHA-256 of the link before it, a newline, and the line as canonical JSON."""
    return hashlib.sha256(f"{last}\n{canonical(asdict(note))}".encode()).hexdigest()
