"""One tenant's memories as a list: pages, filters, columns, and the overview above them."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import replace_url

from dashboard import audit, overview
from dashboard.access import requires
from dashboard.audit import Action
from dashboard.browse_forms import COLUMNS, LONGEST_QUERY, NOTHING, BrowseForm, ColumnsForm, Narrowing
from dashboard.forms import SearchForm
from dashboard.requests import TenantRequest
from dashboard.roles import Right
from dashboard.views.render import page
from memadmin.memory import InvalidCursor, StoreUnavailable

PAGE_SIZE = 50
SEARCH_FORM = "search"
"""Id of the search form; htmx says with it who asks."""
SEALED = "q"
"""Parameter of the address, and field of the forms beside a search, that carries it."""


@require_safe
@requires(Right.BROWSE)
def browse_memories(request: TenantRequest) -> HttpResponse:
    """A page of memories, newest first, narrowed to what the address says."""
    form = BrowseForm.of_address(request)
    if not form.is_valid():
        return refused(request, form)
    narrowed = form.narrowing()
    try:
        memories = request.memory.page(request.GET.get("cursor"), PAGE_SIZE, **narrowed.both)
    except InvalidCursor:
        return refused(request, form, narrowed)
    total = request.memory.count(**narrowed.both)
    audit.record(Action.MEMORIES_PAGED, request=request, counts={"shown": len(memories)})
    emptied = request.htmx and request.htmx.trigger == SEARCH_FORM
    context = {"memories": memories, "total": total, "later": "cursor" in request.GET, "emptied": emptied}
    answer = page(request, "memories/browse.html", context | list_context(request, form, narrowed), partial="memories")
    return replace_url(answer, request.get_full_path()) if emptied else answer


@require_POST
@requires(Right.BROWSE)
def filter_memories(request: TenantRequest) -> HttpResponse:
    """Turn what was typed into an address, in which nothing says what is known about the person.

    It is that of the list, or of the search that the form stands beside.
    """
    form = BrowseForm(request, request.POST)
    if form.is_valid():
        return narrowed_list(request, form.narrowing(), searched(request))
    return page(request, "memories/filter.html", list_context(request, form, NOTHING), status=400)


@require_POST
@requires(Right.BROWSE)
def choose_columns(request: TenantRequest) -> HttpResponse:
    """Keep the choice for this session, and show the list with it, or the search."""
    form = ColumnsForm(request.POST)
    if form.is_valid():
        request.session["columns"] = form.cleaned_data["columns"]
    filters = BrowseForm.of_address(request)
    return narrowed_list(request, filters.narrowing() if filters.is_valid() else NOTHING, searched(request))


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


def list_context(request: TenantRequest, form: BrowseForm, narrowed: Narrowing, sealed: str = "") -> dict[str, Any]:
    """What every list of memories shows around itself.

    Args:
        sealed: the search on the page; "" for the one that the request says.
    """
    sealed = sealed or searched(request)
    return {
        "form": SearchForm(),
        "search_form": SEARCH_FORM,
        "filter_form": form,
        "narrowed": narrowed,
        "chips": [(chip.words, _address(request, chip.without, sealed)) for chip in narrowed.chips],
        "unfiltered": _address(request, "", sealed),
        "searched": sealed,
        "has_address": fits(narrowed.query, sealed),
        "columns": ColumnsForm.chosen(request),
        "all_columns": COLUMNS,
    }


def refused(request: TenantRequest, form: BrowseForm, narrowed: Narrowing = NOTHING) -> HttpResponse:
    """An address that makes no sense: what is wrong with it, and the way on. Nothing of the list is shown.

    Args:
        narrowed: what the list is narrowed to where only the place in it is wrong.
    """
    return page(request, "memories/refused.html", list_context(request, form, narrowed), status=400)


def searched(request: TenantRequest) -> str:
    """The search on the page, sealed; "" for none."""
    return (request.POST if request.method == "POST" else request.GET).get(SEALED, "")


def fits(query: str, sealed: str) -> bool:
    """Whether there is an address for a search in a narrowed list; what is longer is shown without one."""
    return len(query) + len(sealed) <= LONGEST_QUERY


def narrowed_list(request: TenantRequest, narrowed: Narrowing, sealed: str = "") -> HttpResponse:
    """Lead to the first page of the list, or to a search; to the list, and say so, where both have no address.

    Args:
        sealed: the search, see ``searching.py``; that page goes on to the list if it cannot read it.
    """
    if not fits(narrowed.query, sealed):
        messages.warning(request, "The search was too long to be kept. Search again in this list.")
    return redirect(_address(request, narrowed.query, sealed))


def _address(request: TenantRequest, query: str, sealed: str) -> str:
    """Of a list, narrowed by a query, or of a search in it if it fits into an address."""
    sealed = sealed if fits(query, sealed) else ""
    path = reverse("show-matches" if sealed else "browse-memories", args=[request.tenant.reference])
    parts = [part for part in (query, urlencode({SEALED: sealed}) if sealed else "") if part]
    return f"{path}?{'&'.join(parts)}" if parts else path
