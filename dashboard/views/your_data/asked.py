"""What was asked for: everything to be forgotten, and how each request stands."""

import uuid
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from dashboard import audit
from dashboard.access import Visit, for_person
from dashboard.audit import Action
from dashboard.models import PrivacyRequest
from dashboard.privacy import progress
from dashboard.privacy.codes import Kind
from dashboard.privacy.moving import has_begun
from dashboard.privacy.states import NotNow, State, Verb, allowed
from dashboard.requests import PersonRequest
from dashboard.views.your_data.pages import page
from dashboard.your_data import asking, wording
from dashboard.your_data.acts import Act, Way, way
from dashboard.your_data_forms import ForgetEverythingForm
from memadmin.memory import MemoryScopeError, StoreUnavailable


@require_http_methods(["GET", "HEAD", "POST"])
@for_person(Visit.WITH_MEMORIES)
def forget_everything(request: PersonRequest) -> HttpResponse:
    """Say what would go; then have it erased, or ask for that."""
    if way(Act.FORGET_EVERYTHING) is Way.OFF:
        raise Http404
    form = ForgetEverythingForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _asked_for(request, form.cleaned_data)
    audit.record(Action.OVERVIEW_VIEWED, request=request, counts={"memories": (count := request.memory.count())})
    context = {
        "form": form,
        "count": count,
        "under_way": asking.erasure_under_way(request.person),
        "cooling_off": settings.MEMADMIN_COOLING_OFF_HOURS,
    }
    return page(request, "forget_everything.html", context, status=400 if form.is_bound else 200)


@require_safe
@for_person(Visit.BEGUN)
def show_your_request(request: PersonRequest, request_id: uuid.UUID) -> HttpResponse:
    """How one request stands, truly; what the person can do about it now."""
    asked = _of_this_person(request, request_id)
    audit.record(Action.REQUEST_VIEWED, request=request, purpose=str(asked.pk))
    return page(request, "request.html", {**_context(asked), "is_there": _is_there(request, asked)})


@require_safe
@for_person(Visit.NUMBERS)
def show_your_progress(request: PersonRequest, request_id: uuid.UUID) -> HttpResponse:
    """The part of that page that refreshes. Where the state has changed, the whole page is due."""
    asked = _of_this_person(request, request_id)
    if not request.htmx:
        return redirect("show-your-request", request_id)
    if request.GET.get("state") != asked.state:
        return HttpResponseClientRefresh()
    return page(request, "request.html", _context(asked), partial="progress")


@require_POST
@for_person(Visit.BEGUN)
def withdraw_request(request: PersonRequest, request_id: uuid.UUID) -> HttpResponse:
    """Take a request back, as long as nothing was erased."""
    try:
        asking.withdraw(request, _of_this_person(request, request_id))
    except NotNow:
        return _too_late(request, request_id)
    return redirect("show-your-request", request_id)


@require_POST
@for_person(Visit.BEGUN)
def try_request_again(request: PersonRequest, request_id: uuid.UUID) -> HttpResponse:
    """Have an erasure go on that stopped with an error, or that the store was down for."""
    try:
        asking.try_again(request, _of_this_person(request, request_id))
    except NotNow:
        return _too_late(request, request_id)
    except StoreUnavailable:
        return _stands(request, request_id, {"store_is_down": True}, status=503)
    return redirect("show-your-request", request_id)


def _asked_for(request: PersonRequest, given: dict[str, Any]) -> HttpResponse:
    try:
        asked = asking.forget_everything(request, ground=given["ground"], narrative=given["narrative"])
    except (NotNow, MemoryScopeError):  # open already; or it is now, and staff preview it once the store answers
        asked = get_object_or_404(asking.erasure_under_way(request.person))
    return redirect("show-your-request", asked.pk)


def _of_this_person(request: PersonRequest, request_id: uuid.UUID) -> PrivacyRequest:
    return get_object_or_404(asking.requests_of(request.person), pk=request_id)


def _is_there(request: PersonRequest, asked: PrivacyRequest) -> bool:
    """Whether the one memory that it is about can be looked at."""
    if not asked.memory_id or request.person.tenant is None:
        return False
    try:
        return request.memory.get(asked.memory_id) is not None
    except StoreUnavailable:  # how the request stands is to be read all the same
        return False


def _too_late(request: PersonRequest, request_id: uuid.UUID) -> HttpResponse:
    """The state has changed since the page was shown: show how it stands now."""
    return _stands(request, request_id, {"too_late": True}, status=409)


def _stands(request: PersonRequest, request_id: uuid.UUID, said: dict[str, bool], *, status: int) -> HttpResponse:
    """How the request stands, since what was wanted cannot be done."""
    asked = _of_this_person(request, request_id)
    audit.record(Action.REQUEST_VIEWED, request=request, purpose=str(asked.pk), outcome=audit.Outcome.REFUSED)
    return page(request, "request.html", {**_context(asked), **said}, status=status)


def _context(asked: PrivacyRequest) -> dict[str, Any]:
    state, kind = State(asked.state), Kind(asked.kind)
    return {
        "asked": asked,
        "run": progress.of(asked),
        "live": state in progress.LIVE,
        "can_withdraw": allowed(state, Verb.CANCEL, kind=kind, started=has_begun(asked)),
        "can_try_again": asking.can_try_again(asked),
        "certificate": getattr(asked, "certificate", None),
        "own_withdrawal": asked.decision_reason == asking.WITHDRAWN,
        "steps": wording.steps(state, asking.verdict_of(asked)) if kind is Kind.ERASURE else [],
        "starts_later": state is State.SCHEDULED and asked.scheduled_for and asked.scheduled_for > timezone.now(),
        "words": asking.own_words(asked),
    }
