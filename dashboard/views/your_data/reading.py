"""Everything that is remembered: listed, searched, one by one."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dashboard import audit, sealing
from dashboard.access import Visit, for_person
from dashboard.audit import Action
from dashboard.models import FINAL_STATES
from dashboard.privacy import claims
from dashboard.privacy.claims import Standing
from dashboard.requests import PersonRequest
from dashboard.views.your_data.pages import error, page
from dashboard.your_data import asking
from dashboard.your_data_forms import SearchForm
from memadmin.memory import InvalidCursor, Memory

PAGE_SIZE, MOST_HITS, MOST_ENDED = 25, 20, 5


@require_safe
@for_person(Visit.BEGUN)
def show_your_data(request: PersonRequest) -> HttpResponse:
    """What is remembered, newest first; or that nothing is, and what was erased."""
    standing = _standing(request)
    if request.person.tenant is None:
        audit.record(Action.MEMORIES_PAGED, request=request, counts={"shown": 0})
        return page(request, "nothing.html", {**standing, "looks_again": bool(request.person.sealed_user_id)})
    return _list(request, standing)


@require_POST
@for_person(Visit.WITH_MEMORIES)
def search_your_data(request: PersonRequest) -> HttpResponse:
    """Turn what was typed into an address, sealed for this visit: Back and a reload work, nobody else can read it."""
    form = SearchForm(request.POST)
    if not form.is_valid():
        audit.record(Action.MEMORIES_SEARCHED, request=request, outcome=audit.Outcome.REFUSED)
        return page(request, "search.html", {"form": form}, status=400)
    sealed = sealing.seal([form.cleaned_data["query"]], request.person.pk)
    return redirect(f"{reverse('show-hits')}?q={sealed}")


@require_safe
@for_person(Visit.WITH_MEMORIES)
def show_hits(request: PersonRequest) -> HttpResponse:
    """What is nearest in meaning to a text, best first."""
    try:
        (query,) = sealing.unseal(request.GET.get("q", ""), request.person.pk)
    except sealing.Unreadable:  # of an earlier visit, or altered
        return redirect("show-your-data")
    hits = request.memory.search(query, limit=MOST_HITS, include_expired=True)
    audit.record(Action.MEMORIES_SEARCHED, request=request, counts={"shown": len(hits)})
    form = SearchForm(initial={"query": query})
    return page(request, "search.html", {"form": form, "hits": hits, "query": query, "most": MOST_HITS})


@require_safe
@for_person(Visit.WITH_MEMORIES)
def show_your_memory(request: PersonRequest, memory_id: str) -> HttpResponse:
    """One memory: where it came from, how it changed, and what can be done about it."""
    memory = found(request, memory_id)
    history = request.memory.history(memory_id) or []
    audit.record(Action.MEMORY_OPENED, request=request, counts={"shown": 1, "history": len(history)})
    open_ones = asking.open_about(request.person, memory_id)
    return page(request, "memory.html", {"memory": memory, "history": history, "open_requests": open_ones})


def found(request: PersonRequest, memory_id: str) -> Memory:
    """The memory. Raises Http404 if it does not exist or is not this person's."""
    if (memory := request.memory.get(memory_id)) is None:
        raise Http404
    return memory


def _list(request: PersonRequest, standing: dict[str, Any]) -> HttpResponse:
    cursor = request.GET.get("cursor")
    try:
        memories = request.memory.page(cursor, PAGE_SIZE)
    except InvalidCursor:
        return error(request, 404)
    glance = request.memory.overview()
    audit.record(Action.MEMORIES_PAGED, request=request, counts={"shown": len(memories)})
    context = {**standing, "form": SearchForm(), "memories": memories, "glance": glance, "later": bool(cursor)}
    return page(request, "start.html", context)


def _standing(request: PersonRequest) -> dict[str, Any]:
    """What was asked for, and what came of it: all that is open, and what ended last."""
    asked = asking.requests_of(request.person)
    ended, erased = asked.filter(state__in=FINAL_STATES), asking.last_erasure(request.person)
    found = claims.standing(asking.verdict_of(erased))
    return {
        "requests": [*asked.exclude(state__in=FINAL_STATES), *ended[:MOST_ENDED]],
        "more_ended": ended.count() > MOST_ENDED,
        "certificates": asking.certificates_of(request.person),
        "erased": erased,
        "is_clean": found is Standing.CLEAN,
        "is_left": found is Standing.RESIDUE,
        "under_way": asking.erasure_under_way(request.person).exists(),
    }
