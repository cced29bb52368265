"""The process that faces the network has no code, and no key, that opens a row."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from centre_world import World, ask
from test_centre_verbs import enrolled, said_wrong, served, signed, words, works


@pytest.fixture
def told(tmp_path: Path) -> World:
    world = World(tmp_path / "centre")
    world.opened().close()
    works(world, "take-in", str(signed(world, tmp_path)), "--authority", words(world))
    return world


def test_a_serving_centre_never_loads_the_custodians_code(told: World) -> None:
    with served(told, ["-X", "importtime"]) as (address, process):
        tablet = enrolled(told, address)
        centre = told.opened()
        tablet.send(told.rows(12), centre.intake_key.public)
        centre.close()
        ask("GET", f"{address}releases/")
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    imported = said_wrong(told).read_text()
    assert "export.centre.intake" in imported
    for module in ("export.custodian", "pyxform", "shamir_mnemonic", "polars"):
        assert module not in imported


def test_nothing_in_the_centres_folder_opens_a_row(told: World) -> None:
    with served(told) as (address, _):
        tablet = enrolled(told, address)
        centre = told.opened()
        tablet.send(told.rows(3), centre.intake_key.public)
        centre.store.merge()
        centre.close()
    secret = told.collection.seed
    for file in told.folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert secret not in content
            assert secret.hex().encode() not in content
