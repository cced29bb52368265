"""`export pull`: every release whole and as the custodian signed it, going on where a pull broke off."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import urllib3
from centre_world import World, told_world
from test_publish import built

from export.centre.admitting import issue_token, revoke_token
from export.centre.instance import Centre
from survey.fingerprint import authority_words
from survey.single import alone

RELEASE = "london-2026-1"
LARGE = b"area,share\nLondon,61\n" * 100_000


@pytest.fixture
def told(tmp_path: Path) -> Iterator[tuple[World, Centre, str]]:
    with told_world(tmp_path / "centre") as (world, centre, address):
        releases = centre.releases()
        assert releases is not None
        releases.publish(built(tmp_path, world.authority, public={"tables.csv": LARGE}))
        yield world, centre, address


def pull(
    told: tuple[World, Centre, str], into: Path, *more: str, token: str = "", **environ: str
) -> subprocess.CompletedProcess[str]:
    """An analyst's command, with a token that the operator made for it."""
    world, centre, address = told
    if not token:
        revoke_all(centre)
        token = issue_token(centre, "ana")
    words = " ".join(authority_words(world.authority.public))
    command = [sys.executable, "-m", "export", "pull", address, "--into", str(into), "--authority", words, *more]
    environ = {**os.environ, "HEARD_TOKEN": token, **environ}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environ)


@contextmanager
def in_between(address: str, most: int, *, ranges: bool = True) -> Iterator[str]:
    """Something between an analyst and the centre: it breaks off after so many bytes, or knows nothing of ranges."""

    class Between(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = ("Authorization", "Range") if ranges else ("Authorization",)
            headers = {name: self.headers[name] for name in known if name in self.headers}
            answer = urllib3.request("GET", address + self.path, headers=headers)
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.data)))
            self.end_headers()
            self.wfile.write(answer.data[:most])

        def log_message(self, *_words: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Between) as http:
        Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_address[1]}"
        http.shutdown()


def revoke_all(centre: Centre) -> None:
    for name in centre.people.token_names():
        revoke_token(centre, name)


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_everything_is_pulled_whole_and_once(told: tuple[World, Centre, str], tmp_path: Path) -> None:
    done = pull(told, tmp_path / "mine")
    assert done.returncode == 0, done.stderr
    assert "as signed. It is made up." in done.stdout
    assert contents(tmp_path / "mine" / RELEASE) == contents(tmp_path / RELEASE)
    again = pull(told, tmp_path / "mine")
    assert "here already, and is whole" in again.stdout
    pulls = [note.what for note in told[1].registry.notes() if note.did == "pull"]
    assert sorted(pulls) == sorted(f"{RELEASE}/{file.name}" for file in (tmp_path / RELEASE).iterdir())


def test_a_release_that_lies_here_damaged_is_named_and_keeps_no_new_one_away(
    told: tuple[World, Centre, str], tmp_path: Path
) -> None:
    mine, (world, centre, _) = tmp_path / "mine", told
    assert pull(told, mine).returncode == 0
    (mine / RELEASE / "records.csv").write_text("changed")
    releases = centre.releases()
    assert releases is not None
    releases.publish(built(tmp_path, world.authority, "london-2026-2", after=[tmp_path / RELEASE]))
    done = pull(told, mine)
    assert done.returncode != 0
    assert f"records.csv in {mine / RELEASE} differs from what was signed. Move that folder away" in done.stderr
    assert contents(mine / "london-2026-2") == contents(tmp_path / "london-2026-2")


def test_a_pull_that_broke_off_goes_on_where_it_was(told: tuple[World, Centre, str], tmp_path: Path) -> None:
    half = tmp_path / "mine" / f".pulling-{RELEASE}"
    half.mkdir(parents=True)
    (half / "tables.csv").write_bytes(LARGE[:500_000])
    (half / "something-else").write_bytes(b"left over")
    done = pull(told, tmp_path / "mine")
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "mine" / RELEASE) == contents(tmp_path / RELEASE)
    assert f"{RELEASE}/tables.csv from byte 500000" in [note.what for note in told[1].registry.notes()]


@pytest.mark.parametrize(
    ("came", "says"),
    [
        (1000, "did not come as it was signed"),
        (len(LARGE), "not here as it was signed"),
        (len(LARGE) + 1, "not here as it was signed"),
    ],
    ids=["a part", "all of it", "more than there is"],
)
def test_what_came_wrong_is_thrown_away_and_pulled_anew(
    told: tuple[World, Centre, str], tmp_path: Path, came: int, says: str
) -> None:
    half = tmp_path / "mine" / f".pulling-{RELEASE}"
    half.mkdir(parents=True)
    (half / "tables.csv").write_bytes(b"x" * came)
    first = pull(told, tmp_path / "mine")
    assert first.returncode != 0
    assert says in first.stderr
    assert not (tmp_path / "mine" / RELEASE).exists()
    assert pull(told, tmp_path / "mine").returncode == 0


def test_a_line_that_always_breaks_off_gets_there_in_the_end(told: tuple[World, Centre, str], tmp_path: Path) -> None:
    world, centre, address = told
    token, part = issue_token(centre, "ana"), tmp_path / "mine" / f".pulling-{RELEASE}" / "tables.csv"
    with in_between(address, 400_000) as broken:
        for came in (400_000, 800_000, 1_200_000, 1_600_000, 2_000_000):
            done = pull((world, centre, broken), tmp_path / "mine", token=token)
            assert "broke off. Run the same command again" in done.stderr
            assert part.stat().st_size == came
        done = pull((world, centre, broken), tmp_path / "mine", token=token)
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "mine" / RELEASE) == contents(tmp_path / RELEASE)


