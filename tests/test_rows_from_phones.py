"""``POST /s/PLACE/rows``: a sealed row in, once; another in its place; and gone when it is asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from centre_world import LINKED, PLACE, Answer, ask
from on_a_phone import Linked, linked

from export.centre.carrying import carry_out
from export.centre.codes import codes_in, issue
from export.centre.instance import ROWS
from export.custodian.unsealing import CollectionSecret
from survey.ceiling import MOST_A_DAY
from survey.marked_store import MarkedStore
from survey.parcel import CARRY_OUT, open_parcel
from survey.sealing import PLAINTEXT_BYTES, ROW_BYTES, row_id
from survey.store import STEP

OCTETS = "application/octet-stream"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Linked]:
    with linked(tmp_path / "centre") as served:
        yield served


def send(served: Linked, row: bytes, place: str = LINKED, kind: str = OCTETS, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ask("POST", f"{served.address}s/{place}/rows", row, {"Content-Type": kind, **named})


def word(answer: Answer) -> tuple[int, str]:
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Content-Type"].startswith("text/plain")
    return answer.status, answer.body.decode()


class WhileItIsRead(MarkedStore):
    """A centre's rows, of which a phone replaces one while somebody reads them."""

    def __init__(self, path: Path, replacing: Callable[[MarkedStore], object]) -> None:
        super().__init__(path)
        self.replacing: list[Callable[[MarkedStore], object]] = [replacing]

    def rows(self, shelf: str) -> Iterator[tuple[str, bytes]]:
        for pair in super().rows(shelf):
            yield pair
            if self.replacing:
                self.replacing.pop()(self)


def test_a_fuller_copy_that_comes_while_rows_are_carried_out_goes_along(served: Linked, tmp_path: Path) -> None:
    fuller, *rows = served.world.rows(STEP + 2)
    for row in rows:
        served.centre.store.admit(row)
    last = max(rows, key=row_id)  # not read yet when the first is
    served.centre.store = WhileItIsRead(
        served.world.folder / ROWS, lambda store: store.admit(fuller, replaces=[row_id(last)])
    )
    carry_out(served.centre, tmp_path / "intake.carried")
    parcel = open_parcel(tmp_path / "intake.carried", CARRY_OUT, served.centre.intake_key.public)
    assert {row for _, row in parcel.rows} == {fuller, *rows} - {last}


def test_a_row_is_stored_once_however_often_it_comes(served: Linked) -> None:
    (row,) = served.world.rows(1)
    assert [word(send(served, row)) for _ in range(3)] == [(200, "stored"), (200, "had"), (200, "had")]
    assert list(served.centre.store.rows("arrivals")) == [("open", row)]
    served.centre.store.merge()
    assert word(send(served, row)) == (200, "had")
    assert served.rows() == [row]


def test_a_fuller_copy_takes_the_place_of_the_one_that_it_names(served: Linked) -> None:
    core, whole = served.world.rows(2)
    send(served, core)
    served.centre.store.merge()
    assert word(send(served, whole, Heard_Replaces=row_id(core).hex())) == (200, "stored")
    assert served.rows() == [whole]
    assert word(send(served, whole, Heard_Replaces=row_id(core).hex())) == (200, "had")
    assert served.rows() == [whole]


def test_a_fuller_copy_takes_the_place_of_every_one_that_it_names_and_is_there(served: Linked) -> None:
    first, lost, again, whole, strangers = served.world.rows(5)
    card = next(codes_in(issue(served.centre, LINKED, "card", 1)))
    send(served, first, Heard_Code=card)
    send(served, again)
    send(served, strangers)
    ids = ",".join(row_id(row).hex() for row in (lost, again, first))
    assert word(send(served, whole, Heard_Replaces=ids, Heard_Code=card)) == (200, "stored")
    assert set(served.centre.store.rows("arrivals")) == {("code", whole), ("open", strangers)}


def test_no_more_is_read_of_what_a_copy_names_than_a_visit_makes(served: Linked) -> None:
    one, other = served.world.rows(2)
    send(served, one)
    too_many = ",".join(["0" * 32] * 64 + [row_id(one).hex()])
    assert word(send(served, other, Heard_Replaces=too_many)) == (200, "stored")
    assert set(served.rows()) == {one, other}


@pytest.mark.parametrize("named", ["", "x", "0" * 32, "0" * 31, "G" * 32])
def test_a_copy_that_names_nothing_is_a_row_like_any_other(served: Linked, named: str) -> None:
    one, other = served.world.rows(2)
    send(served, one)
    assert word(send(served, other, Heard_Replaces=named)) == (200, "stored")
    assert set(served.rows()) == {one, other}


def test_forget_takes_a_row_away_and_says_the_same_where_there_is_none(served: Linked) -> None:
    one, other = served.world.rows(2)
    send(served, one)
    send(served, other)
    forget = f"{served.address}s/{LINKED}/rows/forget"
    said = [ask("POST", forget, body) for body in (row_id(one).hex().encode(), b"0" * 32, b"what", b"")]
    assert [word(answer) for answer in said] == [(200, "gone")] * 4
    assert served.rows() == [other]


def test_what_is_no_row_of_this_centre_is_refused(served: Linked) -> None:
    (row,) = served.world.rows(1)
    foreign = CollectionSecret.generate().public.seal(os.urandom(PLAINTEXT_BYTES))
    for body in (b"", row[:-1], row + b"x", row * 2, os.urandom(ROW_BYTES), foreign):
        assert word(send(served, body)) == (400, "row")
    # What a form of another site can make a browser send.
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        assert word(send(served, row, kind=kind)) == (400, "row")
    assert served.rows() == []


def test_no_other_site_is_let_read_or_send(served: Linked) -> None:
    (row,) = served.world.rows(1)
    asked = ask("OPTIONS", f"{served.address}s/{LINKED}/rows", headers={"Origin": "https://other.example"})
    answers = [asked, send(served, row, Origin="https://other.example")]
    assert all(not name.lower().startswith("access-control") for answer in answers for name in answer.headers)


@pytest.mark.parametrize("place", [PLACE, "nowhere", "-"])
def test_a_place_without_a_link_takes_no_row(served: Linked, place: str) -> None:
    assert word(send(served, served.world.rows(1)[0], place)) == (503, "unavailable")


def test_a_stop_and_a_full_day_take_no_new_row(served: Linked) -> None:
    core, fuller, new = served.world.rows(3)
    for _ in range(MOST_A_DAY - 1):
        served.links.of(LINKED).ceiling.count()
    assert word(send(served, core)) == (200, "stored")
    assert word(send(served, new)) == (403, "code")
    assert word(send(served, fuller, Heard_Replaces=row_id(core).hex())) == (200, "stored")
    served.tell(2, stop=True)
    assert word(send(served, new)) == (503, "unavailable")
    assert served.rows() == [fuller]
