"""Who was erased and comes back is noticed: from an agent, or from a restored backup."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from dashboard.audit import Action, tenant_digest
from dashboard.models import AuditEvent, PrivacyRequest, Tombstone
from dashboard.privacy import tombstones
from memadmin.memory import StoreUnavailable
from memadmin.memory.connect import Connection
from tests.desk.conftest import Person

Ask = Callable[..., PrivacyRequest]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Bury = Callable[[Person, datetime], Tombstone]


@pytest.fixture(autouse=True)
def _looked_anew(store: None) -> Iterator[None]:
    tombstones.store_is_older_than_newest_erasure.forget()
    yield
    tombstones.store_is_older_than_newest_erasure.forget()


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def bury(ask: Ask) -> Bury:
    def lay(person: Person, erased_at: datetime) -> Tombstone:
        return tombstones.lay(ask(person), erased_at)

    return lay


def test_a_look_is_due_after_an_hour_a_day_and_a_week(alice: Person, bury: Bury, now: datetime) -> None:
    tombstone = bury(alice, now)
    seen = []
    for later in (HOUR / 2, HOUR, HOUR * 2, DAY, DAY * 7, DAY * 30):
        tombstones.look(now + later)
        tombstone.refresh_from_db()
        seen.append(tombstone.looked)
    assert seen == [0, 1, 1, 2, 3, 3]


def test_missed_looks_are_taken_as_one(alice: Person, bury: Bury, now: datetime) -> None:
    tombstone = bury(alice, now - DAY * 8)
    tombstones.look(now)
    tombstone.refresh_from_db()
    assert (tombstone.looked, tombstone.relearned_at) == (3, None)


def test_alice_who_is_remembered_again_is_noticed_and_bob_is_not(
    alice: Person, bob: Person, bury: Bury, now: datetime
) -> None:
    hers, his = bury(alice, now - DAY), bury(bob, now - DAY)
    alice.remember("I am vegetarian.")
    Tombstone.objects.update(relearned_at=None)  # as if an agent without our gate had written it
    assert tombstones.look(now) == 1
    hers.refresh_from_db(), his.refresh_from_db()
    assert (hers.relearned_at, his.relearned_at) == (now, None)


def test_a_look_that_fails_stays_due(alice: Person, bury: Bury, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object, **__: object) -> list[str]:
        raise StoreUnavailable("down")

    tombstone = bury(alice, now - DAY)
    monkeypatch.setattr(Connection, "user_ids", down)
    with pytest.raises(StoreUnavailable):
        tombstones.look(now)
    tombstone.refresh_from_db()
    assert tombstone.looked == 0


def test_a_case_names_whom_to_erase_again_until_it_is_reported(alice: Person, bury: Bury, now: datetime) -> None:
    tombstone = bury(alice, now - DAY)
    alice.remember("I am vegetarian.")
    tombstones.look(now)
    assert [(found.pk, user_id) for found, user_id in tombstones.cases()] == [(tombstone.pk, alice.user_id)]
    tombstones.report(tombstone)
    assert tombstones.cases() == []
    event = AuditEvent.objects.filter(action=Action.PERSON_LEARNED_AGAIN.value)[0]
    assert event.tenant_digest == tenant_digest(alice.user_id)


def test_a_case_of_somebody_who_is_gone_again_names_nobody(alice: Person, bury: Bury, now: datetime) -> None:
    tombstone = bury(alice, now)
    Tombstone.objects.update(relearned_at=now)
    assert tombstones.cases() == [(tombstone, None)]


def test_a_second_erasure_begins_the_looks_anew(alice: Person, bury: Bury, now: datetime) -> None:
    first = bury(alice, now - DAY * 8)
    Tombstone.objects.update(looked=3, relearned_at=now, reported_at=now)
    assert first.request
    again = tombstones.lay(first.request, now)
    assert (again.looked, again.relearned_at, again.reported_at, Tombstone.objects.count()) == (0, None, None, 1)


def test_everybody_who_is_back_is_erased_again_after_a_restore(
    alice: Person, bob: Person, bury: Bury, now: datetime
) -> None:
    alice.remember("I am vegetarian.")
    bob.remember("I love steak.")
    bury(alice, now + HOUR)
    assert [user_id for _, user_id in tombstones.reapply()] == [alice.user_id]


def test_memories_from_before_the_erasure_tell_of_a_restored_backup(alice: Person, bury: Bury, now: datetime) -> None:
    alice.remember("I am vegetarian.")
    bury(alice, now + HOUR)
    assert tombstones.store_is_older_than_newest_erasure()


def test_memories_from_after_the_erasure_tell_of_no_backup(alice: Person, bury: Bury, now: datetime) -> None:
    bury(alice, now - HOUR)
    alice.remember("I am vegetarian.")
    assert tombstones.restored() == []
    assert not tombstones.store_is_older_than_newest_erasure()
