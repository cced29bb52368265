"""How properties are tried, never against the clock, since a busy machine would fail them for nothing.

What many tests stand before: one Chromium, a tablet, somebody who looks at it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from at_the_tablet import Tablet
    from player import Player
    from playwright.sync_api import Browser

settings.register_profile("heard", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("heard")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium for one file of tests."""
    from real_browser import chromium  # noqa: PLC0415 - other tests need no Playwright

    with chromium() as started:
        yield started


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
