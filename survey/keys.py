"""The keys file: what the custodian tells every place, signed off line with the authority key.

Whatever decides what is asked, to whom it is sealed and where a person is sent stands here, and comes from a machine
without a network; a centre that was broken into can hold it back and nothing more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from forms import shapes
from forms.instrument import Instrument
from forms.shapes import Malformed, Members
from forms.strict_json import strict_object
from survey.clock import LONGEST_TRUST
from survey.places import Place, SupportLine, day, distinct, whole
from survey.sealing import CollectionKey, SigningKey
from survey.signed import NotSigned, read_signed, write_signed

_KIND = "keys"
_PHONES_KIND = "phones"
_WARN_BEFORE = timedelta(days=60)
_PUBLIC_BYTES = 32
_NEUTRAL = re.compile(r"https://[A-Za-z0-9.-]{1,100}(/[A-Za-z0-9._~/-]{0,100})?")


class KeysRefused(ValueError):
    """A signed file that this machine does not take. What it had before still holds."""


class ForeignKeys(KeysRefused):
    """Signed by another authority. Compare the thirteen words with the custodian's paper before anything else."""


class OldKeys(KeysRefused):
    """Older than one that was seen. Ask for the newest; a stopped key must not come back this way."""


class DamagedKeys(KeysRefused):
    """Not a whole and usable file of the needed kind. Fetch it again."""


class NoticesRefused(KeysRefused):
    """Notices that are foreign, damaged, older than those held, or without a keys file to check them by."""


@dataclass(frozen=True)
class Keys:
    """Everything that the custodian tells a place; ``intake`` and ``content`` are 32-byte Ed25519 public keys.

    ``made_up`` marks a demonstration: every page, file and release then says so.
    """

    serial: int
    signed_on: date
    collection: CollectionKey
    intake: bytes
    content: bytes
    instruments: tuple[Instrument, ...]
    places: tuple[Place, ...]
    support_lines: tuple[SupportLine, ...]
    neutral_address: str
    stop: bool = False
    made_up: bool = False
    phones: str = field(default="", compare=False, repr=False)
    """The part that a phone checks for itself, as a signed text of its own; it comes with the file."""

    def place(self, code: str) -> Place | None:
        """The place of that code, where these keys know it."""
        return next((place for place in self.places if place.code == code), None)

    @property
    def verified_support_lines(self) -> tuple[SupportLine, ...]:
        """The lines that may be shown to respondents; a wrong number in a bad hour is worse than none."""
        return tuple(line for line in self.support_lines if line.verified_on is not None)

    def age_warning(self, today: date) -> str | None:
        """What staff are told from 60 days before the keys file is 400 days old; None before. It stops nothing."""
        last = self.signed_on + LONGEST_TRUST
        if today < last - _WARN_BEFORE:
            return None
        asked = f"Ask the centre for a new keys file (this is {self.serial}, signed on {self.signed_on.isoformat()})"
        if today <= last:
            return f"{asked} before {last.isoformat()}."
        return f"{asked}: this one is so old that answers are kept without their month."


def write_keys(keys: Keys, authority: SigningKey) -> bytes:
    """The signed keys file, read back first: nothing may be signed that a tablet would refuse.

    Raises:
        DamagedKeys: says what in these keys cannot be.
    """
    content = {
        "authority": authority.public.hex(),
        "serial": keys.serial,
        "signed_on": keys.signed_on.isoformat(),
        "collection": keys.collection.public.hex(),
        "intake": keys.intake.hex(),
        "content": keys.content.hex(),
        "instruments": [instrument.to_json() for instrument in keys.instruments],
        "places": [place.to_json() for place in keys.places],
        "support_lines": [line.to_json() for line in keys.support_lines],
        "neutral_address": keys.neutral_address,
        "stop": keys.stop,
        "made_up": keys.made_up,
        "phones": phones_part(keys, authority),
    }
    written = write_signed(_KIND, content, authority)
    read_keys(written, authority.public, 0)
    return written


