"""Old events leave as a whole, into a signed file; what stays is verified as before."""

import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import InternalError, ProgrammingError, connection, transaction
from django.utils import timezone

from dashboard import audit, tasks
from dashboard.audit import Action, checkpoints, segments
from dashboard.models import AuditCheckpoint, AuditEvent, AuditNote, AuditSegment
from tests.audit.conftest import mallory
from tests.audit.test_export import _check

pytestmark = pytest.mark.django_db

NOW = timedelta(0)


@pytest.fixture
def old(log: Callable[[int], Any]) -> None:
    """Five events that may be archived, one of them with a note, and three that may not."""
    log(4)
    audit.record(Action.MEMORIES_SEARCHED, actor="sam", reason="typed")
    checkpoints.take()
    log(3)


def _archive() -> segments.Archived:
    archived = segments.archive_old(keep=NOW, actor="job: archive_audit")
    assert archived is not None
    return archived


def test_old_events_go_to_a_file_and_the_rest_stays(old: None) -> None:
    archived = _archive()
    assert (archived.first_seq, archived.last_seq) == (1, 5)
    assert list(AuditEvent.objects.order_by("seq").values_list("seq", flat=True)) == [6, 7, 8, 9]
    assert AuditEvent.objects.first().action == Action.AUDIT_ARCHIVED


def test_what_stays_is_verified_and_what_went_is_counted(old: None) -> None:
    _archive()
    verification = audit.verify()
    assert (verification.intact, verification.events, verification.archived) == (True, 4, 5)
    assert verification.checkpoints == 1


def test_the_file_is_checked_by_the_same_script(old: None) -> None:
    archived = _archive()
    assert _check(archived.file).stdout.startswith("Proven: 5 events")
    assert segments.sha256_of(archived.file) == AuditSegment.objects.get().file_sha256


def test_an_altered_file_of_an_archived_segment_is_found(old: None) -> None:
    archived = _archive()
    archived.file.write_bytes(archived.file.read_bytes() + b"\0")
    found = audit.verify().found
    assert found is not None
    assert (found.fault, found.position, found.through) == ("segment altered", 1, 5)


def test_archived_events_whose_file_is_gone_are_not_called_proven(old: None) -> None:
    archived = _archive()
    assert not any("archived" in sentence for sentence in audit.verify().not_proven)
    archived.file.unlink()
    assert any("archived events 1 to 5" in sentence for sentence in audit.verify().not_proven)


def test_notes_are_not_archived(old: None) -> None:
    archived = _archive()
    assert AuditNote.objects.count() == 0
    with gzip.open(archived.file, "rt", encoding="utf-8") as lines:
        assert all("note" not in json.loads(line) for line in lines)


def test_archiving_again_goes_on_where_it_stopped(old: None, log: Callable[[int], Any]) -> None:
    _archive()
    checkpoints.take()
    log(1)
    assert _archive().first_seq == 6
    assert audit.verify().intact
    assert AuditSegment.objects.count() == 2


def test_young_events_and_unsigned_ones_stay(old: None) -> None:
    assert segments.archive_old(keep=timedelta(days=1), actor="job") is None
    assert AuditEvent.objects.count() == 8


def test_a_part_that_was_tampered_with_is_not_archived(old: None) -> None:
    with mallory() as cursor:
        cursor.execute("UPDATE dashboard_auditevent SET actor_label = 'somebody else' WHERE seq = 2")
    with pytest.raises(checkpoints.ChainBroken, match="Event 2"):
        _archive()
    assert AuditEvent.objects.count() == 8


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE dashboard_auditcheckpoint SET signature = repeat('a', 128)", "not what was signed"),
        ("UPDATE dashboard_auditcheckpoint SET key = repeat('a', 64)", "not trusted"),
        ("DELETE FROM dashboard_auditevent WHERE seq = 1", "Event 1 is missing"),
        ("DELETE FROM dashboard_auditevent WHERE seq = 5", "Event 5 has another hash"),
    ],
)
def test_a_part_that_is_not_what_was_signed_is_not_archived(old: None, statement: str, why: str) -> None:
    with mallory() as cursor:
        cursor.execute(statement)
    with pytest.raises(CommandError, match=why):
        call_command("archive_audit", days=0)
    assert AuditSegment.objects.count() == 0


def test_nothing_is_archived_after_a_forged_segment(old: None, log: Callable[[int], Any]) -> None:
    _archive()
    checkpoints.take()
    log(1)
    with mallory() as cursor:
        cursor.execute("UPDATE dashboard_auditsegment SET file_sha256 = repeat('a', 64)")
    with pytest.raises(checkpoints.ChainBroken, match="signature of the archived segment"):
        _archive()
    assert AuditSegment.objects.count() == 1


