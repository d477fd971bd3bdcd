"""Finding events: filters, and pages that cost the same however long the log is."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from dashboard.audit.actions import Action
from dashboard.models import AuditEvent


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which events are wanted; None or "" for any."""

    actor: str = ""  # label
    action: Action | None = None
    tenant: str = ""  # digest
    request_id: uuid.UUID | None = None
    purpose: uuid.UUID | None = None  # of a grant; wanted together with the tenant, whose index it needs
    since: datetime | None = None
    until: datetime | None = None  # exclusive

    @property
    def everything(self) -> bool:
        return self == Wanted()


@dataclass(frozen=True, slots=True)
class Slice:
    """A page of events, newest first."""

    events: list[AuditEvent]
    older_than: int | None  # sequence number to go on from; None at the end
    newer_than: int | None  # the same towards the newest


def matching(wanted: Wanted) -> QuerySet[AuditEvent]:
    """Events that are wanted.

    Times are turned into sequence numbers first, since both only grow; then every filter is served by an index that is
    ordered by sequence number, and no page has to sort or to skip.
    """
    conditions: dict[str, Any] = {
        "actor_label": wanted.actor,
        "action": wanted.action and wanted.action.value,
        "tenant_digest": wanted.tenant,
        "request_id": wanted.request_id,
        "purpose": wanted.purpose and str(wanted.purpose),
    }
    events = AuditEvent.objects.filter(**{name: value for name, value in conditions.items() if value})
    if wanted.since:
        first = _first_at_or_after(wanted.since)
        events = events.filter(seq__gte=first) if first else events.none()
    if wanted.until and (first := _first_at_or_after(wanted.until)):
        events = events.filter(seq__lt=first)
    return events


def page(wanted: Wanted, *, older_than: int | None = None, newer_than: int | None = None, size: int = 50) -> Slice:
    """One page, newest first.

    Args:
        older_than: sequence number; the page starts with the next older event. newer_than: the page ends before it.
        size: most events in it.
    """
    events = matching(wanted)
    if newer_than is not None:
        found = list(events.filter(seq__gt=newer_than).order_by("seq")[: size + 1])
        more = len(found) > size
        shown = found[:size][::-1]
        return Slice(shown, shown[-1].seq if shown else None, shown[0].seq if more else None)
    if older_than is not None:
        events = events.filter(seq__lt=older_than)
    found = list(events.order_by("-seq")[: size + 1])
    shown = found[:size]
    older = shown[-1].seq if len(found) > size else None
    return Slice(shown, older, shown[0].seq if shown and older_than is not None else None)


def timeline(wanted: Wanted, *, most: int) -> list[AuditEvent]:
    """The newest of what happened, oldest first."""
    return list(matching(wanted).order_by("-seq")[:most])[::-1]


def actors() -> list[str]:
    """Everybody who is in the log, by label.

    Jumps from label to label in the index instead of reading every event.
    """
    found: list[str] = []
    label = AuditEvent.objects.order_by("actor_label").values_list("actor_label", flat=True)
    following = label.first()
    while following is not None:
        found.append(following)
        following = label.filter(actor_label__gt=following).first()
    return found


def described(wanted: Wanted) -> str:
    """The filter in one line; "" for everything. A name that is not in the log was typed, and is not repeated."""
    known = wanted.actor and AuditEvent.objects.filter(actor_label=wanted.actor).exists()
    chosen = {
        "actor": wanted.actor if known or not wanted.actor else "(not in the log)",
        "action": wanted.action and wanted.action.value,
        "tenant": wanted.tenant,
        "request": wanted.request_id,
        "purpose": wanted.purpose,
        "since": wanted.since and wanted.since.isoformat(),
        "until": wanted.until and wanted.until.isoformat(),
    }
    return "; ".join(f"{name}={value}" for name, value in chosen.items() if value)


def _first_at_or_after(at: datetime) -> int | None:
    return AuditEvent.objects.filter(at__gte=at).order_by("at", "seq").values_list("seq", flat=True).first()
