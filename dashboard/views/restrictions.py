"""Hiding a memory from the agent, and giving it back."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from dashboard import audit, restriction
from dashboard.access import requires
from dashboard.audit import Action
from dashboard.memory_forms import ReasonForm
from dashboard.requests import TenantRequest
from dashboard.roles import Right
from dashboard.views.one_memory import found, page_context
from dashboard.views.render import page
from memadmin.memory import Memory

RESTRICTED = "The agent does not get this memory any more. Tell the person before you lift the restriction."
LIFTED = "The restriction is lifted: the agent gets this memory again, unless it has expired."


@require_POST
@requires(Right.RECTIFY)
def restrict_memory(request: TenantRequest, memory_id: str) -> HttpResponse:
    """Hide it from the agent until the restriction is lifted."""
    return _act(request, memory_id, restriction.restrict, RESTRICTED)


@require_POST
@requires(Right.RECTIFY)
def lift_restriction(request: TenantRequest, memory_id: str) -> HttpResponse:
    """Give it back to the agent."""
    return _act(request, memory_id, restriction.lift, LIFTED)


def _act(request: TenantRequest, memory_id: str, act: Callable[..., Memory | None], done: str) -> HttpResponse:
    memory, form = found(request, memory_id), ReasonForm(request.POST)
    if not form.is_valid():
        audit.record(Action.MEMORY_OPENED, request=request, counts={"shown": 1})
        return page(request, "memories/show.html", page_context(request, memory, form=form), status=400)
    if act(request, memory_id, reason=form.cleaned_data["reason"]) is None:
        raise Http404
    messages.success(request, done)
    return redirect("show-memory", request.tenant.reference, memory_id)
