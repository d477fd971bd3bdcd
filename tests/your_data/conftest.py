"""The person's own pages, over a real store. Alice and Bob are tenants, in a browser each; Petra approves."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from dashboard.audit import tenant_digest
from dashboard.models import AuditEvent, PersonSession, PrivacyRequest
from dashboard.privacy import finishing, holds
from dashboard.privacy.actors import Actor
from dashboard.privacy.codes import Exemption
from dashboard.your_data import sessions
from dashboard.your_data.acts import Act
from memadmin.memory import your_data_token
from tests.desk.conftest import *  # noqa: F403 - the same people
from tests.desk.conftest import Person
from tests.privacy.conftest import (  # noqa: F401 - fixtures
    _keys_of_its_own,
    _verified_here,
    approved,
    ask,
    officer,
    support,
)

committed = pytest.mark.django_db(transaction=True)
"""The worker waits for what agents are storing, which a test's transaction would hold up."""
START, FORGET_EVERYTHING = "/your-data/", "/your-data/forget-everything/"
VEGETARIAN, LISBON, BEES = "I am vegetarian.", "I live in Lisbon.", "Bob keeps bees."
SURE = {"ground": "17-1-b", "narrative": "", "sure": "on"}
"""The form by which everything is forgotten."""
Approved = Callable[[Person], PrivacyRequest]


def token_for(user_id: str, **options: Any) -> str:
    """What the host application signs."""
    return your_data_token(user_id, secret=settings.MEMADMIN_YOUR_DATA_SECRET, **options)


def browser(**options: Any) -> Client:
    """A browser of somebody who has not come in yet."""
    return Client(raise_request_exception=False, **options)


def come_in(client: Client, person: Person) -> Client:
    """By the form that the host application sends."""
    response = client.post(reverse("enter-your-data"), {"token": token_for(person.user_id)})
    assert (response.status_code, response.headers["Location"]) == (302, reverse("show-your-data"))
    return client


def visit_of(client: Client) -> PersonSession | None:
    """The visit that a browser is in, as the desk's database has it."""
    value = client.cookies[sessions.COOKIE].value if sessions.COOKIE in client.cookies else ""
    return PersonSession.objects.filter(key=sessions._digest(value)).first()


def last_event() -> AuditEvent:
    return AuditEvent.objects.order_by("-seq")[0]


def in_persons_look(response: HttpResponse) -> bool:
    """Whether this is a page of theirs, not one of the desk's for staff."""
    return 'class="yours"' in response.text


def page_of(name: str, memory_id: str) -> str:
    return reverse(name, args=[memory_id])


def asked_of(person: Person) -> PrivacyRequest:
    """The one request about somebody."""
    return PrivacyRequest.objects.get(tenant_digest=tenant_digest(person.user_id))


def ask_for_everything(client: Client, **changed: str) -> HttpResponse:
    """Have everything forgotten, or ask for it."""
    return client.post(FORGET_EVERYTHING, SURE | changed, follow=True)


def hold(person: Person, by: Actor) -> Any:
    return holds.place(person.tenant, by, code=Exemption.LEGAL_CLAIMS, reason="Court of Alice", owner="Legal")


def check_correction(client: Client, memory_id: str, text: str) -> str:
    """Look at the difference; the token with which exactly that can be saved."""
    response = client.post(page_of("correct-memory", memory_id), {"text": text})
    assert (response.status_code, "What would change" in response.text) == (200, True)
    return re.search(r'name="token" value="([^"]+)"', response.text)[1]


def save_correction(client: Client, memory_id: str, text: str, token: str) -> HttpResponse:
    return client.post(page_of("save-correction", memory_id), {"text": text, "token": token}, follow=True)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Erasures leave the files alone: to write them anew takes a while, and no transaction around it."""
    monkeypatch.setattr(finishing, "scrub", list)


@pytest.fixture
def memory_id(alice: Person) -> str:
    """Something that is remembered about Alice, before she comes."""
    return alice.remember(VEGETARIAN)[0]


@pytest.fixture
def hers(memory_id: str, alice: Person) -> Client:
    """Alice's browser, in a visit, with something remembered."""
    return come_in(browser(), alice)


@pytest.fixture
def set_way(settings: Any) -> Callable[[Act, str], None]:
    """``set_way(Act.FORGET, "ask")``: what the controller offers."""

    def change(act: Act, way: str) -> None:
        setattr(settings, f"MEMADMIN_YOUR_DATA_{act.value}", way)

    return change


@pytest.fixture
def alices(alice: Person) -> Client:
    """Alice's browser, in a visit."""
    return come_in(browser(), alice)


@pytest.fixture
def bobs(bob: Person) -> Client:
    """Bob's browser, in a visit."""
    return come_in(browser(), bob)
