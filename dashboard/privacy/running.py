"""The act: freeze, collect, erase, sweep, verify, forget. A crash anywhere goes on from the ledger's last step."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone

from dashboard import access, audit, export_files, roles
from dashboard.models import ErasureRun, Hold, Pin, PrivacyRequest, Tenant
from dashboard.privacy import (
    forgetting,
    freezing,
    holds,
    ledger,
    neighbourhood,
    previewing,
    queueing,
    tombstones,
    verification,
)
from dashboard.privacy.actors import Actor
from dashboard.privacy.ledger import Step
from dashboard.privacy.moving import move
from dashboard.privacy.states import State, Verb
from dashboard.privacy.verification import RESIDUE, Order
from dashboard.roles import Right
from memadmin.memory import MemoryScopeError, connect

TEXTS_ASKED_BACK = 5
NEIGHBOURS = 5

Progress = Callable[[int, int], None]
"""Told memories done and memories in all."""


class Stopped(Exception):
    """The erasure does not go on by itself: a hold, a change since approval, an approver without the right."""


class _Run:
    """One attempt. What must never be written down, texts to ask back for, lives here only."""

    def __init__(self, asked: PrivacyRequest, by: Actor, progress: Progress | None) -> None:
        assert asked.tenant is not None  # noqa: S101 - runs that have forgotten the person do not come here
        self.asked, self.by, self.tenant = asked, by, asked.tenant
        self.run = ledger.opened(asked)
        self.scope = access.open_scope_for_erasure(asked.tenant)
        self.texts: list[str] | None = None
        self._progress = progress or (lambda _done, _total: None)

    def freeze(self) -> None:
        freezing.freeze(self.tenant.user_id)
        ledger.reached(self.run, Step.FROZEN)

    def collect(self) -> None:
        found = self.scope.holdings()
        self._stop_if_changed(found.memory_ids)
        found_around = connect().neighbours(self.tenant.user_id, number=2 * NEIGHBOURS)
        neighbours = {user_id: ids for user_id, ids in found_around.items() if not neighbourhood.may_go(user_id)}
        ledger.plan(
            self.run,
            found.memory_ids,
            found=previewing.numbers(found),
            found_digest=previewing.digest_of(found.memory_ids),
            untold=found.untold,
            neighbours={user_id: sorted(ids) for user_id, ids in list(neighbours.items())[:NEIGHBOURS]},
        )
        self.texts = [memory.text for memory in self.scope.page(limit=TEXTS_ASKED_BACK)]

    def erase(self) -> None:
        for batch in self.run.batches.filter(done_at=None):
            self.stop_if_not_allowed()
            removed = self.scope.erase(batch.memory_ids)
            ledger.batch_done(self.run, batch, {place.value: count for place, count in removed.items()})
            self._progress(self.run.done, self.run.total)
        ledger.reached(self.run, Step.ERASED)

    def sweep(self) -> None:
        self.stop_if_not_allowed()
        rest = self.scope.erase_rest()
        swept = {place.value: count for place, count in rest.counts.items()}
        late = sorted(set(rest.memory_ids) - set(ledger.known_ids(self.run)))
        with transaction.atomic():
            if late:  # written between collecting and sweeping, past the gate
                self.run.batches.create(number=self.run.batches.count() + 1, memory_ids=late, done_at=timezone.now())
            ledger.reached(
                self.run, Step.SWEPT, swept=swept, untold=self.run.untold + rest.untold, erased_at=timezone.now()
            )

    def verify(self) -> None:
        if self.asked.state == State.RUNNING:
            self.asked = move(self.asked, Verb.VERIFY, self.by)
        verdict = verification.ask_another_process(
            Order(
                user_id=self.tenant.user_id,
                memory_ids=ledger.known_ids(self.run),
                texts=self.texts,
                neighbours=self.run.neighbours,
            )
        )
        ledger.reached(self.run, Step.VERIFIED, verdict=_doubted(verdict, self.run.untold), neighbours={})

    def forget(self) -> None:
        """The desk's own knowledge of the person goes too, unless something is left to be erased; copies always do."""
        export_files.forget(self.asked.tenant_digest)
        if self.run.verdict["outcome"] == RESIDUE:
            freezing.thaw(self.tenant.user_id)
            ledger.reached(self.run, Step.FORGOTTEN)
            return
        audit.erase_notes(self.tenant.user_id, actor=self.by.label)
        with transaction.atomic():
            _forget(self.asked, self.run, self.tenant)

    def stop_if_not_allowed(self) -> None:
        """Holds and roles are looked at before the start and between batches."""
        if hold := holds.active(self.tenant).first():
            self._block(hold)
        if (approver := self.asked.approved_by) and Right.APPROVE not in roles.rights_of(approver):
            move(self.asked, Verb.FAIL, self.by, note="The approver has lost the right to approve.")
            raise Stopped("The approver has lost the right to approve. Somebody else has to approve it again.")

    def _block(self, hold: Hold) -> None:
        holds.block(self.asked, holds.placed_by(hold), note=hold.reason)
        raise Stopped("A hold was placed; the erasure goes on when it is released.")

    def _stop_if_changed(self, memory_ids: tuple[str, ...]) -> None:
        if previewing.digest_of(memory_ids) == self.asked.approved_digest:
            return
        if self.asked.goes_on_after_change:
            return
        pinned = Pin.objects.filter(pk=self.asked.pk).values_list("memory_ids", flat=True).first() or []
        changed = previewing.difference(pinned, memory_ids)
        freezing.thaw(self.tenant.user_id)
        counts = {"added": changed.added, "removed": changed.removed}
        with transaction.atomic():
            returned = move(self.asked, Verb.RETURN, self.by, counts=counts)
            previewing.pin(returned, self.scope.holdings(), since_approval=counts)
            self.run.delete()
        raise Stopped(
            f"The agent has written since the approval: {changed.added} memories came, {changed.removed} went. "
            "Look at the new preview and approve it again."
        )


