"""The audit log: what staff, analysts and custodians did, with the full time, each line chained to the last.

A line's link is the SHA-256 of the link before it and of the line itself, so a line that was changed, dropped or
slipped in breaks every link after it. There is no secret in it: whoever can write the file can make all links anew or
cut off the end, and only who wrote a link down elsewhere finds out.

It is the one place of the centre that reads a full time (design.md, 'Time'), and no respondent's act, and nothing
that a tablet does by itself, may ever reach it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from export.centre.registry import Note, Registry
from forms.strict_json import canonical

OPERATOR, SCHEDULE, SOMEBODY = "operator", "schedule", "somebody"
"""Whom the log means where no account or token does a thing: no account and no token may be called so."""


_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_LINK = re.compile(r"[0-9a-f]{8,64}")


class NameRefused(ValueError):
    """A name that a line of the log could not be read by. Say another one."""


def refuse_name(name: str) -> None:
    """Let nobody have a name, as an account or as a token, by which a line of the log could mean another.

    Raises:
        NameRefused: it is no plain name, or the log calls nobody by it, however it is written.
    """
    if not _NAME.fullmatch(name):
        raise NameRefused("A name is letters, digits, dots and dashes, 40 at most, such as ana.example.")
    if name.casefold() in {OPERATOR, SCHEDULE, SOMEBODY}:
        raise NameRefused(f"The audit log means no person by {name!r}. Say another name, such as ana.example.")


def on_one_line(text: str) -> str:
    """The text with what does not print written out, so that it looks like no line of its own."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


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
            who: an account's name, ``operator``, ``schedule``, or ``somebody`` who was not let in.
            did: a verb in the past or a word such as ``pull``.
            what: what it was done to.
        """
        note = Note(self.now().isoformat(timespec="seconds"), who, did, on_one_line(what))
        self.registry.add_note(note, chained)

    def newest_link(self) -> str:
        """The last link of the chain, to be written down; it holds all lines. Empty where there are none.

        Raises:
            ChainBroken: a line was changed, dropped or slipped in, and the links after it were not made anew.
        """
        last = ""
        for number, (note, link) in enumerate(self.registry.links(), start=1):
            if chained(last, note) != link:
                raise ChainBroken(f"Line {number} of the audit log, or one before it, is not as it was written.")
            last = link
        return last

    def holds(self, start: str) -> int | None:
        """The number of the line whose link starts so, as somebody wrote it down: all up to it is as it was then.

        None where no link does, or where fewer than eight digits are given, which another link could share by chance.
        """
        wanted = start.strip().lower()
        if not _LINK.fullmatch(wanted):
            return None
        found = [number for number, (_, held) in enumerate(self.registry.links(), start=1) if held.startswith(wanted)]
        return found[0] if len(found) == 1 else None


class ChainBroken(RuntimeError):
    """The audit log is not as it was written. Keep the file as it is, and look who could write to it."""


def chained(last: str, note: Note) -> str:
    """A line's link: lower-case hex SHA-256 of the link before it, a newline, and the line as canonical JSON."""
    return hashlib.sha256(f"{last}\n{canonical(asdict(note))}".encode()).hexdigest()
