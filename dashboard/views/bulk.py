"""Many erasures from one list: upload, check, confirm, approve as one, watch, report."""

import uuid

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard import audit
from dashboard.access import requires
from dashboard.audit import Action
from dashboard.bulk_forms import BulkApproveForm, BulkConfirmForm, BulkUploadForm, sealed
from dashboard.models import BulkErasure
from dashboard.privacy import bulk
from dashboard.privacy.actors import Actor
from dashboard.privacy.bulk import Rows
from dashboard.privacy.states import NotNow, State
from dashboard.requests import StaffRequest
from dashboard.roles import Right
from dashboard.views.render import page

MOST_SHOWN = 500
"""Rows of each kind on a page."""
NEEDING_SOMEBODY = [State.BLOCKED.value, State.FAILED.value, State.COMPLETED_WITH_RESIDUE.value]


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.ERASE)
def upload_bulk(request: StaffRequest) -> HttpResponse:
    """Take a list and say, row by row, who can be erased; nothing is created yet."""
    if request.method != "POST":
        audit.record(Action.BULK_VIEWED, request=request)
        recent = BulkErasure.objects.all()[:20]
        return page(request, "bulk/upload.html", {"form": BulkUploadForm(), "recent": recent})
    form = BulkUploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return page(request, "bulk/upload.html", {"form": form}, status=400)
    given = {"ground": form.cleaned_data["ground"], "file_name": form.cleaned_data["file"].name[:255]}
    return _checked(request, form.rows, given)


@require_POST
@requires(Right.ERASE)
def open_bulk(request: StaffRequest) -> HttpResponse:
    """Open the requests of a list that was checked and confirmed."""
    form = BulkConfirmForm(request.POST, whose=str(request.user.pk))
    if not form.is_valid():
        problem = " ".join(map(str, form.errors.get("sealed") or ["Confirm that you have looked at both lists."]))
        return page(request, "bulk/upload.html", {"form": BulkUploadForm(), "problem": problem}, status=400)
    given = {name: form.cleaned_data[name] for name in ("ground", "file_name")}
    rows = bulk.check(form.rows)
    if rows.bad:  # since it was shown
        return _checked(request, rows, given, problem="Something has changed since you looked. Look again.")
    try:
        opened = bulk.open_bulk(rows.good, Actor.of(request), **given)
    except NotNow as error:
        return _checked(request, bulk.check(form.rows), given, problem=str(error))
    return redirect("show-bulk", opened.pk)


@require_safe
@requires(Right.ERASE)
def show_bulk(request: StaffRequest, bulk_id: uuid.UUID) -> HttpResponse:
    """How the erasures of one list stand; only numbers are refreshed."""
    found = get_object_or_404(BulkErasure, pk=bulk_id)
    return _show(request, found)


@require_POST
@requires(Right.APPROVE)
def approve_bulk(request: StaffRequest, bulk_id: uuid.UUID) -> HttpResponse:
    """Approve exactly what was previewed, with the number typed; never one's own list."""
    found = get_object_or_404(BulkErasure, pk=bulk_id)
    form = BulkApproveForm(request.POST)
    if not form.is_valid():
        return _show(request, found, form)
    try:
        approved = bulk.approve_bulk(found, Actor.of(request), **form.cleaned_data)
    except NotNow as error:
        form.add_error("count", str(error))
        return _show(request, found, form)
    messages.success(request, f"{approved:,} erasures are approved; the worker carries them out.")
    return redirect("show-bulk", found.pk)


@require_safe
@requires(Right.ERASE)
def download_bulk_report(request: StaffRequest, bulk_id: uuid.UUID) -> StreamingHttpResponse:
    """What became of each request of the list, as CSV; who it was is not in it."""
    found = get_object_or_404(BulkErasure, pk=bulk_id)
    audit.record(Action.BULK_REPORTED, request=request, purpose=str(found.pk))
    name = {"Content-Disposition": f'attachment; filename="bulk-{found.pk}.csv"'}
    return StreamingHttpResponse(bulk.report(found), content_type="text/csv; charset=utf-8", headers=name)


def _checked(request: StaffRequest, rows: Rows, given: dict[str, str], problem: str = "") -> HttpResponse:
    audit.record(Action.BULK_CHECKED, request=request, counts={"good": len(rows.good), "bad": len(rows.bad)})
    context = {
        **given,
        "total": len(rows.good) + len(rows.bad),
        "good": rows.good,
        "bad": rows.bad,
        "most": MOST_SHOWN,
        "sealed": sealed(rows.good, str(request.user.pk)),
        "problem": problem,
    }
    return page(request, "bulk/check.html", context)


def _show(request: StaffRequest, found: BulkErasure, form: BulkApproveForm | None = None) -> HttpResponse:
    if form or not request.htmx:  # the part that is refreshed has numbers only
        audit.record(Action.BULK_VIEWED, request=request, purpose=str(found.pk))
    standing = bulk.standing(found)
    needing = found.requests.filter(state__in=NEEDING_SOMEBODY).order_by("state", "reference")
    context = {
        "bulk": found,
        "standing": standing,
        "states": list(standing.states.items()),
        "needing": needing[:MOST_SHOWN],
        "own": Actor.of(request).is_same_person(found.requested_by, found.requested_label),
        "digest": standing.digest,
        "form": form or BulkApproveForm(),
    }
    return page(request, "bulk/show.html", context, partial="progress", status=400 if form else 200)
