"""Who is signed in: by passphrase and time-based code, or by a token; and what each role may do.

A wrong sign-in stands in the audit log, under no name but an account's: what strangers type is not ours to keep. Where
no passphrase is compared (no such account, or it is locked) tries can be as many as somebody likes, so of those in
one hour the 1st, the 10th, the 100th and so on have a line.

A sign-in ends after half an hour without a page, after eight hours, at sign-out, when its account is closed or its
passphrase changed, and when its token is taken back. Every wrong way in gets one answer that took as long.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from export.centre.accounts import new_token, token_digest
from export.centre.audit import SOMEBODY, Audit
from export.centre.entrance import Entrance
from export.centre.passphrases import locked, new_passphrase, new_secret, step_of, unlocked
from export.centre.people import Account, Attempt, People, Role, SignIn

LONGEST = timedelta(hours=8)
IDLE = timedelta(minutes=30)
_STAY_ANEW = timedelta(minutes=1)


@cache
def _nobodys_box() -> bytes:
    """What is tried where there is no account of that name, so that it takes as long."""
    return locked(new_passphrase(), new_secret())


class NotAdmitted(Exception):
    """Name, passphrase and code, or a token, that do not fit. Nothing says which of them."""


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in: the name that the audit log calls them by, and their role.

    Attributes:
        account: the account's name; None where a token of the operator's stands for nobody who can sign in.
    """

    name: str
    role: Role
    account: str | None = None


@dataclass(frozen=True)
class SignIns:
    """The sign-ins of one centre."""

    people: People
    audit: Audit
    entrance: Entrance

    def with_passphrase(
        self, untrusted_name: str, untrusted_passphrase: str, untrusted_code: str, address: str
    ) -> tuple[str, Person]:
        """A fresh cookie for whoever knows the passphrase and holds the authenticator; ``address``: where they are.

        Raises:
            NotAdmitted: something did not fit, or the account is locked.
            TryLater: nothing was tried.
        """
        with self.entrance.trying(address):
            now = self.audit.now()
            tried = self.people.attempt(untrusted_name, now)
            account = tried.account
            secret = unlocked(untrusted_passphrase, _nobodys_box() if account is None else account.box)
            step = None if secret is None else step_of(untrusted_code, secret, int(now.timestamp()))
            if account is None or step is None or not self.people.entered(account.name, step):
                self._note_wrong(SOMEBODY, "wrong sign-in", tried)
                raise NotAdmitted
            return self._begun(SignIn(account.name, None, now + IDLE), now), _person(account)

    def _note_wrong(self, who: str, did: str, tried: Attempt) -> None:
        if tried.locked_until:
            self.audit.note(who, "locked out", f"{tried.known} until {tried.locked_until[:19]}")
        elif tried.account is not None:
            self.audit.note(who, did, tried.known)
        elif str(tried.times).strip("0") == "1":
            where = f"{tried.known} while locked" if tried.known else "no such account"
            self.audit.note(who, did, f"{where}: {tried.times} in this hour")
        else:
            self.people.took_as_long()

    def with_token(self, untrusted_token: str) -> tuple[str, Person]:
        """A fresh cookie for whoever holds a token.

        Raises:
            NotAdmitted: nobody has this token.
        """
        person = self.bearer(untrusted_token)
        if person is None:
            raise NotAdmitted
        now = self.audit.now()
        return self._begun(SignIn(None, token_digest(untrusted_token), now + IDLE), now), person

    def _begun(self, who: SignIn, now: datetime) -> str:
        cookie = new_token()
        self.people.begin(token_digest(cookie), who, now + LONGEST, now)
        return cookie

    def person(self, untrusted_cookie: str) -> Person | None:
        """Who is signed in with this cookie now."""
        digest, now = token_digest(untrusted_cookie), self.audit.now()
        held = self.people.signed_in(digest, now)
        if held is None:
            return None
        if held.idle_until < now + IDLE - _STAY_ANEW:
            self.people.stay(digest, now + IDLE)
        if held.account is None:
            return None if held.token is None else self._holder(held.token)
        account = self.people.account(held.account)
        return None if account is None else _person(account)

    def bearer(self, untrusted_token: str) -> Person | None:
        """Whom a token stands for."""
        return self._holder(token_digest(untrusted_token))

    def _holder(self, digest: bytes) -> Person | None:
        # A token is an analyst's: the operator's have a plain name, a person's own are called ACCOUNT/LABEL.
        name = self.people.token_name(digest)
        return None if name is None else Person(name, "analyst")

    def end(self, untrusted_cookie: str) -> None:
        """Sign out."""
        self.people.end(token_digest(untrusted_cookie))

    def change_passphrase(self, account: str, untrusted_old: str, new: str) -> bool:
        """Lock the secret of the codes under another passphrase; False where the old one is not right.

        Raises:
            TryLater: nothing was tried.
        """
        with self.entrance.trying():
            tried = self.people.attempt(account, self.audit.now())
            secret = None if tried.account is None else unlocked(untrusted_old, tried.account.box)
            if secret is None:
                self._note_wrong(account, "wrong old passphrase", tried)
                return False
            box = locked(new, secret)
            with self.people.together():
                self.people.lock_anew(account, box)
                self.audit.note(account, "changed", "their passphrase")
            return True


def _person(account: Account) -> Person:
    return Person(account.name, account.role, account.name)
