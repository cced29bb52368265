"""One respondent's answers as plaintext, and back from plaintext that is not to be trusted.

The frame is one size for everything that is sealed, so that length says nothing (design: 'Plaintext'). A response knows
the month and nothing finer, and nothing about a device. Whatever was opened is judged twice: ``Response.from_content``
by its shape alone, ``checked`` by the instrument it answers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, Self, TypeVar, cast

from forms import shapes
from forms.fitting import misfit, steps
from forms.instrument import Instrument, Item
from forms.logic import Answer
from forms.routing import on_path, stops
from forms.strict_json import canonical, strict_object

PLAINTEXT_BYTES = 4096
CONTENT_BYTES = PLAINTEXT_BYTES - 4
VERSION = 1
_ZEROS = bytes(PLAINTEXT_BYTES)

Mode = Literal["kiosk", "link", "assisted"]
Status = Literal["started", "core", "complete"]

# The same few names come in millions of responses.
_item_name = lru_cache(maxsize=4096)(shapes.name)

_LONGEST_LANGUAGE = "x" * 12
_LONGEST = {
    "integer": str(-shapes.LARGEST_NUMBER),
    "decimal": "-2.2250738585072014e-308",
    "date": '"2026-11-30"',
    "acknowledge": "true",
}


class UntrustworthyPlaintext(ValueError):
    """Plaintext that was opened and lies about what it is. Count it and leave it out."""


class OutgrownRow(ValueError):
    """Content that does not fit into a row. A questionnaire that could lead to it is refused when it is checked."""


def framed(content: Mapping[str, Any]) -> bytes:
    """4-byte big-endian length, canonical JSON, zeros up to 4,096 bytes.

    Raises:
        OutgrownRow: more than 4,092 bytes of JSON.
    """
    body = canonical(dict(content)).encode()
    if len(body) > CONTENT_BYTES:
        raise OutgrownRow(f"{len(body)} bytes do not fit into a row of {CONTENT_BYTES}: shorten the free text.")
    return (len(body).to_bytes(4, "big") + body).ljust(PLAINTEXT_BYTES, b"\0")


def unframed(untrusted: bytes) -> dict[str, Any]:
    """The content of a plaintext that was opened.

    Raises:
        UntrustworthyPlaintext: another size, a wrong length, padding that is not zero, no strict JSON object, or
            texts and numbers that cannot be written again.
    """
    length = int.from_bytes(untrusted[:4], "big")
    if len(untrusted) != PLAINTEXT_BYTES or length > CONTENT_BYTES or untrusted[4 + length :] != _ZEROS[4 + length :]:
        raise UntrustworthyPlaintext("The plaintext has another size, or something stands after its content.")
    try:
        body = untrusted[4 : 4 + length]
        content = strict_object(body.decode())
        # What cannot be written again would fail later, in somebody's table; half characters come as escapes only.
        if b"\\u" in body:
            canonical(content).encode()
    except (ValueError, RecursionError) as fault:
        raise UntrustworthyPlaintext("The plaintext is no strict JSON object.") from fault
    return content


@dataclass(frozen=True)
class Response:
    """One respondent's answers. ``response`` and ``again`` are 32 hex digits; ``period`` is a month or ``unknown``."""

    response: str
    instrument: str
    digest: str
    mode: Mode
    place: str
    period: str
    language: str
    status: Status
    quick: bool
    answers: Mapping[str, Answer] = field(repr=False)  # a traceback or a log must not show them
    again: str | None = None

    def to_content(self) -> dict[str, Any]:
        """The members of design.md, section 4."""
        answers = {name: list(value) if isinstance(value, tuple) else value for name, value in self.answers.items()}
        content: dict[str, Any] = {
            "v": VERSION, "kind": "response", "response": self.response, "instrument": self.instrument,
            "digest": self.digest, "mode": self.mode, "place": self.place, "period": self.period,
            "language": self.language, "status": self.status, "quick": self.quick, "answers": answers,
        }  # fmt: skip
        return content if self.again is None else {**content, "again": self.again}

    def to_bytes(self) -> bytes:
        """The framed plaintext, ready to be sealed.

        Raises:
            OutgrownRow: the answers do not fit.
        """
        return framed(self.to_content())

    @classmethod
    def from_content(cls, untrusted: Mapping[str, Any]) -> Self:
        """A response by its shape alone; ``checked`` does the rest.

        Raises:
            UntrustworthyPlaintext: a member is missing, unknown or of another shape.
        """
        try:
            return _read(cls, untrusted)
        except shapes.Malformed as fault:
            raise UntrustworthyPlaintext(str(fault)) from fault


