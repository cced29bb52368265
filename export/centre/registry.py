"""The centre's register: tablets, codes, key ids, the audit log. With ``people`` and ``batches`` its only SQL.

It is a file of its own, and nothing in it is ever written in a row's transaction: a registry page that changed
together with a row would tie a tablet or a minute to an answer (docs/threat-model.md). For the same reason a
tablet's last contact is a day, and nothing here counts.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from threading import RLock

from sqlite_utils import Database

_WAIT_SECONDS = 30

_TABLES = """
CREATE TABLE IF NOT EXISTS tablets (
  public BLOB PRIMARY KEY, place TEXT NOT NULL, last_contact TEXT NOT NULL, revoked INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS enrol_codes (
  digest BLOB PRIMARY KEY, place TEXT NOT NULL, until TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS collection_keys (key_id BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS audit (
  number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, who TEXT NOT NULL, did TEXT NOT NULL, what TEXT NOT NULL,
  chain TEXT NOT NULL
);
CREATE TRIGGER IF NOT EXISTS audit_stays BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
CREATE TRIGGER IF NOT EXISTS audit_is_kept BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
"""


class RegistryDamaged(RuntimeError):
    """registry.db cannot be read or written. Put back the last back-up of it; no answer lies in it."""


@dataclass(frozen=True)
class Tablet:
    """One tablet as the centre knows it: its public key, its place, the day it was last heard of."""

    public: bytes
    place: str
    last_contact: date
    revoked: bool

    @property
    def short(self) -> str:
        """What an operator calls it by: the first eight hex digits of its public key."""
        return self.public.hex()[:8]


@dataclass(frozen=True)
class Note:
    """One line of the audit log; ``at`` is a full time in UTC, since it is about staff and analysts."""

    at: str
    who: str
    did: str
    what: str


class Registry:
    """``registry.db``, shared by the threads of one process and by the verbs that run beside it."""

    def __init__(self, path: Path) -> None:
        self._lock = RLock()
        self._own_changes = 0
        self._cached: tuple[tuple[int, int], dict[bytes, Tablet], frozenset[bytes]] | None = None
        try:
            connection = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
            self._db = Database(connection, execute_plugins=False)
            self._db.executescript(f"PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; {_TABLES}")
        except sqlite3.Error as fault:
            raise RegistryDamaged(f"{path} cannot be opened ({fault}). Put back its last back-up.") from fault

    def add_tables(self, script: str) -> None:
        """Make the tables of another room of the register where they are missing.

        Raises:
            RegistryDamaged: the file cannot be written.
        """
        with self._lock:
            try:
                self._db.executescript(script)
            except sqlite3.Error as fault:
                raise RegistryDamaged(f"The register could not be written: {fault}.") from fault

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def changing(self) -> Iterator[Database]:
        """One transaction, rolled back where it fails; within another of the same thread, a part of that one.

        So that a line of the audit log and what it tells of are written together or not at all.
        """
        with self._lock:
            if self._db.conn.in_transaction:
                yield self._db
                return
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield self._db
                    self._db.commit()
                except BaseException:
                    self._db.rollback()
                    raise
            except sqlite3.IntegrityError:
                raise
            except sqlite3.Error as fault:
                raise RegistryDamaged(f"The registry could not be written: {fault}.") from fault
            self._own_changes += 1

    def read(self, sql: str, values: tuple[object, ...] = ()) -> list[dict[str, object]]:
        """Lines by column."""
        with self._lock:
            try:
                return list(self._db.query(sql, values))
            except sqlite3.Error as fault:
                raise RegistryDamaged(f"The registry could not be read: {fault}.") from fault

    # Tablets and their codes

    def add_code(self, digest: bytes, place: str, until: datetime, now: datetime) -> None:
        """Keep an enrolment code's digest for its place; codes that ran out are dropped on the way."""
        with self.changing() as db:
            db.execute("DELETE FROM enrol_codes WHERE until <= ?", (now.isoformat(),))
            db.execute("INSERT INTO enrol_codes VALUES (?, ?, ?)", (digest, place, until.isoformat()))

    def enrol(self, digest: bytes, tablet: bytes, now: datetime, day: date) -> str | None:
        """Spend a code on a tablet's public key; its place, or None for a wrong, used or late code.

        A revoked key never comes back, and spends nothing.
        """
        with self.changing() as db:
            spent = list(
                db.query(
                    "DELETE FROM enrol_codes WHERE digest = ? AND until > ?"
                    " AND NOT EXISTS (SELECT 1 FROM tablets WHERE public = ? AND revoked) RETURNING place",
                    (digest, now.isoformat(), tablet),
                )
            )
            if not spent:
                return None
            place = str(spent[0]["place"])
            db.execute(
                "INSERT INTO tablets VALUES (?, ?, ?, 0) ON CONFLICT (public) DO UPDATE SET place = excluded.place",
                (tablet, place, day.isoformat()),
            )
            return place

    def tablets(self) -> dict[bytes, Tablet]:
        """Every tablet by its public key, revoked ones too."""
        return self._view()[0]

    def collection_keys(self) -> frozenset[bytes]:
        """The ids of all collection keys that a signed keys file of this centre has ever named."""
        return self._view()[1]

    def _view(self) -> tuple[dict[bytes, Tablet], frozenset[bytes]]:
        # Asked with every packet, so read again only when something changed: a revocation holds from the next request.
        with self._lock:
            version = self.version()
            if self._cached is None or self._cached[0] != version:
                tablets = [_tablet(line) for line in self.read("SELECT * FROM tablets")]
                keys = self.read("SELECT key_id FROM collection_keys")
                ids = frozenset(key for line in keys if isinstance(key := line["key_id"], bytes))
                self._cached = (version, {tablet.public: tablet for tablet in tablets}, ids)
            return self._cached[1], self._cached[2]

    def version(self) -> tuple[int, int]:
        """What changes with every change of the register: one number tells of other processes, one of this."""
        return int(str(self.read("PRAGMA data_version")[0]["data_version"])), self._own_changes

    def seen(self, tablet: Tablet, day: date) -> None:
        """Note the day of a tablet's contact: one write a day, whatever it came for."""
        if tablet.last_contact < day:
            with self.changing() as db:
                db.execute("UPDATE tablets SET last_contact = ? WHERE public = ?", (day.isoformat(), tablet.public))

    def revoke(self, tablet: Tablet) -> None:
        """Believe this tablet no more, from its next request on."""
        with self.changing() as db:
            db.execute("UPDATE tablets SET revoked = 1 WHERE public = ?", (tablet.public,))

    def add_collection_key(self, key_id: bytes) -> None:
        """Remember that rows may be sealed to this key, for as long as the centre stands."""
        if key_id not in self.collection_keys():
            with self.changing() as db:
                db.execute("INSERT OR IGNORE INTO collection_keys VALUES (?)", (key_id,))

    # The audit log

    def add_note(self, note: Note, chained: Callable[[str, Note], str]) -> None:
        """Write one line that stays. ``chained`` makes its link of the chain from the last one, or from nothing."""
        with self.changing() as db:
            last = list(db.query("SELECT chain FROM audit ORDER BY number DESC LIMIT 1"))
            link = chained(str(last[0]["chain"]) if last else "", note)
            db.execute("INSERT INTO audit (at, who, did, what, chain) VALUES (?, ?, ?, ?, ?)",
                       (note.at, note.who, note.did, note.what, link))  # fmt: skip

    def notes(self) -> list[Note]:
        """Every line, oldest first."""
        return [note for note, _ in self.links()]

    def links(self) -> list[tuple[Note, str]]:
        """Every line with its link of the chain, oldest first."""
        lines = self.read("SELECT at, who, did, what, chain FROM audit ORDER BY number")
        return [
            (Note(*map(str, (line["at"], line["who"], line["did"], line["what"]))), str(line["chain"]))
            for line in lines
        ]


def _tablet(line: dict[str, object]) -> Tablet:
    public = line["public"]
    if not isinstance(public, bytes):
        raise RegistryDamaged("The list of tablets is damaged. Put back the last back-up of registry.db.")
    day = date.fromisoformat(str(line["last_contact"]))
    return Tablet(public, str(line["place"]), day, bool(line["revoked"]))
