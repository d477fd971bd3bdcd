"""Rectifying a memory (Art. 16 GDPR): checked, ordered in the audit log, done in every place, probed, recorded."""

import hashlib
from datetime import timedelta
from typing import Any

from django.core import signing
from django.db import transaction

from dashboard import audit, turns
from dashboard.audit import Action
from dashboard.models import AuditEvent
from dashboard.privacy import holds
from dashboard.requests import ScopedRequest
from memadmin.memory import Memory, MemoryScopeError, Rectification, TenantBeingErased

_SALT = "rectification"
CHECKED_FOR = timedelta(hours=8)
"""How long what was checked can be saved."""


class NotAsChecked(Exception):
    """What would be saved is not what was checked; nothing was changed. The message says why."""


def fingerprint(memory: Memory) -> str:
    """Tells whether a memory is still as it was seen: its wording and when it was last changed."""
    return _digest(f"{memory.updated}\n{memory.text}")


def check(memory: Memory, text: str) -> str:
    """A token for saving exactly this: from the memory as it is now to this text."""
    return signing.dumps({"memory": memory.id, "from": fingerprint(memory), "to": _digest(text)}, salt=_SALT)


def save(request: ScopedRequest, memory_id: str, *, text: str, token: str, reason: str) -> AuditEvent:
    """Correct a memory as it was checked; returns the event with the result.

    Of two who save at the same moment, the second is refused.

    Raises:
        NotAsChecked, AuditUnavailable, PermissionDenied (under a hold): nothing was changed.
    """
    holds.refuse_if_held(request.tenant)
    with transaction.atomic():
        turns.take(f"{_SALT} {memory_id}")
        _compare(request.memory.get(memory_id), text, _checked(token, memory_id))
        audit.record(Action.MEMORY_RECTIFICATION_ORDERED, request=request, reason=reason)
        outcome, counts = _carried_out(request, memory_id, text)
        return audit.record(Action.MEMORY_RECTIFIED, request=request, outcome=outcome, counts=counts)


def _checked(token: str, memory_id: str) -> dict[str, str]:
    try:
        checked: dict[str, str] = signing.loads(token, salt=_SALT, max_age=CHECKED_FOR)
    except signing.BadSignature:
        checked = {}
    if checked.get("memory") != memory_id:
        raise NotAsChecked("This was not checked, or too long ago. Look at the differences, then save.")
    return checked


def _compare(memory: Memory | None, text: str, checked: dict[str, str]) -> None:
    if memory is None:
        raise NotAsChecked("Somebody deleted this memory meanwhile. There is nothing left to correct.")
    if fingerprint(memory) != checked["from"]:
        if memory.text == text:
            raise NotAsChecked("This wording is saved already: it was sent twice, or somebody else wrote the same.")
        raise NotAsChecked("Somebody changed this memory since you checked. Compare with what it says now, then save.")
    if _digest(text) != checked["to"]:
        raise NotAsChecked("You changed the wording after the check. Look at the differences again, then save.")


def _carried_out(request: ScopedRequest, memory_id: str, text: str) -> tuple[audit.Outcome, dict[str, Any]]:
    """Correct, also where the store fails on the way: then part may be done."""
    try:
        done = request.memory.rectify(memory_id, text)
    except TenantBeingErased:
        return audit.Outcome.REFUSED, {"outcome": "being erased"}
    except MemoryScopeError as error:
        return audit.Outcome.FAILED, {"outcome": "unknown", "error": type(error).__name__}
    if done is None:
        return audit.Outcome.FAILED, {"outcome": "was not there"}
    return (audit.Outcome.FAILED if done.residue.found else audit.Outcome.DONE), _numbers(done)


def _numbers(done: Rectification) -> dict[str, Any]:
    return {key: value for key, value in done.as_dict().items() if key != "id"}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
