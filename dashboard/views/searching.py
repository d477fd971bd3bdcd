"""Finding one fact among a tenant's memories: by a text, or by another memory."""

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import push_url, replace_url

from dashboard import audit, sealing
from dashboard.access import requires
from dashboard.audit import Action
from dashboard.browse_forms import NOTHING, BrowseForm
from dashboard.forms import SearchForm
from dashboard.requests import TenantRequest
from dashboard.roles import Right
from dashboard.templatetags.browsing import decimals
from dashboard.views.browsing import fits, list_context, narrowed_list, refused, searched
from dashboard.views.render import page

MOST_HITS = 20


@require_POST
@requires(Right.SEARCH)
def search_memories(request: TenantRequest) -> HttpResponse:
    """Turn what was typed into an address, sealed for this reader: Back and a reload work; without a text, the list."""
    filters, form = BrowseForm.of_address(request), SearchForm(request.POST)
    if not filters.is_valid():
        return refused(request, filters)
    narrowed = filters.narrowing()
    if form.is_empty:
        return narrowed_list(request, narrowed)
    if not form.is_valid():
        audit.record(Action.MEMORIES_SEARCHED, request=request, outcome=audit.Outcome.REFUSED)
        context = {**list_context(request, filters, narrowed), "form": form}
        return page(request, "memories/search.html", context, partial="hits", status=400)
    sealed = sealing.seal([form.cleaned_data["query"], decimals(form.cleaned_data["threshold"])], *_readers(request))
    if not fits(narrowed.query, sealed):
        return _found(request, filters, form, sealed)
    return narrowed_list(request, narrowed, sealed)


@require_safe
@requires(Right.SEARCH)
def show_matches(request: TenantRequest) -> HttpResponse:
    """What is nearest in meaning to a text, best first, expired ones included and marked."""
    filters = BrowseForm.of_address(request)
    if not filters.is_valid():
        return refused(request, filters)
    try:
        query, threshold = sealing.unseal(searched(request), *_readers(request))
    except sealing.Unreadable:  # somebody else's, or altered
        return narrowed_list(request, filters.narrowing())
    answer = _found(request, filters, SearchForm({"query": query, "threshold": threshold}), searched(request))
    return _with_address(request, answer) if request.htmx else answer


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


def _found(request: TenantRequest, filters: BrowseForm, form: SearchForm, sealed: str) -> HttpResponse:
    form.is_valid()  # it was when it was sealed
    narrowed, wanted = filters.narrowing(), form.cleaned_data
    hits = request.memory.search(
        wanted["query"], limit=MOST_HITS, threshold=wanted["threshold"], include_expired=True, **narrowed.both
    )
    audit.record(Action.MEMORIES_SEARCHED, request=request, counts={"shown": len(hits)}, reason=wanted["query"])
    around = {**list_context(request, filters, narrowed, sealed), "form": form, "most": MOST_HITS}
    return page(request, "memories/search.html", {**around, "hits": hits, **wanted}, partial="hits")


def _with_address(request: TenantRequest, answer: HttpResponse) -> HttpResponse:
    """Put the search into the address bar: a new step for Back, or in place of the search that is there."""
    shown = (request.htmx.current_url_abs_path or "").partition("?")[0]
    place = replace_url if shown == request.path else push_url
    return place(answer, request.get_full_path())


def _readers(request: TenantRequest) -> tuple[object, ...]:
    return "search", request.user.pk, request.tenant
