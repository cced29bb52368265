"""A centre whose link is up, as fixtures: its world, the centre that was told its keys, its links, their address."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from centre_world import World, listening

from export.centre.app import centre_app
from export.centre.instance import Centre
from export.centre.link import Links
from survey.briefing import Place

CARDS_ONLY = "hub-2"
"""Beside ``LINKED``, whose door is open."""

__all__ = ["CARDS_ONLY", "address", "centre", "doors", "links", "untold", "world"]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("HEARD_MEMORY_FOLDER", str(tmp_path / "memory"))
    monkeypatch.setenv("HEARD_ADDRESS_HEADER", "X-Real-IP")
    world = World(tmp_path / "centre")
    world.places = (*world.places, Place(CARDS_ONLY, "Another hub", "hub", ("link",), open_door=False))
    return world


@pytest.fixture
def untold(world: World) -> Iterator[Centre]:
    centre = world.opened()
    yield centre
    centre.close()


@pytest.fixture
def centre(world: World, untold: Centre) -> Centre:
    world.tell(untold)
    return untold


@pytest.fixture
def links(centre: Centre) -> Links:
    return Links(centre, centre_app(centre))


@pytest.fixture
def address(links: Links) -> Iterator[str]:
    with listening(links) as address:
        yield address


def doors(centre: Centre) -> list[str]:
    """By which door each row came that the centre has."""
    return sorted(door for shelf in centre.store.shelves for door, _ in centre.store.rows(shelf))
