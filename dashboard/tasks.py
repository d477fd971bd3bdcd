"""Background jobs. Arguments never name a person."""

from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.core.management import call_command
from django.db import close_old_connections
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException

from dashboard import directory, export_files, exporting
from dashboard.audit import checkpoints, delivery, segments, watch
from dashboard.audit.delivery import Channel
from dashboard.models import AuditCheckpoint, BulkErasure, Export, PrivacyRequest, Staff
from dashboard.privacy import bulk, drill, finishing, holds, relearning, reminding, running, stalled
from dashboard.privacy.actors import Actor
from dashboard.privacy.ledger import Busy
from dashboard.privacy.running import Stopped
from dashboard.your_data import intake, sessions


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="sync-directory", pass_context=False)
def sync_directory(timestamp: int) -> int:
    """Every ten minutes: take new tenants from the store into the directory; once a day, walk through everybody."""
    return directory.sync().added


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="checkpoint-audit", pass_context=False)
def checkpoint_audit(timestamp: int) -> int | None:
    """Every five minutes: sign the audit log as it ends now, and hand the checkpoint out."""
    mark = checkpoints.take_and_queue()
    return mark.seq if mark else None


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


ATTEMPTS = 12
"""Tries of one erasure, 2, 4, 8 ... seconds apart at first and more than an hour in all, before it counts as failed."""


@app.task(retry=RetryStrategy(max_attempts=ATTEMPTS, exponential_wait=2), pass_context=True)
def run_erasure(context: JobContext, request_id: str) -> None:
    """Erase, verify, forget. A store that is down for a while is waited for."""
    close_old_connections()  # the database may have been restarted since the last job
    asked, by = PrivacyRequest.objects.get(pk=request_id), Actor.job("run_erasure")
    try:
        running.run(asked, by)
    except (Busy, Stopped):
        return  # another worker is at it, or the request's state says why not
    except Exception as error:
        running.note_trouble(asked, error)
        if context.job.attempts + 1 >= ATTEMPTS:
            running.give_up(asked, by, running.in_words(error))
        raise


@app.task(queueing_lock="finish-erasures", retry=RetryStrategy(max_attempts=ATTEMPTS, exponential_wait=2))
def finish_erasures() -> int:
    """Get the bytes out of the files, once for all erasures that were verified, and certify them."""
    return finishing.finish(Actor.job("finish_erasures"))


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="resume-stalled-erasures", pass_context=False)
def resume_stalled_erasures(timestamp: int) -> int:
    """Every minute: go on with what a killed worker left behind, and with what an expired hold blocked."""
    holds.release_what_is_free(Actor.holder("somebody, now expired"))
    return stalled.queue_again()


@app.periodic(cron="*/2 * * * *")
@app.task(queueing_lock="retry-stalled-jobs", pass_context=False)
async def retry_stalled_jobs(timestamp: int) -> int:
    """Every two minutes: jobs whose worker was killed are done by another; every job here can be repeated."""
    stalled_jobs = list(await app.job_manager.get_stalled_jobs())
    for job in stalled_jobs:
        with suppress(ConnectorException):  # the same is queued again already
            await app.job_manager.retry_job(job)
    return len(stalled_jobs)


@app.task(retry=RetryStrategy(max_attempts=ATTEMPTS, exponential_wait=2))
def prepare_bulk(bulk_id: str) -> int:
    """Preview what was asked for in one file; what an interruption left is previewed by the next attempt."""
    return bulk.prepare(BulkErasure.objects.get(pk=bulk_id))


@app.task(retry=RetryStrategy(max_attempts=ATTEMPTS, exponential_wait=2))
def approve_bulk(bulk_id: str, staff_id: str, decided_at: str) -> None:
    """Carry on with what somebody decided about a long list; not if they have lost the right meanwhile."""
    approver = Actor.member(Staff.objects.get(pk=staff_id))
    bulk.approve_rest(BulkErasure.objects.get(pk=bulk_id), approver, decided_at=datetime.fromisoformat(decided_at))


COPY_ATTEMPTS = 6
"""Tries of one copy, 4, 16, 64 ... seconds apart, about half an hour in all, before the person is told it failed."""


@app.task(retry=RetryStrategy(max_attempts=COPY_ATTEMPTS, exponential_wait=4), pass_context=True)
def make_export(context: JobContext, export_id: str) -> None:
    """Write the copy of everything held on a person that they ordered."""
    close_old_connections()  # the database may have been restarted since the last job
    export = Export.objects.get(pk=export_id)
    try:
        exporting.make(export)
    except Exception as error:
        if context.job.attempts + 1 >= COPY_ATTEMPTS:
            exporting.give_up(export, running.in_words(error))
        raise


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="sweep-exports", pass_context=False)
def sweep_exports(timestamp: int) -> int:
    """Every ten minutes: delete copies that nobody fetched in time, and what a killed worker left of one."""
    return export_files.sweep()


CODE_ATTEMPTS = 5
"""Tries of one mail, 4, 16, 64 ... seconds apart, some six minutes in all: somebody waits for it."""


@app.task(retry=RetryStrategy(max_attempts=CODE_ATTEMPTS, exponential_wait=4))
def send_intake_code(intake_id: str) -> bool:
    """Send the code for a request without an account; every try draws its own."""
    close_old_connections()
    return intake.send_code(intake_id)


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="sweep-intakes", pass_context=False)
def sweep_intakes(timestamp: int) -> int:
    """Every ten minutes: forget who asked without an account and never typed the code."""
    return intake.sweep()


@app.periodic(cron="15 3 * * *")
@app.task(queueing_lock="clear-sessions", pass_context=False)
def clear_sessions(timestamp: int) -> None:
    """Every night: forget sessions of staff and visits of persons that have expired."""
    call_command("clearsessions")
    sessions.sweep()


@app.periodic(cron="45 2 * * *")
@app.task(queueing_lock="scrub-again", pass_context=False)
def scrub_again(timestamp: int) -> int:
    """Every night: get bytes out of the files that were in use when an erasure was certified."""
    return finishing.scrub_again()


@app.periodic(cron="15 2 * * *")
@app.task(queueing_lock="rehearse-erasure", pass_context=False)
def rehearse_erasure(timestamp: int) -> str | None:
    """Every night: write, erase and look for a made-up person, unless MEMADMIN_DRILL is off."""
    return drill.rehearse().outcome if settings.MEMADMIN_DRILL else None


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="look-for-erased-people", pass_context=False)
def look_for_erased_people(timestamp: int) -> int:
    """Every ten minutes: has an agent learned somebody again? That opens a case."""
    return relearning.look()


@app.periodic(cron="0 6 * * *")
@app.task(queueing_lock="remind-of-requests", retry=RetryStrategy(max_attempts=6, exponential_wait=4))
def remind_of_requests(timestamp: int) -> int:
    """Every morning: requests that are overdue or due within a week, to MEMADMIN_PRIVACY_EMAIL."""
    return reminding.remind()
