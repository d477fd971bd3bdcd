"""Privacy requests: the queue, a new one, one with everything about it, how far it has come."""

import uuid

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRefresh

from dashboard import audit
from dashboard.access import requires, without_purpose
from dashboard.audit import Action
from dashboard.models import Drill
from dashboard.privacy import listing, opening
from dashboard.privacy.actors import Actor
from dashboard.privacy.codes import Kind
from dashboard.privacy.states import NotNow
from dashboard.privacy_forms import RequestForm
from dashboard.requests import StaffRequest, TenantRequest
from dashboard.roles import Right
from dashboard.views import request_page
from dashboard.views.render import page
from dashboard.your_data import intake

PAGE_SIZE = 50


@require_safe
@requires(Right.PROPOSE)
def list_requests(request: StaffRequest) -> HttpResponse:
    """The queue, most pressing first; or what has ended, newest first."""
    ended = request.GET.get("state") == "ended"
    wanted = listing.ended() if ended else listing.queue()
    shown = Paginator(wanted, PAGE_SIZE).get_page(request.GET.get("page"))
    audit.record(Action.REQUESTS_LISTED, request=request, counts={"shown": len(shown)})
    context = {"shown": shown, "ended": ended, "drill": Drill.objects.first(), "intakes": _intakes()}
    return page(request, "requests/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.PROPOSE)
@without_purpose
def open_request(request: TenantRequest) -> HttpResponse:
    """Take a request in; its clock starts on the day it was received."""
    asked_for = request.GET.get("kind", Kind.ERASURE.value)
    form = RequestForm(request.POST if request.method == "POST" else None, initial={"kind": asked_for})
    if form.is_valid():
        try:
            asked = opening.open_request(request.tenant, Actor.of(request), form.asked())
        except NotNow as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "The request is taken in, and its clock runs. What can be done next is below.")
            return redirect("show-request", asked.pk)
    audit.record(Action.REQUEST_BEGUN, request=request)
    context = {"form": form, "open": listing.open_erasure(request.tenant)}
    return page(request, "requests/new.html", context, status=400 if form.is_bound else 200)


@require_safe
@requires(Right.PROPOSE)
def show_request(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """One request: what is asked, what would go, what was done, and what can be done now."""
    return request_page.show(request, get_object_or_404(listing.to_show(), pk=request_id))


@require_safe
@requires(Right.PROPOSE)
def show_progress(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """How far an erasure has come, in numbers. Where the state has changed, the whole page is due."""
    asked = get_object_or_404(listing.to_show(), pk=request_id)
    if not request.htmx:
        return redirect("show-request", request_id)
    if request.GET.get("state") != asked.state:
        return HttpResponseClientRefresh()
    return page(request, "requests/show.html", request_page.progress_context(asked), partial="progress")


def _intakes() -> int | None:
    """How many ask without an account and belong to nobody yet; None where nobody can ask so."""
    return intake.waiting().count() if settings.MEMADMIN_INTAKE else None
