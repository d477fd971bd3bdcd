"""Nothing in the log changes: each door, in Python and in the database, is tried."""

import pytest
from django.core.management import call_command
from django.db import InternalError, ProgrammingError, connection, transaction

from dashboard import audit
from dashboard.audit import Action
from dashboard.models import AppendOnly, AuditEvent, AuditHead, AuditNote

pytestmark = pytest.mark.django_db

TRIGGERS = {
    "dashboard_auditcheckpoint": {"audit_no_change", "audit_no_truncate"},
    "dashboard_auditevent": {"audit_1_chain", "audit_no_delete", "audit_no_truncate", "audit_no_update"},
    "dashboard_audithead": {"audit_no_delete", "audit_no_truncate", "audit_no_update"},
    "dashboard_auditnote": {"audit_no_truncate", "audit_no_update"},
    "dashboard_auditsegment": {"audit_1_check", "audit_no_change", "audit_no_truncate"},
    "dashboard_signingkey": {"audit_no_change", "audit_no_truncate"},
}


@pytest.fixture
def event() -> AuditEvent:
    return audit.record(Action.MEMORY_OPENED, actor="sam", reason="a note")


def test_the_triggers_are_there_after_all_migrations() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'"
            " AND tgname LIKE 'audit%%'"
        )
        found: dict[str, set[str]] = {}
        for table, trigger in cursor.fetchall():
            found.setdefault(table, set()).add(trigger)
    assert found == TRIGGERS


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE dashboard_auditevent SET actor_label = 'nobody'",
        "DELETE FROM dashboard_auditevent",
        "TRUNCATE dashboard_auditevent",
        "UPDATE dashboard_audithead SET seq = 0",
        "DELETE FROM dashboard_audithead",
        "TRUNCATE dashboard_audithead",
        "UPDATE dashboard_auditnote SET sealed = ''",
        "TRUNCATE dashboard_auditnote",
        "TRUNCATE dashboard_auditcheckpoint",
        "TRUNCATE dashboard_auditsegment",
        "TRUNCATE dashboard_signingkey",
        "INSERT INTO dashboard_auditsegment VALUES (1, 1, '', '', now(), '', '', '', '')",
    ],
)
def test_the_database_refuses(event: AuditEvent, statement: str) -> None:
    with pytest.raises((ProgrammingError, InternalError), match=r"append-only|oldest part"), transaction.atomic():
        connection.cursor().execute(statement)
    assert AuditEvent.objects.get() == event


def test_an_insert_of_ones_own_is_chained_like_any_other(event: AuditEvent) -> None:
    connection.cursor().execute(
        "INSERT INTO dashboard_auditevent SELECT gen_random_uuid(), 99, 9, 'epoch', action, outcome, actor_kind,"
        " 'forged', tenant_digest, purpose, request_id, counts, ip, user_agent, '', 'x', 'y' FROM dashboard_auditevent"
    )
    newest = AuditEvent.objects.first()
    assert (newest.seq, newest.version, newest.previous_hash) == (event.seq + 1, 1, event.hash)
    assert newest.at >= event.at
    assert audit.verify().intact


@pytest.mark.parametrize("model", [AuditEvent, AuditHead])
def test_the_models_refuse(event: AuditEvent, model: type) -> None:
    row = model.objects.get()
    for act in (row.save, row.delete, model.objects.all().delete, lambda: model.objects.update(seq=1)):
        with pytest.raises(AppendOnly):
            act()
    with pytest.raises(AppendOnly):
        model.objects.bulk_update([row], ["hash"])


def test_a_new_event_cannot_be_saved_past_record() -> None:
    with pytest.raises(AppendOnly):
        AuditEvent.objects.create(action="forged")


def test_a_note_may_be_deleted_but_not_rewritten(event: AuditEvent) -> None:
    note = AuditNote.objects.get(pk=event.pk)
    note.sealed = "other"
    with pytest.raises((ProgrammingError, InternalError), match="append-only"), transaction.atomic():
        note.save()
    assert AuditNote.objects.all().delete()[0] == 1


def test_flush_is_refused_outside_of_tests(event: AuditEvent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.flushing._TRIGGERS_OFF", "SELECT 1")
    with pytest.raises(Exception, match="couldn't be flushed"), transaction.atomic():
        call_command("flush", interactive=False, verbosity=0)
    assert AuditEvent.objects.get() == event
