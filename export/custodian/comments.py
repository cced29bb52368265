"""What people wrote in the open questions, as a shape that the workers may hand over: for review, never for a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from export.custodian.entries import digest_of
from export.custodian.known import Known
from export.custodian.opening import OpeningReport, fullest
from export.custodian.unsealing import CollectionSecret
from forms.response import Response


@dataclass(frozen=True)
class OpenItems:
    """Questionnaire's digest -> its open items. Called in the workers."""

    known: Known
    items: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, known: Known) -> OpenItems:
        """The open items of every questionnaire that the custodian signed."""
        return cls(
            known,
            {
                digest: tuple(item.name for item in one.instrument.items() if item.kind == "text")
                for digest, one in known.instruments.items()
            },
        )

    def asked(self, response: Response) -> tuple[bool, bool]:
        """Whether the response's person was certainly asked an open question, and whether they may have been.

        One who stopped before the end was certainly asked what lies up to their last answer, and the core.
        """
        known, names = self.known.instruments[response.digest], self.items[response.digest]
        way = known.way(response.answers)
        pages = [way.pages[name] for name in names if name in way.pages]
        if not pages or response.status == "complete":
            return bool(pages), bool(pages)
        reached = max((way.pages[name] for name in response.answers), default=-1)
        core = any(item.name in names for item in known.instrument.core_items())
        return core or min(pages) <= reached, True

    def __call__(self, _door: str, response: Response) -> str:
        """Everything that this person wrote, an open question a line; nothing where they wrote nothing."""
        written = (response.answers.get(name) for name in self.items.get(response.digest, ()))
        return "\n".join(text for text in written if isinstance(text, str) and text.strip())


def comments(
    rows: Iterable[tuple[str, bytes]], secrets: Sequence[CollectionSecret], known: Known, report: OpeningReport
) -> Iterator[tuple[str, str]]:
    """(hash of the response, what was written) of everybody who wrote something, in an order that tells nothing."""
    for response, text in fullest(rows, secrets, known, report, OpenItems.of(known)):
        if text:
            yield digest_of(response).hex(), text
