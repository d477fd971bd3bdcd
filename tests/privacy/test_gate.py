"""The gate before every write, as agents on other machines meet it: through ScopedMemory, without Django."""

import pytest
from django.utils import timezone

from dashboard.audit import tenant_digest
from dashboard.models import Tombstone
from dashboard.privacy import freezing
from memadmin.memory import ScopedMemory, StoreUnavailable, TenantBeingErased, UserId, connect
from memadmin.memory.gate import DeskGate
from tests.desk.conftest import Person

pytestmark = pytest.mark.django_db(transaction=True)


def test_nothing_is_stored_or_changed_of_a_frozen_tenant(alice: Person) -> None:
    (memory_id,) = alice.remember("Alice is vegetarian.")
    freezing.freeze(alice.user_id)
    with pytest.raises(TenantBeingErased):
        ScopedMemory(alice.user_id).add("Alice moved to Linz.")
    with pytest.raises(TenantBeingErased):
        ScopedMemory(alice.user_id).update(memory_id, "Alice eats everything.")
    assert [memory.text for memory in alice.scope.get_all()] == ["Alice is vegetarian."]


def test_others_write_on_and_so_does_the_tenant_afterwards(alice: Person, bob: Person) -> None:
    freezing.freeze(alice.user_id)
    bob.remember("Bob rows.")
    freezing.thaw(alice.user_id)
    alice.remember("Alice is vegetarian.")
    assert (alice.scope.count(), bob.scope.count()) == (1, 1)


def test_a_person_learned_again_is_noted_at_once(
    alice: Person, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEMADMIN_AUDIT_KEY", settings.MEMADMIN_AUDIT_KEY)  # type: ignore[attr-defined]
    tombstone = Tombstone.objects.create(digest=tenant_digest(alice.user_id), erased_at=timezone.now())
    alice.remember("Alice is back.")
    tombstone.refresh_from_db()
    assert tombstone.relearned_at is not None


def test_where_nobody_can_tell_nothing_is_stored(alice: Person) -> None:
    gate = DeskGate(lambda: "postgresql://127.0.0.1:1/nothing", lambda: "")
    scope = ScopedMemory(alice.user_id, store=connect()._store, gate=gate)
    with pytest.raises(StoreUnavailable, match="Nothing was stored"):
        scope.add("Alice is vegetarian.")
    gate.close()
    assert alice.scope.count() == 0


def test_a_database_without_a_desk_stops_nobody(alice: Person) -> None:
    gate = DeskGate(lambda: connect().environment()["DATABASE_URL"].rpartition("/")[0] + "/postgres", lambda: "")
    with gate.writing(UserId.parse(alice.user_id)):
        alice.remember("Alice is vegetarian.")
    gate.close()
