"""Who is new in a PostgreSQL store: user_ids by the time of their memories, without walking through everybody.

An index on ``created_at`` cannot hold times: the payload is whatever an application put there, the cast may fail, and
with it the agent's own write. So texts are compared, as mem0 writes them (``isoformat()`` in UTC; older versions with
another offset). What sorts behind every time is found at every look, what sorts before them only by a full walk.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from psycopg import Connection, sql

MARGIN = timedelta(hours=1)
"""How far a writer's clock may be behind the database's, or a memory be stored later than it says."""
WESTERNMOST = timedelta(hours=12)
"""Local time on the earth is behind UTC by so much at most."""


def mark(connection: Connection[Any], vectors: sql.Identifier) -> str:
    """Which table this is, and now by its server's clock, whatever the memories say: nothing in them can move it."""
    statement = sql.SQL("SELECT %s::regclass::oid, to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS')")
    oid, now = connection.execute(statement, [vectors.as_string(connection)]).fetchall()[0]
    place = (connection.info.host, connection.info.port, connection.info.dbname, oid)
    return f"{sha256(repr(place).encode()).hexdigest()[:16]} {now}"


def user_ids_since(
    connection: Connection[Any], vectors: sql.Identifier, earlier: str, *, after: str, limit: int
) -> list[str] | None:
    """Those with a memory since an earlier mark, or with one that is dated ahead; None for a mark that is not usable.

    That is one of another table, or of a time that is still to come since the server's clock was set back.
    """
    from memadmin.memory.stores.tenant_first import CREATED  # noqa: PLC0415 - after load_mem0

    place, _, now = mark(connection, vectors).partition(" ")
    known, _, then = earlier.partition(" ")
    if known != place or not then or then > now:
        return None
    since = datetime.fromisoformat(then) - MARGIN
    statement = sql.SQL(_SINCE).format(vectors=vectors, created=CREATED)
    texts = {"since": since.isoformat(), "anywhere": (since - WESTERNMOST).isoformat()}
    rows = connection.execute(statement, {**texts, "after": after, "limit": limit}).fetchall()
    return [row[0] for row in rows]


# Materialized: else the order by user_id tempts the planner into the tenant index, which is everybody.
_SINCE = """
    WITH fresh AS MATERIALIZED (
        SELECT DISTINCT payload->>'user_id' AS user_id FROM {vectors}
        WHERE {created} >= %(anywhere)s AND ({created} >= %(since)s OR {created} NOT LIKE '%%+00:00')
    )
    SELECT user_id FROM fresh WHERE user_id > %(after)s ORDER BY user_id LIMIT %(limit)s
"""
