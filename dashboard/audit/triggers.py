"""The triggers that keep the log append-only and all that could take them out of service, against what migrations made.

They are the lock on the door, not the proof: whoever owns the database can turn them off, and then the chain and the
checkpoints tell. An open door is reported before anybody has gone through it.
"""

from collections.abc import Iterator, Sequence
from itertools import chain

from django.db import connection

from dashboard.models import AuditCheckpoint, AuditEvent, AuditHead, AuditNote, AuditSegment, SigningKey

_REFUSE = "EXECUTE FUNCTION audit_refuse()"
_CHANGE = {
    "audit_no_change": f"BEFORE DELETE OR UPDATE FOR EACH ROW {_REFUSE}",
    "audit_no_truncate": f"BEFORE TRUNCATE FOR EACH STATEMENT {_REFUSE}",
}
_UPDATE = {
    "audit_no_update": f"BEFORE UPDATE FOR EACH ROW {_REFUSE}",
    "audit_no_truncate": f"BEFORE TRUNCATE FOR EACH STATEMENT {_REFUSE}",
}
TRIGGERS = {
    "dashboard_auditevent": {
        **_UPDATE,
        "audit_1_chain": "BEFORE INSERT FOR EACH ROW EXECUTE FUNCTION audit_chain()",
        "audit_no_delete": "BEFORE DELETE FOR EACH ROW EXECUTE FUNCTION audit_refuse_unless_archived()",
    },
    "dashboard_audithead": {
        **_UPDATE,
        "audit_no_update": f"BEFORE UPDATE FOR EACH ROW WHEN ((pg_trigger_depth() = 0)) {_REFUSE}",
        "audit_no_delete": f"BEFORE DELETE FOR EACH ROW {_REFUSE}",
    },
    "dashboard_auditnote": _UPDATE,
    "dashboard_auditcheckpoint": _CHANGE,
    "dashboard_auditsegment": {
        **_CHANGE,
        "audit_1_check": "BEFORE INSERT FOR EACH ROW EXECUTE FUNCTION audit_check_segment()",
    },
    "dashboard_signingkey": _CHANGE,
}
"""Definitions by table and name, as PostgreSQL writes them."""

KEYS = {
    (model._meta.db_table, field.column)  # noqa: SLF001 - documented by Django
    for model in (AuditEvent, AuditHead, AuditNote, AuditCheckpoint, AuditSegment, SigningKey)
    for field in model._meta.concrete_fields  # noqa: SLF001
    if field.unique
}
"""Table and column of each key: no two rows have the same value there."""

FUNCTIONS = {
    "audit_chain": "6664c6fcf6b8a6d5de44d36c73a333ee5d9d6eb7b4a5cad2fcc33ea3fe01f792",
    "audit_refuse": "d9dbd8e0e1a1fb3672bf75b33af37006bf578e6d3cbb7d2bab27f564cbbab2a5",
    "audit_refuse_unless_archived": "0597aeae1226982e55696f78cb1487902f2d8d187774a7fa820f75062ab6b6fb",
    "audit_check_segment": "f564a182fd4e195fdb98a7656916c57d0e0c5ad8227fc4b120bcb13778ca007c",
}
"""SHA-256 of their bodies and settings. A migration that changes one changes this; a test says to what."""

FIELD = "RETURN ((((octet_length(value))::text || ':'::text) || value) || ','::text)"
"""Body of ``audit_field``, which the chain is made with, as PostgreSQL writes it."""

