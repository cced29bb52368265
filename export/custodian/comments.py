"""What people wrote in the open questions, as a shape that the workers may hand over: for review, never for a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from export.custodian.entries import digest_of
from export.custodian.known import Known
from export.custodian.opening import OpeningReport, fullest
from export.custodian.reached import open_items
from export.custodian.unsealing import CollectionSecret
from forms.response import Response


@dataclass(frozen=True)
class OpenItems:
    """Questionnaire's digest -> its open items. Called in the workers."""

    items: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, known: Known) -> OpenItems:
        """The open items of every questionnaire that the custodian signed."""
        return cls(open_items(known))

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
