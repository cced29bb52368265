"""The collection keys of a folder by their public halves: where each is kept, until when, and which were destroyed.

``keyring.json`` holds no secret. A key is kept in the ``folder`` (locked under the passphrase), on ``shares`` alone
(then two people or more open answers, and the key exists only joined in memory), or it is ``destroyed`` and its rows
stay sealed for good.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, get_args

from export.custodian.custody import Custody, CustodyRefused
from export.custodian.shares import Share, join
from export.custodian.unsealing import CollectionSecret
from forms.strict_json import canonical, strict_object
from survey.durable import write_whole
from survey.sealing import CollectionKey

FILE = "keyring.json"
Kept = Literal["folder", "shares", "destroyed"]


@dataclass(frozen=True)
class KeptKey:
    """One collection key.

    Attributes:
        public: its public half.
        kept: where its secret is.
        until: the day on which it is to be destroyed, where one was set.
        destroyed_on: the day on which it was.
    """

    public: CollectionKey
    kept: Kept
    until: date | None = None
    destroyed_on: date | None = None

    @property
    def id(self) -> str:
        """Sixteen hex digits."""
        return self.public.key_id.hex()


@dataclass(frozen=True)
class Keyring:
    """The keys of one folder, oldest first."""

    custody: Custody

    def known(self) -> tuple[KeptKey, ...]:
        """Every key that this folder ever held.

        Raises:
            CustodyRefused: the file is damaged.
        """
        try:
            content = strict_object((self.custody.folder / FILE).read_text(encoding="utf-8"))
            return tuple(_kept(one) for one in content["keys"])
        except FileNotFoundError:
            return ()
        except (ValueError, KeyError, TypeError) as fault:
            raise CustodyRefused(f"{self.custody.folder / FILE} is damaged. Put a copy of it back.") from fault

    def key(self, key_id: str) -> KeptKey:
        """The key of this id.

        Raises:
            CustodyRefused: there is none.
        """
        found = next((key for key in self.known() if key.id == key_id), None)
        if found is None:
            ids = ", ".join(key.id for key in self.known()) or "none"
            raise CustodyRefused(
                f"This folder knows no collection key {key_id}. It knows: {ids}. Give one of these, or another folder "
                "with --instance."
            )
        return found

    def living(self, key_id: str) -> KeptKey:
        """The key of this id, to be used.

        Raises:
            CustodyRefused: there is none, or it was destroyed: a sheet that nobody burnt must not bring it back.
        """
        key = self.key(key_id)
        if key.kept == "destroyed":
            raise CustodyRefused(
                f"The collection key {key_id} was destroyed on {key.destroyed_on}: its answers stay sealed for good,"
                " and nothing opens them here. Burn its sheets. Where its file lies here again, run destroy again."
            )
        return key

    def remember(self, key: KeptKey) -> None:
        """Add a key, or say something new of one."""
        others = self.known()
        places = [place for place, other in enumerate(others) if other.id == key.id]
        keys = [*others[: places[0]], key, *others[places[0] + 1 :]] if places else [*others, key]
        content = canonical({"heard": "keyring 1", "keys": [_to_json(one) for one in keys]})
        write_whole(self.custody.folder / FILE, content.encode() + b"\n")

    def notice(self, secrets: Sequence[CollectionSecret]) -> None:
        """Remember the keys that lie in the folder and were not known to: made or restored there.

        Raises:
            CustodyRefused: one of them was destroyed.
        """
        for secret in secrets:
            if all(key.public != secret.public for key in self.known()):
                self.remember(KeptKey(secret.public, "folder"))
            elif (known := self.living(secret.public.key_id.hex())).kept != "folder":
                self.remember(replace(known, kept="folder"))

    def only_shares(self, secret: CollectionSecret, sheets: Sequence[Share], threshold: int, passphrase: str) -> None:
        """From now on this key is on its shares alone: its file is deleted, once every sheet helped to give it back.

        Raises:
            CustodyRefused: the shares do not give it back; nothing was deleted.
        """
        groups = [[*sheets, *sheets][first : first + threshold] for first in range(len(sheets))]
        if any(join(group, passphrase) != secret for group in groups):
            raise CustodyRefused("The shares as written do not give the key back. Nothing was deleted; split again.")
        self.custody.drop_collection(secret.public.key_id.hex())
        self.remember(replace(self.key(secret.public.key_id.hex()), kept="shares"))

    def destroy(self, key_id: str, day: date) -> None:
        """Delete a key's file and note that its rows stay sealed for good, from the first time on.

        Shares are burnt by hand.

        Raises:
            CustodyRefused: there is no such key.
        """
        key = self.key(key_id)
        self.custody.drop_collection(key_id)
        self.remember(replace(key, kept="destroyed", destroyed_on=key.destroyed_on or day))

    def to_seal_to(self, key_id: str) -> CollectionKey:
        """The public half of a key that answers may be sealed to.

        Raises:
            CustodyRefused: it is unknown or destroyed, or it was lost: nobody may seal to a key that opens nothing.
        """
        key = self.key(key_id)
        if key.kept == "destroyed":
            raise CustodyRefused(
                f"The collection key {key_id} was destroyed on {key.destroyed_on}. Rotate to a new one."
            )
        if key.kept == "folder" and not self.custody.holds_collection(key_id):
            raise CustodyRefused(f"The collection key {key_id} is not in the folder. Restore it.")
        return key.public

    def due(self, day: date) -> list[KeptKey]:
        """The keys that should have been destroyed by this day and were not."""
        return [key for key in self.known() if key.kept != "destroyed" and key.until is not None and key.until <= day]

    def opening(self, passphrase: str, joined: CollectionSecret | None) -> tuple[CollectionSecret, ...]:
        """Everything that opens now: the keys in the folder, and one that people put together from its shares.

        Raises:
            CustodyRefused: nothing opens, or a key was destroyed, or the shares are of one that this folder does not
                know.
        """
        held = self.custody.collection(passphrase) if self.custody.holds_collection() else ()
        self.notice(held)
        if joined is None or joined in held:
            if not held:
                raise CustodyRefused(
                    "This folder holds no collection key. Give the sheets of its shares with --share, or type their"
                    " words with --shares; or make keys with keygen, or use restore."
                )
            return held
        self.living(joined.public.key_id.hex())
        return (*held, joined)


def _kept(one: dict[str, Any]) -> KeptKey:
    kept = one["kept"]
    if kept not in get_args(Kept):
        raise ValueError(kept)
    days = [None if one[name] is None else date.fromisoformat(one[name]) for name in ("until", "destroyed_on")]
    return KeptKey(CollectionKey(bytes.fromhex(one["public"])), kept, *days)


def _to_json(key: KeptKey) -> dict[str, object]:
    days = {"until": key.until, "destroyed_on": key.destroyed_on}
    return {
        "public": key.public.public.hex(),
        "kept": key.kept,
        **{name: None if day is None else day.isoformat() for name, day in days.items()},
    }
