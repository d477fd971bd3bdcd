"""A whole erasure in the foreground: what staff and the worker do one after the other, for somebody with a shell."""

import time
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import Error, OperationalError, close_old_connections

from dashboard import access, audit
from dashboard.audit import Action
from dashboard.models import FINAL_STATES, ErasureRun, PrivacyRequest, Tenant
from dashboard.privacy import approving, finishing, holds, lookalikes, opening, previewing, running
from dashboard.privacy.actors import Actor
from dashboard.privacy.codes import Kind
from dashboard.privacy.ledger import Busy
from dashboard.privacy.opening import Asked
from dashboard.privacy.running import Progress
from dashboard.privacy.states import State
from dashboard.privacy.verification import VerificationFailed
from memadmin.memory import StoreUnavailable, UserId

WAITS = tuple(timedelta(seconds=seconds) for seconds in (1, 2, 4, 8, 16))
"""Before another attempt, where the store or the database does not answer."""
_LOOK_AGAIN = timedelta(seconds=1)
_PASSING = (StoreUnavailable, VerificationFailed, OperationalError)


def foresee(user_id: str, by: Actor) -> dict[str, Any]:
    """What an erasure would remove, and what stands against it. Changes nothing; that it was asked is on record.

    Raises:
        InvalidUserId, StoreUnavailable, AuditUnavailable.
    """
    known = Tenant.objects.filter(user_id=UserId.parse(user_id)).first()
    tenant = known or Tenant(user_id=user_id)
    found = access.open_scope_for_erasure(tenant).holdings()
    alike = [other.reference for other in lookalikes.of(tenant)]
    counts = previewing.numbers(found)
    audit.record(Action.ERASURE_PREVIEWED, actor=by.label, kind=by.kind, tenant=tenant, counts=counts)
    against = [{"code": hold.code, "owner": hold.owner, "expires_on": hold.expires_on} for hold in holds.active(known)]
    return {**previewing.summary(found, len(alike)), "lookalikes": alike, "holds": against}


def unfinished(user_id: str) -> PrivacyRequest | None:
    """This person's open erasure, if there is one."""
    erasures = PrivacyRequest.objects.filter(tenant__user_id=user_id, kind=Kind.ERASURE.value)
    return erasures.exclude(state__in=FINAL_STATES).first()


def erase(
    user_id: str, wanted: Asked, *, asks: Actor, approves: Actor, progress: Progress | None = None
) -> PrivacyRequest:
    """Open, preview, approve, erase, verify and certify; an open erasure of this person is gone on with instead.

    The worker may take the same request up at any time; then this waits for it.

    Returns:
        the request: ended, or blocked by a hold, or wherever staff have to do something first.

    Raises:
        InvalidUserId; PermissionDenied: it takes a second person; nothing was opened. running.Stopped.
        StoreUnavailable, VerificationFailed, django.db.Error: after several attempts; the request is resumable.
        ImproperlyConfigured: everything was erased; there is no signing key here, so the worker certifies it.
    """
    asked = unfinished(user_id) or _opened(user_id, wanted, asks, approves)
    return carry_out(_approved(asked, asks, approves), asks, progress=progress)


def carry_out(asked: PrivacyRequest, by: Actor, *, progress: Progress | None = None) -> PrivacyRequest:
    """What the worker does with an approved request, and how it stands afterwards. Raises as ``erase``."""
    _patiently_run(asked, by, progress)
    finishing.finish(by, only=asked)
    return PrivacyRequest.objects.select_related("run", "certificate").get(pk=asked.pk)


def _opened(user_id: str, wanted: Asked, asks: Actor, approves: Actor) -> PrivacyRequest:
    memories = foresee(user_id, asks)["memories"]
    if approving.needs_second_person(memories) and approves.is_same_person(asks.staff, asks.label):
        raise PermissionDenied("An erasure of this size is approved by somebody else than who asks for it.")
    tenant, _ = Tenant.objects.get_or_create(user_id=UserId.parse(user_id))
    return opening.open_request(tenant, asks, wanted)


def _approved(asked: PrivacyRequest, asks: Actor, approves: Actor) -> PrivacyRequest:
    if asked.state == State.RECEIVED:
        asked = previewing.submit(asked, asks)
    elif asked.state == State.AWAITING_APPROVAL:
        asked = previewing.preview(asked, asks)
    if asked.state != State.AWAITING_APPROVAL:
        return asked
    return approving.approve(asked, approves, digest=asked.pinned_digest, reference=asked.reference)


def _patiently_run(asked: PrivacyRequest, by: Actor, progress: Progress | None) -> None:
    for wait in (*WAITS, None):
        try:
            _run_or_watch(asked, by, progress)
        except _PASSING as error:
            close_old_connections()
            with suppress(Error):
                running.note_trouble(asked, error)
            if wait is None:
                running.give_up(asked, by, running.in_words(error))
                raise
            time.sleep(wait.total_seconds())
        else:
            return


def _run_or_watch(asked: PrivacyRequest, by: Actor, progress: Progress | None) -> None:
    while True:
        try:
            running.run(asked, by, progress=progress)
        except Busy:  # the worker is at it; should it be killed, this goes on
            run = ErasureRun.objects.filter(pk=asked.pk).first()
            if run and progress:
                progress(run.done, run.total)
            time.sleep(_LOOK_AGAIN.total_seconds())
        else:
            return
