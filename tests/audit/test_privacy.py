"""The audit tables name nobody and quote nothing: looked at as a dump, after a whole day's work in the desk."""

import json
import uuid

from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard.models import AuditEvent, PrivacyRequest
from tests.desk.conftest import Person

MARKERS = ("zeppelin-marker", "harpsichord-marker")
REQUEST = {
    "kind": "erasure",
    "ground": "17-1-b",
    "channel": "staff",
    "identity": "none",
    "received_on": timezone.localdate().isoformat(),
    "narrative": f"Wants the {MARKERS[1]} forgotten.",
}
NAMING = {"dashboard_tenant", "dashboard_staff", "dashboard_privacyrequest", "dashboard_pin"}
"""Tables that are there to name people, for as long as they are not erased."""


def _dump() -> str:
    """Every row of every audit table as text."""
    with connection.cursor() as cursor:
        tables = [name for name in connection.introspection.table_names() if name.startswith("dashboard_")]
        tables = [name for name in tables if name not in NAMING]
        assert "dashboard_auditevent" in tables
        assert "dashboard_auditnote" in tables
        rows = []
        for table in [*tables, "procrastinate_jobs"]:
            cursor.execute(f"SELECT row_to_json(one)::text FROM {table} AS one")
            rows += [text for (text,) in cursor.fetchall()]
    return "\n".join(rows)


def test_a_days_work_leaves_no_memory_text_and_no_user_id_in_the_audit_tables(
    sam: Client, petra: Client, aude: Client, alice: Person, bob: Person
) -> None:
    first, second = alice.remember(f"Flies a {MARKERS[0]}.", f"Plays the {MARKERS[1]}.")
    reference = alice.tenant.reference
    reason = {"reason": "17-1-b", "note": f"{alice.user_id} wrote about the {MARKERS[1]}"}
    sam.post(reverse("find-tenant"), {"person": alice.user_id})
    sam.get(reverse("browse-memories", args=[reference]))
    sam.post(reverse("search-memories", args=[reference]), {"query": MARKERS[0]}, follow=True)
    sam.get(reverse("show-memory", args=[reference, first]))
    petra.post(reverse("delete-memory", args=[reference, second]), reason, follow=True)
    sam.post(reverse("open-request", args=[reference]), REQUEST)
    asked = PrivacyRequest.objects.get(reference=reference)
    petra.post(reverse("submit-erasure", args=[asked.pk]))
    asked.refresh_from_db()
    petra.post(reverse("approve-erasure", args=[asked.pk]), {"digest": asked.pinned_digest, "reference": reference})
    aude.post(reverse("filter-audit-events"), {"user_id": alice.user_id}, follow=True)
    aude.post(reverse("export-audit-events"), {"format": "csv", "notes": "on"}).getvalue()
    dump = _dump()
    for secret in (*MARKERS, alice.user_id, bob.user_id, reference):
        assert secret not in dump
    assert AuditEvent.objects.count() >= 10


def test_a_typed_user_id_is_in_no_url(aude: Client, alice: Person) -> None:
    response = aude.post(reverse("filter-audit-events"), {"user_id": alice.user_id}, follow=True)
    urls = [url for url, _ in response.redirect_chain]
    assert urls
    assert all(alice.user_id not in url for url in urls)
    assert alice.user_id not in response.text


def test_what_a_deletion_records_is_numbers_and_names_of_places(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember("One.")
    petra.post(reverse("delete-memory", args=[alice.tenant.reference, memory_id]), {"reason": "17-1-b", "note": ""})
    event = AuditEvent.objects.filter(action="memory-deleted").latest("seq")
    assert alice.user_id not in json.dumps(event.counts)
    assert isinstance(event.pk, uuid.UUID)
