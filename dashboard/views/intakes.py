"""Requests without an account that belong to nobody yet: the address is proved, and no one person has it."""

import uuid

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from dashboard import audit
from dashboard.access import requires
from dashboard.audit import Action
from dashboard.finding import find_tenants
from dashboard.forms import WhoseIntakeForm
from dashboard.models import Intake, Tenant
from dashboard.privacy.actors import Actor
from dashboard.privacy.states import NotNow
from dashboard.privacy_forms import CloseIntakeForm
from dashboard.requests import StaffRequest
from dashboard.roles import Right
from dashboard.views.render import page
from dashboard.your_data import intake

PAGE_SIZE = 50
_NAME = "name"  # how finding.py says that somebody is found by a name, which may be anybody's


@require_safe
@requires(Right.PROPOSE)
def list_intakes(request: StaffRequest) -> HttpResponse:
    """What waits for somebody to find out whose it is, oldest first."""
    return _list(request)


@require_POST
@requires(Right.PROPOSE)
def route_intake(request: StaffRequest, intake_id: uuid.UUID) -> HttpResponse:
    """Make it the request of the one person whom what was typed fits."""
    asked, form = get_object_or_404(intake.waiting(), pk=intake_id), WhoseIntakeForm(request.POST)
    tenant = _found(request, form) if form.is_valid() else None
    if tenant is None:
        return _list(request, about=asked, form=form)
    try:
        made = intake.route(asked, tenant, Actor.of(request))
    except NotNow as error:
        form.add_error(None, str(error))
        return _list(request, about=asked, form=form)
    messages.success(
        request, "This is now a request of that person. Its clock runs from the day the address was proved."
    )
    return redirect("show-request", made.pk)


@require_POST
@requires(Right.PROPOSE)
def close_intake(request: StaffRequest, intake_id: uuid.UUID) -> HttpResponse:
    """It was answered; nobody here is meant."""
    asked, form = get_object_or_404(intake.waiting(), pk=intake_id), CloseIntakeForm(request.POST)
    if not form.is_valid():
        return _list(request, about=asked, form=form)
    try:
        intake.close(asked, Actor.of(request), note=form.cleaned_data["note"])
    except NotNow as error:
        form.add_error(None, str(error))
        return _list(request, about=asked, form=form)
    messages.success(request, "Closed. The e-mail address and what was written are deleted.")
    return redirect("list-intakes")


def _found(request: StaffRequest, form: WhoseIntakeForm) -> Tenant | None:
    """The one tenant; whoever else was looked up so is on record, as in the look-up box."""
    typed = form.cleaned_data["person"]
    exact = [match.tenant for match in find_tenants(typed).exact if match.by != _NAME]
    counts = {"exact": len(exact)}
    if not exact:  # then what was typed is not kept: no erasure would find it
        audit.record(Action.TENANT_LOOKED_UP, request=request, counts=counts)
    for tenant in exact:
        digest = audit.tenant_digest(tenant.user_id)
        audit.record(Action.TENANT_LOOKED_UP, request=request, digest=digest, counts=counts, reason=typed)
    if len(exact) == 1:
        return exact[0]
    form.add_error(
        "person", f"That fits {len(exact)} people. Type the desk reference." if exact else "That fits nobody."
    )
    return None


def _list(request: StaffRequest, *, about: Intake | None = None, form: forms.Form | None = None) -> HttpResponse:
    shown = Paginator(intake.waiting(), PAGE_SIZE).get_page(request.GET.get("page"))
    audit.record(Action.INTAKES_VIEWED, request=request, counts={"shown": len(shown)})
    rows = [(asked, intake.due_on(asked), *_forms(asked, form if asked == about else None)) for asked in shown]
    context = {"shown": shown, "rows": rows, "form": form}
    return page(request, "intakes/list.html", context, status=400 if form else 200)


def _forms(asked: Intake, bound: forms.Form | None) -> tuple[forms.Form, forms.Form]:
    """To route one and to close it, with ids of their own on the page; one of them may have been sent."""
    route: forms.Form = WhoseIntakeForm(auto_id=f"{asked.pk}-%s")
    close: forms.Form = CloseIntakeForm(auto_id=f"{asked.pk}-%s")
    if bound is not None:
        bound.auto_id = f"{asked.pk}-%s"
    return (
        bound if isinstance(bound, WhoseIntakeForm) else route,
        bound if isinstance(bound, CloseIntakeForm) else close,
    )
