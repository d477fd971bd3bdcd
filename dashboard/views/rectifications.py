"""Correcting a memory: type the right wording, look at the differences, save, see what was scrubbed."""

import uuid
from collections import Counter
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, resolve_url
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from dashboard import audit, erasure, rectification
from dashboard.access import requires
from dashboard.audit import Action
from dashboard.memory_forms import RectifyForm, SaveForm
from dashboard.models import AuditEvent
from dashboard.requests import TenantRequest
from dashboard.roles import Right
from dashboard.templatetags.memories import shown_parts
from dashboard.views.one_memory import found
from dashboard.views.render import page
from memadmin.memory import Memory


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.RECTIFY)
def rectify_memory(request: TenantRequest, memory_id: str) -> HttpResponse:
    """The wording, to be changed; a POST shows what would change and asks for the reason."""
    memory = found(request, memory_id)
    form = RectifyForm(request.POST if request.method == "POST" else None, kept=memory.text)
    if form.is_valid():
        return _ask_again(request, memory, form.cleaned_data["text"], reason=request.POST.get("reason", ""))
    _record_opening(request, memory)
    context = {"memory": memory, "form": form}
    return _form_page(request, context, status=400 if form.is_bound else 200)


@require_POST
@requires(Right.RECTIFY)
def save_rectification(request: TenantRequest, memory_id: str) -> HttpResponse:
    """Save what was checked; anything else is refused, with the differences of now."""
    memory = found(request, memory_id)
    form = SaveForm(request.POST, kept=memory.text)
    if not form.is_valid():
        _record_opening(request, memory)
        checked = form.cleaned_data.get("text")
        changes = len(request.memory.history(memory_id) or [])
        context = {"memory": memory, "form": form, "checked": checked, "changes": changes}
        return _form_page(request, context, status=400)
    try:
        event = rectification.save(request, memory_id, **form.cleaned_data)
    except rectification.NotAsChecked as error:
        current = found(request, memory_id)
        return _ask_again(request, current, form.cleaned_data["text"], form.cleaned_data["reason"], refusal=str(error))
    result = resolve_url("show-rectification", request.tenant.reference, event.pk)
    return HttpResponseClientRedirect(result) if request.htmx else redirect(result)


@require_safe
@requires(Right.RECTIFY)
def show_rectification(request: TenantRequest, event_id: uuid.UUID) -> HttpResponse:
    """What a correction scrubbed and what the probe found, as the audit log has it."""
    event = get_object_or_404(
        AuditEvent,
        pk=event_id,
        tenant_digest=audit.tenant_digest(request.tenant.user_id),
        action=Action.MEMORY_RECTIFIED,
    )
    audit.record(Action.RECTIFICATION_VIEWED, request=request)
    context = {"event": event, "places": erasure.rows(event.counts, "scrubbed")}
    return page(request, "rectifications/show.html", context)


def _ask_again(request: TenantRequest, memory: Memory, text: str, reason: str, *, refusal: str = "") -> HttpResponse:
    """The differences to the wording of now, with a token to save exactly these."""
    _record_opening(request, memory)
    form = SaveForm(initial={"text": text, "reason": reason, "token": rectification.check(memory, text)})
    changes = len(request.memory.history(memory.id) or [])
    context = {"memory": memory, "form": form, "checked": text, "changes": changes, "refusal": refusal}
    return _form_page(request, context, status=409 if refusal else 200)


def _form_page(request: TenantRequest, context: dict[str, Any], *, status: int) -> HttpResponse:
    """The form; with htmx it changes in place, so that Back never leads to a page that was POSTed."""
    return page(request, "memories/rectify.html", context, partial="correction", status=status)


def _record_opening(request: TenantRequest, memory: Memory) -> None:
    """Whoever edits a wording sees all of it."""
    audit.record(Action.MEMORY_OPENED, request=request, counts={"shown": 1})
    kinds = Counter(part.kind.value for part in shown_parts(memory.text) if part.kind)
    if kinds:
        audit.record(Action.MEMORY_REVEALED, request=request, counts=kinds)
