"""The contract of a centre's store, on every engine: kept once, durably, by whom it may be, whoever asks at once."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from all_at_once import at_once
from centre_stores import Engine, store
from made_up_rows import a_row, by_id, some_rows

from survey.marks import NO_MARK, CentreStore, Mark
from survey.sealing import NotARow, row_id

__all__ = ["store"]  # a fixture

SENDERS = 8


def held(store: CentreStore) -> dict[str, list[bytes]]:
    return {shelf: [row for _, row in store.rows(shelf)] for shelf in store.shelves}


def test_a_row_is_kept_once_however_often_and_wherever_it_lies(store: CentreStore) -> None:
    row = a_row(1)
    assert store.put("arrivals", [row, a_row(2), row]) == ["stored", "stored", "had"]
    store.merge()
    assert store.put("arrivals", [a_row(3), row]) == ["stored", "had"]
    assert store.put("intake", [a_row(3), a_row(4)]) == ["had", "stored"]
    assert (store.count("arrivals"), store.count("intake")) == (1, 3)


def test_rows_and_spent_codes_are_there_for_another_process_and_after_a_restart(
    store: CentreStore, engine: Engine
) -> None:
    rows = some_rows(30)
    store.lay_out(1, 10)
    store.put("arrivals", rows)
    store.admit(a_row(99), Mark(1, 2))
    store.close()
    other = engine.opened()
    assert held(other)["arrivals"] == by_id([*rows, a_row(99)])
    assert other.is_spent(Mark(1, 2))
    other.close()


def test_after_the_merge_every_arrival_lies_in_the_intake_in_id_order(store: CentreStore) -> None:
    rows = some_rows(100)
    store.put("arrivals", rows[:60])
    store.merge()
    store.put("arrivals", rows[60:])
    store.hide_times()
    assert held(store) == {"arrivals": by_id(rows[60:]), "intake": by_id(rows[:60])}
    store.merge()
    assert held(store) == {"arrivals": [], "intake": by_id(rows)}


def test_the_door_goes_with_its_row(store: CentreStore) -> None:
    store.lay_out(1, 10)
    store.put("arrivals", [a_row(1)], "tablet")
    store.admit(a_row(2), Mark(1, 1))
    store.admit(a_row(3))
    store.hide_times()
    store.merge()
    assert {row: door for door, row in store.rows("intake")} == {a_row(1): "tablet", a_row(2): "code", a_row(3): "open"}


def test_more_rows_than_are_read_at_once_come_each_once(store: CentreStore) -> None:
    rows = some_rows(1203)
    store.put("arrivals", rows)
    assert held(store)["arrivals"] == by_id(rows)


def test_rows_may_be_filed_forgotten_and_merged_while_others_are_read(store: CentreStore) -> None:
    rows = some_rows(600)
    store.put("intake", rows)
    reading = store.rows("intake")
    first = next(reading)[1]
    store.forget("intake", [row_id(first)])
    store.put("arrivals", [a_row(9999)])
    store.hide_times()
    assert [first, *(row for _, row in reading)] == by_id(rows)


def test_only_sealed_rows_are_kept_and_one_that_is_not_takes_the_others_with_it(store: CentreStore) -> None:
    with pytest.raises(NotARow):
        store.put("arrivals", [a_row(1), b"what somebody said"])
    with pytest.raises(NotARow):
        store.admit(b"what somebody said")
    assert store.count("arrivals") == 0


def test_a_door_or_shelf_that_does_not_exist_is_refused(store: CentreStore) -> None:
    with pytest.raises(ValueError, match="doors"):
        store.put("arrivals", [a_row(1)], door="window")
    with pytest.raises(ValueError, match="shelves"):
        store.put("outbox", [a_row(1)])
    with pytest.raises(ValueError, match="shelves"):
        store.count("outbox")


def test_nothing_to_keep_or_to_forget_is_done_at_once(store: CentreStore) -> None:
    assert store.put("arrivals", []) == []
    store.forget("arrivals", [])
    store.take_back([])


def test_a_bitmap_is_laid_out_once_and_its_spent_codes_stay(store: CentreStore) -> None:
    store.lay_out(1, 5_000)
    store.admit(a_row(1), Mark(1, 4_999))
    store.lay_out(1, 5_000)
    store.hide_times()
    store.merge()
    assert store.spent(1) == 1
    assert [store.is_spent(Mark(1, serial)) for serial in (4_998, 4_999)] == [False, True]
    assert store.is_spent(Mark(2, 0)), "of a batch that is not there"
    assert store.spent(2) == 0


def test_whoever_takes_back_takes_links_rows_wherever_they_lie_and_no_tablets(store: CentreStore) -> None:
    store.lay_out(1, 10)
    mine, older, tablets = some_rows(3)
    store.admit(older, Mark(1, 1))
    store.merge()
    store.admit(mine)
    store.put("arrivals", [tablets], "tablet")
    store.take_back([row_id(row) for row in (mine, older, tablets)])
    assert held(store) == {"arrivals": [tablets], "intake": []}
    assert store.is_spent(Mark(1, 1))


@pytest.mark.parametrize("how", ["tablet", "code", "each with another code", "open", "replacing"])
def test_eight_identical_ones_at_once_are_stored_once_and_all_are_told(
    store: CentreStore, engine: Engine, how: str
) -> None:
    store.lay_out(1, 20)
    core, row = some_rows(2)
    if how == "replacing":
        store.admit(core, Mark(1, 0))
    ways = {
        "tablet": lambda own, _: own.put("arrivals", [row])[0],
        "code": lambda own, _: own.admit(row, Mark(1, 1)),
        "each with another code": lambda own, number: own.admit(row, Mark(1, number)),
        "open": lambda own, _: own.admit(row),
        "replacing": lambda own, _: own.admit(row, Mark(1, 0), [row_id(core)]),
    }
    own = [engine.opened() for _ in range(SENDERS)]
    said = Counter(at_once(SENDERS, lambda number: ways[how](own[number], number)))
    for each in own:
        each.close()
    assert said == Counter({"replaced" if how == "replacing" else "stored": 1, "had": SENDERS - 1})
    assert held(store)["arrivals"] == [row]
    assert store.spent(1) == (0 if how in ("tablet", "open") else 1), "who came too late has spent nothing"


def test_of_eight_that_replace_the_same_row_by_others_at_once_one_does(store: CentreStore) -> None:
    core, *fuller = some_rows(1 + SENDERS)
    store.admit(core)
    said = at_once(SENDERS, lambda number: store.admit(fuller[number], NO_MARK, [row_id(core)]))
    assert Counter(said) == Counter(replaced=1, refused=SENDERS - 1)
    assert len(held(store)["arrivals"]) == 1


def test_copies_of_one_visit_that_name_each_other_at_once_never_stop_each_other(store: CentreStore) -> None:
    copies = some_rows(40)
    ids = [row_id(row) for row in copies]
    chance = random.Random(11)  # noqa: S311 - repeatable

    def send(_: int) -> None:
        for row in chance.sample(copies, len(copies)):
            store.admit(row, None, chance.sample([one for one in ids if one != row_id(row)], 30))

    with ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(send, range(SENDERS)))
    assert 1 <= len(held(store)["arrivals"]) <= 10


def test_the_door_of_a_card_comes_before_the_open_one_where_a_copy_takes_the_place_of_both(store: CentreStore) -> None:
    store.lay_out(1, 10)
    opened, carded, tablets, whole = some_rows(4)
    store.admit(opened)
    store.admit(carded, Mark(1, 3))
    store.merge()
    store.put("arrivals", [tablets], "tablet")
    assert store.admit(whole, Mark(1, 3), [row_id(row) for row in (opened, tablets, carded)]) == "replaced"
    assert set(store.rows("arrivals")) == {("code", whole), ("tablet", tablets)}
    assert list(store.rows("intake")) == []
    assert store.spent(1) == 1


def test_a_good_code_gives_its_door_to_a_copy_whose_earlier_one_came_by_the_open_door(store: CentreStore) -> None:
    store.lay_out(1, 10)
    partial, whole, later, stranger = some_rows(4)
    store.admit(partial)
    assert store.admit(whole, Mark(1, 3), [row_id(partial)]) == "replaced"
    assert list(store.rows("arrivals")) == [("code", whole)]
    assert store.admit(later, Mark(1, 3), [row_id(whole)]) == "replaced"
    assert store.admit(stranger, Mark(1, 3)) == "refused"
    assert (list(store.rows("arrivals")), store.spent(1)) == ([("code", later)], 1)


def test_a_copy_takes_the_door_of_a_card_only_with_a_code_that_holds(store: CentreStore) -> None:
    store.lay_out(1, 10)
    core, fuller = some_rows(2)
    store.admit(core, Mark(1, 3))
    store.merge()
    assert store.admit(fuller, NO_MARK, [row_id(core)]) == "refused"
    assert held(store) == {"arrivals": [], "intake": [core]}, "what it named is still there"
    assert store.admit(fuller, None, [row_id(core)]) == "replaced"
    assert [pair for shelf in store.shelves for pair in store.rows(shelf)] == [("open", fuller)]


def test_packets_that_hold_the_same_rows_in_other_orders_never_stop_each_other(store: CentreStore) -> None:
    rows = some_rows(60)
    chance = random.Random(7)  # noqa: S311 - repeatable

    def send(_: int) -> Counter[str]:
        mine = chance.sample(rows, len(rows))
        return Counter(word for start in range(0, 60, 12) for word in store.put("arrivals", mine[start : start + 12]))

    with ThreadPoolExecutor(SENDERS) as pool:
        said = sum(pool.map(send, range(SENDERS)), Counter())
    assert said == Counter(stored=60, had=60 * (SENDERS - 1))


def test_everything_is_written_anew_under_the_feet_of_others_and_nothing_is_lost_or_kept_twice(
    store: CentreStore, engine: Engine
) -> None:
    store.lay_out(1, 100)
    rows = some_rows(90)
    senders = [engine.opened() for _ in range(3)]

    def file(own: CentreStore, mine: Sequence[bytes], serials: Sequence[int]) -> None:
        for row, serial in zip(mine, serials, strict=True):
            assert own.admit(row, Mark(1, serial)) == "stored"
            assert own.put("arrivals", [row]) == ["had"]

    threads = [
        threading.Thread(target=file, args=(own, rows[place::3], range(place, 90, 3)))
        for place, own in enumerate(senders)
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        store.merge()
        store.hide_times()
    store.merge()
    for own in senders:
        own.close()
    assert held(store) == {"arrivals": [], "intake": by_id(rows)}
    assert store.spent(1) == 90
