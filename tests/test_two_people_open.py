"""Where two people are asked for, nobody opens alone and the key lies nowhere; keys change, and end, by date."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from canary import found
from custodian_world import PASSPHRASE, People, carried_out, sealed, victim_voice
from test_custodian_verbs import Done, custodian, heard, keys_in, made, refused, sign, signed, well

from export.custodian.custody import Custody
from export.custodian.recipe_file import DEMONSTRATION
from export.custodian.unsealing import CollectionSecret
from survey.clock import utc_day

__all__ = ["custodian", "made", "signed"]  # fixtures


def secret_in(folder: Path) -> CollectionSecret:
    (secret,) = Custody(folder).collection(PASSPHRASE)
    return secret


def on_shares_alone(folder: Path, sheets: Path) -> list[str]:
    """Split among three, any two of whom open, and keep the key nowhere else; the sheets."""
    well(heard(folder, "split", "--shares", "3", "--threshold", "2", "--only", "--out", str(sheets)))
    return sorted(map(str, sheets.iterdir()))


def given(*sheets: str) -> list[str]:
    return [word for sheet in sheets for word in ("--share", sheet)]


def release(folder: Path, *arguments: str, said: str = "") -> Done:
    """By the demonstration's recipe, which waits for no quarter to be over."""
    return heard(folder, "release", "--recipe", str(DEMONSTRATION), *arguments, said=said)


def rows_of(folder: Path, people: int, *keys: CollectionSecret) -> str:
    """A carry-out with so many people for each of these keys."""
    rows = [
        row for seed, key in enumerate(keys) for row in sealed(key.public, People(seed, victim_voice()).many(people))
    ]
    return str(carried_out(folder / "rows.carried", rows))


def test_two_of_three_people_open_together_and_one_alone_does_not(signed: Path, tmp_path: Path) -> None:
    secret = secret_in(signed)
    sheets = on_shares_alone(signed, tmp_path / "sheets")
    path = rows_of(tmp_path, 30, secret)
    refused(release(signed, "--from", path), "holds no collection key", "--share")
    refused(release(signed, "--from", path, *given(sheets[0])), "do not fit together")
    told = well(release(signed, "--from", path, "--json", *given(sheets[0], sheets[2])))
    assert json.loads(told.splitlines()[-1])["opened"] == 30
    for file in signed.rglob("*"):
        if file.is_file():
            assert secret.seed not in file.read_bytes()
            assert secret.seed.hex().encode() not in file.read_bytes()
    assert not Custody(signed).holds_collection()


def test_the_shares_can_be_typed_by_the_people_who_hold_them(signed: Path, tmp_path: Path) -> None:
    secret = secret_in(signed)
    sheets = on_shares_alone(signed, tmp_path / "sheets")
    words = [Path(sheet).read_text().split("Words:")[1].replace("\n", " ") for sheet in sheets[:2]]
    said = "\n".join([secret.public.key_id.hex(), *words, "", ""])
    told = well(release(signed, "--from", rows_of(tmp_path, 20, secret), "--shares", said=said))
    assert "20 passed every check" in told


def test_keys_are_signed_while_the_collection_key_is_on_shares_alone(signed: Path, tmp_path: Path) -> None:
    secret = secret_in(signed)
    on_shares_alone(signed, tmp_path / "sheets")
    well(sign(signed, tmp_path, "--stop"))
    assert keys_in(tmp_path, signed).collection == secret.public


def test_nobody_seals_to_a_key_that_was_lost(signed: Path, tmp_path: Path) -> None:
    well(sign(signed, tmp_path))
    next(signed.glob("collection-*.key")).unlink()
    refused(sign(signed, tmp_path), "not in the folder", "Restore it")


def test_the_drill_opens_a_row_and_writes_nothing(signed: Path, tmp_path: Path) -> None:
    key_id = secret_in(signed).public.key_id.hex()
    sheets = on_shares_alone(signed, tmp_path / "sheets")
    before = {file: file.read_bytes() for file in signed.rglob("*") if file.is_file()}
    assert f"sealed to {key_id}" in well(heard(signed, "drill", *given(*sheets[1:])))
    refused(heard(signed, "drill", *given(sheets[0])), "do not fit together")
    assert {file: file.read_bytes() for file in signed.rglob("*") if file.is_file()} == before


