"""Ghosts: history of memories that no longer exist. mem0's own deletions leave it, and nobody owns it any more."""

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied

from dashboard import audit
from dashboard.audit import Action, Outcome
from dashboard.models import Staff
from dashboard.privacy.actors import Actor
from dashboard.privacy.cached import ForAWhile
from dashboard.roles import Right
from memadmin.memory import MemoryScopeError, connect
from memadmin.memory.records import Ghosts

count: ForAWhile[Ghosts | None] = ForAWhile(lambda: connect().ghosts(), timedelta(minutes=10))
"""How many there are, at most ten minutes old; None: this store cannot count them. Raises StoreUnavailable."""


def purge(before: datetime, by: Actor, *, asked_label: str, asked_by: Staff | None = None) -> int:
    """Delete ghosts that last changed before a moment. One person asks, another one approves.

    Args:
        before: aware. by: who approves. asked_label, asked_by: who asked.

    Returns:
        history rows deleted.

    Raises:
        PermissionDenied: both are the same person, or the right is missing. ValueError: the moment is naive.
        StoreUnavailable, StoreError: part may be gone; do it again.
    """
    by.need(Right.APPROVE)
    if not asked_label.strip() or by.is_same_person(asked_by, asked_label):
        raise PermissionDenied("Whoever asked for this cannot approve it; ask a colleague.")
    days = {"before_days": (datetime.now(before.tzinfo) - before).days}
    _record(Action.GHOSTS_PURGE_ORDERED, by, days)
    try:
        rows = connect().purge_ghosts(before)
    except MemoryScopeError:
        _record(Action.GHOSTS_PURGED, by, days, Outcome.FAILED)
        raise
    finally:
        count.forget()
    _record(Action.GHOSTS_PURGED, by, {**days, "rows": rows})
    return rows


def _record(action: Action, by: Actor, counts: dict[str, int], outcome: Outcome = Outcome.DONE) -> None:
    actor, kind = ("", None) if by.request else (by.label, by.kind)
    audit.record(action, request=by.request, actor=actor, kind=kind, outcome=outcome, counts=counts)
