"""Accounts, tokens, sign-ins and what was made public, in the register: the only SQL about the portal's people.

The same file as the tablets' (``registry``), and like it never written in a row's transaction. Of a sign-in only the
hash of its cookie lies here, so any number of processes can serve and a copy of the file opens no page.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from export.centre.registry import Registry

Role = Literal["analyst", "publisher", "operator"]
ROLES: tuple[Role, ...] = get_args(Role)
FREE_TRIES = 5
_LONGEST_LOCK = timedelta(days=1)

_PUT_OUT = (
    "DELETE FROM sign_ins WHERE account = :name",
    "DELETE FROM tokens WHERE name = :name OR substr(name, 1, length(:name) + 1) = :name || '/'",
)

# Two names that differ in small and capital letters alone are one to whoever reads the audit log.
_ACCOUNT_CALLED = "SELECT name FROM accounts WHERE lower(name) = lower(?)"
_HOLDER_CALLED = "SELECT name FROM tokens WHERE lower(name) = lower(?)"

_FORGIVEN = "UPDATE accounts SET wrong = 0, locked_until = ''"

_TABLES = """
CREATE TABLE IF NOT EXISTS accounts (
  name TEXT PRIMARY KEY, role TEXT NOT NULL, box BLOB NOT NULL, last_step INTEGER NOT NULL DEFAULT 0,
  wrong INTEGER NOT NULL DEFAULT 0, locked_until TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tokens (digest BLOB PRIMARY KEY, name TEXT NOT NULL UNIQUE) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sign_ins (
  digest BLOB PRIMARY KEY, account TEXT, token BLOB, until TEXT NOT NULL, idle_until TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS idle_tries (what TEXT PRIMARY KEY, hour TEXT NOT NULL, times INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS public_releases (name TEXT PRIMARY KEY) WITHOUT ROWID;
"""


class NameTaken(ValueError):
    """An account or a token of this name exists. Close or revoke it first, or choose another name."""


@dataclass(frozen=True)
class Account:
    """Somebody who may sign in. ``box`` holds the secret of their codes, locked under their passphrase."""

    name: str
    role: Role
    box: bytes


@dataclass(frozen=True)
class SignIn:
    """Who a cookie stands for: an account by name, or a token by its digest."""

    account: str | None
    token: bytes | None
    idle_until: datetime


@dataclass(frozen=True)
class Attempt:
    """A try to sign in to a name, counted as wrong until it turns out right.

    Attributes:
        account: what the passphrase is compared with; None where there is no such account or it is locked.
        known: the name, where there is such an account.
        locked_until: since this try, where it is one too many.
        times: where nothing is compared, how many such tries there were in this hour.
    """

    account: Account | None
    known: str = ""
    locked_until: str = ""
    times: int = 0


class People:
    """The register's tables about people."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        registry.add_tables(_TABLES)

    def together(self) -> AbstractContextManager[object]:
        """What is done to people within it is done all or not at all, and so are the lines about it."""
        return self._registry.changing()

    def add(self, account: Account) -> None:
        """Keep a new account.

        Raises:
            NameTaken: there is one of this name, in any case, or a token: the audit log would call two by one name.
        """
        with self._registry.changing() as db:
            for token in db.query(_HOLDER_CALLED, (account.name,)):
                raise NameTaken(f"There is a token for {token['name']!r}. Revoke it: token revoke {token['name']}")
            for other in db.query(_ACCOUNT_CALLED, (account.name,)):
                raise NameTaken(f"There is an account of {other['name']!r} already. Close it, or say another name.")
            kept = "INSERT INTO accounts (name, role, box) VALUES (?, ?, ?)"
            db.execute(kept, (account.name, account.role, account.box))

    def account(self, untrusted_name: str) -> Account | None:
        """The account of this name."""
        found = self._registry.read("SELECT name, role, box FROM accounts WHERE name = ?", (untrusted_name,))
        return _account(found[0]) if found else None

    def states(self) -> list[tuple[str, str, str]]:
        """(name, role, until when it is locked, or nothing) of every account, in order of their names."""
        lines = self._registry.read("SELECT name, role, locked_until FROM accounts ORDER BY name")
        return [(str(line["name"]), str(line["role"]), str(line["locked_until"])) for line in lines]

    def close(self, name: str) -> bool:
        """Drop an account with its sign-ins and its tokens; False where there was none."""
        with self._registry.changing() as db:
            found = list(db.query("DELETE FROM accounts WHERE name = ? RETURNING name", (name,)))
            for put_out in _PUT_OUT:
                db.execute(put_out, {"name": name})
        return bool(found)

    def lock_anew(self, name: str, box: bytes) -> None:
        """Another passphrase or another secret: whoever has a sign-in or a token of this account is out.

        A token may have been made by the very person because of whom the passphrase is changed.
        """
        with self._registry.changing() as db:
            db.execute(f"{_FORGIVEN}, box = ? WHERE name = ?", (box, name))
            for put_out in _PUT_OUT:
                db.execute(put_out, {"name": name})

    def attempt(self, untrusted_name: str, now: datetime) -> Attempt:
        """Somebody tries to sign in.

        Counted as wrong before anything is compared, so that many tries at once are no more than the same tries in
        turn. From the fifth on each locks the account: a minute, then twice as long each time, a day at most.
        """
        with self._registry.changing() as db:
            found = list(db.query("SELECT * FROM accounts WHERE name = ?", (untrusted_name,)))
            if found and str(found[0]["locked_until"]) <= now.isoformat():
                wrong = int(found[0]["wrong"]) + 1
                over = min(wrong - FREE_TRIES, 20)
                until = (now + min(timedelta(minutes=2**over), _LONGEST_LOCK)).isoformat() if over >= 0 else ""
                counted = "UPDATE accounts SET wrong = ?, locked_until = ? WHERE name = ?"
                db.execute(counted, (wrong, until, untrusted_name))
                return Attempt(_account(found[0]), untrusted_name, until)
        known, hour = untrusted_name if found else "", now.isoformat()[: len("2026-11-03T14")]
        with self._registry.changing() as db:
            db.execute("DELETE FROM idle_tries WHERE hour <> ?", (hour,))
            counted = "INSERT INTO idle_tries VALUES (?, ?, 1) ON CONFLICT (what) DO UPDATE SET times = times + 1"
            times = list(db.query(f"{counted} RETURNING times", (known, hour)))
        return Attempt(None, known, times=int(times[0]["times"]))

    def took_as_long(self) -> None:
        """A write that changes nothing, where another wrong way in would have written a line."""
        with self._registry.changing() as db:
            db.execute("UPDATE idle_tries SET times = times")

    def entered(self, name: str, step: int) -> bool:
        """Passphrase and code were right: forget the wrong tries. False where this code, or a later one, was used."""
        with self._registry.changing() as db:
            sql = f"{_FORGIVEN}, last_step = ? WHERE name = ? AND last_step < ? RETURNING name"
            return bool(list(db.query(sql, (step, name, step))))

    def unlock(self, name: str) -> bool:
        """Forget the wrong tries; False where there is no such account."""
        with self._registry.changing() as db:
            return bool(list(db.query(f"{_FORGIVEN} WHERE name = ? RETURNING name", (name,))))

    def begin(self, digest: bytes, who: SignIn, until: datetime, now: datetime) -> None:
        """Keep a sign-in under the hash of its cookie; those that ran out are dropped on the way."""
        with self._registry.changing() as db:
            db.execute("DELETE FROM sign_ins WHERE until <= ? OR idle_until <= ?", (now.isoformat(),) * 2)
            db.execute(
                "INSERT INTO sign_ins VALUES (?, ?, ?, ?, ?)",
                (digest, who.account, who.token, until.isoformat(), who.idle_until.isoformat()),
            )

    def signed_in(self, digest: bytes, now: datetime) -> SignIn | None:
        """Whom a cookie stands for now."""
        found = self._registry.read(
            "SELECT account, token, idle_until FROM sign_ins WHERE digest = ? AND until > ? AND idle_until > ?",
            (digest, now.isoformat(), now.isoformat()),
        )
        if not found:
            return None
        account, token = found[0]["account"], found[0]["token"]
        return SignIn(
            None if account is None else str(account),
            token if isinstance(token, bytes) else None,
            datetime.fromisoformat(str(found[0]["idle_until"])),
        )

    def stay(self, digest: bytes, idle_until: datetime) -> None:
        """Somebody is at work: their sign-in does not end for being idle before then."""
        with self._registry.changing() as db:
            db.execute("UPDATE sign_ins SET idle_until = ? WHERE digest = ?", (idle_until.isoformat(), digest))

    def end(self, digest: bytes) -> None:
        """Sign out."""
        with self._registry.changing() as db:
            db.execute("DELETE FROM sign_ins WHERE digest = ?", (digest,))

    def add_token(self, name: str, digest: bytes) -> None:
        """Keep a token's digest under a name.

        Raises:
            NameTaken: there is one of this name, or an account, and the audit log would call two by one name.
        """
        with self._registry.changing() as db:
            for other in db.query(_ACCOUNT_CALLED, (name,)):
                raise NameTaken(f"{other['name']!r} has an account, and makes tokens there. Say another name.")
            for other in db.query(_HOLDER_CALLED, (name,)):
                raise NameTaken(f"There is a token for {other['name']!r} already: token revoke {other['name']}")
            db.execute("INSERT INTO tokens VALUES (?, ?)", (digest, name))

    def revoke_token(self, name: str) -> bool:
        """Drop the token of this name; False when there was none."""
        with self._registry.changing() as db:
            return bool(list(db.query("DELETE FROM tokens WHERE name = ? RETURNING name", (name,))))

    def token_name(self, digest: bytes) -> str | None:
        """Whose token has this digest."""
        names = self._registry.read("SELECT name FROM tokens WHERE digest = ?", (digest,))
        return str(names[0]["name"]) if names else None

    def token_names(self) -> list[str]:
        """Everyone who has a token."""
        return [str(line["name"]) for line in self._registry.read("SELECT name FROM tokens ORDER BY name")]

    def make_public(self, release: str) -> bool:
        """Note that everybody may read this release's public files; False where that was so already."""
        with self._registry.changing() as db:
            return bool(list(db.query("INSERT OR IGNORE INTO public_releases VALUES (?) RETURNING name", (release,))))

    def public(self) -> frozenset[str]:
        """The releases whose public files everybody may read."""
        return frozenset(str(line["name"]) for line in self._registry.read("SELECT name FROM public_releases"))


def _account(line: dict[str, object]) -> Account:
    role = next(role for role in ROLES if role == line["role"])
    box = line["box"]
    return Account(str(line["name"]), role, box if isinstance(box, bytes) else b"")
