"""What the watch rules point out to the privacy officer."""

import uuid

from django.db import transaction
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from dashboard import audit
from dashboard.access import requires
from dashboard.audit import watch
from dashboard.models import Flag
from dashboard.requests import StaffRequest
from dashboard.roles import Right
from dashboard.views.render import page

MOST_SHOWN = 100


@require_safe
@requires(Right.READ_AUDIT)
def list_flags(request: StaffRequest) -> HttpResponse:
    """Unreviewed flags first, then the newest of the others."""
    flags = list(Flag.objects.order_by(F("reviewed_at").asc(nulls_first=True), "-since")[:MOST_SHOWN])
    audit.record(audit.Action.FLAGS_VIEWED, request=request, counts={"shown": len(flags)})
    return page(request, "audit/flags.html", {"rows": [(flag, watch.sentence(flag)) for flag in flags]})


@require_POST
@requires(Right.REVIEW_FLAGS)
def review_flag(request: StaffRequest, flag_id: uuid.UUID) -> HttpResponse:
    """Mark one as looked into; it stays."""
    flag = get_object_or_404(Flag, pk=flag_id, reviewed_at=None)
    flag.reviewed_at, flag.reviewed_by = timezone.now(), request.user
    with transaction.atomic():
        flag.save()
        audit.record(audit.Action.FLAG_REVIEWED, request=request, purpose=str(flag.pk))
    return redirect("list-flags")
