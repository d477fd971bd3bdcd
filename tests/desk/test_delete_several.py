"""Deleting several memories at once: shown first, each on record, the sums place by place."""

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from dashboard import audit, erasure
from dashboard.erasure import summed
from dashboard.models import AuditEvent, Hold
from tests.desk.conftest import Person

CLEAN = {"place": "vectors", "status": "clean", "count": 0, "note": ""}
LEFT = {"place": "vectors", "status": "residue", "count": 2, "note": ""}


def _check(client: Client, person: Person, *memory_ids: str):
    return client.post(reverse("check-deletion", args=[person.tenant.reference]), {"ids": memory_ids}, follow=True)


def _delete(client: Client, person: Person, *memory_ids: str, reason: str = "17-1-b"):
    url = reverse("delete-memories", args=[person.tenant.reference])
    return client.post(url, {"ids": memory_ids, "reason": reason}, follow=True)


def test_what_goes_is_shown_first_and_veiled(petra: Client, alice: Person) -> None:
    first, second = alice.remember("Has a cat.", "Mails maria@example.com.")
    page = _check(petra, alice, first, second).text
    assert "2 memories to delete" in page
    assert "Has a cat." in page
    assert "maria@example.com" not in page
    assert alice.scope.count() == 2


def test_the_page_that_shows_what_goes_is_loaded_again_as_it_was(petra: Client, alice: Person, bob: Person) -> None:
    address = _check(petra, alice, *alice.remember("Has a cat.")).redirect_chain[-1][0]
    assert "1 memory to delete" in petra.get(address).text
    of_bob = address.replace(alice.tenant.reference, bob.tenant.reference)
    assert "No memory was chosen" in petra.get(of_bob, follow=True).text


