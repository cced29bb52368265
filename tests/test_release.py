"""A release: a folder of files in which nobody can be found, whole or not at all, each response in one only."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from custodian_world import People, Rows, sealed, victim_voice
from release_world import (
    AUTHORITY,
    RECIPE,
    SECRET,
    WAITING,
    WRITERS,
    codebook,
    records,
    release,
    release_of,
    unpacked,
    who,
)
from small_instruments import instrument, item, option, page
from small_recipes import fitting

from export.centre.releases import Releases
from export.custodian.disclosure import TooFew
from export.custodian.formats import safe_cell
from export.custodian.ledger_file import LedgerRefused
from export.custodian.records import BY_DEFINITION
from export.custodian.release import Released
from export.custodian.table import ALIKE, RELEASE
from export.manifest import ReleaseRefused, verified
from forms.instrument import Instrument
from forms.response import Response
from survey.languages import drafts
from survey.sealing import SigningKey

KEYS_OF_TWO = (item("age", "integer", disclosure="key"), item("stage", disclosure="key"))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Released, list[Response]]:
    people = People(1, victim_voice()).many(200)
    people += People(2, victim_voice()).many(20, quick=True, language="en")
    released, _ = release(tmp_path_factory.mktemp("custodian"), sealed(SECRET.public, people))
    return released, people


def test_every_class_in_the_written_file_holds_five(first: tuple[Released, list[Response]]) -> None:
    released, _ = first
    keys = [column["column"] for column in codebook(released)["columns"] if column["treatment"] == "key"]
    assert set(BY_DEFINITION) <= set(keys)
    assert {"crime", "borough", "age", "stage"} <= set(keys)
    sizes: Counter[tuple[str, ...]] = Counter()
    for record in records(released):
        rest = (cell if cell in {"[z]", "[c]"} else "" for name, cell in record.items() if name not in {*keys, ALIKE})
        sizes[(*(record[key] for key in keys), *rest)] += 1
    assert min(sizes.values()) >= 5


def test_every_response_is_there(first: tuple[Released, list[Response]]) -> None:
    released, people = first
    assert released.records == len(records(released)) == len(people)
    assert released.left_out == 0


def test_blank_cells_are_counted_as_they_stand_in_the_file(first: tuple[Released, list[Response]]) -> None:
    released, _ = first
    blank = Counter(name for record in records(released) for name, cell in record.items() if cell == "[c]")
    assert blank.total() == released.suppressed_cells
    for column in codebook(released)["columns"]:
        assert column["suppressed"] == blank[column["column"]]


def test_no_free_text_no_id_and_no_withheld_item_leaves(first: tuple[Released, list[Response]]) -> None:
    released, people = first
    assert any("CANARY" in str(person.answers.get("better")) for person in people)
    for path in released.folder.iterdir():
        content = path.read_bytes()
        assert b"CANARY" not in content
        for person in people:
            assert person.response.encode() not in content
            assert bytes.fromhex(person.response) not in content
    assert "better" not in records(released)[0]


def test_records_stand_in_the_order_of_their_content(tmp_path: Path) -> None:
    people = People(3, victim_voice()).many(60)
    one, _ = release(tmp_path / "one", sealed(SECRET.public, people))
    renamed = [replace(person, response=f"{place:032x}") for place, person in enumerate(reversed(people))]
    other, _ = release(tmp_path / "other", sealed(SECRET.public, renamed))
    assert (one.folder / "records.csv").read_bytes() == (other.folder / "records.csv").read_bytes()


def test_of_who_stopped_early_no_record_tells_whether_they_wrote(tmp_path: Path) -> None:
    """Who wrote came to the page of the open question: what was skipped on the way to it must not stand as shown."""
    core = {"experience": "sat1", "contact": "sat1", "actions": "sat1", "informed": "sat1", "treated": "dis1"}
    core |= {"crime": "burglary", "borough": "camden", "more": "yes", "stage": "early"}
    for more in ({}, {"services": "yes"}):
        wrote, silent = (
            [replace(who(n, victim_voice(), {**core, **more, **said}), status="core") for n in range(24)]
            for said in ({"better": "so slow"}, {})
        )
        told = [
            release(tmp_path / f"{len(more)}-{n}", sealed(SECRET.public, people))[0]
            for n, people in enumerate((wrote, silent))
        ]
        assert records(told[0]) == records(told[1])


def test_not_asked_and_skipped_are_told_apart(first: tuple[Released, list[Response]]) -> None:
    released, _ = first
    assert codebook(released)["missing"] == {
        "[z]": "Not asked, or not reached",
        "[x]": "Asked, not answered; where the column is calculated, nothing came of it",
        "[c]": "Held back so that nobody can be found",
    }
    told = records(released)
    assert all(record["contact"] != "[z]" for record in told)
    assert any(record["contact"] == "[x]" for record in told)
    assert all(record["services"] in {"[z]", "[c]"} for record in told if record["status"] == "core")


def test_the_codebook_says_what_every_column_and_code_means(first: tuple[Released, list[Response]]) -> None:
    released, _ = first
    book, told = codebook(released), records(released)
    assert [column["column"] for column in book["columns"]] == list(told[0])
    assert book["questionnaires"][0]["digest"] == victim_voice().digest()
    for column in book["columns"]:
        codes = {code["code"] for code in column["codes"]} | set(book["missing"])
        assert {record[column["column"]] for record in told} <= codes
        assert column["question"]["en"]
        assert all(code["label"]["en"] for code in column["codes"])
        assert column["answered"] == sum(record[column["column"]] not in book["missing"] for record in told)
    experience = next(column for column in book["columns"] if column["column"] == "experience")
    assert [(code["code"], code["label"]["en"], code["number"]) for code in experience["codes"]][:2] == [
        ("sat3", "Completely satisfied", 1),
        ("sat2", "Very satisfied", 2),
    ]
    assert set(experience["unverified_wording"]) == set(victim_voice().languages), "all are drafts until reviewed"
    more = next(column for column in book["columns"] if column["column"] == "more")
    assert more["unverified_wording"] == sorted(drafts(victim_voice(), ())), "its English is our own"
    borough = next(column for column in book["columns"] if column["column"] == "borough")
    assert borough["told_as"] in {"police area", "zone", "London"}


def test_a_demonstration_says_so_everywhere(first: tuple[Released, list[Response]], tmp_path: Path) -> None:
    released, people = first
    assert released.name == "heard-made-up-1"
    assert "MADE UP" in codebook(released)["made_up"]
    assert verified(released.folder, AUTHORITY.public).made_up is True
    real, _ = release(tmp_path, sealed(SECRET.public, people), made_up=False)
    assert real.name == "heard-1"
    assert codebook(real)["made_up"] is None
    assert verified(real.folder, AUTHORITY.public).made_up is False


def test_the_manifest_names_the_files_by_hash_and_any_change_is_found(tmp_path: Path) -> None:
    released, _ = release(tmp_path, sealed(SECRET.public, People(4, victim_voice()).many(30)))
    manifest = verified(released.folder, AUTHORITY.public)
    assert set(manifest.files) == {
        "codebook.json", "counts.csv", "figures.csv", "public.json", "records.csv", "records.dta", "records.parquet",
        "records.sav", "records.xlsx", "tables.xlsx",
    }  # fmt: skip
    assert (manifest.name, manifest.records) == (released.name, released.records)
    with pytest.raises(ReleaseRefused):
        verified(released.folder, SigningKey(b"b" * 32).public)
    with (released.folder / "records.csv").open("a") as file:
        file.write("one,more\n")
    with pytest.raises(ReleaseRefused, match=r"records\.csv in \S+ differs"):
        verified(released.folder, AUTHORITY.public)


def test_the_manifest_says_which_attacker_report_belongs_to_it_and_nobody_can_guess_the_report_from_that(
    tmp_path: Path,
) -> None:
    rows, reports, said = sealed(SECRET.public, People(4, victim_voice()).many(30)), [], []
    for again in ("one", "other"):
        released, _ = release(tmp_path / again, rows)
        reports.append((tmp_path / again / "reports" / f"{released.name}.txt").read_bytes())
        said.append(verified(released.folder, AUTHORITY.public).more["report"])
    assert said == [hashlib.sha256(report).hexdigest() for report in reports]
    assert reports[0].splitlines()[:-1] == reports[1].splitlines()[:-1]
    assert said[0] != said[1], "it has few numbers: whoever tries them all must not find them by the hash"
    centre, report = Releases(tmp_path / "centre", AUTHORITY.public), tmp_path / "other" / "reports/heard-made-up-1.txt"
    report.write_bytes(reports[0])
    with pytest.raises(ReleaseRefused, match=f"{report} is not the attacker report that was signed"):
        centre.publish(released.folder)
    assert centre.listed() == []
    report.write_bytes(reports[1])
    assert centre.publish(released.folder)[1]


def test_a_release_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    released, _ = release(tmp_path, sealed(SECRET.public, People(5, victim_voice()).many(20)))
    for path in released.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_too_few_are_refused_with_the_number_still_needed_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(LedgerRefused, match="Wait for 3 more"):
        release(tmp_path, sealed(SECRET.public, People(6, victim_voice()).many(7)))
    with pytest.raises(LedgerRefused, match="Wait for 10 more"):
        release(tmp_path, [])
    assert list(tmp_path.rglob("*")) == []


def test_open_door_answers_do_not_count_towards_a_release(tmp_path: Path) -> None:
    people = People(7, victim_voice())
    rows = sealed(SECRET.public, people.many(9)) + sealed(SECRET.public, people.many(60, mode="link"), "open")
    with pytest.raises((LedgerRefused, TooFew), match="Wait for 1 more"):
        release(tmp_path, rows)


def naming(released: Released, value: str) -> list[str]:
    """The files that have a value anywhere; not as a part of another."""
    alone = re.compile(rf"(?<![0-9A-Za-z.-]){re.escape(value)}(?![0-9A-Za-z])")
    return [name for name, text in unpacked(released).items() if alone.search(text)]


@pytest.mark.parametrize("known", [{}, {"age": 40}], ids=["in all they know", "but for the age"])
def test_nine_forged_answers_at_the_open_door_around_a_real_one_expose_nobody(
    tmp_path: Path, known: dict[str, int]
) -> None:
    made = instrument(page("p1", item("experience", core=True, disclosure="sensitive")), page("p2", *KEYS_OF_TWO))
    crowd = [who(n, made, {"experience": "yes", "age": 40, "stage": "no"}) for n in range(30)]
    real = who(99, made, {"experience": "no", "age": 90417, "stage": "yes"})
    forged = [replace(real, response=f"{1000 + n:032x}", mode="link", answers={**real.answers}) for n in range(9)]
    as_if_theirs = [replace(one, answers={**one.answers, "experience": "yes", **known}) for one in forged]
    rows = sealed(SECRET.public, [*crowd, real]) + sealed(SECRET.public, as_if_theirs, "open")
    released = release_of(tmp_path, rows, made)
    told = records(released)
    assert not any(record["age"] == "90417" or record["stage"] == "yes" for record in told)
    assert naming(released, "90417") == []
    for record in told:
        alike = [one for one in told if (one["age"], one["stage"]) == (record["age"], record["stage"])]
        assert sum(one["mode"] != "link" for one in alike) >= 5


def in_a_process_of_its_own(folder: Path, rows: Rows, script: str, *more: str) -> subprocess.CompletedProcess[str]:
    """Run a script with ``t``, the world of these tests, ``folder`` and ``rows``."""
    (folder / "rows.json").write_text(json.dumps([SECRET.seed.hex(), [(door, row.hex()) for door, row in rows]]))
    given = (
        "import json, os, resource, signal, sys; from pathlib import Path; import release_world as t;"
        "from export.custodian.unsealing import CollectionSecret;"
        "folder = Path(sys.argv[1]); seed, rows = json.loads((folder / 'rows.json').read_text());"
        "t.SECRET = CollectionSecret(bytes.fromhex(seed)); rows = [(door, bytes.fromhex(row)) for door, row in rows]\n"
    )
    paths = os.pathsep.join([str(Path(__file__).parents[1]), str(Path(__file__).parent)])
    return subprocess.run(
        [sys.executable, "-c", given + script, str(folder), *more],
        env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_full_disk_leaves_no_release_and_no_trace_in_the_ledger(tmp_path: Path) -> None:
    """A real limit on the size of files, met by each kind of file in turn; the cause and the file are named."""
    script = """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
