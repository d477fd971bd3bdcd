"""Requests without an account: a form, the code that is sent by e-mail, and the same words for everybody."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.access import Visit, for_person
from dashboard.views.your_data import pages
from dashboard.your_data import intake
from dashboard.your_data.intake import TooOften
from dashboard.your_data.intake_rules import KEPT, LIFETIME, Verdict
from dashboard.your_data_forms import CodeForm, IntakeForm

MINUTES = int(LIFETIME.total_seconds() // 60)


@require_http_methods(["GET", "HEAD", "POST"])
@for_person(Visit.WITHOUT_ACCOUNT)
def ask_without_account(request: HttpRequest) -> HttpResponse:
    """The form; then the question for the code, the same whether anybody is known under that address."""
    form = IntakeForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _page(request, "ask", {"form": form}, status=400 if form.is_bound else 200)
    try:
        asked = intake.ask(request, **form.cleaned_data)
    except TooOften:
        response = pages.error(request, 429)
        response.headers["Retry-After"] = str(int(KEPT.total_seconds()))
        return response
    return _page(request, "code", {"form": CodeForm(initial={"state": intake.sealed(asked)}), "email": asked.email})


@require_POST
@for_person(Visit.WITHOUT_ACCOUNT)
def confirm_intake(request: HttpRequest) -> HttpResponse:
    """Take the code. What came of it, is said in the same words to everybody; and this is no way in."""
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _page(request, "over" if "state" in form.errors else "code", {"form": form}, status=400)
    verdict = intake.confirm(request, form.cleaned_data["state"], form.cleaned_data["code"])
    if verdict is Verdict.DEAD:
        return _page(request, "over", {}, status=400)
    if verdict is Verdict.WRONG:
        form.add_error("code", _("This is not the code that we sent for this request."))
        return _page(request, "code", {"form": form}, status=400)
    return _page(request, "received", {"answer_by": intake.answer_by()})


def _page(request: HttpRequest, name: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    around = {"home": "ask-without-account", "minutes": MINUTES}
    return pages.page(request, f"intake_{name}.html", {**around, **context}, status=status)
