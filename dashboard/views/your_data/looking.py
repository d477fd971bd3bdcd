"""Who looked: the audit log about this person, in plain words."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from dashboard import audit, looks
from dashboard.access import Visit, for_person
from dashboard.audit import Action
from dashboard.requests import PersonRequest
from dashboard.views.your_data.pages import error, page


@require_safe
@for_person(Visit.BEGUN)
def list_looks(request: PersonRequest) -> HttpResponse:
    """A page of what was done with this person's data, and by whom, newest first."""
    before, own = request.GET.get("before", ""), request.GET.get("own") == "yes"
    if before and not (before.isdecimal() and before.isascii() and len(before) <= 18):
        return error(request, 404)
    found = looks.page(request.person.tenant_digest, older_than=int(before) if before else None, own=own)
    audit.record(Action.LOOKS_VIEWED, request=request, counts={"shown": len(found.looks)})
    return page(request, "looks.html", {"found": found, "later": bool(before), "own": own})
