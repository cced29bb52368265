"""Who is admitted: codes for tablets, tokens for analysts, as the operator hands them out and takes them back."""

from __future__ import annotations

from export.centre.accounts import CODE_LIFE, code_digest, new_code, new_token, token_digest
from export.centre.audit import OPERATOR, refuse_name
from export.centre.instance import Centre, NotYetTold
from export.centre.registry import Tablet
from survey.briefing import Keys


class PlaceUnknown(ValueError):
    """A place that the signed keys file does not name."""


class TabletUnknown(LookupError):
    """No tablet, or more than one, goes by this name."""


def tablet_called(centre: Centre, name: str) -> Tablet:
    """The tablet whose public key starts with these hex digits.

    Raises:
        TabletUnknown: none, or several.
    """
    start = name.strip().lower()
    found = [tablet for public, tablet in centre.registry.tablets().items() if start and public.hex().startswith(start)]
    if len(found) != 1:
        which = "More than one tablet goes" if found else "No tablet goes"
        raise TabletUnknown(f"{which} by the name {name!r}. Give a name from the list: python -m export tablets")
    return found[0]


def issue_code(centre: Centre, place: str) -> str:
    """Make a code for one tablet at a place of the keys file, good once and for 24 hours.

    Raises:
        NotYetTold: there is no keys file yet.
        PlaceUnknown: the keys file does not name this place.
    """
    codes = sorted(known.code for known in current_keys(centre).places)
    if place not in codes:
        raise PlaceUnknown(f"The keys file names no place {place!r}. It names: {', '.join(codes) or 'none'}.")
    code, now = new_code(), centre.audit.now()
    with centre.registry.changing():
        centre.registry.add_code(code_digest(code), place, now + CODE_LIFE, now)
        centre.audit.note(OPERATOR, "enrol-code", f"for {place}")
    return code


def current_keys(centre: Centre) -> Keys:
    """The keys file that holds now.

    Raises:
        NotYetTold: there is none.
    """
    keys = centre.told().keys()
    if keys is None:
        raise NotYetTold("The keys file of this centre does not hold. Take it in again: python -m export take-in FILE")
    return keys


def silence(tablet: Tablet, centre: Centre) -> str:
    """A tablet's state in words for the operator: never a count."""
    if tablet.revoked:
        return "revoked"
    days = (centre.clock.day() - tablet.last_contact).days
    if days <= 0:
        return "heard of today"
    return "silent since yesterday" if days == 1 else f"silent for {days} days"


class TokenUnknown(LookupError):
    """Nobody of this name has a token."""


def issue_token(centre: Centre, name: str) -> str:
    """Make a token for an analyst; only its digest stays here.

    Raises:
        NameRefused: the audit log could mean another by it.
        NameTaken: there is one of this name, or an account.
    """
    refuse_name(name)
    fresh = new_token()
    with centre.people.together():
        centre.people.add_token(name, token_digest(fresh))
        centre.audit.note(OPERATOR, "token add", name)
    return fresh


def revoke_token(centre: Centre, name: str) -> None:
    """Take an analyst's token away, and with it whoever is signed in by it, from the next request on.

    Raises:
        TokenUnknown: there is none of this name.
    """
    with centre.people.together():
        if not centre.people.revoke_token(name):
            raise TokenUnknown(f"There is no token for {name!r}. List them: python -m export token list")
        centre.audit.note(OPERATOR, "token revoke", name)
