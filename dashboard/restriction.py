"""Restricting a memory (Art. 18 GDPR): hidden from the agent until it is lifted; ordered and done on record."""

from collections.abc import Callable

from dashboard import audit
from dashboard.audit import Action
from dashboard.requests import ScopedRequest
from memadmin.memory import Memory, MemoryScopeError


def restrict(request: ScopedRequest, memory_id: str, *, reason: str) -> Memory | None:
    """Hide a memory from the agent; None if it was deleted meanwhile.

    Raises:
        AuditUnavailable: nothing was done. MemoryScopeError: the event says that it failed.
    """
    audit.record(Action.MEMORY_RESTRICTION_ORDERED, request=request, reason=reason)
    return _carry_out(Action.MEMORY_RESTRICTED, request, lambda: request.memory.restrict(memory_id))


def lift(request: ScopedRequest, memory_id: str, *, reason: str) -> Memory | None:
    """Give a memory back to the agent, with the expiry that it had; None and errors as in :func:`restrict`."""
    audit.record(Action.RESTRICTION_LIFT_ORDERED, request=request, reason=reason)
    return _carry_out(Action.RESTRICTION_LIFTED, request, lambda: request.memory.lift(memory_id))


def _carry_out(action: Action, request: ScopedRequest, act: Callable[[], Memory | None]) -> Memory | None:
    try:
        memory = act()
    except MemoryScopeError as error:
        audit.record(action, request=request, outcome=audit.Outcome.FAILED, counts={"error": type(error).__name__})
        raise
    outcome = audit.Outcome.FAILED if memory is None else audit.Outcome.DONE
    audit.record(action, request=request, outcome=outcome, counts={"memories": int(memory is not None)})
    return memory
