"""Locked drafts of visits behind a link, at rest: files of cipher text under names that say nothing.

Drafts lie in memory-backed storage beside the partials and not in a database: a row deleted from a file on disk can be
found again, and when a draft was written would be a time of answering. ``age`` is for the nightly merge; no draft
carries a time, so one is dropped at the second night that finds it untouched.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from survey.ceiling import MOST_DRAFTS
from survey.partials import untimed, untimed_within

_TODAY, _YESTERDAY, _HALF = ".draft", ".older", ".half"


class Drafts:
    """Locked drafts in one folder, one file each; in this process alone where there is no memory-backed folder."""

    def __init__(self, folder: Path | None, most: int = MOST_DRAFTS) -> None:
        """``most`` is how many new names there is room for; nothing that is kept already is ever turned away."""
        self._folder = folder
        self._most = most
        self._held: dict[str, bytes] = {}
        self._unfinished: set[Path] = set()
        if folder is not None:
            folder.mkdir(mode=0o700, exist_ok=True)

    @property
    def full(self) -> bool:
        """Whether there is room for no other name."""
        return len(self._held if self._folder is None else list(self._folder.iterdir())) >= self._most

    def put(self, name: str, locked: bytes) -> None:
        """Keep a draft in place of the last one of this name."""
        if self._folder is None:
            self._held[name + _TODAY] = locked
            return
        half = self._folder / (name + _HALF)
        half.touch(mode=0o600)
        half.write_bytes(locked)
        untimed(half)
        # First: were it done after, the night could give the new one that name in between, and it would go.
        (self._folder / (name + _YESTERDAY)).unlink(missing_ok=True)
        half.replace(self._folder / (name + _TODAY))
        untimed(self._folder)

    def get(self, name: str) -> bytes | None:
        """The draft of this name, or None."""
        # Today's again at last: the night may give a draft its other name between two looks.
        for file_name in (name + _TODAY, name + _YESTERDAY, name + _TODAY):
            if self._folder is None and file_name in self._held:
                return self._held[file_name]
            if self._folder is not None:
                with suppress(FileNotFoundError):
                    return (self._folder / file_name).read_bytes()
        return None

    def drop(self, name: str) -> None:
        """Destroy the draft of this name, if there is one."""
        for file_name in (name + _TODAY, name + _YESTERDAY):
            self._held.pop(file_name, None)
            if self._folder is not None:
                (self._folder / file_name).unlink(missing_ok=True)
        if self._folder is not None:
            untimed(self._folder)

    def tick(self) -> None:
        """Every so often, whether or not anybody answered: as ``Partials.tick``."""
        if self._folder is not None:
            untimed_within(self._folder)

    def age(self) -> None:
        """Once a night: drop what nobody has touched since the night before."""
        if self._folder is None:
            # In place and name by name, since people answer meanwhile.
            for name in [one for one in list(self._held) if one.endswith(_YESTERDAY)]:
                self._held.pop(name, None)
            for name in list(self._held):
                locked = self._held.pop(name, None)
                if locked is not None:
                    self._held[name.replace(_TODAY, _YESTERDAY)] = locked
            return
        # One that is being written now is somebody's; what was half written the night before already is nobody's.
        halves = set(self._folder.glob(f"*{_HALF}"))
        for path in [*self._folder.glob(f"*{_YESTERDAY}"), *(halves & self._unfinished)]:
            path.unlink(missing_ok=True)
        self._unfinished = halves
        for path in self._folder.glob(f"*{_TODAY}"):
            path.replace(path.with_suffix(_YESTERDAY))
