"""What is somebody else's, or nobody's, is not there."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from dashboard.models import Certificate, PrivacyRequest
from tests.desk.conftest import Person
from tests.privacy.conftest import carry_out
from tests.your_data.conftest import (
    BEES,
    START,
    Approved,
    committed,
    in_persons_look,
    page_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick")]


@pytest.mark.parametrize(
    "name",
    [
        "show-your-memory", "correct-memory", "save-correction", "ask-about-memory", "forget-memory",
        "stop-using-memory", "use-memory-again",
    ],
)  # fmt: skip
@pytest.mark.parametrize("whose", ["bob's", "nobody's", "malformed", "NUL", "long"])
def test_a_memory_of_somebody_else_is_not_there(hers: Client, bob: Person, name: str, whose: str) -> None:
    (his,) = bob.remember(BEES)
    memory_id = {"bob's": his, "nobody's": str(uuid.uuid4()), "malformed": "*", "NUL": "a\0b", "long": "x" * 5_000}[
        whose
    ]
    for method in ("get", "post"):
        form = {"text": "Mine now.", "token": "x", "narrative": "Mine now."} if method == "post" else {}
        response = getattr(hers, method)(page_of(name, memory_id), form)
        assert response.status_code in {404, 405}
        assert "bees" not in response.text
    memory = bob.scope.get(his)
    assert (memory.text, memory.restricted, PrivacyRequest.objects.count()) == (BEES, False, 0)


@pytest.mark.parametrize("name", ["show-your-request", "show-your-progress", "withdraw-request", "try-request-again"])
def test_a_request_of_somebody_else_is_not_there(hers: Client, bob: Person, approved: Approved, name: str) -> None:
    bob.remember(BEES)
    asked = approved(bob)
    for request_id in (asked.pk, uuid.uuid4()):
        address = reverse(name, args=[request_id])
        assert {hers.get(address).status_code, hers.post(address).status_code} <= {404, 405}
    assert PrivacyRequest.objects.get().state == "scheduled"


@committed
def test_a_certificate_of_somebody_else_is_not_there(hers: Client, bob: Person, approved: Approved) -> None:
    bob.remember(BEES)
    carry_out(approved(bob))
    for certificate_id in (Certificate.objects.get().pk, uuid.uuid4()):
        for name in ("show-your-certificate", "download-your-certificate"):
            assert hers.get(reverse(name, args=[certificate_id])).status_code == 404
    assert "Certificate" not in hers.get(START).text


@pytest.mark.parametrize(
    "path", ["nowhere", "memories/", "requests/", "requests/x/", "results/1/", "%2e%2e/audit/", "enter/"]
)
def test_what_is_not_there_is_not_found_in_the_persons_look(hers: Client, path: str) -> None:
    response = hers.get(f"/your-data/{path}", headers={"Accept-Language": "fr"})
    assert (response.status_code, in_persons_look(response)) == (404, True)
    assert response.headers["Content-Language"] == "fr"


def test_the_address_without_its_last_stroke_leads_to_the_pages(hers: Client) -> None:
    assert hers.get("/your-data").headers["Location"] == START
