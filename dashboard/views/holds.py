"""Holds on one person's erasure."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from dashboard import audit
from dashboard.access import requires, without_purpose
from dashboard.audit import Action
from dashboard.models import Hold
from dashboard.privacy import holds
from dashboard.privacy.actors import Actor
from dashboard.privacy.states import NotNow
from dashboard.privacy_forms import HoldForm, ReleaseForm
from dashboard.requests import TenantRequest
from dashboard.roles import Right
from dashboard.views.render import page

MOST_ENDED = 50


@require_safe
@requires(Right.HOLD)
@without_purpose
def list_holds(request: TenantRequest) -> HttpResponse:
    """What stands against erasing this person, and what stood."""
    return _show(request, HoldForm())


@require_POST
@requires(Right.HOLD)
@without_purpose
def place_hold(request: TenantRequest) -> HttpResponse:
    """Block this person's erasure; one that runs stops before its next batch."""
    form = HoldForm(request.POST)
    if not form.is_valid():
        return _show(request, form, status=400)
    try:
        holds.place(request.tenant, Actor.of(request), **form.cleaned_data)
    except NotNow as error:
        form.add_error(None, str(error))
        return _show(request, form, status=400)
    messages.success(request, "The hold stands: nothing of this person is erased until it is released or has expired.")
    return redirect("list-holds", request.tenant.reference)


@require_POST
@requires(Right.HOLD)
@without_purpose
def release_hold(request: TenantRequest, hold_id: uuid.UUID) -> HttpResponse:
    """End a hold; what it blocked goes on."""
    hold = get_object_or_404(Hold, pk=hold_id, tenant=request.tenant)
    form = ReleaseForm(request.POST)
    if not form.is_valid():
        return _show(request, HoldForm(), problem="The reason is too long; the hold stands.", status=400)
    try:
        holds.release(hold, Actor.of(request), reason=form.cleaned_data["reason"])
    except NotNow as error:
        return _show(request, HoldForm(), problem=str(error), status=400)
    messages.success(request, "The hold is released. An erasure that it blocked goes on, unless another hold stands.")
    return redirect("list-holds", request.tenant.reference)


def _show(request: TenantRequest, form: HoldForm, *, problem: str = "", status: int = 200) -> HttpResponse:
    active = list(holds.active(request.tenant))
    before = Hold.objects.filter(tenant=request.tenant).exclude(pk__in=[hold.pk for hold in active])
    audit.record(Action.HOLDS_VIEWED, request=request, counts={"shown": len(active)})
    context = {"form": form, "problem": problem, "active": active, "ended": before[:MOST_ENDED], "most": MOST_ENDED}
    return page(request, "holds/list.html", context, status=status)
