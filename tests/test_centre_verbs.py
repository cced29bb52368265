"""The operator's verbs, run as an operator runs them: what they print, what they refuse, and that nothing breaks."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from centre_world import LINKED, PLACE, Tablet, World, ask
from test_publish import built

from export.centre.codes import Codes, cancel, codes_in, issue
from export.printings import Route
from survey.fingerprint import authority_words
from survey.notices import Figure, Notices, write_notices
from survey.parcel import CARRY_OUT, RESCUE, open_parcel, write_parcel
from survey.sealing import SigningKey, row_id


def run(world: World, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
    """One verb to its end."""
    command = [sys.executable, "-m", "export", arguments[0], "--instance", str(world.folder), *arguments[1:]]
    return subprocess.run(command, input=said, capture_output=True, text=True, check=False, timeout=60)


def works(world: World, *arguments: str, said: str = "") -> str:
    """A verb that must work; what it printed."""
    done = run(world, *arguments, said=said)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def refused(world: World, *arguments: str, said: str = "") -> str:
    """A verb that must refuse, in words and without a traceback; its words."""
    done = run(world, *arguments, said=said)
    assert done.returncode != 0, done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr


def said_wrong(world: World) -> Path:
    """What `export serve` writes to its error stream. A file, since a full pipe would stop it."""
    return world.folder.parent / "served-errors.txt"


@contextmanager
def served(world: World, extra: Sequence[str] = ()) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`export serve` as a process on a free port: its address and itself."""
    (world.folder / "settings.toml").write_text("port = 0\n")
    command = [sys.executable, *extra, "-m", "export", "serve", "--instance", str(world.folder)]
    errors = said_wrong(world)
    with (
        errors.open("w") as into,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=into, text=True, env={**os.environ}) as process,
    ):
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"Centre: (http://127\.0\.0\.1:\d+/)\n", line)
        try:
            assert found, line + errors.read_text()
            yield found[1], process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def words(world: World) -> str:
    """The custodian's 13 words."""
    return " ".join(authority_words(world.authority.public))


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A centre that was opened once, so that its keys exist, and was told nothing yet."""
    world = World(tmp_path / "centre")
    world.opened().close()
    return world


@pytest.fixture
def told(world: World, tmp_path: Path) -> World:
    """A centre that has its first keys file."""
    works(world, "take-in", str(signed(world, tmp_path)), "--authority", words(world))
    return world


def signed(world: World, folder: Path, serial: int = 1, **changes: object) -> Path:
    """A keys file for this centre, on a stick."""
    centre = world.opened()
    path = folder / f"keys-{serial}.signed"
    path.write_bytes(world.keys(centre, serial, **changes))
    centre.close()
    return path


def enrolled(world: World, address: str) -> Tablet:
    """A tablet that has joined with a printed code."""
    tablet = Tablet(address)
    answer = tablet.enrol(works(world, "enrol-code", "--place", PLACE).splitlines()[-1])
    assert answer.status == 200, answer.body
    return tablet


def test_the_first_start_makes_the_two_keys_for_its_owner_only(tmp_path: Path) -> None:
    world = World(tmp_path / "new")
    world.folder.mkdir()
    with served(world):
        pass
    for name in ("intake.key", "content.key"):
        assert (world.folder / name).stat().st_mode & 0o777 == 0o600
    for file in world.folder.iterdir():
        assert file.name == "settings.toml" or not file.stat().st_mode & 0o077


def test_a_key_that_is_gone_is_never_replaced_by_another(told: World) -> None:
    (told.folder / "intake.key").unlink()
    assert "Put back its back-up" in refused(told, "serve")
    assert not (told.folder / "intake.key").exists()


def test_serving_stops_cleanly_and_says_nothing_but_its_address(told: World) -> None:
    with served(told) as (address, process):
        assert ask("GET", f"{address}releases/sign-in").status == 200
        assert ask("GET", f"{address}nothing").status == 404
        assert ask("POST", f"{address}intake/rows", b"x").status == 403
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=30)
        errors = said_wrong(told).read_text()
    assert process.returncode == 0
    assert (out, errors) == ("", "")


def test_a_port_that_is_taken_is_told_with_what_to_do(told: World, tmp_path: Path) -> None:
    with served(told) as (address, _):
        other = World(tmp_path / "other")
        other.folder.mkdir()
        (other.folder / "settings.toml").write_text(f"port = {address.rstrip('/').rpartition(':')[2]}\n")
        assert "set another port" in refused(other, "serve")


def test_the_first_keys_file_is_taken_only_with_the_custodians_words(world: World, tmp_path: Path) -> None:
    file = str(signed(world, tmp_path))
    wrong = " ".join(authority_words(SigningKey.generate().public))
    assert "do not fit" in refused(world, "take-in", file, "--authority", wrong)
    assert "do not fit" in refused(world, "take-in", file, said="n\n")
    assert not (world.folder / "authority.pub").exists()
    assert not (world.folder / "keys.signed").exists()
    assert words(world) in works(world, "take-in", file, said="y\n")
    assert (world.folder / "keys.signed").exists()


def test_a_keys_file_of_another_authority_is_refused_from_then_on(told: World, tmp_path: Path) -> None:
    told.authority = SigningKey.generate()
    refused(told, "take-in", str(signed(told, tmp_path, 2)), "--authority", words(told))


def test_an_older_keys_file_is_refused(told: World, tmp_path: Path) -> None:
    works(told, "take-in", str(signed(told, tmp_path, 5)))
    before = (told.folder / "keys.signed").read_bytes()
    refused(told, "take-in", str(signed(told, tmp_path, 4)))
    assert (told.folder / "keys.signed").read_bytes() == before
    (told.folder / "keys.signed").unlink()
    assert "keys file 5 was seen already" in refused(told, "take-in", str(signed(told, tmp_path, 4)))
    assert not (told.folder / "keys.signed").exists()


def test_a_keys_file_made_for_another_centre_is_refused(world: World, tmp_path: Path) -> None:
    file = signed(world, tmp_path, intake=SigningKey.generate().public)
    assert "carry-out" in refused(world, "take-in", str(file), "--authority", words(world))
    assert not (world.folder / "authority.pub").exists()


def test_a_stop_is_taken_in_and_said(told: World, tmp_path: Path) -> None:
    assert "stop" in works(told, "take-in", str(signed(told, tmp_path, 2, stop=True)))


@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff" * 5000, b"{}", b'{"heard":"keys"}', b'{"heard":["keys"]}\n', b"[1"]
)
def test_a_file_that_is_nothing_of_ours_is_refused(told: World, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "strange").write_bytes(content)
    refused(told, "take-in", str(tmp_path / "strange"))


def test_a_tablet_joins_with_a_printed_code_once(told: World) -> None:
    with served(told) as (address, _):
        code = works(told, "enrol-code", "--place", PLACE).splitlines()[-1]
        assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}", code)
        first = Tablet(address)
        reply = first.enrol(code.lower().replace("-", " ")).json
        assert reply["place"] == PLACE
        assert reply["authority"] == told.authority.public.hex()
        assert reply["keys"].encode() == (told.folder / "keys.signed").read_bytes()
        assert reply["notices"] is None
        used, wrong = Tablet(address).enrol(code), Tablet(address).enrol("0000-0000-0000-0000")
    assert used.status == wrong.status == 403
    assert used.body == wrong.body
    assert code not in "".join(path.read_bytes().decode("latin-1") for path in told.folder.iterdir() if path.is_file())


def test_a_code_is_for_a_place_of_the_keys_file(told: World) -> None:
    assert PLACE in refused(told, "enrol-code", "--place", "nowhere")


def test_before_the_first_keys_file_no_tablet_can_join(world: World) -> None:
    assert "take-in" in refused(world, "enrol-code", "--place", PLACE)


def test_the_list_of_tablets_tells_places_and_days_and_never_a_count(told: World) -> None:
    with served(told) as (address, _):
        tablet = enrolled(told, address)
        before = works(told, "tablets")
        centre = told.opened()
        assert tablet.send(told.rows(9), centre.intake_key.public) == ["stored"] * 9
        centre.close()
        after = works(told, "tablets")
    assert before == after
    assert re.fullmatch(rf"{tablet.key.public.hex()[:8]}  {PLACE}  \d{{4}}-\d\d-\d\d  heard of today\n", after)


def test_a_revoked_tablet_stays_out(told: World) -> None:
    with served(told) as (address, _):
        tablet = enrolled(told, address)
        short = works(told, "tablets").split()[0]
        works(told, "revoke", short)
        assert tablet.signed("GET", "/news/keys").status == 403
        code = works(told, "enrol-code", "--place", PLACE).splitlines()[-1]
        assert tablet.enrol(code).status == 403
        assert Tablet(address).enrol(code).status == 200
    assert "revoked" in works(told, "tablets")
    refused(told, "revoke", "ffffffffff")
    refused(told, "revoke", "")


def test_a_rescue_file_brings_rows_in_once_by_the_tablets_door(told: World, tmp_path: Path) -> None:
    rows = sorted(told.rows(20), key=row_id)
    with served(told) as (address, _):
        tablet = enrolled(told, address)
        centre = told.opened()
        assert tablet.send(rows[:8], centre.intake_key.public) == ["stored"] * 8
        path = tmp_path / "left.rescue"
        write_parcel(path, RESCUE, {}, (("tablet", row) for row in rows), len(rows), tablet.key)
        taken = run(told, "take-in", str(path))
        assert taken.returncode == 0
        assert "Rows that were here already" in taken.stdout
        assert not re.search(r"\d", taken.stdout + taken.stderr), "progress would count a tablet's rows"
        assert "Nothing in the rescue file was new" in works(told, "take-in", str(path))
        assert sorted(centre.store.rows("intake")) == sorted(("tablet", row) for row in rows)
        centre.close()


def test_a_rescue_file_of_a_stranger_of_a_revoked_tablet_or_changed_is_refused(told: World, tmp_path: Path) -> None:
    strangers, changed, whole = (tmp_path / f"{name}.rescue" for name in ("strangers", "changed", "whole"))
    rows = [("tablet", row) for row in told.rows(2)]
    write_parcel(strangers, RESCUE, {}, rows, 2, SigningKey.generate())
    assert "not enrolled here" in refused(told, "take-in", str(strangers))
    with served(told) as (address, _):
        tablet = enrolled(told, address)
    write_parcel(changed, RESCUE, {}, rows, 2, tablet.key)
    changed.write_bytes(changed.read_bytes()[:-100] + bytes(100))
    refused(told, "take-in", str(changed))
    write_parcel(whole, RESCUE, {}, rows, 2, tablet.key)
    works(told, "revoke", tablet.key.public.hex()[:8])
    assert "revoked" in refused(told, "take-in", str(whole))
    centre = told.opened()
    assert centre.store.count("arrivals") == centre.store.count("intake") == 0
    centre.close()


def test_carry_out_takes_everything_along_while_the_centre_serves(told: World, tmp_path: Path) -> None:
    rows = told.rows(24)
    with served(told) as (address, _):
        tablet = enrolled(told, address)
        centre = told.opened()
        tablet.send(rows[:12], centre.intake_key.public)
        tablet.send(rows[12:], centre.intake_key.public)
        path = tmp_path / "intake.carried"
        assert str(path) in works(told, "carry-out", str(path))
        parcel = open_parcel(path, CARRY_OUT, centre.intake_key.public)
        assert list(parcel.rows) == [("tablet", row) for row in sorted(rows, key=row_id)]
        assert parcel.header["keys"] == {
            "intake": centre.intake_key.public.hex(),
            "content": centre.content_key.public.hex(),
        }
        assert centre.store.count("arrivals") == 0
        # and it goes on taking rows in
        assert tablet.send(rows[:1], centre.intake_key.public) == ["had"]
        centre.close()


def test_carry_out_tells_what_was_printed_by_place_and_route_and_nothing_of_a_single_batch(
    told: World, tmp_path: Path
) -> None:
    centre = told.opened()
    orders: list[tuple[Route, int]] = [("poster", 2), ("card", 30), ("card", 20)]
    batches = [issue(centre, LINKED, route, count) for route, count in orders]
    cancel(centre, batches[1].number)
    spent = next(codes_in(batches[2]))
    centre.store.admit(told.rows(1)[0], Codes(centre.batches, centre.clock.day).mark_of(spent, LINKED))
    centre.close()
    works(told, "carry-out", str(tmp_path / "intake.carried"))
    header = open_parcel(tmp_path / "intake.carried", CARRY_OUT, None).header
    assert header["printed"] == [
        {"place": LINKED, "route": "card", "printed": 50, "cancelled": 30},
        {"place": LINKED, "route": "poster", "printed": 2, "cancelled": 0},
    ]
    assert header.keys() == {"heard", "count", "signer", "keys", "printed"}


def test_carry_out_works_before_anything_was_told_since_the_custodian_needs_it_first(tmp_path: Path) -> None:
    world = World(tmp_path / "new")
    world.folder.mkdir()
    with served(world):
        works(world, "carry-out", str(tmp_path / "halves.carried"))
    halves = open_parcel(tmp_path / "halves.carried", CARRY_OUT, None)
    assert (halves.count, halves.header["printed"]) == (0, [])


def test_carry_out_to_where_nothing_can_be_written_says_so_and_leaves_nothing(told: World, tmp_path: Path) -> None:
    refused(told, "carry-out", str(tmp_path / "missing" / "intake.carried"))
    assert not (tmp_path / "missing").exists()


def test_carry_out_writes_over_nothing_but_an_earlier_carry_out_of_this_centre(told: World, tmp_path: Path) -> None:
    path = tmp_path / "intake.carried"
    works(told, "carry-out", str(path))
    works(told, "carry-out", str(path))
    other = World(tmp_path / "other")
    other.opened().close()
    works(other, "carry-out", str(tmp_path / "other.carried"))
    (tmp_path / "thesis.odt").write_bytes(b"PK\x03\x04 three years of work")
    register = told.folder / "registry.db"
    for taken in (tmp_path / "other.carried", tmp_path / "thesis.odt", told.folder / "intake.key", register):
        before = taken.read_bytes()
        said = refused(told, "carry-out", str(taken))
        assert "is there already and is no carry-out of this centre" in said
        assert "Give another name" in said
        if taken != register:
            assert taken.read_bytes() == before
    assert works(told, "audit").count("carry-out") == 2


def test_publishing_needs_the_custodians_signature(told: World, tmp_path: Path) -> None:
    good = built(tmp_path / "good", told.authority)
    assert "made up" in works(told, "publish", str(good))
    assert "the same" in works(told, "publish", str(good))
    forged = built(tmp_path / "forged", SigningKey.generate(), name="forged")
    assert "not to be trusted" in refused(told, "publish", str(forged))
    assert [entry.name for entry in (told.folder / "releases").glob("[!.]*")] == ["london-2026-1"]


def test_publishing_refuses_whom_an_earlier_release_may_hold_and_asks_before_a_second_series(
    told: World, tmp_path: Path
) -> None:
    first = built(tmp_path / "custodian", told.authority)
    works(told, "publish", str(first))
    copy = built(tmp_path / "copy", told.authority, name="other-1", series="other")
    for options in ((), ("--new-series",)):
        said = refused(told, "publish", str(copy), *options)
        assert "other-1 does not know of london-2026-1, which was published here" in said
        assert "Ask for a release made in the folder that london-2026-1 came from" in said
    meant = built(tmp_path / "meant", told.authority, name="other-1", series="other", after=[first])
    assert "publish it with --new-series" in refused(told, "publish", str(meant))
    assert "other-1 is published." in works(told, "publish", str(meant), "--new-series")
    assert "the same" in works(told, "publish", str(meant))


def test_a_publication_tells_the_tablets_what_came_of_it_and_keeps_what_they_were_told_before(
    told: World, tmp_path: Path
) -> None:
    earlier = Figure("of 100 said that they were kept informed", 41)
    centre = told.opened()
    centre.told().take_notices(write_notices(Notices(centre.clock.day(), (earlier,)), centre.content_key))
    centre.close()
    first = built(tmp_path / "first", told.authority)
    works(told, "publish", str(first))
    works(told, "publish", str(built(tmp_path / "second", told.authority, name="london-2026-2", after=[first])))
    centre = told.opened()
    published, held = centre.releases(), centre.told().notices()
    assert published is not None
    assert held is not None
    records = sum(manifest.records for manifest in published.listed())
    assert held.figures == (
        Figure("people have answered", records), Figure("releases have been published", 2), earlier,
    )  # fmt: skip
    centre.close()


def test_tokens_are_added_listed_and_revoked_by_name(told: World) -> None:
    token = works(told, "token", "add", "ana").splitlines()[-1]
    assert len(token) >= 43
    assert "already" in refused(told, "token", "add", "ana")
    assert works(told, "token", "list") == "ana\n"
    works(told, "token", "revoke", "ana")
    assert "no token" in refused(told, "token", "revoke", "ana")
    assert token not in works(told, "audit")


def test_what_staff_did_is_in_the_audit_log_in_order(told: World, tmp_path: Path) -> None:
    works(told, "enrol-code", "--place", PLACE)
    works(told, "carry-out", str(tmp_path / "x.carried"))
    *lines, link = works(told, "audit").splitlines()
    assert link.startswith("Newest link: ")
    assert [line.split("  ")[2] for line in lines] == ["take-in", "enrol-code", "carry-out"]
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00  operator  ", line) for line in lines)


def test_a_setting_that_cannot_be_is_refused_by_every_verb(told: World) -> None:
    (told.folder / "settings.toml").write_text('port = "nonsense"\n')
    for verb in ("serve", "tablets", "audit"):
        assert "settings.toml" in refused(told, verb)


@pytest.mark.parametrize("name", ["registry.db", "centre.db"])
def test_a_damaged_database_is_told_with_what_to_do(told: World, name: str) -> None:
    (told.folder / name).write_bytes(b"not a database at all, but long enough to be looked at" * 40)
    assert name in refused(told, "tablets")


def test_help_names_every_verb_without_loading_any_of_them() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "export", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    for verb in ("serve", "take-in", "keygen", "release", "verify", "token"):
        assert re.search(rf"^  {verb}\b", done.stdout, re.MULTILINE)
    assert "export.centre" not in done.stderr
    assert "export.custodian" not in done.stderr


def test_a_serving_centre_learns_of_its_first_keys_file_without_a_restart(world: World, tmp_path: Path) -> None:
    with served(world) as (address, _):
        assert Tablet(address).enrol("0000-0000-0000-0000").status == 403
        works(world, "take-in", str(signed(world, tmp_path)), "--authority", words(world))
        tablet = enrolled(world, address)
        centre = world.opened()
        assert tablet.send(world.rows(1), centre.intake_key.public) == ["stored"]
        centre.close()


def test_a_row_that_the_disk_spoilt_does_not_hold_up_the_others(told: World, tmp_path: Path) -> None:
    rows = sorted(told.rows(3), key=row_id)
    centre = told.opened()
    centre.store.put("arrivals", rows)
    centre.store.merge()
    centre.close()
    database = sqlite3.connect(told.folder / "centre.db")
    with database:
        database.execute("UPDATE intake SET row = substr(row, 1, 100) WHERE id = ?", (row_id(rows[1]),))
    database.close()
    done = run(told, "carry-out", str(tmp_path / "intake.carried"))
    assert done.returncode == 0
    assert "1 damaged rows were left behind" in done.stderr
    parcel = open_parcel(tmp_path / "intake.carried", CARRY_OUT, None)
    assert [row for _, row in parcel.rows] == [rows[0], rows[2]]