def checked(response: Response, instrument: Instrument) -> Response:
    """The same response, where every value is on the instrument's lists and on the path.

    Constraints are not judged again: an earlier answer that was changed may honestly have left a later one behind
    that it would not allow now, and the rest of that response counts.

    Raises:
        UntrustworthyPlaintext: anything else. It never says which value: the message may be logged.
    """
    if (response.instrument, response.digest) != (instrument.id, instrument.digest()):
        raise UntrustworthyPlaintext("It answers another questionnaire.")
    if response.language not in instrument.languages:
        raise UntrustworthyPlaintext("The questionnaire has no such language.")
    known = {item.name: item for item in instrument.items()}
    for name, answer in response.answers.items():
        if name not in known or misfit(known[name], answer, known[name].options):
            raise UntrustworthyPlaintext("An answer is not one that the questionnaire allows.")
    if on_path(instrument, response.answers) != response.answers:
        raise UntrustworthyPlaintext("An answer is off the path of the others.")
    everything = [page.name for page in instrument.pages]
    reached = status(instrument, response.answers, everything, end_reached=True)
    if response.status == "started" or reached == "started" or (response.status, reached) == ("complete", "core"):
        raise UntrustworthyPlaintext("It says that more was answered than was.")
    return response


def status(instrument: Instrument, answers: Mapping[str, Answer], shown: Collection[str], end_reached: bool) -> Status:  # noqa: FBT001 - the seam's order
    """How far a respondent came (AAPOR: ``core`` is a partial, usable response).

    ``core``: every core item on the path was shown, and the first of them and at least half of the others were
    answered. ``complete``: that, and the end was reached over every page on the path; where people choose between
    finishing and going on, over at least one page after that choice. A questionnaire that marks no core counts all.

    Args:
        instrument: the instrument.
        answers: as they are in the draft.
        shown: names of the pages that were on the screen.
        end_reached: whether the respondent went on from the last page of the path.
    """
    way = [stop for stop in stops(instrument, answers) if stop.items]
    kept = way[-1].answers if way else {}
    core = {item.name for item in instrument.core_items()}
    asked = [(stop.page.name, item.name) for stop in way for item in stop.items if item.name in core]
    if not asked or any(page not in shown for page, _ in asked):
        return "started"
    first, *others = (item in kept for _, item in asked)
    if not first or 2 * sum(others) < len(others):
        return "started"
    through = end_reached and all(stop.page.name in shown for stop in way)
    return "complete" if through and way[-1].page != instrument.choice_page else "core"


def largest_answer_bytes(instrument: Instrument) -> int:
    """An upper bound for the JSON of a response to this instrument, in bytes; more than 4,092 may not be asked."""
    hexadecimal = "0" * 32
    empty = Response(
        response=hexadecimal, instrument=instrument.id, digest="0" * 64, mode="assisted", place="x" * 64,
        period="2026-11", language=_LONGEST_LANGUAGE, status="complete", quick=False, answers={}, again=hexadecimal,
    )  # fmt: skip
    envelope = len(canonical(empty.to_content()).encode())
    items = [item for item in instrument.items() if item.asked]
    # A name, its quotes, a colon and a comma stand around each value.
    # Many items share one list: it is measured once, or thousands of items over thousands of codes would take seconds.
    lists = {id(item.options): item.options for item in items}
    longest = {key: max((len(option.code) for option in options), default=0) for key, options in lists.items()}
    return envelope + sum(len(item.name) + 4 + _largest_value(item, longest[id(item.options)]) for item in items)


def _largest_value(item: Item, longest_code: int) -> int:
    if item.kind == "select_multiple":
        together = sum(len(option.code) + 3 for option in item.options if not option.exclusive)
        return 4 + max(together, longest_code)
    if item.kind == "select_one":
        return 2 + longest_code
    if item.kind == "text":
        return 2 + item.bytes_allowed
    if item.kind == "range":
        return max((len(canonical(step)) for step in steps(item)), default=0)
    return len(_LONGEST[item.kind])


_R = TypeVar("_R", bound=Response)


def _read(kind: type[_R], untrusted: Mapping[str, Any]) -> _R:
    members = shapes.Members(untrusted, "response")
    members.take("v", shapes.version(VERSION))
    members.take("kind", shapes.one_of("response"))
    response = kind(
        response=members.take("response", shapes.hexadecimal_id),
        instrument=members.take("instrument", shapes.code),
        digest=members.take("digest", shapes.digest),
        mode=members.take("mode", _mode),
        place=members.take("place", shapes.code),
        period=members.take("period", shapes.month),
        language=members.take("language", shapes.language),
        status=members.take("status", _kept_status),
        quick=members.take("quick", shapes.flag),
        answers=members.take("answers", shapes.mapping(_item_name, _answer)),
        again=members.maybe("again", shapes.hexadecimal_id, None),
    )
    members.finish()
    return response


def _mode(untrusted: Any) -> Mode:
    return cast("Mode", shapes.one_of("kiosk", "link", "assisted")(untrusted))


def _kept_status(untrusted: Any) -> Status:
    return cast("Status", shapes.one_of("core", "complete")(untrusted))


def _answer(untrusted: Any) -> Answer:
    if isinstance(untrusted, str):
        return shapes.text(untrusted)
    if isinstance(untrusted, bool):
        return untrusted
    return shapes.each(shapes.code)(untrusted) if isinstance(untrusted, list) else shapes.number(untrusted)