def test_where_something_in_between_knows_no_ranges_the_whole_file_is_taken_anew(
    told: tuple[World, Centre, str], tmp_path: Path
) -> None:
    world, centre, address = told
    half = tmp_path / "mine" / f".pulling-{RELEASE}"
    half.mkdir(parents=True)
    (half / "tables.csv").write_bytes(LARGE[:500_000])
    with in_between(address, len(LARGE), ranges=False) as without:
        done = pull((world, centre, without), tmp_path / "mine")
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "mine" / RELEASE) == contents(tmp_path / RELEASE)


def test_words_that_are_given_again_must_fit_what_was_compared_at_first(
    told: tuple[World, Centre, str], tmp_path: Path
) -> None:
    assert pull(told, tmp_path / "mine").returncode == 0
    done = pull(told, tmp_path / "mine", "--authority", "academic " * 13)
    assert done.returncode != 0
    assert "The words do not fit the authority" in done.stderr
    assert "is whole" not in done.stdout


@pytest.mark.parametrize("damage", [b"", b"00" * 31, b"\xff\x00", b"not hex"])
def test_a_damaged_authority_of_ones_own_is_not_blamed_on_the_centre(
    told: tuple[World, Centre, str], tmp_path: Path, damage: bytes
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "authority.pub").write_bytes(damage)
    done = pull(told, tmp_path / "mine")
    assert done.returncode != 0
    assert f"{tmp_path / 'mine' / 'authority.pub'} is damaged. Move it away" in done.stderr


def test_what_is_no_token_is_said_to_be_none(told: tuple[World, Centre, str], tmp_path: Path) -> None:
    for said in ("two words", "one\ntwo", "t\u00f6ken", " "):
        done = pull(told, tmp_path / "mine", token=said)
        assert done.returncode != 0
        assert "HEARD_TOKEN is no token. Copy the whole token again" in done.stderr
    file = tmp_path / "token"
    for content, says in ((b"\xff\xfe\x00", "cannot be read"), (b"", "is no token"), (None, "cannot be read")):
        file.unlink(missing_ok=True)
        if content is not None:
            file.write_bytes(content)
        done = pull(told, tmp_path / "mine", token="x", HEARD_TOKEN_FILE=str(file))
        assert done.returncode != 0
        assert f"The token file {file} (HEARD_TOKEN_FILE) {says}" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_file_that_was_changed_at_the_centre_is_named_with_the_cause(
    told: tuple[World, Centre, str], tmp_path: Path
) -> None:
    folder = next(told[1].folder.glob(f"**/{RELEASE}"))
    (folder / "records.csv").write_text("changed")
    done = pull(told, tmp_path / "mine")
    assert done.returncode != 0
    assert "answered 503. records.csv of london-2026-1 was changed. It is not sent. Tell the operator." in done.stderr


def test_two_pulls_into_one_folder_do_not_spoil_each_other(told: tuple[World, Centre, str], tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    with alone(mine, AssertionError("nobody else is here")):
        done = pull(told, mine)
    assert done.returncode != 0
    assert f"Another pull is at work in {mine}. Wait until it ends" in done.stderr
    assert not (mine / f".pulling-{RELEASE}").exists()
    assert pull(told, mine).returncode == 0


def test_a_server_that_finds_no_range_where_none_was_asked_for_is_not_taken_for_the_release(tmp_path: Path) -> None:
    class NoRange(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(416)
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), NoRange) as http:
        Thread(target=http.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{http.server_address[1]}"
        command = [sys.executable, "-m", "export", "pull", address, "--into", str(tmp_path)]
        environ = {**os.environ, "HEARD_TOKEN": "x"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environ)
        http.shutdown()
    assert done.returncode != 0
    assert "answered 416. Ask whoever runs the centre." in done.stderr
    assert "as it was signed" not in done.stderr


def test_a_centre_that_was_turned_cannot_hand_out_what_another_authority_signed(
    told: tuple[World, Centre, str], tmp_path: Path
) -> None:
    assert pull(told, tmp_path / "mine").returncode == 0
    with told_world(tmp_path / "turned") as turned:
        releases = turned[1].releases()
        assert releases is not None
        releases.publish(built(tmp_path / "forged", turned[0].authority, name="forged"))
        done = pull((told[0], *turned[1:]), tmp_path / "mine")
    assert done.returncode != 0
    assert "not to be trusted" in done.stderr
    assert not (tmp_path / "mine" / "forged").exists()


@pytest.mark.parametrize(
    ("more", "token", "said"),
    [
        (("--release", "nothing"), "", "There is no release nothing there. There are: london-2026-1"),
        (("--authority", "academic " * 13), "", "The words do not fit"),
        ((), "wrong", "This token is not known there"),
    ],
)
def test_a_refusal_says_what_to_do_and_leaves_nothing(
    told: tuple[World, Centre, str], tmp_path: Path, more: tuple[str, ...], token: str, said: str
) -> None:
    done = pull(told, tmp_path / "mine", *more, token=token)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "mine" / RELEASE).exists()


@pytest.mark.parametrize("address", ["http://example.org", "ftp://127.0.0.1", "https://user:pass@example.org"])
def test_an_address_that_is_not_safe_is_asked_nothing(tmp_path: Path, address: str) -> None:
    command = [sys.executable, "-m", "export", "pull", address, "--into", str(tmp_path)]
    environ = {**os.environ, "HEARD_TOKEN": "x"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environ)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr


def test_a_centre_that_is_away_is_told_as_such(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "export", "pull", "http://127.0.0.1:1", "--into", str(tmp_path)]
    environ = {**os.environ, "HEARD_TOKEN": "x"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environ)
    assert done.returncode != 0
    assert "Run the same command again" in done.stderr
