"""Memories that mention somebody: the one search across tenants, by words and never by meaning."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from psycopg import Connection, errors, sql

from memadmin.memory.errors import StoreUnavailable
from memadmin.memory.wording import Wording

LONGEST_LOOK = timedelta(seconds=10)
"""After this the database is spared."""

_LOOK = """
    SELECT payload->>'user_id', id::text, payload->>'data' FROM {table}
    WHERE CASE WHEN lower(payload->>'data' COLLATE "C") LIKE ANY(%s) THEN payload->>'data' ~ %s END
      AND payload->>'user_id' <> %s AND payload->>'user_id' <> ''
"""


def look(
    connection: Connection[Any], table: sql.Identifier, terms: Sequence[str], *, excluding: str, limit: int
) -> list[tuple[str, str]]:
    """Memories that mention any of the terms, as pairs of user_id and memory id, in no order.

    Raises:
        StoreUnavailable: it took longer than 10 seconds.
    """
    wording = Wording(terms)
    statement = sql.SQL(_LOOK).format(table=table)
    try:
        with connection.transaction(), connection.cursor("mentions") as cursor:  # on the server: no more than needed
            connection.execute("SELECT set_config('statement_timeout', %s, true)", [f"{LONGEST_LOOK.seconds}s"])
            return first(cursor.execute(statement, [wording.likely(), wording.coarse(), excluding]), wording, limit)
    except errors.QueryCanceled:
        raise StoreUnavailable(
            "Looking for mentions took too long and was stopped. Use fewer or longer terms, or try again later."
        ) from None


def first(rows: Iterable[Sequence[str]], wording: Wording, limit: int) -> list[tuple[str, str]]:
    """Of rows of user_id, memory id and text, those that mention the terms, at most so many."""
    found: list[tuple[str, str]] = []
    for user_id, memory_id, text in rows:
        if len(found) == limit:
            break
        if wording.is_in(text):
            found.append((user_id, memory_id))
    return found
