"""A card's code is good once: whoever tries it, however often, whatever is cut off in the middle."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from centre_stores import Engine, store
from centre_world import LINKED
from hypothesis import given
from hypothesis import strategies as st
from linked_centre import centre, untold, world
from made_up_rows import a_row

from export.centre.batches import MOST_CODES, BatchesFull
from export.centre.codes import BatchUnknown, Codes, cancel, codes_in, could_be_a_code, issue
from export.centre.instance import Centre
from export.centre.lettering import LETTERS, check_letter, number_of, plain, written
from survey.marked_store import MarkedStore
from survey.marks import NO_MARK, CentreStore, Mark
from survey.sealing import row_id
from survey.store import CENTRE_SHELVES, Store

__all__ = ["centre", "store", "untold", "world"]  # fixtures

ROOT = Path(__file__).parent.parent
_numbers = itertools.count(1_000_000_000)


def made_up_row() -> bytes:
    return a_row(next(_numbers))


@pytest.fixture
def file(tmp_path: Path) -> Iterator[MarkedStore]:
    store = MarkedStore(tmp_path / "centre.db")
    yield store
    store.close()


def codes_of(centre: Centre, today: date | None = None) -> Codes:
    return Codes(centre.batches, centre.clock.day if today is None else lambda: today)


def test_every_code_of_a_batch_holds_at_its_place_and_at_no_other(centre: Centre) -> None:
    batch = issue(centre, LINKED, "card", 300)
    printed = list(codes_in(batch))
    assert len(set(printed)) == 300
    codes = codes_of(centre)
    assert [codes.mark_of(code, LINKED) for code in printed] == [Mark(batch.number, serial) for serial in range(300)]
    assert {codes.mark_of(code, "elsewhere") for code in printed} == {NO_MARK}


def test_a_code_may_be_typed_as_people_type(centre: Centre) -> None:
    batch = issue(centre, LINKED, "card", 40)
    codes = codes_of(centre)
    for serial, code in enumerate(codes_in(batch)):
        for typed in (code.lower(), code.replace("-", " "), f"  {code.replace('-', '')}\n", code.replace("0", "o")):
            assert codes.mark_of(typed, LINKED) == Mark(batch.number, serial)


@pytest.mark.parametrize("zero", ["٠", "۰", "০", "૦", "੦", "௦"])
def test_a_code_may_be_typed_in_the_digits_of_a_language_and_with_the_unseen_marks_of_its_keyboard(zero: str) -> None:
    letters = next("7KQ2M9XT0134586" + last for last in LETTERS if could_be_a_code("7KQ2M9XT0134586" + last))
    typed = "".join(chr(ord(zero) + int(each)) if each.isdigit() else each for each in letters)
    assert could_be_a_code(typed)
    assert could_be_a_code(f"\u200f{letters[:8]}\u200e-\u061c{letters[8:]}\ufeff")
    assert plain(f"\u200f{typed}") == letters


@given(st.text(LETTERS, min_size=16, max_size=16), st.data())
def test_every_wrong_letter_and_every_exchange_of_two_is_noticed(letters: str, data: st.DataObject) -> None:
    whole = next(letters[:15] + last for last in LETTERS if could_be_a_code(letters[:15] + last))
    place = data.draw(st.integers(0, 15))
    wrong = data.draw(st.sampled_from([letter for letter in LETTERS if letter != whole[place]]))
    assert not could_be_a_code(whole[:place] + wrong + whole[place + 1 :])
    other = data.draw(st.integers(0, 15).filter(lambda other: whole[other] != whole[place]))
    exchanged = list(whole)
    exchanged[place], exchanged[other] = whole[other], whole[place]
    assert not could_be_a_code("".join(exchanged))


@given(st.text(max_size=40))
def test_whatever_is_typed_is_no_code_or_sixteen_letters(typed: str) -> None:
    assert not could_be_a_code(typed) or sum(letter.isalnum() for letter in typed) == 16


def test_a_code_with_another_batchs_tag_holds_nowhere(centre: Centre) -> None:
    one, two = issue(centre, LINKED, "card", 5), issue(centre, LINKED, "card", 5)
    codes = codes_of(centre)
    forged = replace(one, key=two.key)
    assert {codes.mark_of(code, LINKED) for code in codes_in(forged)} == {NO_MARK}
    beyond = replace(one, printed=6)
    assert codes.mark_of(list(codes_in(beyond))[-1], LINKED) == NO_MARK, "one more than was printed"


def test_each_of_the_forty_bits_by_which_a_code_proves_itself_is_looked_at(centre: Centre) -> None:
    codes = codes_of(centre)
    (code,) = codes_in(issue(centre, LINKED, "card", 1))
    whole = number_of(plain(code)[:-1])
    assert whole is not None
    for bit in range(40):
        letters = written(whole ^ 1 << bit, 15)
        forged = letters + check_letter(letters)
        assert could_be_a_code(forged)
        assert codes.mark_of(forged, LINKED) == NO_MARK
    assert codes.mark_of(code, LINKED) != NO_MARK


def test_a_late_code_and_a_cancelled_batch_hold_no_more_and_the_others_do(centre: Centre) -> None:
    one, two = issue(centre, LINKED, "card", 3), issue(centre, LINKED, "card", 3)
    assert one.until == one.printed_on + timedelta(days=365)
    (code, *_), (other, *_) = codes_in(one), codes_in(two)
    assert codes_of(centre, one.until).mark_of(code, LINKED) != NO_MARK
    assert codes_of(centre, one.until + timedelta(days=1)).mark_of(code, LINKED) == NO_MARK
    cancel(centre, one.number)
    assert codes_of(centre).mark_of(code, LINKED) == NO_MARK
    assert codes_of(centre).mark_of(other, LINKED) != NO_MARK
    for number in (one.number, 99, issue(centre, LINKED, "poster", 2).number):
        with pytest.raises(BatchUnknown):
            cancel(centre, number)


def test_what_was_printed_is_counted_by_place_and_route(centre: Centre) -> None:
    issue(centre, LINKED, "card", 3)
    issue(centre, LINKED, "poster", 2)
    counted = [(batch.place, batch.route, batch.printed) for batch in centre.batches.all().values()]
    assert counted == [(LINKED, "card", 3), (LINKED, "poster", 2)]
    with pytest.raises(BatchesFull):
        issue(centre, LINKED, "card", MOST_CODES + 1)


def test_a_code_is_spent_with_its_row_and_never_again(store: CentreStore) -> None:
    store.lay_out(1, 10)
    row, other = made_up_row(), made_up_row()
    assert store.admit(row, Mark(1, 7)) == "stored"
    assert store.admit(other, Mark(1, 7)) == "refused"
    assert store.admit(row, Mark(1, 7)) == "had", "the same row again is looked up before the code"
    assert store.admit(row, NO_MARK) == "had"
    assert (store.spent(1), store.count("arrivals")) == (1, 1)
    assert store.is_spent(Mark(1, 7))
    assert not store.is_spent(Mark(1, 6))


@pytest.mark.parametrize("merged", [False, True])
def test_a_fuller_copy_takes_the_place_and_the_door_and_spends_no_other_code(
    store: CentreStore, *, merged: bool
) -> None:
    store.lay_out(1, 10)
    core, fuller = made_up_row(), made_up_row()
    store.admit(core, Mark(1, 3))
    if merged:
        store.merge()
    assert store.admit(fuller, Mark(1, 3), replaces=[row_id(core)]) == "replaced"
    assert store.admit(fuller, NO_MARK, replaces=[row_id(core)]) == "had"
    assert [pair for shelf in store.shelves for pair in store.rows(shelf)] == [("code", fuller)]
    assert store.spent(1) == 1


def test_whatever_is_wrong_with_a_code_the_store_takes_the_same_steps(file: MarkedStore) -> None:
    """So a stopwatch tells a spent code from a wrong, a late or a cancelled one no better than the answer does."""
    file.lay_out(1, 10)
    file.admit(made_up_row(), Mark(1, 3))

    def steps(mark: Mark) -> list[str]:
        said: list[str] = []
        with file._file.opened() as connection:
            connection.set_trace_callback(said.append)
        assert file.admit(made_up_row(), mark) == "refused"
        with file._file.opened() as connection:
            connection.set_trace_callback(None)
        return [re.sub(r"x'[0-9A-F]+'|-?\d+", "?", step, flags=re.IGNORECASE) for step in said]

    assert steps(Mark(1, 3)) == steps(NO_MARK)
    assert len(steps(NO_MARK)) > 3


def test_a_row_that_is_not_here_is_no_way_past_the_code(store: CentreStore) -> None:
    store.lay_out(1, 10)
    assert store.admit(made_up_row(), NO_MARK, replaces=[os.urandom(16)]) == "refused"
    assert store.admit(made_up_row(), Mark(1, 1), replaces=[os.urandom(16)]) == "stored"


def test_nobody_behind_a_link_replaces_or_takes_back_a_tablets_row(store: CentreStore) -> None:
    tablets = made_up_row()
    store.put("arrivals", [tablets], "tablet")
    assert store.admit(made_up_row(), NO_MARK, replaces=[row_id(tablets)]) == "refused"
    store.take_back([row_id(tablets)])
    assert list(store.rows("arrivals")) == [("tablet", tablets)]


def test_whoever_kills_the_centre_leaves_as_many_rows_as_spent_codes(store: CentreStore, engine: Engine) -> None:
    store.lay_out(1, 10_000)
    for kills in range(1, 6):
        spender = spending(engine, kills, range(kills * 1_000, kills * 1_000 + 900))
        assert spender.stdout is not None
        for _ in range(kills * 3):
            assert spender.stdout.readline() == "stored\n"
        spender.kill()
        spender.wait()
        spender.stdout.close()
        assert store.spent(1) == store.count("arrivals") >= kills * 3


def test_a_store_from_before_there_were_codes_gets_its_bitmap(tmp_path: Path) -> None:
    old, row = Store(tmp_path / "centre.db", CENTRE_SHELVES), made_up_row()
    old.put("intake", [row])
    old.close()
    store = MarkedStore(tmp_path / "centre.db")
    store.lay_out(1, 10)
    store.merge()
    assert store.admit(made_up_row(), Mark(1, 2)) == "stored"
    assert store.count("intake") == 1


def spending(engine: Engine, sender: int, serials: Iterable[int]) -> subprocess.Popen[str]:
    command = [sys.executable, str(Path(__file__).with_name("spending_process.py")), engine.place, str(sender)]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    return subprocess.Popen([*command, *map(str, serials)], stdout=subprocess.PIPE, text=True, env=environ)


def test_a_million_codes_and_eight_senders_at_once_spend_none_twice(store: CentreStore, engine: Engine) -> None:
    store.lay_out(1, 1_000_000)
    serials = [number * 7_919 % 1_000_000 for number in range(60)]
    senders = [spending(engine, sender, serials) for sender in range(8)]
    said = Counter(word for sender in senders for word in sender.communicate(timeout=60)[0].split())
    assert said == Counter(stored=60, refused=7 * 60)
    assert (store.spent(1), store.count("arrivals")) == (60, 60)


def test_threads_of_one_process_spend_none_twice_either(store: CentreStore) -> None:
    store.lay_out(1, 1_000_000)
    with ThreadPoolExecutor(8) as pool:
        said = Counter(pool.map(lambda number: store.admit(made_up_row(), Mark(1, number % 25)), range(200)))
    assert said == Counter(stored=25, refused=175)


@pytest.mark.parametrize("count", [1_000, 1_000_000])
def test_a_check_reads_and_writes_as_much_among_a_thousand_codes_as_among_a_million(
    file: MarkedStore, count: int
) -> None:
    file.lay_out(1, count)
    with file._file.opened() as connection:
        plan = connection.execute(
            "EXPLAIN QUERY PLAN SELECT bits FROM spent_codes WHERE batch = ? AND part = ?", (1, 0)
        ).fetchall()
        largest = connection.execute("SELECT max(length(bits)) FROM spent_codes").fetchone()
    assert "PRIMARY KEY (batch=? AND part=?)" in plan[0][3]
    assert largest == (512,)
