"""Error pages: what happened, whether anything was lost, what to do next. Nothing of the person."""

import sys

from django.contrib.auth.decorators import login_not_required
from django.db import Error as DatabaseError
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django_htmx.http import HttpResponseClientRedirect

from dashboard import audit, typed
from dashboard.audit import Action
from dashboard.privacy.codes import Exemption
from dashboard.privacy.holds import Held
from dashboard.views.your_data import pages
from dashboard.your_data import refusals, sessions
from memadmin.memory import (
    CrossTenantRecord,
    InvalidCursor,
    InvalidFilter,
    InvalidQuery,
    InvalidUserId,
    MemoryScopeError,
    StoreUnavailable,
    TenantBeingErased,
)

_TYPED_WRONG = (InvalidCursor, InvalidFilter, InvalidQuery, InvalidUserId)


def memory_error(request: HttpRequest, error: MemoryScopeError) -> HttpResponse:
    """An error of the core as a page with the right status."""
    if isinstance(error, _TYPED_WRONG):
        return page(request, 400, "That did not work", str(error))
    if isinstance(error, TenantBeingErased):
        return page(request, 409, "This person is being erased", str(error))
    if isinstance(error, StoreUnavailable):
        return page(request, 503, "The memory store does not answer", str(error))
    if isinstance(error, CrossTenantRecord):
        return page(
            request,
            500,
            "Stopped to protect somebody's data",
            "The memory store answered with another person's record. Nothing of the answer is shown. "
            "The event is in the audit log; tell the privacy officer.",
        )
    return page(request, 500, "The memory store failed", str(error))


def audit_unavailable(request: HttpRequest) -> HttpResponse:
    return page(
        request,
        503,
        "The audit log cannot be written",
        "What is not recorded is not shown, so this page stays closed. Try again, or tell an administrator.",
    )


@login_not_required
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, 400, "That did not work", "The request is malformed. Go back and try again.")


@login_not_required
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Also where the role would do, but not this person: then the exception says why."""
    if isinstance(exception, Held) and getattr(request, "is_persons_page", False):
        return pages.held(request, exception.code)
    if isinstance(exception, Held):
        ground = Exemption(exception.code).sentence if exception.code in set(Exemption) else exception.code
        return page(request, 403, "A hold stands against it", f"{exception} {ground}")
    if said := str(exception or ""):
        return page(request, 403, "Not by you", said)
    return page(
        request, 403, "Not with your role", "Your role does not include this. An administrator can change your role."
    )


def not_allowed(request: HttpRequest, response: HttpResponseNotAllowed) -> HttpResponse:
    """A page in place of the empty answer to a method that is not used there."""
    takes_a_form = "POST" in response.headers["Allow"]
    said = "This address takes a form only. Nothing was done." if takes_a_form else "This address takes no form."
    answer = page(request, 405, "Not this way", said)
    answer.headers["Allow"] = response.headers["Allow"]
    return answer


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Also where staff signed in again in another tab: then what was typed is kept, and its page has it again."""
    if getattr(request, "is_persons_page", False):
        return _persons_form_refused(request)
    if request.user.is_authenticated and (stood_on := typed.keep(request)):
        return HttpResponseClientRedirect(stood_on) if request.htmx else redirect(stood_on)  # type: ignore[attr-defined]
    return page(
        request, 403, "This form is out of date", "Nothing was done. Go back, reload the page, and send the form again."
    )


@login_not_required
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, 404, "Not found", "There is nothing here, or it belongs to somebody else.")


@login_not_required
def failed(request: HttpRequest) -> HttpResponse:
    """Also where the desk's own database is down: rendered without anything that would ask it."""
    if isinstance(sys.exception(), OperationalError):
        return page(
            request,
            503,
            "The desk's database does not answer",
            "Nothing was done. Try again, or tell an administrator.",
        )
    return page(
        request,
        500,
        "Something failed on our side",
        "Nothing is shown. Try again, or tell an administrator.",
    )


def _persons_form_refused(request: HttpRequest) -> HttpResponse:
    """On record, because nobody but the person has a reason to send that form; but not without end."""
    request.person = sessions.of(request)  # type: ignore[attr-defined]  # checked before the middleware could do it
    try:
        refusals.note(request, Action.DENIED, "csrf")
    except audit.AuditUnavailable:
        return pages.error(request, 503)
    return pages.error(request, 403)


def page(request: HttpRequest, status: int, title: str, explanation: str) -> HttpResponse:
    """The one error page; on the person's own pages theirs, which says it in their words."""
    if getattr(request, "is_persons_page", False):
        return pages.error(request, status)
    context = {"status": status, "title": title, "explanation": explanation}
    try:
        return render(request, "error.html", context, status=status)
    except DatabaseError:  # the desk's own database is down too: who is signed in cannot be told
        return HttpResponse(render_to_string("error.html", context), status=status)
