"""The two signed files that a tablet is told, and where it keeps them: the keys and the notices.

An older file than one that was seen is refused. Age alone never stops a tablet, since a counter without news must go
on; a signed stop does. Where there is no valid keys file there is nothing: the page says 'not available now'.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Generic, TypeVar

from survey.durable import write_whole
from survey.fingerprint import authority_words, words_match
from survey.keys import (
    DamagedKeys,
    ForeignKeys,
    Keys,
    KeysRefused,
    NoticesRefused,
    OldKeys,
    read_keys,
    untrusted_authority,
    write_keys,
)
from survey.newest_keys import NewestKeys
from survey.notices import Notices, UnusableNotices, read_notices, write_notices
from survey.places import Place, SupportLine

__all__ = [
    "Briefing",
    "DamagedKeys",
    "ForeignKeys",
    "Keys",
    "KeysRefused",
    "Notices",
    "NoticesRefused",
    "OldKeys",
    "Place",
    "SupportLine",
    "authority_words",
    "read_keys",
    "read_notices",
    "untrusted_authority",
    "words_match",
    "write_keys",
    "write_notices",
]

KEYS_FILE = "keys.signed"
NOTICES_FILE = "notices.signed"
_MOST_BYTES = 16 << 20
_Content = TypeVar("_Content")


class _OnDisk(Generic[_Content]):
    """What a file says, read again only when it is another file: an interview asks at every page."""

    def __init__(self, path: Path, read: Callable[[bytes], _Content]) -> None:
        self._path = path
        self._read = read
        self._thread = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._content: _Content | None = None

    def content(self) -> _Content | None:
        """None where there is no file, or none that holds."""
        with self._thread:
            try:
                if self._state(self._path.stat()) != self._seen:
                    self._look()
            except OSError:
                self._seen, self._content = None, None
            return self._content

    def _look(self) -> None:
        with self._path.open("rb") as file:
            self._seen = self._state(os.fstat(file.fileno()))
            untrusted = file.read(_MOST_BYTES)
        try:
            self._content = self._read(untrusted)
        except (KeysRefused, UnusableNotices):
            self._content = None

    @staticmethod
    def _state(found: os.stat_result) -> tuple[int, int, int]:
        return found.st_ino, found.st_size, found.st_mtime_ns


class Briefing:
    """The keys and notices that lie in an instance folder, checked against one pinned authority."""

    def __init__(self, folder: Path, authority: bytes) -> None:
        """``authority`` is the custodian's 32-byte Ed25519 public key."""
        self.folder = folder
        self.authority = authority
        self._newest = NewestKeys(folder, authority)
        self._newest_seen = 0
        self._content_key = b""
        self._keys = _OnDisk(folder / KEYS_FILE, self._read_keys)
        self._notices = _OnDisk(folder / NOTICES_FILE, self._read_notices)

    def keys(self) -> Keys | None:
        """The keys in force, or None where there is no valid keys file; ``stop`` is for the caller to heed."""
        return self._keys.content()

    def notices(self) -> Notices | None:
        """The notices in force, or None; none outlive the content key that the keys file names."""
        keys = self.keys()
        if keys is None:
            return None
        if keys.content != self._content_key:
            self._content_key = keys.content
            self._notices = _OnDisk(self.folder / NOTICES_FILE, self._read_notices)
        return self._notices.content()

    def newest_day(self) -> date | None:
        """The newest day on which anything here was signed: what the clock is measured against."""
        signed = [told.signed_on for told in (self.keys(), self.notices()) if told is not None]
        return max(signed, default=None)

    def take_keys(self, untrusted: bytes) -> Keys:
        """Put a keys file in force, durably, and remember its number.

        Raises:
            KeysRefused: foreign, damaged, or older than one that was ever taken here; the one in force stays.
            OSError: it could not be written; the one in force stays.
        """
        held = self.keys()
        keys = read_keys(untrusted, self.authority, max(self._newest_serial(), held.serial if held else 0))
        with self._newest.raised_to(keys.serial):
            write_whole(self.folder / KEYS_FILE, untrusted)
        return keys

    def take_notices(self, untrusted: bytes) -> Notices:
        """Put notices in force, durably.

        Raises:
            NoticesRefused: not signed by the content key that the keys file names, or older than those in force.
            OSError: they could not be written; those in force stay.
        """
        try:
            notices = self._read_notices(untrusted)
        except UnusableNotices as fault:
            raise NoticesRefused(str(fault)) from fault
        held = self.notices()
        if held is not None and notices.signed_on < held.signed_on:
            raise NoticesRefused(f"Notices of {held.signed_on.isoformat()} were seen already; these are older.")
        write_whole(self.folder / NOTICES_FILE, untrusted)
        return notices

    def _read_keys(self, untrusted: bytes) -> Keys:
        keys = read_keys(untrusted, self.authority, self._newest_serial())
        self._newest_seen = keys.serial
        return keys

    def _newest_serial(self) -> int:
        return max(self._newest_seen, self._newest.serial())

    def _read_notices(self, untrusted: bytes) -> Notices:
        keys = self.keys()
        if keys is None:
            raise UnusableNotices("Without a valid keys file nothing says who may sign notices.")
        return read_notices(untrusted, keys.content)
