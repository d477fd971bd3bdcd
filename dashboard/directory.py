"""The directory of tenants, filled from the store."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.utils import timezone

from dashboard.models import DirectoryMark, Tenant
from memadmin.memory import InvalidUserId, UserId, connect
from memadmin.memory.identity import is_made_up

BATCH = 10_000
"""User_ids compared at once, and kept in memory."""
WALK_EVERY = timedelta(days=1)
"""How often everybody is walked through, where the store can tell who is new: that finds what carries an old date."""


@dataclass(frozen=True, slots=True)
class Synced:
    """What a look through the store brought."""

    added: int
    refused: int  # ids that cannot name one person to this desk (identity.py): no scope could be opened for them
    everybody: bool  # False: only memories written since the last look were looked at


def sync(*, full: bool = False) -> Synced:
    """Take new user_ids from the store into the directory.

    Args:
        full: walk through everybody. Default: only if the last walk is a day old, or was through another store, or
            if the store cannot tell who is new.

    Raises:
        StoreUnavailable, StoreError: what was taken in so far stays, and the next look begins where this one did.
    """
    began, mark = timezone.now(), connect().mark()  # before the look: what is written meanwhile belongs to the next
    kept = None if full else _kept(began)
    newcomers = _newcomers(kept.mark) if kept else None
    added, refused = _take_in(_everybody() if newcomers is None else newcomers)
    _keep(mark, walked_at=began if newcomers is None else None)
    return Synced(added, refused, everybody=newcomers is None)


def _kept(now: datetime) -> DirectoryMark | None:
    """Where to begin; None if it is time to walk through everybody, or if that was in the future by today's clock."""
    return DirectoryMark.objects.filter(walked_at__gt=now - WALK_EVERY, walked_at__lte=now).first()


def _keep(mark: str | None, *, walked_at: datetime | None) -> None:
    """Begin here the next time; without a walk, the time of the last one stays."""
    if mark is None:
        DirectoryMark.objects.all().delete()
    elif walked_at is None:
        DirectoryMark.objects.update(mark=mark)
    else:
        DirectoryMark.objects.update_or_create(defaults={"mark": mark, "walked_at": walked_at})


def _take_in(batches: Iterator[list[str]]) -> tuple[int, int]:
    """Returns how many were added, and refused."""
    added = refused = 0
    for user_ids in batches:
        known = set(Tenant.objects.filter(user_id__in=user_ids).values_list("user_id", flat=True))
        fresh = [user_id for user_id in user_ids if user_id not in known and not is_made_up(user_id)]
        usable = [Tenant(user_id=user_id) for user_id in fresh if _usable(user_id)]
        added += len(Tenant.objects.bulk_create(usable, ignore_conflicts=True))
        refused += len(fresh) - len(usable)
    return added, refused


def _everybody() -> Iterator[list[str]]:
    ask = partial(connect().user_ids, limit=BATCH)
    return _batches(ask(after=""), ask)


def _newcomers(mark: str) -> Iterator[list[str]] | None:
    """Those with a memory since then, and some others; None: the store cannot tell."""
    ask = partial(connect().user_ids_since, mark, limit=BATCH)
    first = ask(after="")
    return None if first is None else _batches(first, ask)


def _batches(first: list[str], ask: Callable[..., list[str] | None]) -> Iterator[list[str]]:
    batch: list[str] | None = first
    while batch:
        yield batch
        batch = ask(after=batch[-1])


def _usable(user_id: str) -> bool:
    try:
        UserId.parse(user_id)
    except InvalidUserId:
        return False
    return True
