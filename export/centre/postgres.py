"""A PostgreSQL database under the centre's store: reached safely, refused where it would remember, its log thrown away.

PostgreSQL remembers more than a file does. Its log (WAL) holds each row beside the microsecond of its commit, and
settings that are harmless elsewhere write a line, with its time, for each thing that a respondent does. So every new
connection looks at those settings first, and none is used where one of them is wrong (docs/threat-model.md).
"""

from __future__ import annotations

import select
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from typing import Any, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from survey.store import StoreDamaged, StoreFull

Connection = psycopg.Connection[tuple[Any, ...]]
_T = TypeVar("_T")

OLDEST = 15
WANTED: Mapping[str, tuple[str, ...]] = {
    # What was acknowledged must outlast a power cut.
    "fsync": ("on",),
    "full_page_writes": ("on",),
    "synchronous_commit": ("on", "local", "remote_write", "remote_apply"),
    # What tells when a row came, for good: commit times, and the WAL wherever it is kept after a checkpoint.
    "track_commit_timestamp": ("off",),
    "archive_mode": ("off",),
    "wal_keep_size": ("0",),
    "wal_recycle": ("off",),
    # A line in the server's log with a time, caused by an answer, also by one that could not be kept.
    "debug_print_parse": ("off",),
    "debug_print_plan": ("off",),
    "debug_print_rewritten": ("off",),
    "log_checkpoints": ("off",),
    "log_connections": ("off",),
    "log_disconnections": ("off",),
    "log_duration": ("off",),
    "log_executor_stats": ("off",),
    "log_lock_waits": ("off",),
    "log_min_duration_sample": ("-1",),
    "log_min_duration_statement": ("-1",),
    "log_min_messages": ("log", "fatal", "panic"),
    "log_parameter_max_length_on_error": ("0",),
    "log_parser_stats": ("off",),
    "log_planner_stats": ("off",),
    "log_statement": ("none",),
    "log_statement_stats": ("off",),
    "log_temp_files": ("-1",),
    "log_transaction_sample_rate": ("0",),
}
_RIGHTS = {
    "SELECT has_function_privilege('pg_switch_wal()', 'EXECUTE')": "may not call pg_switch_wal()",
    "SELECT pg_has_role(current_user, 'pg_checkpoint', 'USAGE')": "is no member of pg_checkpoint",
    "SELECT NOT EXISTS (SELECT FROM pg_replication_slots)": "has a replication slot beside it, which keeps WAL",
}
_SET_UP = "docs/postgresql/ has the lines to add and what to run; then start PostgreSQL anew."

_HERE = {"localhost", "127.0.0.1", "::1"}
WAIT_SECONDS = 30
_ATTEMPTS = 5
# One number of our own: whoever writes shares it, whoever writes everything anew has it alone. Nothing of it is stored.
_TURN = 0x4865617264
_TOGETHER = f"SELECT pg_advisory_xact_lock_shared({_TURN})"
_ALONE = f"SELECT pg_advisory_lock({_TURN})"
_NO_LONGER_ALONE = f"SELECT pg_advisory_unlock({_TURN})"
# Catalogues keep for a while which transaction dropped a table: one number each ten minutes, and what lies between two
# would be how many answered. So each of ours has a round number.
_ROUND = """
DO $$ BEGIN
  WHILE mod(pg_current_xact_id()::text::bigint, 1024) < 1023 LOOP COMMIT; END LOOP;
END $$
"""
_AGAIN = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)
_DAMAGED = (
    psycopg.errors.DataCorrupted,
    psycopg.errors.IndexCorrupted,
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedTable,
)


class DatabaseRefused(StoreFull):
    """The database could lose what it acknowledged, or tell who answered when. The message says what to set."""


