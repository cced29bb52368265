"""The notices: what came of it, and which wordings are tried. Signed on line, so they can say next to nothing.

The content key lies on the machine that faces the network; whoever breaks in can sign with it. So a notice picks from
lines that were shipped with the program and adds a whole number: there is no member in which a question, an address, a
telephone number or a key could stand, and a label of the attacker's own is no label.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from forms import shapes
from forms.shapes import Malformed, Members
from survey.places import day, whole
from survey.sealing import SigningKey
from survey.signed import NotSigned, read_signed, write_signed

KIND = "notices"
LABELS = (
    "people have answered",
    "places take part",
    "releases have been published",
    "changes were made because of the answers",
    "of 100 said that they were kept informed",
    "of 100 said that they were treated fairly",
    "of 100 said that it was easy to reach someone",
)
"""Every line that a figure can stand before; a new one comes with a new version of the program."""

# Seven digits: a count of people fits, a telephone number does not.
_LARGEST_FIGURE = 9_999_999
_MOST_WEIGHT = 100
_MOST_FIGURES = 12
_MOST_TRIALS = 12
_MOST_ARMS = 4
_ARM = re.compile(r"[a-z]")


class UnusableNotices(ValueError):
    """Notices of another shape, or signed by another key. Keep the ones before."""


@dataclass(frozen=True)
class Figure:
    """One published figure: a whole number before one of ``LABELS``."""

    label: str
    value: int


@dataclass(frozen=True)
class Trial:
    """A wording trial on one item of the signed instrument: arms by one letter, with their weights. No wording."""

    item: str
    arms: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Notices:
    """What the centre may tell a tablet between two keys files."""

    signed_on: date
    figures: tuple[Figure, ...] = ()
    trials: tuple[Trial, ...] = ()


def write_notices(notices: Notices, content_key: SigningKey) -> bytes:
    """The signed file.

    Raises:
        UnusableNotices: something in them that no tablet would read; nothing of it may be sent.
    """
    content = {
        "signed_on": notices.signed_on.isoformat(),
        "figures": [{"label": figure.label, "value": figure.value} for figure in notices.figures],
        "trials": [{"item": trial.item, "arms": dict(trial.arms)} for trial in notices.trials],
    }
    written = write_signed(KIND, content, content_key)
    read_notices(written, content_key.public)
    return written


def read_notices(untrusted: bytes, content_public: bytes) -> Notices:
    """The notices of a signed file.

    Raises:
        UnusableNotices: another signer, another kind, or anything beside what notices can say.
    """
    try:
        members = Members(read_signed(KIND, untrusted, content_public), "notices")
        notices = Notices(
            signed_on=members.take("signed_on", day),
            figures=_few(members.take("figures", shapes.each(_figure)), _MOST_FIGURES),
            trials=_few(members.take("trials", shapes.each(_trial)), _MOST_TRIALS),
        )
        members.finish()
    except (NotSigned, Malformed) as fault:
        raise UnusableNotices(f"The notices cannot be used: {fault}") from fault
    return notices


def _few(found: tuple[Any, ...], most: int) -> tuple[Any, ...]:
    if len(found) > most:
        raise Malformed(f"at most {most} of these are possible.")
    return found


def _figure(untrusted: Any) -> Figure:
    members = Members(untrusted, "figure")
    figure = Figure(members.take("label", shapes.one_of(*LABELS)), members.take("value", whole))
    members.finish()
    if figure.value > _LARGEST_FIGURE:
        raise Malformed(f"a figure is at most {_LARGEST_FIGURE}.")
    return figure


def _trial(untrusted: Any) -> Trial:
    members = Members(untrusted, "trial")
    arms = members.take("arms", shapes.mapping(_arm, whole))
    trial = Trial(members.take("item", shapes.name), tuple(sorted(arms.items())))
    members.finish()
    if not 1 < len(arms) <= _MOST_ARMS or any(weight > _MOST_WEIGHT for weight in arms.values()):
        raise Malformed(f"a trial has two to {_MOST_ARMS} arms with weights of up to {_MOST_WEIGHT}.")
    return trial


def _arm(untrusted: Any) -> str:
    if not isinstance(untrusted, str) or not _ARM.fullmatch(untrusted):
        raise Malformed("an arm is one small letter.")
    return untrusted
