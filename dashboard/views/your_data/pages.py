"""How the person's pages are rendered: in the controller's look, and error pages in the person's words."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from dashboard.views import render
from dashboard.your_data import acts, branding, keys, wording


def page(
    request: HttpRequest, template: str, context: dict[str, Any], *, partial: str = "", status: int = 200
) -> HttpResponse:
    """Render one of the person's pages, or for htmx its named partial; arguments as in ``views.render.page``."""
    around = {
        "brand": branding.brand(),
        "home": "show-your-data" if keys.configured() else "ask-without-account",
        "ways": acts.ways(),
        "person": getattr(request, "person", None),
        "language": translation.get_language(),
        "languages": settings.LANGUAGES,
        "time_zone": settings.TIME_ZONE,
    }
    return render.page(request, f"your_data/{template}", {**around, **context}, partial=partial, status=status)


def error(request: HttpRequest, status: int) -> HttpResponse:
    """What went wrong, and what to do next."""
    title, explanation = _explained(status)
    if status >= 500 and request.method == "POST" and getattr(request, "person", None):  # where it broke off is unknown
        explanation = _("We do not know whether this was done. Look again before you repeat it.")
    return page(request, "error.html", {"title": title, "explanation": explanation}, status=status)


def held(request: HttpRequest, code: str) -> HttpResponse:
    """A hold keeps a memory as it is: the article, not the case; where the controller offers it, a way to ask.

    Args:
        code: the exemption, Art. 17(3).
    """
    match = request.resolver_match
    context = {
        "title": _("This cannot be done now"),
        "explanation": _(
            "Nothing was done. The law requires us to keep something about you for now. "
            "This memory can be corrected or forgotten when that is over."
        ),
        "reason": wording.REASONS.get(code, ""),
        "memory_id": match.kwargs.get("memory_id", "") if match else "",
    }
    return page(request, "error.html", context, status=403)


def visit_is_over(request: HttpRequest) -> HttpResponse:
    """There is no visit, or it has ended; nothing is shown, and nothing was done."""
    title, explanation = (
        _("Your visit is over"),
        _("For your safety these pages close after a while. Nothing was done. Open them again from the app."),
    )
    response = page(request, "error.html", {"title": title, "explanation": explanation}, status=403)
    if request.htmx:  # type: ignore[attr-defined]
        response.headers["HX-Refresh"] = "true"  # the whole page says so, not a part of it
    return response


def not_let_in(request: HttpRequest, *, status: int = 403) -> HttpResponse:
    """A token that lets nobody in. Why exactly, is in the audit log only: it would help a forger."""
    title, explanation = (
        _("This link does not work"),
        _("It can be used only once and for a few minutes. Open these pages again from the app."),
    )
    return page(request, "error.html", {"title": title, "explanation": explanation}, status=status)


def _explained(status: int) -> tuple[str, str]:
    known = {
        400: (_("That did not work"), _("Something that was sent was not understood. Go back and try again.")),
        403: (
            _("This cannot be done now"),
            _("Nothing was done. The page may be out of date: reload it and try again. Or write to us."),
        ),
        404: (_("Not found"), _("There is nothing here.")),
        405: (_("Not found"), _("There is nothing here.")),
        409: (
            _("Everything is being erased"),
            _("While everything about you is being erased, nothing can be changed."),
        ),
        410: (_("No longer there"), _("This copy was fetched already, or its time is over. Ask for another one.")),
        429: (_("Too many attempts"), _("Wait an hour, then try again.")),
        503: (_("This does not work at the moment"), _("Nothing is shown and nothing was done. Try again later.")),
    }
    return known.get(
        status, (_("Something failed on our side"), _("Nothing is shown. Try again later, or write to us."))
    )