def test_a_restored_key_opens_again_and_the_folder_knows_it(signed: Path, tmp_path: Path) -> None:
    secret = secret_in(signed)
    sheets = on_shares_alone(signed, tmp_path / "sheets")
    well(heard(signed, "restore", *sheets[:2]))
    assert secret_in(signed) == secret
    well(release(signed, "--from", rows_of(tmp_path, 20, secret)))


def test_after_a_rotation_new_answers_are_sealed_to_the_new_key_and_old_ones_still_open(
    signed: Path, tmp_path: Path
) -> None:
    old = secret_in(signed)
    new_id = well(heard(signed, "rotate")).split()[-1]
    well(sign(signed, tmp_path))
    assert keys_in(tmp_path, signed).collection == old.public, "not until it is said"
    well(sign(signed, tmp_path, "--collection", new_id))
    keys = keys_in(tmp_path, signed)
    assert keys.collection.key_id.hex() == new_id
    well(sign(signed, tmp_path))
    assert keys_in(tmp_path, signed).collection == keys.collection
    both = Custody(signed).collection(PASSPHRASE)
    assert len(both) == 2
    told = well(release(signed, "--from", rows_of(tmp_path, 15, *both), "--json"))
    assert json.loads(told.splitlines()[-1])["opened"] == 30


def test_destroying_a_key_retires_its_answers_and_leaves_the_others(signed: Path, tmp_path: Path) -> None:
    old = secret_in(signed)
    old_id, new_id = old.public.key_id.hex(), well(heard(signed, "rotate")).split()[-1]
    new = next(key for key in Custody(signed).collection(PASSPHRASE) if key != old)
    refused(heard(signed, "destroy", old_id, said="n\n"), "Nothing was destroyed")
    assert Custody(signed).holds_collection(old_id)
    well(heard(signed, "destroy", old_id, "--sure"))
    refused(sign(signed, tmp_path), "was destroyed on")
    well(sign(signed, tmp_path, "--collection", new_id))
    done = release(signed, "--from", rows_of(tmp_path, 20, old, new))
    assert "left out, no key for it: 20" in well(done)
    assert "20 passed every check" in done.stdout
    refused(heard(signed, "destroy", "0" * 16, "--sure"), "knows no collection key")


def test_a_destroyed_key_is_used_no_more_in_its_folder_though_a_sheet_or_a_copy_was_kept(
    signed: Path, tmp_path: Path
) -> None:
    old = secret_in(signed)
    key_id, file = old.public.key_id.hex(), next(signed.glob("collection-*.key"))
    copy = file.read_bytes()
    sheets, path = on_shares_alone(signed, tmp_path / "sheets"), rows_of(tmp_path, 20, old)
    well(heard(signed, "destroy", key_id, "--sure"))
    keyring = json.loads((signed / "keyring.json").read_text())
    (one,) = keyring["keys"]
    one["destroyed_on"] = "2026-05-05"
    (signed / "keyring.json").write_text(json.dumps(keyring))
    before = (signed / "keyring.json").read_bytes()
    why = (f"{key_id} was destroyed on 2026-05-05", "stay sealed for good")
    refused(release(signed, "--from", path, *given(*sheets[:2])), *why)
    refused(heard(signed, "drill", *given(*sheets[:2])), *why)
    refused(heard(signed, "restore", *sheets[:2]), *why)
    assert not Custody(signed).holds_collection()
    file.write_bytes(copy)
    refused(release(signed, "--from", path), *why)
    refused(heard(signed, "split", "--shares", "3", "--threshold", "2", "--out", str(tmp_path / "more")), *why)
    assert (signed / "keyring.json").read_bytes() == before
    well(heard(signed, "destroy", key_id, "--sure"))
    assert not Custody(signed).holds_collection()
    assert json.loads((signed / "keyring.json").read_text()) == keyring, "the day on which it was destroyed stays"