for write in t.WRITERS:
    try:
        t.release(folder, rows, writers=[write])
    except OSError as fault:
        print(fault, file=sys.stderr)
"""
    done = in_a_process_of_its_own(tmp_path, sealed(SECRET.public, People(15, victim_voice()).many(60)), script)
    assert done.returncode == 0, done.stderr
    faults = [line for line in done.stderr.splitlines() if line.startswith("[Errno")]
    assert len(faults) == len(WRITERS)
    assert all(f"[Errno {errno.EFBIG}]" in fault or "Is the disk full?" in fault for fault in faults)
    assert not (tmp_path / "ledger.json").exists()
    assert list((tmp_path / "releases").iterdir()) == []


@pytest.mark.parametrize("written", [0, 3, len(WRITERS)])
def test_killed_at_any_moment_no_part_of_a_release_stands_and_the_next_is_whole(tmp_path: Path, written: int) -> None:
    rows = sealed(SECRET.public, People(16, victim_voice()).many(40))
    kill = "lambda *_: os.kill(os.getpid(), signal.SIGKILL)"
    script = f"t.release(folder, rows, writers=[*t.WRITERS[:{written}], {kill}, *t.WRITERS[{written}:]])"
    done = in_a_process_of_its_own(tmp_path, rows, script)
    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "ledger.json").exists()
    assert [path.name for path in (tmp_path / "releases").iterdir()] == [".unfinished-heard-made-up-1"]
    released, _ = release(tmp_path, rows)
    assert verified(released.folder, AUTHORITY.public).records == 40
    assert list((tmp_path / "releases").iterdir()) == [released.folder]


def killed_when(folder: Path, rows: Rows, step: str) -> None:
    """Release, and die at a step: just before the files of this name are put in place, the last of them or an earlier.

    What a file is renamed to is told by the interpreter itself, whoever does it.
    """
    script = """
