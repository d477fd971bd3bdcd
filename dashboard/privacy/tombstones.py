"""Tombstones: "this person was erased", by digest. They tell when an agent or a restored backup brings them back.

The store knows user_ids and a tombstone knows a digest, so every look walks through all user_ids. It sees whoever has
memories; what is left in a history file alone belongs to nobody (``ghosts.py``).
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from dashboard import audit
from dashboard.audit import Action, tenant_digest
from dashboard.models import PrivacyRequest, Tombstone
from dashboard.privacy.cached import ForAWhile
from memadmin.memory import InvalidUserId, connect
from memadmin.memory.records import parse_time

LOOKS = (timedelta(hours=1), timedelta(days=1), timedelta(days=7))
"""How long after an erasure the person is looked for again."""
BATCH = 1_000


def lay(asked: PrivacyRequest, erased_at: datetime) -> Tombstone:
    """Remember that this person was erased; after a second erasure the looks begin anew."""
    afresh = {"erased_at": erased_at, "request": asked, "looked": 0, "relearned_at": None, "reported_at": None}
    return Tombstone.objects.update_or_create(digest=asked.tenant_digest, defaults=afresh)[0]


def look(now: datetime) -> int:
    """Take the looks that are due; returns how many people were found who had not been noticed before.

    Raises:
        StoreUnavailable: no look was taken; they stay due.
    """
    due = {
        digest
        for number, delay in enumerate(LOOKS, start=1)
        for digest in _due(number, now - delay).values_list("digest", flat=True)
    }
    found = {digest for digest, _ in _present(due)}
    unnoticed = Tombstone.objects.filter(digest__in=found, relearned_at=None).update(relearned_at=now)
    for number, delay in enumerate(LOOKS, start=1):
        _due(number, now - delay).filter(digest__in=due).update(looked=number)
    return unnoticed


def cases() -> list[tuple[Tombstone, str | None]]:
    """Who was learned again and not reported yet, with the user_id; None where they are gone from the store by now."""
    unreported = Tombstone.objects.filter(relearned_at__isnull=False, reported_at=None).in_bulk()
    user_ids = dict(_present(unreported))
    return [(tombstone, user_ids.get(digest)) for digest, tombstone in unreported.items()]


def report(tombstone: Tombstone) -> None:
    """Record that the person was learned again; call it when the case is open."""
    audit.record(Action.PERSON_LEARNED_AGAIN, actor="job: tombstones", digest=tombstone.digest)
    Tombstone.objects.filter(pk=tombstone.pk, erased_at=tombstone.erased_at).update(reported_at=timezone.now())


def reapply() -> list[tuple[Tombstone, str]]:
    """Everybody in the store who was erased before, however they came back, with their user_id."""
    tombstones = Tombstone.objects.in_bulk()
    return [(tombstones[digest], user_id) for digest, user_id in _present(tombstones)]


def restored() -> list[tuple[Tombstone, str]]:
    """Those of ``reapply`` who have memories from before their erasure: these came from a backup, not from an agent."""
    return [(tombstone, user_id) for tombstone, user_id in reapply() if _predates(user_id, tombstone.erased_at)]


store_is_older_than_newest_erasure: ForAWhile[bool] = ForAWhile(lambda: bool(restored()), timedelta(minutes=10))
"""Whether a backup was restored that still holds erased people; at most ten minutes old. Raises StoreUnavailable."""


def _due(number: int, erased_before: datetime) -> QuerySet[Tombstone]:
    return Tombstone.objects.filter(looked__lt=number, erased_at__lte=erased_before)


def _present(digests: Collection[str]) -> Iterator[tuple[str, str]]:
    """Digest and user_id of those who have memories."""
    after = ""
    while digests and (user_ids := connect().user_ids(after=after, limit=BATCH)):
        for user_id in user_ids:
            if (digest := tenant_digest(user_id)) in digests:
                yield digest, user_id
        after = user_ids[-1]


def _predates(user_id: str, moment: datetime) -> bool:
    try:
        oldest = parse_time(connect().scope_for_erasure(user_id).holdings().oldest)
    except InvalidUserId:  # was never erased by this desk
        return False
    return oldest is None or oldest < moment
