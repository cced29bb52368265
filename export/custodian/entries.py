"""One release as the ledger writes it down: who left or was quoted with it, by hashes, and what its records were."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from export.custodian.differencing import Contents
from export.custodian.recipe import Recipe
from export.custodian.table import RESPONSE, Table

_DIGEST_BYTES = 32


@dataclass(frozen=True)
class Telling:
    """What SPSS and Stata know a column and its values by."""

    name: str
    numbers: Mapping[str, float]


Numbering = Mapping[str, Telling]
"""Column -> what it and its values are told by."""


@dataclass(frozen=True)
class Entry:
    """One release.

    Attributes:
        name: its folder's name.
        series: that it belongs to.
        manifest: hex SHA-256 of its manifest.
        binding: ``Recipe.binding`` of what it was made by.
        levels: key -> level of its hierarchy.
        closes: the last month that may no longer be released, ``YYYY-MM``.
        responses: SHA-256 of the id of each response that left or never may, since it is another visit of somebody
            who left; 32 bytes each, sorted, so that their order says nothing.
        told: ``differencing.Contents`` of its records, packed; nothing where the release is of before it was kept.
        out: whether the folder was put in place. False only between two steps of one release.
        quoted: SHA-256 of the id of each response whose comment left as a quotation, as ``responses``. The words are
            not what counts: blanked in two ways, one comment would tell more than either.
        numbering: names and numbers that this release was the first of its series to tell something by.
    """

    name: str
    series: str
    manifest: str
    binding: str
    levels: Mapping[str, str]
    closes: str
    responses: bytes
    told: bytes
    out: bool
    quoted: bytes = b""
    numbering: Numbering = field(default_factory=dict)

    @property
    def digests(self) -> Iterator[bytes]:
        """``responses``, one by one."""
        return _one_by_one(self.responses)

    @property
    def quotations(self) -> Iterator[str]:
        """``quoted``, one by one and in hex, as the book of decisions has them."""
        return map(bytes.hex, _one_by_one(self.quoted))

    def and_never(self, others: Iterable[bytes], quoted: Iterable[str]) -> Entry:
        """The same with the ids of further responses that may never leave, and the hashes of those quoted."""
        digests = [*self.digests, *map(digest_of, others)]
        return replace(self, responses=b"".join(sorted(digests)), quoted=b"".join(sorted(map(bytes.fromhex, quoted))))

    def to_json(self) -> dict[str, Any]:
        """As it stands in the file."""
        plain = {name: value for name, value in vars(self).items() if not isinstance(value, bytes | Mapping)}
        coded = {"responses": self.responses, "told": self.told, "quoted": self.quoted}
        return {
            **plain,
            "levels": dict(self.levels),
            "numbering": {column: asdict(telling) for column, telling in self.numbering.items()},
            **{name: base64.b64encode(value).decode() for name, value in coded.items()},
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Entry:
        """What ``to_json`` wrote and the authority signed, also before quotations, numbers or cells were kept."""
        told = {"quoted": "", "numbering": {}, "told": "", **said}
        told.pop("contents", None)  # hashes of whole records, once, which fit no other columns
        coded = {name: base64.b64decode(told[name], validate=True) for name in ("responses", "told", "quoted")}
        numbering = {column: Telling(**telling) for column, telling in told["numbering"].items()}
        return cls(**{**told, **coded, "numbering": numbering})


def _one_by_one(every: bytes) -> Iterator[bytes]:
    return (every[start : start + _DIGEST_BYTES] for start in range(0, len(every), _DIGEST_BYTES))


def digest_of(response: bytes) -> bytes:
    """What the ledger knows a response by. The id itself would let its reader ask a centre to delete it."""
    return hashlib.sha256(response).digest()


def entry_of(name: str, recipe: Recipe, manifest: str, levels: Mapping[str, str], closes: str, table: Table) -> Entry:
    """What the ledger writes down of a release that is about to be put in place."""
    digests = b"".join(sorted(digest_of(response) for response in table.frame[RESPONSE]))
    told = Contents.of(table).packed()
    return Entry(name, recipe.series, manifest, recipe.binding, levels, closes, digests, told, out=False)
