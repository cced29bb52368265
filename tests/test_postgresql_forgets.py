"""Who copies the whole database after the merge learns no order, no time and no pair of code and row.

Looked at: what PostgreSQL keeps beside each row (xmin, xmax, cmin, ctid), every file of its folder, its write-ahead log
as ``pg_waldump`` reads it, its statistics, the times of its files and the server's own log.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from made_up_rows import some_rows
from real_postgresql import Server, postgresql

from export.centre.postgres_store import PostgresStore
from survey.marks import NO_MARK, Mark
from survey.sealing import row_id

BATCHES, CODES, SPENT = 6, 5_000, 120
_LOG_FILE_BYTES = 1024 * 1024
TABLES = ("arrivals", "intake", "spent_codes")


@dataclass
class Copied:
    """A database that somebody looks at with all rights, and the only one on its server that is Heard's."""

    server: Server
    name: str
    store: PostgresStore

    def asked(self, query: str) -> list[list[str]]:
        """What the administrator reads."""
        return [line.split("|") for line in self.server.told(query, database=self.name).splitlines()]

    def files(self) -> dict[Path, bytes]:
        """Every file of the server's folder, as it lies there now."""
        found: dict[Path, bytes] = {}
        for path in self.server.data.rglob("*"):
            with suppress(FileNotFoundError, IsADirectoryError):
                found[path] = path.read_bytes()
        return found

    def file_of(self, table: str) -> Path:
        """Where the rows of a table lie."""
        return self.server.data / self.asked(f"SELECT pg_relation_filepath('heard.{table}')")[0][0]

    def logged(self, tables: set[Path]) -> list[str]:
        """The records about these tables in the write-ahead log that is left."""
        folder = self.server.data / "pg_wal"
        told = ["pg_waldump", "--path", str(folder)]
        # The newest file ends where writing does, which pg_waldump calls an error.
        records = [
            record
            for segment in sorted(path.name for path in folder.iterdir() if path.is_file())
            for record in self.server.run(*told, segment, ends=(0, 1)).splitlines()
        ]
        assert any("CHECKPOINT" in record for record in records), "there is a log, and it can be read"
        return [record for record in records if any(re.search(rf"/{table.name}\b", record) for table in tables)]


@pytest.fixture(scope="module")
def lone_server() -> Iterator[Server]:
    with postgresql() as started:
        yield started


@pytest.fixture
def copied(lone_server: Server) -> Iterator[Copied]:
    name = lone_server.new()
    with closing(PostgresStore(lone_server.address(name))) as store:
        yield Copied(lone_server, name, store)
    lone_server.told(f"DROP DATABASE {name} WITH (FORCE)")


def pairs_of(seed: int) -> list[tuple[Mark, bytes]]:
    chance = random.Random(seed)  # noqa: S311 - a repeatable history
    marks = [Mark(1 + chance.randrange(BATCHES), serial) for serial in chance.sample(range(CODES), SPENT)]
    return list(zip(marks, chance.sample(some_rows(SPENT), SPENT), strict=True))


