"""Events as they were hashed, read in slices: by sequence number, and by id where somebody gave two events the same.

Memory stays flat, and no long transaction keeps the database from cleaning up after others.
"""

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection

from dashboard.audit.chain import Break, Link, Walk, diagnose
from dashboard.audit.encoding import FIELDS
from dashboard.models import AuditHead

SLICE = 5_000
"""Events read at once."""

_AS_HASHED = {
    "version": "version::text",
    "seq": "seq::text",
    "at": "(extract(epoch FROM at) * 1000000)::bigint::text",
    "id": "id::text",
    "request_id": "coalesce(request_id::text, '')",
}
_LARGEST = uuid.UUID(int=2**128 - 1)
_COLUMNS = f"event.seq, {', '.join(_AS_HASHED.get(field, field) for field in FIELDS)}, previous_hash, hash"
_SLICE = f"""
    SELECT {_COLUMNS}, salt, sealed FROM dashboard_auditevent AS event LEFT JOIN dashboard_auditnote ON event_id = id
    WHERE (event.seq, event.id) > (%s, %s) AND event.seq <= %s ORDER BY event.seq, event.id LIMIT %s
"""  # noqa: S608 - names of ours

_ID = 1 + FIELDS.index("id")
_SHIFTS = """
    SELECT DISTINCT known.seq - event.seq FROM dashboard_auditevent AS event JOIN (
        SELECT seq, hash FROM dashboard_auditcheckpoint UNION ALL SELECT seq, hash FROM dashboard_audithead
    ) AS known USING (hash) LIMIT 10
"""


class StoredLog:
    """Look-ups for ``chain.diagnose``. Without an index: they are made once, when something is wrong."""

    def with_hash(self, event_hash: str) -> list[Link]:
        return _where("hash = %s", event_hash)

    def followers(self, event_hash: str) -> list[Link]:
        return _where("previous_hash = %s", event_hash)

    def shifts(self) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(_SHIFTS)
            return [shift for (shift,) in cursor.fetchall()]


def slices(after: int, through: int) -> Iterator[list[tuple[Any, ...]]]:
    """Events after one and up to another; each row is for ``link`` and ends with its note's salt and sealed text."""
    last = _LARGEST
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_SLICE, [after, last, through, SLICE])
            rows = cursor.fetchall()
        if not rows:
            return
        yield rows
        after, last = rows[-1][0], rows[-1][_ID]


def link(row: Sequence[Any]) -> Link:
    """A row as a link of the chain."""
    return Link(row[0], row[1 : 1 + len(FIELDS)], row[1 + len(FIELDS)], row[2 + len(FIELDS)])


def follow(walk: Walk, through: int) -> Break | None:
    """Move along the chain up to an event; what is wrong on the way, if anything."""
    for rows in slices(walk.seq, through):
        for row in rows:
            if not walk.step(event := link(row)):
                return diagnose(walk, event, StoredLog())
    return None


def head() -> AuditHead | None:
    """The record of where the log ends: the one row that appends go on from."""
    return AuditHead.objects.filter(pk=1).first()


def last_seq() -> int:
    """Number of the last event; 0 if there is none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(seq), 0) FROM dashboard_auditevent")
        return int(cursor.fetchone()[0])


def _where(condition: str, value: Any) -> list[Link]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM dashboard_auditevent AS event WHERE {condition} ORDER BY event.seq LIMIT 10",  # noqa: S608
            [value],
        )
        return [link(row) for row in cursor.fetchall()]
