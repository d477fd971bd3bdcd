"""Many erasures from one list: checked row by row, previewed each, approved as one, carried out in parallel."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone

from dashboard import access, audit, spreadsheets
from dashboard.audit import Action
from dashboard.models import FINAL_STATES, BulkErasure, Hold, PrivacyRequest, Tenant
from dashboard.privacy import approving, bulk_files, holds, opening, previewing, queueing
from dashboard.privacy.actors import Actor
from dashboard.privacy.bulk_files import Row
from dashboard.privacy.codes import Channel, Kind
from dashboard.privacy.opening import ONE_AT_A_TIME, Asked
from dashboard.privacy.states import NotNow, State
from dashboard.roles import Right

FROM_THE_LIST = "As the uploaded list says."
REPORT = ("reference", "ticket", "state", "verdict", "certificate")
APPROVED_AT_ONCE = 100
"""Requests that are approved while the approver waits."""
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Rows:
    """A list, sorted into what can be asked for and what cannot."""

    good: list[Row]
    bad: list[Row]  # each with its problem


@dataclass(frozen=True, slots=True)
class Standing:
    """How a bulk erasure stands, in numbers."""

    states: dict[State, int]  # only those that there are
    memories: int  # that the previews found
    digest: str  # over the previews that wait for approval

    @property
    def total(self) -> int:
        return sum(self.states.values())

    @property
    def waiting(self) -> int:
        """How many an approval would start; 0 while there are some without a preview."""
        return 0 if self.states.get(State.RECEIVED) else self.states.get(State.AWAITING_APPROVAL, 0)

    @property
    def ended(self) -> int:
        return sum(count for state, count in self.states.items() if state.value in FINAL_STATES)

    @property
    def moving(self) -> bool:
        """Whether the numbers change by themselves."""
        at_rest = {State.AWAITING_APPROVAL, State.BLOCKED, State.FAILED, State.IDENTITY_PENDING}
        return any(state not in at_rest and state.value not in FINAL_STATES for state in self.states)


def read(data: bytes) -> Rows:
    """Check a file; nothing is created.

    Raises:
        NotAList: the whole file is unusable. StoreUnavailable.
    """
    return check(bulk_files.parse(data, timezone.localdate()))


def check(rows: Sequence[Row]) -> Rows:
    """Look every row up: is this person known, held, or being erased already? Raises StoreUnavailable."""
    known = _known(rows)
    held, open_already = _tenants(holds.standing(Hold.objects.all())), _tenants(_open_erasures())
    checked = [_checked(row, known, held, open_already) for row in rows]
    return Rows([row for row in checked if not row.problem], [row for row in checked if row.problem])


def open_bulk(rows: Sequence[Row], by: Actor, *, ground: str, file_name: str) -> BulkErasure:
    """Open a request for each of these rows, all or none; the worker previews them.

    Raises:
        NotNow: one of them cannot be opened any more; check the list again. PermissionDenied.
    """
    by.need(Right.ERASE)
    if not rows:
        raise NotNow("There is nobody in the list who could be erased.")
    with transaction.atomic():
        bulk = BulkErasure.objects.create(file_name=file_name[:255], requested_by=by.staff, requested_label=by.label)
        _record(Action.BULK_OPENED, bulk, by, {"rows": len(rows)})
        tenants = _tenants_for(rows)
        for row in rows:
            opening.open_request(tenants[row.user_id], by, _asked(row, ground), bulk=bulk)
        queueing.queue_bulk(bulk)
    return bulk


def prepare(bulk: BulkErasure) -> int:
    """Preview and pin the requests that were not yet; returns how many. Raises StoreUnavailable: go on later."""
    by = Actor.job(f"bulk erasure of {bulk.requested_label}", Right.PROPOSE)
    fresh = list(bulk.requests.filter(state=State.RECEIVED.value).select_related("tenant"))
    for asked in fresh:
        try:
            previewing.submit(asked, by)
        except NotNow:  # somebody was quicker and cancelled it
            continue
    return len(fresh)


def approve_bulk(bulk: BulkErasure, by: Actor, *, digest: str, count: int) -> int:
    """Approve everything that waits, as one decision over exactly what was previewed; each gets a job of its own.

    The worker carries on with long lists (``approve_rest``).

    Args:
        digest: of ``standing``, as the approver saw it. count: how many requests, typed by hand.

    Returns:
        how many it is; one that a hold blocks, or that is previewed anew meanwhile, is left out.

    Raises:
        NotNow: not this many, or something else is pinned by now. PermissionDenied: one's own list.
    """
    by.need(Right.APPROVE)
    if settings.MEMADMIN_FOUR_EYES_FROM and by.is_same_person(bulk.requested_by, bulk.requested_label):
        raise PermissionDenied("You brought this list yourself; somebody else has to decide on it.")
    waiting = list(_waiting(bulk))
    _check_seen(waiting, standing(bulk).waiting, digest=digest, count=count)
    BulkErasure.objects.filter(pk=bulk.pk).update(digest=digest, approved_label=by.label)
    _record(Action.BULK_APPROVED, bulk, by, {"requests": count})
    if by.staff and count > APPROVED_AT_ONCE:
        queueing.queue_bulk_approval(bulk, by.staff, timezone.now())
        del waiting[APPROVED_AT_ONCE:]
    _approve(waiting, by)
    return count


def approve_rest(bulk: BulkErasure, by: Actor, *, decided_at: datetime) -> None:
    """Carry on with a decision: approve what waits still, and was not previewed anew since."""
    _approve(_waiting(bulk).filter(pinned_at__lt=decided_at), by)


def standing(bulk: BulkErasure) -> Standing:
    """The numbers now."""
    counted = bulk.requests.values_list("state").annotate(Count("pk")).order_by()
    found = bulk.requests.values_list("preview__memories", flat=True).order_by()
    states = {State(state): count for state, count in counted}
    memories = sum(number or 0 for number in found)
    return Standing(dict(sorted(states.items(), key=lambda item: list(State).index(item[0]))), memories, _pinned(bulk))


def report(bulk: BulkErasure) -> Iterator[str]:
    """CSV, one line a request; who it was is not in it."""
    requests = bulk.requests.select_related("run", "certificate").order_by("reference").iterator(_AT_ONCE)
    return spreadsheets.rows(REPORT, map(_reported, requests))


def _reported(asked: PrivacyRequest) -> tuple[str, ...]:
    run, certificate = getattr(asked, "run", None), getattr(asked, "certificate", None)
    verdict = run.verdict.get("outcome", "") if run else ""
    return asked.reference, asked.ticket, asked.state, verdict, str(certificate.pk) if certificate else ""


def _checked(row: Row, known: dict[str, int | None], held: set[int], open_already: set[int]) -> Row:
    if row.user_id not in known:
        return row.refused("Nobody of this user_id is known to the desk or to the store.")
    tenant = known[row.user_id]
    if tenant in held:
        return row.refused("A hold stands against erasing this person.")
    return row.refused(ONE_AT_A_TIME) if tenant in open_already else row


def _known(rows: Sequence[Row]) -> dict[str, int | None]:
    """user_id -> the directory's key; None: only the store knows this person."""
    wanted = [row.user_id for row in rows if not row.problem]
    found: dict[str, int | None] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        found |= dict(Tenant.objects.filter(user_id__in=some).values_list("user_id", "pk"))
    strangers = [user_id for user_id in wanted if user_id not in found]
    return found | {user_id: None for user_id in strangers if access.open_scope(Tenant(user_id=user_id)).count()}


