"""Deleting one memory. Everything of a person goes by a privacy request: ``tests/privacy``."""

import pytest
from django.test import Client
from django.urls import reverse

from dashboard import audit
from dashboard.audit import Action
from dashboard.models import AuditEvent
from memadmin.memory import ScopedMemory, StoreUnavailable
from tests.desk.conftest import Person

FORM = {"reason": "17-1-b", "note": "ticket 4711"}


def _delete(client: Client, person: Person, memory_id: str, **form: str):
    url = reverse("delete-memory", args=[person.tenant.reference, memory_id])
    return client.post(url, {**FORM, **form}, follow=True)


def test_petra_deletes_one_memory_and_sees_what_went(petra: Client, alice: Person) -> None:
    first, second = alice.remember("Has a cat.", "Has a dog.")
    response = _delete(petra, alice, first)
    assert response.status_code == 200
    assert [memory.id for memory in alice.scope.get_all()] == [second]
    assert {row.place.value: row.removed for row in response.context["places"]} == {
        "vectors": 1, "entities": 0, "history": 1, "messages": 0,
    }  # fmt: skip


def test_nothing_is_deleted_without_a_ground(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember("Stays.")
    assert _delete(petra, alice, memory_id, reason="because").status_code == 400
    assert alice.scope.count() == 1


def test_deleting_what_is_already_gone_says_so(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember("Short-lived.")
    alice.scope.delete(memory_id)
    response = _delete(petra, alice, memory_id)
    assert response.status_code == 404
    assert "It was not there any more" in response.text
    assert reverse("browse-memories", args=[alice.tenant.reference]) in response.text


def test_the_page_of_a_deletion_says_in_numbers_what_goes(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember("Has a cat.")
    alice.scope.update(memory_id, "Has two cats.")
    page = petra.get(reverse("delete-memory", args=[alice.tenant.reference, memory_id])).text
    assert "1 memory, 2 entries of its history" in page


def test_a_result_of_alice_is_not_found_under_bob(petra: Client, alice: Person, bob: Person) -> None:
    event = _delete(petra, alice, *alice.remember("Gone.")).context["event"]
    url = reverse("show-deletion", args=[bob.tenant.reference, event.pk])
    assert petra.get(url).status_code == 404


def test_a_complete_deletion_of_former_days_can_still_be_looked_at(petra: Client, alice: Person) -> None:
    counts = {"outcome": "verified", "removed": {"vectors": 0}, "residue": {"places": []}, "ground": "17-1-b"}
    event = audit.record(Action.ALL_DELETED, actor="petra", tenant=alice.tenant, counts=counts)
    response = petra.get(reverse("show-deletion", args=[alice.tenant.reference, event.pk]))
    assert "There was nothing to delete" in response.text


def test_a_deletion_that_fails_on_the_way_says_that_the_result_is_not_known(
    petra: Client, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_scope: ScopedMemory, _memory_id: str) -> None:
        raise StoreUnavailable("down")

    (memory_id,) = alice.remember("Maybe gone.")
    monkeypatch.setattr(ScopedMemory, "delete", fail)
    event = _delete(petra, alice, memory_id).context["event"]
    assert (event.outcome, event.counts["outcome"]) == ("failed", "unknown")


def test_what_is_ordered_is_recorded_before_it_is_done(petra: Client, alice: Person) -> None:
    event = _delete(petra, alice, *alice.remember("Gone.")).context["event"]
    before = AuditEvent.objects.get(seq=event.seq - 1)
    assert (before.action, before.tenant_digest) == (Action.MEMORY_DELETION_ORDERED, event.tenant_digest)
