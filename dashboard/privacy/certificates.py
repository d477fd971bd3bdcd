"""Certificates of erasure: what was found, removed and left, signed, and without a word on who it was.

``claims.py`` has the sentences, ``certificate_files.py`` the file that is handed out and its check.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import metadata
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

import memadmin
from dashboard import grounds
from dashboard.audit import checkpoints, encoding, search, signing
from dashboard.audit.search import Wanted
from dashboard.models import Certificate, ErasureRun, PrivacyRequest, Staff
from dashboard.privacy import claims, ledger
from dashboard.roles import Role

FORMAT = "memadmin erasure certificate 1"

MOST_EVENTS = 200
"""Audit events named in a certificate: the newest of the person."""

OPENING = timedelta(minutes=1)
"""An event is committed before the row that it speaks of, and by the database's clock."""

Document = dict[str, Any]


class NotCertifiable(ValueError):
    """Nothing was erased, or nobody looked afterwards."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Beside:
    """What a certificate says that is not in the request and its run."""

    certificate_id: uuid.UUID
    replaces: str  # id of an earlier certificate of the same request; "" if there is none
    issuer: str  # the controller's name; "" if not configured
    removed: Mapping[str, int]  # rows per place
    requester_role: str  # "" if unknown
    versions: Mapping[str, str]  # of memadmin, mem0ai and the store's label
    events: Sequence[Mapping[str, Any]]  # seq, hash and action of the audit events
    backups_kept: timedelta


def issue(request: PrivacyRequest, *, store_label: str) -> Certificate:
    """Sign what the verification found. Asked again it is given again; a later verification's replaces it.

    The caller records the audit event.

    Raises:
        NotCertifiable: the run did not get as far as a verdict. ImproperlyConfigured: there is no signing key here.
    """
    run = ErasureRun.objects.filter(request=request).first()
    if run is None or run.erased_at is None or not run.verdict:
        raise NotCertifiable("There is nothing to certify before the erasure was carried out and looked at.")
    request.run = run
    earlier = Certificate.objects.filter(request=request).first()
    if earlier and _written(earlier)["times"]["verified_at"] == run.verdict.get("at"):
        return earlier
    return _signed(request, _beside(request, run, earlier, store_label), earlier)


def document(request: PrivacyRequest, beside: Beside, *, issued_at: datetime) -> Document:
    """What is signed, from the request and its run. Pure.

    Only what is named here gets in: no user_id, text, ticket, narrative or name of staff.
    """
    run, verdict = request.run, _verdict(request.run.verdict)
    scrub = [_only(step, "place", "status", "at", "note") for step in run.scrub]
    if run.erased_at is None:
        raise NotCertifiable("Nothing was erased yet.")
    return {
        "format": FORMAT,
        "id": str(beside.certificate_id),
        "replaces": beside.replaces,
        "issuer": beside.issuer,
        "statement": claims.statement(verdict, scrub),
        "tenant_digest": request.tenant_digest,
        "request": _request(request),
        "times": _times(request, issued_at),
        "memories": _memories(request),
        "places": _places(run.found, beside.removed),
        "verdict": verdict,
        "scrub": scrub,
        "approvals": _approvals(request, beside.requester_role),
        "versions": dict(beside.versions),
        "audit_events": [dict(event) for event in beside.events],
        "not_covered": claims.not_covered(
            verdict, erased_at=run.erased_at.astimezone(UTC), backups_kept=beside.backups_kept
        ),
    }


def place_rows(written: Document) -> list[dict[str, Any]]:
    """A document place by place, for a table: what was found, removed and left."""
    checked = {place["place"]: place for place in written["verdict"]["places"]}
    counted = {place["place"]: place for place in written["places"]}
    return [
        {"found": None, "removed": 0, "status": "", **checked.get(place, {}), **counted.get(place, {})}
        for place in dict.fromkeys([*checked, *counted])
    ]


def _written(certificate: Certificate) -> Document:
    written: Document = json.loads(certificate.document)
    return written


def _signed(request: PrivacyRequest, beside: Beside, earlier: Certificate | None) -> Certificate:
    private, issued_at = signing.signing_key(), timezone.now()
    public_key = signing.public_hex(private)
    text = encoding.canonical_json(document(request, beside, issued_at=issued_at))
    signed = {
        "pk": beside.certificate_id,
        "tenant_digest": request.tenant_digest,
        "document": text,
        "key": signing.fingerprint(public_key),
        "public_key": public_key,
        "signature": private.sign(text.encode()).hex(),  # its format tells it from all else that the key signs
        "issued_at": issued_at,
    }
    with transaction.atomic():
        if earlier:
            earlier.delete()
        certificate, _ = Certificate.objects.get_or_create(request=request, defaults=signed)
        checkpoints.publish_key(public_key, issued_at)
    return certificate


def _beside(request: PrivacyRequest, run: ErasureRun, earlier: Certificate | None, store_label: str) -> Beside:
    wanted = Wanted(tenant=request.tenant_digest, since=request.created_at - OPENING)
    events = search.timeline(wanted, most=MOST_EVENTS)
    return Beside(
        certificate_id=uuid.uuid4(),
        replaces=str(earlier.pk) if earlier else "",
        issuer=settings.MEMADMIN_CONTROLLER,
        removed=ledger.removed(run),
        requester_role=_role(request.requested_by),
        versions={"memadmin": memadmin.__version__, "mem0ai": metadata.version("mem0ai"), "store": store_label},
        events=[{"seq": event.seq, "hash": event.hash, "action": event.action} for event in events],
        backups_kept=timedelta(days=settings.MEMADMIN_BACKUP_DAYS),
    )


def _request(request: PrivacyRequest) -> Document:
    ground = {"code": request.ground, "words": grounds.in_words(request.ground)}
    return {"id": str(request.pk), "kind": request.kind, "ground": ground}


def _times(request: PrivacyRequest, issued_at: datetime) -> Document:
    return {
        "received_on": request.received_on.isoformat(),
        "approved_at": _iso(request.approved_at),
        "started_at": _iso(request.run.started_at),
        "erased_at": _iso(request.run.erased_at),
        "verified_at": request.run.verdict.get("at"),
        "issued_at": _iso(issued_at),
    }


def _memories(request: PrivacyRequest) -> Document:
    """How many, and by digests over their ids whether they were the approved ones."""
    pinned, found = request.pinned_digest, request.run.found_digest
    went_on = bool(found) and found != pinned
    return {"total": request.run.total, "pinned": pinned, "found": found, "went_on_after_change": went_on}


def _places(found: Mapping[str, int], removed: Mapping[str, int]) -> list[Document]:
    places = dict.fromkeys([*claims.PLACES, *found, *removed])
    return [
        {"place": place, "found": found.get(place), "removed": removed.get(place, 0)}
        for place in places
        if place in found or place in removed
    ]


def _verdict(verdict: Mapping[str, Any]) -> Document:
    return {
        "outcome": verdict.get("outcome"),
        "places": [_only(place, "place", "status", "count", "note") for place in verdict.get("places", [])],
        "ids": _only(verdict.get("ids", {}), "looked_up", "found"),
        "ask_back": _only(verdict.get("ask_back", {}), "asked", "found", "note"),
        "neighbours": _only(verdict.get("neighbours", {}), "sampled", "changed", "note"),
        "at": verdict.get("at"),
    }


def _approvals(request: PrivacyRequest, requester_role: str) -> Document:
    asked, approved = request.requested_by_id, request.approved_by_id
    four_eyes = bool(asked and approved and asked != approved)
    return {"requested_by": requester_role, "approved_by": request.approved_role, "four_eyes": four_eyes}


def _only(values: Mapping[str, Any], *names: str) -> Document:
    return {name: values[name] for name in names if name in values}


def _role(staff: Staff | None) -> str:
    """The requester's roles, or "" where it was not a member of staff; no other groups, whose names anybody chose."""
    names = set(staff.groups.values_list("name", flat=True)) if staff else set()
    return ", ".join(role.value for role in Role if role.value in names)


def _iso(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None
