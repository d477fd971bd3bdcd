"""``record``: the only way into the log."""

import ipaddress
import uuid
from collections.abc import Mapping
from operator import itemgetter
from typing import Any, cast

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from dashboard.audit import notes
from dashboard.audit.actions import Action, ActorKind, Outcome
from dashboard.audit.appending import Written, appender
from dashboard.audit.digests import tenant_digest
from dashboard.audit.encoding import FIELDS, canonical_json, chained, content_hash, from_microseconds, storable
from dashboard.models import AuditEvent, Staff, Tenant
from dashboard.requests import PersonRequest

LONGEST_LABEL = 255
"""Characters kept of an actor's label and of a user agent."""


class AuditUnavailable(Exception):
    """The audit log could not be written; the request must show nothing."""


def record(
    action: Action,
    *,
    request: HttpRequest | None = None,
    actor: str = "",
    kind: ActorKind | None = None,
    tenant: Tenant | None = None,
    digest: str = "",
    outcome: Outcome = Outcome.DONE,
    counts: Mapping[str, Any] | None = None,
    reason: str = "",
    purpose: str = "",
) -> AuditEvent:
    """Append one event and commit it, before anything it speaks of is shown.

    It is a transaction of its own even inside the caller's: a rollback of the caller's removes no event.

    Args:
        action: what was done.
        request: where it came from; gives actor, tenant, address and request id, and is marked as recorded.
        actor: label of who did it, where that is not the request's user: "job: erase", "command: erase".
        kind: what the actor is; default: told from the label and the request.
        tenant: whom it concerns; default the request's. Only a keyed digest of the user_id is kept.
        digest: the same where only the digest is known.
        counts: numbers only, per place or kind. Never memory text or a user_id.
        reason: free text that staff typed; kept encrypted beside the event, can be erased.
        purpose: reference of the grant under which it was done; default the request's.

    Raises:
        AuditUnavailable: the event could not be written, or something else was; the caller must show nothing.
    """
    tenant = tenant or getattr(request, "tenant", None)
    event_id = uuid.uuid4()
    note = notes.seal(event_id, storable(reason)) if reason else None
    row = {
        "id": str(event_id),
        "action": action.value,
        "outcome": outcome.value,
        "actor_kind": (kind or _kind(actor, request)).value,
        "actor_label": storable(actor or _label(request))[:LONGEST_LABEL],
        "tenant_digest": tenant_digest(tenant.user_id) if tenant else digest or _own_digest(request),
        "purpose": purpose or getattr(request, "purpose", ""),
        "counts": canonical_json(counts or {}),
        "commitment": note.commitment if note else "",
        **_origin(request),
    }
    try:
        written = appender.append({**row, "salt": note and note.salt, "sealed": note and note.sealed})
    except Error as error:
        raise AuditUnavailable("The audit log cannot be written, so nothing is shown and nothing was done.") from error
    if written.hash != _expected_hash(row, written):  # somebody replaced the trigger's function
        raise AuditUnavailable("The database chained something else than was sent; run manage.py verify_audit.")
    if request is not None:
        request.audited = True  # type: ignore[attr-defined]  # read by middleware.TenantScope
    return cast(AuditEvent, SimpleLazyObject(lambda: _event(row, written)))  # few callers look at it


_FIELDS = [field.attname for field in AuditEvent._meta.concrete_fields]  # noqa: SLF001 - documented by Django


_sent = itemgetter(*FIELDS[3:])  # after what the database adds: version, seq, at


def _expected_hash(row: dict[str, Any], written: Written) -> str:
    added = (str(written.version), str(written.seq), str(written.at))
    return chained(written.previous_hash, content_hash([*added, *_sent(row)]))


def _event(row: dict[str, Any], written: Written) -> AuditEvent:
    values = {
        **row,
        "id": uuid.UUID(row["id"]),
        "request_id": uuid.UUID(row["request_id"]) if row["request_id"] else None,
        "counts_json": row["counts"],
        "seq": written.seq,
        "version": written.version,
        "at": from_microseconds(written.at),
        "previous_hash": written.previous_hash,
        "hash": written.hash,
    }
    return AuditEvent.from_db(DEFAULT_DB_ALIAS, _FIELDS, [values[name] for name in _FIELDS])


def _own_digest(request: HttpRequest | None) -> str:
    """Of the person who asks, also where nothing is remembered about them any more."""
    person = getattr(request, "person", None)
    return person.tenant_digest if person else ""


def _label(request: HttpRequest | None) -> str:
    if getattr(request, "person", None) is not None:
        return PersonRequest.LABEL
    user = getattr(request, "user", None)
    return user.label if isinstance(user, Staff) else "nobody signed in"


def _kind(actor: str, request: HttpRequest | None) -> ActorKind:
    for kind in (ActorKind.JOB, ActorKind.COMMAND, ActorKind.API):
        if request is None and actor.startswith(kind.value):
            return kind
    if getattr(request, "person", None) is not None:
        return ActorKind.PERSON
    return ActorKind.STAFF if actor or isinstance(getattr(request, "user", None), Staff) else ActorKind.NOBODY


def _origin(request: HttpRequest | None) -> dict[str, Any]:
    if request is None:
        return {"request_id": "", "ip": "", "user_agent": ""}
    return {
        "request_id": str(getattr(request, "request_id", None) or ""),
        "ip": client_address(request),
        "user_agent": storable(request.headers.get("User-Agent", ""))[:LONGEST_LABEL],
    }


def client_address(request: HttpRequest) -> str:
    """Where a request comes from; "" where nobody knows.

    Each trusted proxy appended whom it was asked by; what stands further left, anybody can have made up.
    """
    proxies: int = settings.MEMADMIN_PROXIES
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    behind = _address(forwarded[-proxies].strip()) if 0 < proxies <= len(forwarded) else ""
    return behind or _address(request.META.get("REMOTE_ADDR", ""))


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text.partition("%")[0]))  # without an IPv6 zone, which can be of any length
    except ValueError:
        return ""  # a Unix socket has no address
