"""One memory: its text, veiled, with its history; what is veiled is revealed part by part. Deleting it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from dashboard import audit, erasure
from dashboard.access import requires
from dashboard.audit import Action
from dashboard.forms import DeleteForm
from dashboard.memory_forms import ReasonForm
from dashboard.requests import TenantRequest
from dashboard.roles import Right
from dashboard.templatetags.memories import linked
from dashboard.views.memory_parts import parts_of
from dashboard.views.render import page
from memadmin.memory import Memory

MOST_LATER = 10
"""Memories that go on from the one on the page."""
MOST_CHANGES = 50
"""Changes in the history that are shown unless all are wanted: ``?all=yes``."""


@require_safe
@requires(Right.BROWSE)
def show_memory(request: TenantRequest, memory_id: str) -> HttpResponse:
    """One memory with its history."""
    context = page_context(request, found(request, memory_id))
    audit.record(Action.MEMORY_OPENED, request=request, counts={"shown": 1, "history": len(context["parts"].history)})
    return page(request, "memories/show.html", context)


@require_POST
@requires(Right.BROWSE)
def reveal_part(request: TenantRequest, memory_id: str, part: int) -> HttpResponse:
    """One sensitive part of the text, the metadata or the history; the others stay veiled."""
    context = page_context(request, found(request, memory_id), revealed=part)
    if request.POST.get("seen") != context["parts"].seen:
        audit.record(Action.MEMORY_REVEALED, request=request, outcome=audit.Outcome.REFUSED)
        messages.warning(request, "This memory was changed since you opened it. Nothing was revealed.")
        return _again(request, memory_id)
    shown = context["parts"].revealed()
    if shown is None:
        raise Http404
    audit.record(Action.MEMORY_REVEALED, request=request, counts={shown.part.kind.value: 1})
    return page(request, "memories/show.html", {**context, "shown": shown}, partial="part")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.ERASE)
def delete_memory(request: TenantRequest, memory_id: str) -> HttpResponse:
    """Confirm, then delete one memory from every place."""
    memory, form = request.memory.get(memory_id), DeleteForm(request.POST or None)
    if memory is None:
        return page(request, "memories/gone.html", {}, status=404)
    if request.method == "POST" and form.is_valid():
        event = erasure.delete_memory(request, memory_id, form.cleaned_data)
        return redirect("show-deletion", request.tenant.reference, event.pk)
    audit.record(Action.MEMORY_OPENED, request=request, counts={"shown": 1})
    context = {"memory": memory, "form": form, "changes": len(request.memory.history(memory_id) or [])}
    return page(request, "memories/delete.html", context, status=400 if request.method == "POST" else 200)


def _again(request: TenantRequest, memory_id: str) -> HttpResponse:
    """The page as it is now; htmx would put it into the place of the part."""
    if request.htmx:
        return HttpResponseClientRefresh()
    return redirect("show-memory", request.tenant.reference, memory_id)


def found(request: TenantRequest, memory_id: str) -> Memory:
    """The memory. Raises Http404 if it does not exist or is not this tenant's."""
    if (memory := request.memory.get(memory_id)) is None:
        raise Http404
    return memory


def page_context(
    request: TenantRequest, memory: Memory, *, revealed: int | None = None, form: ReasonForm | None = None
) -> dict[str, Any]:
    """What the page of one memory shows."""
    later, all_changes = _later(request, memory), "all" in request.GET
    history = request.memory.history(memory.id) or []
    return {
        "memory": memory,
        "parts": parts_of(memory, history, most=None if all_changes else MOST_CHANGES, revealed=revealed),
        "all_changes": all_changes,
        "later": later[:MOST_LATER],
        "more_later": len(later) > MOST_LATER,
        "form": form or ReasonForm(),
    }


def _later(request: TenantRequest, memory: Memory) -> list[Memory]:
    """The newest memories that say they go on from this one, one more than is shown if there are more."""
    saying_so = {"linked_memory_ids": {"contains": memory.id}}
    return [
        one for one in request.memory.page(limit=MOST_LATER + 1, filters=saying_so) if memory.id in linked(one.metadata)
    ]