def die_at(event, said):
    if event == "os.rename":
        seen.append(Path(said[1]).name)
        if f"{seen[-1]} {seen.count(seen[-1])}" == sys.argv[2]:
            os.kill(os.getpid(), signal.SIGKILL)
seen = []
sys.addaudithook(die_at)
t.release(folder, rows)
"""
    done = in_a_process_of_its_own(folder, rows, script, step)
    assert done.returncode == -signal.SIGKILL, done.stderr


SIGNING = ("public.json 1", "ledger.unsigned 2", "manifest.json 1")
LAST_STEPS = (
    "heard-made-up-1.txt 1", "ledger.unsigned 1", "ledger.json 1", *SIGNING, "heard-made-up-1 1", "ledger.json 2",
)  # fmt: skip


@pytest.mark.parametrize("step", LAST_STEPS)
def test_killed_at_any_of_the_last_steps_nobody_is_in_two_signed_releases_and_nobody_is_lost(
    tmp_path: Path, step: str
) -> None:
    rows = sealed(SECRET.public, People(16, victim_voice()).many(40))
    killed_when(tmp_path, rows, step)
    copies = tmp_path / "copies"
    shutil.copytree(tmp_path / "releases", copies)
    signed = [one for one in copies.iterdir() if (one / "manifest.json").exists()]
    if signed:
        with pytest.raises(LedgerRefused, match="0 new responses"):
            release(tmp_path, rows)
    else:
        release(tmp_path, rows)
    (stands,) = (tmp_path / "releases").iterdir()
    assert stands.name == "heard-made-up-1"
    assert verified(stands, AUTHORITY.public).records == 40
    assert all((one / "manifest.json").read_bytes() == (stands / "manifest.json").read_bytes() for one in signed)


@pytest.mark.parametrize("step", LAST_STEPS[:-1])
def test_refused_at_any_of_the_last_steps_nothing_was_written(tmp_path: Path, step: str) -> None:
    """The interpreter itself refuses the step, once."""
    script = """
