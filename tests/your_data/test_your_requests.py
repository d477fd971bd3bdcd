"""How a request of Alice's stands, and what she can still do about it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from dashboard import access
from dashboard.models import ErasureRun, PrivacyRequest
from dashboard.privacy import approving, running
from dashboard.privacy.actors import Actor
from memadmin.memory import MemoryScopeError, StoreUnavailable
from tests.desk.conftest import Person
from tests.privacy.conftest import JOB, carry_out
from tests.your_data.conftest import (
    Approved,
    ask_for_everything,
    asked_of,
    committed,
    in_persons_look,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick")]


def test_alice_takes_her_request_back_before_anything_is_erased(hers: Client, alice: Person) -> None:
    ask_for_everything(hers)
    withdraw = reverse("withdraw-request", args=[asked_of(alice).pk])
    assert withdraw in hers.get(reverse("show-your-request", args=[asked_of(alice).pk])).text
    response = hers.post(withdraw, follow=True)
    assert (asked_of(alice).state, alice.scope.count()) == ("cancelled", 1)
    assert "This is closed. Nothing was erased." in response.text
    assert withdraw not in response.text
    again = hers.post(withdraw)
    assert (again.status_code, "not possible any more" in again.text) == (409, True)
    assert ask_for_everything(hers).status_code == 200
    assert PrivacyRequest.objects.filter(state="awaiting-approval").count() == 1


@committed
def test_what_has_begun_cannot_be_taken_back(hers: Client, alice: Person, approved: Approved) -> None:
    asked = carry_out(approved(alice))
    response = hers.post(reverse("withdraw-request", args=[asked.pk]))
    assert (response.status_code, in_persons_look(response)) == (409, True)
    assert asked_of(alice).state == "completed"


def failed_erasure(person: Person, approved: Approved, monkeypatch: pytest.MonkeyPatch) -> PrivacyRequest:
    asked = approved(person)

    def down(_tenant: Any) -> None:
        raise StoreUnavailable("It does not answer.")

    with monkeypatch.context() as patched:
        patched.setattr(access, "open_scope_for_erasure", down)
        try:
            running.run(asked, JOB)
        except MemoryScopeError:
            PrivacyRequest.objects.filter(pk=asked.pk).update(state="failed", decision_reason="StoreUnavailable")
    PrivacyRequest.objects.filter(pk=asked.pk).update(state="failed")
    return PrivacyRequest.objects.get(pk=asked.pk)


@committed
def test_alice_has_an_erasure_go_on_that_stopped_with_an_error(
    hers: Client, alice: Person, approved: Approved, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = failed_erasure(alice, approved, monkeypatch)
    page = hers.get(reverse("show-your-request", args=[asked.pk]))
    try_again = reverse("try-request-again", args=[asked.pk])
    assert ("stopped by an error" in page.text, try_again in page.text) == (True, True)
    assert "StoreUnavailable" not in page.text
    response = hers.post(try_again, follow=True)
    assert response.status_code == 200
    assert asked_of(alice).state in {"scheduled", "running"}
    assert hers.post(try_again).status_code == 409


@committed
def test_where_the_approver_has_no_right_any_more_the_person_cannot_approve_in_their_place(
    hers: Client, alice: Person, approved: Approved, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = failed_erasure(alice, approved, monkeypatch)
    asked.approved_by.groups.clear()
    response = hers.post(reverse("try-request-again", args=[asked.pk]))
    assert (response.status_code, in_persons_look(response), asked_of(alice).state) == (403, True, "failed")


def test_nothing_is_tried_again_that_did_not_fail(hers: Client, alice: Person) -> None:
    ask_for_everything(hers)
    response = hers.post(reverse("try-request-again", args=[asked_of(alice).pk]))
    assert (response.status_code, asked_of(alice).state) == (409, "awaiting-approval")


def test_a_refusal_says_why_and_where_to_complain(hers: Client, alice: Person, officer: Actor) -> None:
    ask_for_everything(hers, narrative="Goodbye.")
    approving.refuse(asked_of(alice), officer, code="17-3-b", reason="Invoices are kept for ten years.")
    text = hers.get(reverse("show-your-request", args=[asked_of(alice).pk])).text
    for said in (
        "We have refused this",
        "Art. 17(3)(b)",
        "Invoices are kept for ten years.",
        "data protection authority",
    ):
        assert said in text
    assert officer.label not in text


def test_the_part_that_refreshes_says_how_it_stands(hers: Client, alice: Person) -> None:
    ask_for_everything(hers)
    address = reverse("show-your-progress", args=[asked_of(alice).pk])
    response = hers.get(address, {"state": "awaiting-approval"}, headers={"HX-Request": "true"})
    assert (response.status_code, "being checked" in response.text, "<html" in response.text) == (200, True, False)
    assert "HX-Refresh" not in response.headers
    assert hers.get(address).headers["Location"] == reverse("show-your-request", args=[asked_of(alice).pk])


def test_a_new_state_has_the_whole_page_renewed(hers: Client, alice: Person) -> None:
    ask_for_everything(hers)
    address = reverse("show-your-progress", args=[asked_of(alice).pk])
    response = hers.get(address, {"state": "received"}, headers={"HX-Request": "true"})
    assert (response.status_code, response.headers["HX-Refresh"], response.content) == (200, "true", b"")


def test_alice_reads_how_a_request_stands_that_staff_opened_and_not_what_staff_wrote(
    hers: Client, alice: Person, approved: Approved
) -> None:
    text = hers.get(reverse("show-your-request", args=[approved(alice).pk])).text
    assert "approved" in text
    for hidden in ("T-4711", "Please forget me.", "sam-asks", "petra-approves"):
        assert hidden not in text


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("scheduled", "This was interrupted and goes on soon. What was erased stays erased."),
        ("failed", "What was erased stays erased; something may still be there."),
        ("blocked", "Nothing more is erased until that is over."),
    ],
)
def test_an_erasure_that_has_begun_is_not_said_to_have_erased_nothing(
    hers: Client, alice: Person, approved: Approved, state: str, said: str
) -> None:
    asked = approved(alice)
    ErasureRun.objects.create(request=asked, step="collected", total=2_162, done=1_000)
    PrivacyRequest.objects.filter(pk=asked.pk).update(state=state)
    text = hers.get(reverse("show-your-request", args=[asked.pk])).text
    assert (said in text, "Nothing has been erased yet" in text) == (True, False)
