"""Taking a CSV file of tenants into the directory: all of it, or nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper

from dashboard import audit
from dashboard.audit import Action, tenant_digest
from dashboard.models import Tombstone
from dashboard.models.names import name_keys
from dashboard.models.tenant import likeness, new_reference
from dashboard.tenant_files import BETWEEN_REFERENCES, BadRow, Row

MOST_LISTED = 1_000
"""Bad rows that are listed one by one; further ones are counted."""


@dataclass(slots=True)
class Imported:
    """What became of a file."""

    rows: int = 0  # taken
    added: int = 0
    changed: int = 0  # tenants whose e-mail address or name is another now
    references_added: int = 0
    references_removed: int = 0
    erased: int = 0  # rows of people who were erased and are unknown since: they stay so
    written: bool = False
    bad_rows: int = 0
    bad: list[BadRow] = field(default_factory=list)  # the first MOST_LISTED of them

    def refuse(self, row: BadRow) -> None:
        """One more bad row."""
        self.bad_rows += 1
        if len(self.bad) < MOST_LISTED:
            self.bad.append(row)

    @property
    def counts(self) -> dict[str, int]:
        """The numbers."""
        names = ("rows", "added", "changed", "references_added", "references_removed", "erased", "bad_rows")
        return {name: getattr(self, name) for name in names}


def import_tenants(rows: Iterable[Row | BadRow], *, actor: str, skip_bad: bool = False) -> Imported:
    """Insert or update tenants by user_id, in one transaction.

    An empty cell leaves what is there. External references that are given replace the earlier ones of that tenant.
    Whom the desk has erased is not brought back by what another system still knows; an agent that learns them again
    opens a case (``privacy/relearning.py``).

    Args:
        rows: streamed; any number of them.
        actor: who orders it, for the audit event.
        skip_bad: take the good rows although there are bad ones. Otherwise one bad row keeps everything out.

    Raises:
        NotATenantFile: from ``rows``; nothing was written. AuditUnavailable: the same.
    """
    done = Imported()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'")  # joins of the whole file with the whole directory
        cursor.execute(_STAGE)
        _stage(cursor, rows, done)
        cursor.execute("ANALYZE staged_tenant")
        _refuse_repetitions(cursor, done)
        done.erased = _count(cursor, _TAKE_OUT_ERASED)
        done.rows -= done.erased
        done.written = skip_bad or not done.bad_rows
        if done.written:
            _merge(cursor, done)
            audit.record(Action.DIRECTORY_IMPORTED, actor=actor, counts=done.counts)
        cursor.execute("DROP TABLE staged_tenant")
    return done


def _stage(cursor: CursorWrapper, rows: Iterable[Row | BadRow], done: Imported) -> None:
    anybody_erased = Tombstone.objects.exists()
    with cursor.copy("COPY staged_tenant FROM STDIN") as copy:
        for row in rows:
            if isinstance(row, BadRow):
                done.refuse(row)
                continue
            done.rows += 1
            external = BETWEEN_REFERENCES.join(row.references)
            digest = tenant_digest(row.user_id) if anybody_erased else ""
            keys = "\n".join(name_keys(row.display_name))  # no key has a line break in it
            person = (row.user_id, digest, likeness(row.user_id), row.email, row.display_name, keys)
            copy.write_row((row.number, new_reference(), *person, external))


def _refuse_repetitions(cursor: CursorWrapper, done: Imported) -> None:
    cursor.execute(_TAKE_OUT_REPETITIONS)
    for number, first in cursor:
        done.rows -= 1
        done.refuse(BadRow(number=number, column="user_id", reason=f"is that of row {first} again"))
    done.bad.sort(key=lambda row: row.number)


def _merge(cursor: CursorWrapper, done: Imported) -> None:
    """Insert first: whom another process adds meanwhile is waited for, and then updated."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext('import_tenants'))")  # two files at once would deadlock
    done.added = _insert(cursor)
    if done.added < done.rows:
        done.changed = _first_number(cursor, _UPDATE)
        done.references_removed = _count(cursor, _REMOVE_REFERENCES)
    done.references_added = _count(cursor, _ADD_REFERENCES)


def _insert(cursor: CursorWrapper) -> int:
    """Add who is new. ON CONFLICT takes half as long again, and nearly always there is no conflict."""
    try:
        with transaction.atomic():
            return _first_number(cursor, _INSERT.format(on_conflict=""))
    except IntegrityError:
        added = _first_number(cursor, _INSERT.format(on_conflict="ON CONFLICT DO NOTHING"))
    while refused := _unlucky(cursor):  # their reference was somebody's: rare, but not among millions
        cursor.executemany(
            "UPDATE staged_tenant SET reference = %s WHERE number = %s",
            [(new_reference(), number) for number in refused],
        )
        added += _first_number(cursor, _INSERT.format(on_conflict="ON CONFLICT DO NOTHING"))
    return added


