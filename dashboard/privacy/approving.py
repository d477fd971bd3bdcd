"""The decision: four eyes, over exactly what was previewed."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from dashboard import roles
from dashboard.models import PrivacyRequest
from dashboard.privacy import freezing, holds, queueing
from dashboard.privacy.actors import Actor
from dashboard.privacy.codes import Kind, refusals
from dashboard.privacy.moving import move
from dashboard.privacy.states import NotNow, State, Verb
from dashboard.roles import Right


def needs_second_person(memories: int) -> bool:
    """Whether requester and approver must be different people, by the size of the erasure."""
    least = settings.MEMADMIN_FOUR_EYES_FROM
    return bool(least) and memories >= least


def takes_somebody_else(asked: PrivacyRequest, by: Actor) -> bool:
    """Whether this actor may not decide, because they asked for it themselves."""
    if by.is_standing:
        return False
    large = needs_second_person(_memories(asked)) if asked.preview else bool(settings.MEMADMIN_FOUR_EYES_FROM)
    return large and _is_requester(asked, by)


def approve(asked: PrivacyRequest, by: Actor, *, digest: str, reference: str) -> PrivacyRequest:
    """Approve what was previewed, and hand it to the worker in the same transaction.

    Args:
        digest: of the preview that the approver saw; another one was pinned since if it differs.
        reference: the tenant's, typed by hand.

    Raises:
        NotNow: something else was pinned, a hold stands against it, or the reference is not this one.
        PermissionDenied: requester and approver are the same person, or the right is missing.
    """
    with transaction.atomic():
        current = PrivacyRequest.objects.select_for_update(of=("self",)).get(pk=asked.pk)
        _check(current, by, digest=digest, reference=reference)
        moved = move(
            current,
            Verb.APPROVE,
            by,
            counts={"memories": _memories(current), "second_person": int(_is_second_person(current, by))},
            approved_by=by.staff,
            approved_label=by.label,
            approved_role=by.role,
            approved_digest=current.pinned_digest,
            approved_at=timezone.now(),
            scheduled_for=timezone.now() + timedelta(hours=settings.MEMADMIN_COOLING_OFF_HOURS),
        )
        queueing.queue(moved)
    return moved


def refuse(asked: PrivacyRequest, by: Actor, *, code: str, reason: str) -> PrivacyRequest:
    """Refuse, with an article and the reason that the person is told (Art. 12(4)).

    Raises:
        NotNow: the code does not refuse this kind of request. PermissionDenied: one's own request, see ``approve``.
    """
    if code not in {known.value for known in refusals(Kind(asked.kind))}:
        raise NotNow("Choose the article that the refusal rests on.")
    _check_second_person(asked, by)
    return _thawed(move(asked, Verb.REFUSE, by, note=reason, decision_code=code, decision_reason=reason))


def cancel(asked: PrivacyRequest, by: Actor, *, reason: str) -> PrivacyRequest:
    """Withdraw a request before anything was erased."""
    return _thawed(move(asked, Verb.CANCEL, by, note=reason, decision_reason=reason))


def resume(asked: PrivacyRequest, by: Actor) -> PrivacyRequest:
    """Have the worker go on with an erasure that failed.

    Where the approver has lost the right to approve, whoever resumes approves in their place.

    Raises:
        NotNow, PermissionDenied: as ``approve``.
    """
    with transaction.atomic():
        moved = move(asked, Verb.RESUME, by, decision_reason="", **_approval(asked, by))
        queueing.queue(moved)
    return moved


def _thawed(ended: PrivacyRequest) -> PrivacyRequest:
    """Agents may store again what is not going to be erased: a run that failed at its beginning had frozen them."""
    if ended.tenant:
        freezing.thaw(ended.tenant.user_id)
    return ended


def _approval(asked: PrivacyRequest, by: Actor) -> dict[str, Any]:
    if asked.approved_by is None or Right.APPROVE in roles.rights_of(asked.approved_by):
        return {}
    by.need(Right.APPROVE)
    _check_second_person(asked, by)
    return {
        "approved_by": by.staff,
        "approved_label": by.label,
        "approved_role": by.role,
        "approved_at": timezone.now(),
    }


def _check(current: PrivacyRequest, by: Actor, *, digest: str, reference: str) -> None:
    if current.state != State.AWAITING_APPROVAL:
        raise NotNow(f"This request is {current.state.replace('-', ' ')}; there is nothing to approve.")
    if reference.strip().upper() != current.reference:
        raise NotNow(f"This is not {current.reference}. Nothing was approved.")
    if not current.pinned_digest or digest != current.pinned_digest:
        raise NotNow("There is a newer preview than the one that you saw. Look at it, then decide.")
    if holds.active(current.tenant).exists():
        raise NotNow("A hold stands against this erasure. It can be approved when the hold has ended.")
    _check_second_person(current, by)


def _check_second_person(asked: PrivacyRequest, by: Actor) -> None:
    if takes_somebody_else(asked, by):
        raise PermissionDenied("You asked for this yourself; somebody else has to decide on it.")


def _memories(asked: PrivacyRequest) -> int:
    return int((asked.preview or {}).get("memories", 0))


def _is_second_person(asked: PrivacyRequest, by: Actor) -> bool:
    return not (by.is_standing or _is_requester(asked, by))


def _is_requester(asked: PrivacyRequest, by: Actor) -> bool:
    return by.is_same_person(asked.requested_by, asked.requested_label)
