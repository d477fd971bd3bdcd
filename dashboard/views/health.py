"""For machines: is the desk well, and its numbers. Neither names a person."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from dashboard.privacy import metrics


@require_safe
@login_not_required
@never_cache
def show_health(_request: HttpRequest) -> JsonResponse:
    """200 if nothing is known to be wrong, else 503."""
    found = metrics.health()
    return JsonResponse(found.as_dict(), status=200 if found.ok else 503)


@require_safe
@login_not_required
@never_cache
def show_metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format, for whoever has ``MEMADMIN_METRICS_TOKEN``; without one it does not exist."""
    token = settings.MEMADMIN_METRICS_TOKEN
    if not token:
        raise Http404
    if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {token}"):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(metrics.exposition(), content_type=CONTENT_TYPE_LATEST)
