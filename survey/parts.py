"""What an interview is put together from. Whoever composes it (a tablet, the centre) hands every part in.

Fail shut: ``ready`` gives nothing unless there is a valid keys file that names this place, allows this mode there and
carries a question to ask. Then the page says 'not available now', and nothing is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from forms.instrument import Instrument
from survey.briefing import Keys, Notices, Place
from survey.clips import Clips
from survey.clock import Clock
from survey.partials import Partials
from survey.store import Shelves
from survey.tallies import Tallies
from survey.visits import Visits
from survey.words import WordsOfAll

Mode = Literal["kiosk", "link", "assisted"]


def _nothing() -> None:
    """No reset to follow up: the centre rewrites its store at night."""


def _no_notices() -> None:
    """Nothing has come of it yet that could be told."""


def _no_brotli(_: bytes) -> bytes:
    """A tablet sends nothing over a wire, and installs nothing that packs."""
    return b""


@dataclass(frozen=True)
class Ready:
    """What may be asked here and now, and the key that it is sealed to."""

    keys: Keys
    place: Place
    instrument: Instrument


@dataclass(frozen=True)
class CardCodes:
    """One-time codes of cards, where a place's link knows them; what is typed is untrusted.

    ``plain``: as it was meant, in the letters of cards. ``fits``: could be one. ``works``: one that is good now and not
    spent. ``tried_too_many``: whether the address of this request asked too often this hour; to ask is to count one
    more. ``file``: keep a row for a code, which is spent with it, in place of earlier copies by their ids; False where
    it is no good, and then nothing was kept.
    """

    plain: Callable[[str], str]
    fits: Callable[[str], bool]
    works: Callable[[str], bool]
    tried_too_many: Callable[[], bool]
    file: Callable[[bytes, str, Sequence[bytes]], bool]


@dataclass(frozen=True)
class Parts:
    """The parts of one place's interview.

    ``after_reset`` is told after each visit that ended, whatever its end; ``brotli`` packs what a phone loads (RFC
    7932), or makes nothing of it; ``brotli_at_once`` does for one answer, where nobody waits for the smallest.
    """

    keys: Callable[[], Keys | None]
    place: str
    mode: Mode
    visits: Visits
    store: Shelves
    shelf: str
    door: str
    tallies: Tallies
    partials: Partials
    clock: Clock
    words: WordsOfAll
    clips: Clips
    after_reset: Callable[[], None] = _nothing
    notices: Callable[[], Notices | None] = _no_notices
    codes: CardCodes | None = None
    brotli: Callable[[bytes], bytes] = _no_brotli
    brotli_at_once: Callable[[bytes], bytes] = _no_brotli

    @property
    def on_tablet(self) -> bool:
        """A shared machine: one visit at a time, a clean slate between people."""
        return self.mode != "link"

    def ready(self) -> Ready | None:
        """What may be asked now, or None: no valid keys, a stop, an unknown place or a mode it does not allow."""
        keys = self.keys()
        if keys is None or keys.stop or not keys.instruments:
            return None
        place = next((each for each in keys.places if each.code == self.place), None)
        if place is None or self.mode not in place.modes:
            return None
        return Ready(keys, place, keys.instruments[0])