def spend(store: PostgresStore, pairs: list[tuple[Mark, bytes]], merges: int) -> None:
    for batch in range(1, BATCHES + 1):
        store.lay_out(batch, CODES)
    nights = {len(pairs) * night // merges for night in range(1, merges)}
    for number, (mark, row) in enumerate(pairs):
        assert store.admit(row, mark) == "stored"
        if number % 7 == 0:
            assert store.admit(row, mark) == "had"
        if number in nights:
            store.merge()
        elif number % 20 == 0:
            store.hide_times()
    store.merge()


def ranked(first: list[object], second: list[object]) -> float:
    """Spearman's rank correlation, from -1 to 1."""
    one, two = ({value: rank for rank, value in enumerate(sorted(values))} for values in (first, second))
    middle = (len(first) - 1) / 2
    spread = sum((rank - middle) ** 2 for rank in range(len(first)))
    return sum((one[a] - middle) * (two[b] - middle) for a, b in zip(first, second, strict=True)) / spread


def test_before_the_tick_the_transaction_pairs_a_code_with_its_row_and_after_it_no_more(copied: Copied) -> None:
    """What the threat model says of a live copy; and that this attack finds what is there."""
    store, (mark, row), (_, other) = copied.store, *pairs_of(1)[:2]
    store.lay_out(mark.batch, CODES)
    store.put("arrivals", [other])
    store.admit(row, mark)
    together = "SELECT encode(id, 'hex') FROM heard.arrivals AS a JOIN heard.spent_codes AS s ON a.xmin = s.xmin"
    assert copied.asked(together) == [[row_id(row).hex()]]
    tables = {copied.file_of("arrivals"), copied.file_of("spent_codes")}
    assert [record.split()[1] for record in copied.logged(tables)].count("Heap") >= 3
    store.hide_times()
    assert {one for (one,) in copied.asked(together)} == {row_id(each).hex() for each in (row, other)}
    assert copied.logged(tables) == []


@pytest.mark.parametrize("written_anew", ["tick", "merge"])
def test_all_rows_have_one_transaction_and_their_place_follows_their_id(copied: Copied, written_anew: str) -> None:
    store, pairs = copied.store, pairs_of(2)
    spend(store, pairs[:60], 3)
    for mark, row in pairs[60:]:
        store.admit(row, mark)
    if written_anew == "merge":
        store.merge()
    else:
        store.hide_times()
    kept = {"tick": ("arrivals", "spent_codes"), "merge": ("intake", "spent_codes")}[written_anew]
    columns = " UNION ".join(f"SELECT DISTINCT xmin, xmax FROM heard.{table}" for table in kept)  # noqa: S608
    assert len(copied.asked(columns)) == 1
    assert copied.asked(columns)[0][1] == "0"
    for table in kept:
        order = "batch, part" if table == "spent_codes" else "id"
        assert len(copied.asked(f"SELECT DISTINCT cmin FROM heard.{table}")) == 1  # noqa: S608
        place = "(ctid::text::point)[0], (ctid::text::point)[1]"
        places = copied.asked(f"SELECT {place} FROM heard.{table} ORDER BY {order}")  # noqa: S608
        assert places == sorted(places, key=lambda place: [int(number) for number in place])
    columns = "SELECT DISTINCT column_name FROM information_schema.columns WHERE table_schema = 'heard' ORDER BY 1"
    assert copied.asked(columns) == [["batch"], ["bits"], ["door"], ["id"], ["part"], ["row"]]


def test_pairing_codes_with_rows_by_place_does_no_better_than_chance(copied: Copied) -> None:
    pairs = pairs_of(3)
    spend(copied.store, pairs, 4)
    content = copied.file_of("intake").read_bytes()
    places: list[object] = [content.index(row[2000:3000]) for _, row in pairs]
    codes: list[object] = [(mark.batch, mark.serial) for mark, _ in pairs]
    guessed = dict(zip(sorted(codes), sorted(places), strict=True))  # type: ignore[type-var]
    assert sum(guessed[code] == place for code, place in zip(codes, places, strict=True)) <= 6, "by chance it is one"
    assert abs(ranked(codes, places)) < 4 / SPENT**0.5
    arrived: list[object] = list(range(SPENT))
    assert abs(ranked(arrived, places)) < 4 / SPENT**0.5


def test_no_other_file_holds_a_row_or_its_id_and_the_log_of_the_day_is_gone(copied: Copied) -> None:
    store, pairs = copied.store, pairs_of(4)
    replaced, fuller, left = some_rows(3, first=9_000)
    old_files = {copied.file_of(table) for table in TABLES}
    store.admit(replaced)
    store.admit(fuller, NO_MARK, [row_id(replaced)])
    store.admit(left)
    store.take_back([row_id(left)])
    spend(store, pairs, 2)
    intake = copied.file_of("intake")
    files = copied.files()
    some = [*(row for _, row in pairs[::5]), fuller]
    for row in some:
        assert {path for path, content in files.items() if row[2000:2064] in content} == {intake}
        assert files[intake].count(row[2000:2064]) == 1
    assert [path for path, content in files.items() for gone in (replaced, left) if gone[2000:2064] in content] == []
    holding = {path for path, content in files.items() if any(row_id(row) in content for row in some)}
    assert len(holding) == 2, "the intake and the index of its ids"
    assert all(path.stat().st_size == 0 for path in old_files if path.exists()), "what was dropped is empty"
    assert copied.logged({*old_files, *map(copied.file_of, TABLES)}) == []


CATALOGUES = ("pg_class", "pg_attribute", "pg_type", "pg_index", "pg_constraint", "pg_depend", "pg_namespace")


def in_catalogues(copied: Copied, asked: str, since: int) -> list[int]:
    """Numbers that pages of the catalogues keep, also of what was dropped, from the first tick on."""
    pages = " UNION ".join(
        f"SELECT {asked} FROM generate_series(0, pg_relation_size('{name}') / 8192 - 1) AS page,"  # noqa: S608
        f" get_raw_page('{name}', page::int) AS raw, heap_page_items(raw) AS item"
        for name in CATALOGUES
    )
    return sorted(number for (found,) in copied.asked(pages) if (number := int(found)) >= since)


def test_what_catalogues_keep_of_dropped_tables_counts_no_answers_between_two_ticks(copied: Copied) -> None:
    """Their transactions' numbers, ten minutes apart, would; and so would the place in the log that pages keep."""
    copied.asked("CREATE EXTENSION pageinspect")
    store, rows = copied.store, some_rows(400)
    store.hide_times()
    began = int(copied.asked("SELECT xmin FROM pg_namespace WHERE nspname = 'heard'")[0][0])
    for answered in (rows[:3], rows[3:60], rows[60:], []):
        for row in answered:
            store.admit(row)
        log_was_at = int(copied.asked("SELECT pg_current_wal_insert_lsn() - '0/0'")[0][0])
        store.hide_times()
        places = in_catalogues(copied, "(page_header(raw)).lsn - '0/0'", log_was_at)
        assert places, "the tick was written down"
        assert max(place % _LOG_FILE_BYTES for place in places) < _LOG_FILE_BYTES // 2, "400 rows would fill two files"
    dropped = {*in_catalogues(copied, "t_xmin", began), *in_catalogues(copied, "t_xmax", began)}
    assert len(dropped) > 3
    # A vacuum of the server's own may take a number or two in between.
    assert {(number - began + 2) % 1024 for number in dropped} <= set(range(5))


def test_nobody_counts_vacuums_or_samples_the_tables(copied: Copied) -> None:
    spend(copied.store, pairs_of(5), 2)
    copied.server.told("VACUUM", database=copied.name)
    assert copied.asked("SELECT DISTINCT last_autovacuum, last_autoanalyze FROM pg_stat_user_tables") == [["", ""]]
    assert copied.asked("SELECT count(*) FROM pg_stats WHERE schemaname = 'heard'") == [["0"]]
    assert copied.asked("SELECT count(*) FROM pg_class WHERE relkind = 'S' OR relname LIKE 'pg_toast%' AND relname IN "
                        "(SELECT reltoastrelid::regclass::text FROM pg_class)") == [["0"]]  # fmt: skip


def test_the_servers_log_says_nothing_of_anybody(copied: Copied) -> None:
    before = copied.server.log
    spend(copied.store, pairs_of(6), 2)
    for mark, _ in pairs_of(6)[:5]:
        assert copied.store.admit(some_rows(1, first=9_100)[0], mark) == "refused"
    assert copied.server.log == before


def test_after_the_tick_no_file_tells_when_somebody_answered(copied: Copied, tmp_path: Path) -> None:
    store, (mark, row), (_, other) = copied.store, *pairs_of(7)[:2]
    store.lay_out(mark.batch, CODES)
    store.hide_times()

    def changed() -> dict[Path, int]:
        """When each file changed last, of all that an answer could reach: not of other databases."""
        base = copied.file_of("intake").parent.parent
        found = [path for path in copied.server.data.rglob("*") if base not in path.parents]
        found += copied.file_of("intake").parent.rglob("*")
        times: dict[Path, int] = {}
        for path in found:
            with suppress(FileNotFoundError):
                times[path] = path.stat().st_ctime_ns
        return times

    def moment(name: str) -> int:
        """A time after all that was written so far, by the same clock."""
        latest = max(changed().values())
        (tmp_path / name).touch()
        while (tmp_path / name).stat().st_ctime_ns <= latest:
            (tmp_path / name).touch()
        return (tmp_path / name).stat().st_ctime_ns

    before = moment("before")
    store.admit(row, mark)
    store.admit(other)
    answered = moment("answered")
    assert [path for path, at in changed().items() if before <= at <= answered], "an answer changes files"
    store.hide_times()
    assert [path for path, at in changed().items() if before <= at <= answered] == []
    ticked = moment("ticked")
    store.hide_times()
    telling = [path for path, at in changed().items() if before <= at <= ticked]
    # Where catalogues have room, and a copy of them for who connects next, is written down now and then, by no answer.
    by_no_answer = ("_fsm", "_vm", "pg_internal.init")
    assert [path for path in telling if not path.name.endswith(by_no_answer)] == [], "nor which tick was the next"
