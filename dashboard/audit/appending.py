"""Appending to the chain: one short transaction of its own, shared by all who wait at the same moment.

The chain has one end, so appends happen one after the other, and each commit waits for the disk. Threads that arrive
while an append is under way therefore queue up, and the first of them writes for all: one statement, one commit.
Each event is chained and on disk before ``append`` returns; there is no unsealed tail. Across processes the row of
``AuditHead`` is the lock, held only for that one statement.

A thread can be stopped anywhere (an interrupt, a server's time limit) without holding up the others: whoever leaves
takes its unwritten event along and hands on its turn, and nobody waits for another's longer than ``PATIENCE``. A server
that does not answer is given up after ``WRITING``. Where the one that writes vanished in spite of that, or hangs,
another takes over with a new connection. An event that was under way when its thread gave up may still be written: the
log then has an attempt that showed nothing.

Each process appends over a connection of its own: whatever transaction the caller is in the middle of, its rollback
removes no event, and it never holds the end of the chain. A test case's wrapping transaction is the exception, as for
``atomic(durable=True)``: the events of such a test go over its connection and are rolled back with it.
"""

import json
import os
import select
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import psycopg
from django.db import (
    DEFAULT_DB_ALIAS,
    DatabaseError,
    DataError,
    Error,
    InterfaceError,
    NotSupportedError,
    OperationalError,
    connections,
    transaction,
)
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGconn, PGresult

MOST_AT_ONCE = 256
"""Events in one statement."""

GATHERING = 0.001
"""Seconds at most that a writer waits until as many are here as were just now; a lone event never waits."""

CONNECTING = 5
"""Whole seconds that a new connection may take."""

WRITING = 8.0
"""Seconds that a statement may take: longer than the trigger's lock_timeout."""

PATIENCE = 12.0
"""Seconds that a thread waits for the one that writes for it."""

OVERDUE = 20.0
"""Seconds after which nobody believes any more that the one that writes will come to an end."""

LOOK = 0.25
"""Seconds between two looks of a waiting thread at whether the one that writes is still there."""

_LINE = {
    "connect_timeout": CONNECTING,
    "tcp_user_timeout": int(WRITING * 1000),
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
}
"""For libpq: how soon a server that is gone is noticed."""

_COLUMNS = """
    id, action, outcome, actor_kind, actor_label, tenant_digest, purpose, request_id, counts, ip, user_agent, commitment
"""
_GIVEN = _COLUMNS.replace("request_id", "nullif(request_id, '')::uuid")
_WRITTEN = "id::text, seq, version, (extract(epoch FROM at) * 1000000)::bigint, previous_hash, hash"
_APPEND = f"""
    WITH given AS (
        SELECT * FROM jsonb_to_recordset($1::jsonb) AS given (
            id uuid, action text, outcome text, actor_kind text, actor_label text, tenant_digest text, purpose text,
            request_id text, counts text, ip text, user_agent text, commitment text, salt text, sealed text
        )
    ), noted AS (
        INSERT INTO dashboard_auditnote (event_id, salt, sealed)
        SELECT id, salt, sealed FROM given WHERE salt IS NOT NULL
    )
    INSERT INTO dashboard_auditevent ({_COLUMNS}) SELECT {_GIVEN} FROM given
    RETURNING {_WRITTEN}
"""  # noqa: S608 - names of ours
_FIND = f"SELECT {_WRITTEN} FROM dashboard_auditevent WHERE id = ANY($1::uuid[])"  # noqa: S608


class Written(NamedTuple):
    """What the database added to an event."""

    id: str
    seq: int
    version: int
    at: int  # microseconds since 1970-01-01 UTC
    previous_hash: str
    hash: str


_READ: tuple[Callable[[bytes], Any], ...] = (bytes.decode, int, int, int, bytes.decode, bytes.decode)
"""How its columns are read from PostgreSQL's text."""
_PREPARED: "weakref.WeakKeyDictionary[PGconn, dict[str, bytes]]" = weakref.WeakKeyDictionary()
"""Names of the statements that each connection keeps."""


def _closed_lock() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


class _Presence:
    """Kept by a thread's call of ``append`` alone: when that ends, in whatever way, this is gone."""


@dataclass(slots=True, eq=False)
class _Entry:
    row: dict[str, Any]
    presence: "weakref.ref[_Presence]"
    since: float = 0  # when it began to write for all
    woken: Any = field(default_factory=_closed_lock)  # released when it is written, or when it is this thread's turn
    ended: bool = False
    written: Written | None = None
    error: Error | None = None

    @property
    def is_there(self) -> bool:
        """Whether the thread that wants it written has not left."""
        return self.presence() is not None

    def wake(self) -> None:
        """Have the thread that wants it written look."""
        with suppress(RuntimeError):  # it does already
            self.woken.release()


