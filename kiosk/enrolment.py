"""Joining a centre, once: a code said over the telephone, thirteen words on paper, a key made here.

The code (80 bits, once, 24 hours) tells the centre that this tablet may join; the words tell this tablet whose keys it
may trust, so that neither the network nor the centre can put another key in the place of the custodian's. The tablet's
own key never leaves it. Its file is written last: where it lies, the tablet has joined.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

from forms.strict_json import canonical, strict_object
from kiosk.contact import note_contact
from kiosk.sending import NoReply, Send
from survey.address import safe_address
from survey.briefing import Briefing, Keys, KeysRefused, words_match
from survey.clock import Clock
from survey.durable import write_whole
from survey.fingerprint import WORDS, word_list
from survey.newest_keys import NEWEST_KEYS_FILE
from survey.sealing import SigningKey

PATH = "/tablets/enrol"
OUTBOX = "outbox.db"
_KEY_BYTES = 32
_MOST_REPLY_BYTES = 16 << 20


class NotEnrolled(Exception):
    """This folder holds no tablet that has joined a centre. Run ``kiosk enrol`` with a code from the centre."""


class EnrolmentRefused(Exception):
    """Joining did not work and nothing was written. The message says what to ask for."""


@dataclass(frozen=True)
class Enrolment:
    """What a tablet knows of itself and of whom it trusts; all of it in its instance folder."""

    instance: Path
    centre: str
    place: str
    key: SigningKey
    authority: bytes

    @classmethod
    def load(cls, instance: Path) -> Self:
        """Read the enrolment that lies in an instance folder.

        Raises:
            NotEnrolled: there is none, or a part of it is missing or damaged.
        """
        if not (instance / "tablet.key").exists():
            raise NotEnrolled(
                f"The tablet in {instance} has not joined a centre yet. Ask the centre for a code, then run: "
                "python -m kiosk enrol ADDRESS CODE"
            )
        try:
            seed, authority = ((instance / name).read_bytes() for name in ("tablet.key", "authority.pub"))
            centre, place = ((instance / name).read_text(encoding="utf-8").strip() for name in ("centre", "place"))
            public = bytes.fromhex(authority.decode("ascii").strip())
            address = safe_address(centre)
        except (OSError, ValueError) as fault:
            raise NotEnrolled(_DAMAGED.format(instance)) from fault
        if len(seed) != _KEY_BYTES or len(public) != _KEY_BYTES or not place:
            raise NotEnrolled(_DAMAGED.format(instance))
        return cls(instance, address, place, SigningKey(seed), public)

    def briefing(self) -> Briefing:
        """The two signed files, checked against the authority that was pinned when this tablet joined."""
        return Briefing(self.instance, self.authority)


_DAMAGED = (
    "What this tablet wrote down when it joined is damaged ({}). Keep the folder: sealed answers may wait in it. Call "
    "the centre: it can revoke this tablet and enrol it anew."
)


def authority_words_of(said: str) -> tuple[str, ...]:
    """The words as they were typed, in lower case, thirteen of them; signs between them do not matter.

    Raises:
        EnrolmentRefused: not thirteen words, or one that is not on the list. The code has not been said to anyone yet.
    """
    words = tuple("".join(sign if sign.isalpha() else " " for sign in said).lower().split())
    if len(words) != WORDS:
        raise EnrolmentRefused(
            f"The authority's fingerprint is {WORDS} words; these are {len(words)}. Copy them from the custodian's "
            "paper. The code was not used."
        )
    strange = [word for word in words if word not in word_list()]
    if strange:
        raise EnrolmentRefused(
            f"{', '.join(strange)}: mistyped, since no fingerprint has such words. Copy them again from the "
            "custodian's paper. The code was not used."
        )
    return words


def refuse_a_second_time(instance: Path) -> None:
    """Fail where a tablet has joined already: its key may be the only one that its waiting rows are known by.

    Raises:
        EnrolmentRefused: there is an enrolment in this folder.
    """
    if (instance / "tablet.key").exists():
        raise EnrolmentRefused(
            f"The tablet in {instance} has joined a centre already. To join another, start with a new folder: "
            "--instance NEW-FOLDER. Send or rescue first what waits in this one."
        )


def enrol(
    instance: Path, address: str, code: str, authority_words: Sequence[str], send: Send, clock: Clock
) -> Enrolment:
    """Join the centre at an address: make a key, say the code, check whose keys come back, write all of it down.

    Raises:
        EnrolmentRefused: joined already, a code that does not work, another authority, an unusable reply.
        UnsafeAddress: neither https nor this machine itself.
        NoReply: the centre could not be reached.
        OSError: the folder cannot be written.
    """
    refuse_a_second_time(instance)
    centre, key = safe_address(address), SigningKey.generate()
    untrusted = _asked(send, code, key)
    authority = _authority(untrusted, authority_words)
    enrolment = Enrolment(instance, centre, str(untrusted.get("place", "")), key, authority)
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    _take(enrolment, untrusted)
    for name, content in (("authority.pub", authority.hex()), ("centre", centre), ("place", enrolment.place)):
        write_whole(instance / name, content.encode() + b"\n")
    note_contact(instance, clock.day())
    write_whole(instance / "tablet.key", key.seed)
    return enrolment


def _asked(send: Send, code: str, key: SigningKey) -> dict[str, Any]:
    body = canonical({"code": code.strip(), "tablet": key.public.hex()}).encode()
    try:
        reply = send("POST", PATH, body, {"Content-Type": "application/json"}, _MOST_REPLY_BYTES)
    except NoReply as fault:
        raise NoReply(f"{fault} Where the code no longer works then, ask the centre for a new one.") from fault
    if reply.status == HTTPStatus.FORBIDDEN:
        raise EnrolmentRefused(
            "The centre does not take this code: it was mistyped, has been used, or is older than 24 hours. Ask the "
            "centre for a new one."
        )
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise EnrolmentRefused("Too many wrong codes were tried at the centre just now. Wait a minute, then try again.")
    if reply.status != HTTPStatus.OK:
        raise EnrolmentRefused(_NOT_THE_CENTRE)
    try:
        return strict_object(reply.untrusted_body.decode())
    except ValueError as fault:
        raise EnrolmentRefused(_NOT_THE_CENTRE) from fault


_NOT_THE_CENTRE = (
    "What answered at this address is not a centre: a login page or a proxy, perhaps. Check the address and sign in to "
    "the network, then try again."
)


def _authority(untrusted: dict[str, Any], authority_words: Sequence[str]) -> bytes:
    try:
        authority = bytes.fromhex(str(untrusted["authority"]))
    except (KeyError, ValueError) as fault:
        raise EnrolmentRefused(_NOT_THE_CENTRE) from fault
    if len(authority) != _KEY_BYTES or not words_match(authority_words, authority):
        raise EnrolmentRefused(
            "The centre's keys are signed by another authority than these words name, so nothing was written. Compare "
            "the words with the custodian's paper; if they are right, tell the custodian. The code is used up."
        )
    return authority


def _take(enrolment: Enrolment, untrusted: dict[str, Any]) -> None:
    briefing = enrolment.briefing()
    try:
        keys = briefing.take_keys(str(untrusted.get("keys", "")).encode())
        _check_place(enrolment.place, keys)
        if untrusted.get("notices"):
            briefing.take_notices(str(untrusted["notices"]).encode())
    except (KeysRefused, EnrolmentRefused) as fault:
        for name in ("keys.signed", NEWEST_KEYS_FILE, "notices.signed"):
            (enrolment.instance / name).unlink(missing_ok=True)
        raise EnrolmentRefused(f"{fault} Nothing was written. Tell the centre, and ask it for a new code.") from fault


def _check_place(place: str, keys: Keys) -> None:
    if keys.place(place) is None:
        raise EnrolmentRefused("The centre named a place that the signed keys file does not know.")
