"""What an instrument is made of: pages of items, and items with options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from forms.logic import Answer, Expression

Texts = Mapping[str, str]
"""One text by language tag."""

Disclosure = Literal["key", "sensitive", "open", "withhold"]

TEXT_BYTES = 1500
"""A free text once JSON-encoded, where the item says nothing smaller (design: 'Plaintext')."""

CHOICE_KINDS = frozenset({"select_one", "select_multiple"})
NUMBER_KINDS = frozenset({"integer", "decimal", "range"})
ASKED_KINDS = CHOICE_KINDS | NUMBER_KINDS | {"text", "date", "acknowledge"}
KINDS = ASKED_KINDS | {"note", "calculate"}


@dataclass(frozen=True)
class Option:
    """One answer to choose. ``exclusive`` goes with no other option; ``attributes`` are for a choice_filter."""

    code: str
    labels: Texts
    exclusive: bool = False
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Item:
    """One question, note or calculation.

    ``default`` stands in the form until the respondent answers; it is no answer by itself. ``low``, ``high`` and
    ``step`` bound numbers, ends included. ``max_bytes`` bounds a text once JSON-encoded. ``unverified`` are the
    languages whose wording still has to be compared with its source.
    """

    name: str
    kind: str
    labels: Texts
    hints: Texts = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    relevant: Expression | None = None
    constraint: Expression | None = None
    constraint_messages: Texts = field(default_factory=dict)
    required: bool = False
    required_messages: Texts = field(default_factory=dict)
    choice_filter: Expression | None = None
    randomize: bool = False
    default: Answer | None = None
    calculation: Expression | None = None
    core: bool = False
    disclosure: Disclosure | None = None
    low: int | float | None = None
    high: int | float | None = None
    step: int | float | None = None
    max_bytes: int | None = None
    unverified: frozenset[str] = frozenset()

    @property
    def asked(self) -> bool:
        """Whether it takes an answer: notes and calculations do not."""
        return self.kind in ASKED_KINDS

    @property
    def bytes_allowed(self) -> int:
        """The longest text it takes, in bytes once JSON-encoded."""
        return TEXT_BYTES if self.max_bytes is None else self.max_bytes


@dataclass(frozen=True)
class Page:
    """What is shown at once. ``relevant`` is that of every group around it, joined by ``and``."""

    name: str
    labels: Texts
    items: tuple[Item, ...]
    relevant: Expression | None = None
