"""The whole walk, by the commands of the README: real processes, real HTTP, real files."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import urllib3

from kiosk.enrolment import OUTBOX
from survey.demo import Demo
from survey.made_up import Browser, Plan, answer_all
from survey.store import Store

RESPONDENTS = 60


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Demo, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("journey") / "demo"
    command = [sys.executable, "-m", "survey", "demo", "--once", "--respondents", str(RESPONDENTS)]
    done = subprocess.run(
        [*command, "--instance", str(folder)], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Demo(folder), json.loads(done.stdout.strip().splitlines()[-1])


def test_the_summary_has_the_keys_that_the_readme_names(walked: tuple[Demo, dict[str, Any]]) -> None:
    _, summary = walked
    assert set(summary) == {
        "respondents", "complete", "core", "left", "stored", "received", "tallies", "opened", "released_rows",
        "suppressed_cells", "release",
    }  # fmt: skip


def test_everybody_who_was_told_that_theirs_was_kept_is_received_and_opened(
    walked: tuple[Demo, dict[str, Any]],
) -> None:
    _, summary = walked
    assert summary["respondents"] == RESPONDENTS
    assert summary["complete"] + summary["core"] + summary["left"] == RESPONDENTS
    assert summary["stored"] == summary["complete"] + summary["core"]
    assert summary["received"] == summary["stored"]
    assert summary["opened"] == summary["received"]
    assert 0 < summary["released_rows"] <= summary["opened"]


def test_the_tallies_agree_with_what_people_did(walked: tuple[Demo, dict[str, Any]]) -> None:
    _, summary = walked
    tallies = summary["tallies"]
    assert tallies["offered"] == RESPONDENTS
    assert (tallies["complete"], tallies["core"], tallies["left"]) == (
        summary["complete"],
        summary["core"],
        summary["left"],
    )


def test_the_release_is_whole_signed_and_labelled_made_up(walked: tuple[Demo, dict[str, Any]]) -> None:
    demo, summary = walked
    folder = demo.custodian / "releases" / summary["release"]
    checked = [sys.executable, "-m", "export", "verify", "--instance", str(demo.custodian), str(folder)]
    assert subprocess.run(checked, capture_output=True, check=False).returncode == 0
    manifest = json.loads(json.loads((folder / "manifest.json").read_text())["body"])
    assert manifest["made_up"] is True
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert "made up" in (folder / "codebook.json").read_text().lower().replace("-", " ")


def test_no_record_carries_free_text_or_an_id(walked: tuple[Demo, dict[str, Any]]) -> None:
    demo, summary = walked
    with (demo.custodian / "releases" / summary["release"] / "records.csv").open(encoding="utf-8-sig") as file:
        records = list(csv.DictReader(file))
    assert len(records) == summary["released_rows"]
    assert "experience" in records[0]
    assert not {"response", "id", "comment", "again"} & set(records[0])


def test_an_analyst_pulls_the_release_and_the_pull_is_written_down(walked: tuple[Demo, dict[str, Any]]) -> None:
    demo, summary = walked
    token = demo.verb("export", "token", demo.centre, "add", "ana").strip().splitlines()[-1].strip()
    with demo.running("export", "serve", demo.centre) as address:
        asked = urllib3.PoolManager(retries=False)
        bearer = {"Authorization": f"Bearer {token}"}
        pulled = asked.request("GET", f"{address}api/releases/{summary['release']}/records.csv", headers=bearer)
        refused = asked.request("GET", f"{address}api/releases/{summary['release']}/records.csv", redirect=False)
        asked.clear()
    assert pulled.status == 200
    assert pulled.data == (demo.custodian / "releases" / summary["release"] / "records.csv").read_bytes()
    assert refused.status in {401, 403}
    assert "ana" in demo.verb("export", "audit", demo.centre)


def test_nothing_waits_on_the_tablet_any_more(walked: tuple[Demo, dict[str, Any]]) -> None:
    demo, _ = walked
    store = Store(demo.tablet / OUTBOX)
    assert [store.count(shelf) for shelf in store.shelves] == [0, 0]
    store.close()


def test_the_tablets_next_thanks_page_says_how_many_have_answered(walked: tuple[Demo, dict[str, Any]]) -> None:
    demo, summary = walked
    with demo.running("export", "serve", demo.centre):
        demo.verb("kiosk", "sync", demo.tablet)
    with demo.running("kiosk", "run", demo.tablet) as address:
        person = Browser(address)
        thanks = answer_all(person, person.get("/"), Plan("core", 11).chooses(), None)
        person.close()
    assert f"{summary['released_rows']} people have answered" in thanks.words


def test_a_demonstration_never_starts_in_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("")
    command = [sys.executable, "-m", "survey", "demo", "--once", "--respondents", "50", "--instance", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "not empty" in done.stderr
