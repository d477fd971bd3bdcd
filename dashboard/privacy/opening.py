"""A request comes in."""

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from dashboard import access
from dashboard.audit import tenant_digest
from dashboard.models import BulkErasure, PrivacyRequest, Tenant
from dashboard.privacy import deadlines
from dashboard.privacy.actors import Actor
from dashboard.privacy.codes import Channel, IdentityCheck, Kind
from dashboard.privacy.moving import ACTIONS, move, record
from dashboard.privacy.states import NotNow, State, Verb
from dashboard.roles import Right
from memadmin.memory import ScopedMemory

ONE_AT_A_TIME = "An erasure of this person is open already; go on with that one."


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What somebody asks for."""

    kind: Kind
    channel: Channel = Channel.STAFF
    ground: str = ""  # Art. 17(1), for an erasure
    ticket: str = ""
    narrative: str = ""
    memory_id: str = ""  # the one memory that it is about; "" for all
    received_on: date | None = None  # default: today
    received_note: str = ""  # needed where that is dated back
    identity: IdentityCheck = IdentityCheck.NONE


def open_request(tenant: Tenant, by: Actor, asked: Asked, *, bulk: BulkErasure | None = None) -> PrivacyRequest:
    """Take a request in and start its clock.

    Raises:
        NotNow: an erasure of this person is open already, or the date is not plausible. PermissionDenied.
    """
    by.need(Right.PROPOSE)
    made = _made(tenant, by, asked, bulk)
    made.due_on = deadlines.due_on(made)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
            counts = {"days_back": (timezone.localdate() - made.received_on).days}
            record(ACTIONS[Verb.OPEN], made, by, note=asked.narrative, counts=counts)
    except IntegrityError as error:
        raise NotNow(ONE_AT_A_TIME) from error
    return made


def add_words(asked: PrivacyRequest, words: str) -> None:
    """Keep what was said later beside what was said first; the caller has locked the request and records it."""
    asked.narrative = "\n\n".join(filter(None, (asked.narrative, words)))
    asked.save(update_fields=["narrative"])


def fulfil(asked: PrivacyRequest, by: Actor, *, note: str) -> PrivacyRequest:
    """Close a request of another kind than erasure, once the store shows that it was done.

    Args:
        note: what was handed over, corrected or restricted; the person reads it.

    Raises:
        NotNow: the memory that it is about is as it was. PermissionDenied; StoreUnavailable: nothing was changed.
    """
    if asked.memory_id and asked.tenant and (left := _left_to_do(asked, access.open_scope(asked.tenant))):
        raise NotNow(left)
    return move(asked, Verb.FULFIL, by, note=note, decision_reason=note)


def _left_to_do(asked: PrivacyRequest, scope: ScopedMemory) -> str:
    """What still has to be done to the one memory; "" if nothing, or if it is gone altogether."""
    memory = scope.get(asked.memory_id)
    match Kind(asked.kind):
        case Kind.REMOVAL if memory:
            return "The memory is still there. Delete it first, or refuse the request."
        case Kind.RESTRICTION if memory and not memory.restricted:
            return "The agent still uses the memory. Restrict it first, or refuse the request."
        case Kind.RECTIFICATION if memory and (memory.updated_at or asked.created_at) <= asked.created_at:
            return "The memory has its old wording. Correct it first, or refuse the request."
    return ""


def _made(tenant: Tenant, by: Actor, asked: Asked, bulk: BulkErasure | None) -> PrivacyRequest:
    checked = asked.identity is not IdentityCheck.NONE
    return PrivacyRequest(
        kind=asked.kind.value,
        state=State.RECEIVED.value,
        channel=asked.channel.value,
        tenant=tenant,
        reference=tenant.reference,
        tenant_digest=tenant_digest(tenant.user_id),
        bulk=bulk,
        ticket=asked.ticket,
        ground=asked.ground,
        narrative=asked.narrative,
        memory_id=asked.memory_id,
        profile=settings.MEMADMIN_CLOCK,
        received_on=_plausible(asked),
        received_note=asked.received_note,
        identity_method=asked.identity.value,
        identity_label=by.label if checked else "",
        identity_at=timezone.now() if checked else None,
        goes_on_after_change=settings.MEMADMIN_AFTER_CHANGE == "go-on",
        requested_by=by.staff,
        requested_label=by.label,
    )


def _plausible(asked: Asked) -> date:
    today = timezone.localdate()
    received = asked.received_on or today
    if received > today:
        raise NotNow("A request cannot have been received in the future.")
    if received < today and not asked.received_note.strip():
        raise NotNow("Say why the date of receipt lies in the past.")
    return received
