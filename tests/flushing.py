"""Transactional tests empty every table afterwards; the audit log refuses that. Here, and nowhere else, it is let be.

Triggers are off for the one transaction of the flush (which only the tables' owner can do; the tests' embedded server
makes them that), and the log's head goes back to its first state, which a migration had written.
"""

from typing import Any

from django.db.backends.postgresql.operations import DatabaseOperations

from dashboard.audit.triggers import TRIGGERS

TRIGGERS_OFF = ";".join(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in TRIGGERS)
TRIGGERS_ON = ";".join(
    f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}" for table, those in TRIGGERS.items() for trigger in those
)
_HEAD_AS_MIGRATED = "INSERT INTO dashboard_audithead (id, seq, at, hash) VALUES (1, 0, 'epoch', repeat('0', 64))"


def empty_the_audit_log_too() -> None:
    """Wrap Django's flush; called once, before any test."""
    flush = DatabaseOperations.execute_sql_flush

    def flush_with_triggers_off(self: Any, statements: list[str]) -> Any:
        from dashboard.audit.appending import appender

        appender.close()  # its connection would keep the test database from being dropped
        if not any("dashboard_audithead" in statement for statement in statements):
            return flush(self, statements)
        return flush(self, [TRIGGERS_OFF, *statements, _HEAD_AS_MIGRATED, TRIGGERS_ON])

    DatabaseOperations.execute_sql_flush = flush_with_triggers_off
