"""Page or fragment: the one place that decides."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def page(
    request: HttpRequest, template: str, context: dict[str, Any], *, partial: str = "", status: int = 200
) -> HttpResponse:
    """Render a page, or for an htmx request only its named partial.

    Args:
        partial: name of the part that refreshes in place; "" always renders the whole page.
        status: of the whole page; a fragment is always 200, because htmx swaps nothing else into place.
    """
    fragment = bool(partial and request.htmx and not request.htmx.boosted)  # type: ignore[attr-defined]
    response = render(
        request, f"{template}#{partial}" if fragment else template, context, status=200 if fragment else status
    )
    patch_vary_headers(response, ["HX-Request"])
    return response
