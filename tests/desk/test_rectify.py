"""Correcting a memory (Art. 16): checked, saved once, scrubbed and probed, on record without the words."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from dashboard import audit
from dashboard.models import AuditEvent
from memadmin.memory import ScopedMemory, StoreUnavailable, TenantBeingErased
from tests.desk.conftest import Person

OLD, NEW = "Lives in Porto.", "Lives in Lisbon."


def _url(name: str, person: Person, *arguments: str) -> str:
    return reverse(name, args=[person.tenant.reference, *arguments])


def _check(client: Client, person: Person, memory_id: str, text: str = NEW):
    return client.post(_url("rectify-memory", person, memory_id), {"text": text})


def _save(client: Client, person: Person, memory_id: str, token: str, **form: str):
    data = {"text": NEW, "reason": "ticket 4711", "token": token, **form}
    return client.post(_url("save-rectification", person, memory_id), data, follow=True)


def _token(client: Client, person: Person, memory_id: str, text: str = NEW) -> str:
    return str(_check(client, person, memory_id, text).context["form"]["token"].value())


def test_the_form_starts_with_the_wording_of_now(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember(OLD)
    assert OLD in petra.get(_url("rectify-memory", alice, memory_id)).text


def test_a_check_shows_the_differences_and_changes_nothing(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember(OLD)
    page = _check(petra, alice, memory_id).text
    assert "removed: </span>Porto</del>" in page
    assert "added: </span>Lisbon</ins>" in page
    assert alice.scope.get(memory_id)["memory"] == OLD


def test_petra_corrects_a_memory_and_the_old_wording_is_gone(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember(OLD)
    response = _save(petra, alice, memory_id, _token(petra, alice, memory_id))
    assert "Corrected, and the old wording is gone" in response.text
    assert alice.scope.get(memory_id)["memory"] == NEW
    assert OLD not in petra.get(_url("show-memory", alice, memory_id)).text


def test_the_result_names_every_place(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember(OLD)
    places = _save(petra, alice, memory_id, _token(petra, alice, memory_id)).context["places"]
    assert {row.place.value for row in places} == {"vectors", "entities", "history", "messages"}
    assert {row.status for row in places} == {"clean"}


def test_the_old_wording_in_another_memory_is_named(petra: Client, alice: Person) -> None:
    (memory_id, _) = alice.remember(OLD, OLD)
    response = _save(petra, alice, memory_id, _token(petra, alice, memory_id))
    assert "an old wording is still found" in response.text


def test_the_audit_says_that_it_was_corrected_but_not_what(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember(OLD)
    _save(petra, alice, memory_id, _token(petra, alice, memory_id))
    ordered, done = AuditEvent.objects.filter(action__contains="rectif").order_by("seq")[:2]
    assert (ordered.action, done.action) == ("memory-rectification-ordered", "memory-rectified")
    assert audit.note_of(ordered) == "ticket 4711"
    assert not {"Porto", "Lisbon", memory_id} & set(json.dumps(done.counts).replace('"', " ").split())


def test_nothing_is_saved_without_a_reason(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember(OLD)
    response = _save(petra, alice, memory_id, _token(petra, alice, memory_id), reason="")
    assert response.status_code == 400
    assert alice.scope.get(memory_id)["memory"] == OLD


@pytest.mark.parametrize("text", ["", "   ", "x" * 100_001], ids=["empty", "blank", "too long"])
def test_a_wording_that_cannot_be_kept_is_refused(petra: Client, alice: Person, text: str) -> None:
    (memory_id,) = alice.remember(OLD)
    assert _check(petra, alice, memory_id, text).status_code == 400


def test_white_space_and_ends_of_lines_stay_as_they_are(petra: Client, alice: Person) -> None:
    kept = "  Lives in Porto,\r\nby the river. "
    (memory_id,) = alice.remember(kept)
    sent = kept.replace("Porto", "Lisbon")
    assert "The wording stays as it is" in _check(petra, alice, memory_id, kept).text
    page = _check(petra, alice, memory_id, sent).text
    assert page.count("<del>") == page.count("<ins>") == 1
    _save(petra, alice, memory_id, _token(petra, alice, memory_id, sent), text=sent)
    assert alice.scope.get(memory_id)["memory"] == sent


def test_lines_that_a_browser_ends_its_way_are_no_difference(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember("Lives in Porto,\nby the river.")
    assert "The wording stays as it is" in _check(petra, alice, memory_id, "Lives in Porto,\r\nby the river.").text


def test_what_is_left_in_the_memorys_own_metadata_is_told_apart(petra: Client, alice: Person) -> None:
    memory_id = alice.scope.add(OLD, metadata={"quote": OLD}).ids[0]
    response = _save(petra, alice, memory_id, _token(petra, alice, memory_id))
    assert "This memory&#x27;s own metadata still tells it." in response.text
    assert "other memories" not in response.text


def test_what_was_not_checked_is_not_saved(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember(OLD)
    response = _save(petra, alice, memory_id, "made-up")
    assert response.status_code == 409
    assert alice.scope.get(memory_id)["memory"] == OLD


def test_a_check_of_one_memory_does_not_save_another(petra: Client, alice: Person) -> None:
    first, second = alice.remember(OLD, "Has a dog.")
    assert _save(petra, alice, second, _token(petra, alice, first)).status_code == 409
    assert alice.scope.get(second)["memory"] == "Has a dog."


def test_a_wording_changed_after_the_check_is_checked_again(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember(OLD)
    response = _save(petra, alice, memory_id, _token(petra, alice, memory_id), text="Lives in Faro.")
    assert "You changed the wording after the check" in response.text
    assert alice.scope.get(memory_id)["memory"] == OLD


def test_saving_twice_says_that_it_is_saved_already(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember(OLD)
    token = _token(petra, alice, memory_id)
    _save(petra, alice, memory_id, token)
    assert "saved already" in _save(petra, alice, memory_id, token).text
    assert AuditEvent.objects.filter(action="memory-rectified").count() == 1


def test_what_somebody_else_wrote_meanwhile_is_not_overwritten(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember(OLD)
    token = _token(petra, alice, memory_id)
    alice.scope.update(memory_id, "Lives in Braga.")
    response = _save(petra, alice, memory_id, token)
    assert response.status_code == 409
    assert "Somebody changed this memory" in response.text
    assert alice.scope.get(memory_id)["memory"] == "Lives in Braga."


def test_after_a_refusal_the_new_differences_can_be_saved(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember(OLD)
    token = _token(petra, alice, memory_id)
    alice.scope.update(memory_id, "Lives in Braga.")
    fresh = _save(petra, alice, memory_id, token).context["form"]["token"].value()
    _save(petra, alice, memory_id, fresh)
    assert alice.scope.get(memory_id)["memory"] == NEW


def test_the_same_wording_scrubs_what_a_crash_left(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember(OLD)
    alice.scope.update(memory_id, NEW)
    _save(petra, alice, memory_id, _token(petra, alice, memory_id))
    assert OLD not in petra.get(_url("show-memory", alice, memory_id)).text


@pytest.mark.parametrize(
    ("error", "says"), [(StoreUnavailable, "result is not known"), (TenantBeingErased, "Nothing was changed")]
)
def test_a_correction_that_fails_says_what_is_known(
    petra: Client, alice: Person, monkeypatch: pytest.MonkeyPatch, error: type[Exception], says: str
) -> None:
    def fail(*_: object) -> None:
        raise error("no")

    (memory_id,) = alice.remember(OLD)
    token = _token(petra, alice, memory_id)
    monkeypatch.setattr(ScopedMemory, "rectify", fail)
    assert says in _save(petra, alice, memory_id, token).text


def test_line_breaks_of_a_form_are_not_a_change(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember("One.\nTwo.")
    assert "stays as it is" in _check(petra, alice, memory_id, "One.\r\nTwo.").text


def test_opening_the_form_of_a_sensitive_memory_is_a_reveal(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember("Mails maria@example.com.")
    petra.get(_url("rectify-memory", alice, memory_id))
    assert AuditEvent.objects.get(action="memory-revealed").counts == {"e-mail address": 1}


def test_sam_corrects_nothing(sam: Client, alice: Person) -> None:
    (memory_id,) = alice.remember(OLD)
    assert sam.get(_url("rectify-memory", alice, memory_id)).status_code == 403
    assert sam.post(_url("save-rectification", alice, memory_id)).status_code == 403


def test_bobs_memory_is_not_corrected_under_alice(petra: Client, alice: Person, bob: Person) -> None:
    (memory_id,) = bob.remember(OLD)
    assert _check(petra, alice, memory_id).status_code == 404


def test_a_result_of_alice_is_not_found_under_bob(petra: Client, alice: Person, bob: Person) -> None:
    (memory_id,) = alice.remember(OLD)
    event = _save(petra, alice, memory_id, _token(petra, alice, memory_id)).context["event"]
    assert petra.get(_url("show-rectification", bob, str(event.pk))).status_code == 404
