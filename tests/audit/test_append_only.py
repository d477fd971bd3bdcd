"""Nothing in the log changes: each door, in Python and in the database, is tried."""

import importlib
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, InternalError, ProgrammingError, connection, transaction

from dashboard import audit
from dashboard.audit import Action, checkpoints, segments, triggers
from dashboard.models import AppendOnly, AuditEvent, AuditHead, AuditNote

pytestmark = pytest.mark.django_db


@pytest.fixture
def event() -> AuditEvent:
    return audit.record(Action.MEMORY_OPENED, actor="sam", reason="a note")


@pytest.fixture
def archived(event: AuditEvent) -> None:
    """A key, a checkpoint and a segment are there to be changed."""
    checkpoints.take()
    segments.archive_old(keep=timedelta(0), actor="job: archive_audit")


def test_the_triggers_are_there_after_all_migrations() -> None:
    assert triggers.bodies() == triggers.FUNCTIONS, "A migration changed a function: change triggers.FUNCTIONS too"
    assert triggers.problem() is None


def test_the_migration_that_mended_the_chain_goes_back_to_the_one_before() -> None:
    created = importlib.import_module("dashboard.migrations.0002_audit_chain").CREATE
    (operation,) = importlib.import_module("dashboard.migrations.0003_audit_mended").Migration.operations
    with connection.cursor() as cursor:
        cursor.execute(operation.reverse_sql)
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'audit_chain'")
        assert cursor.fetchone()[0] in created


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


def test_a_session_that_plays_a_replica_is_refused_too(event: AuditEvent) -> None:
    with pytest.raises((ProgrammingError, InternalError), match="append-only"), transaction.atomic():
        connection.cursor().execute("SET LOCAL session_replication_role = replica; DELETE FROM dashboard_auditevent")
    assert AuditEvent.objects.get() == event


@pytest.mark.parametrize("table", ["auditcheckpoint", "auditsegment", "signingkey"])
@pytest.mark.parametrize("statement", ["UPDATE dashboard_{} SET {} = {}", "DELETE FROM dashboard_{}"])
def test_what_was_signed_stays_as_it_is(archived: None, table: str, statement: str) -> None:
    column = "public_key" if table == "signingkey" else "key"
    with pytest.raises((ProgrammingError, InternalError), match="append-only"), transaction.atomic():
        connection.cursor().execute(statement.format(table, column, column))
    assert audit.verify().intact


@pytest.mark.parametrize("conflict", ["", " ON CONFLICT DO NOTHING", " ON CONFLICT (id) DO UPDATE SET action = ''"])
def test_the_head_does_not_move_without_an_event(event: AuditEvent, conflict: str) -> None:
    with pytest.raises(IntegrityError, match="already"), transaction.atomic():
        connection.cursor().execute(f"INSERT INTO dashboard_auditevent SELECT * FROM dashboard_auditevent{conflict}")
    assert AuditHead.objects.get().seq == event.seq


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
    monkeypatch.setattr("tests.flushing.TRIGGERS_OFF", "SELECT 1")
    with pytest.raises(Exception, match="couldn't be flushed"), transaction.atomic():
        call_command("flush", interactive=False, verbosity=0)
    assert AuditEvent.objects.get() == event
