"""Signing, publishing and handing out checkpoints."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from dashboard import audit, tasks
from dashboard.audit import checkpoints, delivery, encoding, marks, segments, signing, trust
from dashboard.audit.marks import Mark
from dashboard.checks import signed_checkpoints
from dashboard.models import AuditCheckpoint, AuditHead, SigningKey
from tests.audit.conftest import mallory

pytestmark = pytest.mark.django_db


def _rotate(settings: Any, tmp_path: Path, *, keep_trusting: bool = True) -> None:
    """A new key, as an operator would put it in place."""
    old = signing.fingerprint(signing.public_hex(signing.signing_key()))
    settings.MEMADMIN_TRUSTED_KEYS = [old] if keep_trusting else []
    new = tmp_path / f"key-{len(list(tmp_path.iterdir()))}.pem"
    new.write_text(signing.new_pem())
    settings.MEMADMIN_SIGNING_KEY_FILE = str(new)


def test_a_checkpoint_signs_the_head(log: Callable[[int], Any]) -> None:
    events = log(3)
    mark = checkpoints.take()
    assert mark is not None
    assert (mark.seq, mark.hash) == (3, events[-1].hash)
    assert mark.is_genuine


def test_an_unchanged_log_is_not_signed_twice(log: Callable[[int], Any]) -> None:
    log(1)
    assert checkpoints.take() is not None
    assert checkpoints.take() is None
    log(1)
    assert checkpoints.take() is not None


def test_an_empty_log_is_not_signed() -> None:
    assert checkpoints.take() is None


def test_a_line_reads_back_as_the_same_checkpoint(log: Callable[[int], Any]) -> None:
    log(1)
    mark = checkpoints.take()
    assert mark is not None
    parsed = marks.parse(mark.as_line())
    assert parsed.delivered
    assert parsed.statement == mark.statement
    assert parsed.is_genuine


@pytest.mark.parametrize(
    "change", [{"seq": 2}, {"hash": "b" * 64}, {"at": 1}, {"public_key": "00"}, {"signature": "x"}]
)
def test_any_change_to_a_checkpoint_shows(log: Callable[[int], Any], change: dict[str, Any]) -> None:
    log(1)
    mark = checkpoints.take()
    assert mark is not None
    values = {name: getattr(mark, name) for name in ("seq", "hash", "at", "key", "public_key", "signature")}
    assert not Mark(**{**values, **change}).is_genuine


def test_a_new_key_goes_on_where_the_old_one_stopped(settings, tmp_path: Path, log: Callable[[int], Any]) -> None:
    log(2)
    checkpoints.take()
    _rotate(settings, tmp_path)
    log(2)
    checkpoints.take()
    verification = audit.verify()
    assert (verification.intact, verification.checkpoints) == (True, 2)
    assert SigningKey.objects.count() == 2


def test_an_old_key_that_is_not_pinned_any_more_is_not_believed(
    settings, tmp_path: Path, log: Callable[[int], Any]
) -> None:
    log(2)
    checkpoints.take()
    _rotate(settings, tmp_path, keep_trusting=False)
    found = audit.verify().found
    assert found is not None
    assert found.fault == "key replaced"
    assert "MEMADMIN_TRUSTED_KEYS" in found.explanation


def test_a_retired_key_may_not_sign_again(settings, tmp_path: Path, log: Callable[[int], Any]) -> None:
    log(1)
    checkpoints.take()
    old = settings.MEMADMIN_SIGNING_KEY_FILE
    _rotate(settings, tmp_path)
    log(1)
    checkpoints.take()
    settings.MEMADMIN_TRUSTED_KEYS.append(signing.fingerprint(signing.public_hex(signing.signing_key())))
    settings.MEMADMIN_SIGNING_KEY_FILE = old
    log(1)
    checkpoints.take()
    assert audit.verify().intact  # on the day of the rotation, workers may still have the old key
    key, head = signing.signing_key(), AuditHead.objects.get()
    log(1)
    _sign(key, head.seq + 1, days=2)
    found = audit.verify().found
    assert found is not None
    assert "retired" in found.explanation


def test_a_key_that_was_retired_is_refused_before_it_signs(
    settings, tmp_path: Path, log: Callable[[int], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    log(1)
    checkpoints.take()
    first = settings.MEMADMIN_SIGNING_KEY_FILE
    _rotate(settings, tmp_path)
    new = signing.public_hex(signing.signing_key())
    checkpoints.publish_key(new, timezone.now())
    settings.MEMADMIN_TRUSTED_KEYS.append(signing.fingerprint(new))
    settings.MEMADMIN_SIGNING_KEY_FILE = first
    log(1)
    monkeypatch.setattr(trust, "ROTATION", timedelta(0))
    with pytest.raises(ImproperlyConfigured, match="was retired"):
        checkpoints.take()
    assert AuditCheckpoint.objects.count() == 1


def test_a_checkpoint_dated_before_its_event_is_refused_and_nothing_is_signed_on_top(log: Callable[[int], Any]) -> None:
    log(2)
    _sign(signing.signing_key(), 2, days=-9)  # as a thief of a retired key would, while it was in use
    assert "dated before the event" in _explanation()
    log(1)
    with pytest.raises(checkpoints.ChainBroken, match="dated before the event"):
        checkpoints.take()


def _explanation() -> str:
    found = audit.verify().found
    assert found is not None
    return found.explanation


def _sign(key: Ed25519PrivateKey, seq: int, *, days: int) -> None:
    """A checkpoint made by somebody who has the key and the database."""
    at = timezone.now() + timedelta(days=days)
    public_key = signing.public_hex(key)
    checkpoints.publish_key(public_key, at)
    mark = Mark(
        seq=seq,
        hash=AuditHead.objects.get().hash,
        at=encoding.microseconds(at),
        key=signing.fingerprint(public_key),
        public_key=public_key,
    )
    signature = key.sign(mark.statement).hex()
    AuditCheckpoint.objects.create(seq=seq, hash=mark.hash, at=at, key=mark.key, signature=signature)


def test_public_keys_are_published_to_everybody(client: Client, log: Callable[[int], Any]) -> None:
    log(1)
    checkpoints.take()
    (key,) = client.get("/.well-known/memadmin-keys.json").json()["keys"]
    assert key["algorithm"] == "Ed25519"
    assert signing.fingerprint(key["public_key"]) == key["fingerprint"]
    assert key["valid_until"] is None


def test_a_rotated_key_is_published_with_its_end(
    settings, tmp_path: Path, client: Client, log: Callable[[int], Any]
) -> None:
    log(1)
    checkpoints.take()
    _rotate(settings, tmp_path)
    log(1)
    checkpoints.take()
    first, second = client.get(reverse("publish-keys")).json()["keys"]
    assert first["valid_until"] == second["valid_from"]


def test_a_key_that_only_the_database_knows_is_not_published(client: Client) -> None:
    public_key = signing.public_hex(Ed25519PrivateKey.generate())
    checkpoints.publish_key(public_key, timezone.now())
    assert client.get(reverse("publish-keys")).json() == {"keys": []}


@pytest.mark.parametrize("text", ["nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_an_unusable_key_is_refused(settings, text: str) -> None:
    settings.MEMADMIN_SIGNING_KEY = text
    with pytest.raises(ImproperlyConfigured, match="signing key"):
        signing.signing_key()


def test_the_key_may_come_from_the_environment(settings) -> None:
    settings.MEMADMIN_SIGNING_KEY = pem = signing.new_pem()
    assert signing.public_hex(signing.signing_key()) == signing.public_hex(signing._loaded(pem))


def test_production_without_a_key_says_how_to_make_one(settings) -> None:
    settings.MEMADMIN_SIGNING_KEY = settings.MEMADMIN_SIGNING_KEY_FILE = ""
    settings.MEMADMIN_TRUSTED_KEYS = []
    with pytest.raises(ImproperlyConfigured, match="openssl genpkey"):
        signing.signing_key()
    assert [warning.id for warning in signed_checkpoints()] == ["memadmin.W001"]


def test_a_missing_key_file_is_named(settings, tmp_path: Path) -> None:
    settings.MEMADMIN_DEBUG = False
    settings.MEMADMIN_SIGNING_KEY_FILE = str(tmp_path / "missing.pem")
    with pytest.raises(ImproperlyConfigured, match=r"missing\.pem"):
        signing.signing_key()


def test_the_job_hands_each_checkpoint_to_the_configured_channels(settings, log: Callable[[int], Any]) -> None:
    log(1)
    settings.MEMADMIN_CHECKPOINT_WEBHOOK = "https://example.com/hook"
    settings.MEMADMIN_CHECKPOINT_EMAIL = ["auditor@example.com"]
    assert tasks.checkpoint_audit(0) == 1
    assert tasks.checkpoint_audit(0) is None
    tasks.mail_checkpoint(0)
    jobs = ProcrastinateJob.objects.filter(task_name="dashboard.tasks.deliver_checkpoint").order_by("id")
    assert [job.args for job in jobs] == [{"seq": 1, "channel": name} for name in ("file", "webhook", "email")]


def test_a_checkpoint_whose_delivery_cannot_be_queued_was_not_taken(
    log: Callable[[int], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Mark) -> None:
        raise RuntimeError("killed")

    log(1)
    monkeypatch.setattr(delivery, "queue", fail)
    with pytest.raises(RuntimeError):
        tasks.checkpoint_audit(0)
    assert AuditCheckpoint.objects.count() == 0


def test_a_first_checkpoint_on_its_way_is_no_alarm(
    log: Callable[[int], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("verify_audit")
    log(1)
    checkpoints.take()
    call_command("verify_audit")
    assert "No checkpoint was delivered yet" in capsys.readouterr().out
    log(1)
    call_command("checkpoint_audit")
    call_command("verify_audit")


def test_a_file_is_missed_although_its_beginning_was_archived(settings, log: Callable[[int], Any]) -> None:
    for _ in range(2):
        log(1)
        call_command("checkpoint_audit")
    assert segments.archive_old(keep=timedelta(0), actor="job") is not None
    Path(settings.MEMADMIN_CHECKPOINT_FILE).unlink()
    with pytest.raises(CommandError, match="is not there"):
        call_command("verify_audit")


def test_two_workers_that_sign_at_once_agree_on_one_checkpoint(
    log: Callable[[int], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    log(1)
    follow = checkpoints._continued_by_head

    def follow_for_long(*given: Any) -> AuditHead:
        monkeypatch.setattr(checkpoints, "_continued_by_head", follow)
        head = follow(*given)
        checkpoints.take()
        return head

    monkeypatch.setattr(checkpoints, "_continued_by_head", follow_for_long)
    mark = checkpoints.take()
    assert (mark, AuditCheckpoint.objects.count()) == (checkpoints.stored(1), 1)


@pytest.fixture
def another_logs_file(settings: Any, log: Callable[[int], Any]) -> Path:
    """A laptop whose database was deleted; its new log has two events."""
    log(3)
    mark = checkpoints.take()
    assert mark is not None
    with mallory() as cursor:
        cursor.execute(
            "TRUNCATE dashboard_auditevent, dashboard_auditcheckpoint, dashboard_signingkey;"
            "UPDATE dashboard_audithead SET (seq, hash, at) = (0, repeat('0', 64), 'epoch')"
        )
    file = Path(settings.MEMADMIN_CHECKPOINT_FILE)
    file.write_text(mark.as_line() + "\n")
    log(2)
    return file


def test_on_a_laptop_another_logs_file_is_set_aside(another_logs_file: Path, settings) -> None:
    settings.MEMADMIN_DEBUG = True
    call_command("verify_audit")
    call_command("checkpoint_audit")
    (old,) = another_logs_file.parent.glob("checkpoints-until-*.jsonl")
    assert [marks.parse(file.read_text()).seq for file in (old, another_logs_file)] == [3, 2]
    call_command("verify_audit")


def test_in_production_another_logs_file_is_an_alarm(another_logs_file: Path, settings) -> None:
    settings.MEMADMIN_DEBUG = False
    with pytest.raises(CommandError, match="the database does not have"):
        call_command("checkpoint_audit")
    with pytest.raises(SystemExit):
        call_command("verify_audit")


@pytest.mark.parametrize("length", [1, 100, -2])
def test_a_line_that_was_cut_off_is_named_until_it_was_written_again(
    settings, log: Callable[[int], Any], length: int
) -> None:
    file = Path(settings.MEMADMIN_CHECKPOINT_FILE)
    call_command("checkpoint_audit")
    log(1)
    call_command("checkpoint_audit")
    log(1)
    mark = checkpoints.take()
    assert mark is not None
    file.write_bytes(file.read_bytes() + mark.as_line()[:length].encode() + b"\0")
    assert "1 were cut off" in str(audit.verify(delivered=[file]).not_proven)
    delivery.deliver(mark, delivery.Channel.FILE)
    verification = audit.verify(delivered=[file])
    assert (verification.intact, "cut off" in str(verification.not_proven)) == (True, False)


def test_nothing_is_handed_out_where_nothing_is_configured(settings, log: Callable[[int], Any]) -> None:
    settings.MEMADMIN_CHECKPOINT_FILE = ""
    assert delivery.configured() == []


def test_a_checkpoint_arrives_in_the_file_and_in_the_mailbox(settings, log: Callable[[int], Any]) -> None:
    settings.MEMADMIN_CHECKPOINT_EMAIL = ["auditor@example.com"]
    log(1)
    checkpoints.take()
    tasks.deliver_checkpoint(1, "file")
    tasks.deliver_checkpoint(1, "email")
    line = Path(settings.MEMADMIN_CHECKPOINT_FILE).read_text(encoding="utf-8")
    assert marks.parse(line).is_genuine
    assert line.strip() in mail.outbox[0].body


def test_a_file_that_vanished_is_not_begun_anew(settings, log: Callable[[int], Any]) -> None:
    for _ in range(2):
        log(1)
        checkpoints.take()
    tasks.deliver_checkpoint(1, "file")
    Path(settings.MEMADMIN_CHECKPOINT_FILE).unlink()
    with pytest.raises(delivery.CopiesVanished, match="make an empty one"):
        tasks.deliver_checkpoint(2, "file")
    Path(settings.MEMADMIN_CHECKPOINT_FILE).touch()
    tasks.deliver_checkpoint(2, "file")


def test_the_newest_line_of_a_long_file_is_found(log: Callable[[int], Any]) -> None:
    for _ in range(12):
        log(1)
        checkpoints.take()
    for seq in range(1, 13):
        tasks.deliver_checkpoint(seq, "file")
    newest = delivery.newest_in_file()
    assert newest is not None
    assert newest.seq == 12


def test_a_checkpoint_arrives_at_the_webhook(settings, log: Callable[[int], Any], webhook: Any) -> None:
    settings.MEMADMIN_CHECKPOINT_WEBHOOK = webhook.url
    log(1)
    checkpoints.take()
    tasks.deliver_checkpoint(1, "webhook")
    assert json.loads(webhook.received[0])["seq"] == 1


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://127.0.0.1:9/"])
def test_a_webhook_that_cannot_be_reached_is_an_error(settings, log: Callable[[int], Any], url: str) -> None:
    settings.MEMADMIN_CHECKPOINT_WEBHOOK = url
    log(1)
    mark = checkpoints.take()
    assert mark is not None
    with pytest.raises(OSError):  # noqa: PT011 - the job tries again on any of them
        delivery.deliver(mark, delivery.Channel.WEBHOOK)
