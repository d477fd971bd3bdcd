"""One tenant's memories: browse, search, one with its history, delete one."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard import audit, erasure
from dashboard.access import requires
from dashboard.audit import Action
from dashboard.forms import DeleteForm, SearchForm
from dashboard.requests import TenantRequest
from dashboard.roles import Right
from dashboard.views.render import page

PAGE_SIZE = 50
MOST_HITS = 20


@require_safe
@requires(Right.BROWSE)
def browse_memories(request: TenantRequest) -> HttpResponse:
    """A page of memories, newest first."""
    memories = request.memory.page(request.GET.get("cursor"), PAGE_SIZE)
    total = request.memory.count()
    audit.record(Action.MEMORIES_PAGED, request=request, counts={"shown": len(memories)})
    context = {"memories": memories, "total": total, "form": SearchForm(), "later": "cursor" in request.GET}
    return page(request, "memories/browse.html", context, partial="memories")


@require_POST
@requires(Right.SEARCH)
def search_memories(request: TenantRequest) -> HttpResponse:
    """What is nearest in meaning to a text, best first, expired ones included and marked."""
    form = SearchForm(request.POST)
    context: dict[str, Any] = {"form": form, "most": MOST_HITS}
    if not form.is_valid():
        audit.record(Action.MEMORIES_SEARCHED, request=request, outcome=audit.Outcome.REFUSED)
        return page(request, "memories/search.html", context, partial="hits", status=400)
    context["hits"] = request.memory.search(form.cleaned_data["query"], limit=MOST_HITS, include_expired=True)
    audit.record(
        Action.MEMORIES_SEARCHED,
        request=request,
        counts={"shown": len(context["hits"])},
        reason=form.cleaned_data["query"],
    )
    return page(request, "memories/search.html", context, partial="hits")


@require_safe
@requires(Right.BROWSE)
def show_memory(request: TenantRequest, memory_id: str) -> HttpResponse:
    """One memory with its history."""
    if (memory := request.memory.get(memory_id)) is None:
        raise Http404
    history = request.memory.history(memory_id) or []
    audit.record(Action.MEMORY_OPENED, request=request, counts={"shown": 1, "history": len(history)})
    return page(request, "memories/show.html", {"memory": memory, "history": history})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.ERASE)
def delete_memory(request: TenantRequest, memory_id: str) -> HttpResponse:
    """Confirm, then delete one memory from every place."""
    if (memory := request.memory.get(memory_id)) is None:
        raise Http404
    form = DeleteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        event = erasure.delete_memory(request, memory_id, form.cleaned_data)
        return redirect("show-deletion", request.tenant.reference, event.pk)
    audit.record(Action.MEMORY_OPENED, request=request, counts={"shown": 1})
    status = 400 if request.method == "POST" else 200
    return page(request, "memories/delete.html", {"memory": memory, "form": form}, status=status)
