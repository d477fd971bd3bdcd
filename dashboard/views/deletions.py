"""Deleting several memories; what a deletion did: of one, of several, or, before privacy requests, of everything."""

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dashboard import audit, chosen, erasure, grounds
from dashboard.access import requires
from dashboard.audit import Action
from dashboard.forms import DeleteForm
from dashboard.memory_forms import SelectionForm
from dashboard.models import AuditEvent
from dashboard.requests import TenantRequest
from dashboard.roles import Right
from dashboard.views.render import page


@require_POST
@requires(Right.ERASE)
def check_deletion(request: TenantRequest) -> HttpResponse:
    """Keep what was ticked in a list, and lead to a page that shows it: Back and a reload work."""
    selection = SelectionForm(request.POST)
    if not selection.is_valid():
        messages.warning(request, str(selection.errors["ids"][0]))
        return redirect("browse-memories", request.tenant.reference)
    return redirect(_page_of(request, chosen.keep(request, selection.cleaned_data["ids"])))


@require_safe
@requires(Right.ERASE)
def show_chosen(request: TenantRequest) -> HttpResponse:
    """What was ticked in a list, before it goes."""
    selection = SelectionForm({"ids": chosen.kept(request, request.GET.get("chosen", ""))})
    if not selection.is_valid():
        messages.warning(request, str(selection.errors["ids"][0]))
        return redirect("browse-memories", request.tenant.reference)
    return _ask(request, selection, DeleteForm(), request.GET["chosen"])


@require_POST
@requires(Right.ERASE)
def delete_memories(request: TenantRequest) -> HttpResponse:
    """Delete what was confirmed from every place, each on record by itself."""
    selection, form = SelectionForm(request.POST), DeleteForm(request.POST)
    if not selection.is_valid():
        messages.warning(request, str(selection.errors["ids"][0]))
        return redirect("browse-memories", request.tenant.reference)
    if not form.is_valid():
        return _ask(request, selection, form, chosen.keep(request, selection.cleaned_data["ids"]))
    event = erasure.delete_memories(request, selection.cleaned_data["ids"], form.cleaned_data)
    chosen.drop(request, selection.cleaned_data["ids"])
    return redirect("show-deletion", request.tenant.reference, event.pk)


def _page_of(request: TenantRequest, name: str) -> str:
    """Where a selection is shown before it goes."""
    return f"{reverse('show-chosen', args=[request.tenant.reference])}?{urlencode({'chosen': name})}"


def _ask(request: TenantRequest, selection: SelectionForm, form: DeleteForm, name: str) -> HttpResponse:
    """The confirmation page. What is not this tenant's, or gone, is left out.

    Args:
        name: of the selection, under which the page can be opened again.
    """
    found = [memory for memory in map(request.memory.get, selection.cleaned_data["ids"]) if memory]
    if not found:
        messages.warning(request, "None of these memories is there any more. Nothing was deleted.")
        return redirect("browse-memories", request.tenant.reference)
    audit.record(Action.MEMORIES_DELETION_VIEWED, request=request, counts={"shown": len(found)})
    gone = len(selection.cleaned_data["ids"]) - len(found)
    context = {"memories": found, "gone": gone, "form": form, "here": _page_of(request, name)}
    return page(request, "deletions/check.html", context, status=400 if form.is_bound else 200)


@require_safe
@requires(Right.ERASE)
def show_deletion(request: TenantRequest, event_id: uuid.UUID) -> HttpResponse:
    """What a deletion removed and what a scan found afterwards, as the audit log has it."""
    event = get_object_or_404(
        AuditEvent,
        pk=event_id,
        tenant_digest=audit.tenant_digest(request.tenant.user_id),
        action__in=erasure.DELETED,
    )
    audit.record(Action.DELETION_VIEWED, request=request)
    context = {
        "event": event,
        "ground": grounds.in_words(event.counts.get("ground", "")),
        "places": erasure.rows(event.counts),
    }
    return page(request, "deletions/show.html", context)
