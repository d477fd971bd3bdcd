"""What came in between: a residue, a hold, a killed worker, a neighbour who goes too."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from dashboard.models import Certificate, ErasureRun, Freeze, Hold, PrivacyRequest
from dashboard.privacy import approving, finishing, holds, ledger, previewing, running, stalled, verification
from dashboard.privacy.actors import Actor
from dashboard.privacy.codes import Exemption
from dashboard.privacy.states import NotNow
from memadmin.memory import Finding, Place, Residue, Status, StoreUnavailable, TenantBeingErased, UserId, connect
from memadmin.memory.erasing import ErasureScope
from memadmin.memory.stores.base import Addition
from tests.desk.conftest import Person
from tests.privacy.conftest import JOB, carry_out

pytestmark = pytest.mark.django_db(transaction=True)

Approved = Callable[[Person], PrivacyRequest]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finishing, "scrub", list)


def _held(person: Person, officer: Actor) -> Hold:
    return holds.place(person.tenant, officer, code=Exemption.LEGAL_CLAIMS, reason="Court of Alice", owner="Legal")


def _with_residue(approved: Approved, person: Person, monkeypatch: pytest.MonkeyPatch) -> PrivacyRequest:
    """Somebody writes past the gate between the sweep and the verification."""
    person.remember("First.")
    asked, reached = approved(person), ledger.reached

    def then_write(run: ErasureRun, step: Any, **values: Any) -> None:
        reached(run, step, **values)
        if step == "swept":
            late = Addition(messages=[{"role": "user", "content": "Late."}])
            connect()._store.add(UserId.parse(person.user_id), late)

    with monkeypatch.context() as writing:
        writing.setattr(ledger, "reached", then_write)
        return carry_out(asked)


def test_a_residue_is_certified_as_one_and_agents_may_write_again(
    approved: Approved, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = _with_residue(approved, alice, monkeypatch)
    assert (done.state, done.run.verdict["outcome"]) == ("completed-with-residue", "residue")
    assert Certificate.objects.filter(request=done).exists()
    assert not Freeze.objects.exists()


def test_what_is_left_takes_a_request_and_an_approval_of_its_own(
    approved: Approved, alice: Person, officer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _with_residue(approved, alice, monkeypatch)
    with pytest.raises(NotNow):
        approving.resume(first, officer)
    second = carry_out(approved(alice))
    assert (second.state, second.run.total) == ("completed", 1)
    assert Certificate.objects.filter(tenant_digest=first.tenant_digest).count() == 2


def test_neighbours_are_forgotten_as_soon_as_they_were_counted(
    approved: Approved, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob.remember("Bob rows.")
    done = _with_residue(approved, alice, monkeypatch)
    assert done.run.neighbours == {}


@pytest.mark.parametrize("killed_before", ["the job began", "the run was opened"])
def test_a_worker_killed_at_the_very_beginning_is_missed(
    approved: Approved, alice: Person, monkeypatch: pytest.MonkeyPatch, killed_before: str
) -> None:
    asked = approved(alice)
    long_ago = timezone.now() - timedelta(minutes=5)
    state = "scheduled" if killed_before == "the job began" else "running"
    PrivacyRequest.objects.filter(pk=asked.pk).update(state=state, scheduled_for=long_ago)
    queued: list[PrivacyRequest] = []
    monkeypatch.setattr(stalled.queueing, "queue", queued.append)
    assert (stalled.queue_again(), queued) == (1, [asked])


def test_under_a_hold_nothing_is_deleted_piece_by_piece_either(alice: Person, petra: Any, officer: Actor) -> None:
    (memory_id,) = alice.remember("Evidence.")
    _held(alice, officer)
    answer = petra.post(
        f"/tenants/{alice.tenant.reference}/memories/{memory_id}/delete/", {"reason": "17-1-b", "note": ""}
    )
    assert (answer.status_code, alice.scope.count()) == (403, 1)
    with pytest.raises(PermissionDenied, match="Legal"):
        holds.refuse_if_held(alice.tenant)


def test_what_goes_on_after_a_hold_is_frozen_again(
    approved: Approved, alice: Person, officer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.remember("Alice is vegetarian.")
    asked = approved(alice)
    with monkeypatch.context() as down:
        down.setattr(ErasureScope, "holdings", _unavailable)
        with pytest.raises(StoreUnavailable):
            running.run(asked, JOB)
    hold = _held(alice, officer)
    with pytest.raises(running.Stopped):
        running.run(asked, JOB)
    assert not Freeze.objects.exists()
    holds.release(hold, officer)
    monkeypatch.setattr(ErasureScope, "erase", _refused_to_the_agent(alice))
    assert carry_out(asked).state == "completed"


def test_one_that_failed_before_anything_was_erased_can_be_cancelled_and_thaws(
    approved: Approved, alice: Person, officer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = approved(alice)
    monkeypatch.setattr(ErasureScope, "holdings", _unavailable)
    with pytest.raises(StoreUnavailable):
        running.run(asked, JOB)
    running.give_up(asked, JOB, "The store is down.")
    approving.cancel(asked, officer, reason="Withdrawn by the person.")
    assert not Freeze.objects.exists()


def test_what_the_desk_wrote_about_the_person_in_words_goes_with_them(
    approved: Approved, alice: Person, officer: Actor
) -> None:
    hold = _held(alice, officer)
    holds.release(hold, officer)
    done = carry_out(approved(alice))
    hold.refresh_from_db()
    assert "Alice" not in hold.reason
    assert (done.narrative, done.received_note, done.decision_reason) == ("", "", "")


def test_a_neighbour_who_is_erased_too_does_not_count_as_missing(
    approved: Approved, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.remember("Alice is vegetarian.")
    bob.remember("Bob rows.")
    first, sweep = approved(alice), ErasureScope.erase_rest
    monkeypatch.setattr(connect().__class__, "neighbours", lambda *_, **__: _all_of(bob))

    def bob_goes_first(scope: ErasureScope) -> Any:
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(ErasureScope, "erase_rest", sweep)
            running.run(approved(bob), JOB)
        return sweep(scope)

    monkeypatch.setattr(ErasureScope, "erase_rest", bob_goes_first)
    assert carry_out(first).run.verdict["neighbours"] == {"sampled": 0, "changed": 0, "note": ""}


def test_nobody_refuses_their_own_request_alone(alice: Person, officer: Actor, support: Actor) -> None:
    from dashboard.privacy import opening
    from dashboard.privacy.codes import Kind

    asked = opening.open_request(alice.tenant, officer, opening.Asked(kind=Kind.ERASURE, ground="17-1-b"))
    with pytest.raises(PermissionDenied):
        approving.refuse(asked, officer, code="12-5", reason="Too often.")
    assert previewing.submit(asked, support).state == "awaiting-approval"


def _unavailable(*_: Any) -> Any:
    raise StoreUnavailable("The memory store does not answer.")


def _all_of(person: Person) -> dict[str, frozenset[str]]:
    return {person.user_id: frozenset(memory.id for memory in person.scope.get_all())}


def _refused_to_the_agent(person: Person) -> Callable[..., Any]:
    erase = ErasureScope.erase

    def call(scope: ErasureScope, memory_ids: Any) -> Any:
        with pytest.raises(TenantBeingErased):
            person.remember("Alice moved to Linz.")
        return erase(scope, memory_ids)

    return call


def test_what_only_the_second_look_finds_is_residue() -> None:
    clean = Residue(tuple(Finding(place, Status.CLEAN) for place in (Place.VECTORS, Place.MESSAGES)))
    seen = verification.both(clean, {Place.VECTORS: 0, Place.MESSAGES: 2})
    assert verification.outcome(seen, found=0) == "residue"
    assert [(finding.place.value, finding.count) for finding in seen.findings] == [("vectors", 0), ("messages", 2)]
