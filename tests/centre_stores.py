"""The engines of a centre's store, one contract: what a test says of one it says of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from export.centre.instance import database_at
from survey.marked_store import MarkedStore
from survey.marks import CentreStore


@dataclass(frozen=True)
class Engine:
    """Where the rows of one centre are kept: the path of a file, or the address of a database."""

    place: str

    def opened(self) -> CentreStore:
        """The store there, once more: as each process of a centre opens it."""
        return database_at(self.place) if self.place.startswith("postgresql:") else MarkedStore(Path(self.place))


@pytest.fixture
def store(engine: Engine) -> Iterator[CentreStore]:
    """An empty one on each engine in turn."""
    store = engine.opened()
    yield store
    store.close()
