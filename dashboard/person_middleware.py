"""Puts ``request.memory`` on the person's own pages: built from the person's session alone.

A view declares what it needs (``access.for_person``). No URL, form or script of these pages names a tenant, so there is
nothing to tamper with; and who is signed in to the desk in the same browser counts for nothing here.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect

from dashboard import access
from dashboard.access import Visit
from dashboard.models import PersonSession, Tenant
from dashboard.views import errors
from dashboard.views.your_data import pages
from dashboard.your_data import keys, sessions
from memadmin.memory import MemoryScopeError


class PersonScope:
    """Their language, their look, and for views that need it their visit and their scope."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # How a page looks, errors included; who may see it is decided by its view.
        request.is_persons_page = request.path.startswith(sessions.PATH)  # type: ignore[attr-defined]
        if not request.is_persons_page:  # type: ignore[attr-defined]
            return self.get_response(request)
        with translation.override(translation.get_language_from_request(request)):
            response = _explained(request, self.get_response(request))
            response.headers.setdefault("Content-Language", translation.get_language() or "en")
        patch_vary_headers(response, ["Accept-Language", "Cookie"])
        response.headers.setdefault("Cache-Control", "no-store")
        return _framed(response)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: list[Any], _kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        needs: Visit | None = getattr(view, "for_person", None)
        if needs is None:
            return None
        if not _is_open(needs):
            raise Http404
        request.user = AnonymousUser()
        person = None if needs is Visit.WITHOUT_ACCOUNT else sessions.of(request)
        request.person = person  # type: ignore[attr-defined]
        if needs in {Visit.NONE, Visit.WITHOUT_ACCOUNT}:
            return None
        return _visiting(request, person, needs) if person else pages.visit_is_over(request)


def _is_open(needs: Visit) -> bool:
    """Whether anybody can come here: with a token of the host application, or to ask without an account."""
    if needs is Visit.WITHOUT_ACCOUNT:
        return bool(settings.MEMADMIN_INTAKE)
    return bool(keys.configured()) or (needs is Visit.NONE and settings.MEMADMIN_INTAKE)


def _visiting(request: HttpRequest, person: PersonSession, needs: Visit) -> HttpResponse | None:
    if needs is Visit.NUMBERS:
        return None
    try:
        tenant = person.tenant or sessions.look_again(request, person)
        if tenant is not None:
            _scope(request, tenant)
    except MemoryScopeError as error:  # Django asks process_exception about views only
        return errors.memory_error(request, error)
    if tenant is None and needs is Visit.WITH_MEMORIES:  # nothing is remembered, or was erased: the start page says
        return _to_the_start(request)
    return None


def _scope(request: HttpRequest, tenant: Tenant) -> None:
    request.tenant = tenant  # type: ignore[attr-defined]
    request.memory = access.open_scope(tenant)  # type: ignore[attr-defined]


def _to_the_start(request: HttpRequest) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(resolve_url("show-your-data"))
    return redirect("show-your-data")


def _explained(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """A page in place of the empty answer to a method that is not used there, e.g. a form's address typed by hand."""
    if response.status_code != 405:
        return response
    page = pages.error(request, 405)
    page.headers["Allow"] = response.headers["Allow"]
    return page


def _framed(response: HttpResponseBase) -> HttpResponseBase:
    """Let the configured origins, and no others, show the page in a frame."""
    if settings.MEMADMIN_YOUR_DATA_FRAMES:
        response._csp_replace = {"frame-ancestors": settings.MEMADMIN_YOUR_DATA_FRAMES}  # type: ignore[attr-defined]  # noqa: SLF001 - as csp.decorators
        response.xframe_options_exempt = True  # type: ignore[attr-defined]
    return response
