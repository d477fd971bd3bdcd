"""What cannot be recorded is not shown, and the page says so; nothing in the store changes either."""

from datetime import date
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard import audit
from dashboard.audit import Action, appending
from dashboard.models import AuditEvent, BulkErasure, Certificate, Flag, GhostPurge, Hold, Intake, Mention
from dashboard.privacy import opening
from dashboard.privacy.codes import Kind
from dashboard.privacy.opening import Asked
from dashboard.roles import Role
from memadmin.memory import StoreUnavailable, embedded
from tests.desk.conftest import Person
from tests.desk.test_access import PATTERNS
from tests.factories import PASSWORD, StaffFactory
from tests.privacy.conftest import actor

SECRET = "Keeps bees on the roof."
FORMS = {
    "find-tenant": {"person": "u_alice"},
    "delete-memory": {"reason": "17-1-b", "note": ""},
    "route-intake": {"person": "u_alice"},
    "close-intake": {"note": "Nobody is known."},
    "export-audit-events": {"format": "jsonl"},
}
"""What a form needs to be valid, by URL name; ``reference`` is filled in."""
OF_STAFF = [pattern for pattern in PATTERNS if not hasattr(pattern.callback, "for_person")]
"""The person's own pages are swept in tests/your_data/test_every_page.py."""
EXPIRED = date(2026, 1, 1)
SHOWS_NOTHING_RECORDED = {
    "show-home",
    "filter-audit-events",
    "download-audit-verifier",
    "publish-keys",
    "show-health",
    "show-metrics",
    "verify-certificate",
    "download-certificate-verifier",
    "upload-bulk",
    "open-bulk",
    "show-progress",
    "choose-columns",
    "filter-memories",
    "search-memories",  # leads on
    "show-matches",  # below, with a search in its address
    "check-deletion",  # leads on
    "show-chosen",  # below, with what was chosen
}
"""Redirects, public files, forms for a file, and what is for machines: they show no content of anybody's."""


@pytest.fixture
def broken_log(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(connection: Any, rows: Any) -> None:
        raise OperationalError("disk full")

    monkeypatch.setattr(appending, "_insert", refuse)


@pytest.fixture
def there(alice: Person) -> dict[str, Any]:
    """Something real behind every URL: a page that is not found would prove nothing."""
    (memory_id,) = alice.remember(f"{SECRET} Write to bees@example.org.")
    corrected = audit.record(Action.MEMORY_RECTIFIED, actor="petra", tenant=alice.tenant, counts={"removed": {}})
    deletion = audit.record(Action.MEMORY_DELETED, actor="petra", tenant=alice.tenant, counts={"removed": {}})
    now = timezone.now()
    support = actor(StaffFactory(role=Role.SUPPORT))
    asked = opening.open_request(alice.tenant, support, Asked(kind=Kind.ERASURE, ground="17-1-b"))
    flag = Flag.objects.create(rule="many-people", actor_label="sam", since=now, until=now, count=42, threshold=30)
    intake = Intake.objects.create(email="bees@example.org", kind="access", verified_at=now, expires_at=now)
    return {
        "reference": alice.tenant.reference,
        "memory_id": memory_id,
        "digest": deletion.tenant_digest,
        "request_id": asked.pk,
        "part": 1,
        "hold_id": Hold.objects.create(tenant=alice.tenant, reference=alice.tenant.reference, expires_on=EXPIRED).pk,
        "mention_id": Mention.objects.create(request=asked, tenant=alice.tenant, memory_id=memory_id).pk,
        "purge_id": GhostPurge.objects.create(before=now).pk,
        "certificate_id": Certificate.objects.create(request=asked, document="{}", issued_at=now).pk,
        "event_id": deletion.pk,
        "show-rectification event_id": corrected.pk,
        "flag_id": flag.pk,
        "intake_id": intake.pk,
        "bulk_id": BulkErasure.objects.create(file_name="people.csv").pk,
    }


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    "pattern",
    [pattern for pattern in OF_STAFF if pattern.name not in SHOWS_NOTHING_RECORDED],
    ids=lambda pattern: pattern.name,
)
def test_without_a_record_nothing_is_shown_and_nothing_done(
    petra: Client, alice: Person, pattern: Any, method: str, there: dict[str, Any], broken_log: None
) -> None:
    url = reverse(
        pattern.name,
        kwargs={key: there.get(f"{pattern.name} {key}", there[key]) for key in pattern.pattern.converters},
    )
    form = {
        "reason": "17-1-b",
        "ids": [there["memory_id"]],
        **FORMS.get(pattern.name, {}),
        "reference": there["reference"],
    }
    response = getattr(petra, method)(url, form if method == "post" else {})
    assert not any(shown in response.text for shown in (SECRET, "42 people"))
    assert alice.scope.count() == 1
    assert Flag.objects.get().reviewed_at is None
    assert Intake.objects.get().closed_at is None
    if response.status_code != 405 and not (pattern.name == "find-tenant" and method == "get"):
        assert response.status_code == 503
        assert "The audit log cannot be written" in response.text


def test_without_a_record_no_search_is_shown(
    petra: Client, alice: Person, there: dict[str, Any], broken_log: None
) -> None:
    search = reverse("search-memories", args=[alice.tenant.reference])
    response = petra.post(search, {"query": "bees"}, follow=True)
    assert (response.status_code, SECRET in response.text) == (503, False)


def test_without_a_record_nothing_that_was_chosen_is_shown(
    petra: Client, alice: Person, there: dict[str, Any], broken_log: None
) -> None:
    check = reverse("check-deletion", args=[alice.tenant.reference])
    response = petra.post(check, {"ids": [there["memory_id"]]}, follow=True)
    assert (response.status_code, SECRET in response.text) == (503, False)


def test_a_refusal_that_cannot_be_recorded_says_so(aude: Client, alice: Person, broken_log: None) -> None:
    response = aude.get(reverse("browse-memories", args=[alice.tenant.reference]))
    assert (response.status_code, "cannot be written" in response.text) == (503, True)


def test_nobody_signs_in_without_a_record(client: Client, db: None, broken_log: None) -> None:
    StaffFactory(username="sam")
    response = client.post(reverse("account_login"), {"login": "sam", "password": PASSWORD})
    assert response.status_code == 503
    assert client.get(reverse("show-home")).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_a_log_that_works_again_is_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(appending, "_APPEND", "SELECT 1 / 0, %s")
        with pytest.raises(audit.AuditUnavailable):
            audit.record(Action.MEMORY_OPENED, actor="sam")
    assert audit.record(Action.MEMORY_OPENED, actor="sam").seq == 1
    assert AuditEvent.objects.count() == 1
    assert connection.is_usable()


def test_an_embedded_database_that_does_not_start_is_a_database_error(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> str:
        raise StoreUnavailable("The embedded PostgreSQL did not start.")

    separate = connection.copy()
    monkeypatch.setattr(embedded, "url", refuse)
    with pytest.raises(OperationalError, match="did not start"):
        separate.get_connection_params()
