"""Transactional tests empty every table afterwards; here that is done quickly, and to the audit log too.

Truncating each table and making every permission and role anew would take most of the time of a small test. Only tables
with rows are emptied, and the roles stay as long as they are what migrations made of them.

The audit log refuses to be emptied. Here, and nowhere else, it is let be: triggers are off for the one transaction of
the flush (which only the tables' owner can do; the tests' embedded server makes them that), and the log's head goes
back to its first state, which a migration had written.
"""

from typing import Any

from django.core.management.commands import flush as flush_command
from django.db import connection as default
from django.db.backends.postgresql.operations import DatabaseOperations

from dashboard.audit.triggers import TRIGGERS

TRIGGERS_OFF = ";".join(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in TRIGGERS)
TRIGGERS_ON = ";".join(
    f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}" for table, those in TRIGGERS.items() for trigger in those
)
_HEAD_AS_MIGRATED = "INSERT INTO dashboard_audithead (id, seq, at, hash) VALUES (1, 0, 'epoch', repeat('0', 64))"
_IN_ANY_ORDER = "SET LOCAL session_replication_role = replica"  # foreign keys are not looked at
_ROLES = ("django_content_type", "auth_permission", "auth_group", "auth_group_permissions")
"""What Django and the desk write after a migration."""

_roles_as_migrated: list[str] = []  # their digest, once they were made anew


def empty_the_audit_log_too() -> None:
    """Wrap Django's flush; called once, before any test."""
    execute = DatabaseOperations.execute_sql_flush
    truncate, migrated = DatabaseOperations.sql_flush, flush_command.emit_post_migrate_signal

    def flush_with_triggers_off(self: Any, statements: list[str]) -> Any:
        from dashboard.audit.appending import appender

        appender.close()  # its connection would keep the test database from being dropped
        if not any("dashboard_audithead" in statement for statement in statements):
            return execute(self, statements)
        return execute(self, [TRIGGERS_OFF, *statements, _HEAD_AS_MIGRATED, TRIGGERS_ON])

    def delete_what_is_there(self: Any, style: Any, tables: list[str], **options: Any) -> list[str]:
        if [_digest_of_roles()] != _roles_as_migrated:
            return truncate(self, style, tables, **options)
        return [_IN_ANY_ORDER, *(f'DELETE FROM "{table}"' for table in _with_rows(set(tables).difference(_ROLES)))]

    def make_roles_unless_there(*arguments: Any) -> None:
        if [_digest_of_roles()] != _roles_as_migrated:
            migrated(*arguments)
            _roles_as_migrated[:] = [_digest_of_roles()]

    DatabaseOperations.execute_sql_flush = flush_with_triggers_off
    DatabaseOperations.sql_flush = delete_what_is_there
    flush_command.emit_post_migrate_signal = make_roles_unless_there


def _digest_of_roles() -> str:
    rows = " UNION ALL ".join(f"SELECT '{table}' || role::text AS row FROM {table} AS role" for table in _ROLES)
    with default.cursor() as cursor:
        cursor.execute(f"SELECT md5(string_agg(row, ',' ORDER BY row)) FROM ({rows}) AS all_rows")
        return str(cursor.fetchone()[0])


def _with_rows(tables: set[str]) -> list[str]:
    queries = (f"SELECT '{table}' WHERE EXISTS (SELECT FROM \"{table}\")" for table in sorted(tables))
    with default.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(queries))
        return [table for (table,) in cursor.fetchall()]
