"""What was asked without an account and belongs to nobody yet: staff find out whose it is, or answer and close it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard import audit
from dashboard.audit import Action
from dashboard.models import AuditEvent, AuditNote, Intake, PrivacyRequest, Staff, Tenant
from dashboard.privacy.actors import Actor
from dashboard.privacy.codes import Kind
from dashboard.privacy.opening import Asked, open_request
from dashboard.privacy.states import NotNow
from dashboard.your_data import intake
from tests.desk.conftest import Person

pytestmark = pytest.mark.django_db

EMAIL = "alice@example.org"


def _waiting(**fields: Any) -> Intake:
    now = timezone.now()
    given = {"email": EMAIL, "kind": "erasure", "ground": "17-1-b", "narrative": "Forget my bees.", **fields}
    return Intake.objects.create(**{"verified_at": now, "expires_at": now, "language": "de", **given})


def _route(client: Client, asked: Intake, typed: str) -> Any:
    return client.post(reverse("route-intake", args=[asked.pk]), {"person": typed})


def _close(client: Client, asked: Intake, note: str = "Nobody is known under that address.") -> Any:
    return client.post(reverse("close-intake", args=[asked.pk]), {"note": note})


def _with_email(person: Person, email: str) -> Tenant:
    Tenant.objects.filter(pk=person.tenant.pk).update(email=email)
    return person.tenant


def test_staff_see_what_waits_oldest_first_and_nothing_unproved_or_settled(sam: Client) -> None:
    now = timezone.now()
    _waiting(email="new@example.org")
    _waiting(email="old@example.org", verified_at=now - timedelta(days=1))
    _waiting(email="unproved@example.org", verified_at=None)
    _waiting(email="settled@example.org", closed_at=now)
    text = sam.get(reverse("list-intakes")).text
    assert 0 < text.index("old@example.org") < text.index("new@example.org")
    assert "unproved@" not in text
    assert "settled@" not in text
    assert AuditEvent.objects.get(action=Action.INTAKES_VIEWED).counts == {"shown": 2}


def test_the_queue_of_requests_counts_them_where_they_can_be_asked(sam: Client, settings: Any) -> None:
    _waiting()
    assert reverse("list-intakes") not in sam.get(reverse("list-requests")).text
    settings.MEMADMIN_INTAKE = True
    text = sam.get(reverse("list-requests")).text
    assert reverse("list-intakes") in text
    assert "1 waiting" in text


@pytest.mark.parametrize("by", ["user_id", "reference", "email"])
def test_it_becomes_the_request_of_the_one_person_whom_it_fits(sam: Client, alice: Person, by: str) -> None:
    asked, tenant = _waiting(), _with_email(alice, EMAIL)
    assert _route(sam, asked, getattr(tenant, by)).status_code == 302
    made = PrivacyRequest.objects.get()
    assert (made.tenant, made.narrative, made.identity_method) == (tenant, "Forget my bees.", "contact")
    asked.refresh_from_db()
    assert (asked.request, asked.email, asked.narrative) == (made, "", "")
    event = AuditEvent.objects.get(action=Action.INTAKE_ROUTED)
    assert (event.tenant_digest, event.purpose) == (audit.tenant_digest(alice.user_id), str(made.pk))


@pytest.mark.parametrize("on_file", ["", "another@example.org"])
def test_another_address_than_the_persons_proves_nothing_and_is_where_to_answer(
    sam: Client, alice: Person, on_file: str
) -> None:
    _with_email(alice, on_file)
    _route(sam, _waiting(), alice.user_id)
    made = PrivacyRequest.objects.get()
    assert made.identity_method == "none"
    assert (made.narrative, made.received_note) == ("Forget my bees.", f"{intake.RECEIVED_NOTE} Answer to {EMAIL}.")


def test_its_clock_runs_from_the_day_the_address_was_proved(sam: Client, alice: Person) -> None:
    then = timezone.now() - timedelta(days=9)
    _route(sam, _waiting(verified_at=then), _with_email(alice, EMAIL).user_id)
    made = PrivacyRequest.objects.get()
    assert (made.received_on, made.received_note) == (timezone.localdate(then), intake.RECEIVED_NOTE)


def test_an_open_erasure_of_that_person_gets_it(sam: Client, alice: Person) -> None:
    asked = Asked(kind=Kind.ERASURE, ground="17-1-b", narrative="By letter.")
    made = open_request(_with_email(alice, EMAIL), Actor.operator("test"), asked)
    assert _route(sam, _waiting(), alice.user_id).headers["Location"] == reverse("show-request", args=[made.pk])
    assert PrivacyRequest.objects.get().narrative == "By letter.\n\nForget my bees."


def test_a_strangers_words_are_not_put_into_a_persons_mouth(sam: Client, alice: Person) -> None:
    made = open_request(alice.tenant, Actor.operator("test"), Asked(kind=Kind.ERASURE, ground="17-1-b"))
    assert _route(sam, _waiting(), alice.user_id).status_code == 400
    made.refresh_from_db()
    assert (made.narrative, intake.waiting().count()) == ("", 1)


@pytest.mark.parametrize("typed", ["u_nobody", "", "*"])
def test_what_fits_nobody_is_said_and_nothing_is_done(sam: Client, store: None, typed: str) -> None:
    asked = _waiting()
    response = _route(sam, asked, typed)
    assert response.status_code == 400
    assert 'class="problem"' in response.text
    assert intake.waiting().get() == asked
    assert not AuditNote.objects.exists()


def test_what_fits_two_people_is_said_and_both_look_ups_are_on_record(sam: Client, alice: Person, bob: Person) -> None:
    _with_email(alice, EMAIL), _with_email(bob, EMAIL)
    response = _route(sam, _waiting(), EMAIL)
    assert (response.status_code, "fits 2 people" in response.text) == (400, True)
    looked_up = AuditEvent.objects.filter(action=Action.TENANT_LOOKED_UP)
    assert set(looked_up.values_list("tenant_digest", flat=True)) == {
        audit.tenant_digest(person.user_id) for person in (alice, bob)
    }


def test_a_name_is_not_enough(sam: Client, alice: Person) -> None:
    tenant = alice.tenant
    tenant.display_name = "Alice Bee"
    tenant.save()
    assert _route(sam, _waiting(), "Alice Bee").status_code == 400


def test_closing_takes_a_note_and_forgets_address_and_words(sam: Client) -> None:
    asked = _waiting()
    assert _close(sam, asked, note=" ").status_code == 400
    assert _close(sam, asked).status_code == 302
    asked.refresh_from_db()
    assert (asked.email, asked.narrative, asked.closed_note) == ("", "", "Nobody is known under that address.")
    assert asked.closed_label == Staff.objects.get(username="sam").label
    assert AuditEvent.objects.get(action=Action.INTAKE_CLOSED).outcome == "done"


def test_what_is_settled_cannot_be_settled_again(sam: Client, alice: Person) -> None:
    asked = _waiting()
    _close(sam, asked)
    assert _close(sam, asked).status_code == 404
    assert _route(sam, asked, alice.user_id).status_code == 404
    with pytest.raises(NotNow):
        intake.close(asked, Actor.operator("test"), note="Twice.")


def test_what_nobody_proved_cannot_be_routed_or_closed(sam: Client, alice: Person) -> None:
    asked = _waiting(verified_at=None)
    assert (_route(sam, asked, alice.user_id).status_code, _close(sam, asked).status_code) == (404, 404)


def test_neither_address_nor_words_are_in_the_audit_log(sam: Client, alice: Person) -> None:
    sam.get(reverse("list-intakes"))
    _route(sam, _waiting(), alice.tenant.user_id)
    _close(sam, _waiting())
    rows = "".join(str(vars(event)) for event in AuditEvent.objects.all())
    assert EMAIL not in rows
    assert "bees" not in rows


def test_who_may_not_propose_may_not_look(aude: Client, ada: Client) -> None:
    assert aude.get(reverse("list-intakes")).status_code == 403
    assert ada.get(reverse("list-intakes")).status_code == 403
