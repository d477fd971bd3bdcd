"""Other people's memories that name the person: listed for staff, who keep, redact or delete each of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from dashboard import audit
from dashboard.audit import Action, Outcome
from dashboard.models import Mention, PrivacyRequest, Tenant
from dashboard.privacy import holds
from dashboard.privacy.actors import Actor
from dashboard.privacy.moving import record
from dashboard.privacy.states import NotNow
from dashboard.roles import Right
from memadmin.memory import InvalidUserId, MemoryScopeError, ScopedMemory, UserId, connect
from memadmin.memory.wording import Wording

REMOVED = "[removed]"
MOST_FOUND = 500
"""Memories that one search lists."""
MOST_TERMS, SHORTEST, LONGEST = 20, 2, 255
"""Terms in one search, and characters of one: a single letter is in every memory."""
SHORTEST_USER_ID = 4
"""Characters from which on a user_id says whom it means."""


class Decision(StrEnum):
    """What becomes of a memory that mentions the person."""

    KEEP = "keep"
    REDACT = "redact"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Found:
    """What a search for mentions brought."""

    count: int  # memories that mention the person, those found before included
    complete: bool  # False: the store cannot search across tenants, or there are more than are listed


@dataclass(frozen=True, slots=True)
class Settled:
    """What carrying out a decision came to."""

    done: bool
    old_wordings: int = 0  # entries in the memory's history that still have the terms; the hosted platform keeps them


def find(asked: PrivacyRequest, terms: Iterable[str], by: Actor) -> Found:
    """List other tenants' memories that mention the person, by whole words in any case.

    Args:
        terms: names and e-mail addresses as staff typed them; kept nowhere. The user_id is looked for too.

    Raises:
        NotNow: the person was erased already, or the terms cannot be looked for. PermissionDenied.
        StoreUnavailable: the store does not answer, or took longer than 10 seconds.
    """
    by.need(Right.ERASE)
    tenant = _tenant_of(asked)
    pairs = connect().mentions(_terms(tenant, terms), excluding=tenant.user_id, limit=MOST_FOUND + 1)
    listed = [(user_id, memory_id) for user_id, memory_id in (pairs or [])[:MOST_FOUND] if _names_one(user_id)]
    record(Action.MENTIONS_SEARCHED, asked, by, counts={"memories": len(listed), "searchable": int(pairs is not None)})
    _take_in(asked, listed)
    return Found(asked.mentions.count(), complete=pairs is not None and len(listed) == len(pairs))


def decide(mention: Mention, decision: Decision, by: Actor, *, terms: Sequence[str] = ()) -> Settled:
    """Keep, redact or delete somebody else's memory; recorded with that tenant, before and after.

    Args:
        terms: what to redact, typed again: the desk kept none.

    Raises:
        NotNow: it was decided already, or none of the terms stands in the memory. PermissionDenied.
        StoreUnavailable, StoreError, TenantBeingErased: nothing is decided; try again.
    """
    by.need(Right.ERASE)
    try:
        with transaction.atomic():
            return _decide(_locked(mention), decision, by, terms)
    except MemoryScopeError:
        _record(Action.MENTION_SETTLED, mention, by, {decision.value: 1}, Outcome.FAILED)
        raise


def _locked(mention: Mention) -> Mention:
    mention = Mention.objects.select_for_update(of=("self",)).select_related("tenant", "request").get(pk=mention.pk)
    if mention.decision:
        raise NotNow(f"This was decided already: {mention.decision}.")
    return mention


def _decide(mention: Mention, decision: Decision, by: Actor, terms: Sequence[str]) -> Settled:
    act = _act(decision, mention, terms)
    _record(Action.MENTION_DECIDED, mention, by, {decision.value: 1})
    settled = act()
    counts = {decision.value: 1, "old_wordings": settled.old_wordings}
    _record(Action.MENTION_SETTLED, mention, by, counts, Outcome.DONE if settled.done else Outcome.FAILED)
    if settled.done:
        mention.decision, mention.decided_label = decision.value, by.label
        mention.save()
    return settled


def _act(decision: Decision, mention: Mention, terms: Sequence[str]) -> Callable[[], Settled]:
    """What is to be done; whatever speaks against it is raised before anything is."""
    if decision is Decision.KEEP:
        return lambda: Settled(done=True)
    holds.refuse_if_held(mention.tenant)
    scope = connect().scope(mention.tenant.user_id)
    if decision is Decision.DELETE:
        return lambda: _delete(scope, mention.memory_id)
    return _redaction(scope, mention.memory_id, Wording(_terms(mention.request.tenant, terms)))


def _redaction(scope: ScopedMemory, memory_id: str, wording: Wording) -> Callable[[], Settled]:
    memory = scope.get(memory_id)
    if memory is None:
        return lambda: Settled(done=True)  # gone meanwhile, and the mention with it
    if not wording.is_in(memory.text):
        raise NotNow("None of these words stands in the memory. Type the names as they are written there.")
    text = wording.replace(memory.text, REMOVED)

    def redact() -> Settled:
        scope.rectify(memory_id, text)
        changes = scope.history(memory_id) or []
        left = sum(wording.is_in(f"{change.old_text or ''}\n{change.new_text or ''}") for change in changes)
        return Settled(done=True, old_wordings=left)

    return redact


def _delete(scope: ScopedMemory, memory_id: str) -> Settled:
    deletion = scope.delete(memory_id)
    return Settled(done=deletion is None or deletion.queued or not deletion.residue.found)


def _record(
    action: Action, mention: Mention, by: Actor, counts: dict[str, int], outcome: Outcome = Outcome.DONE
) -> None:
    audit.record(
        action,
        request=by.request,
        actor="" if by.request else by.label,
        kind=None if by.request else by.kind,
        tenant=mention.tenant,
        outcome=outcome,
        counts=counts,
        purpose=str(mention.request_id),
    )


def _terms(tenant: Tenant | None, typed: Iterable[str]) -> list[str]:
    terms = [term for term in dict.fromkeys(term.strip() for term in typed) if term]
    if len(terms) > MOST_TERMS or any(not SHORTEST <= len(term) <= LONGEST for term in terms):
        raise NotNow(f"Give at most {MOST_TERMS} names or addresses, each of {SHORTEST} to {LONGEST} characters.")
    if tenant and len(tenant.user_id) >= SHORTEST_USER_ID:
        terms.append(tenant.user_id)
    if not terms and tenant:
        raise NotNow("This person's user_id is too short to look for. Type a name or an e-mail address.")
    return terms


def _tenant_of(asked: PrivacyRequest) -> Tenant:
    if asked.tenant is None:
        raise NotNow("The person of this request was erased; the directory does not know them any more.")
    return asked.tenant


def _names_one(user_id: str) -> bool:
    try:
        return UserId.parse(user_id) == user_id
    except InvalidUserId:
        return False


def _take_in(asked: PrivacyRequest, pairs: list[tuple[str, str]]) -> None:
    user_ids = {user_id for user_id, _ in pairs}
    Tenant.objects.bulk_create([Tenant(user_id=user_id) for user_id in sorted(user_ids)], ignore_conflicts=True)
    tenants = {tenant.user_id: tenant for tenant in Tenant.objects.filter(user_id__in=user_ids)}
    Mention.objects.bulk_create(
        [Mention(request=asked, tenant=tenants[user_id], memory_id=memory_id) for user_id, memory_id in pairs],
        ignore_conflicts=True,
    )