def _unlucky(cursor: CursorWrapper) -> list[Any]:
    cursor.execute(_NOT_IN_THE_DIRECTORY)
    return [number for (number,) in cursor.fetchall()]


def _count(cursor: CursorWrapper, statement: str) -> int:
    cursor.execute(statement)
    return int(cursor.rowcount)


def _first_number(cursor: CursorWrapper, statement: str) -> int:
    cursor.execute(statement)
    return int(cursor.fetchone()[0])


# Collation "C" as in the directory: user_ids are compared with those there.
_STAGE = """
    CREATE TEMPORARY TABLE staged_tenant (
        number bigint, reference text, user_id text COLLATE "C", digest text, likeness text, email text,
        display_name text, name_keys text, external text
    ) ON COMMIT DROP
"""
_TAKE_OUT_REPETITIONS = """
    WITH repeated AS (
        SELECT ctid AS place, number, first_value(number) OVER same AS first, row_number() OVER same AS time
        FROM staged_tenant WINDOW same AS (PARTITION BY user_id ORDER BY number)
    )
    DELETE FROM staged_tenant USING repeated WHERE staged_tenant.ctid = place AND time > 1
    RETURNING repeated.number, first
"""
_TAKE_OUT_ERASED = """
    DELETE FROM staged_tenant AS staged USING dashboard_tombstone AS tombstone
    WHERE tombstone.digest = staged.digest
      AND NOT EXISTS (SELECT FROM dashboard_tenant WHERE dashboard_tenant.user_id = staged.user_id)
"""
# A name and its keys change in one statement, for a tenant whose row it holds: nobody else writes keys of theirs then.
_INSERT = """
    WITH added AS (
        INSERT INTO dashboard_tenant (reference, user_id, likeness, email, display_name, first_seen_at)
        SELECT reference, user_id, likeness, email, display_name, now() FROM staged_tenant
        WHERE NOT EXISTS (SELECT FROM dashboard_tenant WHERE dashboard_tenant.user_id = staged_tenant.user_id)
        {on_conflict}
        RETURNING id, user_id
    ), named AS (
        INSERT INTO dashboard_namekey (tenant_id, key)
        SELECT added.id, unnest(string_to_array(staged.name_keys, E'\\n'))
        FROM added JOIN staged_tenant AS staged USING (user_id)
    )
    SELECT count(*) FROM added
"""
_NOT_IN_THE_DIRECTORY = """
    SELECT number FROM staged_tenant
    WHERE NOT EXISTS (SELECT FROM dashboard_tenant WHERE dashboard_tenant.user_id = staged_tenant.user_id)
"""
_UPDATE = """
    WITH changed AS (
        UPDATE dashboard_tenant AS tenant
        SET email = coalesce(nullif(staged.email, ''), tenant.email),
            display_name = coalesce(nullif(staged.display_name, ''), tenant.display_name)
        FROM staged_tenant AS staged
        WHERE tenant.user_id = staged.user_id
          AND (staged.email NOT IN ('', tenant.email) OR staged.display_name NOT IN ('', tenant.display_name))
        RETURNING tenant.id, string_to_array(nullif(staged.name_keys, ''), E'\\n') AS keys
    ), forgotten AS (
        DELETE FROM dashboard_namekey AS kept USING changed
        WHERE kept.tenant_id = changed.id AND kept.key <> ALL (changed.keys)
    ), named AS (
        INSERT INTO dashboard_namekey (tenant_id, key)
        SELECT changed.id, given.key FROM changed CROSS JOIN LATERAL unnest(changed.keys) AS given (key)
        WHERE NOT EXISTS (
            SELECT FROM dashboard_namekey AS kept WHERE kept.tenant_id = changed.id AND kept.key = given.key
        )
    )
    SELECT count(*) FROM changed
"""
_REMOVE_REFERENCES = """
    DELETE FROM dashboard_externalreference AS kept USING dashboard_tenant AS tenant, staged_tenant AS staged
    WHERE kept.tenant_id = tenant.id AND tenant.user_id = staged.user_id
      AND staged.external <> '' AND kept.value <> ALL (string_to_array(staged.external, ';'))
"""
_ADD_REFERENCES = """
    INSERT INTO dashboard_externalreference (tenant_id, value)
    SELECT tenant.id, given.value
    FROM staged_tenant AS staged
    JOIN dashboard_tenant AS tenant ON tenant.user_id = staged.user_id
    CROSS JOIN LATERAL unnest(string_to_array(staged.external, ';')) AS given (value)
    WHERE staged.external <> ''
    ON CONFLICT DO NOTHING
"""
