"""A copy of everything, to take along: at once where it is small, made in the background where it is large."""

from collections.abc import Generator
from typing import Any

from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from dashboard import audit, exporting
from dashboard.access import Visit, for_person
from dashboard.audit import Action
from dashboard.models import Export
from dashboard.requests import PersonRequest
from dashboard.views.your_data.pages import error, page
from dashboard.your_data import asking
from dashboard.your_data.acts import Act, Way, way


@require_http_methods(["GET", "HEAD", "POST"])
@for_person(Visit.BEGUN)
def download_your_data(request: PersonRequest) -> HttpResponseBase:
    """What is in the copy, and how far one has come; a POST makes one, or asks for it."""
    if way(Act.DOWNLOAD) is Way.OFF:
        raise Http404
    if request.method == "POST":
        return _made(request)
    audit.record(Action.OVERVIEW_VIEWED, request=request)
    export = exporting.newest(request.person.tenant_digest)
    return page(request, "download.html", _context(request, export))


@require_safe
@for_person(Visit.NUMBERS)
def show_export(request: PersonRequest) -> HttpResponse:
    """The part of that page that refreshes while a copy is made."""
    export = get_object_or_404(Export, pk=getattr(exporting.newest(request.person.tenant_digest), "pk", None))
    standing = exporting.standing(export)
    if not request.htmx:
        return redirect("download-your-data")
    if request.GET.get("standing") != standing.value:
        return HttpResponseClientRefresh()
    return page(request, "download.html", {"export": export, "standing": standing}, partial="export")


@require_POST
@for_person(Visit.BEGUN)
def fetch_export(request: PersonRequest) -> HttpResponseBase:
    """Hand the copy out, once."""
    if way(Act.DOWNLOAD) is Way.OFF:
        raise Http404
    export = exporting.newest(request.person.tenant_digest)
    file = exporting.fetch(export, request=request) if export else None
    if file is None or export is None:
        audit.record(Action.EXPORT_FETCHED, request=request, outcome=audit.Outcome.REFUSED)
        return error(request, 410)
    return FileResponse(file, as_attachment=True, filename=exporting.FILE_NAME, content_type="application/zip")


def _context(request: PersonRequest, export: Export | None) -> dict[str, Any]:
    standing = export and exporting.standing(export)
    return {"export": export, "standing": standing, "at_once": asking.may_download(request.person)}


def _made(request: PersonRequest) -> HttpResponseBase:
    tenant = request.person.tenant
    if not asking.may_download(request.person):
        return redirect("show-your-request", asking.ask(request, Act.DOWNLOAD).pk)
    if tenant and asking.is_being_erased(tenant):
        return error(request, 409)
    count = request.memory.count() if tenant else 0
    if tenant and count > exporting.AT_ONCE:
        exporting.order(tenant, request.person.tenant_digest, get_language() or "en", request=request)
        return redirect("download-your-data")
    audit.record(Action.MEMORIES_EXPORTED, request=request, counts={"memories": count})
    chunks = exporting.write(
        tenant,
        request.memory if tenant else None,
        language=get_language() or "en",
        digest=request.person.tenant_digest,
    )
    begun = _begun(chunks)  # a store that does not answer is told before the answer begins
    name = {"Content-Disposition": f'attachment; filename="{exporting.FILE_NAME}"'}
    return StreamingHttpResponse(begun, content_type="application/zip", headers=name)


def _begun(pieces: Generator[bytes, None, None]) -> Generator[bytes, None, None]:
    """The same, with the first piece made already; closing it closes them: a broken-off download leaves nothing."""
    first = next(pieces)

    def going_on() -> Generator[bytes, None, None]:
        try:
            yield first
            yield from pieces
        finally:
            pieces.close()

    return going_on()
