"""The audit tables name nobody and quote nothing: looked at as a dump, after a whole day's work in the desk."""

import json
import uuid

from django.db import connection
from django.test import Client
from django.urls import reverse

from dashboard.models import AuditEvent
from tests.desk.conftest import Person

MARKERS = ("zeppelin-marker", "harpsichord-marker")


def _dump() -> str:
    """Every row of every audit table as text."""
    with connection.cursor() as cursor:
        tables = [name for name in connection.introspection.table_names() if name.startswith("dashboard_")]
        tables = [name for name in tables if name not in {"dashboard_tenant", "dashboard_staff"}]
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
    sam.post(reverse("find-tenant"), {"user_id": alice.user_id})
    sam.get(reverse("browse-memories", args=[reference]))
    sam.post(reverse("search-memories", args=[reference]), {"query": MARKERS[0]})
    sam.get(reverse("show-memory", args=[reference, first]))
    petra.post(reverse("delete-memory", args=[reference, second]), reason, follow=True)
    petra.post(reverse("delete-all-memories", args=[reference]), {**reason, "reference": reference}, follow=True)
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
    alice.remember("One.")
    petra.post(
        reverse("delete-all-memories", args=[alice.tenant.reference]),
        {"reason": "17-1-b", "note": "", "reference": alice.tenant.reference},
    )
    event = AuditEvent.objects.filter(action="all-deleted").get()
    assert alice.user_id not in json.dumps(event.counts)
    assert isinstance(event.pk, uuid.UUID)