def test_what_was_archived_to_its_last_event_is_still_what_the_next_checkpoint_goes_on_from(old: None) -> None:
    checkpoints.take()
    _archive()
    assert checkpoints.take() is not None
    assert audit.verify().intact


def test_events_of_a_segment_cannot_be_deleted_in_its_name(old: None) -> None:
    _archive()
    with pytest.raises((ProgrammingError, InternalError), match="event 6 is not in"), transaction.atomic():
        connection.cursor().execute("DELETE FROM dashboard_auditevent WHERE seq = 6")


@pytest.mark.parametrize(
    "columns", ["2, 5", "1, 4", "1, 8"], ids=["not the oldest", "ends at no checkpoint", "nor does this"]
)
def test_the_database_refuses_a_segment_that_is_not_the_oldest_signed_part(old: None, columns: str) -> None:
    first, last = columns.split(", ")
    with pytest.raises((ProgrammingError, InternalError), match="oldest part"), transaction.atomic():
        connection.cursor().execute(
            "INSERT INTO dashboard_auditsegment (first_seq, last_seq, previous_hash, last_hash, archived_at, file_name,"
            f" file_sha256, key, signature) SELECT {first}, {last}, repeat('0', 64), hash, now(), '', '', '', ''"
            f" FROM dashboard_auditevent WHERE seq = {last}"
        )


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("last_hash = repeat('a', 64)", "segment altered"),
        ("file_sha256 = repeat('a', 64)", "segment altered"),
        ("signature = repeat('a', 128)", "segment altered"),
        ("key = repeat('a', 64)", "key replaced"),
        ("first_seq = 2", "segment altered"),
    ],
)
def test_an_altered_segment_is_found(old: None, change: str, fault: str) -> None:
    _archive()
    with mallory() as cursor:
        cursor.execute(f"UPDATE dashboard_auditsegment SET {change}")
    found = audit.verify().found
    assert found is not None
    assert found.fault == fault


def test_a_segment_may_be_the_first_that_a_new_key_signs(old: None, settings, tmp_path: Path) -> None:
    _archive_with_a_new_key(settings, tmp_path)
    assert audit.verify().intact


def _archive_with_a_new_key(settings: Any, tmp_path: Path) -> None:
    settings.MEMADMIN_TRUSTED_KEYS = [AuditCheckpoint.objects.get().key]
    settings.MEMADMIN_SIGNING_KEY_FILE = str(tmp_path / "new-key.pem")
    _archive()


def test_a_segment_signed_with_a_key_that_nobody_trusts_is_found(old: None, settings, tmp_path: Path) -> None:
    """The database takes it, as it cannot check signatures."""
    _archive_with_a_new_key(settings, tmp_path)
    settings.MEMADMIN_SIGNING_KEY_FILE = str(tmp_path / "signing-key.pem")
    found = audit.verify().found
    assert found is not None
    assert (found.fault, found.position, found.through) == ("key replaced", 1, 5)


def test_dropping_events_with_a_forged_segment_is_found(old: None) -> None:
    with mallory() as cursor:
        cursor.execute(
            "INSERT INTO dashboard_auditsegment (first_seq, last_seq, previous_hash, last_hash, archived_at, file_name,"
            " file_sha256, key, signature) SELECT 1, 5, repeat('0', 64), hash, now(), '', '', key, signature"
            " FROM dashboard_auditcheckpoint"
        )
        cursor.execute("DELETE FROM dashboard_auditevent WHERE seq <= 5")
    found = audit.verify().found
    assert found is not None
    assert (found.fault, found.position, found.through) == ("segment altered", 1, 5)


def test_a_removed_segment_is_found(old: None) -> None:
    _archive()
    with mallory() as cursor:
        cursor.execute("DELETE FROM dashboard_auditsegment")
    found = audit.verify().found
    assert found is not None
    assert (found.fault, found.position, found.through) == ("removed", 1, 5)


def test_the_job_archives_only_where_a_period_is_set(settings, old: None, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MEMADMIN_AUDIT_RETENTION_DAYS = 0
    tasks.archive_audit(0)
    assert AuditSegment.objects.count() == 0
    settings.MEMADMIN_AUDIT_RETENTION_DAYS = 1
    later = timezone.now() + timedelta(days=2)
    monkeypatch.setattr(segments.timezone, "now", lambda: later)
    tasks.archive_audit(0)
    assert AuditSegment.objects.count() == 1


def test_the_command_says_where_the_events_are(old: None, capsys: pytest.CaptureFixture[str], settings) -> None:
    call_command("archive_audit", days=0)
    assert str(Path(settings.MEMADMIN_AUDIT_ARCHIVE)) in capsys.readouterr().out
    call_command("archive_audit", days=0)
    assert "nothing was archived" in capsys.readouterr().out
