"""What an erasure would remove, in numbers, pinned: what is approved is exactly what was previewed."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from dashboard import access
from dashboard.audit import Action
from dashboard.models import Pin, PrivacyRequest, Tenant
from dashboard.privacy import holds, lookalikes
from dashboard.privacy.actors import Actor
from dashboard.privacy.moving import move, record
from dashboard.privacy.states import NotNow, State, Verb
from dashboard.roles import Right
from memadmin.memory import Holdings

PREVIEWED = (State.RECEIVED, State.AWAITING_APPROVAL)
"""While a request is in one of these, it can be previewed (again)."""
SAMPLE, LONGEST_SAMPLE = 3, 200
"""Memories in a sample, and characters of each."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How two sets of memories differ."""

    added: int
    removed: int

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)


def digest_of(memory_ids: Iterable[str]) -> str:
    """SHA-256 over the sorted memory ids, one a line: what an approver approves. 64 hexadecimal characters."""
    return hashlib.sha256("\n".join(sorted(memory_ids)).encode()).hexdigest()


def difference(before: Iterable[str], now: Iterable[str]) -> Difference:
    """What came and what went between two previews."""
    first, second = set(before), set(now)
    return Difference(added=len(second - first), removed=len(first - second))


def submit(asked: PrivacyRequest, by: Actor) -> PrivacyRequest:
    """Preview, pin, and ask for approval. A hold blocks it at once.

    Raises:
        NotNow, PermissionDenied; StoreUnavailable: nothing was changed.
    """
    pinned = preview(asked, by)
    submitted = move(pinned, Verb.SUBMIT, by)
    if hold := holds.active(submitted.tenant).first():
        return holds.block(submitted, holds.placed_by(hold), note=hold.reason)
    return submitted


def preview(asked: PrivacyRequest, by: Actor) -> PrivacyRequest:
    """Look what is there now, and pin it. What was approved of an older preview is approved no longer."""
    by.need(Right.PROPOSE)
    found = access.open_scope_for_erasure(_tenant_of(asked)).holdings()
    with transaction.atomic():
        current = PrivacyRequest.objects.select_for_update(of=("self",)).get(pk=asked.pk)
        if current.state not in PREVIEWED:
            raise NotNow(f"This request is {current.state.replace('-', ' ')}; its preview stands as it was approved.")
        pin(current, found)
        record(Action.ERASURE_PREVIEWED, current, by, counts=numbers(found))
    return current


def pin(asked: PrivacyRequest, found: Holdings, **more: Any) -> None:
    """Write down what was found; the caller has locked the request."""
    asked.preview = {**summary(found, len(lookalikes.of(_tenant_of(asked)))), **more}
    asked.pinned_digest = digest_of(found.memory_ids)
    asked.pinned_at = timezone.now()
    asked.approved_digest = ""
    asked.save()
    Pin.objects.update_or_create(request=asked, defaults={"memory_ids": sorted(found.memory_ids)})


def summary(found: Holdings, lookalikes_count: int) -> dict[str, Any]:
    """What the preview says: numbers, times and agents, never texts."""
    return {
        "places": numbers(found),
        "memories": len(found.memory_ids),
        "oldest": found.oldest,
        "newest": found.newest,
        "agents": list(found.agents),
        "untold": found.untold,
        "lookalikes": lookalikes_count,
    }


def sample(asked: PrivacyRequest) -> list[str]:
    """Up to 3 memories, the newest, hinted at: enough to notice the wrong person, too little to read.

    Raises:
        NotNow: the person was erased. StoreUnavailable.
    """
    return [hinted(memory.text[:LONGEST_SAMPLE]) for memory in access.open_scope(_tenant_of(asked)).page(limit=SAMPLE)]


def hinted(text: str) -> str:
    """The text with every letter and digit after each word's first replaced."""
    return re.sub(r"(?<=\w)\w", "•", text)


def numbers(found: Holdings) -> dict[str, int]:
    """Rows per place."""
    return {place.value: count for place, count in found.counts.items()}


def _tenant_of(asked: PrivacyRequest) -> Tenant:
    if asked.tenant is None:
        raise NotNow("The person of this request was erased; the directory does not know them any more.")
    return asked.tenant
