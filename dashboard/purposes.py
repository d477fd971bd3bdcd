"""Purposes: why a member of staff opens a tenant, and for how long that holds (Art. 5(1)(b) GDPR).

Without a grant in force nothing of the tenant's content is shown; everything done under one refers to it in the audit.
"""

from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from dashboard import audit
from dashboard.audit import Action
from dashboard.coded import Code
from dashboard.models import Grant, Staff, Tenant
from dashboard.requests import TenantRequest

MOST_RECENT = 8
"""Tenants that a member of staff is reminded of."""


class Category(Code):
    """What the work is."""

    SUPPORT = "support-case", "Support case"
    PRIVACY = "privacy-request", "Privacy request of the person"
    QUALITY = "wrong-memory", "The agent remembers something wrong"
    INCIDENT = "incident", "Security or privacy incident"
    LEGAL = "legal", "Legal obligation or court case"


def in_force(staff: Staff, tenant: Tenant) -> Grant | None:
    """This member of staff's grant for this tenant, if one is in force now."""
    return Grant.objects.filter(staff=staff, tenant=tenant, expires_at__gt=timezone.now()).first()


def state(request: TenantRequest, *, category: Category, ticket: str, note: str = "") -> Grant:
    """State a purpose: opens this tenant to this member of staff for a while.

    Args:
        ticket: where the case is kept.
        note: free text, encrypted beside the audit event.

    Raises:
        AuditUnavailable: nothing was granted.
    """
    grant = Grant(
        staff=request.user,
        tenant=request.tenant,
        category=category.value,
        ticket=ticket,
        expires_at=timezone.now() + timedelta(minutes=settings.MEMADMIN_GRANT_MINUTES),
    )
    request.purpose = str(grant.pk)
    reason = f"{category.sentence}, {ticket}" + (f": {note}" if note else "")
    audit.record(Action.PURPOSE_STATED, request=request, counts={"category": category.value}, reason=reason)
    grant.save(force_insert=True)
    return grant


def recent(staff: Staff) -> QuerySet[Grant]:
    """The tenants that this member of staff has open, newest first; gone when the grant is over."""
    in_time = Grant.objects.filter(staff=staff, expires_at__gt=timezone.now()).select_related("tenant")
    newest = in_time.order_by("tenant", "-granted_at").distinct("tenant")
    return Grant.objects.filter(pk__in=newest.values("pk")).select_related("tenant")[:MOST_RECENT]


def end(request: TenantRequest) -> None:
    """Close the tenant again before the time is over."""
    Grant.objects.filter(staff=request.user, tenant=request.tenant, expires_at__gt=timezone.now()).update(
        expires_at=timezone.now()
    )
    audit.record(Action.PURPOSE_ENDED, request=request)
