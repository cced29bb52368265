"""What waits on a tablet comes home, once, and is forgotten only when the centre has confirmed it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from faulty_centre import SECRET, SIGNED_ON, TODAY, FaultyCentre, Tablet, joined, rows_in, serving

from export.custodian.unsealing import CollectionSecret
from forms.response import unframed
from kiosk.contact import last_contact, news_trouble, note_contact
from kiosk.sending import Reply
from kiosk.sync import NotSent, Sync, take_keys
from kiosk.unconfirmed import FILE as UNCONFIRMED
from kiosk.unconfirmed import PACKET_ROWS
from survey.briefing import ForeignKeys
from survey.sealing import ROW_BYTES, SigningKey, key_id_of, row_id
from survey.store import Store


@pytest.fixture
def centre() -> Iterator[FaultyCentre]:
    with serving() as centre:
        yield centre


@pytest.fixture
def tablet(tmp_path: Path, centre: FaultyCentre) -> Iterator[Tablet]:
    with joined(tmp_path / "tablet", centre) as tablet:
        yield tablet


@pytest.mark.parametrize("waiting", [0, 1, 5, 9, 12])
def test_a_packet_is_twelve_rows_whatever_waits(tablet: Tablet, centre: FaultyCentre, waiting: int) -> None:
    answers = tablet.answers(waiting)
    tablet.sync.push()
    (packet,) = centre.packets()
    assert len(packet.body) == PACKET_ROWS * ROW_BYTES
    assert answers <= set(centre.rows)
    assert not tablet.waiting()


def test_more_packets_go_where_more_wait(tablet: Tablet, centre: FaultyCentre) -> None:
    answers = tablet.answers(61)
    report = tablet.sync.push()
    assert report.packets == 6
    assert {len(packet.body) for packet in centre.packets()} == {PACKET_ROWS * ROW_BYTES}
    assert report.forgotten == len(answers)
    assert answers <= set(centre.rows)
    assert not tablet.waiting()


def test_the_order_of_rows_tells_no_cover_from_an_answer(tablet: Tablet, centre: FaultyCentre) -> None:
    tablet.answers(30)
    tablet.sync.push()
    packets = [
        [row_id(seen.body[at : at + ROW_BYTES]) for at in range(0, 12 * ROW_BYTES, ROW_BYTES)]
        for seen in centre.packets()
    ]
    ids = [one for packet in sorted(packets) for one in packet]  # several are under way at once
    assert ids == sorted(ids)


def test_a_packet_that_has_to_go_again_is_the_same_packet(tablet: Tablet, centre: FaultyCentre) -> None:
    tablet.answers(3)
    centre.faults.append("trouble")
    with pytest.raises(NotSent):
        tablet.sync.push()
    more = tablet.answers(4)
    tablet.sync.push()
    first, again, fresh = (packet.body for packet in centre.packets())
    assert first == again
    assert not rows_in(first) & rows_in(fresh)
    assert more <= {row_id(row) for row in rows_in(fresh)}


def test_another_process_sends_the_same_packet_again(tablet: Tablet, centre: FaultyCentre) -> None:
    tablet.answers(7)
    centre.faults.append("trouble")
    with pytest.raises(NotSent):
        tablet.sync.push()
    Sync(tablet.store, tablet.enrolment, tablet.briefing, tablet.send, tablet.clock).push(by_hand=True)
    first, again, _ = (packet.body for packet in centre.packets())
    assert first == again
    assert not tablet.waiting()


def test_what_a_slow_line_did_not_get_through_side_by_side_goes_one_at_a_time(
    tablet: Tablet, centre: FaultyCentre
) -> None:
    answers = tablet.answers(61)
    centre.faults.extend(["trouble"] * 6)
    with pytest.raises(NotSent):
        tablet.sync.push()
    under_way, most, counting = 0, 0, threading.Lock()

    def watched(method: str, path: str, body: bytes, headers: Mapping[str, str], limit: int) -> Reply:
        nonlocal under_way, most
        with counting:
            under_way += 1
            most = max(most, under_way)
        try:
            return tablet.send(method, path, body, headers, limit)
        finally:
            with counting:
                under_way -= 1

    centre.faults.clear()
    Sync(tablet.store, tablet.enrolment, tablet.briefing, watched, tablet.clock).push()
    assert most == 1
    assert answers <= set(centre.rows)
    assert not tablet.waiting()


def test_a_packet_that_a_power_cut_left_cut_is_made_anew(tablet: Tablet, centre: FaultyCentre) -> None:
    answers = tablet.answers(7)
    (tablet.enrolment.instance / UNCONFIRMED).write_bytes(b"HRD1" * 100)
    tablet.sync.push()
    assert answers <= set(centre.rows)
    assert not (tablet.enrolment.instance / UNCONFIRMED).exists()


def test_covers_open_to_nothing_and_look_like_every_other_row(tablet: Tablet, centre: FaultyCentre) -> None:
    tablet.sync.push()
    assert {key_id_of(row) for row in centre.rows.values()} == {SECRET.public.key_id}
    assert [unframed(SECRET.open(row)) for row in centre.rows.values()] == [{"v": 1, "kind": "cover"}] * PACKET_ROWS


def test_by_hand_a_few_answers_stay_for_the_night(tablet: Tablet, centre: FaultyCentre) -> None:
    few = tablet.answers(4)
    tablet.sync.push(by_hand=True)
    assert tablet.waiting() == few
    assert not few & set(centre.rows)
    tablet.sync.push()
    assert few <= set(centre.rows)
    assert not tablet.waiting()


def test_by_hand_five_go_at_once(tablet: Tablet, centre: FaultyCentre) -> None:
    answers = tablet.answers(5)
    tablet.sync.push(by_hand=True)
    assert answers <= set(centre.rows)
    assert not tablet.waiting()


def test_refused_rows_are_put_aside_and_the_queue_goes_on(tablet: Tablet, centre: FaultyCentre) -> None:
    other = CollectionSecret(bytes(range(1, 33)))
    foreign = tablet.answers(3, other.public)
    fine = tablet.answers(20)
    centre.refuses = lambda row: key_id_of(row) == other.public.key_id
    report = tablet.sync.push()
    assert report.refused == len(foreign)
    assert tablet.waiting() == set()
    assert tablet.waiting("quarantine") == foreign
    assert fine <= set(centre.rows)


def test_refused_rows_are_tried_again_with_the_next_keys_file(tablet: Tablet, centre: FaultyCentre) -> None:
    answers = tablet.answers(3)
    centre.refuses = lambda _row: True
    tablet.sync.push()
    tablet.sync.news()
    assert tablet.waiting("quarantine") == answers
    centre.refuses = lambda _row: False
    centre.keys = centre.signed_keys(serial=2)
    tablet.sync.news()
    assert tablet.waiting() == answers
    tablet.sync.push()
    assert answers <= set(centre.rows)
    assert not tablet.waiting() | tablet.waiting("quarantine")


def test_a_keys_file_brought_by_hand_also_frees_what_was_refused(tablet: Tablet, centre: FaultyCentre) -> None:
    answers = tablet.answers(2)
    tablet.store.move("outbox", "quarantine", list(answers))
    take_keys(tablet.briefing, tablet.store, centre.signed_keys(serial=2))
    assert tablet.waiting() == answers


def test_news_is_asked_for_again_only_where_it_changed(tablet: Tablet, centre: FaultyCentre) -> None:
    tablet.sync.news()
    plain = len(centre.seen)
    tablet.sync.news()
    keys_again = centre.seen[plain]
    assert "If-None-Match" in [name for name, _ in keys_again.header_sizes]
    centre.keys = centre.signed_keys(serial=3)
    assert tablet.sync.news() == []
    keys = tablet.briefing.keys()
    assert keys is not None
    assert keys.serial == 3


def test_old_keys_and_foreign_keys_change_nothing_and_are_said(tablet: Tablet, centre: FaultyCentre) -> None:
    centre.keys = centre.signed_keys(serial=5)
    tablet.sync.news()
    for hostile in (
        centre.signed_keys(serial=4),
        centre.signed_keys(serial=6, authority=SigningKey(b"x" * 32)),
        b"<html>",
    ):
        centre.keys = hostile
        assert tablet.sync.news()
        assert news_trouble(tablet.enrolment.instance)
        keys = tablet.briefing.keys()
        assert keys is not None
        assert keys.serial == 5
    centre.keys = centre.signed_keys(serial=6)
    tablet.sync.news()
    assert news_trouble(tablet.enrolment.instance) == []


def test_notices_are_taken_and_foreign_ones_are_not(tablet: Tablet, centre: FaultyCentre) -> None:
    centre.notices = centre.signed_notices(date(2026, 11, 5))
    assert tablet.sync.news() == []
    centre.content = SigningKey(b"x" * 32)
    centre.notices = centre.signed_notices(date(2026, 11, 6))
    assert tablet.sync.news()
    notices = tablet.briefing.notices()
    assert notices is not None
    assert notices.signed_on == date(2026, 11, 5)


def test_the_last_contact_is_a_day_and_only_what_verifies_sets_it(tablet: Tablet, centre: FaultyCentre) -> None:
    instance = tablet.enrolment.instance
    note_contact(instance, SIGNED_ON)
    centre.faults.append("login page")
    with pytest.raises(NotSent):
        tablet.sync.push()
    centre.keys = b"<html>"
    tablet.sync.news()
    assert last_contact(instance) == SIGNED_ON
    tablet.sync.push()
    assert last_contact(instance) == TODAY.date()
    assert (instance / "last-contact").read_text() == f"{TODAY.date().isoformat()}\n"


def test_without_a_valid_keys_file_nothing_is_sent(tablet: Tablet, centre: FaultyCentre) -> None:
    answers = tablet.answers(7)
    (tablet.enrolment.instance / "keys.signed").write_bytes(b"half")
    with pytest.raises(NotSent, match="kiosk keys"):
        tablet.sync.push()
    assert not centre.packets()
    assert tablet.waiting() == answers
    with pytest.raises(ForeignKeys):
        take_keys(tablet.briefing, tablet.store, centre.signed_keys(authority=SigningKey(b"x" * 32)))


def test_a_stopped_tablet_still_brings_home_what_it_has(tablet: Tablet, centre: FaultyCentre) -> None:
    answers = tablet.answers(7)
    centre.keys = centre.signed_keys(serial=2, stop=True)
    tablet.sync.news()
    tablet.sync.push()
    assert answers <= set(centre.rows)


def test_a_row_that_the_disk_has_changed_holds_up_nothing(tablet: Tablet, centre: FaultyCentre) -> None:
    tablet.answers(10)
    path = tablet.enrolment.instance / "outbox.db"
    damaged = path.read_bytes().replace(b"HRD1", b"HRD2", 1)
    tablet.store.close()
    path.write_bytes(damaged)
    again = replace(tablet, store=Store(path))
    centre.refuses = lambda row: not row.startswith(b"HRD1")
    report = again.sync.push()
    assert (report.forgotten, report.refused) == (9, 1)
    assert not again.waiting()
    again.store.close()


def test_thirty_days_off_line_with_ten_thousand_rows_then_all_are_there_once(
    tablet: Tablet, centre: FaultyCentre
) -> None:
    answers: set[bytes] = set()
    for _ in range(20):
        answers |= tablet.answers(500)
    tablet.sync.push()
    assert answers <= set(centre.rows)
    assert len(centre.rows) == -(-len(answers) // PACKET_ROWS) * PACKET_ROWS
    assert sum(receipt.count(b" had\n") for receipt in centre.receipts) == 0
    assert not tablet.waiting()
