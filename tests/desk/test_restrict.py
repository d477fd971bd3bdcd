"""Restricting a memory (Art. 18): hidden from the agent, reversible, with a reason on record."""

import pytest
from django.test import Client
from django.urls import reverse

from dashboard import audit
from dashboard.models import AuditEvent
from memadmin.memory import ScopedMemory, StoreUnavailable
from tests.desk.conftest import Person


def _post(client: Client, name: str, person: Person, memory_id: str, reason: str = "accuracy contested"):
    return client.post(reverse(name, args=[person.tenant.reference, memory_id]), {"reason": reason}, follow=True)


def test_a_restricted_memory_is_marked_and_hidden_from_the_agent(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember("Lives in Porto.")
    page = _post(petra, "restrict-memory", alice, memory_id).text
    assert "does not get this memory any more" in page
    assert "restricted</span>" in page
    assert alice.scope.search("Porto") == []


def test_lifting_gives_it_back(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember("Lives in Porto.")
    _post(petra, "restrict-memory", alice, memory_id)
    assert "gets this memory again" in _post(petra, "lift-restriction", alice, memory_id).text
    assert [hit.id for hit in alice.scope.search("Porto")] == [memory_id]


def test_the_page_states_the_limits_first(petra: Client, alice: Person) -> None:
    page = petra.get(reverse("show-memory", args=[alice.tenant.reference, *alice.remember("Lives in Porto.")])).text
    assert "What it cannot do:" in page


def test_nothing_is_restricted_without_a_reason(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember("Lives in Porto.")
    assert _post(petra, "restrict-memory", alice, memory_id, reason=" ").status_code == 400
    assert not alice.scope.get(memory_id)["restricted"]


def test_it_is_ordered_and_done_on_record(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember("Lives in Porto.")
    _post(petra, "restrict-memory", alice, memory_id)
    _post(petra, "lift-restriction", alice, memory_id)
    events = AuditEvent.objects.filter(action__contains="restrict").order_by("seq")
    assert [event.action for event in events] == [
        "memory-restriction-ordered", "memory-restricted", "restriction-lift-ordered", "restriction-lifted",
    ]  # fmt: skip
    assert audit.note_of(events[0]) == "accuracy contested"


def test_a_store_that_fails_is_recorded_as_failed(
    petra: Client, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreUnavailable("down")

    (memory_id,) = alice.remember("Lives in Porto.")
    monkeypatch.setattr(ScopedMemory, "restrict", fail)
    assert _post(petra, "restrict-memory", alice, memory_id).status_code == 503
    assert AuditEvent.objects.get(action="memory-restricted").outcome == "failed"


@pytest.mark.parametrize("name", ["restrict-memory", "lift-restriction"])
def test_sam_restricts_and_lifts_nothing(sam: Client, alice: Person, name: str) -> None:
    (memory_id,) = alice.remember("Lives in Porto.")
    assert _post(sam, name, alice, memory_id).status_code == 403


@pytest.mark.parametrize("name", ["restrict-memory", "lift-restriction"])
def test_bobs_memory_is_not_found_under_alice(petra: Client, alice: Person, bob: Person, name: str) -> None:
    (memory_id,) = bob.remember("Lives in Porto.")
    assert _post(petra, name, alice, memory_id).status_code == 404
