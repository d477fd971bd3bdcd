"""Neighbours of an erasure: other people who must have afterwards what they had before."""

from dashboard.audit import tenant_digest
from dashboard.models import FINAL_STATES, Freeze, PrivacyRequest, Tombstone


def may_go(user_id: str) -> bool:
    """Whether this person is being erased, is to be, or was: what they lose is lawful and proves nothing."""
    digest = tenant_digest(user_id)
    open_erasures = PrivacyRequest.objects.filter(tenant_digest=digest, kind="erasure").exclude(state__in=FINAL_STATES)
    return (
        open_erasures.exists()
        or Freeze.objects.filter(pk=user_id).exists()
        or Tombstone.objects.filter(pk=digest).exists()
    )
