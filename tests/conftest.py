"""How properties are tried, never against the clock, since a busy machine would fail them for nothing.

What many tests stand before: one Chromium, one PostgreSQL, a tablet, somebody who looks at it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from at_the_tablet import Tablet
    from centre_stores import Engine
    from player import Player
    from playwright.sync_api import Browser
    from real_postgresql import Server

settings.register_profile("heard", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("heard")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium for one file of tests."""
    from real_browser import chromium  # noqa: PLC0415 - other tests need no Playwright

    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A real PostgreSQL for all tests of one process."""
    from real_postgresql import postgresql  # noqa: PLC0415 - as above

    with postgresql() as started:
        yield started


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Each engine of a centre's store in turn, empty; centres of this test keep their rows there."""
    from centre_stores import Engine  # noqa: PLC0415 - as above

    if request.param == "sqlite":
        return Engine(str(tmp_path / "centre.db"))
    server: Server = request.getfixturevalue("server")
    place = server.address(server.new())
    monkeypatch.setenv("HEARD_STORE", place)
    return Engine(place)


@pytest.fixture
def tablet(tmp_path: Path) -> Iterator[Tablet]:
    """A tablet that serves on loopback."""
    from at_the_tablet import a_tablet  # noqa: PLC0415 - most tests need no tablet

    with a_tablet(tmp_path) as tablet:
        yield tablet


@pytest.fixture
def person(tablet: Tablet) -> Player:
    """Somebody without scripts who looks at its first screen."""
    from player import Player  # noqa: PLC0415 - as above

    player = Player(tablet.address)
    player.look()
    return player
