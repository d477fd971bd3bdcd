"""``move``: the only function that changes a request's state. It locks, checks, saves and records."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from dashboard import audit
from dashboard.audit import Action, Outcome
from dashboard.models import FINAL_STATES, ErasureRun, PrivacyRequest
from dashboard.privacy.actors import Actor
from dashboard.privacy.codes import Kind
from dashboard.privacy.states import BY_VERB, NotNow, State, Verb, after

ACTIONS = {
    Verb.OPEN: Action.REQUEST_OPENED,
    Verb.DOUBT_IDENTITY: Action.IDENTITY_DOUBTED,
    Verb.CONFIRM_IDENTITY: Action.IDENTITY_CONFIRMED,
    Verb.SUBMIT: Action.ERASURE_SUBMITTED,
    Verb.APPROVE: Action.ERASURE_APPROVED,
    Verb.RETURN: Action.ERASURE_RETURNED,
    Verb.REFUSE: Action.REQUEST_REFUSED,
    Verb.CANCEL: Action.REQUEST_CANCELLED,
    Verb.BLOCK: Action.ERASURE_BLOCKED,
    Verb.RELEASE: Action.ERASURE_RELEASED,
    Verb.RELEASE_FOR_APPROVAL: Action.ERASURE_RELEASED,
    Verb.START: Action.ERASURE_STARTED,
    Verb.VERIFY: Action.ERASURE_VERIFYING,
    Verb.COMPLETE: Action.ERASURE_COMPLETED,
    Verb.COMPLETE_WITH_RESIDUE: Action.ERASURE_COMPLETED,
    Verb.FAIL: Action.ERASURE_FAILED,
    Verb.RESUME: Action.ERASURE_RESUMED,
    Verb.FULFIL: Action.REQUEST_FULFILLED,
}
"""What the audit log calls each transition."""

_NOT_DONE = {Verb.FAIL: Outcome.FAILED, Verb.COMPLETE_WITH_RESIDUE: Outcome.FAILED, Verb.REFUSE: Outcome.REFUSED}


def move(
    asked: PrivacyRequest,
    verb: Verb,
    by: Actor,
    *,
    note: str = "",
    counts: Mapping[str, Any] | None = None,
    **changes: Any,
) -> PrivacyRequest:
    """Do one transition: in the table, with the right, on record; or nothing at all.

    Args:
        asked: the request, as the caller knows it; what counts is the row in the database, which is locked.
        note: what was typed; kept encrypted beside the audit event.
        counts: numbers for the audit event.
        changes: fields to set together with the state.

    Returns:
        the request as it is now.

    Raises:
        NotNow: the state does not allow it. PermissionDenied. AuditUnavailable: nothing was changed.
    """
    with transaction.atomic():
        current = PrivacyRequest.objects.select_for_update(of=("self",)).get(pk=asked.pk)
        target = _checked(current, verb, by, note)
        for name, value in {**changes, "state": target.value}.items():
            setattr(current, name, value)
        if target.value in FINAL_STATES:
            current.ended_at = timezone.now()
        current.save()
        record(ACTIONS[verb], current, by, note=note, counts=counts, outcome=_NOT_DONE.get(verb, Outcome.DONE))
    return current


def record(
    action: Action,
    about: PrivacyRequest,
    by: Actor,
    *,
    note: str = "",
    counts: Mapping[str, Any] | None = None,
    outcome: Outcome = Outcome.DONE,
) -> None:
    """Record an event about a request; its id is the event's purpose, so that one finds all of them."""
    audit.record(
        action,
        request=by.request,
        actor="" if by.request else by.label,
        kind=None if by.request else by.kind,
        digest=about.tenant_digest,
        outcome=outcome,
        counts=counts,
        reason=note,
        purpose=str(about.pk),
    )


def has_begun(asked: PrivacyRequest) -> bool:
    """Whether anything may have been erased already."""
    return ErasureRun.objects.filter(pk=asked.pk).exclude(step__in=["opened", "frozen"]).exists() or (
        ErasureRun.objects.filter(pk=asked.pk, batches__isnull=False).exists()
    )


def _checked(current: PrivacyRequest, verb: Verb, by: Actor, note: str) -> State:
    transition = BY_VERB[verb]
    if transition.right is None and by.is_staff:
        raise PermissionDenied(f"“{verb}” is done by the job only.")
    if transition.right is not None:
        by.need(transition.right)
    if transition.note_required and not note.strip():
        raise NotNow("Give a reason: the person may ask for it.")
    return after(State(current.state), verb, kind=Kind(current.kind), started=has_begun(current))
