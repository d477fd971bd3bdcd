"""Finding a tenant."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from dashboard import access, audit
from dashboard.access import requires
from dashboard.audit import Action
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
        return page(request, "lookup.html", context)
    if not form.is_valid():
        return page(request, "lookup.html", context, partial="results", status=400)
    typed = form.cleaned_data["user_id"]
    found = context["found"] = access.find_tenants(typed)
    audit.record(
        Action.TENANT_LOOKED_UP,
        request=request,
        digest=audit.tenant_digest(typed),  # also of somebody who was not found: erasing finds the note by it
        counts={"exact": int(found.exact is not None), "similar": len(found.similar)},
        reason=typed,
    )
    return page(request, "lookup.html", context, partial="results")