_STEPS: dict[Step, Callable[[_Run], None]] = {
    Step.OPENED: _Run.freeze,
    Step.FROZEN: _Run.collect,
    Step.COLLECTED: _Run.erase,
    Step.ERASED: _Run.sweep,
    Step.SWEPT: _Run.verify,
    Step.VERIFIED: _Run.forget,
}
"""What comes after each step; from ``forgotten`` on, ``finishing`` goes on."""


_BEFORE_THE_END = {Step.OPENED, Step.FROZEN, Step.COLLECTED, Step.ERASED, Step.SWEPT}
"""Until the verification, nothing may be written of the person."""


def run(asked: PrivacyRequest, by: Actor, *, progress: Progress | None = None) -> PrivacyRequest:
    """Erase, from wherever it stands, up to the desk's own forgetting; then ``finishing.finish`` certifies.

    Raises:
        Busy: another worker is at it. Stopped: see there; the state says why.
        MemoryScopeError, VerificationFailed, django.db.Error: try again later; nothing done is lost.
    """
    with ledger.alone(asked):
        current = PrivacyRequest.objects.select_related("tenant", "approved_by").get(pk=asked.pk)
        if current.state in {State.SCHEDULED, State.FAILED}:
            current = _started(current, by)
        if current.state not in {State.RUNNING, State.VERIFYING} or current.tenant is None:
            return current
        attempt = _Run(current, by, progress)
        if attempt.run.step in _BEFORE_THE_END:
            freezing.freeze(attempt.tenant.user_id)  # also where a hold had let agents write in between
        if attempt.run.step in _BEFORE_THE_END - {Step.SWEPT}:
            attempt.stop_if_not_allowed()
        while step := _STEPS.get(Step(attempt.run.step)):
            step(attempt)
        queueing.queue_finishing()
        return attempt.asked


def note_trouble(asked: PrivacyRequest, error: Exception) -> None:
    """Tell staff why it does not go on at the moment."""
    ErasureRun.objects.filter(pk=asked.pk).update(trouble=in_words(error))


def in_words(error: Exception) -> str:
    """What staff may read of an error; those of libraries can quote texts and are named only."""
    ours = isinstance(error, MemoryScopeError | verification.VerificationFailed | audit.AuditUnavailable)
    return str(error)[:255] if ours else f"{type(error).__name__}; the worker's log has the details."


def give_up(asked: PrivacyRequest, by: Actor, reason: str) -> None:
    """After the last attempt: failed, resumable. The person stays frozen, for half of them may be gone."""
    current = PrivacyRequest.objects.get(pk=asked.pk)
    if current.state in {State.RUNNING, State.VERIFYING}:
        move(current, Verb.FAIL, by, note=reason, decision_reason=reason)


def _started(asked: PrivacyRequest, by: Actor) -> PrivacyRequest:
    if asked.scheduled_for and asked.scheduled_for > timezone.now():
        raise Stopped("The cooling-off is not over.")
    return move(asked, Verb.START, by)


def _doubted(verdict: dict[str, Any], untold: int) -> dict[str, Any]:
    """Where the history file knew nothing of some memories, what it does not show is not clean."""
    if not untold:
        return verdict
    return verification.doubting_history(verdict, untold)


def _forget(asked: PrivacyRequest, run: ErasureRun, tenant: Tenant) -> None:
    tombstones.lay(asked, run.erased_at or timezone.now())
    Pin.objects.filter(request__tenant=tenant).delete()
    forgetting.blank(tenant, asked.tenant_digest)
    run.batches.update(memory_ids=[])
    freezing.thaw(tenant.user_id)
    tenant.delete()
    asked.tenant = None
    ledger.reached(run, Step.FORGOTTEN)
