"""Reading the audit log. Reading it is an event too."""

import uuid
from pathlib import Path

from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dashboard import audit
from dashboard.access import requires
from dashboard.audit import export, reading, search
from dashboard.audit.rows import rows_of
from dashboard.audit.search import Wanted
from dashboard.forms import AuditExportForm, AuditFilterForm
from dashboard.requests import StaffRequest
from dashboard.roles import Right
from dashboard.views.render import page

VERIFIER = Path(settings.BASE_DIR) / "memadmin" / "verify_audit_export.py"
LONGEST_TIMELINE = 500


@require_safe
@requires(Right.READ_AUDIT)
def list_audit_events(request: StaffRequest) -> HttpResponse:
    """A page of events, newest first, of those that the URL's filter lets through."""
    form = AuditFilterForm(request.GET)
    if not form.is_valid():
        return page(request, "audit/list.html", {"form": form, "actors": search.actors()}, status=400)
    wanted, position = form.wanted(), form.cleaned_data
    found = search.page(wanted, older_than=position["older"], newer_than=position["newer"])
    audit.record(audit.Action.AUDIT_VIEWED, request=request, digest=wanted.tenant, counts={"shown": len(found.events)})
    context = {
        "form": form,
        "wanted": wanted,
        "query": form.query(),
        "chosen": form.chosen(),
        "found": found,
        "rows": rows_of(found.events),
        "actors": search.actors(),
        "written": reading.last_seq(),
        "left_out": export.left_out(),
    }
    return page(request, "audit/list.html", context)


@require_POST
@requires(Right.READ_AUDIT)
def filter_audit_events(request: StaffRequest) -> HttpResponse:
    """Take the filter; what is typed is POSTed, and only a digest of a user_id goes on."""
    form = AuditFilterForm(request.POST)
    if not form.is_valid():
        return page(request, "audit/list.html", {"form": form, "actors": search.actors()}, status=400)
    return redirect(f"{reverse('list-audit-events')}?{form.query()}")


@require_safe
@requires(Right.READ_AUDIT)
def show_tenant_timeline(request: StaffRequest, digest: str) -> HttpResponse:
    """What was done about one person, oldest first."""
    return _timeline(request, Wanted(tenant=digest), "What was done about one person")


@require_safe
@requires(Right.READ_AUDIT)
def show_request_timeline(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """What one request did, oldest first."""
    return _timeline(request, Wanted(request_id=request_id), "What one request did")


@require_POST
@requires(Right.READ_AUDIT)
def export_audit_events(request: StaffRequest) -> HttpResponse | StreamingHttpResponse:
    """The filtered events with their proof, as a file."""
    form = AuditExportForm(request.POST)
    if not form.is_valid():
        return page(request, "audit/list.html", {"form": form, "actors": search.actors()}, status=400)
    wanted, given = form.wanted(), form.cleaned_data
    audit.record(audit.Action.AUDIT_EXPORTED, request=request, digest=wanted.tenant, counts={"notes": given["notes"]})
    lines = export.lines(wanted, through=export.seal(), with_notes=given["notes"])
    written = export.csv_lines(lines) if given["format"] == "csv" else export.json_lines(lines)
    return StreamingHttpResponse(
        written,
        content_type="text/csv; charset=utf-8" if given["format"] == "csv" else "application/jsonl",
        headers={"Content-Disposition": f'attachment; filename="audit.{given["format"]}"'},
    )


@require_safe
@requires(Right.READ_AUDIT)
def download_audit_verifier(_request: StaffRequest) -> HttpResponse:
    """The script that checks an export, on any machine."""
    name = {"Content-Disposition": f'attachment; filename="{VERIFIER.name}"'}
    return HttpResponse(VERIFIER.read_bytes(), content_type="text/x-python", headers=name)


def _timeline(request: StaffRequest, wanted: Wanted, heading: str) -> HttpResponse:
    events = search.timeline(wanted, most=LONGEST_TIMELINE)
    audit.record(audit.Action.AUDIT_VIEWED, request=request, digest=wanted.tenant, counts={"shown": len(events)})
    context = {"heading": heading, "wanted": wanted, "rows": rows_of(events), "longest": LONGEST_TIMELINE}
    return page(request, "audit/timeline.html", context)
