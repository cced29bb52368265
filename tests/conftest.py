"""How properties are tried, never against the clock, since a busy machine would fail them for nothing; one Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

settings.register_profile("heard", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("heard")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium for one file of tests."""
    from real_browser import chromium  # noqa: PLC0415 - other tests need no Playwright

    with chromium() as started:
        yield started
