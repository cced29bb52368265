"""What staff and operators meet at the tablet's verbs: plain words, what to do next, and nothing lost."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import urllib3
from custodian_world import victim_voice
from faulty_centre import CODE, INSTRUMENT, SECRET, FaultyCentre, serving
from tablet_process import Machine

from forms.response import unframed
from kiosk import status
from kiosk.enrolment import Enrolment
from survey.clock import Clock
from survey.languages import own_name
from survey.made_up import Browser, Screen, answer_all
from survey.parcel import RESCUE, open_parcel
from survey.sealing import SigningKey, row_id


@pytest.fixture
def centre() -> Iterator[FaultyCentre]:
    with serving() as centre:
        yield centre


@pytest.fixture
def machine(tmp_path: Path, centre: FaultyCentre) -> Machine:
    machine = Machine(tmp_path)
    machine.join(centre)
    return machine


def kinds(machine: Machine) -> Counter[str]:
    """What waits, opened and counted by kind: only a test has the key."""
    return Counter(unframed(SECRET.open(row))["kind"] for row in machine.waiting())


def tallies(machine: Machine) -> list[dict[str, Any]]:
    contents = [unframed(SECRET.open(row)) for row in machine.waiting()]
    return [content for content in contents if content["kind"] == "tally"]


def answer(address: str) -> Screen:
    """Somebody answers the one question."""
    browser = Browser(address)
    try:
        return answer_all(browser, browser.get("/"), lambda _item, offered: list(offered[:1]), None)
    finally:
        browser.close()


@pytest.mark.parametrize("verb", [["status"], ["run"], ["sync"], ["keys", "FILE"], ["rescue", "FILE"]])
def test_a_tablet_that_has_not_joined_says_how_to_join(tmp_path: Path, verb: list[str]) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"")
    said = Machine(tmp_path).verb(*(str(file) if word == "FILE" else word for word in verb))
    assert said.code == 1
    assert "python -m kiosk enrol" in said.err
    assert not (tmp_path / "tablet").exists()


def test_the_words_are_asked_for_where_they_are_not_given(tmp_path: Path, centre: FaultyCentre) -> None:
    said = Machine(tmp_path).verb("enrol", centre.address, CODE, typed=" ".join(centre.words) + "\n")
    assert said.code == 0
    assert "custodian's paper" in said.out


def test_joining_a_second_time_is_refused_before_the_code_is_used(machine: Machine, centre: FaultyCentre) -> None:
    said = machine.verb("enrol", centre.address, CODE, "--authority", " ".join(centre.words))
    assert said.code == 1
    assert "has joined a centre already" in said.err
    assert not centre.seen


@pytest.mark.parametrize("words", ["one two three", " ".join(["academic"] * 13)])
def test_words_that_are_not_the_authoritys_join_nothing(tmp_path: Path, centre: FaultyCentre, words: str) -> None:
    said = Machine(tmp_path).verb("enrol", centre.address, CODE, "--authority", words)
    assert said.code == 1
    assert "paper" in said.err
    assert not (tmp_path / "tablet").exists()


def test_somebody_answers_and_at_the_stop_everything_is_in_the_outbox(machine: Machine) -> None:
    with machine.running() as served:
        assert answer(served.address).address.endswith("/thanks")
        stopped = served.stop()
    assert (stopped.code, stopped.out, stopped.err) == (0, "", "")
    assert kinds(machine) == {"response": 1, "tally": 1}
    (tally,) = tallies(machine)
    assert (tally["offered"], tally["started"]) == (1, 1)
    assert tally["core"] + tally["complete"] == 1
    assert not list(machine.memory.iterdir())


def begin(address: str) -> None:
    """Somebody answers the core, all of it that there is, and walks away from the page after."""
    browser = Browser(address)
    form = browser.get("/").question
    assert form is not None
    browser.send(form, [("experience", "good")])
    browser.close()


def test_a_visit_under_way_at_a_stop_is_filed_and_counted(tmp_path: Path) -> None:
    with serving() as centre:
        centre.keys = centre.signed_keys(instruments=(two_pages(),))
        machine = Machine(tmp_path)
        machine.join(centre)
        with machine.running() as served:
            begin(served.address)
            served.stop()
        assert kinds(machine) == {"response": 1, "tally": 1}
        (tally,) = tallies(machine)
        assert (tally["started"], tally["core"], tally["timed_out"]) == (1, 1, 1)


def test_a_killed_tablet_files_what_it_left_before_it_serves_again(tmp_path: Path) -> None:
    with serving() as centre:
        centre.keys = centre.signed_keys(instruments=(two_pages(),))
        machine = Machine(tmp_path)
        machine.join(centre)
        with machine.running() as served:
            begin(served.address)
            served.kill()
        assert kinds(machine) == {}
        with machine.running() as again:
            assert kinds(machine) == {"response": 1}
            again.kill()
        with machine.running():
            assert kinds(machine) == {"response": 1}


def two_pages() -> Any:
    """A core of one question, and one page after it."""
    first = INSTRUMENT.pages[0]
    after = replace(first.items[0], name="after", core=False)
    return replace(INSTRUMENT, pages=(first, replace(first, name="second", items=(after,))))


def test_a_tablet_serves_this_machine_only_and_once(machine: Machine) -> None:
    with machine.running() as served:
        assert served.address.startswith("http://127.0.0.1:")
        port = int(served.address.rsplit(":", 1)[1].strip("/"))
        for other in ("127.0.0.2", "::1"):
            family = socket.AF_INET6 if ":" in other else socket.AF_INET
            with socket.socket(family) as probe:
                assert probe.connect_ex((other, port)) != 0
        second = machine.verb("run")
        assert second.code == 1
        assert "runs already" in second.err


def test_another_address_than_this_machines_own_is_refused(machine: Machine) -> None:
    (machine.instance / "settings.toml").write_text('host = "0.0.0.0"\n')
    said = machine.verb("run")
    assert said.code == 1
    assert "127.0.0.1 only" in said.err


@pytest.mark.parametrize("line", ["colour = 1", "port = [", "host = 5"])
def test_a_wrong_setting_is_named(machine: Machine, line: str) -> None:
    (machine.instance / "settings.toml").write_text(line + "\n")
    said = machine.verb("run")
    assert said.code == 1
    assert "settings.toml" in said.err


@pytest.mark.parametrize("keys", [None, b"", b"<html>", "foreign", "stop"])
def test_without_valid_keys_or_after_a_stop_nobody_is_asked_and_nothing_is_stored(
    machine: Machine, centre: FaultyCentre, keys: bytes | str | None
) -> None:
    file = machine.instance / "keys.signed"
    file.unlink()
    match keys:
        case "foreign":
            file.write_bytes(centre.signed_keys(authority=SigningKey(b"x" * 32)))
        case "stop":
            file.write_bytes(centre.signed_keys(serial=2, stop=True))
        case bytes():
            file.write_bytes(keys)
    with machine.running() as served:
        page = urllib3.request("GET", served.address, retries=False)
        assert page.status == 503
        assert "not available" in page.data.decode().lower()
        said = machine.verb("status")
        assert said.code == 1
        assert ("Stopped" if keys == "stop" else "Not working") in said.out
        served.stop()
    assert kinds(machine) == {}


def test_status_says_who_has_to_be_called(machine: Machine) -> None:
    with machine.running():
        working = machine.verb("status")
        assert (working.code, working.out.startswith("Working\n")) == (0, True)
        (machine.instance / "last-contact").write_text("2026-01-01\n")
        silent = machine.verb("status")
        assert (silent.code, "days: call the centre" in silent.out) == (0, True)
    stopped = machine.verb("status")
    assert (stopped.code, stopped.out.startswith("Not running")) == (1, True)


def test_status_says_that_memory_backed_storage_is_missing_and_that_the_keys_are_old(machine: Machine) -> None:
    enrolment = Enrolment.load(machine.instance)
    keys = enrolment.briefing().keys()
    assert keys is not None
    for day, old in ((date(2026, 11, 20), False), (date(2027, 11, 20), True), (date(2030, 1, 1), True)):
        now = datetime.combine(day, time(12), tzinfo=UTC)
        clock = Clock(lambda: date(2026, 11, 2), lambda now=now: now)
        said = " ".join(status.sentences(enrolment, keys, clock, survives_a_kill=False, drafted=()))
        assert "memory-backed storage" in said
        assert ("new keys file" in said) is old


def test_status_names_the_languages_that_nobody_has_checked(machine: Machine) -> None:
    enrolment = Enrolment.load(machine.instance)
    keys = enrolment.briefing().keys()
    assert keys is not None
    clock = Clock(lambda: date(2026, 11, 2), lambda: datetime(2026, 11, 20, tzinfo=UTC))
    for instrument, drafted, told in (
        (INSTRUMENT, (), ()),
        (victim_voice(), (), victim_voice().languages[1:]),
        (replace(INSTRUMENT, languages=("en", "pl")), ("pl", "ro"), ("pl",)),
    ):
        shown = replace(keys, instruments=(instrument,))
        said = status.sentences(enrolment, shown, clock, survives_a_kill=True, drafted=drafted)
        names = ", ".join(own_name(code) for code in told)
        sentence = f"Translated by a computer, and checked by nobody yet: {names}"
        assert [line for line in said if line.startswith("Translated")] == ([sentence] if told else [])


def test_a_memory_folder_that_is_none_is_said(machine: Machine) -> None:
    machine.memory.write_text("not a folder")
    said = machine.verb("run")
    assert said.code == 1
    assert str(machine.memory) in said.err


def test_a_centre_that_is_down_is_said_plainly_and_everything_waits(machine: Machine, centre: FaultyCentre) -> None:
    answers = machine.answers(9)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        (machine.instance / "centre").write_text(f"http://127.0.0.1:{taken.getsockname()[1]}\n")
        said = machine.verb("sync")
    assert said.code == 1
    assert "could not be reached" in said.err
    assert {row_id(row) for row in machine.waiting()} == answers
    (machine.instance / "centre").write_text(centre.address)
    assert machine.verb("sync").code == 0
    assert answers <= set(centre.rows)


def test_a_full_disk_is_said_and_rows_that_were_confirmed_are_simply_sent_again(
    machine: Machine, centre: FaultyCentre
) -> None:
    answers = machine.answers(9)
    said = machine.verb("sync", full_disk=True)
    assert said.code == 1
    assert "disk space" in said.err
    assert {row_id(row) for row in machine.waiting()} == answers
    assert machine.verb("sync").code == 0
    assert not machine.waiting()
    assert answers <= set(centre.rows)


def test_joining_with_a_full_disk_joins_nothing(tmp_path: Path, centre: FaultyCentre) -> None:
    machine = Machine(tmp_path)
    said = machine.verb("enrol", centre.address, CODE, "--authority", " ".join(centre.words), full_disk=True)
    assert said.code == 1
    assert "disk space" in said.err
    assert machine.verb("run").code == 1
    machine.join(centre)


def test_a_revoked_tablet_is_told_what_to_do(machine: Machine, centre: FaultyCentre) -> None:
    answers = machine.answers(9)
    centre.faults.extend(["revoked"] * 9)  # whatever it asks for
    said = machine.verb("sync")
    assert said.code == 1
    assert "call the centre" in said.err
    assert "kiosk rescue" not in said.err, "the centre takes no rescue file of a revoked tablet"
    assert {row_id(row) for row in machine.waiting()} == answers


def test_a_tablet_that_was_revoked_by_mistake_joins_again_and_takes_along_what_waits(
    machine: Machine, centre: FaultyCentre, tmp_path: Path
) -> None:
    answers = machine.answers(9)
    again = Machine(tmp_path / "again")
    again.folder.mkdir()
    again.join(centre)
    (machine.instance / "outbox.db").rename(again.instance / "outbox.db")
    assert again.verb("sync").code == 0
    assert answers <= set(centre.rows)


def test_a_running_tablet_and_a_send_by_hand_share_the_outbox(machine: Machine, centre: FaultyCentre) -> None:
    with machine.running() as served:
        for _ in range(6):
            answer(served.address)
        said = machine.verb("sync")
        assert said.code == 0
        assert kinds(machine) == {}
        answer(served.address)
        served.stop()
    assert kinds(machine) == {"response": 1, "tally": 1}
    assert tallies(machine)[0]["started"] == 7
    sent = Counter(unframed(SECRET.open(row))["kind"] for row in centre.rows.values())
    assert sent == {"response": 6, "cover": 6}


def test_keys_brought_by_hand_are_taken_and_older_or_foreign_ones_are_not(
    machine: Machine, centre: FaultyCentre, tmp_path: Path
) -> None:
    file = tmp_path / "carried"

    def bring(content: bytes) -> Any:
        file.write_bytes(content)
        return machine.verb("keys", str(file))

    taken = bring(centre.signed_keys(serial=7))
    assert taken.code == 0
    assert "Keys file 7" in taken.out
    newer = centre.signed_keys(serial=8)
    for hostile, why in {
        centre.signed_keys(serial=6): "keys file 7 was seen already",
        centre.signed_keys(serial=8, authority=SigningKey(b"x" * 32)): "another authority",
        newer[:-100]: "The keys file is damaged: fetch it again.",
        b"": "This is not a keys file of Heard.",
        b"\xff\x00": "This is not a keys file of Heard.",
        b"# Shopping\n": "This is not a keys file of Heard.",
    }.items():
        refused = bring(hostile)
        assert refused.code == 1
        assert why in refused.err
        assert refused.err.startswith("Error: ")
    assert "number 7" in machine.verb("status").out
    (machine.instance / "keys.signed").unlink()
    assert "keys file 7 was seen already" in bring(centre.signed_keys(serial=6)).err
    assert bring(centre.signed_keys(serial=7)).code == 0
    assert bring(centre.signed_notices()).code == 0
    centre.content = SigningKey(b"x" * 32)
    assert bring(centre.signed_notices()).code == 1
    assert "stops this survey" in bring(centre.signed_keys(serial=9, stop=True)).out


def test_a_rescue_holds_everything_sealed_and_says_nothing_of_how_many(machine: Machine, tmp_path: Path) -> None:
    empty = machine.verb("rescue", str(tmp_path / "rescue"))
    size = (tmp_path / "rescue").stat().st_size
    answers = machine.answers(30)
    left_behind = SECRET.public.seal(bytes(4096))
    machine.memory.mkdir(mode=0o700)
    (machine.memory / "left").write_bytes(left_behind)
    said = machine.verb("rescue", str(tmp_path / "rescue"))
    assert said.code == 0
    assert said.words == empty.words
    key = Enrolment.load(machine.instance).key.public
    parcel = open_parcel(tmp_path / "rescue", RESCUE, key)
    ids = [row_id(row) for _, row in parcel.rows]
    assert {door for door, _ in parcel.rows} == {"tablet"}
    assert ids == sorted(ids)
    assert answers | {row_id(left_behind)} <= set(ids)
    assert {row_id(row) for row in machine.waiting()} == answers
    assert parcel.count == len(ids) == 240
    assert (tmp_path / "rescue").stat().st_size == size


def test_a_rescue_writes_over_nothing_but_an_earlier_rescue_file_of_this_tablet(
    machine: Machine, tmp_path: Path
) -> None:
    assert machine.verb("rescue", str(tmp_path / "rescue")).code == 0
    assert machine.verb("rescue", str(tmp_path / "rescue")).code == 0
    (tmp_path / "letter.txt").write_text("Dear Sir")
    outbox = machine.instance / "outbox.db"
    machine.answers(2)
    for taken in (tmp_path / "letter.txt", outbox, machine.instance / "tablet.key"):
        before = taken.read_bytes()
        said = machine.verb("rescue", str(taken))
        assert (said.code, taken.read_bytes()) == (1, before)
        assert "is there already and is no rescue file of this tablet" in said.err


def test_a_rescue_of_more_is_filled_up_with_covers_and_without_keys_it_says_that_it_is_not(
    machine: Machine, tmp_path: Path
) -> None:
    answers = machine.answers(241)
    file = tmp_path / "rescue"
    assert machine.verb("rescue", str(file)).err == ""
    rows = {row_id(row): row for _, row in open_parcel(file, RESCUE, None).rows}
    assert len(rows) == 480
    added = [unframed(SECRET.open(row))["kind"] for each, row in rows.items() if each not in answers]
    assert added == ["cover"] * 239
    (machine.instance / "keys.signed").unlink()
    assert "size tells" in machine.verb("rescue", str(file)).err
    assert {row_id(row) for _, row in open_parcel(file, RESCUE, None).rows} == answers


def test_a_damaged_database_is_said_and_what_is_whole_in_it_is_rescued(machine: Machine, tmp_path: Path) -> None:
    answers = machine.answers(300)
    outbox = machine.instance / "outbox.db"
    content = bytearray(outbox.read_bytes())
    for page in range(12):  # the schema and the top of the tree: SQLite finds nothing any more
        content[page * 4096 : page * 4096 + 100] = b"\x00" * 100
    outbox.write_bytes(content)
    for verb in ("run", "status", "sync"):
        said = machine.verb(verb)
        assert said.code == 1
        assert "kiosk rescue" in said.err
    said = machine.verb("rescue", str(tmp_path / "rescue"))
    assert said.code == 0
    assert "damaged" in said.err
    rescued = {row_id(row) for _, row in open_parcel(tmp_path / "rescue", RESCUE, None).rows}
    assert len(rescued & answers) >= 290
    assert len(rescued) == 480
    assert outbox.read_bytes() == bytes(content)


def test_a_rescue_that_cannot_be_written_says_where(machine: Machine, tmp_path: Path) -> None:
    said = machine.verb("rescue", str(tmp_path / "missing" / "rescue"))
    assert said.code == 1
    assert "missing" in said.err
