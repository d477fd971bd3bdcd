"""Finding a tenant."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from dashboard import audit, purposes
from dashboard.access import requires
from dashboard.audit import Action
from dashboard.finding import Found, find_tenants
from dashboard.forms import FindTenantForm
from dashboard.requests import StaffRequest
from dashboard.roles import Right
from dashboard.views.render import page


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.LOOK_UP)
def find_tenant(request: StaffRequest) -> HttpResponse:
    """The look-up box, and what it found. What is typed is POSTed: it is personal data."""
    form = FindTenantForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form, "found": None}
    if request.method != "POST":
        return page(request, "lookup.html", context | _recent(request))
    if not form.is_valid():
        return page(request, "lookup.html", context, partial="results", status=400)
    found = context["found"] = find_tenants(form.cleaned_data["person"])
    _record(request, form.cleaned_data["person"], found)
    return page(request, "lookup.html", context, partial="results")


def _recent(request: StaffRequest) -> dict[str, Any]:
    return {"recent": list(purposes.recent(request.user)), "most_recent": purposes.MOST_RECENT}


def _record(request: StaffRequest, typed: str, found: Found) -> None:
    """One event for each person that it fits entirely: what was typed may be their name, and is erased with them.

    Where it fits nobody entirely, it is not kept: it may be somebody's whom no erasure would find it by.
    """
    counts = {"exact": len(found.exact), "similar": len(found.similar)}
    if not found.exact:
        audit.record(Action.TENANT_LOOKED_UP, request=request, counts=counts)
    for match in found.exact:
        digest = audit.tenant_digest(match.tenant.user_id)
        audit.record(Action.TENANT_LOOKED_UP, request=request, digest=digest, counts=counts, reason=typed)