def _open_erasures() -> QuerySet[PrivacyRequest]:
    return PrivacyRequest.objects.filter(kind=Kind.ERASURE.value).exclude(state__in=FINAL_STATES)


def _tenants(rows: QuerySet[Hold] | QuerySet[PrivacyRequest]) -> set[int]:
    return set(rows.filter(tenant__isnull=False).values_list("tenant", flat=True))


def _tenants_for(rows: Sequence[Row]) -> dict[str, Tenant]:
    user_ids = [row.user_id for row in rows]
    Tenant.objects.bulk_create([Tenant(user_id=user_id) for user_id in user_ids], ignore_conflicts=True)
    return Tenant.objects.in_bulk(user_ids, field_name="user_id")


def _asked(row: Row, ground: str) -> Asked:
    return Asked(
        kind=Kind.ERASURE,
        channel=Channel.CSV,
        ground=ground,
        ticket=row.ticket,
        narrative=row.note,  # is emptied by the erasure
        received_on=row.received_on,
        received_note=FROM_THE_LIST if row.received_on else "",
    )


def _waiting(bulk: BulkErasure) -> QuerySet[PrivacyRequest]:
    return bulk.requests.filter(state=State.AWAITING_APPROVAL.value).select_related("tenant")


def _pinned(bulk: BulkErasure) -> str:
    return _digest_of(_waiting(bulk).values_list("reference", "pinned_digest"))


def _digest_of(pins: Iterable[tuple[str, str]]) -> str:
    lines = sorted(f"{reference} {digest}" for reference, digest in pins)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _check_seen(waiting: Sequence[PrivacyRequest], ready: int, *, digest: str, count: int) -> None:
    if not ready:
        raise NotNow("Nothing of this list is waiting for approval.")
    if count != len(waiting):
        raise NotNow(f"It is {len(waiting):,} requests, not {count:,}. Nothing was approved.")
    if digest != _digest_of([(asked.reference, asked.pinned_digest) for asked in waiting]):
        raise NotNow("Something was previewed anew since you looked. Look at the numbers again, then decide.")


def _approve(waiting: Iterable[PrivacyRequest], by: Actor) -> None:
    for asked in waiting:
        with suppress(NotNow):  # a hold, or another preview, came between
            approving.approve(asked, by, digest=asked.pinned_digest, reference=asked.reference)


def _record(action: Action, bulk: BulkErasure, by: Actor, counts: dict[str, int]) -> None:
    actor, kind = ("", None) if by.request else (by.label, by.kind)
    audit.record(action, request=by.request, actor=actor, kind=kind, counts=counts, purpose=str(bulk.pk))
