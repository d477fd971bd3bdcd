"""Faults that an erasure survives. Batches are of two memories here; verification runs in this process, unscrubbed."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from dashboard.models import ErasureBatch, PrivacyRequest
from dashboard.privacy import finishing, holds, ledger, running
from dashboard.privacy.actors import Actor
from dashboard.privacy.codes import Exemption
from dashboard.privacy.ledger import Busy
from dashboard.privacy.running import Stopped
from memadmin.memory import StoreUnavailable, TenantBeingErased, connect
from memadmin.memory.erasing import ErasureScope
from tests.desk.conftest import Person
from tests.privacy.conftest import JOB, carry_out
from tests.privacy.crashing import killed

pytestmark = pytest.mark.django_db(transaction=True)

Approved = Callable[[Person], PrivacyRequest]


@pytest.fixture(autouse=True)
def _small_and_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "BATCH", 2)
    monkeypatch.setattr(finishing, "scrub", list)


def test_killed_anywhere_it_goes_on_and_ends_the_same(approved: Approved, alice: Person, bob: Person) -> None:
    kept = bob.remember("Bob rows.", "Bob has a cat.")
    point = 1
    while True:
        alice.remember(*(f"Alice fact {number}" for number in range(5)))
        asked = approved(alice)
        survived = not killed(asked, at=point)
        done = carry_out(asked)
        assert (point, done.state, done.run.verdict["outcome"]) == (point, "completed", "clean")
        assert (point, done.run.total, done.run.done, done.certificate.tenant_digest) == (
            point,
            5,
            5,
            done.tenant_digest,
        )
        assert connect().scope(alice.user_id).residue().clean
        assert sorted(memory.id for memory in bob.scope.get_all()) == sorted(kept)
        if survived:
            break
        point += 1
    assert point > 30  # each step and each batch boundary was one


def test_what_a_batch_removed_is_written_once(approved: Approved, alice: Person) -> None:
    alice.remember(*(f"Alice fact {number}" for number in range(5)))
    asked = approved(alice)
    assert killed(asked, at=20)
    before = dict(ErasureBatch.objects.exclude(done_at=None).values_list("number", "done_at"))
    done = carry_out(asked)
    after = dict(done.run.batches.values_list("number", "done_at"))
    assert before
    assert before.items() <= after.items()


def test_a_store_that_is_down_for_a_while_is_waited_for(
    approved: Approved, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.remember("Alice is vegetarian.")
    asked = approved(alice)
    with monkeypatch.context() as down:
        down.setattr(ErasureScope, "erase", _unavailable)
        with pytest.raises(StoreUnavailable):
            running.run(asked, JOB)
    assert carry_out(asked).state == "completed"


def test_a_database_that_restarts_in_mid_run_loses_nothing(
    approved: Approved, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.remember(*(f"Alice fact {number}" for number in range(5)))
    asked = approved(alice)
    with monkeypatch.context() as restarting:
        restarting.setattr(ledger, "batch_done", _cut_the_connection)
        with pytest.raises(Exception, match=r"terminat|closed"):
            running.run(asked, JOB)
    assert carry_out(asked).state == "completed"


def test_of_two_workers_one_erases(approved: Approved, alice: Person) -> None:
    alice.remember("Alice is vegetarian.")
    asked = approved(alice)
    answers: list[str] = []
    with ledger.alone(asked):
        thread = threading.Thread(target=lambda: answers.append(_answer(asked)))
        thread.start()
        thread.join()
    assert answers == ["busy"]


def test_a_hold_placed_in_mid_run_stops_it_and_release_goes_on(
    approved: Approved, alice: Person, officer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.remember(*(f"Alice fact {number}" for number in range(5)))
    asked = approved(alice)
    with monkeypatch.context() as placing:
        placing.setattr(ledger, "batch_done", _then_hold(alice, officer))
        with pytest.raises(Stopped):
            running.run(asked, JOB)
    asked.refresh_from_db()
    assert (asked.state, alice.scope.count()) == ("blocked", 3)
    holds.release(holds.active(alice.tenant).get(), officer)
    assert carry_out(asked).state == "completed"


def test_an_agent_that_writes_all_the_while_is_refused(
    approved: Approved, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.remember("Alice is vegetarian.")
    asked, refused = approved(alice), []
    original = ErasureScope.erase

    def erase_while_the_agent_writes(scope: ErasureScope, memory_ids: Any) -> Any:
        with pytest.raises(TenantBeingErased):
            alice.remember("Alice moved to Linz.")
        refused.append(True)
        return original(scope, memory_ids)

    monkeypatch.setattr(ErasureScope, "erase", erase_while_the_agent_writes)
    assert carry_out(asked).state == "completed"
    assert refused


def test_what_an_agent_wrote_past_the_gate_is_swept_and_verified(
    approved: Approved, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.remember("Alice is vegetarian.")
    asked = approved(alice)
    original = ledger.batch_done

    def then_write(*args: Any) -> None:
        original(*args)
        connect()._store.add(*_addition(alice, "Alice moved to Linz."))

    monkeypatch.setattr(ledger, "batch_done", then_write)
    done = carry_out(asked)
    assert (done.state, done.run.batches.count()) == ("completed", 2)
    assert alice.scope.residue().clean


def test_an_agent_that_wrote_since_the_approval_stops_it_and_shows_the_difference(
    approved: Approved, alice: Person
) -> None:
    alice.remember("Alice is vegetarian.")
    asked = approved(alice)
    alice.remember("Alice moved to Linz.")
    with pytest.raises(Stopped, match="1 memories came, 0 went"):
        running.run(asked, JOB)
    asked.refresh_from_db()
    assert (asked.state, asked.preview["since_approval"]) == ("awaiting-approval", {"added": 1, "removed": 0})
    assert alice.scope.count() == 2


def _unavailable(*_: Any) -> Any:
    raise StoreUnavailable("The memory store does not answer.")


def _cut_the_connection(*_: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def _answer(asked: PrivacyRequest) -> str:
    try:
        running.run(asked, JOB)
    except Busy:
        return "busy"
    finally:
        connection.close()
    return "erased"


def _then_hold(person: Person, officer: Actor) -> Callable[..., None]:
    original = ledger.batch_done

    def batch_done(*args: Any) -> None:
        original(*args)
        holds.place(person.tenant, officer, code=Exemption.LEGAL_CLAIMS, reason="Court case", owner="Legal")

    return batch_done


def _addition(person: Person, text: str) -> tuple[Any, Any]:
    from memadmin.memory import UserId
    from memadmin.memory.stores.base import Addition

    return UserId.parse(person.user_id), Addition(messages=[{"role": "user", "content": text}])
