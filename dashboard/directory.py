"""The directory of tenants, filled from the store."""

from collections.abc import Iterator

from dashboard.models import Tenant
from memadmin.memory import InvalidUserId, UserId, connect

BATCH = 1_000


def sync() -> int:
    """Take every user_id that the store knows into the directory; returns how many were new.

    Ids that this desk refuses (see ``identity.py``) are left out: no scope could be opened for them.
    """
    added = 0
    for user_ids in _batches():
        known = set(Tenant.objects.filter(user_id__in=user_ids).values_list("user_id", flat=True))
        fresh = [Tenant(user_id=user_id) for user_id in user_ids if user_id not in known and _usable(user_id)]
        added += len(Tenant.objects.bulk_create(fresh, ignore_conflicts=True))
    return added


def _batches() -> Iterator[list[str]]:
    after = ""
    while user_ids := connect().user_ids(after=after, limit=BATCH):
        yield user_ids
        after = user_ids[-1]


def _usable(user_id: str) -> bool:
    try:
        UserId.parse(user_id)
    except InvalidUserId:
        return False
    return True
