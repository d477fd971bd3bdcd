"""The daily reminder: pressing requests only, and nobody is named."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from dashboard import tasks
from dashboard.models import PrivacyRequest
from dashboard.privacy.states import State
from tests.factories import TenantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _addressee(settings: Any) -> None:
    settings.MEMADMIN_PRIVACY_EMAIL = ["dpo@example.com"]


def _request(due_in: int | None, state: State = State.RECEIVED) -> PrivacyRequest:
    tenant = TenantFactory()
    today = timezone.localdate()
    return PrivacyRequest.objects.create(
        kind="access",
        state=state.value,
        channel="staff",
        tenant=tenant,
        reference=tenant.reference,
        profile="GDPR",
        narrative="narrative-marked",
        received_on=date(2026, 1, 1),
        due_on=None if due_in is None else today + timedelta(days=due_in),
    )


def _remind() -> int:
    return tasks.remind_of_requests(timestamp=0)


def test_it_lists_what_is_overdue_or_due_within_a_week_the_most_urgent_first() -> None:
    soon, overdue = _request(7), _request(-1)
    assert _remind() == 2
    (sent,) = mail.outbox
    assert sent.subject == "Privacy requests: 1 overdue, 1 due within 7 days"
    assert sent.to == ["dpo@example.com"]
    assert str(sent.body).index(f"{overdue.reference}") < str(sent.body).index(f"{soon.reference}")


def test_it_names_nobody() -> None:
    asked = _request(1)
    _remind()
    assert asked.tenant
    assert asked.tenant.user_id not in str(mail.outbox[0].message())
    assert "marked" not in str(mail.outbox[0].message())


def test_what_has_time_has_ended_or_stands_still_is_not_in_it() -> None:
    _request(8), _request(None), _request(-1, State.COMPLETED)
    assert (_remind(), mail.outbox) == (0, [])


def test_nobody_is_written_to_unless_it_is_set(settings: Any) -> None:
    settings.MEMADMIN_PRIVACY_EMAIL = []
    _request(-1)
    assert (_remind(), mail.outbox) == (0, [])
