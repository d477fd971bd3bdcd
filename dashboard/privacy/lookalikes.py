"""Other ids that may be the same person: an erasure takes one user_id, and people have several."""

from collections.abc import Collection

from django.db.models import Case, When

from dashboard.models import Tenant

MOST_SHOWN = 20


def of(tenant: Tenant) -> list[Tenant]:
    """Other tenants whose user_id differs in case, width, white space or ``+tag`` only; at most 20."""
    others = Tenant.objects.filter(likeness=tenant.likeness).exclude(user_id=tenant.user_id)
    return list(others.order_by("user_id")[:MOST_SHOWN])


def of_listed(meant: Collection[str], exact: Collection[Tenant], similar: Collection[Tenant]) -> list[Tenant]:
    """Other tenants that are like somebody in the two lists of a look-up; at most 20.

    Args:
        meant: likenesses (``models/tenant.py``) of those who are meant. Whoever is like them comes first, and even if
            they are listed as similar.
        exact: tenants whom the look-up fits, not to be given back.
        similar: tenants who are listed below those. Who is like them is given if not listed.
    """
    listed = {tenant.pk for tenant in similar}
    others = Tenant.objects.filter(likeness__in={*meant, *(tenant.likeness for tenant in similar)})
    others = others.exclude(pk__in=[tenant.pk for tenant in exact])
    others = others.order_by(Case(When(likeness__in=meant, then=0), default=1), "user_id")
    found = others[: MOST_SHOWN + len(listed)]  # those who are listed come back, too
    return [tenant for tenant in found if tenant.likeness in meant or tenant.pk not in listed][:MOST_SHOWN]
