"""The triggers that keep the log append-only, compared with what the migrations made.

They are the lock on the door, not the proof: whoever owns the database can turn them off, and then the chain and the
checkpoints tell. An open door is reported before anybody has gone through it.
"""

from collections.abc import Iterator

from django.db import connection

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

FUNCTIONS = {
    "audit_chain": "6664c6fcf6b8a6d5de44d36c73a333ee5d9d6eb7b4a5cad2fcc33ea3fe01f792",
    "audit_refuse": "d9dbd8e0e1a1fb3672bf75b33af37006bf578e6d3cbb7d2bab27f564cbbab2a5",
    "audit_refuse_unless_archived": "0597aeae1226982e55696f78cb1487902f2d8d187774a7fa820f75062ab6b6fb",
    "audit_check_segment": "f564a182fd4e195fdb98a7656916c57d0e0c5ad8227fc4b120bcb13778ca007c",
}
"""SHA-256 of their bodies and settings. A migration that changes one changes this; a test says to what."""

_FOUND = """
    SELECT class.relname, trigger.tgname, trigger.tgenabled IN ('O', 'A'),
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


def problem() -> str | None:
    """The first trigger that is missing, disabled, altered or not ours; None if all are as they were made."""
    found = _found()
    missing = (f"{trigger} on {table} is missing" for table, trigger in sorted(_expected().keys() - found.keys()))
    return next(missing, None) or next(_differences(found), None)


def bodies() -> dict[str, str]:
    """Digest of each function that a trigger of ours runs, as it is in the database."""
    return {function: body for _, _, function, body in _found().values()}


def _differences(found: dict[tuple[str, str], tuple[bool, str, str, str]]) -> Iterator[str]:
    expected = _expected()
    for (table, trigger), (enabled, definition, function, body) in sorted(found.items()):
        name = f"{trigger} on {table}"
        if (table, trigger) not in expected:
            yield f"{name} is not one of memadmin's"
        elif not enabled:
            yield f"{name} is disabled"
        elif definition != f"CREATE TRIGGER {trigger} {expected[table, trigger]}" or body != FUNCTIONS.get(function):
            yield f"{name} was altered"


def _expected() -> dict[tuple[str, str], str]:
    return {(table, trigger): definition for table, those in TRIGGERS.items() for trigger, definition in those.items()}


def _found() -> dict[tuple[str, str], tuple[bool, str, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, [list(TRIGGERS)])
        return {(table, trigger): tuple(rest) for table, trigger, *rest in cursor.fetchall()}
