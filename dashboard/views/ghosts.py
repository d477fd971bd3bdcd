"""Old history that belongs to nobody: how much there is, and its deletion by age."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from dashboard import audit
from dashboard.access import requires
from dashboard.audit import Action
from dashboard.bulk_forms import GhostPurgeForm
from dashboard.models import GhostPurge
from dashboard.privacy import ghost_purges, ghosts
from dashboard.privacy.actors import Actor
from dashboard.privacy.states import NotNow
from dashboard.requests import StaffRequest
from dashboard.roles import Right
from dashboard.views.render import page

MOST_SHOWN = 50


@require_safe
@requires(Right.ERASE)
def list_ghosts(request: StaffRequest) -> HttpResponse:
    """How many ghosts there are, and what was asked for and decided."""
    return _list(request, GhostPurgeForm())


@require_POST
@requires(Right.ERASE)
def ask_for_ghost_purge(request: StaffRequest) -> HttpResponse:
    """Ask for ghosts to be deleted by age; somebody else decides."""
    form = GhostPurgeForm(request.POST)
    if form.is_valid():
        try:
            ghost_purges.ask(form.cleaned_data["before"], Actor.of(request), reason=form.cleaned_data["reason"])
        except NotNow as error:
            form.add_error("before", str(error))
        else:
            messages.success(request, "Asked for. Somebody else with the right to approve has to decide on it.")
            return redirect("list-ghosts")
    return _list(request, form, status=400)


@require_POST
@requires(Right.APPROVE)
def approve_ghost_purge(request: StaffRequest, purge_id: uuid.UUID) -> HttpResponse:
    """Delete them now; never on one's own asking."""
    return _decide(request, purge_id, ghost_purges.approve)


@require_POST
@requires(Right.APPROVE)
def reject_ghost_purge(request: StaffRequest, purge_id: uuid.UUID) -> HttpResponse:
    """They stay; never on one's own asking."""
    return _decide(request, purge_id, ghost_purges.reject)


def _decide(
    request: StaffRequest, purge_id: uuid.UUID, decide: Callable[[GhostPurge, Actor], int | None]
) -> HttpResponse:
    try:
        rows = decide(get_object_or_404(GhostPurge, pk=purge_id), Actor.of(request))
    except NotNow as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Rejected; nothing was deleted." if rows is None else f"{rows:,} rows were deleted.")
    return redirect("list-ghosts")


def _list(request: StaffRequest, form: GhostPurgeForm, status: int = 200) -> HttpResponse:
    found, actor = ghosts.count(), Actor.of(request)
    audit.record(Action.GHOSTS_VIEWED, request=request, counts={"rows": found.rows} if found else None)
    purges: list[tuple[GhostPurge, Any]] = [
        (purge, actor.is_same_person(purge.requested_by, purge.requested_label))
        for purge in GhostPurge.objects.select_related("requested_by")[:MOST_SHOWN]
    ]
    return page(request, "ghosts/list.html", {"found": found, "purges": purges, "form": form}, status=status)
