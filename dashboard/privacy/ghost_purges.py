"""Purging ghosts by age: one person asks, another one approves or rejects."""

from datetime import date, datetime, time

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from dashboard import audit
from dashboard.audit import Action
from dashboard.models import GhostPurge
from dashboard.privacy import ghosts
from dashboard.privacy.actors import Actor
from dashboard.privacy.states import NotNow
from dashboard.roles import Right


def ask(before: date, by: Actor, *, reason: str) -> GhostPurge:
    """Ask for ghosts that last changed before a day to be deleted.

    Raises:
        NotNow: the day lies in the future, or there is no reason. PermissionDenied.
    """
    by.need(Right.ERASE)
    if before > timezone.localdate():
        raise NotNow("Choose a day that is not in the future.")
    if not reason.strip():
        raise NotNow("Give the reason; whoever approves it wants to know.")
    with transaction.atomic():
        purge = GhostPurge.objects.create(
            before=timezone.make_aware(datetime.combine(before, time.min)),
            reason=reason,
            requested_by=by.staff,
            requested_label=by.label,
        )
        _record(Action.GHOSTS_PURGE_ASKED, by, purge)
    return purge


def approve(purge: GhostPurge, by: Actor) -> int:
    """Delete what was asked for, now; returns the rows deleted.

    Raises:
        NotNow: it was decided already. PermissionDenied: one's own, or the right is missing.
        StoreUnavailable, StoreError: part may be gone; it can be approved again.
    """
    with transaction.atomic():
        current = _undecided(purge, by)
        label, staff = current.requested_label, current.requested_by
        rows = ghosts.purge(current.before, by, asked_label=label, asked_by=staff)
        _decide(current, by, rows=rows)
    return rows


def reject(purge: GhostPurge, by: Actor) -> None:
    """Decide that these ghosts stay. Raises NotNow, PermissionDenied: as ``approve``."""
    with transaction.atomic():
        current = _undecided(purge, by)
        _decide(current, by, rejected=True)
        _record(Action.GHOSTS_PURGE_REJECTED, by, current)


def _undecided(purge: GhostPurge, by: Actor) -> GhostPurge:
    by.need(Right.APPROVE)
    current = GhostPurge.objects.select_for_update(of=("self",)).get(pk=purge.pk)
    if current.decided_at:
        raise NotNow("This was decided already.")
    if by.is_same_person(current.requested_by, current.requested_label):
        raise PermissionDenied("You asked for this yourself; somebody else has to decide on it.")
    return current


def _decide(purge: GhostPurge, by: Actor, *, rows: int | None = None, rejected: bool = False) -> None:
    purge.approved_by, purge.approved_label, purge.decided_at = by.staff, by.label, timezone.now()
    purge.rows, purge.rejected = rows, rejected
    purge.save()


def _record(action: Action, by: Actor, purge: GhostPurge) -> None:
    actor, kind = ("", None) if by.request else (by.label, by.kind)
    counts = {"before_days": (timezone.now() - purge.before).days}
    audit.record(
        action, request=by.request, actor=actor, kind=kind, counts=counts, reason=purge.reason, purpose=str(purge.pk)
    )
