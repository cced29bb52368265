"""What the centre takes from a tablet, what it refuses, and that it says so only after the rows are durable."""

from __future__ import annotations

import hashlib
import http.client
import os
import resource
import socket
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from centre_world import SIGNED_ON, Tablet, World, ask, enrolled, told_world

from export.centre.instance import Centre
from export.custodian.unsealing import CollectionSecret
from survey.receipt import UnverifiedReceipt, read_receipt, signed_headers
from survey.sealing import ROW_BYTES, SigningKey


@pytest.fixture
def told(tmp_path: Path) -> Iterator[tuple[World, Centre, str]]:
    with told_world(tmp_path / "centre") as everything:
        yield everything


def test_a_packet_is_kept_and_the_receipt_says_so(told: tuple[World, Centre, str]) -> None:
    world, centre, address = told
    rows = world.rows(12)
    assert enrolled(centre, address).send(rows, centre.intake_key.public) == ["stored"] * 12
    assert sorted(row for _, row in centre.store.rows("arrivals")) == sorted(rows)
    assert {door for door, _ in centre.store.rows("arrivals")} == {"tablet"}


def test_a_packet_that_is_sent_again_is_had_even_after_the_merge(told: tuple[World, Centre, str]) -> None:
    world, centre, address = told
    tablet, rows = enrolled(centre, address), world.rows(3)
    tablet.send(rows, centre.intake_key.public)
    assert tablet.send(rows, centre.intake_key.public) == ["had"] * 3
    centre.store.merge()
    assert tablet.send(rows, centre.intake_key.public) == ["had"] * 3
    assert centre.store.count("intake") == 3
    assert centre.store.count("arrivals") == 0


def test_a_row_that_stands_twice_in_a_packet_is_stored_once(told: tuple[World, Centre, str]) -> None:
    world, centre, address = told
    (row,) = world.rows(1)
    assert enrolled(centre, address).send([row, row], centre.intake_key.public) == ["stored", "had"]


def test_eight_identical_packets_at_once_are_stored_once_and_all_are_told_so(
    told: tuple[World, Centre, str],
) -> None:
    world, centre, address = told
    tablet, rows = enrolled(centre, address), world.rows(12)
    with ThreadPoolExecutor(8) as senders:
        said = list(senders.map(lambda _: tablet.send(rows, centre.intake_key.public), range(8)))
    assert centre.store.count("arrivals") == 12
    assert sum(results.count("stored") for results in said) == 12
    assert all(set(results) <= {"stored", "had"} for results in said)


def test_a_damaged_row_and_one_for_another_custodian_are_refused_and_the_others_kept(
    told: tuple[World, Centre, str],
) -> None:
    world, centre, address = told
    good = world.rows(2)
    foreign = CollectionSecret.generate().public.seal(bytes(4096))
    packet = [good[0], os.urandom(ROW_BYTES), foreign, good[1]]
    said = enrolled(centre, address).send(packet, centre.intake_key.public)
    assert said == ["stored", "refused", "refused", "stored"]
    assert sorted(row for _, row in centre.store.rows("arrivals")) == sorted(good)


def test_rows_sealed_to_an_earlier_key_of_this_centre_are_still_taken(told: tuple[World, Centre, str]) -> None:
    world, centre, address = told
    before = world.rows(1)
    world.collection = CollectionSecret.generate()
    world.tell(centre, serial=2)
    said = enrolled(centre, address).send([*before, *world.rows(1)], centre.intake_key.public)
    assert said == ["stored", "stored"]


@pytest.mark.parametrize("length", [0, 1, ROW_BYTES - 1, ROW_BYTES + 1])
def test_what_is_not_whole_rows_is_refused_and_nothing_of_it_kept(told: tuple[World, Centre, str], length: int) -> None:
    _, centre, address = told
    answer = enrolled(centre, address).signed("POST", "/intake/rows", os.urandom(length))
    assert answer.status == 400
    assert "whole rows" in answer.json["problem"]
    assert centre.store.count("arrivals") == 0


def test_thirteen_rows_are_too_many(told: tuple[World, Centre, str]) -> None:
    world, centre, address = told
    answer = enrolled(centre, address).signed("POST", "/intake/rows", b"".join(world.rows(13)))
    assert answer.status == 413
    assert centre.store.count("arrivals") == 0


