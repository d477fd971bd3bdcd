"""One tenant's memories as a list: pages, filters, columns, and the overview above them."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dashboard import audit, overview
from dashboard.access import requires
from dashboard.audit import Action
from dashboard.browse_forms import COLUMNS, BrowseForm, ColumnsForm, Narrowing
from dashboard.forms import SearchForm
from dashboard.requests import TenantRequest
from dashboard.roles import Right
from dashboard.views.render import page
from memadmin.memory import StoreUnavailable

PAGE_SIZE = 50


@require_safe
@requires(Right.BROWSE)
def browse_memories(request: TenantRequest) -> HttpResponse:
    """A page of memories, newest first, narrowed to what the address says."""
    form = BrowseForm.of_address(request)
    narrowed = form.narrowing()
    memories = request.memory.page(request.GET.get("cursor"), PAGE_SIZE, **narrowed.both)
    total = request.memory.count(**narrowed.both)
    audit.record(Action.MEMORIES_PAGED, request=request, counts={"shown": len(memories)})
    context = {"memories": memories, "total": total, "later": "cursor" in request.GET}
    return page(request, "memories/browse.html", context | list_context(request, form, narrowed), partial="memories")


@require_POST
@requires(Right.BROWSE)
def filter_memories(request: TenantRequest) -> HttpResponse:
    """Turn what was typed into an address, in which nothing says what is known about the person."""
    form = BrowseForm(request, request.POST)
    if form.is_valid():
        return _list(request, form.narrowing().query)
    unfiltered = BrowseForm.of_address(request).narrowing()
    return page(request, "memories/filter.html", list_context(request, form, unfiltered), status=400)


@require_POST
@requires(Right.BROWSE)
def choose_columns(request: TenantRequest) -> HttpResponse:
    """Keep the choice for this session, and show the list with it."""
    form = ColumnsForm(request.POST)
    if form.is_valid():
        request.session["columns"] = form.cleaned_data["columns"]
    return _list(request, BrowseForm.of_address(request).narrowing().query)


@require_safe
@requires(Right.BROWSE)
def show_overview(request: TenantRequest) -> HttpResponse:
    """One tenant at a glance; the list of memories fetches it for its head."""
    try:
        glance = overview.of(request.tenant, request.memory)
    except StoreUnavailable:
        if not request.htmx:
            raise
        glance = None  # the list below has its own say; it must not go because its head is missing
    outcome = audit.Outcome.DONE if glance else audit.Outcome.FAILED
    counts = {"memories": glance.memories.total} if glance else {}
    audit.record(Action.OVERVIEW_VIEWED, request=request, outcome=outcome, counts=counts)
    context = {"glance": glance, "most": overview.MOST_SHOWN}
    return page(request, "memories/overview.html", context, partial="overview")


def list_context(request: TenantRequest, form: BrowseForm, narrowed: Narrowing) -> dict[str, Any]:
    """What every list of memories shows around itself."""
    return {
        "form": SearchForm(),
        "filter_form": form,
        "narrowed": narrowed,
        "columns": ColumnsForm.chosen(request),
        "all_columns": COLUMNS,
    }


def _list(request: TenantRequest, query: str) -> HttpResponse:
    return redirect(f"{reverse('browse-memories', args=[request.tenant.reference])}{f'?{query}' if query else ''}")
