"""What was asked for: everything to be forgotten, and how each request stands."""

import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from dashboard import audit
from dashboard.access import Visit, for_person
from dashboard.audit import Action
from dashboard.models import PrivacyRequest
from dashboard.privacy import progress
from dashboard.privacy.codes import Channel, Kind
from dashboard.privacy.moving import has_begun
from dashboard.privacy.states import NotNow, State, Verb, allowed
from dashboard.requests import PersonRequest
from dashboard.views.your_data.pages import page
from dashboard.your_data import asking, wording
from dashboard.your_data.acts import Act, Way, way
from dashboard.your_data_forms import ForgetEverythingForm
from memadmin.memory import MemoryScopeError


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
    context = {"form": form, "count": count, "under_way": asking.erasure_under_way(request.person)}
    return page(request, "forget_everything.html", context, status=400 if form.is_bound else 200)


@require_safe
@for_person(Visit.BEGUN)
def show_your_request(request: PersonRequest, request_id: uuid.UUID) -> HttpResponse:
    """How one request stands, truly; what the person can do about it now."""
    asked = _of_this_person(request, request_id)
    audit.record(Action.REQUEST_VIEWED, request=request, purpose=str(asked.pk))
    return page(request, "request.html", _context(asked))


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
    """Have an erasure that stopped with an error go on."""
    try:
        asking.try_again(request, _of_this_person(request, request_id))
    except NotNow:
        return _too_late(request, request_id)
    return redirect("show-your-request", request_id)


def _asked_for(request: PersonRequest, given: dict[str, Any]) -> HttpResponse:
    try:
        asked = asking.forget_everything(request, ground=given["ground"], narrative=given["narrative"])
    except (NotNow, MemoryScopeError):  # open already; or it is now, and staff preview it once the store answers
        asked = get_object_or_404(asking.erasure_under_way(request.person))
    return redirect("show-your-request", asked.pk)


def _of_this_person(request: PersonRequest, request_id: uuid.UUID) -> PrivacyRequest:
    return get_object_or_404(asking.requests_of(request.person), pk=request_id)


def _too_late(request: PersonRequest, request_id: uuid.UUID) -> HttpResponse:
    """The state has changed since the page was shown: show how it stands now."""
    asked = _of_this_person(request, request_id)
    audit.record(Action.REQUEST_VIEWED, request=request, purpose=str(asked.pk), outcome=audit.Outcome.REFUSED)
    return page(request, "request.html", {**_context(asked), "too_late": True}, status=409)


def _context(asked: PrivacyRequest) -> dict[str, Any]:
    state, kind = State(asked.state), Kind(asked.kind)
    return {
        "asked": asked,
        "run": progress.of(asked),
        "live": state in progress.LIVE,
        "can_withdraw": allowed(state, Verb.CANCEL, kind=kind, started=has_begun(asked)),
        "can_try_again": allowed(state, Verb.RESUME, kind=kind),
        "certificate": getattr(asked, "certificate", None),
        "steps": wording.steps(state) if kind is Kind.ERASURE else [],
        "words": asked.narrative if asked.channel == Channel.PERSON else "",  # what staff wrote is not the person's
    }
