"""Getting deleted rows out of PostgreSQL's files: the bytes, not only the rows.

Measured on PostgreSQL 18 with pgvector 0.8.5. After DELETE every text and vector is still in the files. VACUUM removes
a row and moves its page's other rows together, but blanks nothing: what they do not happen to cover stays in the page's
free space (30 of 200 planted words), and lexemes stay in the GIN index. So a table is written anew where it is small
enough for the lock that this takes. ANALYZE had copied samples of texts and vectors into ``pg_statistic``; they are
taken anew too. The write-ahead log keeps everything until its segments are removed; a recycled segment is only
renamed (``RemoveXlogFile`` in ``xlog.c``) and keeps its old bytes until it is written over, so those are written over.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import Connection, errors, sql

from memadmin.memory.records import Scrub, Scrubbed

REWRITE_LIMIT = 128 * 1024 * 1024
"""Largest table, indexes included and in bytes, that is written anew while its readers wait (seconds at most)."""
PATIENCE = timedelta(seconds=5)
"""How long to wait for a lock, or for transactions that still see the deleted rows."""
MOST_SEGMENTS = 256
"""Most recycled log segments, 16 MB each, that are written over in one go."""

TABLES, LOG = "tables", "write-ahead log"


def scrub_tables(connection: Connection[Any], tables: Sequence[str], *, rewrite_limit: int = REWRITE_LIMIT) -> Scrubbed:
    """Get what was deleted from these tables out of their files; call :func:`scrub_log` afterwards.

    Args:
        connection: in autocommit mode, as the tables' owner; VACUUM refuses a transaction.
        tables: names of tables that the connection's search path finds.
        rewrite_limit: a larger table is not written anew, in bytes with its indexes. Default: 128 MB.

    Returns:
        place "tables". ``gone`` only if nothing deleted before the call can be left in any file but the log.

    Raises:
        psycopg.Error: the server went away or broke something; a missing right or a lock is a result.
    """
    verdicts = [_scrub_table(connection, table, rewrite_limit) for table in dict.fromkeys(tables)]
    verdicts.append(_scrub_statistics(connection))
    return _together(TABLES, verdicts)


def scrub_log(connection: Connection[Any]) -> Scrubbed:
    """Have the write-ahead log forget what was written to it so far.

    Args:
        connection: in autocommit mode.

    Returns:
        place "write-ahead log". ``forbidden`` names the grants that an operator can give.
    """
    try:
        return _together(LOG, [_scrub_log(connection)])
    except errors.InsufficientPrivilege:
        return Scrubbed(LOG, Scrub.FORBIDDEN, None, _GRANTS)


_Verdict = tuple[Scrub, str]
_GONE: _Verdict = (Scrub.GONE, "")
_GRANTS = (
    "The log keeps deleted rows until the server has written over its segments. To let the desk see to it: GRANT "
    "pg_checkpoint, pg_monitor and EXECUTE ON FUNCTION pg_switch_wal() to its role."
)


def _scrub_table(connection: Connection[Any], table: str, rewrite_limit: int) -> _Verdict:
    row = connection.execute(_TABLE, {"table": table}).fetchone()
    if row is None:
        return Scrub.NOT_APPLICABLE, f"{table} is not in this database."
    oid, name, size, may = row
    if not may:
        return Scrub.FORBIDDEN, f"{table} belongs to another role: have its owner run VACUUM FULL {table}."
    named = {"table": sql.SQL(name)}  # as the server quoted it
    if not _vacuumed(connection, oid, named):
        return Scrub.PENDING, f"Other transactions still see rows deleted from {table}; they have to end first."
    try:
        with _lock_timeout(connection):
            if size <= rewrite_limit:
                connection.execute(sql.SQL("VACUUM (FULL, ANALYZE) {table}").format(**named))
                return _GONE
            _reindex(connection, oid)
            connection.execute(sql.SQL("ANALYZE {table}").format(**named))
    except errors.LockNotAvailable:
        return Scrub.PENDING, f"{table} is in use and could not be locked."
    return Scrub.PENDING, (
        f"{table} is too large to be written anew while agents use it; the free space of its pages keeps old bytes "
        f"until new rows cover them. Run VACUUM FULL {table} in a quiet hour."
    )


def _vacuumed(connection: Connection[Any], oid: int, named: dict[str, sql.SQL]) -> bool:
    """Vacuum until no deleted row is kept for somebody's old snapshot; False if time runs out."""
    deadline = time.monotonic() + PATIENCE.total_seconds()
    while True:
        connection.execute(sql.SQL("VACUUM (INDEX_CLEANUP ON, TRUNCATE ON) {table}").format(**named))
        row = connection.execute(_KEPT, [oid]).fetchone()  # VACUUM leaves there how many it had to keep
        if row and not row[0]:
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)


