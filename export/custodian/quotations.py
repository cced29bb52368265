"""Quotations: single masked comments that two people, one after the other, let out. What they decide is kept, signed.

``review.json`` holds no comment but those that both have let out: of all others only hashes, who decided what, and
which passages to blank, as places in the text. So whoever reads it, or a back-up of it, learns nothing that may not
leave; the hash of a text is keyed, since a short comment can be guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from export.custodian.masking import masked, passage_pattern, readable
from export.custodian.text_marks import Quotation, TextMark, fingerprint
from survey.durable import write_whole
from survey.sealing import SigningKey
from survey.signed import NotSigned, read_signed, write_signed

FILE = "review.json"
_KIND = "review"
# Letters that are no others with an accent, and two ways in which such are written where a keyboard has none.
_PLAIN = str.maketrans(dict(zip("łøđðħŧıŋ", "loddhtin", strict=True)) | {"æ": "ae", "œ": "oe", "þ": "th", "ĳ": "ij"})
_WRITTEN_AS_TWO = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})


class ReviewRefused(ValueError):
    """A decision that cannot be taken, or a book of decisions that cannot be believed. Nothing was changed."""


@dataclass(frozen=True)
class Decision:
    """What one person decided about one comment.

    Attributes:
        by: their name, as they gave it.
        let_out: whether they would let it out.
        blank: (first character, one past the last) of passages that go too.
    """

    by: str
    let_out: bool
    blank: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Reviewed:
    """One comment in the book. ``quotation`` is there once two people have let it out, ``release`` once it left.

    ``about`` is the keyed hash of what the decisions are about: a fuller copy of a response may bring another text.
    """

    decisions: tuple[Decision, ...]
    about: str = ""
    quotation: str | None = None
    release: str | None = None

    @property
    def open(self) -> bool:
        """Whether somebody still has to decide."""
        return len(self.decisions) < 2 and all(decision.let_out for decision in self.decisions)


@dataclass
class ReviewBook:
    """The decisions of a custodian's folder: hash of a response -> what was decided about its comment."""

    folder: Path
    authority: SigningKey
    reviewed: dict[str, Reviewed] = field(default_factory=dict)

    @classmethod
    def opened(cls, folder: Path, authority: SigningKey) -> ReviewBook:
        """The book as it was signed last.

        Raises:
            ReviewRefused: it was changed since, or is damaged.
        """
        path = folder / FILE
        if not path.exists():
            return cls(folder, authority)
        try:
            content = read_signed(_KIND, path.read_bytes(), authority.public)
            return cls(folder, authority, {one: _from_json(said) for one, said in content["comments"].items()})
        except (NotSigned, KeyError, TypeError, ValueError) as fault:
            raise ReviewRefused(f"{path} is damaged or was edited. Put a copy of it back.") from fault

    def about(self, digest: str, text: str) -> Reviewed:
        """What was decided about this comment, as it reads now: what was said of another text is void.

        Not once it left: it leaves once.
        """
        held, mark = self.reviewed.get(digest), self._mark(text)
        return held if held and (held.release or held.about == mark) else Reviewed((), mark)

    def waits_for(self, digest: str, text: str, by: str) -> bool:
        """Whether this person is to decide about this comment: nobody decides twice.

        Raises:
            ReviewRefused: that is no name.
        """
        held, person = self.about(digest, text), _spellings(by)
        return not held.decisions or (held.open and not _spellings(held.decisions[0].by) & person)

    def decide(self, digest: str, text: str, decision: Decision) -> Reviewed:
        """Take a decision and keep it. With the second that lets it out, the masked comment becomes a quotation.

        Raises:
            ReviewRefused: this person decided about it already, no decision is open, or nobody is named.
        """
        if not self.waits_for(digest, text, decision.by):
            raise ReviewRefused("Two different people decide about a comment, each once.")
        held = self.about(digest, text)
        decisions = (*held.decisions, decision)
        let_out = len(decisions) == 2 and all(one.let_out for one in decisions)
        self.reviewed[digest] = Reviewed(decisions, held.about, shown(text, decisions) if let_out else None)
        self._keep()
        return self.reviewed[digest]

    @cached_property
    def mark(self) -> TextMark:
        """What tells whether a text is the one that they decided about."""
        return TextMark.of(self.authority)

    def waiting(self) -> dict[str, Quotation]:
        """Quotations that two people let out and that have not left yet, by the hash of the response.

        Whoever lets them leave compares the text that the response has then with the one they are about.
        """
        return {
            digest: Quotation(one.quotation, one.about)
            for digest, one in sorted(self.reviewed.items())
            if one.quotation is not None and one.release is None
        }

    def take_back(self, digest: str, by: str) -> None:
        """Hold back what two people have let out: from now on it is as if the last of them had said no.

        Raises:
            ReviewRefused: it has left already, or nobody is named.
        """
        if digest not in self.waiting():
            raise ReviewRefused("It has left with a release, or was never let out: there is nothing to take back.")
        _spellings(by)
        held = self.reviewed[digest]
        decisions = (held.decisions[0], Decision(by, let_out=False))
        self.reviewed[digest] = replace(held, decisions=decisions, quotation=None)
        self._keep()

    def left(self, quoted: Mapping[str, str]) -> None:
        """Note which quotations are in a release, so that none is thought to wait still.

        Args:
            quoted: hash of a response -> name of the release; the ledger's word for it.
        """
        news = [digest for digest in self.waiting() if digest in quoted]
        for digest in news:
            self.reviewed[digest] = replace(self.reviewed[digest], release=quoted[digest])
        if news:
            self._keep()

    def _mark(self, text: str) -> str:
        return self.mark(fingerprint(text))

    def _keep(self) -> None:
        content = {"comments": {digest: _to_json(one) for digest, one in sorted(self.reviewed.items())}}
        write_whole(self.folder / FILE, write_signed(_KIND, content, self.authority))


