"""Handing work to the worker, in the transaction that decided on it. Arguments name a request, never a person."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from dashboard.models import BulkErasure, PrivacyRequest, Staff


def queue(asked: PrivacyRequest) -> None:
    """Have the worker start, or go on with, this erasure; not before its cooling-off is over."""
    later = asked.scheduled_for if asked.scheduled_for and asked.scheduled_for > timezone.now() else None
    _defer("dashboard.tasks.run_erasure", f"erasure-{asked.pk}", schedule_at=later, request_id=str(asked.pk))


def queue_finishing() -> None:
    """Have the worker scrub and certify what was verified; several erasures share one scrub."""
    _defer("dashboard.tasks.finish_erasures", "finish-erasures")


def queue_bulk(bulk: BulkErasure) -> None:
    """Have the worker preview what was asked for in one file."""
    _defer("dashboard.tasks.prepare_bulk", f"bulk-{bulk.pk}", bulk_id=str(bulk.pk))


def queue_bulk_approval(bulk: BulkErasure, approver: Staff, decided_at: datetime) -> None:
    """Have the worker carry on with a decision over many requests."""
    arguments = {"bulk_id": str(bulk.pk), "staff_id": str(approver.pk), "decided_at": decided_at.isoformat()}
    _defer("dashboard.tasks.approve_bulk", f"bulk-approval-{bulk.pk}", **arguments)


def _defer(task: str, lock: str, *, schedule_at: Any = None, **arguments: str) -> None:
    try:
        with transaction.atomic():  # a savepoint: "is queued already" must not spoil the caller's transaction
            app.configure_task(task, queueing_lock=lock, schedule_at=schedule_at).defer(**arguments)
    except AlreadyEnqueued:  # that one has not begun, and will see what there is to do
        return
