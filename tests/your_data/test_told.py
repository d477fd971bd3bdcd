"""What staff decide about a request reaches the person: what was done, why not, and the copy that was asked for."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard.models import PrivacyRequest
from dashboard.privacy import approving, deadlines, opening
from dashboard.privacy.actors import Actor
from dashboard.privacy.codes import Channel, Kind
from dashboard.privacy.opening import Asked
from tests.desk.conftest import Person
from tests.your_data.conftest import browser, come_in

DOWNLOAD = reverse("download-your-data")


@pytest.fixture
def copy_on_request(settings: Any) -> None:
    settings.MEMADMIN_YOUR_DATA_DOWNLOAD = "ask"


@pytest.fixture
def alices(alice: Person) -> Client:
    """Alice's browser, in a visit, with something remembered."""
    alice.remember("Alice is vegetarian.")
    return come_in(browser(), alice)


def page_about(client: Client, asked: PrivacyRequest) -> str:
    return client.get(reverse("show-your-request", args=[asked.pk])).text


def opened(alice: Person, by: Actor, **about: Any) -> PrivacyRequest:
    return opening.open_request(alice.tenant, by, Asked(**{"kind": Kind.ACCESS, **about}))


def test_a_copy_that_staff_agreed_to_is_made_at_once(
    alices: Client, alice: Person, officer: Actor, copy_on_request: None
) -> None:
    asked_at = alices.post(DOWNLOAD).headers.get("Location", "")
    asked = PrivacyRequest.objects.get()
    assert asked_at == reverse("show-your-request", args=[asked.pk])
    opening.fulfil(asked, officer, note="Download it on your pages.")
    assert DOWNLOAD in page_about(alices, asked)
    assert alices.post(DOWNLOAD).headers["Content-Type"] == "application/zip"


def test_the_agreement_lasts_a_month(alices: Client, alice: Person, officer: Actor, copy_on_request: None) -> None:
    opening.fulfil(opened(alice, officer), officer, note="Download it on your pages.")
    PrivacyRequest.objects.update(ended_at=timezone.now() - timedelta(days=31))
    assert alices.post(DOWNLOAD).status_code == 302
    assert PrivacyRequest.objects.count() == 2


def test_what_staff_did_is_told(alices: Client, alice: Person, officer: Actor) -> None:
    asked = opened(alice, officer)
    opening.fulfil(asked, officer, note="We have sent you a letter.")
    assert "We have sent you a letter." in page_about(alices, asked)


def test_why_staff_closed_it_is_told(alices: Client, alice: Person, officer: Actor) -> None:
    asked = opened(alice, officer)
    approving.cancel(asked, officer, reason="It came twice.")
    text = page_about(alices, asked)
    assert "It came twice." in text
    assert "You have withdrawn this." not in text


def test_why_it_takes_longer_is_told(alices: Client, alice: Person, officer: Actor) -> None:
    asked = opened(alice, officer)
    deadlines.extend(asked, officer, units=2, reason="Several systems have to be searched.")
    assert "Several systems have to be searched." in page_about(alices, asked)


def test_words_that_came_without_a_visit_are_not_shown_as_the_persons(
    alices: Client, alice: Person, officer: Actor
) -> None:
    asked = opened(alice, officer, channel=Channel.PERSON, narrative="Answer to mallory@example.org.")
    assert "mallory" not in page_about(alices, asked)


def test_the_memory_that_it_is_about_is_linked_as_long_as_it_is_there(
    alices: Client, alice: Person, officer: Actor
) -> None:
    (memory_id,) = alice.remember("Alice lives in Lisbon.")
    asked = opened(alice, officer, kind=Kind.REMOVAL, memory_id=memory_id)
    link = reverse("show-your-memory", args=[memory_id])
    assert link in page_about(alices, asked)
    alice.scope.delete(memory_id)
    assert link not in page_about(alices, asked)
