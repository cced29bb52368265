"""What the workers of the opening bench do, kept apart so that they load no more than the product's own workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier

from export.custodian.records import Columns
from export.custodian.unsealing import CollectionSecret
from forms.response import Response
from survey.sealing import HEADER_BYTES, SUITE

SECRET = CollectionSecret(bytes(range(32)))


def raw(rows: Sequence[bytes], ready: Barrier) -> None:
    """Open rows with the bare cipher, starting when all are ready."""
    secret = CollectionSecret(SECRET.seed)
    key, header = secret._hpke, secret.public.header
    ready.wait()
    for row in rows:
        SUITE.decrypt(row[HEADER_BYTES:], key, info=header)
    ready.wait()


def opener(seed: bytes) -> Callable[[list[bytes]], list[int]]:
    """Opens batches and does nothing else."""
    secret = CollectionSecret(seed)
    return lambda rows: [len(secret.open(row)) for row in rows]


@dataclass(frozen=True)
class Recorded:
    """What a release keeps of a response: its cells. Free text never leaves the worker."""

    columns: Columns

    def __call__(self, door: str, response: Response) -> tuple[object, ...]:
        """The cells of one checked response."""
        del door
        return self.columns.cells(response)
