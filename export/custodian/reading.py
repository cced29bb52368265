"""Reading opened content as ``Response.from_content`` does, without judging the same few words a million times.

All but the id and the answers of a response is one of a few combinations, and most answers are options: what has the
shape of something that was judged before is taken as judged. Anything else takes the long way.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from export.custodian.known import Known, KnownInstrument
from forms import shapes
from forms.response import Response

_ALIKE = ("v", "kind", "instrument", "digest", "mode", "place", "period", "language", "status", "quick")
_MEMBERS = len(_ALIKE) + 2
# True is 1 to a dictionary and 1.0 too, so what is remembered is remembered for these types only.
_TYPES = (int, *(str for _ in _ALIKE[1:-1]), bool)
_alike = itemgetter(*_ALIKE)
_MOST_REMEMBERED = 20_000


class Reader:
    """Remembers which combinations were judged."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._judged: set[tuple[Any, ...]] = set()

    def response(self, untrusted: Mapping[str, Any]) -> Response:
        """A response by its shape alone.

        Raises:
            UntrustworthyPlaintext: a member is missing, unknown or of another shape.
        """
        alike = self._usual(untrusted)
        if alike is None:
            return Response.from_content(untrusted)
        _, _, instrument, digest, mode, place, period, language, status, quick = alike
        known = self._known.instruments.get(digest)
        if alike in self._judged and known is not None and _judged_before(untrusted, known):
            return Response(
                untrusted["response"], instrument, digest, mode, place, period, language, status, quick,
                untrusted["answers"],
            )  # fmt: skip
        response = Response.from_content(untrusted)
        if len(self._judged) < _MOST_REMEMBERED:
            self._judged.add(alike)
        return response

    def _usual(self, untrusted: Mapping[str, Any]) -> tuple[Any, ...] | None:
        if len(untrusted) != _MEMBERS or "response" not in untrusted or "answers" not in untrusted:
            return None
        try:
            alike = _alike(untrusted)
        except KeyError:
            return None
        return alike if tuple(map(type, alike)) == _TYPES else None


def _judged_before(untrusted: Mapping[str, Any], known: KnownInstrument) -> bool:
    try:
        shapes.hexadecimal_id(untrusted["response"])
    except shapes.Malformed:
        return False
    answers = untrusted["answers"]
    return type(answers) is dict and known.all_fit(answers)
