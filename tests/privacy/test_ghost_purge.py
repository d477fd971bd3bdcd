"""Ghosts: counted now and then, purged by two people."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from dashboard.audit import Action, Outcome
from dashboard.models import AuditEvent
from dashboard.privacy import ghosts
from dashboard.privacy.actors import Actor
from memadmin.memory import StoreUnavailable, connect
from memadmin.memory.connect import Connection
from tests.desk.conftest import Person

TOMORROW = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture(autouse=True)
def _counted_anew(store: None) -> Iterator[None]:
    ghosts.count.forget()
    yield
    ghosts.count.forget()


def _leave_a_ghost(person: Person) -> None:
    """As mem0's own deletion does."""
    (memory_id,) = person.remember("I love steak.")
    connect()._store._vectors.delete(vector_id=memory_id)


@pytest.fixture
def ghost(bob: Person) -> None:
    _leave_a_ghost(bob)


def _memories() -> int:
    found = ghosts.count()
    assert found
    return found.memories


def test_a_deletion_by_mem0_leaves_a_ghost(bob: Person) -> None:
    before = _memories()
    _leave_a_ghost(bob)
    ghosts.count.forget()
    assert _memories() == before + 1


def test_they_are_counted_once_in_ten_minutes(ghost: None, monkeypatch: pytest.MonkeyPatch) -> None:
    before = ghosts.count()
    monkeypatch.setattr(Connection, "ghosts", lambda _: None)
    assert ghosts.count() == before


def test_two_people_purge_ghosts_and_nothing_else(alice: Person, ghost: None, officer: Actor) -> None:
    (kept,) = alice.remember("I am vegetarian.")
    assert ghosts.purge(TOMORROW, officer, asked_label="sam") > 0
    assert _memories() == 0
    assert alice.scope.history(kept)


def test_nobody_approves_what_they_asked_for_themselves(ghost: None, officer: Actor) -> None:
    for label in (officer.label, " "):
        with pytest.raises(PermissionDenied):
            ghosts.purge(TOMORROW, officer, asked_label=label)
    assert _memories() > 0


def test_support_purges_nothing(ghost: None, support: Actor) -> None:
    with pytest.raises(PermissionDenied):
        ghosts.purge(TOMORROW, support, asked_label="petra")


def test_a_purge_is_recorded_with_its_numbers(ghost: None, officer: Actor) -> None:
    rows = ghosts.purge(TOMORROW, officer, asked_label="sam")
    event = AuditEvent.objects.filter(action=Action.GHOSTS_PURGED.value)[0]
    assert (event.counts["rows"], event.actor_label) == (rows, officer.label)


def test_a_purge_that_breaks_off_is_recorded_as_failed(officer: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object) -> int:
        raise StoreUnavailable("down")

    monkeypatch.setattr(Connection, "purge_ghosts", down)
    with pytest.raises(StoreUnavailable):
        ghosts.purge(TOMORROW, officer, asked_label="sam")
    event = AuditEvent.objects.filter(action=Action.GHOSTS_PURGED.value)[0]
    assert event.outcome == Outcome.FAILED
