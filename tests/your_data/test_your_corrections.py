"""Alice corrects what is wrong: she sees the difference first, and saves what she saw."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from dashboard import rectification
from dashboard.audit import Action
from dashboard.models import AuditEvent
from memadmin.memory import ScopedMemory, StoreUnavailable
from tests.desk.conftest import Person
from tests.your_data.conftest import (
    LISBON,
    VEGETARIAN,
    check_correction,
    in_persons_look,
    page_of,
    save_correction,
)

pytestmark = pytest.mark.django_db


def test_alice_corrects_a_memory_after_she_saw_the_difference(hers: Client, alice: Person, memory_id: str) -> None:
    token = check_correction(hers, memory_id, "I eat fish.")
    assert alice.scope.get(memory_id).text == VEGETARIAN
    response = save_correction(hers, memory_id, "I eat fish.", token)
    assert alice.scope.get(memory_id).text == "I eat fish."
    assert "This memory is corrected" in response.text
    event = AuditEvent.objects.get(action=Action.MEMORY_RECTIFIED)
    assert (event.actor_kind, event.actor_label) == ("person", "the person")


def test_nothing_is_saved_that_was_not_looked_at(hers: Client, alice: Person, memory_id: str) -> None:
    token = check_correction(hers, memory_id, "I eat fish.")
    for text, submitted in (("I eat meat.", token), ("I eat fish.", ""), ("I eat fish.", "made-up")):
        response = save_correction(hers, memory_id, text, submitted)
        assert (response.status_code, "Nothing was saved" in response.text) == (409, True)
    assert alice.scope.get(memory_id).text == VEGETARIAN


def test_of_two_tabs_the_second_is_refused_and_shows_what_the_first_saved(
    hers: Client, alice: Person, memory_id: str
) -> None:
    first, second = (check_correction(hers, memory_id, text) for text in ("I eat fish.", "I eat meat."))
    save_correction(hers, memory_id, "I eat fish.", first)
    response = save_correction(hers, memory_id, "I eat meat.", second)
    assert (response.status_code, "Nothing was saved" in response.text) == (409, True)
    assert alice.scope.get(memory_id).text == "I eat fish."
    again = re.search(r'name="token" value="([^"]+)"', response.text)[1]
    assert save_correction(hers, memory_id, "I eat meat.", again).status_code == 200


def test_what_was_checked_of_one_memory_saves_no_other(hers: Client, alice: Person, memory_id: str) -> None:
    (other,) = alice.remember(LISBON)
    token = check_correction(hers, memory_id, "I eat fish.")
    assert save_correction(hers, other, "I eat fish.", token).status_code == 409
    assert alice.scope.get(other).text == LISBON


@pytest.mark.parametrize("text", ["", "   ", "\0", "x" * 200_000])
@pytest.mark.parametrize("name", ["correct-memory", "save-correction"])
def test_an_unusable_wording_is_sent_back(hers: Client, alice: Person, memory_id: str, name: str, text: str) -> None:
    response = hers.post(page_of(name, memory_id), {"text": text})
    assert (response.status_code, in_persons_look(response)) == (400, True)
    assert alice.scope.get(memory_id).text == VEGETARIAN


def test_a_correction_that_the_store_breaks_off_is_no_success(
    hers: Client, memory_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise StoreUnavailable("It does not answer.")

    token = check_correction(hers, memory_id, "I eat fish.")
    monkeypatch.setattr(ScopedMemory, "rectify", fail)
    text = save_correction(hers, memory_id, "I eat fish.", token).text
    assert "This failed. The memory may still have its old wording." in text
    assert "try again" in text


def test_a_correction_that_is_sent_twice_leads_to_the_memory_that_it_corrected(hers: Client, memory_id: str) -> None:
    token = check_correction(hers, memory_id, "I eat fish.")
    save_correction(hers, memory_id, "I eat fish.", token)
    again = save_correction(hers, memory_id, "I eat fish.", token)
    assert again.redirect_chain == [(page_of("show-your-memory", memory_id), 302)]
    assert AuditEvent.objects.filter(action=Action.MEMORY_RECTIFIED).count() == 1


def test_the_same_wording_is_no_correction(hers: Client, memory_id: str) -> None:
    response = hers.post(page_of("correct-memory", memory_id), {"text": VEGETARIAN})
    assert (response.status_code, "The wording is the same." in response.text) == (400, True)
    assert "What would change" not in response.text


def test_what_was_checked_can_be_saved_for_a_while_only(
    hers: Client, memory_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = check_correction(hers, memory_id, "I eat fish.")
    monkeypatch.setattr(rectification, "CHECKED_FOR", timedelta(seconds=-1))
    assert save_correction(hers, memory_id, "I eat fish.", token).status_code == 409