def shown(text: str, decisions: Sequence[Decision]) -> str:
    """A comment as a reviewer sees it: masked by the rules, and without what others have blanked."""
    places, seen = [place for decision in decisions for place in decision.blank], readable(text)
    return masked(text, [seen[first:last] for first, last in places])


def places_of(text: str, passages: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Where these passages stand in the text as it was typed, so that no word of it has to be kept.

    Raises:
        ReviewRefused: one of them is not in it.
    """
    found, seen = list[tuple[int, int]](), readable(text)
    for passage in passages:
        match = re.search(passage_pattern(passage), seen, re.IGNORECASE) if passage.strip() else None
        if match is None:
            raise ReviewRefused(
                "A passage to blank must stand in the comment as it is shown, with nothing in [brackets] in it. Type a"
                " shorter one."
            )
        found.append(match.span())
    return tuple(found)


def _spellings(name: str) -> frozenset[str]:
    """What two spellings of one name share: its letters, in whatever order and however they are written.

    So two people whose names have the same letters are taken for one, which lets nothing out.

    Raises:
        ReviewRefused: there is no letter in it.
    """
    small = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())
    return frozenset(map(_letters, (small, small.translate(_WRITTEN_AS_TWO))))


def _letters(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).translate(_PLAIN)
    letters = [one for one in plain if unicodedata.category(one)[0] == "L" or unicodedata.category(one) == "Mc"]
    if not letters:
        raise ReviewRefused("Give your name, first and last: two people decide about a comment.")
    return "".join(sorted(letters))


def _to_json(one: Reviewed) -> dict[str, Any]:
    return asdict(one)


def _from_json(said: Mapping[str, Any]) -> Reviewed:
    decisions = tuple(
        Decision(str(one["by"]), one["let_out"] is True, tuple((int(a), int(b)) for a, b in one["blank"]))
        for one in said["decisions"]
    )
    return Reviewed(decisions, str(said["about"]), said["quotation"], said["release"])
