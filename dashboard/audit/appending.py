"""Appending to the chain: one short transaction of its own, shared by all who wait at the same moment.

The chain has one end, so appends happen one after the other, and each commit waits for the disk. Threads that arrive
while an append is under way therefore queue up, and the first of them writes for all: one statement, one commit.
Each event is chained and on disk before ``append`` returns; there is no unsealed tail. Across processes the row of
``AuditHead`` is the lock, held only for that one statement.

A thread can be stopped anywhere (an interrupt, a server's time limit) without holding up the others: whoever leaves
takes its unwritten event along and hands on its turn, and nobody waits longer than ``PATIENCE``. An event that was
under way when its thread gave up may still be written: the log then has an attempt that showed nothing.

Each process appends over a connection of its own: whatever transaction the caller is in the middle of, its rollback
removes no event, and it never holds the end of the chain. A test case's wrapping transaction is the exception, as for
``atomic(durable=True)``: the events of such a test go over its connection and are rolled back with it.
"""

import json
import os
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, DataError, Error, InterfaceError, OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

MOST_AT_ONCE = 256
"""Events in one statement."""

GATHERING = 0.0002
"""Seconds that a writer waits for company where the one before had some; a lone event never waits."""

CONNECTING = 5
"""Whole seconds that a new connection may take."""

PATIENCE = 12.0
"""Seconds that a thread waits for the one that writes for it: longer than connecting and the trigger's lock_timeout."""

_COLUMNS = """
    id, action, outcome, actor_kind, actor_label, tenant_digest, purpose, request_id, counts, ip, user_agent, commitment
"""
_WRITTEN = "id, seq, version, (extract(epoch FROM at) * 1000000)::bigint, previous_hash, hash"
_APPEND = f"""
    WITH given AS (
        SELECT * FROM jsonb_to_recordset(%s) AS given (
            id uuid, action text, outcome text, actor_kind text, actor_label text, tenant_digest text, purpose text,
            request_id uuid, counts text, ip text, user_agent text, commitment text, salt text, sealed text
        )
    ), noted AS (
        INSERT INTO dashboard_auditnote (event_id, salt, sealed)
        SELECT id, salt, sealed FROM given WHERE salt IS NOT NULL
    )
    INSERT INTO dashboard_auditevent ({_COLUMNS}) SELECT {_COLUMNS} FROM given
    RETURNING {_WRITTEN}
"""  # noqa: S608 - names of ours
_FIND = f"SELECT {_WRITTEN} FROM dashboard_auditevent WHERE id = ANY(%s)"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Written:
    """What the database added to an event."""

    id: uuid.UUID
    seq: int
    version: int
    at: int  # microseconds since 1970-01-01 UTC
    previous_hash: str
    hash: str


def _closed_lock() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(slots=True, eq=False)
class _Entry:
    row: dict[str, Any]
    woken: Any = field(default_factory=_closed_lock)  # released when it is written, or when it is this thread's turn
    leads: bool = False  # this thread's turn to write for all, until it leaves
    ended: bool = False
    written: Written | None = None
    error: Error | None = None


class Appender:
    """Writes the events of all threads of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[_Entry] = []
        self._writing = False  # a thread is; only that one touches the connection
        self._had_company = False
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
        entry = _Entry(row)
        try:
            self._join(entry)
            if not entry.leads:
                entry.woken.acquire(timeout=PATIENCE)
            if entry.leads:
                self._write_for_all()
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
            entry.leads, self._writing = not self._writing, True

    def _leave(self, entry: _Entry) -> None:
        if entry.ended and not entry.leads:
            return
        with self._lock:
            if not entry.ended and entry in self._waiting:
                self._waiting.remove(entry)
            if entry.leads:
                self._appoint()

    def _appoint(self) -> None:
        self._writing = bool(self._waiting)
        if self._writing:
            successor = self._waiting[0]
            successor.leads = True
            successor.woken.release()

    def _write_for_all(self) -> None:
        batch: list[_Entry] = []
        try:
            if self._had_company:
                time.sleep(GATHERING)
            with self._lock:
                batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            self._write(batch)
        finally:
            self._had_company = len(batch) > 1
            for entry in batch:
                entry.ended = True
                entry.woken.release()

    def _write(self, batch: Sequence[_Entry]) -> None:
        try:
            written = self._insert_even_after_a_restart([entry.row for entry in batch])
        except Error as error:
            if len(batch) > 1 and isinstance(error, DataError):  # one event's fault must not refuse the others
                for entry in batch:
                    self._write([entry])
                return
            self.close()  # whatever is wrong with it, the next event gets a fresh one
            for entry in batch:
                entry.error = error
            return
        except BaseException:
            self.close()  # stopped in the middle of a statement
            raise
        found = {row.id: row for row in written}
        for entry in batch:
            entry.written = found[entry.row["id"]]

    def _insert_even_after_a_restart(self, rows: list[dict[str, Any]]) -> list[Written]:
        connection = self._own_connection()
        try:
            return _insert(connection, rows)
        except (OperationalError, InterfaceError):
            if connection.is_usable():
                raise
            connection.close()  # the server was restarted; had it committed before that?
            return _fetch(connection, _FIND, [row["id"] for row in rows]) or _insert(connection, rows)

    def _own_connection(self) -> BaseDatabaseWrapper:
        caller = connections[DEFAULT_DB_ALIAS]
        if self._connection is None or self._connection.settings_dict["NAME"] != caller.settings_dict["NAME"]:
            self.close()
            self._connection = caller.copy()
            self._connection.settings_dict["OPTIONS"].setdefault("connect_timeout", CONNECTING)
            self._connection.inc_thread_sharing()
        return self._connection


def _insert(connection: BaseDatabaseWrapper, rows: Sequence[dict[str, Any]]) -> list[Written]:
    return _fetch(connection, _APPEND, json.dumps(rows, default=str))  # default: for UUIDs


def _fetch(connection: BaseDatabaseWrapper, statement: str, argument: Any) -> list[Written]:
    connection.ensure_connection()
    # psycopg's own cursor: Django's would have the statement planned anew each time, which takes longer than to run it.
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement, [argument], prepare=True)
        return [Written(*row) for row in cursor.fetchall()]


appender = Appender()
os.register_at_fork(after_in_child=appender.__init__)  # type: ignore[misc]  # a child starts with nobody waiting
