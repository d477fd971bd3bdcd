"""Finding one fact among a tenant's memories: by a text, or by another memory."""

from typing import Any

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from dashboard import audit
from dashboard.access import requires
from dashboard.audit import Action
from dashboard.browse_forms import NOTHING, BrowseForm
from dashboard.forms import SearchForm
from dashboard.requests import TenantRequest
from dashboard.roles import Right
from dashboard.views.browsing import list_context, refused, whole_list
from dashboard.views.render import page

MOST_HITS = 20


@require_POST
@requires(Right.SEARCH)
def search_memories(request: TenantRequest) -> HttpResponse:
    """What is nearest in meaning to a text, best first, expired ones included and marked; without a text, the list."""
    filters, form = BrowseForm.of_address(request), SearchForm(request.POST)
    if not filters.is_valid():
        return refused(request, filters)
    narrowed = filters.narrowing()
    if form.is_empty:
        return whole_list(request, narrowed)
    context: dict[str, Any] = {**list_context(request, filters, narrowed), "form": form, "most": MOST_HITS}
    if not form.is_valid():
        audit.record(Action.MEMORIES_SEARCHED, request=request, outcome=audit.Outcome.REFUSED)
        return page(request, "memories/search.html", context, partial="hits", status=400)
    wanted = form.cleaned_data
    hits = request.memory.search(
        wanted["query"], limit=MOST_HITS, threshold=wanted["threshold"], include_expired=True, **narrowed.both
    )
    audit.record(Action.MEMORIES_SEARCHED, request=request, counts={"shown": len(hits)}, reason=wanted["query"])
    return page(request, "memories/search.html", context | {"hits": hits, **wanted}, partial="hits")


@require_safe
@requires(Right.SEARCH)
def show_similar(request: TenantRequest, memory_id: str) -> HttpResponse:
    """What is nearest in meaning to one memory, best first."""
    memory = request.memory.get(memory_id)
    hits = request.memory.similar(memory_id, MOST_HITS, include_expired=True)
    if memory is None or hits is None:
        raise Http404
    audit.record(Action.MEMORIES_SEARCHED, request=request, counts={"shown": len(hits)})
    context = list_context(request, BrowseForm(request), NOTHING)
    return page(request, "memories/similar.html", {**context, "memory": memory, "hits": hits, "most": MOST_HITS})
