"""One tenant at a glance: what the agent keeps, and what the desk has going on with them.

A fixed number of questions, whatever the tenant's size: one to the store, four to the desk's database.
"""

from dataclasses import dataclass

from dashboard.audit import tenant_digest
from dashboard.models import FINAL_STATES, Hold, PrivacyRequest, Tenant
from dashboard.privacy import holds, listing, lookalikes
from dashboard.privacy.codes import Kind
from memadmin.memory import Overview, ScopedMemory

MOST_SHOWN = 5
"""Requests, holds and erasures that are listed, of each kind."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Glance:
    """What a member of staff wants to know first. Lists have one more than is shown if they were cut."""

    memories: Overview
    open_requests: list[PrivacyRequest]  # most pressing first
    holds: list[Hold]  # in force today
    lookalikes: list[Tenant]  # at most lookalikes.MOST_SHOWN
    erasures: list[PrivacyRequest]  # ended, newest first

    @property
    def lookalikes_cut(self) -> bool:
        """Whether there may be more."""
        return len(self.lookalikes) >= lookalikes.MOST_SHOWN


def of(tenant: Tenant, memory: ScopedMemory) -> Glance:
    """Look at a tenant.

    Raises:
        StoreUnavailable.
    """
    return Glance(
        memories=memory.overview(),
        open_requests=list(listing.queue().filter(tenant=tenant)[: MOST_SHOWN + 1]),
        holds=list(holds.active(tenant)[: MOST_SHOWN + 1]),
        lookalikes=lookalikes.of(tenant),
        erasures=_ended_erasures(tenant),
    )


def _ended_erasures(tenant: Tenant) -> list[PrivacyRequest]:
    """By digest: an erasure that was carried out has forgotten the tenant."""
    ended = PrivacyRequest.objects.filter(
        tenant_digest=tenant_digest(tenant.user_id), kind=Kind.ERASURE.value, state__in=FINAL_STATES
    )
    return list(ended.select_related("certificate").order_by("-ended_at", "pk")[: MOST_SHOWN + 1])