def test_what_was_chosen_is_kept_until_it_is_deleted(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember("Has a cat.")
    for _ in range(5):
        _check(petra, alice, memory_id)
    assert len(petra.session["chosen"]) == 3
    _delete(petra, alice, memory_id)
    assert petra.session["chosen"] == {}


def test_what_a_search_finds_can_be_ticked_by_who_may_delete_it(petra: Client, sam: Client, alice: Person) -> None:
    (memory_id,) = alice.remember("Has a cat.")
    search, check = (reverse(name, args=[alice.tenant.reference]) for name in ("search-memories", "check-deletion"))
    hers, his = (client.post(search, {"query": "cat"}, follow=True).text for client in (petra, sam))
    assert f'name="ids" value="{memory_id}" form="chosen"' in hers
    assert f'<form id="chosen" class="under" method="post" action="{check}"' in hers
    assert 'form="chosen"' not in his


def test_petra_deletes_two_and_the_third_stays(petra: Client, alice: Person) -> None:
    first, second, third = alice.remember("Has a cat.", "Has a dog.", "Has a fish.")
    response = _delete(petra, alice, first, second)
    assert "Deleted and verified" in response.text
    assert [memory.id for memory in alice.scope.get_all()] == [third]
    assert {row.place.value: row.removed for row in response.context["places"]}["vectors"] == 2


def test_each_deletion_is_on_record(petra: Client, alice: Person) -> None:
    _delete(petra, alice, *alice.remember("Has a cat.", "Has a dog."))
    actions = AuditEvent.objects.filter(action__contains="delet").order_by("seq").values_list("action", flat=True)
    assert list(actions[:5]) == [*["memory-deletion-ordered", "memory-deleted"] * 2, "memories-deleted"]


def test_several_are_not_deleted_without_a_ground(petra: Client, alice: Person) -> None:
    assert _delete(petra, alice, *alice.remember("Stays."), reason="").status_code == 400
    assert alice.scope.count() == 1


def test_bobs_memories_are_neither_shown_nor_deleted_under_alice(petra: Client, alice: Person, bob: Person) -> None:
    (hers,), (his,) = alice.remember("Has a cat."), bob.remember("Has a snake.")
    assert "Has a snake." not in _check(petra, alice, hers, his).text
    _delete(petra, alice, hers, his)
    assert (alice.scope.count(), bob.scope.count()) == (0, 1)


def test_bobs_memory_counts_as_one_that_is_not_there(petra: Client, alice: Person, bob: Person) -> None:
    (hers,), (his,) = alice.remember("Has a cat."), bob.remember("Has a snake.")
    page = _check(petra, alice, hers, his)
    assert "1 of those you chose is not there any more." in page.text
    assert his not in page.text
    assert AuditEvent.objects.get(action="memories-deletion-viewed").counts == {"shown": 1}


def test_deleting_bobs_memory_under_alice_is_recorded_as_one_that_was_not_there(
    petra: Client, alice: Person, bob: Person
) -> None:
    (hers,), (his,) = alice.remember("Has a cat."), bob.remember("Has a snake.")
    event = _delete(petra, alice, hers, his).context["event"]
    assert (event.counts["memories"], event.counts["gone"], event.counts["outcome"]) == (1, 1, "verified")
    assert (event.outcome, event.counts["removed"]["vectors"]) == ("done", 1)
    assert not AuditEvent.objects.filter(tenant_digest=audit.tenant_digest(bob.user_id)).exists()


@pytest.mark.parametrize("kind", ["bob's", "unknown", "no uuid", "control character"])
def test_what_is_not_alices_alone_deletes_nothing(petra: Client, alice: Person, bob: Person, kind: str) -> None:
    (his,) = bob.remember("Has a snake.")
    chosen = {"bob's": his, "unknown": str(uuid.uuid4()), "no uuid": "x", "control character": "\0"}[kind]
    assert "None of these memories is there any more" in _check(petra, alice, chosen).text
    event = _delete(petra, alice, chosen).context["event"]
    assert (event.outcome, event.counts["memories"], event.counts["gone"]) == ("failed", 0, 1)
    assert bob.scope.count() == 1


def test_a_memory_chosen_twice_is_deleted_once(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember("Has a cat.")
    event = _delete(petra, alice, memory_id, memory_id).context["event"]
    assert (event.counts["memories"], event.counts["gone"]) == (1, 0)


def test_deleting_again_says_that_they_are_gone(petra: Client, alice: Person) -> None:
    ids = alice.remember("Has a cat.", "Has a dog.")
    _delete(petra, alice, *ids)
    assert "not there any more" in _delete(petra, alice, *ids).text


@pytest.mark.parametrize(("count", "says"), [(0, "No memory was chosen"), (201, "at most 200")])
def test_none_or_too_many_are_refused(petra: Client, alice: Person, count: int, says: str) -> None:
    assert says in _check(petra, alice, *map(str, range(count))).text


def test_of_several_results_the_worst_counts() -> None:
    good = {"outcome": "verified", "removed": {"vectors": 1}, "residue": {"places": [CLEAN]}}
    bad = {"outcome": "residue", "removed": {"vectors": 1}, "residue": {"places": [LEFT]}}
    both = summed([good, bad, {"outcome": "was not there"}])
    assert (both["outcome"], both["removed"], both["residue"]["places"]) == ("residue", {"vectors": 2}, [LEFT])
    assert (both["memories"], both["gone"]) == (2, 1)


def test_an_unknown_result_is_the_worst() -> None:
    verified = {"outcome": "verified", "removed": {}, "residue": {"places": []}}
    assert summed([verified, {"outcome": "unknown", "error": "StoreError"}])["outcome"] == "unknown"


def test_sam_deletes_nothing(sam: Client, alice: Person) -> None:
    ids = alice.remember("Stays.")
    assert (_check(sam, alice, *ids).status_code, _delete(sam, alice, *ids).status_code) == (403, 403)
    assert alice.scope.count() == 1


def _hold(person: Person) -> None:
    Hold.objects.create(tenant=person.tenant, reference=person.tenant.reference, code="17-3-e", owner="Lena")


def test_a_hold_says_what_it_stands_against_and_why(petra: Client, alice: Person) -> None:
    ids = alice.remember("Stays.")
    _hold(alice)
    page = _delete(petra, alice, *ids)
    assert page.status_code == 403
    for said in ("A hold stands against it", "Ask Lena.", "legal claims"):
        assert said in page.text
    assert "Not by you" not in page.text


def test_a_hold_that_is_placed_half_way_keeps_the_rest_and_is_told(
    petra: Client, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = alice.remember("Has a cat.", "Has a dog.", "Has a fish.")
    delete = erasure.delete_memory

    def delete_and_hold(*arguments: Any) -> AuditEvent:
        event = delete(*arguments)
        _hold(alice)
        return event

    monkeypatch.setattr(erasure, "delete_memory", delete_and_hold)
    page = _delete(petra, alice, *ids)
    event = page.context["event"]
    assert (event.outcome, event.counts["memories"], event.counts["kept"]) == ("failed", 1, 2)
    assert "2 of those you chose are still there" in page.text
    assert alice.scope.count() == 2
