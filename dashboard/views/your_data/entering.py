"""Coming in with a token, leaving, choosing the language; and what the pages look like."""

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard import audit
from dashboard.access import Visit, for_person
from dashboard.audit import Action
from dashboard.requests import PersonRequest
from dashboard.views.your_data import pages
from dashboard.your_data import branding, refusals, sessions
from dashboard.your_data.branding import UnusableBrand
from dashboard.your_data.tokens import Fault, TokenRefused

LARGEST_BODY = 16_000
"""Bytes of a form with a token; more are not even read."""


@csrf_exempt  # another site sends this form; the token, which is good once, is what has to be right
@require_http_methods(["GET", "POST"])
@for_person(Visit.NONE)
def enter_your_data(request: HttpRequest) -> HttpResponse:
    """Let in whom the host application's token names, and forget the token: it is not in the next address."""
    request.person = None  # type: ignore[attr-defined]  # who comes need not be who was here before
    if _size(request) > LARGEST_BODY:
        return _not_let_in(request, Fault.TOO_LONG, status=413)
    try:
        token = (request.POST or request.GET).get("token", "")
    except (BadRequest, SuspiciousOperation, MultiPartParserError):  # the first: of another charset than UTF-8
        return _not_let_in(request, Fault.MALFORMED, status=400)
    try:
        cookie = sessions.enter(request, token)
    except TokenRefused as refused:
        return _not_let_in(request, refused.fault)
    response = redirect("show-your-data")
    sessions.set_cookie(response, cookie)
    return response


@require_safe
@for_person(Visit.NONE)
def show_refusal(request: HttpRequest) -> HttpResponse:
    """Where a link leads whose token let nobody in; the refusal is on record already."""
    request.person = None  # type: ignore[attr-defined]  # nothing of who was here before
    return pages.not_let_in(request)


@require_POST
@for_person(Visit.NUMBERS)  # no scope is opened, so that one can leave while the store is down
def leave_your_data(request: PersonRequest) -> HttpResponse:
    """End the visit; nothing of it stays in the browser."""
    audit.record(Action.YOUR_DATA_LEFT, request=request)
    sessions.leave(request)
    request.person = None  # type: ignore[assignment]  # the page after it is nobody's
    response = pages.page(request, "left.html", {})
    sessions.drop_cookie(response)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@require_POST
@for_person(Visit.NONE)
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the choice in a cookie, and go back to where it was made."""
    code, back = request.POST.get("language", ""), request.POST.get("next", "")
    if code not in dict(settings.LANGUAGES) or not check_for_language(code):
        raise Http404
    here = back.startswith(sessions.PATH) and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    response = redirect(back if here else "show-your-data")
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        path=settings.LANGUAGE_COOKIE_PATH,
        samesite=sessions.same_site(),
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
    )
    return response


@require_safe
@for_person(Visit.NONE)
def show_brand_colours(_request: HttpRequest) -> HttpResponse:
    """The accent colours, as a style sheet."""
    try:
        return _lasting(HttpResponse(branding.style_sheet(), content_type="text/css; charset=utf-8"))
    except UnusableBrand as error:
        raise Http404 from error


@require_safe
@for_person(Visit.NONE)
def show_brand_logo(_request: HttpRequest) -> HttpResponse:
    """The logo. As an image a browser runs nothing in it; opened by itself, the policy forbids it."""
    try:
        content, kind = branding.logo()
    except UnusableBrand as error:
        raise Http404 from error
    return _lasting(HttpResponse(content, content_type=kind))


def _lasting(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def _size(request: HttpRequest) -> int:
    """Bytes of the form, as its sender says; Django reads no more than that."""
    said = request.META.get("CONTENT_LENGTH") or "0"
    return int(said) if said.isdecimal() else 0


def _not_let_in(request: HttpRequest, fault: Fault, *, status: int = 403) -> HttpResponse:
    """Record it and say so; of a link, without its token in the address: that names the person."""
    recorded = refusals.record(request, fault)
    if request.method == "GET":
        return redirect("show-refusal")
    return pages.not_let_in(request, status=status if recorded else 429)