class Database:
    """Connections to one database, as many as threads ask at once; each looked at before it is first used."""

    def __init__(self, address: str, wait_seconds: int = WAIT_SECONDS) -> None:
        """Nothing is reached yet.

        Args:
            address: as libpq reads it, without a password, which libpq finds by itself.
            wait_seconds: how long anybody waits for others, the merge among them.
        """
        self._address = address
        self._wait_seconds = wait_seconds
        self._idle: deque[Connection] = deque()

    def close(self) -> None:
        """Let go of every connection."""
        while self._idle:
            self._idle.pop().close()

    def transaction(self, act: Callable[[Connection], _T]) -> _T:
        """What ``act`` gives, done in one transaction, durably.

        Done again where the database could not put it in an order with others'.

        Raises:
            StoreFull, StoreDamaged: instead of any error of the database; nothing was done, so far as it said.
            DatabaseRefused: it is not set as it must be.
        """
        tries = 0
        while True:
            try:
                return self._once(act)
            except _AGAIN as fault:
                tries += 1
                if tries == _ATTEMPTS:
                    raise _named(fault) from fault
            except psycopg.Error as fault:
                # The others were probably cut off with this one: each would fail somebody.
                self.close()
                raise _named(fault) from fault

    def alone(self, act: Callable[[Connection], object]) -> None:
        """Do ``act`` in one transaction, while nobody else uses the store, and throw away the log up to then.

        Raises:
            StoreFull: somebody uses it for too long, or as ``transaction``.
        """
        try:
            with closing(self._connected()) as connection:
                connection.execute(_ALONE)
                connection.execute(_ROUND)
                connection.execute("SELECT pg_switch_wal()")
                with connection.transaction():
                    act(connection)
                connection.execute(_NO_LONGER_ALONE)
                # Of the log's files the database deletes those before the one that is being written.
                connection.execute("SELECT pg_switch_wal()")
                connection.execute("CHECKPOINT")
        except psycopg.Error as fault:
            raise _named(fault) from fault

    def _once(self, act: Callable[[Connection], _T]) -> _T:
        connection = self._taken()
        try:
            with connection.transaction():
                connection.execute(_TOGETHER)
                return act(connection)
        finally:
            self._put_back(connection)

    def _taken(self) -> Connection:
        with suppress(IndexError):
            while True:
                connection = self._idle.pop()
                if not _has_been_told_something(connection):
                    return connection
                connection.close()
        return self._connected()

    def _put_back(self, connection: Connection) -> None:
        if not connection.closed:
            self._idle.append(connection)

    def _connected(self) -> Connection:
        # Without prepared statements, so that nothing outlives the tables that the merge replaces.
        connection = psycopg.connect(
            _guarded(self._address),
            autocommit=True,
            prepare_threshold=None,
            connect_timeout=WAIT_SECONDS,
            application_name="heard",
            client_encoding="UTF8",
        )
        try:
            connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
            _refuse_what_remembers(connection)
            connection.execute("SELECT set_config('lock_timeout', %s, false)", [f"{self._wait_seconds}s"])
        except BaseException:
            connection.close()
            # It may have been set otherwise under those that are open: each tick connects anew, and so finds out.
            self.close()
            raise
        return connection


def _has_been_told_something(connection: Connection) -> bool:
    # Nobody asked it anything: the database has gone, or been started anew, since somebody last did.
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return bool(waiting.poll(0))


def _guarded(address: str) -> str:
    """Over a network only under TLS, to the server that the certificate names; never less because it offers less."""
    told = conninfo_to_dict(address)
    found = {option.keyword.decode(): (option.val or b"").decode() for option in psycopg.pq.Conninfo.get_defaults()}
    hosts = {str(told.get(name) or found.get(name) or "") for name in ("host", "hostaddr")} - {""}
    here = all(host.startswith("/") or host in _HERE for host in hosts)
    return address if here else make_conninfo(address, sslmode="verify-full")


def _refuse_what_remembers(connection: Connection) -> None:
    if connection.info.server_version < OLDEST * 10_000:
        raise DatabaseRefused(f"The centre's store needs PostgreSQL {OLDEST} or newer.")
    found: dict[str, str] = dict(
        connection.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [[*WANTED]]).fetchall()
    )
    wrong = [
        f"{name} is {found.get(name, 'not known')}"
        for name, fitting in WANTED.items()
        if found.get(name, "") not in fitting
    ]
    for question, lack in _RIGHTS.items():
        answer = connection.execute(question).fetchone()
        wrong += [] if answer is not None and answer[0] else [f"{connection.info.user} {lack}"]
    if wrong:
        raise DatabaseRefused(
            "The database would tell who answered when, or could lose what it acknowledged: "
            f"{'; '.join(wrong)}. Nothing was kept in it. {_SET_UP}"
        )


def _named(fault: psycopg.Error) -> StoreFull | StoreDamaged:
    said = str(fault).strip().splitlines()[0] if str(fault).strip() else type(fault).__name__
    if isinstance(fault, _DAMAGED):
        return StoreDamaged(
            f"The centre's database is damaged ({said}). Stop the centre, keep the database as it is, and put the last"
            " back-up into a new one."
        )
    return StoreFull(f"The centre's database cannot be reached or written ({said}): nothing was kept. Look at it, then"
                     " try again.")  # fmt: skip