def test_a_stranger_is_refused(told: tuple[World, Centre, str]) -> None:
    world, centre, address = told
    answer = Tablet(address).signed("POST", "/intake/rows", b"".join(world.rows(1)))
    assert answer.status == 403
    assert "does not know" in answer.json["problem"]
    assert centre.store.count("arrivals") == 0


def test_a_packet_whose_body_was_changed_on_the_way_is_refused(told: tuple[World, Centre, str]) -> None:
    world, centre, address = told
    tablet, body = enrolled(centre, address), b"".join(world.rows(1))
    headers = signed_headers("POST", "/intake/rows", body, tablet.key)
    changed = bytes([body[0]]) + bytes([body[1] ^ 1]) + body[2:]
    assert ask("POST", f"{address}intake/rows", changed, headers).status == 403
    assert ask("POST", f"{address}intake/rows", body, {}).status == 403
    assert ask("POST", f"{address}intake/rows", body, {**headers, "Heard-Signature": "zz"}).status == 403
    assert centre.store.count("arrivals") == 0


def test_a_revoked_tablet_is_refused_from_its_next_request_on(told: tuple[World, Centre, str]) -> None:
    world, centre, address = told
    tablet = enrolled(centre, address)
    tablet.send(world.rows(1), centre.intake_key.public)
    beside = world.opened()  # another process, as `export revoke` is
    beside.registry.revoke(beside.registry.tablets()[tablet.key.public])
    beside.close()
    answer = tablet.signed("POST", "/intake/rows", b"".join(world.rows(1)))
    assert answer.status == 403
    assert "may not send" in answer.json["problem"]
    assert tablet.signed("GET", "/news/keys").status == 403
    assert centre.store.count("arrivals") == 1


def test_a_receipt_is_for_this_request_and_these_rows_only(told: tuple[World, Centre, str]) -> None:
    world, centre, address = told
    tablet, rows = enrolled(centre, address), world.rows(2)
    body = b"".join(rows)
    headers = signed_headers("POST", "/intake/rows", body, tablet.key)
    receipt = ask("POST", f"{address}intake/rows", body, headers).body
    nonce = bytes.fromhex(headers["Heard-Nonce"])
    assert read_receipt(receipt, nonce, rows, centre.intake_key.public) == ["stored", "stored"]
    for other_nonce, other_rows in ((bytes(16), rows), (nonce, rows[::-1]), (nonce, rows[:1])):
        with pytest.raises(UnverifiedReceipt):
            read_receipt(receipt, other_nonce, other_rows, centre.intake_key.public)


def test_a_full_disk_gives_no_receipt_and_keeps_nothing(told: tuple[World, Centre, str]) -> None:
    world, centre, address = told
    tablet, rows = enrolled(centre, address), world.rows(12)
    with no_room_for_growth(centre.store.path):
        answer = tablet.signed("POST", "/intake/rows", b"".join(rows))
    assert answer.status == 503
    assert "problem" in answer.json
    assert centre.store.count("arrivals") == 0
    assert tablet.send(rows, centre.intake_key.public) == ["stored"] * 12