_FOUND = """
    SELECT class.relname, trigger.tgname, trigger.tgenabled,
           replace(replace(pg_get_triggerdef(trigger.oid), quote_ident(schema.nspname) || '.', ''),
                   format('ON %%I ', class.relname), ''),
           function.proname,
           encode(sha256(convert_to(concat_ws(' ', function.prosrc, function.proconfig), 'UTF8')), 'hex')
    FROM pg_trigger AS trigger
    JOIN pg_class AS class ON class.oid = trigger.tgrelid
    JOIN pg_namespace AS schema ON schema.oid = class.relnamespace
    JOIN pg_proc AS function ON function.oid = trigger.tgfoid
    WHERE NOT trigger.tgisinternal AND class.relname = ANY(%s) AND pg_table_is_visible(class.oid)
"""
_KEYS = """
    SELECT class.relname, attribute.attname
    FROM pg_index AS index
    JOIN pg_class AS class ON class.oid = index.indrelid
    JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid AND attribute.attnum = index.indkey[0]
    WHERE class.relname = ANY(%s) AND pg_table_is_visible(class.oid)
      AND index.indisunique AND index.indisvalid AND index.indimmediate
      AND index.indnkeyatts = 1 AND index.indpred IS NULL AND NOT index.indnullsnotdistinct
"""
_AROUND = """
    WITH ours AS (SELECT * FROM pg_class WHERE relname = ANY(%s) AND pg_table_is_visible(oid))
    SELECT format('%%I is not a plain table', relname) FROM ours WHERE relkind <> 'r' OR relpersistence <> 'p'
    UNION ALL
    SELECT format('row security is on for %%I', relname) FROM ours WHERE relrowsecurity
    UNION ALL
    SELECT format('the rule %%I on %%I is not one of memadmin''s', rulename, relname)
    FROM pg_rewrite JOIN ours ON ours.oid = ev_class
    UNION ALL
    SELECT format('the table %%s is a child of %%I', inhrelid::regclass, relname)
    FROM pg_inherits JOIN ours ON ours.oid = inhparent
    UNION ALL
    SELECT format('%%s is set for a role or a database', setting)
    FROM pg_db_role_setting, unnest(setconfig) AS setting WHERE setting LIKE 'session_replication_role=%%'
    UNION ALL
    SELECT 'session_replication_role is ' || setting FROM pg_settings
    WHERE name = 'session_replication_role' AND 'origin' <> ANY (ARRAY[setting, reset_val])
"""
_FIELD = "SELECT pg_get_function_sqlbody(oid) FROM pg_proc WHERE proname = 'audit_field'"


def problem() -> str | None:
    """The first thing that is missing, disabled, altered or not ours; None if all is as it was made."""
    return next(chain(_triggers(), _function(), _keys(), _rows(_AROUND)), None)


def bodies() -> dict[str, str]:
    """Digest of each function that a trigger of ours runs, as it is in the database."""
    return {function: body for _, _, function, body in _found().values()}


def _triggers() -> Iterator[str]:
    found, expected = _found(), _expected()
    for table, trigger in sorted(expected.keys() - found.keys()):
        yield f"the trigger {trigger} on {table} is missing"
    for (table, trigger), (enabled, definition, function, body) in sorted(found.items()):
        name = f"the trigger {trigger} on {table}"
        if (table, trigger) not in expected:
            yield f"{name} is not one of memadmin's"
        elif enabled == "D":
            yield f"{name} is disabled"
        elif enabled != "A":
            yield f"{name} does not fire in every session"
        elif definition != f"CREATE TRIGGER {trigger} {expected[table, trigger]}" or body != FUNCTIONS.get(function):
            yield f"{name} was altered"


def _function() -> Iterator[str]:
    if list(_rows(_FIELD, ())) != [FIELD]:
        yield "the function audit_field was altered"


def _keys() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(_KEYS, [list(TRIGGERS)])
        for table, column in sorted(KEYS - set(cursor.fetchall())):
            yield f"the key on {table}.{column} is missing"


def _rows(statement: str, tables: Sequence[str] = tuple(TRIGGERS)) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(tables)] if tables else None)
        yield from (text for (text,) in cursor.fetchall())


def _expected() -> dict[tuple[str, str], str]:
    return {(table, trigger): definition for table, those in TRIGGERS.items() for trigger, definition in those.items()}


def _found() -> dict[tuple[str, str], tuple[str, str, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, [list(TRIGGERS)])
        return {(table, trigger): tuple(rest) for table, trigger, *rest in cursor.fetchall()}
