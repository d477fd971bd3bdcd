"""The person's own pages, over a real store. Alice and Bob are tenants, in a browser each; Petra approves."""

from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from dashboard.models import AuditEvent, PersonSession
from dashboard.your_data import sessions
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


@pytest.fixture
def alices(alice: Person) -> Client:
    """Alice's browser, in a visit."""
    return come_in(browser(), alice)


@pytest.fixture
def bobs(bob: Person) -> Client:
    """Bob's browser, in a visit."""
    return come_in(browser(), bob)
