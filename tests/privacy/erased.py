"""Erasures that ended, as the desk's rows have them. Marked: what must never be on a certificate."""

from datetime import UTC, date, datetime
from typing import Any

from dashboard import audit
from dashboard.audit import Action, signing
from dashboard.models import Certificate, ErasureRun, PrivacyRequest, Staff
from dashboard.privacy import certificates
from dashboard.roles import Role
from tests.factories import StaffFactory, TenantFactory

MARKS = ("u_marked", "ticket-marked", "narrative-marked", "nadia-marked", "omar-marked", "note-marked", "key-marked")
VERIFIED_AT = "2026-03-05T10:20:00+00:00"
PLACES = ("vectors", "entities", "history", "messages")


def verdict(outcome: str = "clean", **statuses: str) -> dict[str, Any]:
    """All clean; ``verdict("not checkable", messages="unchecked")``."""
    places = [
        {"place": place, "status": statuses.get(place, "clean"), "count": int(statuses.get(place) == "residue")}
        for place in PLACES
    ]
    return {
        "outcome": outcome,
        "places": [{**place, "note": "Nobody could look." * (place["status"] == "unchecked")} for place in places],
        "ids": {"looked_up": 3, "found": 0, "left": ["key-marked"]},
        "ask_back": {"asked": 2, "found": 0, "note": ""},
        "neighbours": {"sampled": 5, "changed": 0, "note": ""},
        "at": VERIFIED_AT,
    }


def _staff(name: str, role: Role) -> Staff:
    return StaffFactory(username=name, first_name=name, role=role)


def erased(found: dict[str, Any] | None = None, **fields: Any) -> PrivacyRequest:
    """A request of a person of whom three memories were erased, asked for by Nadia, approved by Omar."""
    nadia, omar = _staff("nadia-marked", Role.SUPPORT), _staff("omar-marked", Role.PRIVACY_OFFICER)
    tenant = TenantFactory(user_id="u_marked")
    audit.record(Action.ALL_DELETED, actor="job: erase", tenant=tenant)
    values = {
        "kind": "erasure", "state": "verifying", "channel": "staff", "profile": "gdpr", "tenant": tenant,
        "reference": tenant.reference, "tenant_digest": audit.tenant_digest(tenant.user_id),
        "ticket": "ticket-marked", "narrative": "narrative-marked", "received_note": "note-marked",
        "decision_reason": "note-marked", "ground": "17-1-b", "received_on": date(2026, 3, 1),
        "pinned_digest": "a" * 64, "requested_by": nadia, "requested_label": nadia.label, "approved_by": omar,
        "approved_label": omar.label, "approved_role": Role.PRIVACY_OFFICER.value,
        "approved_at": datetime(2026, 3, 5, 9, tzinfo=UTC),
    }  # fmt: skip
    request = PrivacyRequest.objects.create(**{**values, **fields})
    run = ErasureRun.objects.create(
        request=request,
        step="scrubbed",
        total=3,
        found={"vectors": 3, "entities": 1, "history": 5, "messages": 0},
        swept={"entities": 1},
        found_digest="a" * 64,
        verdict=found or verdict(),
        scrub=[{"place": "tables", "status": "gone", "at": VERIFIED_AT, "note": ""}],
        erased_at=datetime(2026, 3, 5, 10, 10, tzinfo=UTC),
    )
    run.batches.create(number=1, memory_ids=[], removed={"vectors": 2, "history": 4})
    run.batches.create(number=2, memory_ids=[], removed={"vectors": 1, "history": 1})
    return request


def certified(found: dict[str, Any] | None = None, **fields: Any) -> Certificate:
    return certificates.issue(erased(found, **fields), store_label="pgvector")


def own_key() -> str:
    """Fingerprint of the desk's key."""
    return signing.fingerprint(signing.public_hex(signing.signing_key()))
