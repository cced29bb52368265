"""Settings: one frozen object from a folder and an environment; what cannot be is refused by name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from survey.reference import AREAS, DEMO_PLACES, ReferenceRefused, read_areas, read_places, read_support_lines
from survey.settings import CENTRE_PORT, TABLET_PORT, Settings, SettingsRefused, load, memory_folder


def test_without_a_file_only_this_machine_is_served(tmp_path: Path) -> None:
    found = load(tmp_path, {})
    assert (found.instance, found.host, found.port) == (tmp_path, "127.0.0.1", CENTRE_PORT)
    assert load(tmp_path, {}, TABLET_PORT).port == 8700


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('host = "10.0.0.1"\nport = 9000\nmemory_folder = "/run/a"\n')
    assert load(tmp_path, {}) == Settings(tmp_path, "10.0.0.1", 9000, Path("/run/a"))
    environ = {"HEARD_HOST": "::1", "HEARD_PORT": "9001", "HEARD_MEMORY_FOLDER": "/run/b", "HEARD_PASSPHRASE": "x"}
    assert load(tmp_path, environ) == Settings(tmp_path, "::1", 9001, Path("/run/b"))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("prot = 1", "'prot'"),
        ("port = 70000", "70000"),
        ("port = true", "True"),
        ('port = "many"', "'many'"),
        ("host = 5", "host"),
        ('host = " "', "host"),
        ('memory_folder = "run"', "'run'"),
        ('public_address = "survey.example.org"', "'survey.example.org'"),
        ('public_address = "http://survey.example.org"', "http"),
        ('public_address = "https://survey.example.org/?a=1"', "a=1"),
        ('address_header = "X-Real-IP: x"', "X-Real-IP"),
        ('serves = "link everything"', "everything"),
        ('serves = ""', "serves is"),
        ("workers = 0", "workers is"),
        ('workers = "many"', "'many'"),
        ('store = "heard"', "store is the address"),
        ('store = "postgresql://heard:secret@db.example.org/heard"', "PGPASSWORD"),
        ('store = "postgresql:///heard?password=secret"', "PGPASSWORD"),
        ('store = "postgresql://db.example.org/heard?sslmode=disable"', "store is the address"),
        ('store = "postgresql://one,two/heard"', "store is the address"),
        ("port 9000", "cannot be read"),
        ("release_months = 5", "release_months is one of"),
        ("release_months = true", "True"),
    ],
)
def test_a_setting_that_cannot_be_is_named_with_its_file(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "settings.toml").write_text(text)
    with pytest.raises(SettingsRefused, match=named) as refused:
        load(tmp_path, {})
    assert "settings.toml" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_the_centres_settings_are_taken_from_file_and_variables(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(
        'public_address = "https://survey.example.org/"\nworkers = 3\nserves = "link"'
    )
    told = load(tmp_path, {"HEARD_WORKERS": "4", "HEARD_ADDRESS_HEADER": "X-Real-IP"})
    assert (told.public_address, told.workers, told.serves) == ("https://survey.example.org", 4, ("link",))
    assert told.address_header == "X-Real-IP"
    assert load(tmp_path / "none", {}).serves == ("link", "intake", "portal")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "postgresql:///heard",
        "postgresql://heard@/heard?host=/run/postgresql&port=5433",
        "postgresql://heard@db.example.org:5432/heard",
        "postgresql://heard@[2001:db8::1]/heard?sslrootcert=/etc/heard/database.crt",
    ],
)
def test_a_centres_rows_lie_in_its_folder_or_in_the_database_that_it_is_told_of(tmp_path: Path, address: str) -> None:
    assert load(tmp_path, {"HEARD_STORE": address}).store == address


def test_a_variable_that_cannot_be_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="HEARD_PORT"):
        load(tmp_path, {"HEARD_PORT": "８７００"})


def test_two_instances_never_share_a_memory_folder(tmp_path: Path) -> None:
    one, other = memory_folder(tmp_path / "one"), memory_folder(tmp_path / "other")
    if one is None:
        pytest.skip("this machine has no memory-backed storage")
    assert one != other
    assert memory_folder(tmp_path / "x" / ".." / "one") == one


def test_a_memory_folder_that_somebody_else_opened_to_all_is_not_used(tmp_path: Path) -> None:
    folder = memory_folder(tmp_path)
    if folder is None:
        pytest.skip("this machine has no memory-backed storage")
    folder.mkdir()
    try:
        folder.chmod(0o777)
        assert memory_folder(tmp_path) is None
        folder.chmod(0o700)
        assert memory_folder(tmp_path) == folder
    finally:
        folder.rmdir()


HARDENED = """
import ctypes, os, resource, sys
from survey.hardening import harden
harden()
os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY, 0o666)
assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
assert ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == 0, "PR_GET_DUMPABLE"
"""


def test_a_hardened_process_dumps_no_core_and_opens_no_file_to_others(tmp_path: Path) -> None:
    path = tmp_path / "made"
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", HARDENED, str(path)], env=environ, check=True)
    assert path.stat().st_mode & 0o777 == 0o600


# What a custodian keeps beside the program ---------------------------------------------------------------------


def test_the_demonstrations_places_can_be_signed() -> None:
    places = read_places(DEMO_PLACES)
    assert {place.kind for place in places} == {"counter", "hub", "line"}
    assert all("made-up" in place.name.lower() for place in places)


def test_no_helpline_that_ships_claims_to_be_verified() -> None:
    # A date means that somebody rang. Whoever adds one changes this test, and says who did.
    assert [line.name for line in read_support_lines() if line.verified_on is not None] == []
    assert len(read_support_lines()) == 10


def test_every_borough_lies_in_one_police_area_of_london() -> None:
    areas = read_areas()
    assert len(areas.area_of) == 33
    assert set(areas.area_of.values()) == set(areas.zone_of)
    assert len(areas.zone_of) == 13
    assert set(areas.zone_of.values()) == {"london"}
    assert (areas.labels["hackney"], areas.labels[areas.area_of["hackney"]]) == ("Hackney", "Central East")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "place is missing"),
        ("[[place]]\ncode = 'a'", "name is missing"),
        ("[[place]]\ncode='a'\nname='A'\nkind='counter'\nmodes=['assisted']", "never allowed at a police counter"),
        ("[[place]]\ncode='a'\nname='A'\nkind='hub'\nmodes=['kiosk']\nwarn=1", "not known"),
        ("[[place", "cannot be read"),
    ],
)
def test_a_file_of_places_that_cannot_be_is_named_with_what_to_correct(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "places.toml").write_text(text)
    with pytest.raises(ReferenceRefused, match=named) as refused:
        read_places(tmp_path / "places.toml")
    assert "places.toml" in str(refused.value)


def test_a_borough_in_two_areas_is_refused(tmp_path: Path) -> None:
    twice = AREAS.read_text().replace('code = "haringey"', 'code = "hackney"')
    (tmp_path / "areas.toml").write_text(twice)
    with pytest.raises(ReferenceRefused, match="stands twice"):
        read_areas(tmp_path / "areas.toml")
