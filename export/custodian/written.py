"""What people wrote, as far as a release may know it: themes and kinds of crime counted, never a word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from export.custodian.asked import Asked
from export.custodian.generalising import Hierarchy
from export.custodian.table import FIRST_VALUE, Cell
from export.custodian.text_marks import Quotation, TextMark
from export.custodian.themes import CodeFrame, Said

FAMILY_OF = "crime"
"""The item whose coarsest level a quotation is told with, and nothing else."""
BASE = 50
"""Comments that a quotation needs beside it: on its own family of crime to be told with that, else on any."""
_ANY = ""


@dataclass(frozen=True)
class Words:
    """What may leave of free text with a release.

    Attributes:
        frame: which words count towards which theme.
        quotations: hash of a response -> its comment, let out by two people and not released yet.
        mark: what tells whether the response still has the text that they let out.
    """

    frame: CodeFrame = field(default_factory=lambda: CodeFrame({}, {}))
    quotations: Mapping[str, Quotation] = field(default_factory=dict)
    mark: TextMark = field(default_factory=TextMark)

    def let_out(self, digest: str, text: bytes) -> bool:
        """Whether two people let out what this response has in words, by its fingerprint."""
        quotation = self.quotations.get(digest)
        return quotation is not None and quotation.about == self.mark(text)

    def without(self, quoted: Collection[str]) -> Words:
        """The same without the quotations of these responses: theirs left."""
        return replace(self, quotations={one: said for one, said in self.quotations.items() if one not in quoted})


@dataclass(frozen=True)
class Wrote:
    """One response with words in it: its hash, its kind of crime, its themes, whether it counts."""

    digest: str
    kind: Cell
    themes: tuple[str, ...]
    counts: bool


@dataclass
class Written:
    """Counted once it is known whose records leave: who is left out is counted with the release that they join.

    Attributes:
        said: themes of the people who are in the release.
        kinds: how many of them wrote something, by the cell of their kind of crime; those of earlier releases are no
            base, since nobody finds them among the records of this one.
        quoted: hash of a response that may be quoted -> the cell of its kind of crime, where it leaves with this
            release; that of an earlier one's is not told.
        asked: those of them who were asked an open question, or may have been, by their ids.
    """

    said: Said = field(default_factory=Said)
    kinds: Counter[Cell] = field(default_factory=Counter)
    quoted: dict[str, Cell] = field(default_factory=dict)
    asked: Mapping[bytes, Asked] = field(default_factory=dict)

    def leaves(self, response: bytes, one: Wrote) -> None:
        """A response that leaves now, by its id."""
        if one.counts:
            # Comments that anybody can forge would let whoever forged nine read whether there was a tenth.
            self.said.themes[response] = one.themes
            self.kinds[one.kind] += 1
        if one.digest in self.quoted:
            self.quoted[one.digest] = one.kind

    def stays(self, one: Wrote) -> None:
        """A response that is left out. A quotation would be known to be of one of those few, so it waits too."""
        self.quoted.pop(one.digest, None)

    def quotable(self, hierarchies: Collection[Hierarchy], values: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
        """Hash of a response -> the family of crime that its quotation is told with, empty where that would stand out.

        Nothing where fewer than fifty comments stand beside it: it waits for the next release.
        """
        if self.kinds.total() < BASE:
            return {}
        family = _family(hierarchies, values.get(FAMILY_OF, ()))
        bases = Counter[str]()
        for kind, count in self.kinds.items():
            bases[family(kind)] += count
        told = _told(bases)
        return {digest: of if (of := family(kind)) in told else _ANY for digest, kind in sorted(self.quoted.items())}


def _told(bases: Counter[str]) -> set[str]:
    """The families that a quotation is told with. Whoever is quoted without one is known to be of the others.

    Fifty must be left over also where these families are all that there are: without one are quoted besides who left
    before and visits that another stands for, and those are few. Who is quoted plays no part, or it could be seen.
    """
    told = {family for family, count in bases.items() if family != _ANY and count >= BASE}
    while told and bases.total() - sum(bases[family] for family in told) < BASE:
        told.remove(min(told, key=lambda family: (bases[family], family)))
    return told


def _family(hierarchies: Collection[Hierarchy], values: tuple[str, ...]) -> Callable[[Cell], str]:
    level = next((one.levels[-1] for one in hierarchies if one.variable == FAMILY_OF), None)

    def family(kind: Cell) -> str:
        known = level is not None and isinstance(kind, int) and FIRST_VALUE <= kind < FIRST_VALUE + len(values)
        if level is None or not known:
            return _ANY
        value = values[int(kind) - FIRST_VALUE]
        told = level.told_as.get(value, value)
        return level.labels.get(told, told)

    return family