def _reindex(connection: Connection[Any], oid: int) -> None:
    try:
        for (index,) in connection.execute(_TELLING_INDEXES, [oid]).fetchall():
            connection.execute(sql.SQL("REINDEX INDEX CONCURRENTLY {}").format(sql.SQL(index)))
    finally:
        for (unfinished,) in connection.execute(_UNFINISHED_INDEXES, [oid]).fetchall():
            connection.execute(sql.SQL("DROP INDEX {}").format(sql.SQL(unfinished)))


def _scrub_statistics(connection: Connection[Any]) -> _Verdict:
    """The planner's samples of texts and vectors: ANALYZE took new ones, the old ones are dead rows."""
    row = connection.execute(_OWNS_DATABASE).fetchone()
    if not row or not row[0]:
        return Scrub.FORBIDDEN, (
            "The planner's statistics may keep samples of deleted rows: have the database's owner run "
            "VACUUM FULL pg_statistic."
        )
    try:
        with _lock_timeout(connection):
            connection.execute("VACUUM FULL pg_catalog.pg_statistic")
    except errors.LockNotAvailable:
        return Scrub.PENDING, "The planner's statistics could not be locked."
    return _GONE


def _scrub_log(connection: Connection[Any]) -> _Verdict:
    connection.execute("CHECKPOINT")  # the files have everything, the log is needed no more
    last = _segment(connection)
    _next_segment(connection)
    connection.execute("CHECKPOINT")  # removes or recycles the segments before
    numbers = _segments(connection)
    if any(number <= last for number in numbers):
        return Scrub.PENDING, "Log segments are kept for a replication slot, a standby or the archive."
    recycled = max(numbers, default=last)
    for _ in range(MOST_SEGMENTS):
        if _segment(connection) > recycled:
            break
        _next_segment(connection)  # writes the rest of the segment full of zeros
    else:
        return Scrub.PENDING, "Recycled log segments have not all been written over."
    row = connection.execute("SELECT current_setting('archive_mode')").fetchone()
    if row and row[0] != "off":
        return Scrub.GONE, "The log was archived; the archive keeps it as long as its backups."
    return _GONE


def _segment(connection: Connection[Any]) -> int:
    row = connection.execute(_CURRENT).fetchone()
    assert row is not None  # noqa: S101 - a SELECT without FROM has a row
    return int(row[0])


def _segments(connection: Connection[Any]) -> list[int]:
    return [int(row[0]) for row in connection.execute(_SEGMENTS)]


def _next_segment(connection: Connection[Any]) -> None:
    connection.execute("SELECT pg_logical_emit_message(false, 'memadmin', '')")  # an unused one is not switched
    connection.execute("SELECT pg_switch_wal()")


@contextmanager
def _lock_timeout(connection: Connection[Any]) -> Iterator[None]:
    connection.execute(f"SET lock_timeout = {int(PATIENCE.total_seconds() * 1_000)}")
    try:
        yield
    finally:
        connection.execute("RESET lock_timeout")


def _together(place: str, verdicts: Sequence[_Verdict]) -> Scrubbed:
    status = next((status for status in _WORST_FIRST if status in {verdict[0] for verdict in verdicts}), Scrub.GONE)
    note = " ".join(note for _, note in verdicts if note)
    return Scrubbed(place, status, datetime.now(UTC) if status is Scrub.GONE else None, note)


_WORST_FIRST = (Scrub.FORBIDDEN, Scrub.PENDING, Scrub.NOT_APPLICABLE)
_TABLE = """
    SELECT oid::int8, oid::regclass::text, pg_total_relation_size(oid), pg_has_role(relowner, 'USAGE')
    FROM pg_class WHERE oid = to_regclass(quote_ident(%(table)s)) AND relkind IN ('r', 'm')
"""
_KEPT = """
    SELECT coalesce(pg_stat_get_dead_tuples(oid), 0) + coalesce(pg_stat_get_dead_tuples(nullif(reltoastrelid, 0)), 0)
    FROM pg_class WHERE oid = %s
"""
_TELLING_INDEXES = """
    SELECT indexrelid::regclass::text FROM pg_index
    JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_am ON pg_am.oid = relam
    WHERE indrelid = %s AND indisvalid AND (indexprs IS NOT NULL OR amname IN ('gin', 'gist'))
"""
_UNFINISHED_INDEXES = """
    SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE indrelid = %s AND NOT indisvalid AND relname ~ '_cc(new|old)\\d*$'
"""
_OWNS_DATABASE = "SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()"
_SEGMENT_SIZE = "(SELECT setting::int8 FROM pg_settings WHERE name = 'wal_segment_size')"
_CURRENT = f"SELECT div(pg_current_wal_insert_lsn() - '0/0'::pg_lsn, {_SEGMENT_SIZE})"
# A segment's name: 8 hexadecimal digits of the timeline, then 8 + 8 of its number, where the last 8 count to 4 GB.
_SEGMENTS = f"""
    SELECT ('x' || substr(name, 9, 8))::bit(32)::int8 * (4294967296 / {_SEGMENT_SIZE})
         + ('x' || substr(name, 17, 8))::bit(32)::int8
    FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{{24}}$'
"""
