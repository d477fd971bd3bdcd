"""What the worker does by itself: drills, and cases where an agent learned somebody again."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from dashboard import tasks
from dashboard.audit import tenant_digest
from dashboard.models import AuditEvent, Drill, PrivacyRequest, Tombstone
from dashboard.privacy import drill, relearning
from tests.desk.conftest import Person

pytestmark = pytest.mark.django_db


def _erased(person: Person, **fields: Any) -> Tombstone:
    return Tombstone.objects.create(digest=tenant_digest(person.user_id), erased_at=timezone.now(), **fields)


def test_somebody_who_was_learned_again_becomes_a_case_once(alice: Person, bob: Person) -> None:
    alice.remember("Alice is vegetarian.")
    bob.remember("Bob rows.")
    _erased(alice, relearned_at=timezone.now())
    assert tasks.look_for_erased_people(timestamp=0) == 1
    assert tasks.look_for_erased_people(timestamp=0) == 0
    asked = PrivacyRequest.objects.get()
    assert asked.tenant == alice.tenant
    assert (asked.state, asked.channel, asked.requested_label) == ("received", "api", "job: tombstones")
    assert asked.narrative == "The agent learned this person again."
    assert AuditEvent.objects.filter(action="person-learned-again").count() == 1


def test_an_erasure_that_is_open_already_is_case_enough(alice: Person, ask: Any) -> None:
    alice.remember("Alice is vegetarian.")
    ask(alice)
    tombstone = _erased(alice, relearned_at=timezone.now())
    assert relearning.look() == 0
    tombstone.refresh_from_db()
    assert tombstone.reported_at
    assert PrivacyRequest.objects.count() == 1


def test_whoever_is_gone_again_is_reported_without_a_case(alice: Person) -> None:
    _erased(alice, relearned_at=timezone.now())
    assert relearning.look() == 0
    assert AuditEvent.objects.filter(action="person-learned-again").exists()


@pytest.mark.parametrize("drills", [1, 0])
def test_the_drill_can_be_switched_off(settings: Any, monkeypatch: pytest.MonkeyPatch, drills: int) -> None:
    settings.MEMADMIN_DRILL = bool(drills)
    monkeypatch.setattr(drill, "rehearse", lambda: Drill.objects.create(outcome="clean"))
    tasks.rehearse_erasure(timestamp=0)
    assert Drill.objects.count() == drills


def test_expired_sessions_of_staff_are_forgotten() -> None:
    for name, days in (("expired", -1), ("current", 1)):
        expires = timezone.now() + timedelta(days=days)
        Session.objects.create(session_key=name, session_data="", expire_date=expires)
    tasks.clear_sessions(0)
    assert [session.session_key for session in Session.objects.all()] == ["current"]
