"""Stating why a tenant is opened, and closing them again."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from dashboard import audit, purposes
from dashboard.access import requires, without_purpose
from dashboard.audit import Action
from dashboard.forms import PurposeForm
from dashboard.requests import TenantRequest
from dashboard.roles import Right
from dashboard.views.render import page


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.BROWSE)
@without_purpose
def state_purpose(request: TenantRequest) -> HttpResponse:
    """Ask why; then lead on to where the member of staff was going."""
    form = PurposeForm(request.POST or None)
    target = request.POST.get("next", "") or request.GET.get("next", "")
    if request.method == "POST" and form.is_valid():
        purposes.state(request, **form.cleaned_data)
        return redirect(target if _is_inside(target) else reverse("browse-memories", args=[request.tenant.reference]))
    audit.record(Action.PURPOSE_ASKED, request=request)
    status = 400 if request.method == "POST" else 200
    return page(
        request,
        "purposes/state.html",
        {"form": form, "next": target, "minutes": settings.MEMADMIN_GRANT_MINUTES},
        status=status,
    )


@require_POST
@requires(Right.BROWSE)
@without_purpose
def end_purpose(request: TenantRequest) -> HttpResponse:
    """Close this tenant."""
    purposes.end(request)
    return redirect("find-tenant")


def _is_inside(target: str) -> bool:
    """Whether an address is a path of this desk; anything else could lead to somebody else's."""
    return target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None)
