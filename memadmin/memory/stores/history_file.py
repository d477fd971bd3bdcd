"""mem0's SQLite file: the ``history`` and ``messages`` tables (``mem0/memory/storage.py``).

``history`` knows memories, not people: its rows are attributed by memory id. ``messages`` holds raw chat
under a session scope, ``agent_id=..&run_id=..&user_id=..`` with ``%``, ``&`` and ``=`` escaped and the keys
sorted (``_build_session_scope`` in ``mem0/memory/main.py``), so the tenant always stands last.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from memadmin.memory.errors import StoreUnavailable
from memadmin.memory.identity import UserId
from memadmin.memory.records import Change, Scrub, Scrubbed, parse_time

WAIT = 10.0
"""Seconds to wait for another process to finish writing."""

_IDS = "SELECT value FROM json_each(?)"
_AT = "coalesce(updated_at, created_at)"
_CHANGES = (
    "SELECT id, memory_id, event, old_memory, new_memory, coalesce(updated_at, created_at, '') AS at,"
    " actor_id, role FROM history WHERE memory_id {} ORDER BY at, rowid"
)
_SCOPE = "(session_scope = ?1 OR substr(session_scope, -length(?1) - 1) = '&' || ?1)"

_TELLS_MORE = "memory_id = ?1 AND (old_memory <> ?2 OR new_memory <> ?2)"
_ONLY_KEPT = ", ".join(f"{text} = CASE WHEN {text} = ?2 THEN {text} END" for text in ("old_memory", "new_memory"))


class HistoryFile:
    """Reads and erases a tenant's rows in mem0's SQLite file, on short connections of its own.

    Args:
        path: the file that mem0's ``history_db_path`` names. mem0 creates it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def changes(self, memory_id: str) -> list[Change]:
        """A memory's history, oldest first."""
        with self._open() as connection:
            return [_change(row) for row in connection.execute(_CHANGES.format("= ?"), [memory_id])]

    def changes_of(self, memory_ids: Iterable[str]) -> dict[str, list[Change]]:
        """The history of each of these memories, oldest first; those without any are left out."""
        found: dict[str, list[Change]] = {}
        with self._open() as connection:
            for row in connection.execute(_CHANGES.format(f"IN ({_IDS})"), [_json(memory_ids)]):
                change = _change(row)
                found.setdefault(change.memory_id, []).append(change)
        return found

    def count(self, memory_ids: Iterable[str]) -> int:
        """History rows of these memories."""
        return self._number(f"SELECT count(*) FROM history WHERE memory_id IN ({_IDS})", _json(memory_ids))

    def untold(self, memory_ids: Sequence[str]) -> int:
        """How many of these memories have no row here; mem0 writes one with each memory that it adds."""
        query = f"SELECT count(DISTINCT memory_id) FROM history WHERE memory_id IN ({_IDS})"
        return len(memory_ids) - self._number(query, _json(memory_ids))

    def is_empty(self) -> bool:
        """Whether nobody's history or chat is kept here."""
        query = "SELECT ?1 * 0 + EXISTS (SELECT 1 FROM history) + EXISTS (SELECT 1 FROM messages)"
        return self._number(query, "1") == 0

    def memory_ids(self) -> Iterator[list[str]]:
        """All memory ids in the history, a thousand at a time."""
        with self._open() as connection:
            cursor = connection.execute("SELECT DISTINCT memory_id FROM history WHERE memory_id IS NOT NULL")
            while rows := cursor.fetchmany(1_000):
                yield [row[0] for row in rows]

    def delete(self, memory_ids: Iterable[str]) -> int:
        """Erase the history of these memories; returns the number of rows."""
        return self._execute(f"DELETE FROM history WHERE memory_id IN ({_IDS})", _json(memory_ids))

    def wordings(self, memory_id: str) -> set[str]:
        """Every text that this memory ever had, as far as the history tells."""
        query = "SELECT old_memory, new_memory FROM history WHERE memory_id = ?"
        with self._open() as connection:
            return {text for row in connection.execute(query, [memory_id]) for text in row if text is not None}

    def forget(self, memory_id: str, keep: str) -> int:
        """Blank all texts of a memory's rows but one; times and events stay. Returns the rows that lost a text."""
        return self._execute(f"UPDATE history SET {_ONLY_KEPT} WHERE {_TELLS_MORE}", memory_id, keep)

    def count_wordings(self, memory_id: str, wordings: Iterable[str]) -> int:
        """Rows of a memory that tell any of these texts."""
        query = "SELECT count(*) FROM history WHERE memory_id = ?1 AND (old_memory IN ({0}) OR new_memory IN ({0}))"
        return self._number(query.format("SELECT value FROM json_each(?2)"), memory_id, _json(wordings))

    def count_messages(self, owner: UserId) -> int:
        """Rows of raw chat kept for this tenant, under any agent or run."""
        return self._number(f"SELECT count(*) FROM messages WHERE {_SCOPE}", _scope(owner))

    def delete_messages(self, owner: UserId) -> int:
        """Erase the raw chat kept for this tenant; returns the number of rows."""
        return self._execute(f"DELETE FROM messages WHERE {_SCOPE}", _scope(owner))

    def scrub(self) -> Scrubbed:
        """Write the file anew, so that no byte of a deleted row stays: mem0 itself deletes without overwriting.

        Unlike ``secure_delete`` this also reaches rows that were deleted before, by whomever, on free pages and in
        the gaps of used ones. A journal that somebody left is deleted, a write-ahead log is emptied.
        """
        try:
            with self._open(transaction=False) as connection:
                connection.execute("VACUUM")
                busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]  # 0 without such a log
        except StoreUnavailable as error:
            return Scrubbed("history file", Scrub.PENDING, None, str(error))
        if busy:
            return Scrubbed("history file", Scrub.PENDING, None, "Another process is reading its write-ahead log.")
        return Scrubbed("history file", Scrub.GONE, datetime.now(UTC))

    def span(self, memory_ids: Iterable[str]) -> tuple[int, str, str]:
        """Rows of these memories, and when the first and the last was written ("" if nobody noted it)."""
        query = (
            f"SELECT count(*), coalesce(min({_AT}), ''), coalesce(max({_AT}), '') FROM history"
            f" WHERE memory_id IN ({_IDS})"
        )
        with self._open() as connection:
            number, oldest, newest = connection.execute(query, [_json(memory_ids)]).fetchone()
        return int(number), oldest, newest

    def older(self, memory_ids: Iterable[str], before: datetime) -> list[str]:
        """Those of these memories whose every row was written before a moment; undated ones are none of them."""
        query = f"SELECT memory_id, {_AT} FROM history WHERE memory_id IN ({_IDS})"
        newest: dict[str, datetime] = {}
        with self._open() as connection:
            for memory_id, at in connection.execute(query, [_json(memory_ids)]):
                moment = parse_time(at or "") or datetime.max.replace(tzinfo=UTC)
                newest[memory_id] = max(newest.get(memory_id, moment), moment)
        return [memory_id for memory_id, moment in newest.items() if moment < before]

    def index(self) -> None:
        """Add the index on memory_id that mem0 leaves out; without it every look-up reads the whole history."""
        with self._open() as connection:
            connection.execute("CREATE INDEX IF NOT EXISTS memadmin_history_memory_id ON history (memory_id)")

    def _number(self, query: str, *arguments: str) -> int:
        with self._open() as connection:
            return int(connection.execute(query, arguments).fetchone()[0])

    def _execute(self, statement: str, *arguments: str) -> int:
        with self._open() as connection:
            return connection.execute(statement, arguments).rowcount

    @contextmanager
    def _open(self, *, transaction: bool = True) -> Iterator[sqlite3.Connection]:
        try:
            # mode=rw: a file that is not there is an error, not a new and empty one
            connection = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=rw", uri=True, timeout=WAIT)
            try:
                connection.execute("PRAGMA secure_delete = ON")  # overwrite what is deleted
                with connection if transaction else nullcontext():
                    yield connection
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise StoreUnavailable(
                f"mem0's history file {self.path.name} cannot be used ({error}). "
                "Check that it exists, is writable and is not locked by another process."
            ) from error


def _scope(owner: UserId) -> str:
    return "user_id=" + owner.replace("%", "%25").replace("&", "%26").replace("=", "%3D")


def _json(memory_ids: Iterable[str]) -> str:
    return json.dumps([str(memory_id) for memory_id in memory_ids])


def _change(row: Any) -> Change:
    identity, memory_id, event, old, new, at, actor_id, role = row
    return Change(
        id=identity, memory_id=memory_id, event=event, old_text=old, new_text=new, at=at, actor_id=actor_id, role=role
    )
