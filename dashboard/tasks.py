"""Background jobs. Arguments never name a person."""

from datetime import timedelta

from django.conf import settings
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from dashboard import directory
from dashboard.audit import checkpoints, delivery, segments, watch
from dashboard.audit.delivery import Channel
from dashboard.models import AuditCheckpoint


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="sync-directory", pass_context=False)
def sync_directory(timestamp: int) -> int:
    """Every ten minutes: take new tenants from the store into the directory."""
    return directory.sync().added


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="checkpoint-audit", pass_context=False)
def checkpoint_audit(timestamp: int) -> int | None:
    """Every five minutes: sign the audit log as it ends now, and hand the checkpoint out."""
    mark = checkpoints.take()
    if mark is None:
        return None
    for channel in delivery.configured():
        if channel is not Channel.EMAIL:
            deliver_checkpoint.defer(seq=mark.seq, channel=channel.value)
    return mark.seq


@app.periodic(cron="0 6 * * *")
@app.task(queueing_lock="mail-checkpoint", pass_context=False)
def mail_checkpoint(timestamp: int) -> None:
    """Every morning: the newest checkpoint by e-mail, where that is configured."""
    newest = AuditCheckpoint.objects.last()
    if newest is not None and Channel.EMAIL in delivery.configured():
        deliver_checkpoint.defer(seq=newest.seq, channel=Channel.EMAIL.value)


@app.task(retry=RetryStrategy(max_attempts=12, exponential_wait=4))
def deliver_checkpoint(seq: int, channel: str) -> None:
    """Hand one checkpoint out; tried again for some hours."""
    delivery.deliver(checkpoints.stored(seq), Channel(channel))


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="watch-staff", pass_context=False)
def watch_staff(timestamp: int) -> int:
    """Every ten minutes: flag unusual behaviour for the privacy officer."""
    return watch.look()


@app.periodic(cron="30 3 * * *")
@app.task(queueing_lock="archive-audit", pass_context=False)
def archive_audit(timestamp: int) -> None:
    """Every night: archive events that are older than the retention period, if there is one."""
    if days := settings.MEMADMIN_AUDIT_RETENTION_DAYS:
        segments.archive_old(keep=timedelta(days=days), actor="job: archive_audit")
