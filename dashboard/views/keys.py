"""The public keys that checkpoints are signed with, for everybody."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from dashboard.audit import published


@require_safe
@login_not_required
def publish_keys(_request: HttpRequest) -> JsonResponse:
    """Each key with its fingerprint and the time from which, and until which, it signs."""
    return JsonResponse({"keys": published.keys()})
