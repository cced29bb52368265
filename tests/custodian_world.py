"""A custodian's folder, a centre's signature and made-up people, for the tests of what happens after carry-out."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from export.custodian.unsealing import CollectionSecret
from export.printings import Printing
from forms.instrument import Instrument
from forms.response import Response, framed, status
from forms.routing import after, asked, on_path
from forms.xlsform import VICTIM_VOICE, load, shipped_translations
from survey.parcel import CARRY_OUT, write_parcel
from survey.places import Place
from survey.sealing import CollectionKey, SigningKey
from survey.tallies import COUNTS, Tally, cover

PASSPHRASE = "four plain words here"
PLACES = (
    Place("counter-1", "A counter", "counter", ("kiosk", "link")),
    Place("hub-1", "A hub", "hub", ("kiosk", "link", "assisted")),
)
INTAKE, CONTENT = SigningKey(b"i" * 32), SigningKey(b"c" * 32)
Rows = list[tuple[str, bytes]]


@cache
def victim_voice() -> Instrument:
    """The questionnaire that ships."""
    checked = load(VICTIM_VOICE, shipped_translations())
    assert checked.instrument is not None
    return checked.instrument


@dataclass
class People:
    """Made-up respondents, the same for the same seed."""

    seed: int
    instrument: Instrument

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 - made-up people must be the same again

    def response(self, **changes: Any) -> Response:
        """One who answers the core, and in two of three cases goes to the end."""
        answers = self._answers()
        everything = [page.name for page in self.instrument.pages]
        reached = status(self.instrument, answers, everything, end_reached=True)
        made = Response(
            response=self.chance.randbytes(16).hex(), instrument=self.instrument.id, digest=self.instrument.digest(),
            mode="kiosk", place=self.chance.choice(["counter-1", "hub-1"]), period="2026-11", language="en",
            status=reached, quick=False, answers=answers,
        )  # fmt: skip
        return replace(made, **changes) if reached != "started" else self.response(**changes)

    def many(self, number: int, **changes: Any) -> list[Response]:
        """So many of them."""
        return [self.response(**changes) for _ in range(number)]

    def _answers(self) -> dict[str, Any]:
        answers: dict[str, Any] = {}
        goes_on = self.chance.random() < 0.65
        page = after(self.instrument, None, answers)
        while page is not None:
            for item in asked(self.instrument, page, answers):
                if item.name == "more":
                    answers["more"] = "yes" if goes_on else "finish"
                elif item.asked and (item.name == "experience" or self.chance.random() > 0.04):
                    answers |= self._answer(item)
            page = after(self.instrument, page.name, answers)
        return on_path(self.instrument, answers)

    def _answer(self, item: Any) -> dict[str, Any]:
        if item.kind == "select_one":
            return {item.name: self.chance.choice(item.options).code}
        if item.kind == "text" and self.chance.random() < 0.4:
            return {item.name: "CANARY my neighbour Jo Bloggs of 1 High Street"}
        return {}


def sealed(key: CollectionKey, responses: Iterable[Response], door: str = "tablet") -> Rows:
    """Their rows, at one door."""
    return [(door, key.seal(response.to_bytes())) for response in responses]


def a_tally(place: str = "counter-1", period: str = "2026-11", **counts: int) -> dict[str, Any]:
    """The content of a tally of Victim Voice."""
    every = {name: counts.get(name, 0) for name in COUNTS}
    return Tally(place, period, victim_voice().digest(), every).content()


def a_cover(key: CollectionKey) -> tuple[str, bytes]:
    """A cover row from a tablet."""
    return "tablet", key.seal(framed(cover()))


def carried_out(
    path: Path,
    rows: Sequence[tuple[str, bytes]],
    signer: SigningKey = INTAKE,
    printings: Sequence[Printing] = (),
) -> Path:
    """A file as carry-out writes it."""
    halves = {"intake": signer.public.hex(), "content": CONTENT.public.hex()}
    header = {"keys": halves, "printed": [one.to_json() for one in printings]}
    write_parcel(path, CARRY_OUT, header, rows, len(rows), signer)
    return path


def fresh_secret() -> CollectionSecret:
    """A collection key of the test's own."""
    return CollectionSecret.generate()
