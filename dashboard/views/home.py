"""Where sign-in leads."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from dashboard import roles
from dashboard.access import any_staff
from dashboard.requests import StaffRequest
from dashboard.roles import Right
from dashboard.views.render import page


@require_safe
@any_staff
def show_home(request: StaffRequest) -> HttpResponse:
    """The page where this person's work starts; without one, what their role includes."""
    rights = roles.rights_of(request.user)
    if Right.LOOK_UP in rights:
        return redirect("find-tenant")
    if Right.READ_AUDIT in rights:
        return redirect("list-audit-events")
    return page(request, "home.html", {"rights": sorted(rights)})
