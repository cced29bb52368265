"""A centre's rows in PostgreSQL: set up as told or refused, moved to whole, and nothing lost when it is cut off."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from centre_world import LINKED, World, enrolled, told_world
from click.testing import CliRunner, Result
from made_up_rows import a_row, by_id, some_rows
from real_postgresql import SET_UP, Server, postgresql, psycopg

from export.__main__ import main
from export.centre.carrying import carry_out
from export.centre.codes import Codes, codes_in, issue
from export.centre.holds import Hold
from export.centre.instance import make_centre
from export.centre.postgres import WANTED, DatabaseRefused
from export.centre.postgres_store import PostgresStore
from survey.marks import NO_MARK, Mark
from survey.parcel import CARRY_OUT, open_parcel
from survey.sealing import row_id
from survey.store import StoreDamaged, StoreFull

ROOT = Path(__file__).parent.parent
OTHERWISE = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "track_commit_timestamp": "on",
    "archive_mode": "on",
    "wal_keep_size": "16",
    "wal_recycle": "on",
    "debug_print_parse": "on",
    "debug_print_plan": "on",
    "debug_print_rewritten": "on",
    "log_checkpoints": "on",
    "log_connections": "on",
    "log_disconnections": "on",
    "log_duration": "on",
    "log_executor_stats": "on",
    "log_lock_waits": "on",
    "log_min_duration_sample": "0",
    "log_min_duration_statement": "0",
    "log_min_messages": "error",
    "log_parameter_max_length_on_error": "-1",
    "log_parser_stats": "on",
    "log_planner_stats": "on",
    "log_statement": "mod",
    "log_temp_files": "0",
    "log_transaction_sample_rate": "0.5",
}
NEVER_WITH_THE_OTHERS = {"log_statement_stats": "on"}


@pytest.fixture
def address(server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    address = server.address(server.new())
    monkeypatch.setenv("HEARD_STORE", address)
    return address


@pytest.fixture
def store(address: str) -> Iterator[PostgresStore]:
    store = PostgresStore(address)
    yield store
    store.close()


@pytest.fixture
def lone_server() -> Iterator[Server]:
    """One that a test may set otherwise, cut off or starve."""
    with postgresql() as started:
        yield started


def database_in(address: str) -> str:
    return address.partition("@/")[2].partition("?")[0]


def export(*arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments])


def test_each_setting_that_would_remember_or_lose_is_named_and_nothing_is_kept(
    lone_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert OTHERWISE.keys() | NEVER_WITH_THE_OTHERS.keys() == WANTED.keys()
    address = lone_server.address("heard")
    monkeypatch.setenv("HEARD_STORE", address)
    for otherwise in (OTHERWISE, NEVER_WITH_THE_OTHERS):
        lone_server.set(**otherwise)
        with pytest.raises(DatabaseRefused) as refused:
            PostgresStore(address)
        assert [name for name in WANTED if f"{name} is " in str(refused.value)] == [
            name for name in WANTED if name in otherwise
        ]
    assert lone_server.told("SELECT to_regnamespace('heard')", database="heard") == ""
    make_centre(tmp_path / "centre")
    told = export("tablets", "--instance", str(tmp_path / "centre"))
    assert (told.exit_code, "docs/postgresql/" in told.output) == (1, True)
    lone_server.set()
    PostgresStore(address).close()


def test_a_server_set_otherwise_while_the_centre_runs_is_used_no_more_after_a_tick(
    lone_server: Server,
) -> None:
    store = PostgresStore(lone_server.address("heard"))
    lone_server.reload("ALTER SYSTEM SET log_statement = 'all'", "SHOW log_statement", "all")
    with pytest.raises(DatabaseRefused, match="log_statement is all"):
        store.hide_times()
    for _ in range(2):
        with pytest.raises(StoreFull):
            store.admit(a_row(1))
    assert "INSERT" not in lone_server.log
    lone_server.reload("ALTER SYSTEM RESET log_statement", "SHOW log_statement", "none")
    assert store.admit(a_row(1)) == "stored"
    store.close()


def test_without_the_right_to_throw_the_log_away_nothing_is_kept(lone_server: Server) -> None:
    lone_server.told("REVOKE pg_checkpoint FROM heard")
    lone_server.told("REVOKE EXECUTE ON FUNCTION pg_switch_wal() FROM heard", database="heard")
    lone_server.told("SELECT pg_create_physical_replication_slot('standby')")
    with pytest.raises(DatabaseRefused, match=r"pg_switch_wal.*pg_checkpoint.*replication slot"):
        PostgresStore(lone_server.address("heard"))


def test_what_operators_are_given_sets_each_of_them() -> None:
    given = dict(
        line.split("#")[0].split(" = ") for line in (SET_UP / "heard.conf").read_text().splitlines() if " = " in line
    )
    assert {name for name in WANTED if given.get(name) not in WANTED[name]} == set()


def test_over_a_network_nothing_is_said_to_a_database_that_offers_no_tls() -> None:
    heard = bytearray()
    with closing(socket.create_server(("127.0.0.2", 0))) as listening:

        def refuse_tls() -> None:
            connection, _ = listening.accept()
            with connection:
                heard.extend(connection.recv(8))
                connection.sendall(b"N")
                heard.extend(connection.recv(4096))

        answering = threading.Thread(target=refuse_tls)
        answering.start()
        with pytest.raises(StoreFull, match="SSL"):
            PostgresStore(f"postgresql://heard@127.0.0.2:{listening.getsockname()[1]}/heard")
        answering.join()
    assert heard == bytes.fromhex("00000008 04d2162f"), "the question for TLS, and not a byte more"


def test_what_is_not_installed_is_named(tmp_path: Path) -> None:
    make_centre(tmp_path)
    blocked = "import sys; sys.modules['psycopg'] = None; from export.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", blocked, "tablets", "--instance", str(tmp_path)],
        env={**os.environ, "HEARD_STORE": "postgresql:///heard", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "requirements/postgresql.txt" in done.stderr) == (1, True)


def test_a_database_that_is_cut_off_loses_nothing_that_was_acknowledged(lone_server: Server) -> None:
    address = lone_server.address("heard")
    store = PostgresStore(address)
    store.lay_out(1, 10_000)
    said = 0
    for cut in range(1, 4):
        spender = subprocess.Popen(
            [sys.executable, str(ROOT / "tests" / "spending_process.py"), address, str(cut)]
            + [str(serial) for serial in range(cut * 1_000, cut * 1_000 + 900)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])},
        )
        assert spender.stdout is not None
        said += len([spender.stdout.readline() for _ in range(cut * 5)])
        lone_server.stop("immediate")
        said += len(spender.stdout.readlines())
        spender.wait()
        spender.stdout.close()
        with pytest.raises(StoreFull):
            store.spent(1)
        lone_server.start()
        assert said <= store.spent(1) == store.count("arrivals")
    store.close()


def test_a_database_that_was_started_anew_meanwhile_fails_nobody(lone_server: Server) -> None:
    store = PostgresStore(lone_server.address("heard"))
    lone_server.restart()
    assert store.admit(a_row(1)) == "stored"
    store.close()


def test_whoever_copies_the_centres_folder_finds_no_row_and_nothing_that_an_answer_changed(
    address: str, tmp_path: Path
) -> None:
    world = World(tmp_path / "centre")
    centre = world.opened()
    world.tell(centre)
    batch = issue(centre, LINKED, "card", 40)
    codes = Codes(centre.batches, centre.clock.day)

    def files() -> dict[str, tuple[bytes, int]]:
        return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in world.folder.iterdir()}

    before = files()
    for row, code in zip(world.rows(40), codes_in(batch), strict=True):
        assert centre.store.admit(row, codes.mark_of(code, LINKED)) == "stored"
    centre.store.hide_times()
    centre.store.merge()
    assert files() == before
    assert "centre.db" not in before
    centre.close()


def test_while_it_is_away_a_tablet_gets_no_receipt_and_afterwards_all_is_taken(
    lone_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARD_STORE", lone_server.address("heard"))
    monkeypatch.setenv("HEARD_MEMORY_FOLDER", str(tmp_path / "memory"))
    with told_world(tmp_path / "centre") as (world, centre, address):
        tablet, rows = enrolled(centre, address), world.rows(3)
        lone_server.stop()
        away = tablet.signed("POST", "/intake/rows", b"".join(rows))
        assert away.status == 503
        assert rows[0] not in away.body
        lone_server.start()
        assert tablet.send(rows, centre.intake_key.public) == ["stored"] * 3


def test_a_session_that_holds_the_tables_puts_the_merge_off_and_loses_nothing(server: Server, address: str) -> None:
    store = PostgresStore(address, wait_seconds=1)
    store.put("arrivals", some_rows(5))
    said = server.log
    with psycopg.connect(address) as holding:
        holding.execute("SELECT FROM heard.arrivals")
        with pytest.raises(StoreFull, match="lock"):
            store.merge()
    assert server.log == said, "a line for each fault would be one for each person whom it meets"
    store.merge()
    assert [row for _, row in store.rows("intake")] == by_id(some_rows(5))
    store.close()


def test_a_table_that_is_gone_is_damage_and_never_made_anew(server: Server, address: str) -> None:
    PostgresStore(address).close()
    server.told("DROP TABLE heard.spent_codes", database=database_in(address))
    with pytest.raises(StoreDamaged, match="spent_codes"):
        PostgresStore(address)


def test_a_row_that_lost_its_size_is_counted_and_left_out(server: Server, store: PostgresStore, address: str) -> None:
    rows = some_rows(3)
    store.put("arrivals", rows)
    server.told(
        f"""UPDATE heard.arrivals SET "row" = substr("row", 2) WHERE id = '\\x{row_id(rows[0]).hex()}'""",  # noqa: S608
        database=database_in(address),
    )
    store.merge()
    assert {row for _, row in store.rows("intake")} == set(rows[1:])
    assert store.count("intake") == 3


def test_whatever_is_wrong_with_a_code_the_store_takes_the_same_steps(store: PostgresStore, tmp_path: Path) -> None:
    store.lay_out(1, 10)
    store.admit(a_row(1), Mark(1, 3))

    def steps(mark: Mark) -> list[str]:
        connection = store._database._taken()
        with (tmp_path / "trace").open("w+b") as trace:
            connection.pgconn.trace(trace.fileno())
            store._database._put_back(connection)
            assert store.admit(a_row(2), mark) == "refused"
            connection.pgconn.untrace()
            trace.seek(0)
            return [line.split(b"\t")[3].decode() for line in trace.read().splitlines() if b"\tF\t" in line]

    assert steps(Mark(1, 3)) == steps(NO_MARK)
    assert len(steps(NO_MARK)) > 3


def test_a_check_finds_its_part_of_a_million_codes_by_its_key(store: PostgresStore) -> None:
    store.lay_out(1, 1_000_000)
    connection = store._database._taken()
    connection.execute("SET enable_seqscan = off")
    plan = connection.execute(
        "EXPLAIN UPDATE heard.spent_codes SET bits = set_bit(bits, 5, 1) WHERE batch = 1 AND part = 7"
        " AND get_bit(bits, 5) = 0"
    ).fetchall()
    store._database._put_back(connection)
    assert "Index Cond: ((batch = 1) AND (part = 7))" in str(plan)


def test_a_dump_put_into_an_empty_database_is_the_same_store_in_id_order(
    server: Server, store: PostgresStore, address: str
) -> None:
    rows = some_rows(20)
    store.lay_out(1, 5_000)
    store.put("arrivals", rows[:19])
    store.admit(rows[19], Mark(1, 4_500))
    store.merge()
    dump, other = str(server.folder / "heard.dump"), server.new()
    role = ("--username=heard", f"--host={server.folder}")
    server.run("pg_dump", *role, "--format=custom", f"--file={dump}", database_in(address))
    server.run("pg_restore", *role, f"--dbname={other}", dump)
    again = PostgresStore(server.address(other))
    assert list(again.rows("intake")) == list(store.rows("intake"))
    assert (again.spent(1), again.is_spent(Mark(1, 4_500)), again.admit(a_row(99), Mark(1, 4_500))) == (
        1,
        True,
        "refused",
    )
    order = server.told('SELECT "row" FROM heard.intake ORDER BY ctid', database=other).splitlines()
    assert order == ["\\x" + row.hex() for row in by_id(rows)]
    again.close()


@pytest.fixture
def filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A stopped centre with rows and spent codes in its folder."""
    monkeypatch.delenv("HEARD_STORE", raising=False)
    world = World(tmp_path / "centre")
    centre = world.opened()
    world.tell(centre)
    batch = issue(centre, LINKED, "card", 5_000)
    codes = Codes(centre.batches, centre.clock.day)
    for row, code in zip(world.rows(7), codes_in(batch), strict=False):
        assert centre.store.admit(row, codes.mark_of(code, LINKED)) == "stored"
    centre.store.merge()
    centre.store.put("arrivals", world.rows(5))
    centre.close()
    return world


