"""Who may leave with this release: each response once, nothing of an epoch that is not over, each person once.

Of the visits of somebody who came back, one stands for them in a release, so that nobody is two people towards a
threshold or a figure. The others that could have left with it never leave: a later release would count them again.
Visits that leave with different releases are in each, as other people's are, and no record says which belong together.
That somebody came back is told once both visits are of months that are known and epochs that are over: a release must
not tell of a later one, and a visit that no clock vouched for may be of any.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from export.custodian.asked import Asked, Asking
from export.custodian.comments import OpenItems
from export.custodian.entries import digest_of
from export.custodian.epochs import ripe
from export.custodian.opening import COUNTING_DOORS, Visit
from export.custodian.records import BY_DEFINITION, CAME_BACK_YES, Columns
from export.custodian.table import NOT_ASKED, Cell, Record
from export.custodian.text_marks import fingerprint
from export.custodian.themes import CodeFrame
from export.custodian.written import Words, Written, Wrote
from forms.response import Response
from survey.clock import UNKNOWN_MONTH

_MONTH, _CAME_BACK = BY_DEFINITION.index("month"), BY_DEFINITION.index("came_back")
_Shaped = tuple[bool, tuple[Cell, ...], tuple[str, ...], bytes, Asked | None]


@dataclass(frozen=True)
class RecordOf:
    """The shape of a response in the workers: free text does not leave them, only its themes and print."""

    columns: Columns
    open: OpenItems
    asking: Asking
    frame: CodeFrame

    def __call__(self, door: str, response: Response) -> _Shaped:
        """Whether it counts, its cells, its themes, the fingerprint of its text, ``Asking``'s word."""
        text = self.open(door, response)
        themes, mark = (self.frame.themes(text), fingerprint(text)) if text else ((), b"")
        return door in COUNTING_DOORS, self.columns.cells(response), themes, mark, self.asking(response)


class Candidates:
    """The responses that may leave now, each as a record; counts those that count and those that wait.

    Attributes:
        counting: month -> people who count.
        waiting: responses of an epoch that is not over.
    """

    def __init__(
        self,
        released: frozenset[bytes],
        closes: str,
        people: Sequence[Sequence[Visit]],
        words: Words,
        kind_at: int | None,
    ) -> None:
        """``people`` as in ``OpeningReport``; ``kind_at`` is where the kind of crime stands among the cells."""
        self._released, self._closes, self._words, self._kind_at = released, closes, words, kind_at
        over = [[visit.response for visit in visits if ripe(visit.month, closes)] for visits in people]
        self._came_back = {response for visits in people for response in _dated(visits, closes)}
        leaving = [[response for response in several if digest_of(response) not in released] for several in over]
        self._stands_for = {first: others for first, *others in filter(None, leaving)}
        self._passed_over = {other for others in self._stands_for.values() for other in others}
        self._wrote, self._let_out = dict[bytes, Wrote](), set[str]()
        self._asked = dict[bytes, Asked]()
        self.counting: Counter[str] = Counter()
        self.waiting = 0

    def records(self, shaped: Iterable[tuple[bytes, _Shaped]]) -> Iterable[Record]:
        """Of all that was opened what may leave. The attributes are complete once this ends."""
        for response, (counts, cells, themes, text, asked) in shaped:
            month, digest = str(cells[_MONTH]), digest_of(response)
            over = ripe(month, self._closes)
            if over and self._words.let_out(digest.hex(), text):
                self._let_out.add(digest.hex())
            if digest in self._released or response in self._passed_over:
                continue
            if not over:
                self.waiting += 1
                continue
            self.counting[month] += counts
            if counts and asked is not None:
                self._asked[response] = asked
            if themes:
                kind = NOT_ASKED if self._kind_at is None else cells[self._kind_at]
                self._wrote[response] = Wrote(digest.hex(), kind, themes, counts)
            yield Record(response, counts, self._marked(response, cells))

    def written(self, people: Iterable[bytes]) -> Written:
        """What was written, counted, by the ids of the responses whose records leave."""
        written, leaving = Written(quoted=dict.fromkeys(self._let_out, NOT_ASKED)), set(people)
        for response, one in self._wrote.items():
            if response in leaving:
                written.leaves(response, one)
            else:
                written.stays(one)
        written.asked = {response: asked for response, asked in self._asked.items() if response in leaving}
        return written

    def passed_over(self, people: Iterable[bytes]) -> tuple[bytes, ...]:
        """The ids of the other visits of these people, by the ids of the responses that stand for them."""
        return tuple(other for response in people for other in self._stands_for.get(response, ()))

    def _marked(self, response: bytes, cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
        if response not in self._came_back:
            return cells
        return (*cells[:_CAME_BACK], CAME_BACK_YES, *cells[_CAME_BACK + 1 :])


def _dated(visits: Sequence[Visit], closes: str) -> Sequence[bytes]:
    """The visits that are known to be of epochs that are over; none where that is one alone."""
    found = [visit.response for visit in visits if visit.month != UNKNOWN_MONTH and ripe(visit.month, closes)]
    return found if len(found) > 1 else ()
