"""Signing what tablets trust: which keys, questionnaires and places, told in one file under a rising serial.

Every keys file that was ever signed stays in ``signed/``. From them comes what is still believed of an old row: its
questionnaire, its place. Nothing that is not said anew is forgotten: the next file starts from the last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from export.custodian.custody import Custody, CustodyRefused
from export.custodian.keyring import Keyring
from export.custodian.known import Known
from export.custodian.meaning import two_meanings
from forms.instrument import Instrument
from forms.xlsform import VICTIM_VOICE, load, shipped_translations
from survey.briefing import Keys, KeysRefused, Place, SupportLine, read_keys, write_keys
from survey.clock import Clock
from survey.durable import refuse_another, write_whole
from survey.parcel import CARRY_OUT, open_parcel
from survey.reference import DEMO_PLACES, SUPPORT_LINES, read_places, read_support_lines
from survey.sealing import CollectionKey

DEFAULT_NEUTRAL_ADDRESS = "https://www.bbc.co.uk/weather"


class SigningRefused(ValueError):
    """What was asked for must not be signed as it is; the message says why and what to do."""


@dataclass(frozen=True)
class Wishes:
    """What the next keys file is to say. None: as the last one, or the default where there is none."""

    carried_out: Path | None = None
    questionnaire: Path | None = None
    translations: tuple[Path, ...] = ()
    places: Path | None = None
    support_lines: Path | None = None
    neutral_address: str | None = None
    made_up: bool = False
    stop: bool = False
    new_centre: bool = False
    collection: str | None = None
    same_meaning: tuple[str, ...] = ()


def history(custody: Custody) -> list[Keys]:
    """Every keys file signed in this folder, newest first.

    Raises:
        SigningRefused: one is damaged.
    """
    authority = custody.authority_public()
    try:
        found = [read_keys(path.read_bytes(), authority, 0) for path in _signed(custody).glob("keys-*.signed")]
    except KeysRefused as fault:
        raise SigningRefused(f"A keys file in {_signed(custody)} is damaged: put a copy of it back. {fault}") from fault
    return sorted(found, key=lambda keys: keys.serial, reverse=True)


def known_of(keys: Sequence[Keys]) -> Known:
    """What all these keys files, newest first, know of questionnaires and places."""
    return Known.of(
        [instrument for one in keys for instrument in one.instruments], [place for one in keys for place in one.places]
    )


def _holds(untrusted: bytes, authority: bytes) -> bool:
    try:
        read_keys(untrusted, authority, 0)
    except KeysRefused:
        return False
    return True


def sign(custody: Custody, passphrase: str, wishes: Wishes, clock: Clock, out: Path) -> Keys:
    """Sign the next keys file, keep it, and write it to ``out``.

    Raises:
        AnotherFile: something else than an earlier keys file of this authority has ``out``'s name.
        SigningRefused, CustodyRefused, KeysRefused, ParcelRefused, ReferenceRefused, OSError: nothing was signed.
    """
    authority, keyring = custody.authority(passphrase), Keyring(custody)
    refuse_another(out, "keys file of this authority", lambda untrusted: _holds(untrusted, authority.public))
    signed = history(custody)
    last = signed[0] if signed else None
    intake, content = _public_halves(wishes, last)
    instrument = _instrument(wishes, last)
    if wrong := two_meanings(instrument, [one for keys in signed for one in keys.instruments], wishes.same_meaning):
        raise SigningRefused(wrong)
    if custody.holds_collection():
        keyring.notice(custody.collection(passphrase))
    keys = Keys(
        serial=last.serial + 1 if last else 1,
        signed_on=clock.day() if last is None else max(clock.day(), last.signed_on),
        collection=_current(keyring, last, wishes.collection),
        intake=intake,
        content=content,
        instruments=_with_earlier(instrument, signed),
        places=_places(wishes, last),
        support_lines=_support_lines(wishes, last),
        neutral_address=wishes.neutral_address or (last.neutral_address if last else DEFAULT_NEUTRAL_ADDRESS),
        stop=wishes.stop,
        made_up=_made_up(wishes, last),
    )
    written = write_keys(keys, authority)
    _signed(custody).mkdir(mode=0o700, exist_ok=True)
    # Kept before it is handed out: a serial that is out in the world is never used again.
    write_whole(_signed(custody) / f"keys-{keys.serial}.signed", written)
    write_whole(out, written)
    return keys


def _signed(custody: Custody) -> Path:
    return custody.folder / "signed"


def _public_halves(wishes: Wishes, last: Keys | None) -> tuple[bytes, bytes]:
    if wishes.carried_out is None:
        if last is None:
            raise SigningRefused(
                "The first keys file needs the centre's public keys: run carry-out at the centre (it may hold no row "
                "yet) and give its file with --from."
            )
        return last.intake, last.content
    parcel = open_parcel(wishes.carried_out, CARRY_OUT, None)
    intake, content = (_half(parcel.header, name) for name in ("intake", "content"))
    if intake != parcel.signer:
        raise SigningRefused(f"{wishes.carried_out} names another intake key than it is signed by. Carry out again.")
    if last is not None and (intake, content) != (last.intake, last.content) and not wishes.new_centre:
        raise SigningRefused(
            f"{wishes.carried_out} comes from another centre than keys file {last.serial} names, or the centre's keys "
            "were made anew. If you know why, say --new-centre; if you do not, ask the operator first."
        )
    return intake, content


def _half(header: Mapping[str, Any], name: str) -> bytes:
    try:
        return bytes.fromhex(header["keys"][name])
    except (KeyError, TypeError, ValueError) as fault:
        raise SigningRefused("This carry-out does not hold the centre's public keys. Carry out again.") from fault


def _instrument(wishes: Wishes, last: Keys | None) -> Instrument:
    if wishes.questionnaire is None and last is not None:
        if wishes.translations:
            raise SigningRefused("Give the questionnaire that the translations are of as well: --questionnaire FILE.")
        return last.instruments[0]
    path, translations = wishes.questionnaire, wishes.translations
    if path is None:
        path, translations = VICTIM_VOICE, (*shipped_translations(), *translations)
    checked = load(path, translations)
    if checked.instrument is None:
        faults = "\n".join(str(fault) for fault in checked.faults if not fault.warning)
        raise SigningRefused(f"{path} has faults and cannot be signed:\n{faults}")
    return checked.instrument


def _with_earlier(instrument: Instrument, signed: Sequence[Keys]) -> tuple[Instrument, ...]:
    """The one to ask first; then those that rows may still come from."""
    by_digest = {instrument.digest(): instrument}
    for keys in signed:
        for one in keys.instruments:
            by_digest.setdefault(one.digest(), one)
    return tuple(by_digest.values())


def _current(keyring: Keyring, last: Keys | None, wanted: str | None) -> CollectionKey:
    """The key that answers are sealed to: that of the last keys file, until another is asked for."""
    if wanted is not None:
        return keyring.to_seal_to(wanted)
    if last is not None:
        return keyring.to_seal_to(last.collection.key_id.hex())
    able = [key for key in keyring.known() if key.kept != "destroyed"]
    if len(able) != 1:
        ids = ", ".join(key.id for key in able) or "none: make one with keygen"
        raise CustodyRefused(f"Say with --collection which collection key to seal to: {ids}.")
    return keyring.to_seal_to(able[0].id)


def _places(wishes: Wishes, last: Keys | None) -> tuple[Place, ...]:
    if wishes.places is None and last is not None:
        return last.places
    if wishes.places is None and not wishes.made_up:
        raise SigningRefused("Give the file of your places with --places; the ones that ship with Heard are made up.")
    return read_places(wishes.places or DEMO_PLACES)


def _support_lines(wishes: Wishes, last: Keys | None) -> tuple[SupportLine, ...]:
    if wishes.support_lines is None and last is not None:
        return last.support_lines
    return read_support_lines(wishes.support_lines or SUPPORT_LINES)


def _made_up(wishes: Wishes, last: Keys | None) -> bool:
    if last is not None and wishes.made_up and not last.made_up:
        raise SigningRefused("Real answers were sealed to these keys. Make other keys for a demonstration.")
    return wishes.made_up or (last is not None and last.made_up)
