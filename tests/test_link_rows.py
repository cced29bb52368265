"""A phone sends the row that it sealed itself: kept once, for a code or by the open door, and told in one word."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from centre_world import LINKED, PLACE, Answer, World, ask
from linked_centre import CARDS_ONLY, address, centre, doors, links, untold, world

from export.centre.codes import cancel, codes_in, issue
from export.centre.instance import Centre
from export.centre.link import Links
from survey.ceiling import MOST_A_DAY
from survey.headers import HEADERS
from survey.sealing import row_id

__all__ = ["address", "centre", "links", "untold", "world"]  # fixtures

ROW = {"Content-Type": "application/octet-stream"}


def send(address: str, row: bytes, place: str = LINKED, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ask("POST", f"{address}s/{place}/rows", row, {**ROW, **named})


def told(answer: Answer) -> tuple[int, bytes]:
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Content-Type"].startswith("text/plain")
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    return answer.status, answer.body


def test_a_row_comes_by_the_open_door_once_however_often_it_is_sent(world: World, centre: Centre, address: str) -> None:
    (row,) = world.rows(1)
    assert [told(send(address, row)) for _ in range(3)] == [(200, b"stored"), (200, b"had"), (200, b"had")]
    centre.store.merge()
    assert told(send(address, row)) == (200, b"had")
    assert doors(centre) == ["open"]


def test_a_card_opens_once_and_the_same_row_again_still_succeeds(world: World, centre: Centre, address: str) -> None:
    code, *_ = codes_in(issue(centre, LINKED, "card", 2))
    row, other = world.rows(2)
    assert told(send(address, row, Heard_Code=code)) == (200, b"stored")
    assert told(send(address, row, Heard_Code=code)) == (200, b"had")
    assert told(send(address, other, Heard_Code=code)) == (403, b"code")
    assert doors(centre) == ["code"]


def test_a_fuller_copy_takes_the_door_of_the_core_by_the_same_code(world: World, centre: Centre, address: str) -> None:
    code, *_ = codes_in(issue(centre, CARDS_ONLY, "card", 2))
    core, fuller = world.rows(2)
    assert told(send(address, core, CARDS_ONLY, Heard_Code=code)) == (200, b"stored")
    its_place = {"Heard_Replaces": row_id(core).hex(), "Heard_Code": code}
    assert told(send(address, fuller, CARDS_ONLY, **its_place)) == (200, b"stored")
    assert list(centre.store.rows("arrivals")) == [("code", fuller)]


def test_a_card_that_was_cancelled_lets_in_no_more_answers_in_place_of_the_first(
    world: World, centre: Centre, address: str
) -> None:
    batch = issue(centre, LINKED, "card", 2)
    code, *_ = codes_in(batch)
    first, *later = world.rows(3)
    assert told(send(address, first, Heard_Code=code)) == (200, b"stored")
    centre.store.merge()
    cancel(centre, batch.number)
    replaces = row_id(first).hex()
    assert told(send(address, later[0], Heard_Replaces=replaces, Heard_Code=code)) == (403, b"code")
    assert [row for _, row in centre.store.rows("intake")] == [first]
    assert told(send(address, later[1], Heard_Replaces=replaces)) == (200, b"stored")
    assert (list(centre.store.rows("intake")), doors(centre)) == ([], ["open"])


def test_every_code_that_is_no_good_gets_the_same_answer(world: World, centre: Centre, address: str) -> None:
    batch, gone, elsewhere = (issue(centre, place, "card", 3) for place in (LINKED, LINKED, CARDS_ONLY))
    spent, mistyped, *_ = codes_in(batch)
    send(address, world.rows(1)[0], Heard_Code=spent)
    cancel(centre, gone.number)
    late = issue(centre, LINKED, "card", 1, until=batch.printed_on.replace(year=2020))
    bad = [spent, mistyped[:-1], "", "?", "0" * 16, *(next(codes_in(each)) for each in (gone, elsewhere, late))]
    answers = [send(address, world.rows(1)[0], Heard_Code=code) for code in bad]
    assert {told(answer) for answer in answers} == {(403, b"code")}
    assert len({tuple(sorted((k, v) for k, v in answer.headers.items() if k != "Date")) for answer in answers}) == 1
    assert doors(centre) == ["code"], "none of them fell back to the open door by itself"


def test_where_the_open_door_is_closed_a_code_is_needed(world: World, centre: Centre, address: str) -> None:
    assert told(send(address, world.rows(1)[0], CARDS_ONLY)) == (403, b"code")
    code, *_ = codes_in(issue(centre, CARDS_ONLY, "card", 1))
    assert told(send(address, world.rows(1)[0], CARDS_ONLY, Heard_Code=code)) == (200, b"stored")


def test_after_the_days_ceiling_codes_only(world: World, centre: Centre, links: Links, address: str) -> None:
    core = world.rows(1)[0]
    assert told(send(address, core)) == (200, b"stored")
    for _ in range(MOST_A_DAY - 2):
        links.of(LINKED).ceiling.count()
    fuller = world.rows(1)[0]
    assert told(send(address, fuller, Heard_Replaces=row_id(core).hex())) == (200, b"stored")
    assert told(send(address, world.rows(1)[0])) == (200, b"stored"), "a fuller copy is no other response"
    assert told(send(address, world.rows(1)[0])) == (403, b"code")
    assert told(send(address, world.rows(1)[0], Heard_Replaces=row_id(core).hex())) == (403, b"code")
    code, *_ = codes_in(issue(centre, LINKED, "card", 1))
    assert told(send(address, world.rows(1)[0], Heard_Code=code)) == (200, b"stored")


def test_an_invented_id_to_replace_is_no_way_round_the_ceiling(
    world: World, centre: Centre, links: Links, address: str
) -> None:
    for _ in range(MOST_A_DAY - 1):
        links.of(LINKED).ceiling.count()
    invented = [send(address, row, Heard_Replaces=row_id(row).hex()) for row in world.rows(3)]
    assert [answer.status for answer in invented] == [200, 403, 403]


@pytest.mark.parametrize("cut", [0, 1, 5_249])
def test_what_is_no_row_of_ours_is_not_kept(world: World, centre: Centre, address: str, cut: int) -> None:
    row = world.rows(1)[0]
    foreign = World(world.folder).rows(1)[0]
    for body in (row[:cut], row + b"x", bytes(5_250), foreign, bytes(70_000)):
        assert told(send(address, body)) == (400, b"row")
    assert told(ask("POST", f"{address}s/{LINKED}/rows", row, {"Content-Type": "text/plain"})) == (400, b"row")
    assert doors(centre) == []


def test_where_nothing_may_be_asked_nothing_is_kept(world: World, centre: Centre, address: str) -> None:
    row = world.rows(1)[0]
    for place in (PLACE, "nowhere"):
        assert told(send(address, row, place)) == (503, b"unavailable")
    world.tell(centre, 2, stop=True)
    assert told(send(address, row)) == (503, b"unavailable")
    assert doors(centre) == []


@pytest.mark.parametrize("merged", [False, True])
def test_leaving_deletes_what_only_the_page_knows(world: World, centre: Centre, address: str, *, merged: bool) -> None:
    row, tablets = world.rows(2)
    centre.store.put("arrivals", [tablets], "tablet")
    send(address, row)
    if merged:
        centre.store.merge()
    for told_id in (row_id(row).hex(), row_id(row).hex(), row_id(tablets).hex(), "0" * 32, "x", ""):
        assert told(ask("POST", f"{address}s/{LINKED}/rows/forget", told_id.encode())) == (200, b"gone")
    assert doors(centre) == ["tablet"]


def test_eight_phones_at_once_spend_no_code_twice(world: World, centre: Centre, address: str) -> None:
    codes = list(codes_in(issue(centre, LINKED, "card", 12)))
    rows = world.rows(8 * len(codes))
    with ThreadPoolExecutor(8) as phones:
        said = Counter(
            answer.body for answer in phones.map(lambda pair: send(address, pair[0], Heard_Code=pair[1]),
                                                 zip(rows, codes * 8, strict=True))
        )  # fmt: skip
    assert said == {b"stored": 12, b"code": 84}
    assert doors(centre) == ["code"] * 12


def test_one_address_that_sends_too_much_is_told_to_wait_and_the_next_is_not(
    world: World, centre: Centre, address: str
) -> None:
    row = world.rows(1)[0]
    said = Counter(send(address, row, X_Real_IP="192.0.2.7").body for _ in range(130))
    assert said == {b"stored": 1, b"had": 119, b"unavailable": 10}
    assert told(send(address, row, X_Real_IP="192.0.2.8")) == (200, b"had")
    assert told(send(address, row)) == (200, b"had"), "without the header nobody in particular"