def phones_part(keys: Keys, authority: SigningKey) -> str:
    """What a phone needs of these keys, signed by itself: the whole file is too large for a page (42 KB compressed)."""
    return write_signed(_PHONES_KIND, _for_phones(keys, authority.public), authority).decode()


def _for_phones(keys: Keys, authority: bytes) -> dict[str, Any]:
    return {
        "authority": authority.hex(),
        "serial": keys.serial,
        "signed_on": keys.signed_on.isoformat(),
        "collection": keys.collection.public.hex(),
        "instruments": [instrument.digest() for instrument in keys.instruments],
        "stop": keys.stop,
    }


def read_keys(untrusted: bytes, authority: bytes, newest_serial: int) -> Keys:
    """The keys of a signed file; a stop is a valid one with ``stop`` set.

    Raises:
        ForeignKeys: another authority signed it.
        OldKeys: its serial is below ``newest_serial``.
        DamagedKeys: anything else that is wrong with it, down to the last member.
    """
    try:
        content = read_signed(_KIND, untrusted, authority)
        keys = _keys(content, authority)
    except NotSigned as fault:
        if _claims_another(untrusted, authority):
            raise ForeignKeys(
                "This keys file was signed by another authority than the one this machine trusts."
            ) from fault
        raise DamagedKeys(str(fault)) from fault
    except ValueError as fault:
        raise DamagedKeys(f"This keys file cannot be used: {fault} Ask the custodian for another.") from fault
    if keys.serial < newest_serial:
        raise OldKeys(
            f"This is keys file {keys.serial}; keys file {newest_serial} was seen already. Ask for the newest."
        )
    return keys


def untrusted_authority(untrusted: bytes) -> bytes:
    """The public key that a keys file says it is signed by: for showing its words to a person, never for trusting.

    Raises:
        DamagedKeys: the file names none.
    """
    try:
        envelope = strict_object(untrusted.decode())
        return _public(strict_object(envelope["body"])["authority"])
    except (ValueError, KeyError, TypeError) as fault:
        raise DamagedKeys("This is not a whole keys file: fetch it again.") from fault


def _claims_another(untrusted: bytes, authority: bytes) -> bool:
    try:
        return untrusted_authority(untrusted) != authority
    except DamagedKeys:
        return False


def _keys(untrusted: Any, authority: bytes) -> Keys:
    members = Members(untrusted, "keys")
    if members.take("authority", _public) != authority:
        raise Malformed("it names another authority than it is signed by.")
    keys = Keys(
        serial=members.take("serial", whole),
        signed_on=members.take("signed_on", day),
        collection=CollectionKey(members.take("collection", _hexadecimal)),
        intake=members.take("intake", _public),
        content=members.take("content", _public),
        instruments=members.take("instruments", shapes.each(Instrument.from_json)),
        places=distinct(members.take("places", shapes.each(Place.from_json))),
        support_lines=members.take("support_lines", shapes.each(SupportLine.from_json)),
        neutral_address=members.take("neutral_address", _neutral),
        stop=members.take("stop", shapes.flag),
        made_up=members.take("made_up", shapes.flag),
        phones=members.take("phones", shapes.text),
    )
    members.finish()
    if keys.serial < 1:
        raise Malformed("serial: it starts at 1.")
    if read_signed(_PHONES_KIND, keys.phones.encode(), authority) != _for_phones(keys, authority):
        raise Malformed("phones: it says something else than the file around it.")
    return keys


def _hexadecimal(untrusted: Any) -> bytes:
    found = bytes.fromhex(shapes.text(untrusted))
    if found.hex() != untrusted:
        raise Malformed("hexadecimal digits are needed.")
    return found


def _public(untrusted: Any) -> bytes:
    found = _hexadecimal(untrusted)
    if len(found) != _PUBLIC_BYTES:
        raise Malformed("a public key of 64 hexadecimal digits is needed.")
    return found


def _neutral(untrusted: Any) -> str:
    found = shapes.text(untrusted)
    if not _NEUTRAL.fullmatch(found):
        raise Malformed("an https address without a query is needed.")
    return found
