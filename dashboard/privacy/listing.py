"""Finding requests: the queue, what has ended, and what was done about one."""

from django.db.models import F, QuerySet

from dashboard.audit import Action
from dashboard.models import FINAL_STATES, AuditEvent, PrivacyRequest, Tenant
from dashboard.privacy.codes import Kind

_OF_ONE = ("tenant", "bulk", "requested_by", "approved_by")


def queue() -> QuerySet[PrivacyRequest]:
    """What is open, most pressing first; where the clock stands, last."""
    return PrivacyRequest.objects.exclude(state__in=FINAL_STATES).order_by(
        F("due_on").asc(nulls_last=True), "created_at", "pk"
    )


def ended() -> QuerySet[PrivacyRequest]:
    """What has ended, newest first."""
    return PrivacyRequest.objects.filter(state__in=FINAL_STATES).order_by("-ended_at", "-created_at", "pk")


def to_show() -> QuerySet[PrivacyRequest]:
    """All requests, with what a page about one of them needs."""
    return PrivacyRequest.objects.select_related(*_OF_ONE)


def open_erasure(tenant: Tenant) -> PrivacyRequest | None:
    """This person's erasure that has not ended; there is at most one."""
    return queue().filter(tenant=tenant, kind=Kind.ERASURE.value).first()


def events(asked: PrivacyRequest, *, most: int) -> list[AuditEvent]:
    """The newest events of one request, oldest first; that somebody looked at it is left to the audit log."""
    done = AuditEvent.objects.filter(tenant_digest=asked.tenant_digest, purpose=str(asked.pk))
    return list(done.exclude(action=Action.REQUEST_VIEWED.value).order_by("-seq")[:most])[::-1]