class Appender:
    """Writes the events of all threads of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[_Entry] = []
        self._leader: _Entry | None = None  # whose turn it is; only that one touches the connection
        self._company = 0  # how many were here when the last one had written
        self._connection: BaseDatabaseWrapper | None = None

    def append(self, row: dict[str, Any]) -> Written:
        """Append one event; returns when it is committed.

        Args:
            row: values by column name, and ``salt`` and ``sealed`` of its note, None for none.

        Raises:
            django.db.Error: it was not written, or not in time.
        """
        caller = connections[DEFAULT_DB_ALIAS]
        if caller.in_atomic_block and getattr(caller.atomic_blocks[0], "_from_testcase", False):
            with transaction.atomic():
                return _insert(caller, [row])[0]
        here = _Presence()
        entry = _Entry(row, weakref.ref(here))
        try:
            self._join(entry)
            self._wait(entry)
            if self._leader is entry:
                self._write_for_all(entry)
        finally:  # also when this thread is stopped: the others go on
            self._leave(entry)
        if entry.written is None:
            raise entry.error or InterfaceError("The thread that wrote for this one was stopped, or took too long.")
        return entry.written

    def close(self) -> None:
        """Close the connection; the next event opens it again."""
        if self._connection is not None:
            self._connection.close()

    def _join(self, entry: _Entry) -> None:
        with self._lock:
            self._waiting.append(entry)
            if not self._is_led():
                self._take_over(entry)
            elif len(self._waiting) == self._company and self._leader is not None:
                self._leader.wake()  # all are here

    def _wait(self, entry: _Entry) -> None:
        """Wait until the event is written or it is this thread's turn, and no longer than there is hope."""
        end = time.monotonic() + PATIENCE
        while not entry.ended and self._leader is not entry and (left := end - time.monotonic()) > 0:
            if entry.woken.acquire(timeout=min(LOOK, left)):
                return
            with self._lock:
                if self._is_led():
                    continue
                if entry not in self._waiting:  # taken along by the one that vanished
                    return
                self._take_over(entry)

    def _leave(self, entry: _Entry) -> None:
        if entry.ended and self._leader is not entry:
            return
        with self._lock:
            if entry in self._waiting:
                self._waiting.remove(entry)
            if self._leader is entry:
                self._hand_on()

    def _is_led(self) -> bool:
        leader = self._leader
        return leader is not None and leader.is_there and time.monotonic() < leader.since + OVERDUE

    def _take_over(self, entry: _Entry) -> None:
        if self._leader is not None and self._leader.is_there:
            self._connection = None  # the one before may still use it, and closes it then
        self._waiting.remove(entry)
        self._waiting.insert(0, entry)
        self._appoint(entry)

    def _hand_on(self) -> None:
        while self._waiting and not self._waiting[0].is_there:
            self._waiting.pop(0)
        self._appoint(self._waiting[0] if self._waiting else None)
        if self._leader is not None:
            self._leader.wake()

    def _appoint(self, entry: _Entry | None) -> None:
        if entry is not None:
            entry.since = time.monotonic()
        self._leader = entry

    def _gather(self, leader: _Entry) -> None:
        """Those who just got their answer are on their way back; who comes last wakes the writer."""
        if len(self._waiting) < self._company:
            leader.woken.acquire(timeout=GATHERING)

    def _write_for_all(self, leader: _Entry) -> None:
        batch: list[_Entry] = []
        try:
            self._gather(leader)
            with self._lock:
                if self._leader is leader:  # nobody took over meanwhile
                    batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            if batch:
                self._write(batch)
        finally:
            self._company = len(batch) + len(self._waiting)
            for entry in batch:
                entry.ended = True
                entry.wake()

    def _write(self, batch: Sequence[_Entry]) -> None:
        connection = self._own_connection()
        try:
            written = _insert_even_after_a_restart(connection, [entry.row for entry in batch])
        except Error as error:
            if len(batch) > 1 and isinstance(error, DataError):  # one event's fault must not refuse the others
                for entry in batch:
                    self._write([entry])
                return
            connection.close()  # whatever is wrong with it, the next event gets a fresh one
            for entry in batch:
                entry.error = error
            return
        except BaseException:
            connection.close()  # stopped in the middle of a statement
            raise
        if connection is not self._connection:
            connection.close()  # another took over
        found = {row.id: row for row in written}
        for entry in batch:
            entry.written = found[entry.row["id"]]

    def _own_connection(self) -> BaseDatabaseWrapper:
        caller = connections[DEFAULT_DB_ALIAS]
        if self._connection is None or self._connection.settings_dict["NAME"] != caller.settings_dict["NAME"]:
            self.close()
            self._connection = caller.copy()
            self._connection.settings_dict["OPTIONS"] = _LINE | self._connection.settings_dict["OPTIONS"]
            self._connection.inc_thread_sharing()
        return self._connection


