"""Holds: a legal reason (Art. 17(3)) blocks erasing a tenant until it is released or expires."""

from contextlib import suppress
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from dashboard import audit
from dashboard.audit import Action
from dashboard.models import Hold, PrivacyRequest, Tenant
from dashboard.privacy import freezing, queueing
from dashboard.privacy.actors import Actor
from dashboard.privacy.codes import Exemption
from dashboard.privacy.moving import has_begun, move
from dashboard.privacy.states import NotNow, State, Verb, release_verb
from dashboard.roles import Right


class Held(PermissionDenied):
    """A hold keeps the memories as they are. The message is for staff; ``code`` is the exemption."""

    def __init__(self, hold: Hold) -> None:
        super().__init__(f"A hold keeps this person's memories as they are. Ask {hold.owner}.")
        self.code = hold.code


def active(tenant: Tenant | None) -> QuerySet[Hold]:
    """The holds that block this tenant's erasure today."""
    return standing(Hold.objects.filter(tenant=tenant))


def standing(held: QuerySet[Hold]) -> QuerySet[Hold]:
    """Of these holds, those that are in force today."""
    unexpired = Q(expires_on=None) | Q(expires_on__gte=timezone.localdate())
    return held.filter(unexpired, tenant__isnull=False, released_at=None)


def refuse_if_held(tenant: Tenant) -> None:
    """What a hold keeps may not be deleted or changed piece by piece either.

    Raises:
        Held: with whom to ask.
    """
    if hold := active(tenant).first():
        raise Held(hold)


def place(
    tenant: Tenant, by: Actor, *, code: Exemption, reason: str, owner: str, expires_on: date | None = None
) -> Hold:
    """Block this tenant's erasure; one that runs stops before its next batch.

    Args:
        expires_on: last day of the hold. Default: until somebody releases it.

    Raises:
        NotNow: it would have expired already, or no reason is given.
    """
    by.need(Right.HOLD)
    if not reason.strip() or not owner.strip():
        raise NotNow("A hold needs a reason, and somebody to ask.")
    if expires_on and expires_on < timezone.localdate():
        raise NotNow("The hold would have expired already.")
    with transaction.atomic():
        hold = Hold.objects.create(
            tenant=tenant,
            reference=tenant.reference,
            code=code.value,
            reason=reason,
            owner=owner,
            expires_on=expires_on,
            placed_label=by.label,
        )
        _record(Action.HOLD_PLACED, tenant, by, reason)
    waiting = [State.AWAITING_APPROVAL.value, State.SCHEDULED.value, State.FAILED.value]
    for asked in _open_erasures(tenant).filter(state__in=waiting):
        with suppress(NotNow):  # it moved on meanwhile: a run looks for holds by itself
            block(asked, by, note=reason)
    return hold


def block(asked: PrivacyRequest, by: Actor, *, note: str) -> PrivacyRequest:
    """Stop an erasure where it stands, because of a hold. Agents may write again unless part is erased already."""
    blocked = move(asked, Verb.BLOCK, by, note=note, blocked_from=asked.state)
    if blocked.tenant and not has_begun(blocked):
        freezing.thaw(blocked.tenant.user_id)
    return blocked


def placed_by(hold: Hold) -> Actor:
    """In whose name a hold blocks a request that comes later."""
    return Actor.holder(hold.placed_label)


def release(hold: Hold, by: Actor, *, reason: str = "") -> None:
    """End a hold; what it blocked goes on, unless another one still blocks it."""
    by.need(Right.HOLD)
    tenant = hold.tenant
    if hold.released_at or tenant is None:
        raise NotNow("This hold has ended already.")
    with transaction.atomic():
        hold.released_at, hold.released_label = timezone.now(), by.label
        hold.save()
        _record(Action.HOLD_RELEASED, tenant, by, reason)
    release_what_is_free(by, tenant)


def release_what_is_free(by: Actor, tenant: Tenant | None = None) -> int:
    """Let blocked erasures go on whose holds were released or have expired; returns how many."""
    blocked = PrivacyRequest.objects.filter(state=State.BLOCKED.value).select_related("tenant")
    free = [asked for asked in (blocked.filter(tenant=tenant) if tenant else blocked) if not active(asked.tenant)]
    for asked in free:
        verb = release_verb(approved=bool(asked.approved_digest))
        with transaction.atomic():
            moved = move(asked, verb, by, blocked_from="")
            if moved.state == State.SCHEDULED:
                queueing.queue(moved)
    return len(free)


def _open_erasures(tenant: Tenant) -> QuerySet[PrivacyRequest]:
    return PrivacyRequest.objects.filter(tenant=tenant, kind="erasure")


def _record(action: Action, tenant: Tenant, by: Actor, reason: str) -> None:
    audit.record(
        action,
        request=by.request,
        actor="" if by.request else by.label,
        kind=None if by.request else by.kind,
        tenant=tenant,
        reason=reason,
    )
