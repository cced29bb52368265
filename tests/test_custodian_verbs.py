"""The custodian's verbs as a custodian meets them: real processes, plain words, a non-zero exit when it went wrong."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from canary import found
from custodian_world import CONTENT, INTAKE, PASSPHRASE, PLACES, People, a_tally, carried_out, sealed, victim_voice

from export.custodian.custody import Custody
from export.custodian.recipe_file import VICTIM_VOICE
from export.custodian.unsealing import CollectionSecret
from forms.response import framed
from forms.xlsform import VICTIM_VOICE as VICTIM_VOICE_FILE
from survey.briefing import Keys, authority_words, read_keys
from survey.clock import utc_day
from survey.sealing import SigningKey
from survey.signed import read_signed, write_signed

Done = subprocess.CompletedProcess[str]

PLACES_FILE = "\n".join(
    f'[[place]]\ncode = "{one.code}"\nname = "{one.name}"\nkind = "{one.kind}"\nmodes = {json.dumps(list(one.modes))}'
    for one in PLACES
)


def heard(instance: Path, verb: str, *arguments: str, said: str = "", **environ: str) -> Done:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HEARD_")}
    return subprocess.run(
        [sys.executable, "-m", "export", verb, "--instance", str(instance), *arguments],
        env={**clean, "HEARD_PASSPHRASE": PASSPHRASE, **environ},
        input=said, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def well(done: Done) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def refused(done: Done, *words: str) -> None:
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in " ".join(done.stderr.split())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``new``, a folder with keys; ``signed``, the same with a first keys file signed. Made once, copied for each."""
    folder = tmp_path_factory.mktemp("made")
    Custody(folder / "new").make(PASSPHRASE)
    shutil.copytree(folder / "new", folder / "signed")
    (folder / "places.toml").write_text(PLACES_FILE)
    empty = carried_out(folder / "empty.carried", [])
    well(sign(folder / "signed", folder, "--from", str(empty), "--places", str(folder / "places.toml")))
    return folder


@pytest.fixture
def custodian(made: Path, tmp_path: Path) -> Path:
    """A custodian who has made keys."""
    return shutil.copytree(made / "new", tmp_path / "custodian")


@pytest.fixture
def signed(made: Path, tmp_path: Path) -> Path:
    """A custodian who has signed a first keys file."""
    for name in ("keys.signed", "empty.carried"):
        shutil.copy(made / name, tmp_path / name)
    return shutil.copytree(made / "signed", tmp_path / "custodian")


def sign(instance: Path, folder: Path, *arguments: str) -> Done:
    return heard(instance, "sign-keys", *arguments, "--out", str(folder / "keys.signed"))


def test_signing_names_every_language_that_nobody_has_checked(signed: Path, tmp_path: Path) -> None:
    done = sign(signed, tmp_path)
    well(done)
    (instrument,) = keys_in(tmp_path, signed).instruments
    told = f"A computer translated these and nobody has checked them: {', '.join(instrument.languages[1:])}."
    assert told in done.stderr.splitlines()


def keys_in(folder: Path, custodian: Path) -> Keys:
    return read_keys((folder / "keys.signed").read_bytes(), Custody(custodian).authority_public(), 0)


def test_keygen_prints_the_words_that_the_authority_is_known_by(tmp_path: Path) -> None:
    told = well(heard(tmp_path / "new", "keygen"))
    custody = Custody(tmp_path / "new")
    assert f"Authority words: {' '.join(authority_words(custody.authority_public()))}" in told
    (secret,) = custody.collection(PASSPHRASE)
    assert f"Collection key id: {secret.public.key_id.hex()}" in told
    assert secret.seed.hex() not in told
    refused(heard(tmp_path / "new", "keygen"), "already holds keys")


@pytest.mark.parametrize("file", ["tablet.key", "outbox.db", "intake.key", "content.key", "registry.db"])
def test_keys_are_put_into_no_folder_of_a_centre_or_a_tablet(custodian: Path, tmp_path: Path, file: str) -> None:
    well(heard(custodian, "split", "--shares", "2", "--threshold", "2", "--out", str(tmp_path / "sheets")))
    sheets = sorted(map(str, (tmp_path / "sheets").iterdir()))
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / file).write_bytes(b"of another machine")
    for verb in (["keygen"], ["restore", *sheets]):
        done = heard(tmp_path / "else", *verb)
        refused(done, "is a centre's or a tablet's folder")
        assert "Give the custodian's folder with --instance" in done.stderr
    assert [path.name for path in (tmp_path / "else").iterdir()] == [file]