def refuse(event, said):
    if event == "os.rename":
        seen.append(Path(said[1]).name)
        if f"{seen[-1]} {seen.count(seen[-1])}" == sys.argv[2]:
            raise OSError("refused, as asked")
seen = []
sys.addaudithook(refuse)
try:
    t.release(folder, rows)
except OSError as fault:
    print(fault)
stands = [str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()]
from export.custodian.ledger import Ledger
told = Ledger(folder, t.AUTHORITY).entries
print(stands, told)
"""
    done = in_a_process_of_its_own(tmp_path, sealed(SECRET.public, People(16, victim_voice()).many(40)), script, step)
    told = done.stdout.splitlines()
    assert told[0] == "refused, as asked", done.stderr
    assert told[1].replace("'ledger.json', ", "").replace(", 'ledger.json'", "") == "['rows.json'] []"


def test_carried_away_before_the_ledger_knew_that_it_stood_a_release_has_left_all_the_same(tmp_path: Path) -> None:
    rows = sealed(SECRET.public, People(16, victim_voice()).many(40))
    killed_when(tmp_path, rows, "ledger.json 2")
    stick = tmp_path / "stick"
    shutil.move(tmp_path / "releases/heard-made-up-1", stick)
    assert verified(stick, AUTHORITY.public).records == 40
    with pytest.raises(LedgerRefused, match="0 new responses"):
        release(tmp_path, rows)


@pytest.mark.parametrize("step", SIGNING)
def test_who_deletes_what_is_unfinished_before_it_was_signed_loses_nobody(tmp_path: Path, step: str) -> None:
    rows = sealed(SECRET.public, People(16, victim_voice()).many(40))
    killed_when(tmp_path, rows, step)
    shutil.rmtree(tmp_path / "releases/.unfinished-heard-made-up-1")
    assert release(tmp_path, rows)[0].records == 40


@pytest.mark.parametrize("until", ["the folder has made room", "somebody makes room"])
def test_a_disk_that_is_full_at_the_last_steps_loses_nobody(tmp_path: Path, until: str) -> None:
    """The interpreter refuses the signature, and the ledger for as long as there is no room."""
    rows = sealed(SECRET.public, People(16, victim_voice()).many(40))
    script = """
