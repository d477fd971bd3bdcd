"""Other ids that may be the same person: an erasure takes one user_id, and people have several."""

from collections.abc import Collection

from django.db.models import QuerySet

from dashboard.models import Tenant
from dashboard.models.tenant import likeness

MOST_SHOWN = 20


def of(tenant: Tenant) -> list[Tenant]:
    """Other tenants whose user_id differs in case, width, white space or ``+tag`` only; at most 20."""
    return _like(tenant.likeness, tenant.user_id)


def of_any(tenants: Collection[Tenant]) -> list[Tenant]:
    """Other tenants that are like any of these; at most 20."""
    others = Tenant.objects.filter(likeness__in={tenant.likeness for tenant in tenants})
    return _first(others.exclude(pk__in=[tenant.pk for tenant in tenants]))


def of_user_id(user_id: str) -> list[Tenant]:
    """The same for a user_id that need not be in the directory."""
    return _like(likeness(user_id), user_id)


def _like(fingerprint: str, user_id: str) -> list[Tenant]:
    return _first(Tenant.objects.filter(likeness=fingerprint).exclude(user_id=user_id))


def _first(tenants: QuerySet[Tenant]) -> list[Tenant]:
    return list(tenants.order_by("user_id")[:MOST_SHOWN])