def test_a_keys_file_is_written_over_nothing_but_an_earlier_one_of_this_authority(signed: Path, tmp_path: Path) -> None:
    well(sign(signed, tmp_path))
    serial = keys_in(tmp_path, signed).serial
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Sir")
    refused(heard(signed, "sign-keys", "--out", str(letter)), "is there already and is no keys file of this authority")
    assert letter.read_text() == "Dear Sir"
    well(sign(signed, tmp_path))
    assert keys_in(tmp_path, signed).serial == serial + 1, "no serial was used up"


def test_whoever_verifies_in_another_folder_is_not_told_to_make_keys(tmp_path: Path) -> None:
    done = heard(tmp_path / "else", "verify", str(tmp_path))
    refused(done, "Give the custodian's folder with --instance")
    assert "keygen" not in done.stderr
    assert not (tmp_path / "else").exists()


def test_a_passphrase_comes_from_a_file_a_variable_or_a_prompt_and_never_from_an_argument(tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_text(PASSPHRASE + "\n")
    well(heard(tmp_path / "a", "keygen", HEARD_PASSPHRASE="", HEARD_PASSPHRASE_FILE=str(tmp_path / "passphrase")))
    assert Custody(tmp_path / "a").collection(PASSPHRASE)
    well(heard(tmp_path / "b", "keygen", said=f"{PASSPHRASE}\n{PASSPHRASE}\n", HEARD_PASSPHRASE=""))
    assert Custody(tmp_path / "b").collection(PASSPHRASE)
    refused(heard(tmp_path / "c", "keygen", "--passphrase", PASSPHRASE), "No such option")
    refused(heard(tmp_path / "c", "keygen", HEARD_PASSPHRASE="", HEARD_PASSPHRASE_FILE="/nowhere"), "cannot be read")
    refused(heard(tmp_path / "c", "keygen", HEARD_PASSPHRASE="short"), "at least 12")
    assert not (tmp_path / "c").exists()


def test_a_key_split_among_five_is_restored_by_three_in_another_folder(custodian: Path, tmp_path: Path) -> None:
    well(heard(custodian, "split", "--shares", "5", "--threshold", "3", "--out", str(tmp_path / "sheets")))
    sheets = sorted(map(str, (tmp_path / "sheets").iterdir()))
    refused(heard(tmp_path / "else", "restore", *sheets[:2]), "do not fit together")
    assert not (tmp_path / "else").exists()
    well(heard(tmp_path / "else", "restore", *sheets[2:], HEARD_PASSPHRASE="another long passphrase"))
    restored = Custody(tmp_path / "else").collection("another long passphrase")
    assert restored == Custody(custodian).collection(PASSPHRASE)


def test_a_share_passphrase_is_needed_again_and_a_wrong_one_writes_nothing(custodian: Path, tmp_path: Path) -> None:
    options = ("--shares", "2", "--threshold", "2", "--with-passphrase", "--out", str(tmp_path / "sheets"))
    well(heard(custodian, "split", *options, said="kept apart\nkept apart\n"))
    sheets = sorted(map(str, (tmp_path / "sheets").iterdir()))
    refused(
        heard(tmp_path / "else", "restore", "--with-passphrase", *sheets, said="guess\n"), "share passphrase is wrong"
    )
    assert not (tmp_path / "else").exists()
    well(heard(tmp_path / "else", "restore", "--with-passphrase", *sheets, said="kept apart\n"))


def test_shares_can_be_typed_in(custodian: Path, tmp_path: Path) -> None:
    well(heard(custodian, "split", "--shares", "2", "--threshold", "2", "--out", str(tmp_path / "sheets")))
    words = [path.read_text().split("Words:")[1].replace("\n", " ") for path in (tmp_path / "sheets").iterdir()]
    (secret,) = Custody(custodian).collection(PASSPHRASE)
    mistyped = " ".join([*words[1].split()[:6], "colour", *words[1].split()[7:]])
    said = "\n".join([secret.public.key_id.hex(), words[0], mistyped, words[1], "", ""])
    done = heard(tmp_path / "else", "restore", said=said)
    well(done)
    assert "Share 2: word 7 is not on the list of words that shares are made of" in done.stderr
    assert "colour" not in done.stdout + done.stderr
    assert Custody(tmp_path / "else").collection(PASSPHRASE) == (secret,)


def test_shares_are_never_written_into_a_checkout(custodian: Path) -> None:
    here = Path(__file__).parent / "shares-of-a-test"
    refused(heard(custodian, "split", "--shares", "3", "--threshold", "2", "--out", str(here)), "git checkout")
    assert not here.exists()


def test_the_first_keys_file_tells_tablets_everything(signed: Path, tmp_path: Path) -> None:
    keys = keys_in(tmp_path, signed)
    (secret,) = Custody(signed).collection(PASSPHRASE)
    assert (keys.serial, keys.collection, keys.intake, keys.content) == (
        1,
        secret.public,
        INTAKE.public,
        CONTENT.public,
    )
    assert keys.instruments == (victim_voice(),)
    assert keys.places == PLACES
    assert (keys.stop, keys.made_up) == (False, False)
    assert isinstance(keys.signed_on, date)


def test_the_next_keys_file_starts_from_the_last_with_a_higher_serial(signed: Path, tmp_path: Path) -> None:
    first = keys_in(tmp_path, signed)
    well(sign(signed, tmp_path, "--stop"))
    second = keys_in(tmp_path, signed)
    assert (second.serial, second.stop) == (2, True)
    assert (second.instruments, second.places, second.intake) == (first.instruments, first.places, first.intake)
    well(sign(signed, tmp_path))
    assert (keys_in(tmp_path, signed).serial, keys_in(tmp_path, signed).stop) == (3, False)


def test_an_earlier_questionnaire_stays_listed(signed: Path, tmp_path: Path) -> None:
    (tmp_path / "short.md").write_text(SHORT)
    well(sign(signed, tmp_path, "--questionnaire", str(tmp_path / "short.md")))
    keys = keys_in(tmp_path, signed)
    assert [one.id for one in keys.instruments] == ["short", victim_voice().id]


def test_a_questionnaire_with_faults_is_refused_with_every_fault(signed: Path, tmp_path: Path) -> None:
    (tmp_path / "short.md").write_text(SHORT.replace("select_one yesno", "select_one nosuch"))
    refused(sign(signed, tmp_path, "--questionnaire", str(tmp_path / "short.md")), "has faults", "nosuch")
    assert keys_in(tmp_path, signed).serial == 1


@pytest.mark.parametrize("core", ["yes", ""])
def test_an_open_question_cannot_belong_to_the_core(signed: Path, tmp_path: Path, core: str) -> None:
    """How far somebody came is told, and is reckoned from the core: who wrote would be told by it."""
    asked = f"| | select_one yesno | treatment | Was it good? | {core} | open |\n| | text | why | Why? | {core} | |\n"
    columns = SHORT.replace("| name | label |\n|---|---|", "| name | label | core | disclosure |\n|---|---|---|---|")
    (tmp_path / "short.md").write_text(columns.replace("| | select_one yesno | treatment | Was it good? |\n", asked))
    refused(
        sign(signed, tmp_path, "--questionnaire", str(tmp_path / "short.md")),
        "would give away who answered it",
        "Take the mark away" if core else "Mark with yes in the column core",
    )


def test_an_item_that_became_another_kind_of_question_is_refused(signed: Path, tmp_path: Path) -> None:
    (tmp_path / "short.md").write_text(SHORT)
    well(sign(signed, tmp_path, "--questionnaire", str(tmp_path / "short.md")))
    (tmp_path / "short.md").write_text(SHORT.replace("select_one yesno", "select_multiple yesno"))
    refused(sign(signed, tmp_path, "--questionnaire", str(tmp_path / "short.md")), "another name")


def test_another_centre_is_refused_until_it_is_said(signed: Path, tmp_path: Path) -> None:
    other = SigningKey(b"o" * 32)
    path = str(carried_out(tmp_path / "other.carried", [], other))
    refused(sign(signed, tmp_path, "--from", path), "another centre", "--new-centre")
    well(sign(signed, tmp_path, "--from", path, "--new-centre"))
    assert keys_in(tmp_path, signed).intake == other.public


def test_the_first_keys_file_needs_a_carry_out_and_places(custodian: Path, tmp_path: Path) -> None:
    refused(sign(custodian, tmp_path), "--from")
    path = str(carried_out(tmp_path / "empty.carried", []))
    refused(sign(custodian, tmp_path, "--from", path), "--places")
    well(sign(custodian, tmp_path, "--from", path, "--made-up"))
    assert keys_in(tmp_path, custodian).made_up


def test_real_keys_never_become_a_demonstration_and_the_other_way_round(signed: Path, tmp_path: Path) -> None:
    refused(sign(signed, tmp_path, "--made-up"), "other keys for a demonstration")
    Custody(tmp_path / "demo").make(PASSPHRASE)
    (tmp_path / "keys.signed").unlink()
    well(sign(tmp_path / "demo", tmp_path, "--from", str(tmp_path / "empty.carried"), "--made-up"))
    well(sign(tmp_path / "demo", tmp_path))
    assert keys_in(tmp_path, tmp_path / "demo").made_up


@pytest.mark.parametrize("damage", [lambda content: content[:-1], lambda content: content[:-80] + b"x" + content[-79:]])
def test_a_damaged_carry_out_is_refused(signed: Path, tmp_path: Path, damage: object) -> None:
    rows = sealed(Custody(signed).collection(PASSPHRASE)[0].public, People(1, victim_voice()).many(12))
    path = carried_out(tmp_path / "rows.carried", rows)
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    refused(heard(signed, "release", "--from", str(path)), "copy it again")
    assert not (signed / "releases").exists()


def test_a_carry_out_of_an_unknown_centre_is_refused(signed: Path, tmp_path: Path) -> None:
    path = carried_out(tmp_path / "rows.carried", [], SigningKey(b"o" * 32))
    refused(heard(signed, "release", "--from", str(path)), "no keys file of this folder names")


def test_a_carry_out_that_is_not_there_is_named(signed: Path, tmp_path: Path) -> None:
    for verb in (["release"], ["review", "--by", "Ana"]):
        done = heard(signed, *verb, "--from", str(tmp_path / "nothing.carried"))
        refused(done, "nothing.carried is not there. Look for its right name and place")
    carried = carried_out(tmp_path / "empty.carried", [])
    for option in ("--themes", "--recipe"):
        done = heard(signed, "release", "--from", str(carried), option, str(tmp_path / "nothing.toml"))
        refused(done, "nothing.toml cannot be read", "Look for its right name and place")


@pytest.mark.parametrize("option", ["--from", "--questionnaire", "--translation", "--places", "--support-lines"])
def test_a_file_to_be_signed_that_is_not_there_is_named_with_what_to_do(
    signed: Path, tmp_path: Path, option: str
) -> None:
    beside = ["--questionnaire", str(VICTIM_VOICE_FILE)] if option == "--translation" else []
    done = heard(signed, "sign-keys", option, str(tmp_path / "nothing.md"), *beside, "--out", str(tmp_path / "out"))
    refused(done, "nothing.md", "ame and place")
    assert "Free some disk space" not in done.stderr


def test_a_wrong_passphrase_opens_nothing(signed: Path, tmp_path: Path) -> None:
    path = str(tmp_path / "empty.carried")
    refused(heard(signed, "release", "--from", path, HEARD_PASSPHRASE="not the passphrase"), "does not unlock")
    refused(sign(tmp_path / "empty-folder", tmp_path, "--from", path), "keygen")


def test_a_release_without_a_keys_file_says_what_to_do(custodian: Path, tmp_path: Path) -> None:
    path = str(carried_out(tmp_path / "rows.carried", []))
    refused(heard(custodian, "release", "--from", path), "sign-keys")


def test_the_walk_from_a_carried_file_to_a_verified_release(signed: Path, tmp_path: Path) -> None:
    (secret,) = Custody(signed).collection(PASSPHRASE)
    people = People(2, victim_voice()).many(40, period="2026-02")
    rows = sealed(secret.public, people)
    rows.append(("tablet", secret.public.seal(framed(a_tally("hub-1", offered=50, complete=30, core=11, left=4)))))
    rows.append(("tablet", bytes(5250)))
    path = carried_out(tmp_path / "rows.carried", rows)
    told = well(heard(signed, "release", "--from", str(path), "--json"))
    assert "41 received, 40 passed every check" in told
    assert "left out, not a row: 1" in told
    summary = json.loads(told.strip().splitlines()[-1])
    assert set(summary) == {"received", "tallies", "opened", "released_rows", "suppressed_cells", "release"}
    assert (summary["received"], summary["opened"], summary["released_rows"]) == (41, 40, 40)
    assert summary["tallies"]["offered"] == 50
    folder = signed / "releases" / summary["release"]
    told = well(heard(signed, "verify", str(folder)))
    assert "40 records" in told
    assert "Its attacker report is as it was signed." in told
    report = signed / "reports" / f"{folder.name}.txt"
    kept = report.read_bytes()
    report.write_bytes(kept.replace(b"Covered:", b"All covered:"))
    refused(heard(signed, "verify", str(folder)), f"{report} is not the attacker report that was signed")
    report.unlink()
    assert f"Its attacker report is not here: {report}" in well(heard(signed, "verify", str(folder)))
    report.write_bytes(kept)
    come_next = "All until 20", "has left. The centre prepares the next carry-out then"
    refused(heard(signed, "release", "--from", str(path)), "is not over. Wait until", *come_next)
    cut_off_at_its_last_step(signed, folder)
    again = heard(signed, "release", "--from", str(path))
    assert f"heard-1 was cut off at its last step and is finished now: {folder}. Verify it" in again.stdout
    refused(again, "is not over. Wait until", *come_next)
    assert "cut off" not in heard(signed, "release", "--from", str(path)).stdout
    cut_off_at_its_last_step(signed, folder, carried_to=tmp_path / "stick")
    gone = f"heard-1 was cut off at its last step, and {folder} is gone. It counts as released"
    assert gone in heard(signed, "release", "--from", str(path)).stdout
    (tmp_path / "stick").rename(folder)
    (folder / "codebook.json").write_text("{}")
    refused(heard(signed, "verify", str(folder)), "codebook.json in", "differs from what was signed")
    refused(heard(signed, "verify", str(tmp_path)), "no manifest.json")


def cut_off_at_its_last_step(custodian: Path, folder: Path, carried_to: Path | None = None) -> None:
    """As a power cut leaves it that comes between the signature and the release's place, or its line in the ledger."""
    authority, path = Custody(custodian).authority(PASSPHRASE), custodian / "ledger.json"
    said = read_signed("ledger", path.read_bytes(), authority.public)
    said["releases"][-1]["out"] = False
    path.write_bytes(write_signed("ledger", said, authority))
    folder.rename(carried_to or folder.with_name(f".unfinished-{folder.name}"))


def test_a_quarter_that_is_not_over_waits_unless_a_recipe_says_otherwise(signed: Path, tmp_path: Path) -> None:
    (secret,) = Custody(signed).collection(PASSPHRASE)
    now = f"{utc_day():%Y-%m}"
    path = str(
        carried_out(tmp_path / "rows.carried", sealed(secret.public, People(4, victim_voice()).many(20, period=now)))
    )
    refused(heard(signed, "release", "--from", path), "0 new responses", "20 more are of an epoch that is not over",
            "leaves once that is over, in 20", "The centre prepares the next carry-out then")  # fmt: skip
    recipe = tmp_path / "recipe.toml"
    recipe.write_text("extends = 'missing'\n")
    refused(heard(signed, "release", "--from", path, "--recipe", str(recipe)), "missing.toml cannot be read")
    shutil.copy(VICTIM_VOICE, tmp_path / VICTIM_VOICE.name)
    recipe.write_text(f"extends = '{VICTIM_VOICE.stem}'\n[epochs]\nmonths = 1\nwait = false\n")
    assert "20 records" in well(heard(signed, "release", "--from", path, "--recipe", str(recipe)))
    again = heard(signed, "release", "--from", path, "--recipe", str(recipe))
    refused(again, f"All until {now} that was here has left.", "This recipe waits for no epoch to end: release again")


def test_answers_are_nowhere_in_the_clear_in_the_custodians_folder(signed: Path, tmp_path: Path) -> None:
    (secret,) = Custody(signed).collection(PASSPHRASE)
    marker = "canary-" + secrets.token_hex(12)
    people = [
        replace(person, answers={**person.answers, "better": marker}) if "better" in person.answers else person
        for person in People(3, victim_voice()).many(30, period="2026-02")
    ]
    assert any(marker in str(person.answers) for person in people)
    path = carried_out(tmp_path / "rows.carried", sealed(secret.public, people))
    temporary, output = tmp_path / "temporary", tmp_path / "output"
    temporary.mkdir()
    untouched = temporary.stat().st_mtime_ns
    done = heard(signed, "release", "--from", str(path), "--json", TMPDIR=str(temporary))
    assert '"opened": 30' in well(done)
    output.write_text(done.stdout + done.stderr)
    for telltale in (marker, secret.seed.hex()):
        assert found(telltale, signed, temporary, output) == []
    assert not any(secret.seed in each.read_bytes() for each in signed.rglob("*") if each.is_file())
    assert temporary.stat().st_mtime_ns == untouched, "nothing was ever there, not even for a moment"


def test_the_seed_stays_in_its_file_when_keys_are_signed(signed: Path) -> None:
    (secret,) = Custody(signed).collection(PASSPHRASE)
    assert isinstance(secret, CollectionSecret)
    for path in signed.rglob("*.signed"):
        assert secret.seed.hex() not in path.read_text()


SHORT = """# Short

| survey | type | name | label |
|---|---|---|---|
| | select_one yesno | treatment | Was it good? |

| choices | list_name | name | label |
|---|---|---|---|
| | yesno | yes | Yes |
| | yesno | no | No |

| settings | form_id | version | form_title | default_language |
|---|---|---|---|---|
| | short | 1 | Short | en |
"""
