"""What is held on one person, as plain values under the names of ``schema.json``."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from dashboard import looks
from dashboard.audit import tenant_digest
from dashboard.exporting.spooling import Entry, Spool
from dashboard.looks import Look
from dashboard.models import PrivacyRequest, Tenant
from dashboard.privacy.moving import has_begun
from dashboard.privacy.states import State
from dashboard.your_data import asking, wording
from memadmin.memory import Change, Memory, ScopedMemory

SCHEMA = "memadmin your-data 1"
"""Goes up when a name or a meaning in ``schema.json`` changes; not when a name is added."""
PROGRESS_EVERY = 500
"""Memories between two words on how far it has come."""

_SLICE = 1_000
"""Memories read at once: as many as a scope gives, for stores other than PostgreSQL list everything for every slice."""

Progress = Callable[[int, int], None]
"""Told memories done and memories in all."""

_EXPLAINED = {State.COMPLETED, State.REFUSED, State.CANCELLED}
"""Where ``decision_reason`` is an answer; of a failure it is what went wrong inside."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Holding:
    """All of it, at one moment."""

    made_at: datetime
    person: Entry | None  # what the directory knows; None once the person was erased
    memories: Spool | None  # newest first; None where there is no scope to read them
    requests: list[Entry]  # newest first
    looks: Spool  # newest first

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self.looks.size + (0 if self.memories is None else self.memories.size)


def gather(
    tenant: Tenant | None, scope: ScopedMemory | None, *, digest: str, progress: Progress | None, until: ExitStack
) -> Holding:
    """Read everything once, in the language that is active.

    Args:
        tenant, scope: whose, and how their memories are read; None for somebody who was erased.
        digest: the person's, where there is no tenant.
        progress: told after every 500 memories, and at the end of the last format.
        until: closes what this opens.

    Raises:
        MemoryScopeError: the store does not answer, or not as it should.
    """
    digest = tenant_digest(tenant.user_id) if tenant else digest
    memories = _spooled(scope, progress or (lambda _done, _total: None)) if scope is not None else None
    if memories is not None:
        until.callback(memories.close)
    seen = Spool(map(look_entry, looks.every(digest)))
    until.callback(seen.close)
    return Holding(
        made_at=timezone.now(),
        person=person_entry(tenant) if tenant else None,
        memories=memories,
        requests=[request_entry(asked) for asked in PrivacyRequest.objects.filter(tenant_digest=digest)],
        looks=seen,
    )


def _spooled(scope: ScopedMemory, progress: Progress) -> Spool:
    meter = _Meter(progress, scope.count())
    memories = Spool((memory_entry(*found) for found in scope.walk(at_once=_SLICE)), meter.step)
    meter.total = len(memories)  # the agent may have written meanwhile
    return memories


class _Meter:
    """Turns readings and writings of memories into memories done: one is when it is in every format."""

    PASSES = 5  # read once, then written as pages, as JSON, and as two tables

    def __init__(self, progress: Progress, total: int) -> None:
        self.total = total
        self._progress, self._steps = progress, 0
        progress(0, total)

    def step(self) -> None:
        self._steps += 1
        done = self._steps // self.PASSES
        if self._steps % (PROGRESS_EVERY * self.PASSES) == 0 or self._steps == self.total * self.PASSES:
            self._progress(done, max(done, self.total))


def memory_entry(memory: Memory, changes: list[Change]) -> Entry:
    """A memory under mem0's names, with its history; whose it is, the whole file says."""
    kept = {name: value for name, value in memory.as_dict().items() if name != "user_id"}
    history = [{name: value for name, value in change.as_dict().items() if name != "memory_id"} for change in changes]
    return {**kept, "history": history}


def person_entry(tenant: Tenant) -> Entry:
    """What the desk's directory knows of the person."""
    return {
        "user_id": tenant.user_id,
        "reference": tenant.reference,
        "email": tenant.email,
        "display_name": tenant.display_name,
        "external_references": sorted(tenant.external_references.values_list("value", flat=True)),
        "first_seen_at": tenant.first_seen_at.isoformat(),
    }


def request_entry(asked: PrivacyRequest) -> Entry:
    """A privacy request: codes for machines, beside them words for people."""
    code = asked.decision_code
    return {
        "id": str(asked.pk),
        "kind": asked.kind,
        "kind_words": str(wording.KINDS.get(asked.kind, asked.kind)),
        "state": asked.state,
        "state_words": str(wording.sentence(asked.state, asked.kind, begun=has_begun(asked))),
        "memory_id": asked.memory_id or None,
        "narrative": asking.own_words(asked) or None,
        "received_on": asked.received_on.isoformat(),
        "due_on": asked.due_on.isoformat() if asked.due_on else None,
        "ended_at": asked.ended_at.isoformat() if asked.ended_at else None,
        "decision_code": code or None,
        "decision_words": str(wording.REASONS.get(code, code)) or None,
        "decision_reason": _answer(asked) or None,
        "extension_reason": asked.extension_reason or None,
        "ticket": asked.ticket or None,
    }


def _answer(asked: PrivacyRequest) -> str:
    """What staff answered, in their words; or that the person took it back, in the language of the copy."""
    if asked.decision_reason == asking.WITHDRAWN:
        return _("You have withdrawn this.")
    return asked.decision_reason if asked.state in _EXPLAINED else ""


def look_entry(look: Look) -> Entry:
    """One entry of who looked."""
    return {
        "number": look.seq,
        "at": look.at.isoformat(),
        "who": look.who,
        "what": look.words,
        "ticket": look.ticket or None,
    }
