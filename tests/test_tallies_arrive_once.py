"""Every count arrives, and arrives once, whenever the tablet is stopped, killed or out of room."""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from faulty_centre import INSTRUMENT, SECRET, SIGNED_ON, FaultyCentre
from hypothesis import given, settings
from hypothesis import strategies as st

from forms.response import unframed
from survey.briefing import Keys, read_keys
from survey.clock import Clock
from survey.partials import Partials
from survey.store import Store, StoreFull
from survey.tallies import COUNTS, Tallies
from survey.tallying import TallyRows


def told() -> Keys:
    centre = FaultyCentre()
    return read_keys(centre.keys, centre.authority.public, 0)


class Counting:
    """A tablet as far as it counts, on real files; ``kill`` starts it anew over what it left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = datetime(2026, 11, 20, 12, tzinfo=UTC)
        self.keys: Keys | None = told()
        self.clock = Clock(lambda: SIGNED_ON, lambda: self.now)
        self.store = Store(folder / "outbox.db")
        self._start()

    def _start(self) -> None:
        self.partials = Partials(self.folder / "memory", self.store)
        self.partials.file_all()
        self.tallies = Tallies("lewisham", INSTRUMENT.digest(), self.clock)
        self.rows = TallyRows(self.tallies, self.partials, self.store, lambda: self.keys, self.clock)

    def kill(self) -> None:
        self._start()

    def arrived(self) -> Counter[str]:
        """All counts in the outbox, added up."""
        found: Counter[str] = Counter()
        for _, row in self.store.rows("outbox"):
            content = unframed(SECRET.open(row))
            assert content["kind"] == "tally"
            found.update({name: content[name] for name in COUNTS})
        return +found


@pytest.fixture
def counting(tmp_path: Path) -> Iterator[Counting]:
    counting = Counting(tmp_path)
    yield counting
    counting.store.close()


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process can grow: the operating system refuses, as it does where there is no room."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_counts_are_zero_once_they_lie_in_the_outbox(counting: Counting) -> None:
    counting.tallies.offered()
    counting.tallies.started("en")
    counting.rows.file()
    counting.rows.file()
    assert counting.arrived() == {"offered": 1, "started": 1}
    assert counting.tallies.empty
    assert not list((counting.folder / "memory").iterdir())


def test_a_kill_costs_at_most_the_counts_since_the_hour(counting: Counting) -> None:
    counting.tallies.offered()
    counting.rows.keep()
    counting.tallies.offered()
    counting.rows.keep()
    counting.tallies.offered()
    counting.kill()
    assert counting.arrived() == {"offered": 2}


def test_a_full_disk_keeps_every_count_for_later(counting: Counting) -> None:
    counting.tallies.offered()
    with full_disk(), pytest.raises(StoreFull):
        counting.rows.file()
    counting.tallies.offered()
    counting.rows.keep()
    counting.tallies.started("pl")
    counting.rows.file()
    assert counting.arrived() == {"offered": 2, "started": 1}


def test_a_kill_after_a_full_disk_still_loses_nothing_that_was_sealed(counting: Counting) -> None:
    counting.tallies.offered()
    counting.rows.keep()
    with full_disk(), pytest.raises(StoreFull):
        counting.rows.file()
    counting.tallies.started("pl")
    counting.rows.keep()
    counting.kill()
    assert counting.arrived() == {"offered": 1, "started": 1}


def test_a_months_end_goes_into_the_outbox_as_a_tally_of_its_own(counting: Counting) -> None:
    counting.tallies.offered()
    counting.now = datetime(2026, 12, 1, 0, 30, tzinfo=UTC)
    counting.rows.keep()
    counting.tallies.offered()
    counting.rows.file()
    months = sorted(unframed(SECRET.open(row))["period"] for _, row in counting.store.rows("outbox"))
    assert months == ["2026-11", "2026-12"]


def test_another_questionnaire_is_counted_apart(counting: Counting) -> None:
    counting.rows.follow_instrument()
    counting.tallies.offered()
    other = replace(INSTRUMENT, version="2", id="other")
    assert counting.keys is not None
    counting.keys = replace(counting.keys, serial=2, instruments=(other,))
    counting.rows.follow_instrument()
    counting.tallies.offered()
    counting.rows.file()
    digests = {unframed(SECRET.open(row))["digest"]: 1 for _, row in counting.store.rows("outbox")}
    assert digests == {INSTRUMENT.digest(): 1, other.digest(): 1}
    assert counting.arrived() == {"offered": 2}


def test_the_same_keys_read_again_put_no_tally_into_the_outbox(counting: Counting) -> None:
    counting.rows.follow_instrument()
    counting.tallies.offered()
    assert counting.keys is not None
    counting.keys = replace(counting.keys, serial=2)
    counting.rows.follow_instrument()
    assert counting.store.count("outbox") == 0


def test_without_keys_counts_go_on_and_are_sealed_when_there_are_some(counting: Counting) -> None:
    counting.tallies.offered()
    before, counting.keys = counting.keys, None
    counting.rows.keep()
    counting.rows.file()
    assert counting.arrived() == {}
    counting.keys = before
    counting.rows.file()
    assert counting.arrived() == {"offered": 1}


@settings(deadline=None, max_examples=30)
@given(st.lists(st.sampled_from(["count", "keep", "file", "full", "keep and kill"]), max_size=20))
def test_whatever_happens_in_whatever_order_counts_add_up(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    counting = Counting(tmp_path_factory.mktemp("counting"))
    counted = 0
    for step in steps:
        match step:
            case "count":
                counting.tallies.offered()
                counted += 1
            case "keep":
                counting.rows.keep()
            case "file":
                counting.rows.file()
            case "full":
                with full_disk(), suppress(StoreFull):
                    counting.rows.file()
            case "keep and kill":
                # What lay in this process's memory alone, for want of room, is taken along first.
                counting.rows.file()
                counting.kill()
    counting.rows.file()
    assert counting.arrived()["offered"] == counted
    counting.store.close()