import errno
def refuse(event, said):
    if event == "os.rename":
        seen.append(Path(said[1]).name)
        room = sys.argv[2] == "the folder has made room" and not any((folder / "releases").glob(".*/records.csv"))
        again = seen.count("ledger.json") > 1 and not room
        if seen[-1] == "manifest.json" or (seen[-1] == "ledger.json" and again):
            raise OSError(errno.ENOSPC, "No space left on device")
seen = []
sys.addaudithook(refuse)
try:
    t.release(folder, rows)
except OSError as fault:
    print(fault)
"""
    done = in_a_process_of_its_own(tmp_path, rows, script, until)
    assert "No space left on device" in done.stdout, done.stderr
    assert list((tmp_path / "releases").iterdir()) == list((tmp_path / "reports").iterdir()) == []
    assert release(tmp_path, rows)[0].records == 40
    assert not (tmp_path / "ledger.unsigned").exists()


def with_everything() -> Instrument:
    """One of each kind, a gate, and calculations from a key, from a gate and from free text."""
    several = (option("visit"), option("call"))
    return instrument(
        page(
            "p1", item("experience", core=True), item("actions", "select_multiple", options=several, disclosure="key")
        ),
        page("p2", item("age", "integer", low=0, high=99), item("agreed", "acknowledge"), item("day", "date")),
        page("p3", item("court", relevant="${experience} = 'yes'"), item("words", "text"), item("told", "note")),
        page("p4", item("secret", disclosure="withhold"), item("status", "decimal")),
        calculations=[
            item("older", "calculate", calculation="${age} + 1"),
            item("length", "calculate", calculation="string-length(${words})"),
            item("hinted", "calculate", calculation="if(${secret} = 'yes', 1, 0)"),
            item("visited", "calculate", calculation="if(selected(${actions}, 'visit'), '=1+1', 'no')"),
        ],
    )


def test_each_kind_of_item_has_its_columns(tmp_path: Path) -> None:
    made = with_everything()
    said = {"experience": "yes", "actions": ("visit",), "age": -0 + 41, "agreed": True, "day": "2026-11-05"}
    said |= {"court": "no", "words": "CANARY", "secret": "yes", "status": -2.5}
    people = [
        Response(f"{n:032x}", made.id, made.digest(), "kiosk", "hub-1", "2026-11", "en", "complete", False, said)  # noqa: FBT003
        for n in range(12)
    ]
    released = release_of(tmp_path, sealed(SECRET.public, people), made)
    assert records(released)[0] == {
        "place": "hub-1", "mode": "kiosk", "month": "2026-11", "language": "en", "status": "complete", "quick": "no",
        "came_back": "no",
        "experience": "yes", "actions_visit": "1", "actions_call": "0", "age": "41", "agreed": "1",
        "day": "2026-11-05", "court": "no", "status_": "-2.5", "older": "42", "visited": "'=1+1", "alike": "no",
        "release": "heard-made-up-1", "recipe": fitting(RECIPE, made).digest,
    }  # fmt: skip
    treatment = {column["column"]: column["treatment"] for column in codebook(released)["columns"]}
    assert treatment["visited"] == treatment["actions_call"] == "key"
    assert treatment["older"] == "kept as answered"


def test_two_versions_of_a_questionnaire_share_their_columns(tmp_path: Path) -> None:
    old = instrument(page("p1", item("experience", core=True)), page("p2", item("gone")))
    new = instrument(page("p1", item("experience", core=True, options=(option("no"), option("yes"), option("unsure")))))
    people = [
        Response(f"{n:032x}", one.id, one.digest(), "kiosk", "hub-1", "2026-11", "en", "complete", False, said)  # noqa: FBT003
        for n, (one, said) in enumerate(
            [(old, {"experience": "yes", "gone": "no"}), (new, {"experience": "unsure"})] * 15
        )
    ]
    released = release_of(tmp_path, sealed(SECRET.public, people), new, old)
    told = Counter((record["experience"], record["gone"]) for record in records(released))
    assert told == {("yes", "no"): 15, ("unsure", "[z]"): 15}


@pytest.mark.parametrize("cell", ["=1+1", "+44", "-x", "@SUM(A1)", "\tx", "\rx", "-", "-1+1", "=-1"])
def test_no_cell_runs_in_a_spreadsheet(cell: str) -> None:
    assert safe_cell(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["sat3", "[z]", "-5", "-2.5", "0", "1e-07", "", "2026-11"])
def test_plain_cells_and_numbers_stay_as_they_are(cell: str) -> None:
    assert safe_cell(cell) == cell


def test_what_was_blanked_or_left_out_is_not_named_in_the_codebook(tmp_path: Path) -> None:
    made = instrument(page("p1", item("experience", core=True)), page("p2", item("age", "integer", disclosure="key")))
    people = [who(n, made, {"experience": "yes", "age": 40}) for n in range(30)]
    lone = replace(who(99, made, {"experience": "yes", "age": 93}), place="counter-1", period="2026-03")
    released = release_of(tmp_path, sealed(SECRET.public, [*people, lone]), made)
    codes = {column["column"]: {one["code"] for one in column["codes"]} for column in codebook(released)["columns"]}
    for column in ("age", "month"):
        assert codes[column] == {record[column] for record in records(released)} - {"[c]"}


def test_what_was_blanked_is_in_no_file_however_packed(tmp_path: Path) -> None:
    made = instrument(
        page("p1", item("experience", core=True)),
        page("p2", item("age", "integer", disclosure="key"), item("day", "date", disclosure="key")),
        page("p3", item("score", "integer", low=-9, disclosure="key"), item("rate", "decimal", disclosure="key")),
        calculations=[item("older", "calculate", calculation="${age} + 1")],
    )
    said = {"experience": "yes", "age": 40, "day": "2026-11-05", "score": 3, "rate": 4.0}
    people = [who(n, made, said) for n in range(30)]
    alone = {"age": 90417, "day": "2026-01-02", "score": -7, "rate": 2.5}
    lone = replace(who(99, made, said | alone), place="counter-1", period="2026-03")
    released = release_of(tmp_path / "with", sealed(SECRET.public, [*people, lone]), made)
    assert (released.records, released.left_out) == (31, 0)
    for value in ("90417", "90418", "2026-01-02", "-7", "2.5", "2026-03", "2026-Q1", "2026-H1"):
        assert naming(released, value) == []
    without = release_of(tmp_path / "without", sealed(SECRET.public, people), made)
    for value in ("40", "41", "2026-11-05"):
        assert {"records.parquet", "records.xlsx", "codebook.json"} <= set(naming(without, value)), "is found at all"
    told = [{one["column"]: one["spss_and_stata"] for one in codebook(each)["columns"]} for each in (released, without)]
    assert told[0] == told[1], "a missing code that moves says how low an answer was"
    kinds = [type(number) for column in codebook(released)["columns"] for number in missing(column)]
    assert set(kinds) == {int}


def missing(column: dict[str, Any]) -> list[float]:
    return list(column["spss_and_stata"]["missing_in_spss"].values())


def test_a_late_answers_month_is_in_no_file_however_packed(tmp_path: Path) -> None:
    summer = [replace(one, period="2026-08") for one in People(5, victim_voice()).many(150)]
    late = replace(People(9, victim_voice()).response(), period="2025-05")
    released, _ = release(tmp_path, sealed(SECRET.public, [*summer, late]), recipe=WAITING, month="2026-10")
    assert released.records + released.left_out == 151
    for span in ("2025-05", "2025-Q2", "2025-H1", "2025", "May 2025", "January to June 2025"):
        assert naming(released, span) == []


def test_a_withheld_answer_cannot_be_read_from_what_was_asked_because_of_it(tmp_path: Path) -> None:
    made = instrument(
        page("p1", item("experience", core=True), item("secret", disclosure="withhold")),
        page("p2", item("because", relevant="${secret} = 'yes'"), item("plain")),
        page("p3", item("in_turn", relevant="${because} = 'no'")),
    )
    asked_more = {"secret": "yes", "because": "no", "in_turn": "no"}
    people = [
        who(n, made, {"experience": "yes", "plain": "no", **(asked_more if n % 2 else {"secret": "no"})})
        for n in range(40)
    ]
    released = release_of(tmp_path, sealed(SECRET.public, people), made)
    assert list(records(released)[0])[len(BY_DEFINITION) :] == ["experience", "plain", ALIKE, RELEASE, "recipe"]


def test_a_list_that_a_key_filters_tells_no_more_of_the_key_than_the_key_itself(tmp_path: Path) -> None:
    boroughs = ("hackney", "camden", "barnet", "brent", "newham")
    wards = tuple(option(f"ward-{one}", attributes={"of": one}) for one in boroughs)
    made = instrument(
        page("p1", item("experience", core=True)),
        page("p2", item("borough", options=tuple(map(option, boroughs)), disclosure="key")),
        page("p3", item("ward", options=wards, choice_filter="of = ${borough}")),
        page("p4", item("street", options=wards, choice_filter="name = ${ward}")),
    )
    lived = [*(["hackney"] * 40), *(list(boroughs) * 3)]
    people = [
        who(n, made, {"experience": "yes", "borough": one, "ward": f"ward-{one}", "street": f"ward-{one}"})
        for n, one in enumerate(lived)
    ]
    released = release_of(tmp_path, sealed(SECRET.public, people), made)
    for column in ("borough", "ward", "street"):
        assert min(Counter(record[column] for record in records(released)).values()) >= 5