@contextmanager
def no_room_for_growth(file: Path) -> Iterator[None]:
    """The operating system lets no file of this process grow beyond the size that this one has now."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("claimed", [10_000 * ROW_BYTES, 1 << 30])
def test_a_request_of_ten_thousand_rows_or_a_gigabyte_is_refused_without_being_kept(
    told: tuple[World, Centre, str], claimed: int
) -> None:
    world, centre, address = told
    before = sorted(world.folder.iterdir())
    host = urlsplit(address).netloc
    with socket.create_connection(tuple(host.split(":")), timeout=20) as line:  # type: ignore[arg-type]
        line.sendall(f"POST /intake/rows HTTP/1.1\r\nHost: {host}\r\nContent-Length: {claimed}\r\n\r\n".encode())
        sent = 0
        piece = bytes(1 << 20)
        try:
            while sent < min(claimed, 64 << 20):
                line.sendall(piece)
                sent += len(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass  # hung up on: as good an answer
    assert centre.store.count("arrivals") == 0
    assert sorted(world.folder.iterdir()) == before
    assert enrolled(centre, address).send(world.rows(1), centre.intake_key.public) == ["stored"]


def test_a_body_that_is_a_little_too_long_is_told_so_kindly(told: tuple[World, Centre, str]) -> None:
    _, _, address = told
    answer = ask("POST", f"{address}releases/sign-in", bytes(4_000_000), {"Content-Type": "text/plain"})
    assert answer.status == 413
    assert b"shorter" in answer.body


def test_a_body_in_chunks_is_taken_like_any_other(told: tuple[World, Centre, str]) -> None:
    world, centre, address = told
    tablet, rows = enrolled(centre, address), world.rows(2)
    body = b"".join(rows)
    headers = signed_headers("POST", "/intake/rows", body, tablet.key)
    host = urlsplit(address)
    line = http.client.HTTPConnection(str(host.hostname), host.port, timeout=20)
    line.request("POST", "/intake/rows", iter([body[:7000], body[7000:]]), headers, encode_chunked=True)
    answer = line.getresponse()
    receipt = answer.read()
    line.close()
    nonce = bytes.fromhex(headers["Heard-Nonce"])
    assert read_receipt(receipt, nonce, rows, centre.intake_key.public) == ["stored"] * 2


def test_nothing_beside_a_row_tells_which_tablet_sent_it_or_when(told: tuple[World, Centre, str]) -> None:
    world, centre, address = told
    tablet = enrolled(centre, address)
    tablet.send(world.rows(12), centre.intake_key.public)
    database = sqlite3.connect(centre.store.path)
    tables = database.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name <> 'spent_codes'"
    ).fetchall()
    columns = {column[1] for name, _ in tables for column in database.execute(f"PRAGMA table_info({name})")}
    database.close()
    assert columns == {"id", "door", "row"}
    for file in ("centre.db", "registry.db"):
        content = (world.folder / file).read_bytes()
        assert (tablet.key.public in content) == (file == "registry.db")


def test_a_contact_leaves_the_day_only_and_the_same_whether_rows_came_or_news_was_asked(
    told: tuple[World, Centre, str],
) -> None:
    world, centre, address = told
    sender, asker = enrolled(centre, address), enrolled(centre, address)
    before = (world.folder / "registry.db").read_bytes()
    sender.send(world.rows(12), centre.intake_key.public)
    asker.signed("GET", "/news/keys")
    known = centre.registry.tablets()
    assert known[sender.key.public].last_contact == known[asker.key.public].last_contact
    # The day was known from the enrolment, so neither request wrote anything at all.
    assert (world.folder / "registry.db").read_bytes() == before


def test_news_come_with_a_tag_and_need_not_be_fetched_twice(told: tuple[World, Centre, str]) -> None:
    world, centre, address = told
    tablet = enrolled(centre, address)
    first = tablet.signed("GET", "/news/keys")
    assert first.status == 200
    assert first.body == (world.folder / "keys.signed").read_bytes()
    again = tablet.signed("GET", "/news/keys", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    world.tell(centre, serial=2)
    newer = tablet.signed("GET", "/news/keys", **{"If-None-Match": first.headers["ETag"]})
    assert newer.status == 200
    assert newer.body != first.body


def test_where_there_are_no_notices_yet_nothing_comes(told: tuple[World, Centre, str]) -> None:
    _, centre, address = told
    answer = enrolled(centre, address).signed("GET", "/news/notices")
    assert (answer.status, answer.body) == (204, b"")


def test_news_are_for_tablets_that_sign(told: tuple[World, Centre, str]) -> None:
    _, _, address = told
    assert ask("GET", f"{address}news/keys").status == 403
    assert Tablet(address, SigningKey.generate()).signed("GET", "/news/keys").status == 403


def test_a_silent_clock_never_makes_a_tablet_look_older_than_the_newest_signed_day(
    told: tuple[World, Centre, str],
) -> None:
    _, centre, address = told
    tablet = enrolled(centre, address)
    assert centre.registry.tablets()[tablet.key.public].last_contact >= SIGNED_ON


def test_the_id_of_a_row_is_the_hash_of_its_bytes(told: tuple[World, Centre, str]) -> None:
    world, centre, address = told
    (row,) = world.rows(1)
    enrolled(centre, address).send([row], centre.intake_key.public)
    database = sqlite3.connect(centre.store.path)
    ids = [line[0] for line in database.execute("SELECT id FROM arrivals")]
    database.close()
    assert ids == [hashlib.sha256(row).digest()[:16]]
