"""How many cards, posters and messages were printed, by place and route: what a rate is of.

It stands in the header of a carry-out, under the centre's signature. Sums only: a batch by itself, the day of its
printing or how many of its codes were used would say of a handful of people that one of them has answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from survey import places

Route = Literal["card", "open-card", "poster", "text"]
"""How the address came to somebody: a card with a code, one without, a poster, or a message or letter."""

ROUTES: Mapping[Route, str] = {
    "card": "cards with a code", "open-card": "cards without a code", "poster": "posters", "text": "messages",
}  # fmt: skip


class UntrustworthyPrintings(ValueError):
    """A carry-out that counts cards as no centre does. Carry out again."""


@dataclass(frozen=True)
class Printing:
    """All that was printed for one place by one route; ``cancelled`` of them are of batches that were cancelled."""

    place: str
    route: Route
    printed: int
    cancelled: int

    def to_json(self) -> dict[str, Any]:
        """As it stands in a carry-out."""
        return asdict(self)

    @classmethod
    def from_json(cls, untrusted: Any) -> Self:
        """What ``to_json`` wrote.

        Raises:
            UntrustworthyPrintings: of another shape.
        """
        if not isinstance(untrusted, dict) or untrusted.keys() != {"place", "route", "printed", "cancelled"}:
            raise UntrustworthyPrintings("The carry-out does not say for each place how many cards were printed.")
        one = cls(**untrusted)
        counts = one.printed, one.cancelled
        named = isinstance(one.place, str) and places.CODE.fullmatch(one.place) and one.route in tuple(ROUTES)
        if not named or any(type(count) is not int for count in counts) or not 0 <= one.cancelled <= one.printed:
            raise UntrustworthyPrintings("The carry-out counts cards in a way that cannot be. Carry out again.")
        return one


def read_printings(header: Mapping[str, Any]) -> tuple[Printing, ...]:
    """Those in the header of a carry-out.

    Raises:
        UntrustworthyPrintings: of another shape.
    """
    untrusted = header.get("printed")
    if not isinstance(untrusted, list):
        raise UntrustworthyPrintings("The carry-out does not say how many cards were printed. Carry out again.")
    return tuple(map(Printing.from_json, untrusted))