def test_whoever_restores_with_another_passphrase_than_the_folders_is_warned(signed: Path, tmp_path: Path) -> None:
    sheets = on_shares_alone(signed, tmp_path / "sheets")
    done = heard(signed, "restore", *sheets[:2], HEARD_PASSPHRASE="another passphrase altogether")
    well(done)
    assert "another passphrase than the authority's" in " ".join(done.stderr.split())
    next(signed.glob("collection-*.key")).unlink()
    right = heard(signed, "restore", *sheets[:2])
    well(right)
    assert "passphrase" not in right.stderr
    elsewhere = heard(tmp_path / "new", "restore", *sheets[:2])
    well(elsewhere)
    assert "passphrase" not in elsewhere.stderr


def test_a_key_past_its_day_is_named_with_what_to_do_until_it_is_destroyed(tmp_path: Path) -> None:
    folder = tmp_path / "custodian"
    told = well(heard(folder, "keygen", "--until", "2120-01-01"))
    key_id = told.split("Collection key id: ")[1].split()[0]
    keyring = folder / "keyring.json"
    keyring.write_text(keyring.read_text().replace("2120-01-01", "2020-01-01"))  # a hundred years later
    empty = str(carried_out(tmp_path / "empty.carried", []))
    well(sign(folder, tmp_path, "--from", empty, "--made-up"))
    path = rows_of(tmp_path, 20, secret_in(folder))
    assert f"python -m export destroy {key_id}" in release(folder, "--from", path).stderr
    well(heard(folder, "destroy", key_id, "--sure"))
    refused(release(folder, "--from", path), "holds no collection key")


@pytest.mark.parametrize("day", ["2020-01-01", utc_day().isoformat()])
def test_a_key_that_would_have_to_be_destroyed_by_now_is_not_made(signed: Path, tmp_path: Path, day: str) -> None:
    for folder, verb in ((tmp_path / "custodian", "keygen"), (signed, "rotate")):
        before = sorted(folder.glob("*"))
        refused(heard(folder, verb, "--until", day), f"{day} is not after today", "Give a later day")
        assert sorted(folder.glob("*")) == before


def test_a_damaged_keyring_is_refused_and_named(signed: Path, tmp_path: Path) -> None:
    (signed / "keyring.json").write_text('{"heard":"keyring 1","keys":[{"kept":"attic"}]}')
    refused(sign(signed, tmp_path), "keyring.json is damaged")


@contextmanager
def opening(folder: Path, path: str, temporary: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`release` at work, with a core file allowed by whoever started it."""
    allowed = ["sh", "-c", 'ulimit -c "$(ulimit -H -c)"; exec "$@"', "sh"]
    command = [*allowed, sys.executable, "-m", "export", "release", "--instance", str(folder), "--from", path]
    environ = {**os.environ, "HEARD_PASSPHRASE": PASSPHRASE, "TMPDIR": str(temporary)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ) as process:
        try:
            yield process
        finally:
            process.kill()


def family(process: int) -> list[int]:
    """A process and every process that it started, by /proc."""
    found, waiting = list[int](), [process]
    while waiting:
        one = waiting.pop()
        found.append(one)
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            waiting.extend(map(int, task.read_text().split()))
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGABRT, signal.SIGSEGV])
def test_nothing_opened_is_left_by_an_opening_that_is_struck_down(
    signed: Path, tmp_path: Path, blow: signal.Signals
) -> None:
    marker = "canary-" + secrets.token_hex(12)
    people = [replace(one, answers={**one.answers, "better": marker}) for one in People(3, victim_voice()).many(40)
              if "better" in one.answers]  # fmt: skip
    assert people
    rows = sealed(secret_in(signed).public, people * (8_000 // len(people)))
    path = str(carried_out(tmp_path / "rows.carried", rows))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with opening(signed, path, temporary) as process:
        assert process.stderr is not None
        for _ in range(6):  # half of the rows are read, so all workers are at work
            process.stderr.readline()
        relations = family(process.pid)
        assert len(relations) > 2
        limits = [Path(f"/proc/{one}/limits").read_text() for one in relations[1:]]
        os.kill(process.pid, blow)
        process.wait(30)
    for limit in limits:
        core = next(line for line in limit.splitlines() if line.startswith("Max core file size"))
        assert core.split()[4:6] == ["0", "0"], core
    assert found(marker, signed, temporary) == []
    assert not list(Path.cwd().glob("core*"))
    assert not list((signed / "releases").glob("heard-*"))
