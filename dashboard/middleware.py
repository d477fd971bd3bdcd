"""Puts ``request.memory`` on tenant views, and nothing else may.

A view declares the right it needs (``access.requires``). One that declares none is refused, so a new URL is closed
until somebody decides. A URL with a tenant's ``reference`` gets that tenant's ``ScopedMemory``.
"""

import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from dashboard import access, audit, purposes, roles, typed
from dashboard.models import Tenant
from dashboard.views import errors
from memadmin.memory import CrossTenantRecord, MemoryScopeError


class TenantScope:
    """Authorises every view of the desk and hands tenant views their scope."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.request_id = uuid.uuid4()  # type: ignore[attr-defined]
        response = self.get_response(request)
        if hasattr(request, "memory") and response.status_code == 200 and not hasattr(request, "audited"):
            return errors.failed(request)  # content without an event: a programming error, never shown
        if isinstance(response, HttpResponseNotAllowed) and not getattr(request, "is_persons_page", False):
            response = errors.not_allowed(request, response)
        if hasattr(request, "user") and request.user.is_authenticated:
            response.headers["Cache-Control"] = "no-store"
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        try:
            return self._authorise(request, view, kwargs)
        except (audit.AuditUnavailable, MemoryScopeError) as error:  # Django asks process_exception about views only
            return self.process_exception(request, error)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        try:
            if isinstance(error, CrossTenantRecord):
                audit.record(audit.Action.CROSS_TENANT_RECORD, request=request, outcome=audit.Outcome.FAILED)
            if isinstance(error, PermissionDenied):  # the role would do, but not this person
                audit.record(audit.Action.DENIED, request=request, outcome=audit.Outcome.REFUSED)
        except audit.AuditUnavailable as unavailable:
            error = unavailable
        if isinstance(error, MemoryScopeError):
            return errors.memory_error(request, error)
        if isinstance(error, audit.AuditUnavailable):
            return errors.audit_unavailable(request)
        return None

    def _authorise(self, request: HttpRequest, view: Callable[..., Any], kwargs: dict[str, Any]) -> HttpResponse | None:
        if not _belongs_to_the_desk(view) or not getattr(view, "login_required", True):
            return None
        right = getattr(view, "required_right", None)
        if right is None:
            raise ImproperlyConfigured(f"{view.__name__} declares no right; add @requires.")
        if right != access.ANY_STAFF and right not in roles.rights_of(request.user):
            audit.record(audit.Action.DENIED, request=request, outcome=audit.Outcome.REFUSED)
            raise PermissionDenied
        if "reference" not in kwargs:
            return None
        request.tenant = tenant = get_object_or_404(Tenant, reference=kwargs.pop("reference"))  # type: ignore[attr-defined]
        request.grant = grant = purposes.in_force(request.user, tenant)  # type: ignore[attr-defined, arg-type]
        if grant is None and getattr(view, "needs_purpose", True):
            return _ask_for_purpose(request, tenant)
        request.purpose = str(grant.pk) if grant else ""  # type: ignore[attr-defined]
        request.memory = access.open_scope(tenant)  # type: ignore[attr-defined]
        return None


class FullPageSignIn:
    """Where an expired session leads: to the sign-in page, and from there to a page that can be opened.

    The middle of an htmx refresh leads back to its page, not into a fragment; a form that was sent, to the page it
    stood on, because its own address takes forms only. What was typed into it is kept, where it says whose it is.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._towards_sign_in(request, self.get_response(request))
        typed.hand_over_secret(request, response)
        return response

    def _towards_sign_in(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        sign_in = resolve_url(settings.LOGIN_URL)
        if not response.headers.get("Location", "").startswith(f"{sign_in}?{REDIRECT_FIELD_NAME}="):
            return response
        page = typed.keep(request)
        if request.htmx:  # type: ignore[attr-defined]
            page = page or request.htmx.current_url_abs_path or ""  # type: ignore[attr-defined]
            return HttpResponseClientRedirect(_with_next(sign_in, page))
        if request.method not in {"GET", "HEAD"}:
            return redirect(_with_next(sign_in, page or _page_of_the_form(request)))
        return response


def _page_of_the_form(request: HttpRequest) -> str:
    """Path of the page that a form stood on; "" if the browser does not say, or it is none of the desk's."""
    page = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure()):
        return ""
    return urlsplit(page)._replace(scheme="", netloc="", fragment="").geturl()


def _with_next(address: str, page: str) -> str:
    return f"{address}?{urlencode({REDIRECT_FIELD_NAME: page})}" if page else address


def _ask_for_purpose(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Lead to the question, and from there to where the member of staff was going; what was POSTed is not done.

    htmx asked for a part of a page: from there it goes on to that page. A form goes on to the page it stood on.
    """
    page = request.get_full_path() if request.method in {"GET", "HEAD"} else _page_of_the_form(request)
    shown = (request.htmx.current_url_abs_path or "") if request.htmx else page  # type: ignore[attr-defined]
    back = typed.keep(request) or shown
    target = f"{resolve_url('state-purpose', tenant.reference)}{f'?next={quote(back)}' if back else ''}"
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(target)
    return redirect(target)


def _belongs_to_the_desk(view: Callable[..., Any]) -> bool:
    return view.__module__.startswith("dashboard.")
