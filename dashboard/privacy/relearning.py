"""The agent learned somebody again who was erased: that opens a case, which staff decide on."""

from django.utils import timezone

from dashboard.models import Tenant, Tombstone
from dashboard.privacy import opening, tombstones
from dashboard.privacy.actors import Actor
from dashboard.privacy.codes import Channel, Kind
from dashboard.privacy.opening import Asked
from dashboard.privacy.states import NotNow
from dashboard.roles import Right
from memadmin.memory import InvalidUserId, UserId

LEARNED_AGAIN = "The agent learned this person again."


def look() -> int:
    """Take the looks that are due, and open a case for everybody who was noticed since; returns how many.

    Raises:
        StoreUnavailable: the looks stay due.
    """
    tombstones.look(timezone.now())
    opened = 0
    for tombstone, user_id in tombstones.cases():
        opened += bool(user_id and _opened(tombstone, user_id))
        tombstones.report(tombstone)
    return opened


def _opened(tombstone: Tombstone, user_id: str) -> bool:
    """Whether there was a case to open; none if an erasure of this person is open already."""
    ground = tombstone.request.ground if tombstone.request else ""
    asked = Asked(kind=Kind.ERASURE, channel=Channel.API, ground=ground, narrative=LEARNED_AGAIN)
    try:
        tenant, _ = Tenant.objects.get_or_create(user_id=UserId.parse(user_id))
        opening.open_request(tenant, Actor.job("tombstones", Right.PROPOSE), asked)
    except (NotNow, InvalidUserId):
        return False
    return True