def in_store(world: World) -> tuple[dict[bytes, str], int]:
    centre = world.opened()
    rows = {row: door for shelf in centre.store.shelves for door, row in centre.store.rows(shelf)}
    spent = sum(centre.store.spent(batch) for batch in centre.batches.all())
    centre.close()
    return rows, spent


def test_rows_and_spent_codes_are_moved_whole_and_the_file_is_used_no_more(
    filled: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = in_store(filled)
    assert (len(before[0]), before[1]) == (12, 7)
    here = ("--instance", str(filled.folder))
    monkeypatch.setenv("HEARD_STORE", server.address(server.new()))
    unmoved = export("tablets", *here)
    assert (unmoved.exit_code, "move-rows" in unmoved.output) == (1, True), (
        "else half the rows would lie here and half there"
    )
    moved = export("move-rows", *here)
    assert moved.exit_code == 0, moved.output
    assert in_store(filled) == before
    assert not (filled.folder / "centre.db").exists()
    again = export("move-rows", *here)
    assert (again.exit_code, "nothing to move" in again.output) == (1, True)
    centre = filled.opened()
    carried = carry_out(centre, filled.folder / "intake.carried")
    parcel = open_parcel(filled.folder / "intake.carried", CARRY_OUT, centre.intake_key.public)
    assert {row: door for door, row in parcel.rows} == before[0]
    assert (carried.rows, carried.left_behind) == (12, 0)
    assert [note.did for note in centre.registry.notes()][-2:] == ["move-rows", "carry-out"]
    centre.close()


def test_nothing_is_moved_into_a_database_that_holds_anything_or_while_the_centre_serves(
    filled: World, address: str, store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = ("--instance", str(filled.folder))
    monkeypatch.setenv("HEARD_STORE", address)
    watch = Hold(filled.folder / "night.lock")
    assert watch.taken()
    assert "Stop it" in export("move-rows", *here).output
    watch.let_go()
    store.lay_out(1, 10)
    full = export("move-rows", *here)
    assert (full.exit_code, "already" in full.output) == (1, True)
    monkeypatch.delenv("HEARD_STORE")
    assert "nothing to move" in export("move-rows", *here).output
    assert len(in_store(filled)[0]) == 12
