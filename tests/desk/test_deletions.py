"""Deleting one memory, and all of a tenant."""

import pytest
from django.test import Client
from django.urls import reverse

from memadmin.memory import ScopedMemory, StoreUnavailable
from tests.desk.conftest import Person

FORM = {"reason": "17-1-b", "note": "ticket 4711"}


def _delete_all(client: Client, person: Person, **form: str):
    return client.post(reverse("delete-all-memories", args=[person.tenant.reference]), {**FORM, **form}, follow=True)


def test_petra_deletes_one_memory_and_sees_what_went(petra: Client, alice: Person) -> None:
    first, second = alice.remember("Has a cat.", "Has a dog.")
    response = petra.post(reverse("delete-memory", args=[alice.tenant.reference, first]), FORM, follow=True)
    assert response.status_code == 200
    assert [memory.id for memory in alice.scope.get_all()] == [second]
    assert {row.place.value: row.removed for row in response.context["places"]} == {
        "vectors": 1, "entities": 0, "history": 1, "messages": 0,
    }  # fmt: skip


def test_petra_deletes_all_of_alice_and_bob_keeps_everything(petra: Client, alice: Person, bob: Person) -> None:
    alice.remember("One.", "Two.")
    bob.remember("Bob's.")
    response = _delete_all(petra, alice, reference=alice.tenant.reference)
    assert response.context["event"].counts["outcome"] == "verified"
    assert alice.scope.residue().clean
    assert [memory.text for memory in bob.scope.get_all()] == ["Bob's."]


def test_nothing_is_deleted_without_the_typed_reference(petra: Client, alice: Person, bob: Person) -> None:
    alice.remember("Stays.")
    response = _delete_all(petra, alice, reference=bob.tenant.reference)
    assert response.status_code == 400
    assert alice.scope.count() == 1


def test_nothing_is_deleted_without_a_ground(petra: Client, alice: Person) -> None:
    alice.remember("Stays.")
    assert _delete_all(petra, alice, reference=alice.tenant.reference, reason="because").status_code == 400
    assert alice.scope.count() == 1


def test_deleting_what_is_already_gone_says_so(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember("Short-lived.")
    alice.scope.delete(memory_id)
    response = petra.post(reverse("delete-memory", args=[alice.tenant.reference, memory_id]), FORM)
    assert response.status_code == 404


def test_deleting_all_of_somebody_with_nothing_reports_nothing_found(petra: Client, alice: Person) -> None:
    response = _delete_all(petra, alice, reference=alice.tenant.reference)
    assert sum(response.context["event"].counts["removed"].values()) == 0


def test_a_result_of_alice_is_not_found_under_bob(petra: Client, alice: Person, bob: Person) -> None:
    event = _delete_all(petra, alice, reference=alice.tenant.reference).context["event"]
    url = reverse("show-deletion", args=[bob.tenant.reference, event.pk])
    assert petra.get(url).status_code == 404


def test_a_deletion_that_fails_on_the_way_says_that_the_result_is_not_known(
    petra: Client, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_scope: ScopedMemory) -> None:
        raise StoreUnavailable("down")

    monkeypatch.setattr(ScopedMemory, "delete_all", fail)
    event = _delete_all(petra, alice, reference=alice.tenant.reference).context["event"]
    assert (event.outcome, event.counts["outcome"]) == ("failed", "unknown")
