"""Deleting everything of a tenant, and what a deletion did."""

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_safe

from dashboard import audit, erasure, grounds
from dashboard.access import requires
from dashboard.audit import Action
from dashboard.forms import DeleteAllForm
from dashboard.models import AuditEvent
from dashboard.requests import TenantRequest
from dashboard.roles import Right
from dashboard.views.render import page


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.ERASE)
def delete_all_memories(request: TenantRequest) -> HttpResponse:
    """Say what would go, ask for a reason and the typed reference, then delete in every place."""
    form = DeleteAllForm(request.POST or None, tenant=request.tenant)
    if request.method == "POST" and form.is_valid():
        event = erasure.delete_all(request, form.cleaned_data)
        return redirect("show-deletion", request.tenant.reference, event.pk)
    preview = request.memory.residue()
    audit.record(Action.ALL_DELETION_PREVIEWED, request=request, counts=erasure.numbers(preview))
    status = 400 if request.method == "POST" else 200
    return page(request, "deletions/confirm.html", {"form": form, "preview": preview}, status=status)


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
