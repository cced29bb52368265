"""What has left already: no release differs from the last by a handful, and nobody gets around the ledger."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from custodian_world import People, sealed, victim_voice
from release_world import AUTHORITY, SECRET, records, release

from export.custodian.ledger import Entry, Ledger, LedgerRefused
from survey.signed import read_signed, write_signed


def test_a_second_release_waits_for_fifty_new_responses_and_holds_only_those(tmp_path: Path) -> None:
    people = People(8, victim_voice())
    early, late = people.many(40), people.many(50)
    release(tmp_path, sealed(SECRET.public, early))
    assert len(Ledger(tmp_path, AUTHORITY).released()) == 40
    too_few = r"since heard-made-up-1 and a release needs 50\. Wait for 1 more: at this pace about 1 week\."
    with pytest.raises(LedgerRefused, match=too_few):
        release(tmp_path, sealed(SECRET.public, early + late[:49]))
    second, report = release(tmp_path, sealed(SECRET.public, early + late))
    assert second.name == "heard-made-up-2"
    assert (report.opened, second.records) == (90, 50)
    with pytest.raises(LedgerRefused, match="0 new responses"):
        release(tmp_path, sealed(SECRET.public, early + late))


def test_a_response_whose_fuller_copy_comes_late_does_not_leave_twice(tmp_path: Path) -> None:
    people = [one for one in People(9, victim_voice()).many(40) if one.status == "complete"]
    core = {one.name for one in victim_voice().core_items()}
    early = [
        replace(one, status="core", answers={name: said for name, said in one.answers.items() if name in core})
        for one in people
    ]
    release(tmp_path, sealed(SECRET.public, early))
    with pytest.raises(LedgerRefused, match="0 new responses"):
        release(tmp_path, sealed(SECRET.public, early + people))


def test_a_series_keeps_the_levels_of_its_first_release(tmp_path: Path) -> None:
    people = People(10, victim_voice())
    few, _ = release(tmp_path, sealed(SECRET.public, people.many(40)))
    many = [replace(one, answers={**one.answers, "borough": "camden"}) for one in people.many(120)]
    later, _ = release(tmp_path, sealed(SECRET.public, many))
    assert few.levels["borough"] == later.levels["borough"] == "London"
    assert {record["borough"] for record in records(later)} <= {"london", "[c]", "[x]"}


def test_the_ledger_keeps_no_id_that_a_centre_would_know(tmp_path: Path) -> None:
    people = People(11, victim_voice()).many(20)
    released, _ = release(tmp_path, sealed(SECRET.public, people))
    content = (tmp_path / "ledger.json").read_text()
    entry = read_signed("ledger", content.encode(), AUTHORITY.public)["releases"][0]
    assert entry["manifest"] == hashlib.sha256((released.folder / "manifest.json").read_bytes()).hexdigest()
    kept = base64.b64decode(entry["responses"])
    assert not any(bytes.fromhex(person.response) in kept or person.response in content for person in people)
    digests = [kept[start : start + 32] for start in range(0, len(kept), 32)]
    assert digests == sorted(hashlib.sha256(bytes.fromhex(person.response)).digest() for person in people)


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"heard":"ledger 1","releases":[{}]}', b"\xff"])
def test_nothing_leaves_without_a_readable_ledger(tmp_path: Path, damage: bytes) -> None:
    people = People(12, victim_voice())
    release(tmp_path, sealed(SECRET.public, people.many(20)))
    (tmp_path / "ledger.json").write_bytes(damage)
    with pytest.raises(LedgerRefused, match="Put a copy of it back"):
        release(tmp_path, sealed(SECRET.public, people.many(60)))
    (tmp_path / "ledger.json").unlink()
    with pytest.raises(LedgerRefused, match="missing though releases were made"):
        release(tmp_path, sealed(SECRET.public, people.many(60)))


def test_a_release_cut_off_before_it_stood_never_was(tmp_path: Path) -> None:
    people = People(13, victim_voice()).many(30)
    responses = b"".join(sorted(hashlib.sha256(bytes.fromhex(one.response)).digest() for one in people))
    noted = Entry("heard-made-up-1", "heard", "00" * 32, "", {"month": "month"}, "2026-12", responses, b"", out=False)
    Ledger(tmp_path, AUTHORITY).note(noted)
    (tmp_path / "releases/.unfinished-heard-made-up-1").mkdir(parents=True)
    released, _ = release(tmp_path, sealed(SECRET.public, people))
    assert (released.name, released.records) == ("heard-made-up-1", 30)
    assert [path.name for path in (tmp_path / "releases").iterdir()] == ["heard-made-up-1"]


def test_a_release_cut_off_after_it_stood_counts(tmp_path: Path) -> None:
    people = People(14, victim_voice()).many(30)
    released, _ = release(tmp_path, sealed(SECRET.public, people))
    said = read_signed("ledger", (tmp_path / "ledger.json").read_bytes(), AUTHORITY.public)
    said["releases"][0]["out"] = False
    (tmp_path / "ledger.json").write_bytes(write_signed("ledger", said, AUTHORITY))
    assert len(Ledger(tmp_path, AUTHORITY).released()) == released.records
    with pytest.raises(LedgerRefused, match="0 new responses"):
        release(tmp_path, sealed(SECRET.public, people))