def _insert_even_after_a_restart(connection: BaseDatabaseWrapper, rows: list[dict[str, Any]]) -> list[Written]:
    try:
        _open(connection)
        return _insert(connection, rows)
    except (OperationalError, InterfaceError, NotSupportedError) as error:
        is_outdated = isinstance(error, NotSupportedError)  # what is prepared: somebody has altered the table
        if connection.connection is None or (_is_alive(connection) and not is_outdated):
            raise
        connection.close()  # the server was restarted; had it committed before that?
        _open(connection)
        ids = ",".join(row["id"] for row in rows)
        return _fetch(connection, _FIND, f"{{{ids}}}") or _insert(connection, rows)


def _open(connection: BaseDatabaseWrapper) -> None:
    if connection.connection is None:
        connection.ensure_connection()
        if _to(connection).prepare_threshold is None:  # a pooler gives the server to others next, as it is
            return
        milliseconds = int((WRITING - 1) * 1000)  # the server gives up first
        with connection.wrap_database_errors:
            _asked(_to(connection), f"SET statement_timeout = {milliseconds}")


def _insert(connection: BaseDatabaseWrapper, rows: Sequence[dict[str, Any]]) -> list[Written]:
    written = _fetch(connection, _APPEND, json.dumps(rows))
    if {row.id for row in written} != {row["id"] for row in rows}:
        raise InterfaceError("The database did not write what was sent; run manage.py verify_audit.")
    return written


def _fetch(connection: BaseDatabaseWrapper, statement: str, argument: str) -> list[Written]:
    connection.ensure_connection()
    with connection.wrap_database_errors:
        result = _asked(_to(connection), statement, argument)
    rows = (map(partial(result.get_value, number), range(result.nfields)) for number in range(result.ntuples))
    return [Written(*(column(value or b"") for column, value in zip(_READ, row, strict=True))) for row in rows]


# libpq's own calls, as psycopg offers them: a cursor's way there and back takes longer than the server's part of it.


def _to(connection: BaseDatabaseWrapper) -> psycopg.Connection[Any]:
    opened: psycopg.Connection[Any] = connection.connection
    return opened


def _is_alive(connection: BaseDatabaseWrapper) -> bool:
    """By what was read last: the end of the connection follows the server's farewell. Asking could take for ever."""
    return _to(connection).pgconn.status == ConnStatus.OK


def _asked(opened: psycopg.Connection[Any], statement: str, argument: str | None = None) -> PGresult:
    """One statement over a connection that may be in the middle of a transaction.

    With an argument it is prepared, unless MEMADMIN_PREPARED_STATEMENTS is off.

    Raises:
        psycopg.Error: the server refused it, or hung up. django.db.DatabaseError: it did neither, nor did it answer.
    """
    server, end = opened.pgconn, time.monotonic() + WRITING
    if argument is None:
        server.send_query(statement.encode())
    elif opened.prepare_threshold is None:
        server.send_query_params(statement.encode(), [argument.encode()])
    else:
        server.send_query_prepared(_prepared(server, statement, end), [argument.encode()])
    return _answer(server, end)


def _prepared(server: PGconn, statement: str, end: float) -> bytes:
    """Name of the statement at the server, which plans it once; over Django's cursor it would do so each time."""
    known = _PREPARED.setdefault(server, {})
    if statement not in known:
        name = f"audit_{len(known)}".encode()
        server.send_prepare(name, statement.encode())
        _answer(server, end)
        known[statement] = name
    return known[statement]


def _answer(server: PGconn, end: float) -> PGresult:
    """What the server says to what was just sent."""
    result = None
    while (following := _next_result(server, end)) is not None:
        result = following
    if result is None or server.status != ConnStatus.OK:
        raise psycopg.OperationalError("The database hung up.")
    if result.status not in {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}:
        raise psycopg.errors.error_from_result(result)
    return result


def _next_result(server: PGconn, end: float) -> PGresult | None:
    """Wait for it, and give up on a server that neither answers nor hangs up."""
    sending = bool(server.flush())
    while sending or server.is_busy():
        ready = select.poll()
        ready.register(server.socket, select.POLLIN | (select.POLLOUT if sending else 0))
        if not ready.poll(max(0, end - time.monotonic()) * 1000):
            raise DatabaseError("The database did not answer in time.")
        server.consume_input()
        sending = sending and bool(server.flush())
    return server.get_result()


appender = Appender()
os.register_at_fork(after_in_child=appender.__init__)  # type: ignore[misc]  # a child starts with nobody waiting
