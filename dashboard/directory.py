"""The directory of tenants, filled from the store."""

from collections.abc import Iterator
from dataclasses import dataclass

from dashboard.models import Tenant
from memadmin.memory import InvalidUserId, UserId, connect
from memadmin.memory.identity import is_made_up

BATCH = 10_000
"""User_ids compared at once: new ones sort anywhere, so every sync walks through all, and keeps no more than this."""


@dataclass(frozen=True, slots=True)
class Synced:
    """What a look through the store brought."""

    added: int
    refused: int  # ids that cannot name one person to this desk (identity.py): no scope could be opened for them


def sync() -> Synced:
    """Take every user_id that the store knows into the directory."""
    added = refused = 0
    for user_ids in _batches():
        known = set(Tenant.objects.filter(user_id__in=user_ids).values_list("user_id", flat=True))
        fresh = [user_id for user_id in user_ids if user_id not in known and not is_made_up(user_id)]
        usable = [Tenant(user_id=user_id) for user_id in fresh if _usable(user_id)]
        added += len(Tenant.objects.bulk_create(usable, ignore_conflicts=True))
        refused += len(fresh) - len(usable)
    return Synced(added, refused)


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
