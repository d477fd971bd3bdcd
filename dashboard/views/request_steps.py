"""The steps of a privacy request: each a POST, each one function of ``dashboard.privacy``.

Every view declares the right of its transition in ``privacy/states.py``; the function asks for it again.
"""

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from dashboard.access import requires
from dashboard.models import PrivacyRequest
from dashboard.privacy import approving, deadlines, listing, opening, previewing
from dashboard.privacy.actors import Actor
from dashboard.privacy.states import NotNow
from dashboard.requests import StaffRequest
from dashboard.roles import Right
from dashboard.views import offers, request_page

Step = Callable[..., PrivacyRequest]


@require_POST
@requires(Right.PROPOSE)
def submit_erasure(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """Preview, pin, and ask for approval."""
    return _take(request, request_id, "submit-erasure", previewing.submit)


@require_POST
@requires(Right.PROPOSE)
def preview_erasure(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """Look again what would go, and pin that."""
    return _take(request, request_id, "preview-erasure", previewing.preview)


@require_POST
@requires(Right.APPROVE)
def approve_erasure(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """Approve exactly what was previewed, with the reference typed; never one's own request."""
    return _take(request, request_id, "approve-erasure", approving.approve)


@require_POST
@requires(Right.REFUSE)
def refuse_request(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """Refuse, with article and reason; never one's own request."""
    return _take(request, request_id, "refuse-request", approving.refuse)


@require_POST
@requires(Right.REFUSE)
def cancel_request(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """Withdraw it before anything was erased."""
    return _take(request, request_id, "cancel-request", approving.cancel)


@require_POST
@requires(Right.ERASE)
def resume_erasure(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """Have the worker go on."""
    return _take(request, request_id, "resume-erasure", approving.resume)


@require_POST
@requires(Right.PROPOSE)
def doubt_identity(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """Reasonable doubt: the clock stands."""
    return _take(request, request_id, "doubt-identity", deadlines.doubt_identity)


@require_POST
@requires(Right.PROPOSE)
def confirm_identity(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """The doubt is gone: the clock goes on."""
    return _take(request, request_id, "confirm-identity", deadlines.confirm_identity)


@require_POST
@requires(Right.APPROVE)
def extend_deadline(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """The one lawful extension."""
    return _take(request, request_id, "extend-deadline", deadlines.extend)


@require_POST
@requires(Right.APPROVE)
def fulfil_request(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """Close a request of another kind than erasure."""
    return _take(request, request_id, "fulfil-request", opening.fulfil)


def _take(request: StaffRequest, request_id: uuid.UUID, name: str, step: Step) -> HttpResponse:
    """Take one step with what was typed; or show the page again, with the reason why not."""
    asked = get_object_or_404(listing.to_show(), pk=request_id)
    form = offers.form_of(name, asked, request.POST)
    if not form.is_valid():
        problem = "Nothing was done. Correct what is marked below."
        return request_page.show(request, asked, sent=(name, form), problem=problem, status=400)
    try:
        moved = step(asked, Actor.of(request), **form.cleaned_data)
    except NotNow as error:
        now = listing.to_show().get(pk=request_id)
        return request_page.show(request, now, sent=(name, form.anew(now)), problem=str(error), status=400)
    messages.success(request, offers.done(name, moved))
    return redirect("show-request", request_id)
